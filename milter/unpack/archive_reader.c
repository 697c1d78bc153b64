/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "milter/unpack/octets.h"
#include "milter/unpack/prepare.h"
#include "milter/unpack/zip_record.h"

#define RETRIES_MAX 8

/* A local header of one member, made up so that libarchive reads what follows. */
#define ZIPPED_BYTES (ZIP_LOCAL_BYTES + 1)

struct archive_reader {
	struct archive *archive;
	struct archive_entry *entry;
	struct str pieces[2];
	size_t next_piece;
	char zipped[ZIPPED_BYTES];
	bool is_cab, has_failed;
};

/* libarchive turns names into those of the locale: only in one of UTF-8 none are lost. The program's own locale stays what it is. */
static locale_t utf8 = (locale_t)0;

static locale_t locale_enter(void)
{
	return utf8 == (locale_t)0 ? (locale_t)0 : uselocale(utf8);
}

static void locale_leave(locale_t before)
{
	if (before != (locale_t)0)
		(void)uselocale(before);
}

struct format {
	enum filetype type;
	int (*formats[2])(struct archive *);
	int filter;			/* ARCHIVE_FILTER_NONE: an archive */
};
static const struct format formats[] = {
	{ FILETYPE_7Z, { archive_read_support_format_7zip, NULL }, ARCHIVE_FILTER_NONE },
	{ FILETYPE_RAR, { archive_read_support_format_rar, archive_read_support_format_rar5 }, ARCHIVE_FILTER_NONE },
	{ FILETYPE_TAR, { archive_read_support_format_tar, NULL }, ARCHIVE_FILTER_NONE },
	{ FILETYPE_CAB, { archive_read_support_format_cab, NULL }, ARCHIVE_FILTER_NONE },
	{ FILETYPE_DIAGCAB, { archive_read_support_format_cab, NULL }, ARCHIVE_FILTER_NONE },
	{ FILETYPE_LZH, { archive_read_support_format_lha, NULL }, ARCHIVE_FILTER_NONE },
	{ FILETYPE_CPIO, { archive_read_support_format_cpio, NULL }, ARCHIVE_FILTER_NONE },
	{ FILETYPE_AR, { archive_read_support_format_ar, NULL }, ARCHIVE_FILTER_NONE },
	{ FILETYPE_DEB, { archive_read_support_format_ar, NULL }, ARCHIVE_FILTER_NONE },
	{ FILETYPE_XAR, { archive_read_support_format_xar, NULL }, ARCHIVE_FILTER_NONE },
	{ FILETYPE_ISO, { archive_read_support_format_iso9660, NULL }, ARCHIVE_FILTER_NONE },
	{ FILETYPE_RPM, { archive_read_support_format_cpio, NULL }, ARCHIVE_FILTER_RPM },
	{ FILETYPE_BZIP2, { archive_read_support_format_raw, archive_read_support_format_empty }, ARCHIVE_FILTER_BZIP2 },
	{ FILETYPE_XZ, { archive_read_support_format_raw, archive_read_support_format_empty }, ARCHIVE_FILTER_XZ },
	{ FILETYPE_LZMA, { archive_read_support_format_raw, archive_read_support_format_empty }, ARCHIVE_FILTER_LZMA },
	{ FILETYPE_ZSTD, { archive_read_support_format_raw, archive_read_support_format_empty }, ARCHIVE_FILTER_ZSTD },
	{ FILETYPE_LZ4, { archive_read_support_format_raw, archive_read_support_format_empty }, ARCHIVE_FILTER_LZ4 },
	{ FILETYPE_COMPRESS, { archive_read_support_format_raw, archive_read_support_format_empty }, ARCHIVE_FILTER_COMPRESS },
};

static const struct format *format_of(enum filetype type)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].type == type)
			return &formats[i];
	}
	return NULL;
}

bool archive_reader_knows(enum filetype type)
{
	return format_of(type) != NULL;
}

/* A filter that libarchive was built without would be another program, started: that is no ARCHIVE_OK. */
static bool add_filters(struct archive *archive, int filter, struct str bytes)
{
	if (filter == ARCHIVE_FILTER_NONE)
		return true;
	if (filter == ARCHIVE_FILTER_LZMA && octets_match(bytes, 0, STR("LZIP")))
		filter = ARCHIVE_FILTER_LZIP;
	/* libarchive appends this one only by reading from a stream that is not open yet (and crashes): it has to find it by itself. */
	if (filter == ARCHIVE_FILTER_COMPRESS)
		return archive_read_support_filter_compress(archive) == ARCHIVE_OK;
	if (filter != ARCHIVE_FILTER_RPM)
		return archive_read_append_filter(archive, filter) == ARCHIVE_OK;
	return archive_read_support_filter_rpm(archive) == ARCHIVE_OK && archive_read_support_filter_gzip(archive) == ARCHIVE_OK &&
	       archive_read_support_filter_bzip2(archive) == ARCHIVE_OK && archive_read_support_filter_xz(archive) == ARCHIVE_OK &&
	       archive_read_support_filter_lzma(archive) == ARCHIVE_OK && archive_read_support_filter_zstd(archive) == ARCHIVE_OK;
}

static bool says_encrypted(struct archive *archive)
{
	const char *text = archive_error_string(archive);

	return text != NULL && (strcasestr(text, "encrypt") != NULL || strcasestr(text, "crypto") != NULL || strcasestr(text, "passphrase") != NULL);
}

static struct archive_reader *reader_new(void)
{
	struct archive_reader *reader = xcalloc(1, sizeof(*reader));

	reader->archive = archive_read_new();
	if (reader->archive == NULL) {
		free(reader);
		return NULL;
	}
	return reader;
}

static bool add_formats(struct archive *archive, const struct format *format)
{
	for (size_t i = 0; i < 2 && format->formats[i] != NULL; i++) {
		if (format->formats[i](archive) != ARCHIVE_OK)
			return false;
	}
	return true;
}

static bool reader_open(struct archive_reader *reader, const struct format *format, struct str bytes, enum archive_view view)
{
	static const char *const options[ARCHIVE_VIEWS] = { "", "iso9660:!joliet", "iso9660:!joliet,iso9660:!rockridge" };
	struct archive *archive = reader->archive;

	return add_formats(archive, format) && add_filters(archive, format->filter, bytes) &&
	       (view == ARCHIVE_VIEW_ALL || archive_read_set_options(archive, options[view]) == ARCHIVE_OK) &&
	       archive_read_open_memory(archive, bytes.p, bytes.len) == ARCHIVE_OK &&
	       (format->filter != ARCHIVE_FILTER_COMPRESS || archive_filter_code(archive, 0) == ARCHIVE_FILTER_COMPRESS) &&
	       /* A stream that breaks off before its first byte would be taken for an empty one. */
	       (format->filter == ARCHIVE_FILTER_NONE || archive_errno(archive) == 0);
}

struct archive_reader *archive_reader_open(enum filetype type, struct str bytes, enum archive_view view, bool *ret_encrypted)
{
	const struct format *format = format_of(type);
	struct archive_reader *reader;
	locale_t before;
	bool is_open;

	*ret_encrypted = false;
	if (format == NULL || (reader = reader_new()) == NULL)
		return NULL;
	before = locale_enter();
	is_open = reader_open(reader, format, bytes, view);
	locale_leave(before);
	reader->is_cab = type == FILETYPE_CAB || type == FILETYPE_DIAGCAB;
	if (is_open)
		return reader;
	*ret_encrypted = says_encrypted(reader->archive);
	archive_reader_close(reader);
	return NULL;
}

static la_ssize_t give_piece(struct archive *archive, void *arg, const void **ret_bytes)
{
	struct archive_reader *reader = arg;

	(void)archive;
	if (reader->next_piece == 2)
		return 0;
	*ret_bytes = reader->pieces[reader->next_piece].p;
	return (la_ssize_t)reader->pieces[reader->next_piece++].len;
}

static void put32(char *p, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char)(number >> 8 * i);
}

static void zipped_header(char header[ZIPPED_BYTES], unsigned method, size_t data_bytes, uint64_t size_bytes, uint32_t crc)
{
	memset(header, 0, ZIPPED_BYTES);
	memcpy(header, (const char[]){ 'P', 'K', 3, 4, 0x3f }, 5);
	header[8] = (char)method;
	put32(header + 14, crc);
	put32(header + 18, (uint32_t)data_bytes);
	put32(header + 22, (uint32_t)size_bytes);
	header[26] = 1;
	header[ZIPPED_BYTES - 1] = 'x';
}

struct archive_reader *archive_reader_open_zipped(unsigned method, struct str data, uint64_t size_bytes, uint32_t crc)
{
	bool is_known = method == ZIP_BZIP2 || method == ZIP_LZMA || method == ZIP_ZSTD || method == ZIP_XZ || method == ZIP_PPMD;
	struct archive_reader *reader;

	if (!is_known || data.len == 0 || data.len >= UINT32_MAX || size_bytes >= UINT32_MAX || (reader = reader_new()) == NULL)
		return NULL;
	zipped_header(reader->zipped, method, data.len, size_bytes, crc);
	reader->pieces[0] = (struct str){ reader->zipped, sizeof(reader->zipped) };
	reader->pieces[1] = data;
	if (archive_read_support_format_zip_streamable(reader->archive) == ARCHIVE_OK &&
	    archive_read_open(reader->archive, reader, NULL, give_piece, NULL) == ARCHIVE_OK)
		return reader;
	archive_reader_close(reader);
	return NULL;
}

static struct str text_of(const char *utf8_text, const char *raw)
{
	return str_of(utf8_text != NULL ? utf8_text : raw != NULL ? raw : "");
}

static void describe(struct archive_entry *entry, struct archive_member *ret_member)
{
	*ret_member = (struct archive_member){
		.name = text_of(archive_entry_pathname_utf8(entry), archive_entry_pathname(entry)),
		.link = text_of(archive_entry_symlink_utf8(entry), archive_entry_symlink(entry)),
		.size_bytes = archive_entry_size_is_set(entry) && archive_entry_size(entry) > 0 ? (uint64_t)archive_entry_size(entry) : 0,
		.is_link = archive_entry_filetype(entry) == AE_IFLNK,
		.is_directory = archive_entry_filetype(entry) == AE_IFDIR,
		.is_encrypted = archive_entry_is_encrypted(entry) > 0,
	};
}

static int next_header(struct archive_reader *reader)
{
	int r = ARCHIVE_RETRY;

	for (unsigned i = 0; i < RETRIES_MAX && r == ARCHIVE_RETRY; i++)
		r = archive_read_next_header(reader->archive, &reader->entry);
	return r;
}

enum archive_next archive_reader_next(struct archive_reader *reader, struct archive_member *ret_member)
{
	locale_t before;
	int r;

	if (reader->has_failed)
		return ARCHIVE_NEXT_FAILED;
	before = locale_enter();
	r = next_header(reader);
	if (r == ARCHIVE_OK || r == ARCHIVE_WARN)
		describe(reader->entry, ret_member);
	locale_leave(before);
	switch (r) {
	case ARCHIVE_OK:
	case ARCHIVE_WARN:
		return ARCHIVE_NEXT_MEMBER;
	case ARCHIVE_EOF:
		return ARCHIVE_NEXT_END;
	case ARCHIVE_FAILED:
		return ARCHIVE_NEXT_BROKEN;
	default:
		return ARCHIVE_NEXT_FAILED;
	}
}

/* What follows a member that is broken can be read in most formats. In cabinets libarchive 3.6.2 then goes after a pointer that is none. */
static enum archive_read read_failed(struct archive_reader *reader, la_ssize_t r)
{
	reader->has_failed = r == ARCHIVE_FATAL || reader->is_cab;
	return ARCHIVE_READ_BROKEN;
}

enum archive_read archive_reader_read(struct archive_reader *reader, struct archive_output *output)
{
	char probe;
	la_ssize_t r;

	/* At the end of room that is just enough, the question whether there is more asks for no room. */
	for (;;) {
		bool is_full = output->len == output->size;

		if (is_full)
			r = archive_read_data(reader->archive, &probe, 1);
		else
			r = archive_read_data(reader->archive, output->bytes + output->len, output->size - output->len);
		if (r <= 0)
			return r == 0 ? ARCHIVE_READ_END : read_failed(reader, r);
		if (is_full && !archive_output_grow(output))
			return ARCHIVE_READ_CUT;
		if (is_full)
			output->bytes[output->len] = probe;
		output->len += (size_t)r;
	}
}

bool archive_reader_is_encrypted(const struct archive_reader *reader)
{
	/* It may be asked only of one that was opened. */
	return archive_read_has_encrypted_entries(reader->archive) > 0 || says_encrypted(reader->archive);
}

bool archive_reader_is_out_of_memory(const struct archive_reader *reader)
{
	return archive_errno(reader->archive) == ENOMEM;
}

size_t archive_reader_used(const struct archive_reader *reader, bool is_stream)
{
	la_int64_t used = archive_filter_bytes(reader->archive, is_stream ? -1 : 0);

	return used < 0 ? 0 : (size_t)used;
}

void archive_reader_close(struct archive_reader *reader)
{
	archive_read_free(reader->archive);
	free(reader);
}

/* The locale, and what the C library loads when it first converts a time, cannot be had in the cage. */
int archive_prepare(char problem[UNPACK_PROBLEM_MAX])
{
	if (utf8 != (locale_t)0)
		return 0;
	tzset();
	utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (utf8 != (locale_t)0)
		return 0;
	(void)snprintf(problem, UNPACK_PROBLEM_MAX, "there is no locale C.UTF-8");
	return -ENOENT;
}
