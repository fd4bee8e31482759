// SPDX-License-Identifier: GPL-2.0
#include "json.h"

#include <inttypes.h>
#include <stdio.h>

#include "output.h"

static json_t *checked(json_t *value)
{
	if (!value)
		pfc_out_of_memory();
	return value;
}

/**
 * pfc_json_object() - an empty object
 *
 * Return: the object.
 */
json_t *pfc_json_object(void)
{
	return checked(json_object());
}

/**
 * pfc_json_array() - an empty array
 *
 * Return: the array.
 */
json_t *pfc_json_array(void)
{
	return checked(json_array());
}

/**
 * pfc_json_string() - a string
 * @text: ASCII, which is what the reader lets through
 *
 * Return: the string.
 */
json_t *pfc_json_string(const char *text)
{
	return checked(json_string(text));
}

/**
 * pfc_json_u64() - an exact unsigned number
 * @n: the number
 *
 * JSON readers, and jansson, stop at the largest signed number. What is above
 * it becomes a string of digits rather than a wrong number.
 *
 * Return: an integer, or a string above INT64_MAX.
 */
json_t *pfc_json_u64(uint64_t n)
{
	char digits[24];

	if (n <= INT64_MAX)
		return checked(json_integer((json_int_t)n));
	snprintf(digits, sizeof(digits), "%" PRIu64, n);
	return pfc_json_string(digits);
}

/**
 * pfc_json_value() - a counter
 * @value: the counter
 *
 * Return: pfc_json_u64() of it, or null when it is not available.
 */
json_t *pfc_json_value(struct pfc_value value)
{
	return value.available ? pfc_json_u64(value.n) : json_null();
}

/**
 * pfc_json_set() - set a member of an object
 * @object: the object
 * @key: the member's name
 * @value: its value, which the object owns from now on
 */
void pfc_json_set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value))
		pfc_out_of_memory();
}

/**
 * pfc_json_append() - append to an array
 * @array: the array
 * @value: the element, which the array owns from now on
 */
void pfc_json_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		pfc_out_of_memory();
}

/**
 * pfc_json_print() - print a value and a newline, and release the value
 * @value: the value
 * @one_line: for a stream of values (JSON lines)
 */
void pfc_json_print(json_t *value, bool one_line)
{
	/* A failure to write stays in stdout's error flag: see pfc_flush(). */
	json_dumpf(value, stdout, one_line ? JSON_COMPACT : JSON_INDENT(2));
	putchar('\n');
	json_decref(value);
}
