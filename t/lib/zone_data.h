/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zone_data.h - what a zone text (zone.h) says, as the name server needs it: names with their records and behaviours.
 *
 * Everything lives in the zone's arena and is only read once zone_new has returned. */
#ifndef OCTROI_T_ZONE_DATA_H
#define OCTROI_T_ZONE_DATA_H

#include "milter/base/arena.h"
#include "t/lib/zone.h"
#include "t/lib/zone_name.h"

/* Beside those of enum dns_type. */
enum zone_type { ZONE_ANY = 0, ZONE_NS = 2, ZONE_CNAME = 5, ZONE_SOA = 6 };

#define ZONE_NEGATIVE_TTL_S 60
#define ZONE_CNAMES_MAX 8

struct zone_record {
	struct zone_record *next;
	uint16_t type;
	uint32_t ttl_s;
	struct str rdata;	/* as it goes over the wire */
};

enum zone_behaviour_kind {
	ZONE_DELAY, ZONE_SILENT, ZONE_SERVFAIL, ZONE_REFUSED, ZONE_FORMERR, ZONE_NOTIMP, ZONE_TRUNCATE, ZONE_TCP_REFUSED, ZONE_WRONG_ID,
	ZONE_SPOOF, ZONE_GARBAGE, ZONE_HUGE, ZONE_LOOP, ZONE_CHAIN, ZONE_SHUFFLE,
};

struct zone_behaviour {
	struct zone_behaviour *next;
	enum zone_behaviour_kind kind;
	uint16_t type;		/* of questions it holds for; ZONE_ANY */
	bool has_argument;
	uint32_t argument;
};

struct zone_node {
	struct zone_node *bucket_next, *next;	/* next: in the order of the text */
	struct str name;			/* lower case */
	bool exists;				/* has records, or names below it have: RFC 8020 */
	struct zone_record *records, **records_last;
	struct zone_behaviour *behaviours;
};

struct zone {
	struct arena *arena;
	struct zone_node **buckets;
	size_t buckets_len;			/* a power of two */
	struct zone_node *first, **last;
	struct zone_behaviour *fallback;	/* !default; NULL: nxdomain */
};

/* While it is built. */
struct zone *zone_data_new(size_t names);
struct zone_node *zone_node_make(struct zone *zone, struct str name);
void zone_record_add(struct zone *zone, struct zone_node *node, uint16_t type, uint32_t ttl_s, struct str rdata);
void zone_behaviour_add(struct zone *zone, struct zone_behaviour **list, struct zone_behaviour behaviour);

/* What answers for a name (lower case): itself or a wildcard (RFC 4592); NULL: the name does not exist. */
const struct zone_node *zone_find(const struct zone *zone, struct str name);

/* The first record of a type at or after one; NULL: there is none. */
const struct zone_record *zone_record_of(const struct zone_record *record, unsigned type);

/* The behaviours of a name: its own, those of the nearest wildcard above, or !default for a name that does not exist. */
const struct zone_behaviour *zone_behaviours(const struct zone *zone, struct str name);
const struct zone_behaviour *zone_behaviour_of(const struct zone_behaviour *behaviours, enum zone_behaviour_kind kind, unsigned type);

/* The nearest name above or at this one that has a SOA; the root has. */
const struct zone_node *zone_apex(const struct zone *zone, struct str name);

#endif
