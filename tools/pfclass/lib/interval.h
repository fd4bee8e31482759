/* SPDX-License-Identifier: GPL-2.0 */
/* Wait from reading to reading, until an interrupt. */
#ifndef PFC_INTERVAL_H
#define PFC_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

#define PFC_NSEC	1000000000ULL

uint64_t pfc_now(void);
void pfc_catch_interrupts(void);
bool pfc_interrupted(void);
bool pfc_sleep_until(uint64_t when);

#endif /* PFC_INTERVAL_H */
