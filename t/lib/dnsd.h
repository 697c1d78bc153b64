/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dnsd.h - the scripted name server of tests: serves a zone text (zone.h) by UDP and TCP on loopback, in a thread of its own with all signals
 * blocked.
 *
 * It answers as the server of every zone and as a resolver (RA): forward to it, or make it the root. Functions may be called from any
 * thread; those that can fail abort with a message, for nothing can be tested then. */
#ifndef OCTROI_T_DNSD_H
#define OCTROI_T_DNSD_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/lookup/dns.h"

struct dnsd;

#define DNSD_ADDRESSES_MAX 8

struct dnsd_settings {
	const char *zone;					/* text */
	uint16_t port;						/* 0: one that is free */
	const char *addresses[DNSD_ADDRESSES_MAX];		/* beside 127.0.0.1, with the same port: "127.0.0.2", "::1" */
	int log_fd;						/* gets a line "TYPE name" for each question, before it is answered; -1: none */
};

/* On 127.0.0.1, at a free port. It answers when this returns. */
struct dnsd *dnsd_start(const char *zone_text);
struct dnsd *dnsd_start_with(const struct dnsd_settings *settings);
void dnsd_stop(struct dnsd *dnsd);

uint16_t dnsd_port(const struct dnsd *dnsd);

/* In an outage nothing is answered, late answers that were due then included; its sockets stay open. */
void dnsd_set_outage(struct dnsd *dnsd, bool outage);

/* Another text from now on. Answers that are on their way stay as they were. */
void dnsd_set_zone(struct dnsd *dnsd, const char *zone_text);

/* Questions that came in so far, answered or not: for a name and type (0: whichever), and in all. Beyond some 100,000 different ones only the
 * whole is counted. */
unsigned dnsd_asked(struct dnsd *dnsd, const char *name, enum dns_type type);
uint64_t dnsd_asked_total(struct dnsd *dnsd);

#endif
