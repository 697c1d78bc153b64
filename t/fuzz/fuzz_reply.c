/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever goes in, what comes out for the wire has no CR, LF or NUL, only doubled percent signs, and one class. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/mail/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_reply(const struct reply *reply)
{
	struct reply_wire wire;

	check(strlen(reply->text) <= REPLY_TEXT_MAX && reply->code / 100 == reply->status[0]);
	check(reply_is_temporary(reply) == (reply->status[0] == 4));
	reply_to_wire(reply, &wire);
	check(strlen(wire.code) == 3 && wire.code[0] == wire.status[0] && (wire.code[0] == '4' || wire.code[0] == '5'));
	for (const char *p = wire.text; *p != '\0'; p++) {
		check(*p >= ' ' && *p <= '~');
		if (*p == '%')
			check(*++p == '%');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct str in = { (const char *)data, size };
	const char *text = arena_strndup(arena, in.p, size);
	struct reply reply;

	if (reply_parse(arena, in, &reply) == 0) {
		const char *formatted = reply_format(arena, &reply);

		check(str_equal(str_of(formatted), in));
		check_reply(&reply);
	}
	reply = reply_make(arena, 451, "4.7.1", "%s", text);
	check_reply(&reply);
	reply = reply_with_id(arena, reply, size == 0 ? "" : text + strlen(text) / 2);
	check_reply(&reply);
	check(reply.text[strlen(reply.text) - 1] == ']');
	arena_free(arena);
	return 0;
}
