/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dmarc_record.h - the text of a DMARC policy record (RFC 9989 sections 4.7 and 4.8).
 *
 * Nothing is allocated: what is kept of a text points into it. */
#ifndef OCTROI_MAIL_DMARC_RECORD_H
#define OCTROI_MAIL_DMARC_RECORD_H

#include <stdbool.h>

#include "milter/base/str.h"

#define DMARC_RECORD_MAX 4096	/* octets of a record that are read; a tag that does not end there is not */

/* From the mildest to the strictest. */
enum dmarc_policy { DMARC_POLICY_NONE, DMARC_POLICY_QUARANTINE, DMARC_POLICY_REJECT };
const char *dmarc_policy_name(enum dmarc_policy policy);

/* Does the domain say of itself that others register names below it? */
enum dmarc_psd { DMARC_PSD_UNKNOWN, DMARC_PSD_YES, DMARC_PSD_NO };

struct dmarc_record {
	/* For the domain itself; for names below it (else p); for names below it that do not exist (else sp). */
	enum dmarc_policy p, sp, np;
	bool has_p, has_sp, has_np;	/* published with a valid value: what is reported (RFC 9990) */
	enum dmarc_psd psd;
	bool testing;			/* t=y: each policy counts as the next milder one */
	bool adkim_strict, aspf_strict;
	struct str rua, ruf, fo;	/* as they are written, printable ASCII; p is NULL where there is none */
};

/* Does it begin with the version tag, as a policy record must? "v" in any case, "DMARC1" in this one. */
bool dmarc_record_is_dmarc(struct str text);

/* Reads what dmarc_record_is_dmarc; it cannot fail. Unknown tags, those of RFC 7489 (pct, rf, ri) among them, and what is no tag are passed
 * over; a tag with a value that is not allowed, or one that comes twice, counts as missing and has its default. A missing p is none. Where p, sp or
 * np is there and wrong nobody knows what was meant: all three are none (RFC 9989 4.10.1). */
void dmarc_record_read(struct str text, struct dmarc_record *ret_record);

/* The policy less one step when the record says t=y. */
enum dmarc_policy dmarc_record_enforced(const struct dmarc_record *record, enum dmarc_policy policy);

#endif
