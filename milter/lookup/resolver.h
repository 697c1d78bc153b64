/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver.h - the one place that asks the DNS: a cache that is bounded in bytes over an upstream (libunbound; a zone text in tests), one
 * question in flight for each name and type, deadlines on everything. Every function may be called from any thread; none
 * waits unless it says so. */
#ifndef OCTROI_LOOKUP_RESOLVER_H
#define OCTROI_LOOKUP_RESOLVER_H

#include "conf/option.h"
#include "milter/base/arena.h"
#include "milter/lookup/dns.h"

struct resolver;

#define RESOLVER_FORWARDERS_MAX 4

/* Section "resolver". */
struct resolver_settings {
	struct conf_list forward;	/* "192.0.2.53", "192.0.2.53@5353", "2001:db8::53@53"; empty: from the root */
	uint64_t timeout_ms;		/* of one question, its CNAMEs and tries included */
	uint64_t rcpt_wait_ms;		/* how long RCPT may wait for answers that could refuse there */
	uint64_t cache_bytes;
	uint64_t ttl_min_ms, ttl_max_ms;
	uint64_t negative_ttl_ms;	/* DNS_NOTHING is kept this long at the most */
	uint64_t unknown_ttl_ms;	/* DNS_UNKNOWN is kept this long: long enough to spare the others, short enough to recover */
	uint64_t in_flight;		/* questions upstream at the same time; what is more is DNS_UNKNOWN at once */
	bool dnssec;
	const char *trust_anchor;	/* file; "" for none */
};
extern const struct option_section resolver_section;

/* An entry of forward: "192.0.2.53", "2001:db8::53@5353"; the port is 53 when none is written. Returns 0 or -EINVAL. */
int resolver_server_parse(const char *text, struct ip *ret_ip, unsigned long long *ret_port);

/* Where questions go that the cache does not answer. */
struct resolver_question;
struct dns_upstream {
	/* Gets an answer and hands it to resolver_answered exactly once, from any thread, at once or later; name is good until then. Never
	 * waits. The resolver itself gives up after its timeout, and the answer that comes later is still put into the cache. name is as
	 * dns_name_normalise writes it. */
	void (*ask)(struct dns_upstream *upstream, const char *name, enum dns_type type, struct resolver_question *question);
	/* No answer is given during or after it. */
	void (*free)(struct dns_upstream *upstream);
};

/* Runs the steps that waited for it (they may ask again): to be called with no lock held. Takes over the reference to answer; ttl_s as the
 * records (or the SOA of a negative answer, RFC 2308) say, before it is bounded. */
void resolver_answered(struct resolver_question *question, struct dns_answer *answer, uint32_t ttl_s);

/* Owns upstream from now on; the strings of settings must outlive it. Starts a thread for deadlines, with all signals blocked. NULL with
 * errno set when the system has none (upstream has been freed then). */
struct resolver *resolver_new(const struct resolver_settings *settings, struct dns_upstream *upstream);

/* No pursuit may be left, no other call may be running. NULL is allowed. */
void resolver_free(struct resolver *resolver);

const struct resolver_settings *resolver_settings_of(const struct resolver *resolver);

/* Names are compared without case and trailing dot. A name that cannot be asked (longer than DNS_NAME_MAX, a label that is empty or over 63)
 * is DNS_NOTHING with nxdomain. "\DDD" and "\." in it are read as in a zone file. */

/* The answer is wanted soon. */
void resolver_prefetch(struct resolver *resolver, const char *name, enum dns_type type);

/* WAITS until the answer is there, or deadline_ms (monotonic; then it is DNS_UNKNOWN). The reference is the caller's. */
struct dns_answer *resolver_ask_and_wait(struct resolver *resolver, const char *name, enum dns_type type, uint64_t deadline_ms);

/* Counters since the start. */
struct resolver_stats {
	uint64_t asked;		/* by scanners, the cached ones included */
	uint64_t cached;	/* answered by the cache */
	uint64_t joined;	/* waited for a question already in flight */
	uint64_t upstream;	/* went out */
	uint64_t found, nothing, unknown;	/* what came back */
	uint64_t timeouts;	/* of unknown */
	uint64_t refused;	/* over in_flight */
	uint64_t evicted;
	uint64_t entries, bytes, in_flight;	/* now */
	uint64_t wait_ms_total, wait_ms_max;	/* upstream's time over all its answers */
};
void resolver_read_stats(struct resolver *resolver, struct resolver_stats *ret_stats);

/* --- pursuit: a chain of questions, in which what is asked next depends on answers. ---
 *
 * A pursuit belongs to one caller; its step is called until it says that it is done: first by pursuit_start, then whenever an answer has
 * come for which it asked in vain (on a thread of the resolver, never two at once). So it goes on while nobody waits for it. */
struct pursuit;

/* Looks at all answers it needs with pursuit_ask and returns whether the result is complete; run again from the beginning each time: the
 * answers it has had stay the same. Must not wait. What it keeps is allocated from pursuit_arena; what it allocated there in a run that
 * returned false is taken back before the next. A pursuit is over after the run that began at its deadline, whatever that returns. */
typedef bool (*pursuit_step)(struct pursuit *pursuit, void *state);

/* deadline_ms (monotonic): afterwards, and beyond max_questions different ones, every answer that is not there is DNS_UNKNOWN ("out of time",
 * "too many questions"), so that the step comes to an end. */
struct pursuit *pursuit_new(struct resolver *resolver, uint64_t deadline_ms, unsigned max_questions);
struct arena *pursuit_arena(struct pursuit *pursuit);

/* Runs the first step before it returns. */
void pursuit_start(struct pursuit *pursuit, pursuit_step step, void *state);

/* For the step, and as a dns_asker with the pursuit as its arg: the answer, which lives as long as the pursuit, or NULL: not there yet. */
const struct dns_answer *pursuit_ask(void *pursuit, const char *name, enum dns_type type);

/* Is the result complete? What the step wrote may be read when it is. */
bool pursuit_done(struct pursuit *pursuit);

/* WAITS until it is done or until_ms (monotonic) has come; at its own deadline it is always done. progress (may be NULL) is called about every
 * second. Returns whether it is done. */
bool pursuit_wait(struct pursuit *pursuit, uint64_t until_ms, void (*progress)(void *arg), void *progress_arg);

/* What it cost so far. */
unsigned pursuit_questions(struct pursuit *pursuit);

/* No step is running or will be when it returns; the arena and the answers go. NULL is allowed. As a deferred function of an arena:
 * pursuit_drop_deferred(pursuit). */
void pursuit_drop(struct pursuit *pursuit);
void pursuit_drop_deferred(void *pursuit);

#endif
