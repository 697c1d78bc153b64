/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show.h - text for people at a terminal: what strangers wrote gets there as letters alone.
 *
 * Control characters (C0, DEL, C1), bytes that are no UTF-8, marks that turn the direction of writing round and characters that nobody
 * sees are written as \x1b, \u202e; heaps of combining marks likewise. */
#ifndef OCTROI_SHOW_H
#define OCTROI_SHOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "milter/base/arena.h"

struct show {
	struct arena *arena;	/* what the functions return lives in it */
	bool ascii;		/* nothing but ASCII is written: \u00e9, "..." and # for bars */
	unsigned columns;	/* of the terminal */
};

/* Columns of the terminal that standard output is; 100 when it is none. */
unsigned show_columns(void);

/* text as it may be shown. */
const char *show_text(const struct show *show, const char *text);

/* The same in exactly width columns: cut with an ellipsis, or filled up with spaces. */
const char *show_cell(const struct show *show, const char *text, unsigned width);

/* text without the spaces at its end: for the last cell of a line. */
const char *show_trimmed(const struct show *show, const char *text);

/* Columns that text as show_text returned it takes. */
unsigned show_width(const char *text);

/* A paragraph, as show_text has it: broken at spaces at the right edge of the terminal, each line with so many spaces in front. */
void show_say(FILE *out, const struct show *show, unsigned indent, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "1,234,567"; "4.1 MB"; one word for one, another for all else: "1 recipient", "12 recipients". */
const char *show_number(const struct show *show, uint64_t number);
const char *show_size(const struct show *show, uint64_t bytes);
const char *show_count(const struct show *show, uint64_t number, const char *one, const char *more);

/* A bar of length value of full, in at most width columns; something more than nothing is never an empty bar. */
const char *show_bar(const struct show *show, uint64_t value, uint64_t full, unsigned width);

/* Local time: "2026-11-20 14:00:03"; for programs, in UTC: "2026-11-20T14:00:03.250Z". */
const char *show_time(struct arena *arena, int64_t time_ms);
const char *show_time_utc(struct arena *arena, int64_t time_ms);

#endif
