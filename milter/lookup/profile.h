/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile.h - what each account and each client inside usually does, in numbers, and how far what it does now is beyond that.
 *
 * A profile is decayed statistics of fixed size: recipients by hour of the week; the most of each thing that there usually is in an hour or
 * a day; the recipient domains, networks and HELO names that are known, as hashes; the last hour by minutes and the last day by hours. It
 * holds no address of a recipient and no subject. What was beyond the usual is not learned from (profile_is_odd): nobody becomes a sender of
 * mass mail by being one for an hour.
 *
 * The table is a file (mapped.h) that survives a restart and is shared by all processes that have it open; memory is fixed (8 KiB an account). When it is
 * full, of the few places that an account may have, the one that was used longest ago goes. Names are hashed with a secret of the file's own. */
#ifndef OCTROI_LOOKUP_PROFILE_H
#define OCTROI_LOOKUP_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROFILE_NAME_MAX 255	/* a longer login is told from others, but has no name to be shown */

enum profile_kind { PROFILE_LOGIN, PROFILE_CLIENT, PROFILE_KINDS };

struct profiles;
struct profile;

/* A table for at least so many accounts in the file path (NULL: in memory alone). A file of another version or size is begun afresh. Several
 * processes may open it, one after the other. Returns 0 or a negative errno. */
int profiles_open(const char *path, size_t accounts, struct profiles **ret_profiles);
void profiles_close(struct profiles *profiles);

/* The profile of an account, made where there is none, for the caller alone until profile_release: take one at a time, and do nothing that
 * waits in between. All times are wall clock, in ms; one that goes back counts as the last one. */
struct profile *profile_take(struct profiles *profiles, enum profile_kind kind, const char *name, uint64_t now_ms);

/* The same by profile_key; NULL when there is none any more. */
struct profile *profile_take_key(struct profiles *profiles, uint64_t key, uint64_t now_ms);
void profile_release(struct profiles *profiles, struct profile *profile);

#define PROFILE_KEY_BITS 48	/* of a key: it fits beside something else into a number */
uint64_t profile_key(const struct profile *profile);
enum profile_kind profile_kind_of(const struct profile *profile);
const char *profile_name(const struct profile *profile);	/* "" when it is too long */

/* Where the ladder of an account stands, for whoever builds one; all zero at the start. */
struct profile_episode {
	uint64_t until_ms;	/* it may send nothing until then */
	uint64_t forgiven_ms;	/* what was before is forgiven */
	uint64_t told_ms;	/* somebody was told */
	uint32_t step;		/* the highest that was told */
	uint32_t unused;
};
struct profile_episode *profile_episode(struct profile *profile);

/* --- counting --- */

/* A message begins: the network it comes from ("192.0.2.0/24"; NULL: of no interest) and the HELO name (likewise). */
void profile_origin(struct profile *profile, uint64_t now_ms, const char *network, const char *helo);

/* One more recipient. domain NULL: one of our own, which is never new. */
void profile_recipient(struct profile *profile, uint64_t now_ms, const char *domain);

/* So many recipients that were counted at then_ms will not get the message. Their domains stay known: who tries others all the time is seen. */
void profile_give_back(struct profile *profile, uint64_t now_ms, uint64_t then_ms, uint32_t recipients);

/* A message with so many recipients went on its way; the digest is of its subject ("": none). */
void profile_sent(struct profile *profile, uint64_t now_ms, uint32_t recipients, const char *subject_digest);

/* Recipients that were refused for what they are; bounces that came back; messages that were held or refused for what is in them. */
void profile_refused(struct profile *profile, uint64_t now_ms, uint32_t recipients);
void profile_bounced(struct profile *profile, uint64_t now_ms, uint32_t bounces);
void profile_held(struct profile *profile, uint64_t now_ms, uint32_t messages);

/* This hour and this day are beyond the usual: nothing is learned from them. */
void profile_is_odd(struct profile *profile);

/* The windows are emptied, and where it comes from and to is known from now on: for an account that was freed at freed_ms. Does nothing when it
 * has been done for this freed_ms, or when that is 0. */
void profile_forgive(struct profile *profile, uint64_t now_ms, uint64_t freed_ms);

/* --- judging --- */

/* Each is one of the four families below: what is in a family tends to come together, and counts once. */
enum profile_signal {
	SIGNAL_VOLUME,		/* amount: recipients in an hour, and in a day */
	SIGNAL_FANOUT,		/* recipients of one message */
	SIGNAL_SUBJECT,		/* messages with one subject in an hour */
	SIGNAL_DOMAINS,		/* strangers: recipient domains that it had never written to */
	SIGNAL_NETWORK,		/* origin: networks that it had never come from */
	SIGNAL_HELO,		/* HELO names likewise */
	SIGNAL_HOUR,		/* at an hour of the week when it never sends */
	SIGNAL_REFUSED,		/* feedback */
	SIGNAL_BOUNCES,
	SIGNAL_HELD,
	SIGNALS
};
enum profile_family { FAMILY_AMOUNT, FAMILY_STRANGERS, FAMILY_ORIGIN, FAMILY_FEEDBACK, FAMILIES };
#define PROFILE_POINTS_MAX 3	/* of a family: no single one of them makes much of a score */

/* What there usually is at most, and now. */
struct profile_amount {
	uint32_t now;
	float usual;
};

struct profile_judgement {
	unsigned points[SIGNALS];	/* 0: as usual; 1: twice and more beyond it; 2: four times; 3: eight times */
	unsigned families[FAMILIES];
	unsigned score;			/* of the families: 0..12; 0 below the floor */
	bool is_below_floor;
	bool is_young;			/* it is judged by what is usual with others of its kind */
	struct profile_amount hour, day, fanout, subject, domains, domains_day, refused, bounces, held;
	unsigned minutes;		/* in which hour.now recipients came */
	unsigned networks, helos;	/* new ones in the last hour */
};

/* floor: recipients in an hour below which nobody is bothered. recipients: of the message that is being judged. */
void profile_judge(struct profiles *profiles, struct profile *profile, uint64_t now_ms, uint32_t floor, uint32_t recipients,
		   struct profile_judgement *ret_judgement);

/* What is usual in a kind is found out anew: the medians over all accounts that are no longer young. Cheap enough for once a minute;
 * must not be called with a profile taken. */
void profiles_refresh(struct profiles *profiles, uint64_t now_ms);

#endif
