/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dnsbl_zone.h - is the list in a zone to be believed? Its self-test (RFC 5782 section 5), the breaker, and what the administrator
 * hears about it. Shared by all sections that ask the zone; every function may be called from any thread, none waits. */
#ifndef OCTROI_DNSBL_ZONE_H
#define OCTROI_DNSBL_ZONE_H

#include "milter/lookup/resolver.h"
#include "milter/model/scanner.h"
#include "scanners/dnsbl_answer.h"

#define DNSBL_HOUR_MS 3600000u		/* between self-tests */
#define DNSBL_RETRY_MS 600000u		/* while it is switched off */
#define DNSBL_SOON_MS 60000u		/* after a test that could not tell */
#define DNSBL_WINDOW 200u		/* answers that the breaker looks at */

/* Each has test points of its own. */
enum dnsbl_kind { DNSBL_V4, DNSBL_V6, DNSBL_DOMAIN, DNSBL_KINDS };

enum dnsbl_health {
	DNSBL_UNTESTED,		/* could not tell */
	DNSBL_GOOD,
	DNSBL_OFF,
};

struct dnsbl_state {
	enum dnsbl_health health;
	const char *why;	/* of DNSBL_OFF; a constant */
};

struct dnsbl_zone_options {
	const char *name, *title;
	enum dnsbl_kind kind;
	struct dnsbl_codes refusals;
	bool self_test;			/* else only the breaker tests, and only whether everything is listed */
	uint64_t max_listed_percent;
};

struct dnsbl_zone;

/* Starts its first test. What options name must live as long as the zone, which is freed by dnsbl_zone_free. */
struct dnsbl_zone *dnsbl_zone_new(const struct services *services, const struct dnsbl_zone_options *options);
void dnsbl_zone_free(struct dnsbl_zone *zone);

/* Starts a test if one is due. */
void dnsbl_zone_test(struct dnsbl_zone *zone);

struct dnsbl_state dnsbl_zone_state(struct dnsbl_zone *zone);

/* For a pursuit that needs the outcome of the first test itself: asks the test points. Returns whether *ret_state is complete. */
bool dnsbl_zone_ask_test(const struct dnsbl_zone *zone, struct pursuit *pursuit, struct dnsbl_state *ret_state);

/* Counts an answer for the breaker, and tells the administrator of one that is an error, at most once an hour. */
void dnsbl_zone_note(struct dnsbl_zone *zone, const struct dns_answer *answer);

#endif
