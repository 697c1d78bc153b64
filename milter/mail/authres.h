/* SPDX-License-Identifier: GPL-2.0-or-later */
/* authres.h - Authentication-Results (RFC 8601): does a field that arrived claim to be ours; and the one that we write. */
#ifndef OCTROI_MAIL_AUTHRES_H
#define OCTROI_MAIL_AUTHRES_H

#include <stdbool.h>

#include "milter/base/arena.h"
#include "milter/base/str.h"

/* Is authserv_id (normalised as domain.h does) the authserv-id of this field value? Any case, comments and folding around
 * it, quotes, version, trailing dot, A-label or U-label (threats HDR-01). What cannot be read claims everything: true;
 * so does a value without an authserv-id ("spf=pass ..."), which a later program might take for its own. */
bool authres_claims(struct arena *arena, struct str value, const char *authserv_id);

#define AUTHRES_PROPERTIES 6

/* One resinfo of RFC 8601 2.2: "spf=fail reason="..." smtp.mailfrom=a@example.org". */
struct authres_result {
	const char *method;		/* "spf" */
	const char *result;		/* a word of RFC 8601 2.7: "pass" */
	const char *reason;		/* for people; NULL: none */
	struct authres_property {
		const char *name;	/* "smtp.mailfrom"; NULL ends them */
		const char *value;	/* any bytes */
	} properties[AUTHRES_PROPERTIES];
};

/* The value of the field that we write, in one line ("gw.example.com; none" without results). method, result and the names of
 * properties are words of ours. Values of strangers (reasons, too) are quoted where they are no token or address, and what may not
 * stand in a quoted string becomes '?', as do ';' and '=' there: whoever only searches the text must not find "dkim=pass" in a
 * HELO name. Each is cut at 256 octets and then ends in "...". */
const char *authres_format(struct arena *arena, const char *authserv_id, const struct authres_result *results, size_t len);

#endif
