/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/octets.h"
#include "milter/unpack/zip_inflate.h"
#include "milter/unpack/zip_internal.h"

#define NAMES_MAX 4

/* The member as one or two headers have it, NULL where there is none. */
struct views {
	const struct zip_header *central, *local;
};

static bool name_add(struct str names[NAMES_MAX], size_t *len, struct str name)
{
	if (name.len == 0)
		return false;
	for (size_t i = 0; i < *len; i++) {
		if (str_equal(names[i], name))
			return false;
	}
	names[(*len)++] = name;
	return true;
}

static size_t names_of(const struct views *views, struct str names[NAMES_MAX])
{
	const struct zip_header *headers[] = { views->central, views->local };
	size_t len = 0;

	for (size_t i = 0; i < 2; i++) {
		if (headers[i] == NULL)
			continue;
		(void)name_add(names, &len, headers[i]->name);
		(void)name_add(names, &len, headers[i]->unicode_name);
	}
	return len;
}

static const struct content *show(struct zip *zip, const struct views *views, struct str bytes)
{
	struct str names[NAMES_MAX];
	size_t names_len = names_of(views, names);

	for (size_t i = 0; i < names_len; i++)
		ooxml_member(&zip->ooxml, names[i], bytes);
	return unpack_found(zip->unpack, &(struct item){
		.parent = zip->item, .kind = ITEM_MEMBER, .bytes = bytes, .names = names, .names_len = names_len, .is_attachment = true });
}

static struct zip_reading reading_of(const struct zip_header *header, size_t data)
{
	return (struct zip_reading){ .method = header->method, .data = data, .compressed_bytes = header->compressed_bytes,
		.size_bytes = header->size_bytes, .crc = header->crc };
}

/* With a descriptor behind the data, the local header need not know the sizes (but may). */
static bool is_open(const struct zip_header *local)
{
	return (local->flags & ZIP_DESCRIPTOR) != 0 && (local->compressed_bytes == 0 || local->compressed_bytes == UINT32_MAX);
}

/* Every program takes as much as the size says or as much as there is. */
static void judge_size(struct zip *zip, const struct views *views, const struct zip_reading *reading, struct str bytes)
{
	if (reading->is_open || bytes.len == reading->size_bytes)
		return;
	zip_ambiguous(zip, "has a member of another size than it says");
	if (bytes.len > reading->size_bytes && unpack_count(zip->unpack, UNPACK_MEMBERS))
		(void)show(zip, views, (struct str){ bytes.p, (size_t)reading->size_bytes });
}

static void judge(struct zip *zip, const struct views *views, const struct zip_reading *reading, enum zip_got got, struct str bytes)
{
	if (got == ZIP_GOT_BROKEN || got == ZIP_GOT_NOTHING)
		unpack_mark(zip->unpack, zip->item, MARK_UNREADABLE);
	if (got != ZIP_GOT)
		return;
	judge_size(zip, views, reading, bytes);
	if (!reading->is_open && zip_crc(bytes) != reading->crc)
		unpack_mark(zip->unpack, zip->item, MARK_UNREADABLE);
}

/* *ret_used: bytes of the archive that the member took, where that can be told. */
static enum zip_got read_one(struct zip *zip, const struct views *views, const struct zip_reading *reading, struct zip_span *span, size_t *ret_used)
{
	struct archive_output output;
	const struct content *content;
	struct str bytes;
	enum zip_got got = zip_decode(zip, reading, &output, &bytes, ret_used);

	content = show(zip, views, bytes);
	if (span != NULL)
		span->content = content;
	judge(zip, views, reading, got, bytes);
	archive_output_end(&output);
	return got;
}

/* What says that it is encrypted, but is not, is read by those who do not look. */
static bool read_plain(struct zip *zip, const struct views *views, const struct zip_reading *reading)
{
	struct archive_output output;
	struct str bytes;
	size_t used;
	bool is_plain = reading->method == ZIP_STORED ? reading->compressed_bytes == reading->size_bytes : reading->method == ZIP_DEFLATED;

	if (!is_plain)
		return false;
	is_plain = zip_decode(zip, reading, &output, &bytes, &used) == ZIP_GOT &&
		   (reading->is_open ? bytes.len > 0 : bytes.len == reading->size_bytes && zip_crc(bytes) == reading->crc);
	if (is_plain)
		(void)show(zip, views, bytes);
	archive_output_end(&output);
	return is_plain;
}

static const struct content *read_encrypted(struct zip *zip, const struct views *views, const struct zip_reading *reading)
{
	unpack_mark(zip->unpack, zip->item, MARK_ENCRYPTED);
	if (read_plain(zip, views, reading)) {
		zip_ambiguous(zip, "has a member that is called encrypted but is not");
		return NULL;
	}
	return show(zip, views, STR(""));
}

/* Where the two headers disagree in what a reader would get; NULL where they do not. */
static const char *difference(const struct zip_header *central, const struct zip_header *local)
{
	bool may_be_0 = (local->flags & ZIP_DESCRIPTOR) != 0;

	if ((central->flags & local->flags & ZIP_ENCRYPTED) != 0 && ((central->flags | local->flags) & ZIP_MASKED) != 0)
		return NULL;
	if (!str_equal(central->name, local->name))
		return "has a member with two names";
	if (central->method != local->method)
		return "has a member that two headers compress in two ways";
	if (((central->flags ^ local->flags) & (ZIP_ENCRYPTED | ZIP_STRONG)) != 0)
		return "has a member that only one of two headers calls encrypted";
	if (central->compressed_bytes != local->compressed_bytes && !is_open(local))
		return "has a member with two compressed sizes";
	if (central->size_bytes != local->size_bytes && !(may_be_0 && (local->size_bytes == 0 || local->size_bytes == UINT32_MAX)))
		return "has a member with two sizes";
	if (central->crc != local->crc && !(may_be_0 && local->crc == 0))
		return "has a member with two checksums";
	return NULL;
}

static bool is_encrypted(const struct zip_header *header)
{
	return header != NULL && ((header->flags & ZIP_ENCRYPTED) != 0 || header->method == ZIP_AES);
}

/* Would a program that reads from the start, and so does not know the size, find the end of the data where the directory has it? */
static bool ends_alike(const struct zip *zip, const struct zip_reading *reading, const struct zip_span *span, enum zip_got got)
{
	if (reading->method != ZIP_STORED)
		return got == ZIP_GOT_CUT || (got == ZIP_GOT && span->data_end - span->data == reading->compressed_bytes);
	return zip_stored_bytes(zip->bytes, span->data, span->data_end) == 0 &&
	       (span->end > span->data_end || octets_match(zip->bytes, span->end, STR("PK")));
}

static bool is_same_reading(const struct zip_reading *a, const struct zip_reading *b)
{
	return a->method == b->method && a->compressed_bytes == b->compressed_bytes && a->size_bytes == b->size_bytes;
}

/* The span of the member's data, as the directory has it; where the stream ends before that, what is left is looked at. */
static void span_data(const struct zip *zip, const struct views *views, struct zip_span *span, enum zip_got got, size_t used)
{
	size_t len = octets_sub(zip->bytes, span->data, views->central->compressed_bytes).len;

	span->data_end = span->data + (used < len ? used : len);
	span->end = got == ZIP_GOT ? span->data_end : span->data + len;
	if (((views->central->flags | views->local->flags) & ZIP_DESCRIPTOR) != 0)
		span->end += zip_descriptor_bytes(zip->bytes, span->end, views->central);
}

static void read_both(struct zip *zip, const struct views *views, struct zip_span *span)
{
	struct zip_reading by_central = reading_of(views->central, span->data), by_local = reading_of(views->local, span->data);
	enum zip_got got;
	size_t used;

	by_local.is_open = is_open(views->local);
	got = read_one(zip, views, &by_central, span, &used);
	if (got == ZIP_GOT && used < by_central.compressed_bytes)
		zip_ambiguous(zip, "has bytes behind the end of a compressed member");
	span_data(zip, views, span, got, used);
	if (by_local.is_open ? by_local.method == by_central.method && ends_alike(zip, &by_central, span, got) : is_same_reading(&by_central, &by_local))
		return;
	if (zip->is_stopped || !unpack_count(zip->unpack, UNPACK_MEMBERS))
		return;
	zip_ambiguous(zip, "has a member that ends at two places");
	(void)read_one(zip, views, &by_local, NULL, &used);
}

/* A directory has no bytes; its name counts only where the system takes it for something else. */
static bool is_mere_directory(const struct zip_header *header)
{
	struct str name = header->name;

	return name.len > 0 && name.p[name.len - 1] == '/' && header->size_bytes == 0 && header->compressed_bytes <= 2 &&
	       (header->flags & ZIP_DESCRIPTOR) == 0 && !(name.len > 1 && name.p[name.len - 2] == '}');
}

static uint32_t hash_of(struct str name)
{
	uint32_t hash = 2166136261;

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.p[i]) * 16777619;
	return hash;
}

static void unpack_views(struct zip *zip, const struct views *views, struct zip_span *span)
{
	bool encrypted = is_encrypted(views->central), local_encrypted = is_encrypted(views->local);
	struct zip_reading reading = reading_of(views->central, span->data);
	const char *why = difference(views->central, views->local);

	if (why != NULL)
		zip_ambiguous(zip, why);
	span_data(zip, views, span, ZIP_GOT, SIZE_MAX);
	if (encrypted || local_encrypted)
		span->content = read_encrypted(zip, views, &reading);
	else if (!is_mere_directory(views->central) || !is_mere_directory(views->local))
		read_both(zip, views, span);
}

/* The directory names what is not there: some programs do not look at the signature. */
static void unpack_lost(struct zip *zip, const struct zip_header *central, uint64_t at)
{
	struct views views = { .central = central };
	struct zip_reading reading;
	struct zip_header local;
	size_t used;

	if (central->disk != 0 && central->disk != UINT16_MAX)
		unpack_mark(zip->unpack, zip->item, MARK_UNREADABLE);
	zip_ambiguous(zip, "has no member where its directory names one");
	if (!zip_local_read_unsigned(zip->bytes, at, &local)) {
		unpack_mark(zip->unpack, zip->item, MARK_UNREADABLE);
		(void)show(zip, &views, STR(""));
		return;
	}
	reading = reading_of(central, local.end);
	(void)read_one(zip, &views, &reading, NULL, &used);
}

void zip_member_unpack(struct zip *zip, const struct zip_header *central, int64_t shift)
{
	uint64_t at = central->offset + (uint64_t)shift;	/* beyond the end when it is negative */
	struct zip_header local;
	struct views views = { central, &local };
	struct zip_span span = { .central = central->start, .name_hash = hash_of(central->name) };

	zip->members++;
	if (unpack_stopped(zip->unpack) || !unpack_count(zip->unpack, UNPACK_MEMBERS)) {
		zip->is_stopped = true;
		return;
	}
	if (!zip_local_read(zip->bytes, at, &local)) {
		if (shift == 0 || !zip_local_read(zip->bytes, central->offset, &local)) {
			unpack_lost(zip, central, at);
			return;
		}
		zip_ambiguous(zip, "has offsets that do not fit its end");
	}
	span.start = local.start;
	span.data = local.end;
	unpack_views(zip, &views, &span);
	(void)zip_span_add(zip, &span);
}

void zip_member_unpack_local(struct zip *zip, const struct zip_header *local)
{
	struct views views = { .local = local };
	struct zip_reading reading = reading_of(local, local->end);
	size_t used;

	zip->members++;
	if (unpack_stopped(zip->unpack) || !unpack_count(zip->unpack, UNPACK_MEMBERS)) {
		zip->is_stopped = true;
		return;
	}
	reading.is_open = is_open(local);
	if (is_encrypted(local))
		(void)read_encrypted(zip, &views, &reading);
	else if (!is_mere_directory(local))
		(void)read_one(zip, &views, &reading, NULL, &used);
}
