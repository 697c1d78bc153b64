/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a filter sends: the negotiation, then answers to the end of a message and to a command before it. */
#include <libmilter/mfdef.h>
#include <stdint.h>
#include <stdlib.h>

#include "t/bench/milter_peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_lie_within(struct str part, struct str whole)
{
	if (part.p != NULL && (part.p < whole.p || part.p + part.len > whole.p + whole.len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size };
	struct peer peer = { 0 };
	struct peer_bytes out = { 0 };
	struct peer_packet packet;
	long n;

	peer_offer(&peer, &out, PEER_VERSION, PEER_ACTIONS, PEER_STEPS);
	while ((n = peer_packet_next(rest, &packet)) > 0) {
		struct peer_reply reply;

		must_lie_within(packet.data, rest);
		if (packet.command == SMFIC_OPTNEG)
			(void)peer_agree(&peer, packet.data);
		else if (peer_reply_read(&peer, SMFIC_BODYEOB, packet, &reply) == 0) {
			must_lie_within(reply.name, packet.data);
			must_lie_within(reply.value, packet.data);
		}
		(void)peer_reply_read(&peer, SMFIC_MAIL, packet, &reply);
		peer_write_macros(&peer, &out, SMFIC_MAIL, &(struct peer_macro){ "i", "4" }, 1);
		rest.p += n;
		rest.len -= (size_t)n;
	}
	peer_release(&peer);
	peer_bytes_release(&out);
	return 0;
}
