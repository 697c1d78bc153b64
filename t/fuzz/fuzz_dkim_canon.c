/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Canonical forms of any bytes: the same in any pieces, their own canonical form, and never longer than they may be. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "milter/mail/dkim_canon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct out {
	char *bytes;
	size_t len, room;
};

static void must(int ok)
{
	if (!ok)
		abort();
}

static void gather(void *arg, const char *bytes, size_t len)
{
	struct out *out = arg;

	must(len <= out->room - out->len);
	memcpy(out->bytes + out->len, bytes, len);
	out->len += len;
}

static struct out canonical(const char *bytes, size_t len, size_t piece)
{
	struct out out = { .room = 2 * len + 2 };
	struct dkim_canon canon;

	out.bytes = malloc(out.room);
	dkim_canon_start(&canon, gather, &out);
	for (size_t i = 0; i < len; i += piece)
		dkim_canon_add(&canon, bytes + i, len - i < piece ? len - i : piece);
	dkim_canon_end(&canon);
	must(canon.longest_line <= len);
	return out;
}

/* RFC 6376 3.4.4: no white space before a line end, none of two, no empty line at the end. */
static void check_form(const struct out *out)
{
	if (out->len == 0)
		return;
	must(out->len >= 3 && memcmp(out->bytes + out->len - 2, "\r\n", 2) == 0 && out->bytes[out->len - 3] != '\n');
	for (size_t i = 0; i + 1 < out->len; i++) {
		char next = out->bytes[i + 1];

		must(out->bytes[i] != '\t' && (out->bytes[i] != ' ' || next != ' '));
		must(out->bytes[i] != ' ' || next != '\r' || out->bytes[i + 2] != '\n');
		must(next != '\n' || out->bytes[i] == '\r');
	}
}

static void check_body(const char *bytes, size_t len)
{
	struct out whole = canonical(bytes, len, len + 1), pieces = canonical(bytes, len, 1), again = canonical(whole.bytes, whole.len, 7);

	must(whole.len == pieces.len && memcmp(whole.bytes, pieces.bytes, whole.len) == 0);
	must(whole.len == again.len && memcmp(whole.bytes, again.bytes, whole.len) == 0);
	check_form(&whole);
	free(whole.bytes);
	free(pieces.bytes);
	free(again.bytes);
}

static void check_field(const char *bytes, size_t len)
{
	char *out = malloc(DKIM_FIELD_ROOM(1, len)), *again = malloc(DKIM_FIELD_ROOM(1, len));
	size_t out_len = (size_t)(dkim_canon_field(out, STR("X"), (struct str){ bytes, len }) - out), again_len;

	must(out_len >= 4 && out_len <= DKIM_FIELD_ROOM(1, len) && memcmp(out, "x:", 2) == 0 && memcmp(out + out_len - 2, "\r\n", 2) == 0);
	must(memchr(out, '\n', out_len - 1) == NULL && memchr(out, '\r', out_len - 2) == NULL && memchr(out, '\t', out_len) == NULL);
	again_len = (size_t)(dkim_canon_field(again, STR("x"), (struct str){ out + 2, out_len - 2 }) - again);
	must(again_len == out_len && memcmp(again, out, out_len) == 0);
	free(out);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_body((const char *)data, size);
	check_field((const char *)data, size);
	return 0;
}
