/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal.h - what the files of conf/ share with each other and with nobody else.
 *
 * The way of a file: source.c reads it and what it includes into one text; outline.c finds each section and
 * assignment in it and takes out what no table knows; grammar.c has libconfuse read the values; load.c has value.c and
 * list.c turn each of them into a field. */
#ifndef OCTROI_CONF_INTERNAL_H
#define OCTROI_CONF_INTERNAL_H

#include <stdarg.h>

#include "conf/conf.h"

enum {
	CONF_TEXT_MAX = 4 << 20,	/* bytes of milter.conf and what it includes */
	CONF_FILES_MAX = 100,
	CONF_INCLUDE_DEPTH_MAX = 8,
	CONF_SECTION_DEPTH_MAX = 8,
	CONF_BLOCKS_MAX = 10000,	/* sections */
	CONF_ERRORS_MAX = 1000,
	CONF_LIST_FILE_MAX = 64 << 20,
	CONF_LIST_LINE_MAX = 1024,
	CONF_LIST_ITEMS_MAX = 4 << 20,
	CONF_NAME_MAX = 192,		/* relay.grant "printer".rate */
	CONF_SHOWN_MAX = 80,		/* of a value in an error */
};

/* What was written for one option of one section. */
struct written {
	struct conf_where where;	/* of the first assignment; file NULL: nothing was written */
	bool appends;			/* += before any = : the default stays in front */
	struct conf_item *items;	/* one for an option that is no list */
	size_t len;
};

/* A section as it was found in the file, or an untitled one that was not. */
struct block {
	const struct option_section *section;
	void *settings;
	const char *title;
	struct conf_where where;
	struct written *written;	/* one for each option */
	bool wrong;			/* has errors: .check is not asked */
};

struct conf {
	const char *file;
	const char *dir;		/* of file; relative names start there */
	const struct option_section *const *sections;
	struct block **blocks;
	size_t blocks_len;
	struct conf_error *errors;
	size_t errors_len;
	struct conf_where *broken;	/* lines that could not be read as they stand */
	size_t broken_len;
	bool incomplete;		/* not all of the text was read: what is missing may be in the rest */
	struct chunk *chunks;		/* keep.c */
};

/* --- keep.c: memory --- */

char *conf_keep_text(struct conf *conf, const char *text, size_t len);
char *conf_keep_printf(struct conf *conf, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *conf_keep_vprintf(struct conf *conf, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Room for one more element in an array of len elements that is grown by this function alone; returns the array. */
void *conf_grow(struct conf *conf, void *items, size_t len, size_t size);

/* --- errors.c --- */

/* As conf_add_error, and no other error about that line will be added: it would only be a consequence. */
void conf_add_syntax_error(struct conf *conf, struct conf_where where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Text from outside as it may be shown: in quotes, cut, control characters replaced. */
const char *conf_show(const char *text, size_t len, char shown[CONF_SHOWN_MAX]);

/* --- names.c: sections and options by name --- */

size_t section_options_len(const struct option_section *section);
const struct option_section *section_find(const struct conf *conf, const struct option_section *parent,
					  const char *name);
const struct option *option_find(const struct option_section *section, const char *name);
bool section_has_name(const struct option_section *section, const char *full_name);
bool section_is_top(const struct option_section *section);
bool section_is_child(const struct option_section *section, const struct option_section *parent);
/* "relay.grant"; "" for the top level. */
const char *section_name(const struct option_section *section, char name[CONF_NAME_MAX]);
/* "antivirus.timeout", "relay.grant \"printer\".rate". */
const char *option_name(const struct block *block, const char *option, char name[CONF_NAME_MAX]);
/* The sentence about a name that is not known in section. */
void name_unknown(struct conf *conf, struct conf_where where, const struct option_section *section, const char *name,
		  bool as_section);

/* --- file.c: reading a file that somebody else may try to write --- */

enum file_trust {
	FILE_IS_CONFIG,		/* root's or ours, and nobody else may write it */
	FILE_IS_LIST,		/* not everybody may write it */
};

/* Reads the whole of a regular file of at most max bytes into memory of conf, with a NUL behind it.
 * Returns 0, or -EINVAL with a problem. */
int file_read(struct conf *conf, const char *path, enum file_trust trust, size_t max, char **ret_text,
	      size_t *ret_len, char problem[CONF_PROBLEM_MAX]);
/* path as it is when absolute, else below the directory of milter.conf. */
const char *file_path(struct conf *conf, const char *path, size_t len);

/* --- source.c: one text made of milter.conf and what it includes --- */

struct source {
	struct conf *conf;
	char *text;
	size_t len, room;
	bool full;			/* more did not fit: an error was added */
	unsigned line;			/* of its end */
	struct source_run *runs;	/* which lines came from where */
	size_t runs_len;
	unsigned files;
};

/* Fills source from conf->file; errors are added to conf. The text is released with source_free, and NULL when there is
 * none. */
void source_read(struct source *source, struct conf *conf);
void source_free(struct source *source);
struct conf_where source_where(const struct source *source, unsigned line);

/* --- outline.c: which sections and assignments stand where --- */

struct assignment {
	struct block *block;
	const struct option *option;
	size_t left;			/* values that libconfuse has still to hand over */
};

struct outline {
	struct conf *conf;
	struct source *source;
	struct assignment *assignments;	/* in the order of the text */
	size_t len;
	unsigned stopped_line;		/* here the syntax could not be followed; 0: all of it was understood */
};

/* Makes the blocks, records the assignments, and takes everything out of the text that has an error. */
void outline_read(struct outline *outline);

/* --- grammar.c: libconfuse --- */

/* Hands each value to the block of its assignment. */
void grammar_read(struct outline *outline);

/* --- load.c --- */

struct block *block_new(struct conf *conf, const struct option_section *section, const char *title,
			struct conf_where where);
struct written *block_written(const struct block *block, const struct option *option);
/* A conf that is only memory, for what is written for a moment; conf_freep. */
struct conf *conf_scratch(void);

/* --- value.c: one value --- */

/* Reads text into field by the type of option (not a list). Returns 0, or -EINVAL with a problem. */
int value_parse(struct conf *conf, const struct option *option, const char *text, struct conf_where where, void *field,
		char problem[CONF_PROBLEM_MAX]);
size_t value_size(const struct option *option);		/* of a field; 0: not known */

/* "100ms to 1m", as an operator writes bounds; "" when there are none. */
const char *value_bounds(const struct option *option, char bounds[CONF_NAME_MAX]);
/* "duration", "list"; for a custom option "value". */
const char *value_type(const struct option *option);
/* "tag, quarantine, reject"; "" for what is no word. */
const char *value_words(const struct option *option, char words[CONF_PROBLEM_MAX]);
const char *value_quote(struct conf *conf, const char *text);
/* A value as an operator would write it: strings in quotes, words and numbers without. */
const char *value_format(struct conf *conf, const struct option *option, const char *text);

/* --- list.c: lists --- */

/* The entries of a default: { "a", "b" }, with or without its braces. Returns 0, or -EINVAL when it is no list. */
int list_split(struct conf *conf, const char *fallback, struct written *ret_written);
/* Follows file: and checks each entry; errors are added to conf. Returns 0, or -EINVAL when there were any. */
int list_read(struct conf *conf, const struct block *block, const struct option *option,
	      const struct written *written, struct conf_list *ret_list);
const char *list_format(struct conf *conf, const struct written *written);
/* A default or an example of a row as it stands behind the = in a file. */
const char *row_format(struct conf *conf, const struct option *option, const char *text);

#endif
