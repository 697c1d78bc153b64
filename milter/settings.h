/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings.h - the options at the top level of milter.conf and those of the processes; the table of all sections. */
#ifndef OCTROI_SETTINGS_H
#define OCTROI_SETTINGS_H

#include "conf/conf.h"

enum log_choice { LOG_CHOICE_AUTO, LOG_CHOICE_STDERR, LOG_CHOICE_SYSLOG };

struct settings {			/* section "" */
	const char *listen;
	bool allow_remote;
	const char *socket_group;
	uint64_t socket_mode;
	const char *user;
	const char *authserv_id;	/* "": the host name */
	struct conf_list domains;
	int refuse_at;			/* enum phase: PHASE_CONNECT..PHASE_RCPT */
	int log;
	uint64_t drain_ms;
	uint64_t stop_ms;
};

struct examiner_settings {		/* section "examiners" */
	uint64_t spare;
	uint64_t max;
	uint64_t jobs_each;
	const char *scratch;		/* "": chosen at start */
	uint64_t scratch_bytes;
	uint64_t memory_bytes;
};

struct score_threshold {
	double score;			/* 0: never */
	struct conf_where where;
};

struct score_settings {			/* section "score" */
	struct score_threshold tag, quarantine, reject;
};

struct tag_settings {			/* section "tag" */
	const char *subject;
};

/* All sections of milter.conf: ours and those of the scanners; NULL at the end. */
const struct option_section *const *settings_sections(void);

/* Does a scanner that is switched on need examiners? */
bool settings_need_cage(const struct conf *conf);

/* Must the body of messages be kept until their end? For the cage, or for a scanner that reads it itself. */
bool settings_need_body(const struct conf *conf);

/* The directory that the cage's job loads from, to be watched for changes; NULL when it needs none. */
const char *settings_watched_directory(const struct conf *conf);

/* conf_load of file with all sections, and what only a look at the whole can find. file NULL: the defaults. */
struct conf *settings_load(const char *file);

const struct settings *settings_of(const struct conf *conf);
const struct examiner_settings *settings_examiners(const struct conf *conf);

/* state.directory as written: "" when nothing is to be kept. */
const char *settings_state(const struct conf *conf);

/* authserv_id, or the host name when it is empty; lives as long as the process. */
const char *settings_authserv_id(const struct conf *conf);

/* A listening address in libmilter's syntax. */
enum listen_family { LISTEN_UNIX, LISTEN_INET, LISTEN_INET6 };
struct listen_address {
	enum listen_family family;
	char path[108];			/* LISTEN_UNIX */
	char host[256];			/* else; "": all addresses */
	unsigned port;
};

/* "unix:/path", "local:/path", "/path", "inet:port@host", "inet6:port@host". Returns 0 or -EINVAL. */
int listen_address_parse(const char *text, struct listen_address *ret_address);

#endif
