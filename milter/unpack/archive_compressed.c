/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One stream of compressed bytes, and what it is called inside. */
#include "milter/unpack/archive_names.h"
#include "milter/unpack/archive_reader.h"
#include "milter/unpack/filename.h"
#include "milter/unpack/handlers.h"
#include "milter/unpack/octets.h"
#include "milter/unpack/zip_inflate.h"

#define NAMES_MAX 8
#define NAME_BYTES_MAX 4096

/* RFC 1952 2.3.1 */
#define GZIP_HEADER_CRC 2
#define GZIP_EXTRA 4
#define GZIP_NAME 8
#define GZIP_COMMENT 16
#define GZIP_RESERVED 0xe0

struct stream {
	struct unpack *unpack;
	const struct item *item;
	struct archive_budget budget;
	struct str names[NAMES_MAX];
	size_t names_len;
};

/* The names that the file itself has, without what the compression added to them. */
static void names_start(struct stream *stream)
{
	struct arena *arena = unpack_arena(stream->unpack);
	const struct item *item = stream->item;
	struct str shown = str_of(item->shown);

	for (size_t i = 0; i < item->names_len && stream->names_len < NAMES_MAX - 2; i++) {
		if (item->names[i].len <= NAME_BYTES_MAX && archive_name_inside(arena, item->names[i], &stream->names[stream->names_len]))
			stream->names_len++;
	}
	if (shown.len > 0 && archive_name_inside(arena, shown, &stream->names[stream->names_len]))
		stream->names_len++;
}

static const struct content *show(const struct stream *stream, struct str bytes)
{
	return unpack_found(stream->unpack, &(struct item){
		.parent = stream->item, .kind = ITEM_MEMBER, .bytes = bytes, .names = stream->names, .names_len = stream->names_len,
		.is_attachment = true });
}

/* What a program that reads only the stream does not see. Zeros fill up a tape or a sector. */
static void look_behind(const struct stream *stream, size_t used)
{
	struct str rest = octets_from(stream->item->bytes, used);
	size_t blank = 0;

	while (blank < rest.len && (rest.p[blank] == '\0' || ascii_is_space(rest.p[blank])))
		blank++;
	if (blank == rest.len || unpack_stopped(stream->unpack))
		return;
	unpack_ambiguous(stream->unpack, AMBIGUITY_ARCHIVE, "something stands behind the end of a compressed file");
	(void)unpack_found(stream->unpack, &(struct item){ .parent = stream->item, .kind = ITEM_SALVAGED, .bytes = octets_from(rest, blank) });
}

/* The length of a text that ends in NUL, with that; 0 when it does not end. */
static size_t text_bytes(struct str in, size_t at)
{
	size_t end = octets_find(in, at, (struct str){ "", 1 });

	return end == SIZE_MAX ? 0 : end + 1 - at;
}

/* Returns the length of the header (RFC 1952 2.3) at a place, 0 when there is none; *ret_name is empty when it has none. */
static size_t gzip_header(struct str in, size_t start, struct str *ret_name)
{
	unsigned flags = octets_u8(in, start + 3);
	size_t at = start + 10, len;

	*ret_name = STR("");
	if (!octets_within(in, start, 18) || !octets_match(in, start, STR("\x1f\x8b\x08")) || (flags & GZIP_RESERVED) != 0)
		return 0;
	if ((flags & GZIP_EXTRA) != 0)
		at += 2 + (size_t)octets_le16(in, at);
	if ((flags & GZIP_NAME) != 0) {
		len = text_bytes(in, at);
		if (len == 0)
			return 0;
		*ret_name = (struct str){ in.p + at, len - 1 };
		at += len;
	}
	if ((flags & GZIP_COMMENT) != 0) {
		len = text_bytes(in, at);
		if (len == 0)
			return 0;
		at += len;
	}
	if ((flags & GZIP_HEADER_CRC) != 0)
		at += 2;
	return at < in.len ? at - start : 0;
}

struct gzip {
	size_t at;		/* behind what was read */
	size_t first_len;	/* bytes that the first member gave */
	unsigned members;
	bool is_broken;
};

/* Appends one member to output. Returns false when there is none at that place, or it is broken or cut. */
static bool gzip_member(struct stream *stream, struct gzip *gzip, struct archive_output *output)
{
	struct str in = stream->item->bytes, name;
	size_t header = gzip_header(in, gzip->at, &name), used, before = output->len;
	enum zip_inflated inflated;

	if (header == 0)
		return false;
	if (gzip->members++ == 0 && name.len > 0 && name.len <= NAME_BYTES_MAX)
		stream->names[stream->names_len++] = name;
	inflated = zip_inflate(octets_from(in, gzip->at + header), output, &used);
	gzip->at += header + used;
	if (inflated == ZIP_INFLATED && octets_within(in, gzip->at, 8) && before <= output->len)
		gzip->is_broken = octets_le32(in, gzip->at) != zip_crc((struct str){ output->bytes + before, output->len - before });
	else
		gzip->is_broken = inflated != ZIP_INFLATE_CUT;
	gzip->at += octets_within(in, gzip->at, 8) ? 8 : in.len - gzip->at;
	return inflated == ZIP_INFLATED && !gzip->is_broken;
}

/* Most programs take all members for one file, some the first alone. */
static void gzip_show(struct stream *stream, const struct gzip *gzip, const struct archive_output *output)
{
	struct str shown = archive_output_shown(output);

	if (gzip->members == 0) {
		unpack_mark(stream->unpack, stream->item, MARK_UNREADABLE);
		return;
	}
	(void)show(stream, shown);
	if (gzip->members > 1 && gzip->first_len > 0 && gzip->first_len < shown.len && unpack_count(stream->unpack, UNPACK_MEMBERS))
		(void)show(stream, (struct str){ shown.p, gzip->first_len });
	if (gzip->is_broken)
		unpack_mark(stream->unpack, stream->item, MARK_UNREADABLE);
}

/* What the last member says of its size is a good guess, when there is but one and nothing stands behind it. */
static uint32_t gzip_guess(const struct stream *stream)
{
	struct str in = stream->item->bytes;
	uint32_t size = octets_le32(in, in.len - 4);

	return in.len < 18 || size / 16 > in.len || size > stream->budget.out_left || size > unpack_limits_of(stream->unpack)->member_bytes ? 0 : size;
}

static void unpack_gzip(struct stream *stream)
{
	struct archive_output output;
	struct gzip gzip = { 0 };

	archive_output_start(&output, &stream->budget, gzip_guess(stream));
	while (gzip_member(stream, &gzip, &output)) {
		if (gzip.members == 1)
			gzip.first_len = output.len;
	}
	gzip_show(stream, &gzip, &output);
	if (gzip.members > 0 && !output.is_cut && !gzip.is_broken)
		look_behind(stream, gzip.at);
	archive_output_end(&output);
}

static void read_stream(struct stream *stream, struct archive_reader *reader)
{
	enum archive_read r = ARCHIVE_READ_BROKEN;
	struct archive_output output;
	struct archive_member member;
	enum archive_next next;

	archive_output_start(&output, &stream->budget, 0);
	next = archive_reader_next(reader, &member);
	if (next == ARCHIVE_NEXT_MEMBER)
		r = archive_reader_read(reader, &output);
	else if (next == ARCHIVE_NEXT_END)
		r = ARCHIVE_READ_END;
	if (r == ARCHIVE_READ_BROKEN)
		unpack_mark(stream->unpack, stream->item, MARK_UNREADABLE);
	if (archive_reader_is_out_of_memory(reader))
		unpack_limit(stream->unpack, UNPACK_SIZE, "no memory to unpack a compressed file");
	(void)show(stream, archive_output_shown(&output));
	if (r == ARCHIVE_READ_END)
		look_behind(stream, archive_reader_used(reader, true));
	archive_output_end(&output);
}

static void unpack_other(struct stream *stream, enum filetype type)
{
	bool is_encrypted;
	struct archive_reader *reader = archive_reader_open(type, stream->item->bytes, ARCHIVE_VIEW_ALL, &is_encrypted);

	if (reader == NULL) {
		unpack_mark(stream->unpack, stream->item, MARK_UNREADABLE);
		return;
	}
	read_stream(stream, reader);
	archive_reader_close(reader);
}

static bool is_stream(enum filetype type)
{
	return type == FILETYPE_GZIP || type == FILETYPE_BZIP2 || type == FILETYPE_XZ || type == FILETYPE_LZMA || type == FILETYPE_ZSTD ||
	       type == FILETYPE_LZ4 || type == FILETYPE_COMPRESS;
}

/* What is named like a compressed file comes here, too; what is not known to be anything else is one that cannot be read. */
void compressed_unpack(struct unpack *unpack, const struct item *item)
{
	struct stream stream = { .unpack = unpack, .item = item };
	enum filetype type = content_type(item->content);

	if (!is_stream(type)) {
		if (type == FILETYPE_UNKNOWN || type == FILETYPE_BROTLI)
			unpack_mark(unpack, item, MARK_UNREADABLE);
		return;
	}
	if (!unpack_count(unpack, UNPACK_MEMBERS))
		return;
	archive_budget_start(&stream.budget, unpack, item->bytes.len);
	names_start(&stream);
	if (type == FILETYPE_GZIP)
		unpack_gzip(&stream);
	else
		unpack_other(&stream, type);
}
