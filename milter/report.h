/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.h - what happened in a time: totals and what an administrator should look at, gathered from the entries of the journal. */
#ifndef OCTROI_REPORT_H
#define OCTROI_REPORT_H

#include <stdio.h>

#include "milter/lookup/journal.h"
#include "milter/show.h"
#include "milter/tally.h"

#define REPORT_DIRECTIONS 5	/* inbound, submission, granted, local, and what ended before that was known */
#define REPORT_VERDICTS 6	/* accept, tag, quarantine, defer, discard, reject */
extern const char *const report_directions[REPORT_DIRECTIONS];
extern const char *const report_verdicts[REPORT_VERDICTS];

/* Something that `observe` let pass: a doubtful one is from somebody to whom one of ours had written before. */
struct report_observed {
	int64_t time_ms;
	const char *id, *mailfrom, *would;	/* "reject (spf:fail)" */
	bool doubtful;
};

struct report_event {
	int64_t time_ms;
	const char *event, *about, *operator, *note;
};

struct report {
	struct arena *arena;
	int64_t since_ms, until_ms;
	uint64_t entries, size_bytes;
	uint64_t messages[REPORT_DIRECTIONS][REPORT_VERDICTS];
	uint64_t recipients, refused_recipients, refused_sessions, refused_attempts;
	struct tally reasons;		/* "reject spf:fail" */
	struct tally would;		/* "reject (spf:fail)" of those only observed */
	struct tally unsure;		/* deferred because something could not tell: its outcome */
	struct tally failures;		/* verdicts that could not be carried out: why */
	struct tally viruses, lists, behaving, logins, clients, domains;
	uint64_t held, released, deleted, infected, bounces;
	struct report_observed *observed;	/* the newest */
	size_t observed_len;
	uint64_t doubtful;		/* among all that was observed and is kept here */
	struct report_event *events;	/* the newest first as they were given */
	size_t events_len;
	uint64_t events_left_out;
};

void report_begin(struct report *report, struct arena *arena, int64_t since_ms, int64_t until_ms);

/* The newest first. */
void report_add(struct report *report, const struct journal_entry *entry);

/* Marks what is doubtful: had_written says whether one of ours wrote to address before time_ms. Asks once for each address. */
void report_judge(struct report *report, bool (*had_written)(void *arg, const char *address, int64_t time_ms), void *arg);

void report_print(FILE *out, const struct show *show, const struct report *report);
void report_print_json(FILE *out, const struct report *report);

#endif
