/* SPDX-License-Identifier: GPL-2.0-or-later */
/* option.h - an option of milter.conf is declared once, as one row.
 *
 * From the row come the parser, the bounds check with file and line, milter.conf(5), the sample file and
 * `octroi check --changed`. A room that has options exports a struct option_section; the table of all
 * sections is bound at link time. */
#ifndef OCTROI_CONF_OPTION_H
#define OCTROI_CONF_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf;

/* Where something was written. Lives as long as the configuration it came from. */
struct conf_where {
	const char *file;	/* NULL: the default of the row */
	unsigned line;
};

enum option_type {
	OPTION_BOOL,		/* bool: yes no true false on off */
	OPTION_COUNT,		/* uint64_t: decimal number */
	OPTION_SIZE,		/* uint64_t bytes: 10M, 256K, 1G, or bytes (powers of 1024) */
	OPTION_DURATION,	/* uint64_t milliseconds: 500ms 30s 5m 1h 2d */
	OPTION_STRING,		/* const char *: never NULL */
	OPTION_WORD,		/* int: one of .words */
	OPTION_CUSTOM,		/* whatever .parse writes at the offset */
	OPTION_LIST,		/* struct conf_list: strings; entries "file:/path" are replaced by the lines of that file */
};

struct option_word {
	const char *word;	/* NULL ends the array */
	int value;
};

/* One entry of a list, after "file:" was followed. */
struct conf_item {
	const char *text;
	struct conf_where where;
};

struct conf_list {
	const struct conf_item *items;
	size_t len;
	struct conf_where where;
};

struct option {
	const char *name;		/* NULL ends a table */
	enum option_type type;
	size_t offset;			/* of the field in the section's settings */
	const char *fallback;		/* the default as an operator would write it; for lists NULL is the empty list */
	uint64_t min, max;		/* bounds of COUNT, SIZE, DURATION when max is not 0 */
	const struct option_word *words;
	/* OPTION_CUSTOM: reads text and writes the field; a problem is returned as a sentence that shows the value, but
	 * neither its place nor the option ("\"5x\" is no rate"), in a buffer of CONF_PROBLEM_MAX bytes; returns 0 or
	 * -EINVAL. What the field keeps must be allocated with conf_keep(conf, ...) or be part of the field itself.
	 * OPTION_STRING: a check that writes nothing (field is NULL).
	 * OPTION_LIST: called for each entry, to check it (field is NULL). May be NULL for STRING and LIST. */
	int (*parse)(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem);
	const char *summary;		/* one phrase: the comment in the sample file, the first line in the man page */
	const char *text;		/* the rest of the man page's paragraph; NULL: nothing more */
	const char *example;		/* what the sample file shows when the default shows nothing useful */
	bool required;			/* must be written in the file */
};

#define OPTION_END { .name = NULL }
#define CONF_PROBLEM_MAX 256

/* A section "name { ... }" or, with titled, any number of "name \"title\" { ... }". The section whose name is ""
 * holds the options at the top level. The settings of a titled section begin with a `const char *title`. */
struct option_section {
	const char *name;
	const char *parent;		/* name of the section it stands in, NULL: the top level */
	bool titled;
	const struct option *options;	/* ends with OPTION_END */
	size_t settings_size;
	const char *summary;
	const char *text;
	const char *example_title;	/* titled: a title for the sample and the man page */
	/* Looks at the section as a whole when all of its options are good. Returns 0, or -EINVAL with a problem. */
	int (*check)(const void *settings, char *problem);
};

#endif
