/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zone_name.h - domain names as they go over the wire (RFC 1035 3.1), and their text in zone files (RFC 1035 5.1).
 *
 * A name is a struct str of its octets, the root's zero included; its ancestors are parts of it. */
#ifndef OCTROI_T_ZONE_NAME_H
#define OCTROI_T_ZONE_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/base/str.h"
#include "milter/lookup/dns.h"

#define ZONE_NAME_MAX 255

struct zone_name {
	size_t len;
	char octets[ZONE_NAME_MAX];
};

static inline struct str zone_name_str(const struct zone_name *name)
{
	return (struct str){ name->octets, name->len };
}

/* The next octet of a text with \DDD and \X escapes, taken from it; -1 for an escape that is none. text must not be empty. */
int zone_octet_read(struct str *text);

/* With or without a trailing dot, "." is the root. Returns 0, or -EINVAL. */
int zone_name_read(struct str text, struct zone_name *ret_name);

/* Lower case, no trailing dot, \DDD for octets other than letters, digits, hyphen and underscore; the root is "". Returns text. */
const char *zone_name_format(struct str name, char text[DNS_NAME_TEXT_MAX]);

void zone_name_lower(struct zone_name *name);

static inline bool zone_name_is_root(struct str name)
{
	return name.len <= 1;
}

/* Without its first label. */
struct str zone_name_parent(struct str name);

/* label and a name; returns 0, or -EINVAL when the result is too long. */
int zone_name_join(const char *label, struct str parent, struct zone_name *ret_name);

uint64_t zone_name_hash(struct str name);

#endif
