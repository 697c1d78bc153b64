/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mailbox.h - the addresses of a From, Sender or Reply-To field (RFC 5322 3.4), read twice.
 *
 * The strict reading follows the grammar with its obsolete forms; the lenient one collects everything that some mail
 * program may show or use as an address. Where they disagree nobody can say who the author is. */
#ifndef OCTROI_MAIL_MAILBOX_H
#define OCTROI_MAIL_MAILBOX_H

#include "milter/mail/address.h"

#define MAILBOXES_MAX 100

struct mailboxes {
	const struct address *items;
	size_t len;
};

/* Strict: comments, folding, display names, quoted strings, groups (their members count; an empty one has none), route-addr
 * of RFC 822 (source_route is set). Envelope rules hold for the domain and ADDRESS_MAX, not for ADDRESS_LOCALPART_MAX.
 * Returns 0, or -EINVAL for what is outside the grammar, for NUL and control bytes, for invalid UTF-8, for a field
 * without any address or group, for more than MAILBOXES_MAX. */
int mailboxes_parse(struct arena *arena, struct str value, struct mailboxes *ret_mailboxes);

/* As mailboxes_parse; *ret_bare is value, byte for byte, with blanks for what is only shown: display names, names of
 * groups, comments before and after an address. What is left are the addresses as they were written. */
int mailboxes_parse_bare(struct arena *arena, struct str value, struct mailboxes *ret_mailboxes, struct str *ret_bare);

/* Lenient: every "x@y" that can be found with comments and quotes read as text, and in angle brackets, also where
 * encoded words (RFC 2047) are decoded first; each once, at most MAILBOXES_MAX.
 * Never fails; linear in the length of value. */
void mailboxes_find(struct arena *arena, struct str value, struct mailboxes *ret_mailboxes);

/* The same in what a reader sees: encoded words decoded, characters without a shape left out, wide forms of @ taken for one
 * (threats ID-11). */
void mailboxes_find_shown(struct arena *arena, struct str value, struct mailboxes *ret_mailboxes);

/* Does the lenient reading name an address whose domain is in none of the strict ones, outside display names that are
 * a mere address-looking phrase? (threats HDR-08, ID-11.) True too when the strict reading fails, for a source route,
 * and when decoding encoded words would change the structure. Several plain addresses are not ambiguous: count them. */
bool mailboxes_ambiguous(struct arena *arena, struct str value);

#endif
