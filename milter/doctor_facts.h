/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_facts.h - what octroi doctor looks at: the MTA's configuration, ours, the system and the DNS, gathered once. Checks only read it, so
 * a test may plant what it likes.
 *
 * A number that could not be read is DOCTOR_UNREAD, a string NULL. */
#ifndef OCTROI_DOCTOR_FACTS_H
#define OCTROI_DOCTOR_FACTS_H

#include <sys/stat.h>

#include "milter/base/arena.h"
#include "milter/base/ip.h"
#include "milter/doctor_postfix.h"
#include "milter/doctor_sendmail.h"

#define DOCTOR_UNREAD UINT64_MAX

/* Entries of a list. */
struct doctor_words {
	const char **items;
	size_t len;
};

/* milter.conf, as it holds. */
struct filter_facts {
	const char *file;
	const char *problem;		/* NULL: it was read, and is good */
	const char *listen;
	const char *user;
	uint64_t socket_mode;
	struct doctor_words domains;
	struct doctor_words session_allow, grant_clients, forward;
	uint64_t message_bytes, spool_bytes, examiners_max, scratch_bytes;
	uint64_t rcpt_wait_ms, resolver_timeout_ms, spf_timeout_ms;
	bool antivirus, content, dnsbl, account_senders, dnssec;
	uint64_t antivirus_timeout_ms, antivirus_file_bytes, content_cpu_ms;
	const char *database, *trust_anchor;
	struct doctor_words keys;	/* files of DKIM keys */
};

/* A step on the way to a file: each directory from the root, then the file itself. */
struct path_step {
	const char *path;
	int error;			/* errno of stat, 0 when the rest is good */
	mode_t mode;
	uid_t uid;
	gid_t gid;
};
struct path_facts {
	struct path_step *steps;
	size_t len;
};

struct account_facts {
	bool known;
	uid_t uid;
	gid_t gid;
	gid_t groups[32];
	int groups_len;
};

struct system_facts {
	struct path_facts config, socket;	/* of milter.conf; of the socket when it is a unix one */
	struct path_facts *keys;		/* in the order of filter.keys */
	struct account_facts mta;		/* the account that connects: Postfix's mail_owner */

	enum doctor_socket { DOCTOR_SOCKET_UNREAD, DOCTOR_SOCKET_SERVES, DOCTOR_SOCKET_REFUSES, DOCTOR_SOCKET_SILENT } socket_state;
	const char *socket_problem;

	uint64_t running;			/* daemons with this milter.conf */
	uint64_t running_as_root;		/* of them, with uid 0 */
	uint64_t limit_files, limit_processes, tasks_max;	/* of the last of them; DOCTOR_NO_LIMIT: none */

	uint64_t database_built_at;		/* seconds since 1970: the newest daily database; 0: there is none */
	uint64_t database_main;			/* 0: there is no main database */
	bool freshclam_runs, freshclam_cron;

	uint64_t now;				/* seconds since 1970 */
	int clock_state;			/* 0: synchronised, 1: not, -1: could not be told */
	uint64_t memory_bytes, queue_free_bytes, scratch_free_bytes;
	const char *queue_directory, *scratch_directory;
	const char *dropins;			/* text of all systemd drop-ins of octroi.service, one after the other; "": none */
	struct doctor_words nameservers;	/* of /etc/resolv.conf */
};
#define DOCTOR_NO_LIMIT (UINT64_MAX - 1)

/* What the DNS says. */
struct address_facts {
	const char *text;
	bool is_private;			/* what the world sees is another one */
	enum { ADDRESS_CONFIRMED, ADDRESS_NAMELESS, ADDRESS_FORGED, ADDRESS_UNKNOWN } reverse;
	const char *name;			/* of the reverse, or why it could not be told */
};
struct domain_facts {
	const char *name;
	enum { RECORD_FOUND, RECORD_MISSING, RECORD_SEVERAL, RECORD_UNKNOWN } spf, dmarc;
	const char *spf_why, *dmarc_why;	/* of RECORD_UNKNOWN */
	const char *dmarc_policy;		/* of RECORD_FOUND */
	const char **spf_results;		/* for each address: "pass", ... ; NULL: not asked */
};
struct network_facts {
	bool asked;
	const char *problem;			/* NULL: the DNS could be asked */
	struct address_facts *addresses;	/* that mail leaves from */
	size_t addresses_len;
	struct domain_facts *domains;
	size_t domains_len;
	struct doctor_words key_advice;		/* what scanner sign says about its records */
	struct doctor_words advice;		/* what the others say */
};

struct doctor_facts {
	struct arena *arena;
	struct postfix postfix;
	struct sendmail sendmail;
	struct filter_facts filter;
	struct system_facts system;
	struct network_facts network;
};

struct doctor_options {
	const char *config;		/* milter.conf */
	const char *postfix;		/* its configuration directory; NULL: /etc/postfix when there is a main.cf */
	const char *sendmail;		/* sendmail.cf; NULL: /etc/mail/sendmail.cf when there is no Postfix */
	bool quick;			/* ask no DNS */
};

/* Gathers all of it; WAITS for postconf and for the DNS, each for some seconds at the most. */
void doctor_gather(struct arena *arena, const struct doctor_options *options, struct doctor_facts *ret_facts);

/* Its parts. */
struct conf;
void doctor_gather_filter(struct arena *arena, const struct conf *conf, struct filter_facts *ret_filter);
void doctor_gather_system(struct doctor_facts *facts);
void doctor_gather_network(struct doctor_facts *facts, const struct conf *conf);

void doctor_words_add(struct arena *arena, struct doctor_words *words, const char *word);

/* May the account go through all directories and write to what is at their end? Returns 0, -EACCES with the step that is in the way, or
 * -EAGAIN: could not tell (likewise). */
int path_may_connect(const struct path_facts *path, const struct account_facts *account, const struct path_step **ret_step);

#endif
