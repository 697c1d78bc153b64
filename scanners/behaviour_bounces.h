/* SPDX-License-Identifier: GPL-2.0-or-later */
/* behaviour_bounces.h - whose mail bounces: Message-IDs that left are remembered with the account that sent them. */
#ifndef OCTROI_SCANNERS_BEHAVIOUR_BOUNCES_H
#define OCTROI_SCANNERS_BEHAVIOUR_BOUNCES_H

#include "milter/lookup/seen.h"
#include "milter/model/scanner.h"

/* The message went on its way: its Message-ID belongs to the profile with this key. */
void bounces_remember(const struct scan *scan, uint64_t keep_ms, uint64_t profile_key, size_t recipients);

/* What a message with the null sender says that one of ours has sent. */
struct bounce {
	const char *message_id;
	uint64_t profile_key;
	uint64_t recipients;	/* of the message: there are no more bounces of it than these */
};

/* Is it a report that something could not be delivered, about mail that is remembered? By the returned header in it, or by the fields
 * In-Reply-To and References of those who return none. An answer to a message is none, nor is a notification that it was read. */
bool bounces_find(const struct scan *scan, struct bounce *ret_bounce);

/* It has arrived. Does it count? No more of them than the message had recipients do: nobody makes an account suspicious with one Message-ID. */
bool bounces_count(const struct scan *scan, uint64_t keep_ms, const struct bounce *bounce);

#endif
