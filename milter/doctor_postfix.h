/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_postfix.h - a configuration of Postfix as postconf(1) tells it. */
#ifndef OCTROI_DOCTOR_POSTFIX_H
#define OCTROI_DOCTOR_POSTFIX_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/base/arena.h"
#include "milter/base/str.h"

struct postfix_setting {
	const char *name;		/* of an override: "587/inet/smtpd_milters" */
	const char *value;
};
struct postfix_settings {
	struct postfix_setting *items;
	size_t len;
};

/* A line of master.cf. */
struct postfix_service {
	const char *name;		/* "smtp", "127.0.0.1:10025" */
	const char *type;		/* inet, unix, pass, fifo */
	const char *program;		/* smtpd */
	bool is_chroot;
	bool is_local;			/* inet: listens on a loopback address alone */
	unsigned port;			/* inet: 25 for smtp, ...; 0: not known by number. pass: 25, behind postscreen */
};

/* The text of a table that a parameter names. */
struct postfix_table {
	const char *name;		/* "regexp:/etc/postfix/header_checks" */
	const char *text;		/* NULL: it could not be read */
};

struct postfix {
	bool is_there;
	const char *problem;		/* NULL: it was read */
	const char *directory;
	struct postfix_settings main;	/* effective values with $names expanded, defaults included */
	struct postfix_settings written;	/* those that main.cf sets itself */
	struct postfix_settings overrides;	/* -o of master.cf */
	struct postfix_service *services;
	size_t services_len;
	struct postfix_table *tables;
	size_t tables_len;
	const char *warnings;		/* what postconf wrote to standard error */
};

/* Reads what "postconf -x", "postconf -xn", "postconf -M" and "postconf -Px" print; the later of two lines counts. */
void postfix_read(struct arena *arena, const char *main, const char *written, const char *services, const char *overrides,
		  struct postfix *ret_postfix);

/* Runs postconf for the directory and reads the tables that checks look into. A failure is ret_postfix->problem. */
void postfix_gather(struct arena *arena, const char *directory, struct postfix *ret_postfix);

/* The value that a service works with (NULL: main.cf), or NULL: this Postfix has no such parameter. */
const char *postfix_get(const struct postfix *postfix, const struct postfix_service *service, const char *name);
bool postfix_is_yes(const struct postfix *postfix, const struct postfix_service *service, const char *name);
bool postfix_is_overridden(const struct postfix *postfix, const struct postfix_service *service, const char *name);
bool postfix_is_written(const struct postfix *postfix, const char *name);

/* A duration (30s, 1h, a bare number in seconds) in milliseconds, or a number; UINT64_MAX when it is neither. */
uint64_t postfix_duration_ms(const char *value);
uint64_t postfix_number(const char *value);

/* The services that run smtpd: *i is 0 at the start. NULL at the end. */
const struct postfix_service *postfix_next_smtpd(const struct postfix *postfix, size_t *i);

/* The next word of a value; words end at white space and commas, and { ... } is one, without its braces. False at the end. */
bool postfix_word(struct str *rest, struct str *ret_word);
bool postfix_has_word(const char *value, const char *word);

/* The text of a table, a line for each entry: that of "cidr:{ {192.0.2.1 OK}, ... }" is in its name. NULL when it could not be read or
 * none was gathered. */
const char *postfix_table(struct arena *arena, const struct postfix *postfix, struct str name);

/* 3.7.11 as 3007011. 0: not known. */
unsigned postfix_version(const struct postfix *postfix);

#endif
