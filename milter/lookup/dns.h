/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns.h - what a name server was asked and what came of it (RFC 1034, RFC 1035).
 *
 * There are three kinds of answer, and "could not tell" is never one of the other two. */
#ifndef OCTROI_LOOKUP_DNS_H
#define OCTROI_LOOKUP_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "milter/base/ip.h"
#include "milter/base/str.h"

/* The numbers are those of RFC 1035 3.2.2 and RFC 3596. */
enum dns_type { DNS_A = 1, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28 };
const char *dns_type_name(enum dns_type type);

enum dns_status {
	DNS_FOUND,	/* at least one record */
	DNS_NOTHING,	/* no such name, or no such data at it: a void lookup */
	DNS_UNKNOWN,	/* could not tell: no answer in time, SERVFAIL, a bogus signature, an answer beyond the limits */
};

#define DNS_NAME_MAX 253	/* octets of a name as text, without the trailing dot */
#define DNS_NAME_TEXT_MAX 1024	/* the same with \DDD escapes, with its NUL */
#define DNS_RECORDS_MAX 256	/* more records in one answer are DNS_UNKNOWN */
#define DNS_ANSWER_MAX 65536	/* octets of data in all of them, likewise */

struct dns_record {
	/* A: 4 octets, AAAA: 16, in network order. TXT: its strings joined with nothing between them, any octets. MX, PTR: the name,
	 * lower case, without trailing dot; octets other than letters, digits, hyphen and underscore are \DDD; the root is "". A NUL that
	 * is not counted follows in each case. */
	struct str data;
	unsigned preference;	/* MX */
};

/* Read-only once made; shared by counting references. The order of the records is that of the answer. */
struct dns_answer {
	enum dns_status status;
	bool nxdomain;		/* of DNS_NOTHING: the name itself does not exist */
	bool secure;		/* validated with DNSSEC */
	const char *why;	/* of DNS_UNKNOWN: "timeout", "SERVFAIL", ... for people; else "". A constant */
	size_t len;
	struct dns_record records[];
};

/* Copies records and their data into one block with one reference. why must be a constant string. What is beyond DNS_RECORDS_MAX or
 * DNS_ANSWER_MAX becomes DNS_UNKNOWN. */
struct dns_answer *dns_answer_new(enum dns_status status, const char *why, const struct dns_record *records, size_t len);

/* Shorthands of it. */
struct dns_answer *dns_answer_nothing(bool nxdomain);
struct dns_answer *dns_answer_unknown(const char *why);

struct dns_answer *dns_answer_ref(const struct dns_answer *answer);
void dns_answer_unref(const struct dns_answer *answer);
size_t dns_answer_size_bytes(const struct dns_answer *answer);

/* The one form in which names are compared, kept and handed to an upstream: lower case, no trailing dot, octets other than letters, digits,
 * hyphen and underscore as \DDD (RFC 1035 5.1; "\." is an octet, no separator). Returns the length of text, or -EINVAL: a name that
 * nobody can be asked for (over DNS_NAME_MAX octets, a label that is empty or over 63, a broken escape, the root). */
int dns_name_normalise(const char *name, char text[DNS_NAME_TEXT_MAX]);

/* How whoever follows a chain of questions asks (spf_evaluate.h): an answer that stays as it is while he needs it, or NULL: it is not
 * there yet; run again when it has come. */
typedef const struct dns_answer *(*dns_asker)(void *arg, const char *name, enum dns_type type);

/* The name under which the reverse of an address is found: "1.2.0.192" + "." + "in-addr.arpa" with that suffix ("in-addr.arpa" and
 * "ip6.arpa" themselves for zone = NULL, else the zone of a DNS list: RFC 5782 2.1, 2.4). Returns text: "" without an address. */
#define DNS_REVERSE_MAX (DNS_NAME_MAX + 66)
const char *dns_reverse_name(const struct ip *ip, const char *zone, char text[DNS_REVERSE_MAX]);

/* The address in a record of type A or AAAA, an IPv4-mapped one as IPv4; IP_NONE when its length is that of neither. */
struct ip dns_record_ip(const struct dns_record *record);

#endif
