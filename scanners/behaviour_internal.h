/* SPDX-License-Identifier: GPL-2.0-or-later */
/* behaviour_internal.h - what the parts of the scanner behaviour share: whom a message counts for, and what was counted for it. */
#ifndef OCTROI_SCANNERS_BEHAVIOUR_INTERNAL_H
#define OCTROI_SCANNERS_BEHAVIOUR_INTERNAL_H

#include "milter/lookup/networks.h"
#include "milter/lookup/profile.h"
#include "milter/model/scanner.h"
#include "scanners/behaviour_bounces.h"
#include "scanners/behaviour_settings.h"

struct behaviour {
	struct arena *arena;
	struct profiles *profiles;		/* NULL: not enabled */
	const struct networks *inside;
};

/* Whom a message counts for. */
struct behaviour_subject {
	enum profile_kind kind;
	const char *name;		/* NULL: nobody */
};

/* Of a message. */
struct behaviour_message {
	bool begun;
	uint32_t reserved;		/* recipients that were counted */
	uint64_t then_ms;		/* when the last of them was */
	uint64_t refused;		/* recipients that we refused ourselves */
	bool would_suspend;		/* it has been said */
	struct bounce bounce;		/* profile_key 0: it is none */
};

/* behaviour_account.c: logins count for themselves; without one, clients with a grant, or in behaviour.inside. */
struct behaviour_subject behaviour_subject_of(const struct scan *scan);
const char *behaviour_about(struct arena *arena, const struct behaviour_subject *subject);	/* "login:bob" */

/* The network of so many bits (whole bytes) that ip is in; NULL for IP_NONE. */
const char *behaviour_network(struct arena *arena, const struct ip *ip, unsigned prefix_v4, unsigned prefix_v6);

/* The profile, with what was freed forgiven; for profile_release. */
struct profile *behaviour_take(const struct scan *scan, const struct behaviour_subject *subject, uint64_t now_ms);

/* Where it stands now. */
struct behaviour_standing {
	enum behaviour_step step;
	uint64_t until_ms;		/* suspended until then; 0: it is not */
	bool is_news;			/* somebody is to be told, with behaviour_tell: this is said once */
	struct profile_judgement judgement;
};

/* Whoever comes to the last step is suspended in his profile. recipients: of the message. */
void behaviour_judge(const struct scan *scan, struct profile *profile, uint64_t now_ms, size_t recipients,
		     struct behaviour_standing *ret_standing);

/* behaviour_tell.c: into the file of holds, to the journal and to people. With no profile taken. */
void behaviour_tell(const struct scan *scan, const struct behaviour_subject *subject, const struct behaviour_standing *standing,
		    uint64_t now_ms);

/* behaviour_settle.c: the hook. */
void behaviour_settle(struct scan *scan, const struct verdict *verdict, bool let_in);

#endif
