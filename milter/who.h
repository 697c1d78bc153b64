/* SPDX-License-Identifier: GPL-2.0-or-later */
/* who.h - what is known of one login, address, host, network or file: gathered from its entries in the journal. */
#ifndef OCTROI_WHO_H
#define OCTROI_WHO_H

#include <stdio.h>

#include "milter/base/ip.h"
#include "milter/lookup/journal.h"
#include "milter/show.h"
#include "milter/tally.h"

enum who_kind { WHO_LOGIN, WHO_ADDRESS, WHO_CLIENT, WHO_NETWORK, WHO_FILE };

struct who_subject {
	enum who_kind kind;
	const char *name;		/* "bob", "a@b.example", "192.0.2.1", "192.0.2.0/24", 64 hexadecimal digits */
	struct network network;		/* WHO_NETWORK */
};

/* What is meant by text: "login:", "address:", "client:" and "sha256:" in front of it say so. Else a network or address of the IP, 64
 * hexadecimal digits, something with an @, or a login. The name lives in arena. Returns 0 or -EINVAL. */
int who_subject_parse(struct arena *arena, const char *text, struct who_subject *ret_subject);

/* "login:bob", as events name it; "" for what no event is about. */
const char *who_subject_of(struct arena *arena, const struct who_subject *subject);

/* Of a host with an IPv6 address: its /64, which behaviour takes for one; NULL for all else. */
const char *who_subject_of_host(struct arena *arena, const struct who_subject *subject);

enum {
	WHO_DAYS = 29,			/* calendar days on the timeline, today included */
	WHO_HOURS = WHO_DAYS * 24,	/* the hour that runs now is number 0 */
	WHO_RECENT_HOURS = 24,		/* what is compared with the time before */
};

struct who_count {
	uint64_t messages, recipients, refused;		/* refused: recipients, messages and sessions */
};

struct who_moment {
	int64_t time_ms;
	const char *text;
};

struct who {
	struct arena *arena;
	struct who_subject subject;
	int64_t now_ms;
	int64_t day_ms[WHO_DAYS + 1];	/* where each calendar day begins, the newest first; then where the table ends */
	int64_t first_ms, last_ms;	/* 0: never seen */
	struct who_count total, hours[WHO_HOURS], days[WHO_DAYS];
	uint64_t size_bytes;
	uint64_t received;		/* WHO_ADDRESS: messages that were let in to it */
	uint64_t held, infected, bounces, bounces_recent;
	struct tally networks, helos, logins, senders, authors, recipients, domains, correspondents, reasons, verdicts, files;
	struct who_moment *moments;	/* the newest first */
	size_t moments_len, moments_left_out;
};

void who_begin(struct who *who, struct arena *arena, const struct who_subject *subject, int64_t now_ms);

/* Entries in any order: of what it sent; of mail to it; of bounces of its mail; of events about it. */
void who_add_sent(struct who *who, const struct journal_entry *entry);
void who_add_received(struct who *who, const struct journal_entry *entry);
void who_add_bounce(struct who *who, const struct journal_entry *entry);
void who_add_event(struct who *who, const struct journal_entry *entry);

/* Puts moments in order. */
void who_end(struct who *who);

/* Recipients in the last 24 hours, and in a day and an hour of the time before: mean and highest. days: how many of them there are, at most
 * 28, with it only since it was first seen; 0: there is nothing to compare with. */
struct who_usual {
	struct who_count recent;
	uint64_t recent_hour;		/* the highest */
	unsigned days;
	double day_mean, hour_mean;
	uint64_t day_highest, hour_highest;
	uint64_t new_domains;		/* recipients' domains of the last 24 hours that were never met before */
};
struct who_usual who_usual(const struct who *who);

void who_print(FILE *out, const struct show *show, const struct who *who);
void who_print_timeline(FILE *out, const struct show *show, const struct who *who);
void who_print_json(FILE *out, const struct who *who);

#endif
