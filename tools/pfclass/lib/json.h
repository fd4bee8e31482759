/* SPDX-License-Identifier: GPL-2.0 */
/* JSON values that are always there: without memory the program ends. */
#ifndef PFC_JSON_H
#define PFC_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "stats.h"

json_t *pfc_json_object(void);
json_t *pfc_json_array(void);
json_t *pfc_json_string(const char *text);
json_t *pfc_json_u64(uint64_t n);
json_t *pfc_json_value(struct pfc_value value);
void pfc_json_set(json_t *object, const char *key, json_t *value);
void pfc_json_append(json_t *array, json_t *value);
void pfc_json_print(json_t *value, bool one_line);

#endif /* PFC_JSON_H */
