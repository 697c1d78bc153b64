/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/reply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ID_MAX = 100,
	STATUS_PART_MAX = 999,	/* RFC 3463 2: one to three digits */
};

static bool is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

static char printable(char c)
{
	if (!is_printable(c))
		c = '?';
	return c;
}

static bool is_consistent(const struct reply *reply)
{
	return reply->code >= 400 && reply->code <= 599 && reply->status[0] == reply->code / 100 &&
	       reply->status[1] <= STATUS_PART_MAX && reply->status[2] <= STATUS_PART_MAX;
}

/* RFC 3463 2: no leading zeros. */
static int number_parse(struct str s, unsigned *ret_number)
{
	unsigned long long number;

	if (s.len == 0 || s.len > 3 || (s.len > 1 && s.p[0] == '0') || str_to_u64(s, &number) < 0)
		return -EINVAL;
	*ret_number = (unsigned)number;
	return 0;
}

static int status_parse(struct str s, unsigned status[3])
{
	for (size_t i = 0; i < 3; i++)
		if (number_parse(str_split(&s, "."), &status[i]) < 0)
			return -EINVAL;
	return s.p == NULL ? 0 : -EINVAL;
}

/* text as far as it fits and is fit to be sent. */
static const char *text_copy(struct arena *arena, const char *text)
{
	char *copy = arena_strndup(arena, text, REPLY_TEXT_MAX);

	for (char *p = copy; *p != '\0'; p++)
		*p = printable(*p);
	return copy;
}

struct reply reply_make(struct arena *arena, unsigned code, const char *status, const char *format, ...)
{
	struct reply reply = { .code = code };
	char text[REPLY_TEXT_MAX + 1];
	va_list args;

	if (status_parse(str_of(status), reply.status) < 0 || !is_consistent(&reply))
		abort();
	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	va_end(args);
	reply.text = text_copy(arena, text);
	return reply;
}

struct reply reply_with_id(struct arena *arena, struct reply reply, const char *id)
{
	int id_len = (int)strnlen(id, ID_MAX);
	int room = REPLY_TEXT_MAX - id_len - (int)strlen(" []");

	reply.text = text_copy(arena, arena_printf(arena, "%.*s [%.*s]", room, reply.text, id_len, id));
	return reply;
}

int reply_parse(struct arena *arena, struct str in, struct reply *ret_reply)
{
	struct reply reply = { .code = 0 };
	struct str rest = in, code = str_split(&rest, " "), status;

	if (rest.p == NULL || number_parse(code, &reply.code) < 0)
		return -EINVAL;
	status = str_split(&rest, " ");
	if (rest.p == NULL || status_parse(status, reply.status) < 0 || !is_consistent(&reply))
		return -EINVAL;
	if (str_trim(rest).len == 0 || rest.len > REPLY_TEXT_MAX)
		return -EINVAL;
	for (size_t i = 0; i < rest.len; i++)
		if (!is_printable(rest.p[i]))
			return -EINVAL;
	reply.text = arena_strndup(arena, rest.p, rest.len);
	*ret_reply = reply;
	return 0;
}

const char *reply_format(struct arena *arena, const struct reply *reply)
{
	return arena_printf(arena, "%u %u.%u.%u %s", reply->code, reply->status[0], reply->status[1], reply->status[2],
			    reply->text);
}

void reply_to_wire(const struct reply *reply, struct reply_wire *ret_wire)
{
	char *p = ret_wire->text;

	if (!is_consistent(reply))
		abort();	/* not from reply_make or reply_parse */
	(void)snprintf(ret_wire->code, sizeof(ret_wire->code), "%u", reply->code % 1000);
	(void)snprintf(ret_wire->status, sizeof(ret_wire->status), "%u.%u.%u", reply->status[0] % 10,
		       reply->status[1] % 1000, reply->status[2] % 1000);
	for (const char *text = reply->text; *text != '\0' && text < reply->text + REPLY_TEXT_MAX; text++) {
		if (*text == '%')
			*p++ = '%';
		*p++ = printable(*text);
	}
	*p = '\0';
}
