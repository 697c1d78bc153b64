/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile_internal.h - how a profile lies in the file, for profile*.c alone. */
#ifndef OCTROI_LOOKUP_PROFILE_INTERNAL_H
#define OCTROI_LOOKUP_PROFILE_INTERNAL_H

#include <pthread.h>

#include "milter/lookup/mapped.h"
#include "milter/lookup/profile.h"

enum {
	PROFILE_BYTES = 8192,
	MINUTES = 60,
	HOURS = 24,
	WEEK = 168,
	DOMAIN_SETS = 73, DOMAIN_WAYS = 8,
	ORIGINS = 24,
	SUBJECTS = 8,

	MAPPED_SETS_MIN = 16,		/* as mapped.c has it */

	YOUNG_DAYS = 10,		/* days on which it sent something, until it is judged by its own past alone */
	FIRST_DAYS = 3,			/* where it comes from in these is where it comes from */
};

#define MINUTE_MS UINT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* The most of each thing that there is in the time that it is counted in. */
enum usual {
	USUAL_HOUR, USUAL_DAY, USUAL_FANOUT, USUAL_SUBJECT, USUAL_DOMAINS, USUAL_DOMAINS_DAY, USUAL_REFUSED, USUAL_BOUNCES, USUAL_HELD,
	USUALS
};

struct minute {
	uint32_t recipients, domains;
};

struct hour {
	uint32_t recipients, domains, refused, bounces, held;
};

struct domain_slot {
	uint32_t hash;			/* 0: free */
	uint16_t day, first_day;	/* since 1970 */
};

struct origin {
	uint32_t hash;			/* 0: free */
	uint32_t first_hour, last_hour;	/* since 1970 */
	uint16_t days, last_day;	/* days on which it was used, ORIGIN_KNOWN and more: known; the last of them that was counted */
};
#define ORIGIN_KNOWN 2

struct subject {
	uint32_t hash;
	uint32_t hour, count;
};

struct profile {
	uint64_t key;			/* 0: free */
	uint64_t minute;		/* the newest, since 1970; so are all rings placed */
	uint64_t last_ms;
	struct profile_episode episode;
	uint32_t kind;
	uint32_t days;			/* on which it sent something */
	uint32_t odd_hour, odd_day;	/* not to be learned from */
	float week[WEEK];		/* recipients in this hour of the week, decayed mean */
	float usual[USUALS], today[USUALS];	/* the latter becomes part of the former when the day is over */
	float new_networks;		/* on a day, decayed mean; not of the first days */
	uint32_t networks_today;
	struct minute minutes[MINUTES];
	struct hour hours[HOURS];
	struct subject subjects[SUBJECTS];
	struct origin networks[ORIGINS], helos[ORIGINS];
	struct domain_slot domains[DOMAIN_SETS][DOMAIN_WAYS];
	char name[PROFILE_NAME_MAX + 1];
};
_Static_assert(sizeof(struct profile) <= PROFILE_BYTES, "a profile has its bounds");

struct profiles {
	struct mapped *mapped;
	size_t sets;			/* of MAPPED_WAYS accounts: a power of two */
	pthread_mutex_t lock;		/* of all below, which each process finds out for itself */
	uint64_t refreshed_ms;
	struct {
		size_t accounts;	/* whose medians they are */
		float usual[USUALS];
	} group[PROFILE_KINDS];
};

/* profile_count.c: the time has come to now_ms. */
void profile_advance(struct profile *profile, uint64_t now_ms);

/* After a crash of the machine a profile may hold anything (mapped.h): rings are indexed with a remainder, and numbers are looked at. */
static inline float sane(float number)
{
	return number >= 0 && number < 1e7f ? number : 0;
}

#endif
