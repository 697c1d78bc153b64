/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line: kind, subject, since, until, held|freed, by, because; tabs between, and odd bytes as %XX. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/base/str.h"
#include "milter/lookup/holds_internal.h"

enum { FIELDS = 7 };

static const char *escape(struct arena *arena, const char *text)
{
	char *out = arena_alloc(arena, 3 * strlen(text) + 1), *p = out;

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c > ' ' && c != '%' && c != 0x7f)
			*p++ = (char)c;
		else
			p += sprintf(p, "%%%02X", c);
	}
	return out;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *unescape(struct arena *arena, struct str text)
{
	char *out = arena_alloc(arena, text.len + 1), *p = out;

	for (size_t i = 0; i < text.len; i++) {
		int high = text.p[i] == '%' && text.len - i > 2 ? hex_digit(text.p[i + 1]) : -1;
		int low = high < 0 ? -1 : hex_digit(text.p[i + 2]);
		int byte = low < 0 ? (unsigned char)text.p[i] : high * 16 + low;

		*p++ = byte == 0 ? '?' : (char)byte;
		i += low < 0 ? 0 : 2;
	}
	return out;
}

static int parse_time(struct str text, int64_t *ret_ms)
{
	unsigned long long number;

	if (str_to_u64(text, &number) < 0 || number > INT64_MAX)
		return -EINVAL;
	*ret_ms = (int64_t)number;
	return 0;
}

static int parse_kind(struct str text, enum hold_kind *ret_kind)
{
	*ret_kind = str_equal(text, STR("login")) ? HOLD_LOGIN : HOLD_CLIENT;
	return *ret_kind == HOLD_LOGIN || str_equal(text, STR("client")) ? 0 : -EINVAL;
}

static int parse_line(struct arena *arena, struct str line, struct hold *ret_hold)
{
	struct str fields[FIELDS];
	struct hold hold = { .kind = HOLD_LOGIN };
	struct network network;

	for (size_t i = 0; i < FIELDS; i++)
		fields[i] = str_split(&line, "\t");
	if (fields[FIELDS - 1].p == NULL || line.p != NULL || fields[1].len == 0 || parse_kind(fields[0], &hold.kind) < 0 ||
	    parse_time(fields[2], &hold.since_ms) < 0 || parse_time(fields[3], &hold.until_ms) < 0)
		return -EINVAL;
	hold.freed = str_equal(fields[4], STR("freed"));
	if (!hold.freed && !str_equal(fields[4], STR("held")))
		return -EINVAL;
	hold.subject = unescape(arena, fields[1]);
	hold.by = unescape(arena, fields[5]);
	hold.because = unescape(arena, fields[6]);
	if (hold.kind == HOLD_CLIENT && network_parse(hold.subject, &network) < 0)
		return -EINVAL;
	*ret_hold = hold;
	return 0;
}

static ssize_t read_all(int fd, char *bytes, size_t size)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < size) {
		n = pread(fd, bytes + len, size - len, (off_t)len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			len += (size_t)n;
	}
	return n < 0 ? -errno : (ssize_t)len;
}

int holds_read(int fd, struct arena *arena, struct holds_lines *ret_lines)
{
	char *bytes = malloc(HOLDS_FILE_MAX);
	ssize_t len = bytes == NULL ? -ENOMEM : read_all(fd, bytes, HOLDS_FILE_MAX);
	struct str rest = { bytes, len < 0 ? 0 : (size_t)len };

	*ret_lines = (struct holds_lines){ .len = 0 };
	while (len > 0 && rest.p != NULL) {
		struct str line = str_split(&rest, "\n");
		struct hold hold;

		if (line.len == 0)
			continue;
		if (line.len <= HOLDS_LINE_MAX && parse_line(arena, line, &hold) == 0)
			*(struct hold *)arena_push(arena, (void **)&ret_lines->items, &ret_lines->len, sizeof(hold)) = hold;
		else
			ret_lines->skipped++;
	}
	free(bytes);
	return len < 0 ? (int)len : 0;
}

const char *holds_line(struct arena *arena, const struct hold *hold)
{
	return arena_printf(arena, "%s\t%s\t%lld\t%lld\t%s\t%s\t%s\n", hold->kind == HOLD_LOGIN ? "login" : "client",
			    escape(arena, hold->subject), (long long)hold->since_ms, (long long)hold->until_ms, hold->freed ? "freed" : "held",
			    escape(arena, hold->by), escape(arena, hold->because));
}

bool holds_counts(const struct hold *hold, int64_t now_ms)
{
	if (hold->freed)
		return hold->since_ms > now_ms - (int64_t)HOLDS_FORGIVEN_MS;
	return hold->until_ms == 0 || hold->until_ms > now_ms;
}

/* Passwords may be told apart by the case of the part before the @; the realm is a domain. */
static bool same_login(const char *a, const char *b)
{
	size_t name = strcspn(a, "@");

	return strncmp(a, b, name) == 0 && strcspn(b, "@") == name && str_equal_nocase(str_of(a + name), str_of(b + name));
}

bool holds_same(enum hold_kind kind, const char *a, const char *b)
{
	struct network left, right;

	if (kind == HOLD_LOGIN)
		return same_login(a, b);
	return network_parse(a, &left) == 0 && network_parse(b, &right) == 0 && left.prefix == right.prefix && ip_equal(&left.ip, &right.ip);
}
