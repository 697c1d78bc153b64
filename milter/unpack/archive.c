/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives and disk images other than ZIP. */
#include "milter/unpack/archive_reader.h"
#include "milter/unpack/handlers.h"
#include "milter/unpack/octets.h"

#define UDF_FIRST 0x8000	/* ECMA-167: volume descriptors of 2048 bytes from here, each with its name at 1 */
#define UDF_LAST 0x10000
#define SECTOR 2048
#define LINK_BYTES_MAX 4096
#define RAR_MARKER_MAX ((size_t)1 << 20)	/* a RAR that unpacks itself begins with a program */

struct archive_walk {
	struct unpack *unpack;
	const struct item *item;
	struct archive_reader *reader;
	struct archive_budget budget;
	enum filetype type;
};

static void mark_unreadable(const struct archive_walk *walk)
{
	bool is_encrypted = archive_reader_is_encrypted(walk->reader);

	unpack_mark(walk->unpack, walk->item, is_encrypted ? MARK_ENCRYPTED : MARK_UNREADABLE);
	if (archive_reader_is_out_of_memory(walk->reader))
		unpack_limit(walk->unpack, UNPACK_SIZE, "no memory to unpack an archive");
}

static void show(const struct archive_walk *walk, struct str name, struct str bytes)
{
	(void)unpack_found(walk->unpack, &(struct item){
		.parent = walk->item, .kind = ITEM_MEMBER, .bytes = bytes, .names = &name, .names_len = name.len > 0 ? 1 : 0, .is_attachment = true });
}

/* To get past the rest of a large member costs as much as to read it, but where nothing is compressed. */
static bool may_go_on(const struct archive_walk *walk, bool is_cut)
{
	enum filetype type = walk->type;

	return !is_cut || type == FILETYPE_TAR || type == FILETYPE_AR || type == FILETYPE_DEB || type == FILETYPE_CPIO || type == FILETYPE_ISO;
}

static bool read_file(struct archive_walk *walk, const struct archive_member *member)
{
	struct archive_output output;
	bool go_on;

	archive_output_start(&output, &walk->budget, member->size_bytes);
	if (archive_reader_read(walk->reader, &output) == ARCHIVE_READ_BROKEN)
		mark_unreadable(walk);
	/* Not every program believes that it is a directory when it has bytes. */
	if (!member->is_directory || output.len > 0)
		show(walk, member->name, archive_output_shown(&output));
	go_on = may_go_on(walk, output.is_cut);
	archive_output_end(&output);
	return go_on;
}

/* Some programs write the bytes of a link into a file instead. Here only those in front of the first NUL have come through: when they are no path,
 * more is lost. */
static void read_link(const struct archive_walk *walk, const struct archive_member *member)
{
	bool is_path = member->link.len > 0 && member->link.len <= LINK_BYTES_MAX && !str_has_prefix(member->link, STR("MZ"));

	for (size_t i = 0; i < member->link.len && is_path; i++)
		is_path = !ascii_is_control(member->link.p[i]);
	if (!is_path)
		unpack_mark(walk->unpack, walk->item, MARK_UNREADABLE);
	show(walk, member->name, member->link);
}

static bool read_member(struct archive_walk *walk, const struct archive_member *member)
{
	if (!unpack_count(walk->unpack, UNPACK_MEMBERS))
		return false;
	if (member->is_encrypted) {
		unpack_mark(walk->unpack, walk->item, MARK_ENCRYPTED);
		show(walk, member->name, STR(""));
	} else if (member->is_link) {
		read_link(walk, member);
	} else {
		return read_file(walk, member);
	}
	return true;
}

/* Returns whether it was read to its end. */
static bool read_members(struct archive_walk *walk)
{
	struct archive_member member;

	while (!unpack_stopped(walk->unpack)) {
		enum archive_next next = archive_reader_next(walk->reader, &member);

		if (next == ARCHIVE_NEXT_END)
			return true;
		if (next != ARCHIVE_NEXT_MEMBER)
			mark_unreadable(walk);
		if (next == ARCHIVE_NEXT_FAILED || (next == ARCHIVE_NEXT_BROKEN && !unpack_count(walk->unpack, UNPACK_MEMBERS)))
			return false;
		if (next == ARCHIVE_NEXT_MEMBER && !read_member(walk, &member))
			return false;
	}
	return false;
}

static bool is_blank(struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.p[i] != '\0')
			return false;
	}
	return true;
}

/* Two blocks of zeros end a tar; programs that go on after them see more. */
static void look_behind(struct archive_walk *walk)
{
	struct str rest = octets_from(walk->item->bytes, archive_reader_used(walk->reader, false));

	if (unpack_stopped(walk->unpack) || is_blank(rest))
		return;
	unpack_ambiguous(walk->unpack, AMBIGUITY_ARCHIVE, "a tar archive goes on behind its end");
	while (rest.len > 0 && rest.p[0] == '\0')
		rest = octets_from(rest, rest.len % 512 == 0 ? 512 : rest.len % 512);
	(void)unpack_found(walk->unpack, &(struct item){ .parent = walk->item, .kind = ITEM_SALVAGED, .bytes = rest });
}

static void walk_archive(struct unpack *unpack, const struct item *item, enum filetype type, enum archive_view view)
{
	struct archive_walk walk = { .unpack = unpack, .item = item, .type = type };
	bool is_encrypted;

	walk.reader = archive_reader_open(type, item->bytes, view, &is_encrypted);
	if (walk.reader == NULL) {
		unpack_mark(unpack, item, is_encrypted ? MARK_ENCRYPTED : MARK_UNREADABLE);
		return;
	}
	archive_budget_start(&walk.budget, unpack, item->bytes.len);
	if (read_members(&walk) && type == FILETYPE_TAR)
		look_behind(&walk);
	archive_reader_close(walk.reader);
}

/* RAR 4: the main header's flags, behind the marker of 7 bytes. RAR 5: behind one of 8 bytes the numbers are of variable length. */
static bool rar_is_volume(struct str bytes)
{
	struct str head = octets_sub(bytes, 0, RAR_MARKER_MAX);
	size_t at = octets_find(head, 0, STR("Rar!\x1a\x07"));
	unsigned numbers = 0;

	if (at == SIZE_MAX)
		return false;
	if (octets_u8(bytes, at + 6) == 0)
		return octets_u8(bytes, at + 9) == 0x73 && (octets_le16(bytes, at + 10) & 1) != 0;
	at += 8 + 4;		/* CRC; then size, type, flags, [size of extra area,] flags of the archive */
	for (bool has_extra = false; numbers < (has_extra ? 4U : 3U); at++) {
		if ((octets_u8(bytes, at) & 0x80) != 0)
			continue;
		if (numbers == 1 && (octets_u8(bytes, at) & 0x7f) != 1)
			return false;
		if (numbers++ == 2)
			has_extra = (octets_u8(bytes, at) & 1) != 0;
	}
	return (octets_u8(bytes, at) & 1) != 0;
}

static bool is_volume(enum filetype type, struct str bytes)
{
	if (type == FILETYPE_RAR)
		return rar_is_volume(bytes);
	return (type == FILETYPE_CAB || type == FILETYPE_DIAGCAB) && (octets_le16(bytes, 30) & 3) != 0;
}

/* An image for discs that are read as UDF where that is known: nobody here reads it. */
static bool has_udf(struct str bytes)
{
	for (size_t at = UDF_FIRST; at < UDF_LAST; at += SECTOR) {
		if (octets_match(bytes, at + 1, STR("NSR0")))
			return true;
	}
	return false;
}

static void unpack_as(struct unpack *unpack, const struct item *item, enum filetype type)
{
	if (!archive_reader_knows(type)) {
		unpack_mark(unpack, item, MARK_UNREADABLE);
		return;
	}
	if (is_volume(type, item->bytes))
		unpack_mark(unpack, item, MARK_UNREADABLE);
	walk_archive(unpack, item, type, ARCHIVE_VIEW_ALL);
	if (type != FILETYPE_ISO)
		return;
	walk_archive(unpack, item, type, ARCHIVE_VIEW_ROCK_RIDGE);
	walk_archive(unpack, item, type, ARCHIVE_VIEW_PLAIN);
	if (has_udf(item->bytes)) {
		unpack_also(unpack, item, FILETYPE_UDF);
		unpack_mark(unpack, item, MARK_UNREADABLE);
	}
}

static bool is_stream(enum filetype type)
{
	return type == FILETYPE_GZIP || type == FILETYPE_BZIP2 || type == FILETYPE_XZ || type == FILETYPE_LZMA || type == FILETYPE_ZSTD ||
	       type == FILETYPE_LZ4 || type == FILETYPE_COMPRESS || type == FILETYPE_BROTLI;
}

static bool is_archive(enum filetype type)
{
	unsigned groups = filetype_groups(type);

	return archive_reader_knows(type) ? !is_stream(type) :
		(groups & FILEGROUP_DISK_IMAGES) != 0 || type == FILETYPE_ARJ || type == FILETYPE_ACE || type == FILETYPE_ZOO || type == FILETYPE_ARC;
}

/* Whatever is named like an archive comes here, too; what is not known to be anything else is one that cannot be read. */
void archive_unpack(struct unpack *unpack, const struct item *item)
{
	enum filetype known = content_type(item->content);
	struct filetype_set also;
	bool is_any = is_archive(known);

	if (is_any)
		unpack_as(unpack, item, known);
	(void)filetype_sniff(item->bytes, &also);
	for (enum filetype type = FILETYPE_UNKNOWN + 1; type < FILETYPES; type++) {
		if (type == known || !filetype_set_has(&also, type) || !is_archive(type))
			continue;
		unpack_as(unpack, item, type);
		is_any = true;
	}
	if (!is_any && known == FILETYPE_UNKNOWN)
		unpack_mark(unpack, item, MARK_UNREADABLE);
}
