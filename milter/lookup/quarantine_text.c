/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines about an item. */
#include <errno.h>
#include <stdio.h>

#include "milter/base/digest.h"
#include "milter/lookup/quarantine_internal.h"

#define FIRST_WORDS "octroi-quarantine 1 "

_Static_assert(sizeof(FIRST_WORDS) - 1 + 10 + 1 + DIGEST_TEXT_SIZE == QUARANTINE_FIRST_LINE, "the first line has a fixed length");

static const struct {
	const char *key;
	size_t offset;
} strings[] = {
	{ "id", offsetof(struct quarantine_item, id) },
	{ "held_by", offsetof(struct quarantine_item, held_by) },
	{ "because", offsetof(struct quarantine_item, because) },
	{ "client", offsetof(struct quarantine_item, client) },
	{ "helo", offsetof(struct quarantine_item, helo) },
	{ "login", offsetof(struct quarantine_item, login) },
	{ "direction", offsetof(struct quarantine_item, direction) },
	{ "queue_id", offsetof(struct quarantine_item, queue_id) },
	{ "mailfrom", offsetof(struct quarantine_item, mailfrom) },
	{ "header_from", offsetof(struct quarantine_item, header_from) },
	{ "subject", offsetof(struct quarantine_item, subject) },
	{ "digest", offsetof(struct quarantine_item, digest) },
};

enum { STRINGS = sizeof(strings) / sizeof(strings[0]) };

static const char **string_of(struct quarantine_item *item, size_t i)
{
	return (const char **)(void *)((char *)item + strings[i].offset);
}

/* Bytes that a line grows into: a value is at most three times as long. */
struct text {
	char *p;
	size_t len;
};

static void put(struct text *text, const char *bytes, size_t len)
{
	memcpy(text->p + text->len, bytes, len);
	text->len += len;
}

/* A line end in a value would begin another line. */
static void put_value(struct text *text, const char *value)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *value != '\0'; value++) {
		unsigned char byte = (unsigned char)*value;

		if (ascii_is_control(*value) || *value == '%')
			put(text, (const char[]){ '%', digits[byte >> 4], digits[byte & 15] }, 3);
		else
			put(text, value, 1);
	}
}

static void put_line(struct text *text, const char *key, const char *value)
{
	put(text, key, strlen(key));
	put(text, " ", 1);
	put_value(text, value);
	put(text, "\n", 1);
}

static void put_number(struct text *text, const char *key, uint64_t number)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	put_line(text, key, digits);
}

enum { LINE_MOST = 64 };	/* a key, a number, a space and a line end */

static size_t room_for(const struct quarantine_item *item)
{
	struct quarantine_item copy = *item;
	size_t room = QUARANTINE_FIRST_LINE + (size_t)LINE_MOST * 4 + DIGEST_TEXT_SIZE;

	for (size_t i = 0; i < STRINGS; i++)
		room += LINE_MOST + 3 * strlen(*string_of(&copy, i));
	for (size_t i = 0; i < item->recipients_len; i++)
		room += LINE_MOST + 3 * strlen(item->recipients[i]);
	for (size_t i = 0; i < item->attachments_len; i++)
		room += 3 * (size_t)LINE_MOST + 3 * strlen(item->attachments[i].name) + 3 * strlen(item->attachments[i].type);
	return room;
}

static void put_lines(struct text *text, const struct quarantine_item *item, const char *sha256)
{
	struct quarantine_item copy = *item;

	for (size_t i = 0; i < STRINGS; i++)
		put_line(text, strings[i].key, *string_of(&copy, i));
	for (size_t i = 0; i < item->recipients_len; i++)
		put_line(text, "recipient", item->recipients[i]);
	for (size_t i = 0; i < item->attachments_len; i++) {
		put_line(text, "attachment", item->attachments[i].name);
		put_line(text, "attachment_type", item->attachments[i].type);
		put_number(text, "attachment_size", item->attachments[i].size_bytes);
	}
	put_number(text, "time_ms", (uint64_t)item->time_ms);
	put_number(text, "size_bytes", item->size_bytes);
	put_line(text, "sha256", sha256);
	put(text, "\n", 1);
}

static void digest_text_of(struct str lines, char sha256[DIGEST_TEXT_SIZE])
{
	unsigned char digest[DIGEST_SIZE];

	digest_of(lines.p, lines.len, digest);
	digest_text(digest, sha256);
}

struct str quarantine_text_write(struct arena *arena, const struct quarantine_item *item, const char *sha256)
{
	struct text text = { .p = arena_alloc(arena, room_for(item)), .len = QUARANTINE_FIRST_LINE };
	char check[DIGEST_TEXT_SIZE], first[QUARANTINE_FIRST_LINE + 1];

	put_lines(&text, item, sha256);
	digest_text_of((struct str){ text.p + QUARANTINE_FIRST_LINE, text.len - QUARANTINE_FIRST_LINE }, check);
	(void)snprintf(first, sizeof(first), FIRST_WORDS "%010zu %s\n", text.len, check);
	memcpy(text.p, first, QUARANTINE_FIRST_LINE);
	return (struct str){ text.p, text.len };
}

int64_t quarantine_text_len(struct str first)
{
	struct str words = STR(FIRST_WORDS);
	unsigned long long len;

	if (first.len < QUARANTINE_FIRST_LINE || !str_has_prefix(first, words))
		return -EBADMSG;
	if (str_to_u64((struct str){ first.p + words.len, 10 }, &len) < 0 || len < QUARANTINE_FIRST_LINE || len > QUARANTINE_TEXT_MAX)
		return -EBADMSG;
	return (int64_t)len;
}

static bool is_whole(struct str text)
{
	char check[DIGEST_TEXT_SIZE];
	const char *written = text.p + QUARANTINE_FIRST_LINE - DIGEST_TEXT_SIZE;

	digest_text_of((struct str){ text.p + QUARANTINE_FIRST_LINE, text.len - QUARANTINE_FIRST_LINE }, check);
	return memcmp(written, check, DIGEST_TEXT_SIZE - 1) == 0 && written[DIGEST_TEXT_SIZE - 1] == '\n';
}

static int hex_digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *read_value(struct arena *arena, struct str value)
{
	char *out = arena_alloc(arena, value.len + 1), *end = out;

	for (size_t i = 0; i < value.len; i++) {
		int high = i + 2 < value.len ? hex_digit(value.p[i + 1]) : -1, low = high < 0 ? -1 : hex_digit(value.p[i + 2]);

		if (value.p[i] == '%' && low >= 0) {
			*end++ = (char)(high << 4 | low);
			i += 2;
		} else {
			*end++ = value.p[i];
		}
	}
	return out;
}

static int read_number(struct str value, uint64_t *ret_number)
{
	unsigned long long number;

	if (str_to_u64(value, &number) < 0)
		return -EBADMSG;
	*ret_number = number;
	return 0;
}

struct reading {
	struct arena *arena;
	struct quarantine_item item;
	const char **recipients;
	struct quarantine_attachment *attachments;
	const char *sha256;
};

static int read_attachment(struct reading *reading, struct str key, struct str value)
{
	struct quarantine_attachment *last;

	if (str_equal(key, STR("attachment"))) {
		last = arena_push(reading->arena, (void **)&reading->attachments, &reading->item.attachments_len, sizeof(*last));
		*last = (struct quarantine_attachment){ .name = read_value(reading->arena, value), .type = "" };
		return 0;
	}
	if (reading->item.attachments_len == 0)
		return -EBADMSG;
	last = &reading->attachments[reading->item.attachments_len - 1];
	if (str_equal(key, STR("attachment_size")))
		return read_number(value, &last->size_bytes);
	if (str_equal(key, STR("attachment_type")))
		last->type = read_value(reading->arena, value);
	return 0;
}

/* A key that we do not know is from a later version. */
static int read_line(struct reading *reading, struct str key, struct str value)
{
	struct quarantine_item *item = &reading->item;
	uint64_t number;
	int r;

	for (size_t i = 0; i < STRINGS; i++)
		if (str_equal(key, str_of(strings[i].key)))
			*string_of(item, i) = read_value(reading->arena, value);
	if (str_has_prefix(key, STR("attachment")))
		return read_attachment(reading, key, value);
	if (str_equal(key, STR("recipient")))
		*(const char **)arena_push(reading->arena, (void **)&reading->recipients, &item->recipients_len, sizeof(char *)) =
			read_value(reading->arena, value);
	if (str_equal(key, STR("sha256")))
		reading->sha256 = read_value(reading->arena, value);
	if (str_equal(key, STR("size_bytes")))
		return read_number(value, &item->size_bytes);
	if (!str_equal(key, STR("time_ms")))
		return 0;
	r = read_number(value, &number);
	item->time_ms = r < 0 ? 0 : (int64_t)number;
	return r;
}

int quarantine_text_read(struct arena *arena, struct str text, struct quarantine_item *ret_item, const char **ret_sha256)
{
	struct reading reading = { .arena = arena, .sha256 = "" };
	struct str rest = { text.p + QUARANTINE_FIRST_LINE, text.len - QUARANTINE_FIRST_LINE };
	int r = 0;

	if (quarantine_text_len(text) != (int64_t)text.len || !is_whole(text))
		return -EBADMSG;
	for (size_t i = 0; i < STRINGS; i++)
		*string_of(&reading.item, i) = "";
	while (r == 0 && rest.p != NULL && rest.len > 0) {
		struct str value = str_split(&rest, "\n"), key = str_split(&value, " ");

		if (key.len > 0)
			r = value.p == NULL ? -EBADMSG : read_line(&reading, key, value);
	}
	reading.item.recipients = reading.recipients;
	reading.item.attachments = reading.attachments;
	*ret_item = reading.item;
	*ret_sha256 = reading.sha256;
	return r;
}
