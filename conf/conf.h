/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conf.h - loads milter.conf (libconfuse syntax) by the option tables of option.h.
 *
 * Loading finds all errors, not only the first. A configuration is read-only once it is loaded and may be shared
 * by threads. */
#ifndef OCTROI_CONF_CONF_H
#define OCTROI_CONF_CONF_H

#include <stdio.h>

#include "conf/option.h"

struct conf;

struct conf_error {
	struct conf_where where;	/* line 0: the file as a whole */
	const char *text;		/* "no option \"timout\" in section antivirus; did you mean \"timeout\"?" */
};

/* Loads file by sections (an array of pointers that ends with NULL; it and what it names must outlive the conf).
 * file NULL loads the defaults alone. Always gives a conf: when conf_errors(conf) has entries its settings must
 * not be used, only its errors and conf_free. */
struct conf *conf_load(const char *file, const struct option_section *const *sections);
void conf_free(struct conf *conf);
void conf_freep(struct conf **conf);

const struct conf_error *conf_errors(const struct conf *conf, size_t *ret_len);

/* Adds an error that only a look at several sections can find. */
void conf_add_error(struct conf *conf, struct conf_where where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The settings of the one section of that name. For the top level: "". */
const void *conf_settings(const struct conf *conf, const char *section);

/* Titled sections: how many there are and the settings of each, in the order of the file. */
size_t conf_count(const struct conf *conf, const char *section);
const void *conf_settings_at(const struct conf *conf, const char *section, size_t index);

/* Where an option got its value; .file is NULL when it has its default. index is 0 for sections without titles. */
struct conf_where conf_where(const struct conf *conf, const char *section, size_t index, const char *option);

/* Zeroed memory that lives as long as conf; for the parse functions of rows. */
void *conf_keep(struct conf *conf, size_t size);

/* Calls fn for each option whose value is not its default: where it stands, its full name ("antivirus.timeout",
 * "relay.grant \"printer\".rate"), its value and its default as an operator writes them. */
void conf_changed(const struct conf *conf,
		  void (*fn)(void *arg, struct conf_where where, const char *name, const char *value,
			     const char *fallback),
		  void *arg);

/* The documents that the tables make: milter.conf(5) in mdoc or man macros, and conf/milter.conf.sample. */
void conf_write_man(FILE *out, const struct option_section *const *sections);
void conf_write_sample(FILE *out, const struct option_section *const *sections);

/* Words of OPTION_BOOL, OPTION_SIZE and OPTION_DURATION for parse functions of others.
 * Each returns 0, or -EINVAL (or -ERANGE when it does not fit 64 bits). */
int conf_parse_bool(const char *text, bool *ret);
int conf_parse_size(const char *text, uint64_t *ret_bytes);
int conf_parse_duration(const char *text, uint64_t *ret_ms);

#endif
