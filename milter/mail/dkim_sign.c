/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/dkim_sign.h"

#include "milter/mail/dkim_canon.h"

#define NAME "DKIM-Signature"
#define WORD_MAX 70	/* of base64: a line of its own below 78 octets */

/* The lists that grow while the names are gone through. */
struct selection {
	char *h, *h_end;
	char *canonical, *canonical_end;
	size_t names, longest_line;
};

static size_t longest_line(const struct header *header)
{
	size_t line = strlen(header->name) + 1, longest = 0;

	for (const char *p = header->value; *p != '\0'; p++) {
		line = *p == '\n' ? 0 : line + 1;
		if (line > longest)
			longest = line;
	}
	return longest;
}

static void add_name(struct selection *selection, const char *name)
{
	if (selection->h_end != selection->h)
		selection->h_end = stpcpy(selection->h_end, ": ");
	selection->h_end = stpcpy(selection->h_end, name);
	selection->names++;
}

static void add_field(struct selection *selection, const char *name, const struct header *header)
{
	size_t line = longest_line(header);

	add_name(selection, name);
	selection->canonical_end = dkim_canon_field(selection->canonical_end, str_of(header->name), str_of(header->value));
	if (line > selection->longest_line)
		selection->longest_line = line;
}

static void add_fields(struct selection *selection, const struct dkim_sign_name *name, const struct headers *headers)
{
	bool present = false;

	for (size_t i = headers->len; i-- > 0;) {
		if (!header_name_equal(headers->items[i].name, name->name))
			continue;
		add_field(selection, name->name, &headers->items[i]);
		present = true;
	}
	if (name->oversign == DKIM_OVERSIGN_ALWAYS || (name->oversign == DKIM_OVERSIGN_PRESENT && present))
		add_name(selection, name->name);
}

static size_t matches(const struct headers *headers, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < headers->len; i++)
		count += header_name_equal(headers->items[i].name, name);
	return count;
}

static size_t h_room(const struct headers *headers, const struct dkim_sign_name *names, size_t names_len)
{
	size_t room = 1;

	for (size_t i = 0; i < names_len; i++)
		room += (matches(headers, names[i].name) + 1) * (strlen(names[i].name) + 2);
	return room;
}

/* Each field once: no name stands twice among the names. */
static size_t canonical_room(const struct headers *headers)
{
	size_t room = 1;

	for (size_t i = 0; i < headers->len; i++)
		room += DKIM_FIELD_ROOM(strlen(headers->items[i].name), strlen(headers->items[i].value));
	return room;
}

struct dkim_sign_header dkim_sign_select(struct arena *arena, const struct headers *headers, const struct dkim_sign_name *names,
					 size_t names_len)
{
	struct selection selection = { .names = 0 };

	selection.h = selection.h_end = arena_alloc(arena, h_room(headers, names, names_len));
	selection.canonical = selection.canonical_end = arena_alloc(arena, canonical_room(headers));
	for (size_t i = 0; i < names_len; i++)
		add_fields(&selection, &names[i], headers);
	return (struct dkim_sign_header){
		.h = selection.h,
		.canonical = { selection.canonical, (size_t)(selection.canonical_end - selection.canonical) },
		.names = selection.names,
		.longest_line = selection.longest_line,
	};
}

/* All but the value of b=, which is the last tag: that is how the field is hashed (RFC 6376 3.7). */
static const char *unsigned_value(struct arena *arena, const struct dkim_sign_task *task, const struct dkim_sign_header *header)
{
	const char *expires = task->expires_at_s == 0
				      ? "" : arena_printf(arena, " x=%llu;", (unsigned long long)task->expires_at_s);

	return arena_printf(arena, "v=1; a=%s; c=relaxed/relaxed; d=%s; s=%s; t=%llu;%s h=%s; bh=%s; b=",
			    dkim_sign_key_algorithm(task->key), task->domain, task->selector, (unsigned long long)task->signed_at_s, expires, header->h,
			    task->body_hash);
}

static void hash_field(struct dkim_sign_hash *hash, struct arena *arena, const char *value)
{
	char *field = arena_alloc(arena, DKIM_FIELD_ROOM(strlen(NAME), strlen(value)));
	const char *end = dkim_canon_field(field, str_of(NAME), str_of(value));

	dkim_sign_hash_add(hash, field, (size_t)(end - field) - strlen("\r\n"));
}

/* With a space every WORD_MAX letters. */
static const char *append_words(struct arena *arena, const char *value, const char *base64)
{
	size_t len = strlen(base64);
	char *text = arena_alloc(arena, strlen(value) + len + len / WORD_MAX + 1), *out = stpcpy(text, value);

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && i % WORD_MAX == 0)
			*out++ = ' ';
		*out++ = base64[i];
	}
	return text;
}

const char *dkim_sign_field(struct arena *arena, const struct dkim_sign_task *task, const struct dkim_sign_header *header)
{
	const char *value = unsigned_value(arena, task, header), *base64;
	struct dkim_sign_hash *hash = dkim_sign_hash_new();
	unsigned char bytes[DKIM_SIGN_HASH_SIZE];

	dkim_sign_hash_add(hash, header->canonical.p, header->canonical.len);
	hash_field(hash, arena, value);
	dkim_sign_hash_end(hash, bytes);
	base64 = dkim_sign_key_sign(arena, task->key, bytes);
	return base64 == NULL ? NULL : append_words(arena, value, base64);
}
