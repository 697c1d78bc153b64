/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dnsd_wire.h - the messages of the scripted name server: questions read, answers written (RFC 1035 4, RFC 6891). */
#ifndef OCTROI_T_DNSD_WIRE_H
#define OCTROI_T_DNSD_WIRE_H

#include "t/lib/zone_data.h"

#define DNSD_MESSAGE_MAX 65535

enum dnsd_rcode { DNSD_NOERROR, DNSD_FORMERR, DNSD_SERVFAIL, DNSD_NXDOMAIN, DNSD_NOTIMP, DNSD_REFUSED };

struct dnsd_query {
	uint16_t id;
	bool recursion_desired;
	struct str question;		/* as it came, with type and class; empty: it could not be read. Part of the message */
	struct zone_name name;		/* lower case */
	uint16_t type;
	bool edns;
	uint16_t udp_max;		/* what may be answered by UDP */
};

enum dnsd_reading {
	DNSD_QUERY,
	DNSD_ERROR,			/* answer with *ret_rcode */
	DNSD_IGNORED,			/* no question at all: not even a header, or an answer */
};
enum dnsd_reading dnsd_wire_read(struct str message, struct dnsd_query *ret_query, enum dnsd_rcode *ret_rcode);

/* Each writes at most max octets and returns how many. */

/* No records: an error, or (truncated) the request to come again by TCP. */
size_t dnsd_wire_code(const struct dnsd_query *query, enum dnsd_rcode rcode, bool truncated, uint8_t *message, size_t max);

/* What the zone says; TC=1 without records when that is too long (by UDP), or SERVFAIL (by TCP). spoof adds records of other names. */
size_t dnsd_wire_answer(const struct zone *zone, const struct dnsd_query *query, bool tcp, bool spoof, uint8_t *message, size_t max);

/* An answer that nobody should believe: 203.0.113.66, or "v=spf1 +all", under another id. */
size_t dnsd_wire_forged(const struct dnsd_query *query, uint8_t *message, size_t max);

/* The right id, and then nothing that could be read. */
size_t dnsd_wire_garbage(const struct dnsd_query *query, uint8_t *message, size_t max);

#endif
