/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the places where things were found to what policy looks at: the entries, and the messages that a report is about. */
#include "milter/unpack/unpack_internal.h"

static const char *container_of(const struct item *item)
{
	for (const struct item *above = item->parent; above != NULL; above = above->parent) {
		if (above->shown != NULL && above->shown[0] != '\0')
			return above->shown;
	}
	return "";
}

/* A part that no mail program shows in the letter is offered as a file, with or without a name. */
static bool is_file(const struct item *item)
{
	static const struct str shown[] = { { "text/", 5 }, { "image/", 6 }, { "message/", 8 }, { "multipart/", 10 } };

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		if (str_has_prefix(item->media_type, shown[i]))
			return false;
	}
	return item->kind == ITEM_PART && item->media_type.len > 0;
}

void occurrence_add(struct unpack *unpack, struct item *item, const struct filename *filename, enum filetype declared)
{
	struct occurrence *occurrence = arena_push(unpack->arena, (void **)&unpack->occurrences, &unpack->occurrences_len, sizeof(*occurrence));

	*occurrence = (struct occurrence){
		.content = item->content,
		.name = filename->shown,
		.container = container_of(item),
		.extensions_len = filename->extensions_len,
		.declared = declared,
		.marks = filename->is_disguised ? 1u << MARK_NAME_DISGUISED : 0,
		.in_archive = item->in_archive,
		.is_attachment = item->is_attachment || item->kind == ITEM_MEMBER || item->kind == ITEM_EMBEDDED || item->names_len > 0 || is_file(item),
	};
	memcpy(occurrence->extensions, filename->extensions, sizeof(occurrence->extensions));
	item->shown = filename->shown;
}

/* What it stands for is elsewhere, whatever its own bytes are. */
static enum filetype type_of(const struct occurrence *occurrence)
{
	if (occurrence->declared == FILETYPE_PARTIAL || occurrence->declared == FILETYPE_EXTERNAL_BODY)
		return occurrence->declared;
	return occurrence->content->type;
}

static struct inventory_entry entry_of(const struct occurrence *occurrence)
{
	struct inventory_entry entry = {
		.name = occurrence->name,
		.container = occurrence->container,
		.extensions_len = occurrence->extensions_len,
		.type = type_of(occurrence),
		.also = occurrence->content->also,
		.declared = occurrence->declared,
		.marks = occurrence->content->marks | occurrence->marks,
		.in_archive = occurrence->in_archive,
		.is_attachment = occurrence->is_attachment,
		.size_bytes = occurrence->content->size_bytes,
		.count = 1,
	};

	memcpy(entry.extensions, occurrence->extensions, sizeof(entry.extensions));
	digest_text(occurrence->content->digest, entry.digest);
	return entry;
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);		/* FNV-1a */
	return hash;
}

static uint64_t entry_hash(const struct inventory_entry *entry)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	hash = mix(hash, &entry->type, sizeof(entry->type));
	hash = mix(hash, &entry->marks, sizeof(entry->marks));
	hash = mix(hash, &entry->declared, sizeof(entry->declared));
	for (size_t i = 0; i < entry->extensions_len; i++)
		hash = mix(hash, entry->extensions[i], strlen(entry->extensions[i]) + 1);
	if (!entry->in_archive)
		hash = mix(mix(hash, entry->digest, sizeof(entry->digest)), entry->name, strlen(entry->name));
	return hash;
}

static bool extensions_equal(const struct inventory_entry *a, const struct inventory_entry *b)
{
	for (size_t i = 0; i < a->extensions_len && i < b->extensions_len; i++) {
		if (strcmp(a->extensions[i], b->extensions[i]) != 0)
			return false;
	}
	return a->extensions_len == b->extensions_len;
}

static bool entries_alike(const struct inventory_entry *a, const struct inventory_entry *b)
{
	if (a->type != b->type || a->marks != b->marks || a->declared != b->declared || a->in_archive != b->in_archive ||
	    a->is_attachment != b->is_attachment || memcmp(&a->also, &b->also, sizeof(a->also)) != 0 || !extensions_equal(a, b))
		return false;
	return a->in_archive || (strcmp(a->digest, b->digest) == 0 && strcmp(a->name, b->name) == 0);
}

/* The same bytes under the same name come again in each reading of the message: that is one thing. */
static void entry_merge(struct inventory_entry *entry, const struct inventory_entry *like)
{
	if (strcmp(entry->digest, like->digest) != 0)
		entry->count++;
}

static void entry_add(struct inventory *inventory, struct inventory_entry **table, size_t table_len, const struct inventory_entry *entry)
{
	size_t place = entry_hash(entry) & (table_len - 1);

	for (; table[place] != NULL; place = (place + 1) & (table_len - 1)) {
		if (entries_alike(table[place], entry)) {
			entry_merge(table[place], entry);
			return;
		}
	}
	table[place] = &inventory->entries[inventory->entries_len++];
	*table[place] = *entry;
}

void occurrences_to_inventory(struct unpack *unpack)
{
	struct inventory *inventory = unpack->inventory;
	struct inventory_entry **table;
	size_t table_len = 16;

	while (table_len < 2 * unpack->occurrences_len)
		table_len *= 2;
	table = arena_array(unpack->arena, table_len, sizeof(struct inventory_entry *));
	inventory->entries = arena_array(unpack->arena, unpack->occurrences_len + 1, sizeof(*inventory->entries));
	for (size_t i = 0; i < unpack->occurrences_len; i++) {
		struct inventory_entry entry = entry_of(&unpack->occurrences[i]);

		entry_add(inventory, table, table_len, &entry);
	}
	inventory->parts = unpack->counts[UNPACK_PARTS];
	inventory->members = unpack->counts[UNPACK_MEMBERS];
	inventory->contents = unpack->contents_len;
	inventory->bytes = unpack->decoded_bytes;
}

/* --- which mail is this report about: the Message-IDs of the messages, or of their headers, that it returns (RFC 6522) --- */

enum {
	DEPTH_MAX = 3,			/* a returned message is a part of the report, and not of something in it */
	HEADER_BYTES = 65536,		/* where the field must be */
};

/* RFC 6522 3, RFC 6533 4. */
static bool is_returned(const struct item *item)
{
	static const struct str types[] = { { "text/rfc822-headers", 19 }, { "message/global-headers", 22 } };

	if (item->parent == NULL || item->depth > DEPTH_MAX)
		return false;
	if (item->kind == ITEM_MESSAGE)
		return true;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (item->kind == ITEM_PART && str_equal(item->media_type, types[i]))
			return true;
	return false;
}

/* The next line of rest, without its end. */
static struct str next_line(struct str *rest)
{
	const char *end = memchr(rest->p, '\n', rest->len);
	struct str line = { rest->p, end == NULL ? rest->len : (size_t)(end - rest->p) };

	*rest = end == NULL ? (struct str){ rest->p + rest->len, 0 } : (struct str){ end + 1, rest->len - line.len - 1 };
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* The value of Message-ID with what is folded; empty when there is none. */
static struct str message_id_field(struct str bytes)
{
	static const struct str name = { "message-id", 10 };
	struct str rest = { bytes.p, bytes.len > HEADER_BYTES ? HEADER_BYTES : bytes.len }, line, more;

	while (rest.len > 0) {
		line = next_line(&rest);
		if (line.len == 0)
			break;
		if (line.len <= name.len || !str_equal_nocase((struct str){ line.p, name.len }, name) ||
		    (line.p[name.len] != ':' && line.p[name.len] != ' ' && line.p[name.len] != '\t'))
			continue;
		while (rest.len > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t')) {
			more = next_line(&rest);
			line.len = (size_t)(more.p + more.len - line.p);
		}
		return line;
	}
	return (struct str){ NULL, 0 };
}

/* What stands between the brackets, when it can be one. */
static struct str id_in(struct str field)
{
	const char *open = field.len == 0 ? NULL : memchr(field.p, '<', field.len), *end;
	struct str id = { NULL, 0 };

	if (open == NULL)
		return id;
	end = memchr(open, '>', field.len - (size_t)(open - field.p));
	if (end != NULL)
		id = (struct str){ open + 1, (size_t)(end - open) - 1 };
	return inventory_is_message_id(id) ? id : (struct str){ NULL, 0 };
}

void about_note(struct unpack *unpack, const struct item *item)
{
	struct inventory *inventory = unpack->inventory;
	struct str id;

	if (!is_returned(item) || inventory->about_len == INVENTORY_ABOUT_MAX)
		return;
	id = id_in(message_id_field(item->bytes));
	for (size_t i = 0; i < inventory->about_len; i++)
		if (str_equal(str_of(inventory->about[i]), id))
			return;
	if (id.len > 0)
		inventory->about[inventory->about_len++] = arena_strndup(unpack->arena, id.p, id.len);
}
