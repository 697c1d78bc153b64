/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Received fields below that of a forwarder we trust; what is read must be an address and a word that stood in it. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/base/cleanup.h"
#include "milter/mail/received_spf.h"
#include "scanners/spf_forwarder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* And what is written of it into a field of ours is one line of printable ASCII. */
static void check_written(struct arena *arena, const struct spf_forwarded *forwarded, const char *text)
{
	const struct received_spf fields = { .result = "none", .comment = text, .identity = "helo", .receiver = "gw.example",
					     .client = forwarded->client, .envelope_from = text, .helo = forwarded->helo, .problem = text };

	for (const char *p = received_spf_format(arena, &fields); *p != '\0'; p++)
		if (*p < 0x20 || *p >= 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const char *text = arena_strndup(arena, size == 0 ? "" : (const char *)data, size);
	struct spf_forwarded forwarded = { .helo = text };

	if (spf_forwarder_parse(arena, text, &forwarded) == 0 &&
	    (forwarded.client.family == IP_NONE || forwarded.helo[0] == '\0' || strstr(text, forwarded.helo) == NULL))
		abort();
	check_written(arena, &forwarded, text);
	return 0;
}
