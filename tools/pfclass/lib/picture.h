/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pictures of points by time, each of a kind that has a colour or, in the terminal, a letter.
 * gnuplot draws them. Knows nothing of what the points are.
 */
#ifndef PFC_PICTURE_H
#define PFC_PICTURE_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PFC_PICTURE_KINDS	16
#define PFC_PAGE_SHIFT		12	/* of the picture's rows, not the kernel's */

/* The options of a subcommand that draws. */
#define PFC_PICTURE_OPTIONS							\
	{ "output", 'o', "FILE", 0, "Write FILE, which ends in .png or .svg", 0 },	\
	{ "size", 's', "WxH", 0,						\
	  "The size in pixels (default: 1200x800), or in columns and lines (default: the "	\
	  "terminal's)", 0 }

/**
 * struct pfc_kind - how points of a kind look
 * @name: in the key below the picture
 * @letter: in the terminal
 * @colour: elsewhere, for gnuplot
 */
struct pfc_kind {
	const char *name;
	char letter;
	const char *colour;
};

/**
 * struct pfc_point - a point
 * @when: when it begins, nanoseconds
 * @until: when it ends; @when for what has no length
 * @y: an address, or with @nanoseconds of struct pfc_picture how long something took
 * @row: the same as the picture has it
 * @kind: index into @kinds
 */
struct pfc_point {
	uint64_t when;
	uint64_t until;
	uint64_t y;
	uint64_t row;
	unsigned char kind;
};

/**
 * struct pfc_picture - a picture
 * @kinds: the kinds; of equally frequent ones in a cell the first is drawn
 * @nr_kinds: their number
 * @nanoseconds: the rows are durations, not addresses
 * @output: the file, NULL: the terminal
 * @terminal: gnuplot's, NULL: print letters
 * @width: pixels, or columns
 * @height: pixels, or lines
 * @points: the points
 * @nr: their number
 * @size: room in @points
 * @pages: the pages of the points, ascending; not with @nanoseconds
 * @nr_pages: their number
 * @begin: when the first point begins
 * @end: when the last one ends
 * @low: the smallest @row
 * @high: the largest
 *
 * The caller sets @kinds to @nanoseconds, the parsers @output to @height; the rest begins as zero.
 */
struct pfc_picture {
	const struct pfc_kind *kinds;
	size_t nr_kinds;
	bool nanoseconds;
	const char *output;
	const char *terminal;
	unsigned int width;
	unsigned int height;
	struct pfc_point *points;
	size_t nr;
	size_t size;
	uint64_t *pages;
	size_t nr_pages;
	uint64_t begin;
	uint64_t end;
	uint64_t low;
	uint64_t high;
};

void pfc_picture_parse_output(const struct argp_state *state, struct pfc_picture *picture,
			      const char *arg);
void pfc_picture_parse_size(const struct argp_state *state, struct pfc_picture *picture,
			    const char *arg);
void pfc_picture_parse_end(struct pfc_picture *picture);
void pfc_picture_add(struct pfc_picture *picture, uint64_t when, uint64_t until, uint64_t y,
		     unsigned char kind);
void pfc_picture_forget(struct pfc_picture *picture, uint64_t before);
int pfc_picture_draw(struct pfc_picture *picture);
void pfc_picture_free(struct pfc_picture *picture);

#endif /* PFC_PICTURE_H */
