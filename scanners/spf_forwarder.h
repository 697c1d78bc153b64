/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spf_forwarder.h - which client gave a message to a host of ours that passed it on: what its Received field tells (RFC 5321 4.4). */
#ifndef OCTROI_SCANNERS_SPF_FORWARDER_H
#define OCTROI_SCANNERS_SPF_FORWARDER_H

#include "milter/lookup/networks.h"
#include "milter/mail/header.h"

struct spf_forwarded {
	struct ip client;
	const char *helo;	/* as it stands in the field; lives as long as the arena */
};

/* Reads "from HELO (NAME [192.0.2.1]) ..." or "... [IPv6:2001:db8::1]) ...", as Postfix and Sendmail write it; nothing that is only
 * similar. Returns 0 or -EINVAL. */
int spf_forwarder_parse(struct arena *arena, const char *received, struct spf_forwarded *ret_forwarded);

/* The first field was written by the host that speaks to us, which is trusted; the next one by the client named there, if that is
 * trusted, or is the same host (127.0.0.1 and ::1: a content filter), and so on. Returns NULL, or why there is no such client. */
const char *spf_forwarder_find(struct arena *arena, const struct headers *headers, const struct networks *trusted,
			       struct spf_forwarded *ret_forwarded);

#endif
