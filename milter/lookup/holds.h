/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holds.h - who may send nothing for now: a small file of lines that people and programs write, and every filter follows from the next
 * command of its sessions on. */
#ifndef OCTROI_LOOKUP_HOLDS_H
#define OCTROI_LOOKUP_HOLDS_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/base/arena.h"
#include "milter/base/ip.h"

#define HOLDS_PROGRAM "behaviour"

enum hold_kind { HOLD_LOGIN, HOLD_CLIENT };

struct hold {
	enum hold_kind kind;
	const char *subject;	/* a login (compared as logins.h does), or an address or network */
	int64_t since_ms;	/* wall clock */
	int64_t until_ms;	/* 0: until somebody frees it */
	const char *by;		/* a login of this host, or HOLDS_PROGRAM */
	const char *because;	/* in words; it stands in the reply, so it names nothing secret; "" */
	bool freed;		/* a line that says: what was before since_ms is forgiven (kept for a week) */
};

struct holds;

/* The file path; it need not exist. Looks at it at most every 100 ms. Never fails but for memory; a line that cannot be read is skipped and
 * told once (tell may be NULL). Any thread, any process. */
struct holds *holds_open(const char *path, void (*tell)(const char *text));
void holds_close(struct holds *holds);

/* Is there one that is in force now? Into *ret (strings in arena). Cheap: one stat(2) at most. client IP_NONE and login "" match nothing. */
bool holds_find(struct holds *holds, struct arena *arena, const char *login, const struct ip *client, struct hold *ret_hold);

/* When it was last freed (wall clock ms), 0: never or forgotten. */
int64_t holds_freed_ms(struct holds *holds, enum hold_kind kind, const char *subject);

/* Writes: locked, into a new file, fsync, rename; lines that have expired go. The owner and mode of the old file stay. holds_add
 * replaces a hold of the same subject (but one by HOLDS_PROGRAM none that lasts longer); one with freed set ends it. Waits at most 2 s for other
 * writers. Returns 0 or a negative errno (-E2BIG: the subject is too long for a line; what is too long of because is left out). */
int holds_add(const char *path, const struct hold *hold);

/* The same person or machine: logins without regard to the case of their realm, networks as equal networks. */
bool holds_same(enum hold_kind kind, const char *a, const char *b);

/* All lines in force, and those that forgive, into arena. Returns how many, or a negative errno. */
int holds_list(const char *path, struct arena *arena, struct hold **ret_holds);

#endif
