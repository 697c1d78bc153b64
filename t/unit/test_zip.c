/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ZIP archives made by hand: sound ones as real programs write them, and those that two programs read in two ways. */
#include "t/unit/rows.h"

#include <zlib.h>

#include "t/lib/skip.h"
#include "t/unit/archive_bench.h"
#include "t/unit/made_by.h"

#define ENTRIES_MAX 8
#define ROOM ((size_t)4 << 20)
#define BOTH 3
#define LOCAL 1
#define CENTRAL 2

/* A ZIP as it is written; a row's function writes one and then spoils it. */
struct zip_file {
	unsigned char *p;
	size_t len;
	struct {
		const char *name;
		size_t local, data, compressed, size, central;
		unsigned method, flags, crc;
	} entries[ENTRIES_MAX];
	size_t entries_len, first;	/* of the directory now written */
	size_t directory, end;
};

static void put(struct zip_file *zip, const void *bytes, size_t len)
{
	assert_true(zip->len + len <= ROOM);
	memcpy(zip->p + zip->len, bytes, len);
	zip->len += len;
}

static void patch(struct zip_file *zip, size_t at, uint64_t number, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		zip->p[at + i] = (unsigned char)(i < 8 ? number >> 8 * i : 0);
}

static void put16(struct zip_file *zip, uint64_t number)
{
	zip->len += 2;
	patch(zip, zip->len - 2, number, 2);
}

static void put32(struct zip_file *zip, uint64_t number)
{
	zip->len += 4;
	patch(zip, zip->len - 4, number, 4);
}

/* Where fields stand that local and central header both have. */
static void patch_both(struct zip_file *zip, size_t i, unsigned where, size_t local_at, uint64_t number, size_t bytes)
{
	if ((where & LOCAL) != 0)
		patch(zip, zip->entries[i].local + local_at, number, bytes);
	if ((where & CENTRAL) != 0)
		patch(zip, zip->entries[i].central + local_at + 2, number, bytes);
}

#define AT_FLAGS 6
#define AT_METHOD 8
#define AT_CRC 14
#define AT_COMPRESSED 18
#define AT_SIZE 22

static void put_data(struct zip_file *zip, struct str data, unsigned method)
{
	z_stream stream = { .zalloc = Z_NULL };

	if (method != Z_DEFLATED) {
		put(zip, data.p, data.len);
		return;
	}
	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_in = (Bytef *)(uintptr_t)data.p;
	stream.avail_in = (unsigned)data.len;
	stream.next_out = zip->p + zip->len;
	stream.avail_out = (unsigned)(ROOM - zip->len);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	zip->len += stream.total_out;
	deflateEnd(&stream);
}

/* extra: bytes of extra fields in the local header, zeros. With bit 3 of flags sizes are 0, and a descriptor follows. */
static size_t member_put(struct zip_file *zip, const char *name, struct str data, unsigned method, unsigned flags, size_t extra)
{
	size_t i = zip->entries_len++, streamed = flags & 8;

	zip->entries[i].name = name;
	zip->entries[i].local = zip->len;
	zip->entries[i].size = data.len;
	zip->entries[i].method = method;
	zip->entries[i].flags = flags;
	zip->entries[i].crc = (unsigned)crc32(0, (const Bytef *)data.p, (unsigned)data.len);
	put(zip, "PK\3\4\x14\0", 6);
	put16(zip, flags);
	put16(zip, method);
	put32(zip, 0x58215821);
	put32(zip, streamed ? 0 : zip->entries[i].crc);
	put32(zip, 0);
	put32(zip, streamed ? 0 : data.len);
	put16(zip, strlen(name));
	put16(zip, extra);
	put(zip, name, strlen(name));
	memset(zip->p + zip->len, 0, extra);
	zip->len += extra;
	zip->entries[i].data = zip->len;
	put_data(zip, data, method);
	zip->entries[i].compressed = zip->len - zip->entries[i].data;
	if (!streamed) {
		patch(zip, zip->entries[i].local + AT_COMPRESSED, zip->entries[i].compressed, 4);
		return i;
	}
	put(zip, "PK\7\10", 4);
	put32(zip, zip->entries[i].crc);
	put32(zip, zip->entries[i].compressed);
	put32(zip, data.len);
	return i;
}

static size_t member(struct zip_file *zip, const char *name, struct str data)
{
	return member_put(zip, name, data, Z_DEFLATED, 0, 0);
}

static void central_put(struct zip_file *zip, size_t i, size_t base)
{
	zip->entries[i].central = zip->len;
	put(zip, "PK\1\2\x14\0\x14\0", 8);
	put16(zip, zip->entries[i].flags);
	put16(zip, zip->entries[i].method);
	put32(zip, 0x58215821);
	put32(zip, zip->entries[i].crc);
	put32(zip, zip->entries[i].compressed);
	put32(zip, zip->entries[i].size);
	put16(zip, strlen(zip->entries[i].name));
	put(zip, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
	put32(zip, zip->entries[i].local - base);
	put(zip, zip->entries[i].name, strlen(zip->entries[i].name));
}

static void end_put(struct zip_file *zip, size_t base, const char *comment)
{
	zip->end = zip->len;
	put(zip, "PK\5\6\0\0\0\0", 8);
	put16(zip, zip->entries_len - zip->first);
	put16(zip, zip->entries_len - zip->first);
	put32(zip, zip->end - zip->directory);
	put32(zip, zip->directory - base);
	put16(zip, strlen(comment));
	put(zip, comment, strlen(comment));
}

/* The directory of all members since the last one, and its end. base: where offsets count from. */
static void finish(struct zip_file *zip, size_t base)
{
	zip->directory = zip->len;
	for (size_t i = zip->first; i < zip->entries_len; i++)
		central_put(zip, i, base);
	end_put(zip, base, "");
	zip->first = zip->entries_len;
}

static const struct str evil = { BENCH_EVIL, sizeof(BENCH_EVIL) - 1 };
#define GOOD STR("just a letter, and nothing else in it: just a letter\n")

/* The sound ones. */

static void one_deflated(struct zip_file *zip)
{
	(void)member(zip, "evil.com", evil);
	(void)member(zip, "letter.txt", GOOD);
	finish(zip, 0);
}

static void one_stored(struct zip_file *zip)
{
	(void)member_put(zip, "evil.com", evil, 0, 0, 0);
	finish(zip, 0);
}

static void nothing_in_it(struct zip_file *zip)
{
	finish(zip, 0);
}

static void streamed(struct zip_file *zip)
{
	(void)member_put(zip, "evil.com", evil, Z_DEFLATED, 8, 0);
	(void)member_put(zip, "a/", STR(""), 0, 0, 0);
	(void)member_put(zip, "a/letter.txt", GOOD, Z_DEFLATED, 8, 16);
	(void)member_put(zip, "a/empty.txt", STR(""), Z_DEFLATED, 8, 16);
	finish(zip, 0);
}

static void streamed_without_signature(struct zip_file *zip)
{
	size_t i = member_put(zip, "evil.com", evil, Z_DEFLATED, 8, 0);
	size_t at = zip->entries[i].data + zip->entries[i].compressed;

	memmove(zip->p + at, zip->p + at + 4, 12);
	zip->len -= 4;
	(void)member(zip, "letter.txt", GOOD);
	finish(zip, 0);
}

static void streamed_64(struct zip_file *zip)
{
	size_t i = member_put(zip, "evil.com", evil, Z_DEFLATED, 8, 0);

	zip->len -= 8;
	put32(zip, zip->entries[i].compressed);
	put32(zip, 0);
	put32(zip, zip->entries[i].size);
	put32(zip, 0);
	(void)member(zip, "letter.txt", GOOD);
	finish(zip, 0);
}

static void aligned(struct zip_file *zip)
{
	(void)member_put(zip, "evil.com", evil, 0, 0, 3);
	(void)member_put(zip, "letter.txt", GOOD, Z_DEFLATED, 0, 4096);
	finish(zip, 0);
}

static void android(struct zip_file *zip)
{
	one_stored(zip);
	zip->len = zip->directory;
	put32(zip, 24 + 4096);
	put32(zip, 0);
	memset(zip->p + zip->len, 'x', 4096);
	zip->len += 4096;
	put32(zip, 24 + 4096);
	put32(zip, 0);
	put(zip, "APK Sig Block 42", 16);
	zip->first = 0;
	finish(zip, 0);
}

static void comment(struct zip_file *zip)
{
	(void)member(zip, "evil.com", evil);
	finish(zip, 0);
	zip->len = zip->end;
	zip->first = 0;
	end_put(zip, 0, "Made by a program that likes to say so. PK, it says.");
}

static void zip64(struct zip_file *zip)
{
	size_t directory, end;

	(void)member(zip, "evil.com", evil);
	finish(zip, 0);
	directory = zip->directory;
	end = zip->len = zip->end;
	put(zip, "PK\6\6\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", 40);
	put32(zip, end - directory);
	put32(zip, 0);
	put32(zip, directory);
	put32(zip, 0);
	put(zip, "PK\6\7\0\0\0\0", 8);
	put32(zip, end);
	put(zip, "\0\0\0\0\1\0\0\0", 8);
	zip->end = zip->len;
	put(zip, "PK\5\6\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0", 22);
}

static void nested(struct zip_file *zip)
{
	struct zip_file inner = { .p = calloc(1, ROOM) };

	(void)member_put(&inner, "evil.com", evil, 0, 0, 0);
	(void)member_put(&inner, "letter.txt", GOOD, Z_DEFLATED, 8, 0);
	finish(&inner, 0);
	(void)member_put(zip, "inner.zip", (struct str){ (char *)inner.p, inner.len }, 0, 0, 0);
	finish(zip, 0);
	free(inner.p);
}

static void nested_streamed(struct zip_file *zip)
{
	struct zip_file inner = { .p = calloc(1, ROOM) };

	(void)member_put(&inner, "evil.com", evil, Z_DEFLATED, 8, 0);
	finish(&inner, 0);
	(void)member_put(zip, "inner.zip", (struct str){ (char *)inner.p, inner.len }, 0, 8, 0);
	finish(zip, 0);
	free(inner.p);
}

static void padded_with_zeros(struct zip_file *zip)
{
	one_deflated(zip);
	memset(zip->p + zip->len, 0, 512);
	zip->len += 512;
}

static void line_end_behind(struct zip_file *zip)
{
	one_deflated(zip);
	put(zip, "\r\n", 2);
}

static void span_marker(struct zip_file *zip)
{
	put(zip, "PK00", 4);
	one_deflated(zip);
}

static void stub(struct zip_file *zip, size_t base)
{
	unsigned char header[64] = "MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40\0";

	header[60] = 64;
	put(zip, header, 64);
	put(zip, "PE\0\0\x4c\1\1\0", 8);
	memset(zip->p + zip->len, 0xcc, 2000);
	zip->len += 2000;
	put(zip, "\x3d" "PK\3\4\x0f\x85\1\2\0\0", 11);		/* a comparison in its code */
	memset(zip->p + zip->len, 0x90, 500);
	zip->len += 500;
	(void)member(zip, "evil.com", evil);
	finish(zip, base == 0 ? 0 : zip->entries[0].local);
}

static void behind_a_program(struct zip_file *zip)
{
	stub(zip, 0);
}

static void behind_a_program_not_adjusted(struct zip_file *zip)
{
	stub(zip, 1);
}

static void same_directory_twice(struct zip_file *zip)
{
	(void)member_put(zip, "META-INF/", STR(""), 0, 0, 0);
	(void)member_put(zip, "META-INF/", STR(""), 0, 0, 0);
	(void)member(zip, "META-INF/LICENSE", GOOD);
	(void)member(zip, "META-INF/LICENSE", STR("another license of another part"));
	(void)member(zip, "evil.com", evil);
	(void)member(zip, "evil.com", evil);
	finish(zip, 0);
}

/* Those that are read in two ways. */

static void a_and_b(struct zip_file *zip)
{
	one_deflated(zip);
	(void)member(zip, "b.txt", GOOD);
	finish(zip, zip->entries[2].local);
}

static void b_and_a(struct zip_file *zip)
{
	(void)member(zip, "b.txt", GOOD);
	finish(zip, 0);
	(void)member(zip, "evil.com", evil);
	finish(zip, zip->entries[1].local);
}

static void a_and_b_adjusted(struct zip_file *zip)
{
	one_deflated(zip);
	(void)member(zip, "b.txt", GOOD);
	finish(zip, 0);
}

static void data_before(struct zip_file *zip)
{
	put(zip, "GIF89a, or so it seems", 22);
	(void)member(zip, "evil.com", evil);
	finish(zip, 0);
}

static void data_behind(struct zip_file *zip)
{
	(void)member(zip, "b.txt", GOOD);
	finish(zip, 0);
	put(zip, evil.p, evil.len);
}

static void end_in_a_comment(struct zip_file *zip)
{
	size_t comment_at;

	one_deflated(zip);
	comment_at = zip->len;
	put(zip, "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
	patch(zip, zip->end + 20, zip->len - comment_at, 2);
}

static void archive_in_a_comment(struct zip_file *zip)
{
	size_t end;

	(void)member(zip, "letter.txt", GOOD);
	finish(zip, 0);
	end = zip->end;
	(void)member(zip, "evil.com", evil);
	finish(zip, 0);
	patch(zip, end + 20, zip->len - end - 22, 2);
}

static void two_ends(struct zip_file *zip)
{
	size_t start;

	one_deflated(zip);
	(void)member(zip, "b.txt", GOOD);
	start = zip->len;
	zip->directory = start;
	central_put(zip, 2, 0);
	end_put(zip, 0, "");
}

static void end_with_a_wrong_offset(struct zip_file *zip)
{
	one_deflated(zip);
	patch(zip, zip->end + 16, zip->directory - 10, 4);
}

static void end_with_a_wrong_size(struct zip_file *zip)
{
	one_deflated(zip);
	patch(zip, zip->end + 12, 7, 4);
}

static void end_without_entries(struct zip_file *zip)
{
	one_deflated(zip);
	patch(zip, zip->end + 8, 0, 4);
}

static void end_of_nothing(struct zip_file *zip)
{
	one_deflated(zip);
	patch(zip, zip->end + 8, 0, 12);
}

static void end_with_one_entry_less(struct zip_file *zip)
{
	(void)member(zip, "letter.txt", GOOD);
	one_deflated(zip);
	patch(zip, zip->end + 8, 1, 2);
	patch(zip, zip->end + 10, 1, 2);
}

static void no_directory(struct zip_file *zip)
{
	one_deflated(zip);
	zip->len = zip->directory;
}

static void no_directory_but_an_end(struct zip_file *zip)
{
	one_deflated(zip);
	memmove(zip->p + zip->directory, zip->p + zip->end, 22);
	zip->len = zip->directory + 22;
}

static void not_in_the_directory(struct zip_file *zip)
{
	(void)member(zip, "letter.txt", GOOD);
	(void)member(zip, "evil.com", evil);
	zip->entries_len = 1;
	finish(zip, 0);
}

static void behind_the_directory(struct zip_file *zip)
{
	size_t directory;

	(void)member(zip, "letter.txt", GOOD);
	finish(zip, 0);
	directory = zip->directory;
	zip->len = zip->end;
	(void)member(zip, "evil.com", evil);
	zip->entries_len = 1;
	zip->first = 0;
	zip->directory = directory;
	end_put(zip, 0, "");
	patch(zip, zip->end + 12, 46 + 10, 4);
}

static void directory_in_a_member(struct zip_file *zip)
{
	struct zip_file inner = { .p = calloc(1, ROOM) };
	size_t evil_at;

	(void)member(zip, "letter.txt", GOOD);
	evil_at = zip->len + 30 + strlen("data.bin");
	(void)member(&inner, "evil.com", evil);
	inner.directory = inner.len;
	inner.entries[0].local = evil_at;
	central_put(&inner, 0, 0);
	(void)member_put(zip, "data.bin", (struct str){ (char *)inner.p, inner.len }, 0, 0, 0);
	finish(zip, 0);
	patch(zip, zip->end + 16, evil_at + inner.directory, 4);
	free(inner.p);
}

static void zip64_that_says_other_things(struct zip_file *zip)
{
	size_t other;

	(void)member(zip, "evil.com", evil);
	other = zip->len;
	central_put(zip, 0, 0);
	zip->first = 1;
	(void)member(zip, "letter.txt", GOOD);
	zip->directory = zip->len;
	central_put(zip, 1, 0);
	zip->end = zip->len;
	put(zip, "PK\6\6\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", 40);
	put32(zip, 46 + 8);
	put32(zip, 0);
	put32(zip, other);
	put32(zip, 0);
	put(zip, "PK\6\7\0\0\0\0", 8);
	put32(zip, zip->end);
	put(zip, "\0\0\0\0\1\0\0\0", 8);
	put(zip, "PK\5\6\0\0\0\0\1\0\1\0", 12);
	put32(zip, zip->end - zip->directory);
	put32(zip, zip->directory);
	put16(zip, 0);
}

static void two_names(struct zip_file *zip)
{
	one_deflated(zip);
	memcpy(zip->p + zip->entries[0].local + 30, "evil.txt", 8);
}

static void stored_here_deflated_there(struct zip_file *zip)
{
	one_deflated(zip);
	patch_both(zip, 0, CENTRAL, AT_METHOD, 0, 2);
}

static void deflated_here_stored_there(struct zip_file *zip)
{
	one_deflated(zip);
	patch_both(zip, 0, LOCAL, AT_METHOD, 0, 2);
}

static void size_0_in_the_directory(struct zip_file *zip)
{
	(void)member_put(zip, "evil.com", evil, Z_DEFLATED, 8, 0);
	finish(zip, 0);
	patch_both(zip, 0, CENTRAL, AT_COMPRESSED, 0, 8);
}

static void size_0_stored(struct zip_file *zip)
{
	(void)member_put(zip, "evil.com", evil, 0, 8, 0);
	finish(zip, 0);
	patch_both(zip, 0, CENTRAL, AT_COMPRESSED, 0, 8);
}

static void size_0_in_the_local_header(struct zip_file *zip)
{
	one_deflated(zip);
	patch_both(zip, 0, LOCAL, AT_COMPRESSED, 0, 8);
}

static void directory_with_bytes(struct zip_file *zip)
{
	(void)member_put(zip, "evil.com/", evil, Z_DEFLATED, 8, 0);
	finish(zip, 0);
	patch_both(zip, 0, CENTRAL, AT_COMPRESSED, 0, 8);
}

static void shorter_than_it_is(struct zip_file *zip)
{
	char text[200];

	memset(text, 'x', sizeof(text));
	memcpy(text, evil.p, evil.len);
	(void)member(zip, "evil.com", (struct str){ text, sizeof(text) });
	finish(zip, 0);
	patch_both(zip, 0, BOTH, AT_SIZE, evil.len, 4);
	patch_both(zip, 0, BOTH, AT_CRC, crc32(0, (const Bytef *)evil.p, (unsigned)evil.len), 4);
}

static void longer_than_it_is(struct zip_file *zip)
{
	one_deflated(zip);
	patch_both(zip, 0, BOTH, AT_SIZE, 1000, 4);
}

static void stored_with_two_sizes(struct zip_file *zip)
{
	char text[200];

	memset(text, 'x', sizeof(text));
	memcpy(text, evil.p, evil.len);
	(void)member_put(zip, "evil.com", (struct str){ text, sizeof(text) }, 0, 0, 0);
	finish(zip, 0);
	patch_both(zip, 0, LOCAL, AT_SIZE, evil.len, 4);
	patch_both(zip, 0, LOCAL, AT_COMPRESSED, evil.len, 4);
}

static void two_checksums(struct zip_file *zip)
{
	one_deflated(zip);
	patch_both(zip, 0, LOCAL, AT_CRC, 77, 4);
}

static void a_wrong_checksum(struct zip_file *zip)
{
	one_deflated(zip);
	patch_both(zip, 0, BOTH, AT_CRC, 77, 4);
}

static void one_name_for_two(struct zip_file *zip)
{
	(void)member(zip, "a.com", GOOD);
	(void)member(zip, "b.txt", GOOD);
	(void)member(zip, "a.com", evil);
	finish(zip, 0);
}

static void bytes_behind_a_stream(struct zip_file *zip)
{
	struct zip_file inner = { .p = calloc(1, ROOM) };
	size_t i = member(zip, "letter.txt", GOOD);

	(void)member(&inner, "evil.com", evil);
	put(zip, inner.p, inner.len);
	zip->entries[i].compressed = zip->len - zip->entries[i].data;
	patch(zip, zip->entries[i].local + AT_COMPRESSED, zip->entries[i].compressed, 4);
	finish(zip, 0);
	free(inner.p);
}

static void an_early_descriptor(struct zip_file *zip)
{
	char text[300];

	memset(text, 'x', sizeof(text));
	memcpy(text, evil.p, evil.len);
	memcpy(text + evil.len, "PK\7\10" "abcd" "\x44\0\0\0\x44\0\0\0", 16);
	assert_int_equal(evil.len, 0x44);
	(void)member_put(zip, "evil.com", (struct str){ text, sizeof(text) }, 0, 8, 0);
	finish(zip, 0);
}

static void overlapping(struct zip_file *zip)
{
	(void)member(zip, "evil.com", evil);
	zip->directory = zip->len;
	central_put(zip, 0, 0);
	central_put(zip, 0, 0);
	zip->entries_len = 2;
	end_put(zip, 0, "");
}

static void an_entry_that_leads_nowhere(struct zip_file *zip)
{
	one_deflated(zip);
	memcpy(zip->p + zip->entries[0].local, "QQQQ", 4);
}

static void a_unicode_name(struct zip_file *zip)
{
	size_t i = member_put(zip, "letter.txt", evil, Z_DEFLATED, 0, 4 + 5 + 8);
	size_t extra = zip->entries[i].local + 30 + 10;

	memcpy(zip->p + extra, "\x75\x70\x0d\0\1cccc" "evil.com", 17);
	finish(zip, 0);
}

/* Encryption. */

static void called_encrypted_in_the_directory(struct zip_file *zip)
{
	one_deflated(zip);
	patch_both(zip, 0, CENTRAL, AT_FLAGS, 1, 2);
}

static void called_encrypted_in_the_local_header(struct zip_file *zip)
{
	one_deflated(zip);
	patch_both(zip, 0, LOCAL, AT_FLAGS, 1, 2);
}

static void called_encrypted_but_is_not(struct zip_file *zip)
{
	one_deflated(zip);
	patch_both(zip, 0, BOTH, AT_FLAGS, 1, 2);
}

static void is_encrypted(struct zip_file *zip)
{
	size_t i = member_put(zip, "evil.com", STR("abcdefghijkl it could be this, nobody knows"), 0, 1, 0);

	zip->entries[i].size -= 12;
	zip->entries[i].crc = 77;
	patch(zip, zip->entries[i].local + AT_SIZE, zip->entries[i].size, 4);
	patch(zip, zip->entries[i].local + AT_CRC, 77, 4);
	finish(zip, 0);
}

static void is_encrypted_by_aes(struct zip_file *zip)
{
	size_t i = member_put(zip, "evil.com", STR("abcdefghijkl it could be this, nobody knows"), 99, 1, 11);

	memcpy(zip->p + zip->entries[i].local + 38, "\1\x99\7\0\2\0AE\3\10\0", 11);
	finish(zip, 0);
}

static void directory_is_encrypted(struct zip_file *zip)
{
	size_t i = member_put(zip, "1", STR("abcdefghijkl it could be this, nobody knows"), 8, 0x2041, 0);

	zip->entries[i].size = 99;
	patch(zip, zip->entries[i].local + AT_CRC, 0, 12);
	zip->directory = zip->len;
	put(zip, "PK\6\10\4\0\0\0abcd", 12);
	put(zip, "encrypted directory that nobody can read without the key", 56);
	end_put(zip, 0, "");
}

static void flag_of_one_and_no_password(struct zip_file *zip)
{
	is_encrypted(zip);
	patch_both(zip, 0, LOCAL, AT_FLAGS, 0, 2);
}

static void neither_says_encrypted(struct zip_file *zip)
{
	is_encrypted(zip);
	patch_both(zip, 0, BOTH, AT_FLAGS, 0, 2);
	patch_both(zip, 0, BOTH, AT_SIZE, zip->entries[0].compressed, 4);
}

static void volume(struct zip_file *zip)
{
	one_deflated(zip);
	patch(zip, zip->end + 4, 0x00010001, 4);
}

static void first_volume(struct zip_file *zip)
{
	one_deflated(zip);
	zip->len = zip->entries[0].data + 5;
}

static void unknown_method(struct zip_file *zip)
{
	one_deflated(zip);
	patch_both(zip, 0, BOTH, AT_METHOD, 9, 2);
}

static void broken_stream(struct zip_file *zip)
{
	one_deflated(zip);
	memset(zip->p + zip->entries[0].data, 0xff, 4);
}

static void path_upwards(struct zip_file *zip)
{
	(void)member(zip, "../../../evil.com", evil);
	(void)member(zip, "/abs/letter.txt", GOOD);
	(void)member(zip, "C:\\x\\letter.txt", GOOD);
	finish(zip, 0);
}

#define ENCRYPTED (1u << MARK_ENCRYPTED)
#define UNREADABLE (1u << MARK_UNREADABLE)

static const struct layout {
	const char *name;
	void (*make)(struct zip_file *zip);
	bool is_ambiguous;
	unsigned marks;		/* encrypted, unreadable */
	bool no_evil;		/* not to be found */
} layouts[] = {
	{ "sound_one_deflated", one_deflated, false, 0, false },
	{ "sound_one_stored", one_stored, false, 0, false },
	{ "sound_empty", nothing_in_it, false, 0, true },
	{ "sound_streamed", streamed, false, 0, false },
	{ "sound_streamed_without_signature", streamed_without_signature, false, 0, false },
	{ "sound_streamed_64", streamed_64, false, 0, false },
	{ "sound_aligned", aligned, false, 0, false },
	{ "sound_android_signature", android, false, 0, false },
	{ "sound_comment", comment, false, 0, false },
	{ "sound_zip64", zip64, false, 0, false },
	{ "sound_nested", nested, false, 0, false },
	{ "sound_nested_streamed", nested_streamed, false, 0, false },
	{ "sound_padded", padded_with_zeros, false, 0, false },
	{ "sound_line_end_behind", line_end_behind, false, 0, false },
	{ "sound_span_marker", span_marker, false, 0, false },
	{ "sound_behind_a_program", behind_a_program, false, 0, false },
	{ "sound_behind_a_program_not_adjusted", behind_a_program_not_adjusted, false, 0, false },
	{ "sound_names_twice_that_do_not_matter", same_directory_twice, false, 0, false },
	{ "sound_path_upwards_ATT_02", path_upwards, false, 0, false },
	{ "sound_unicode_name_ATT_02", a_unicode_name, false, 0, false },

	{ "a_and_b_ATT_01", a_and_b, true, 0, false },
	{ "b_and_a_ATT_01", b_and_a, true, 0, false },
	{ "a_and_b_adjusted_ATT_01", a_and_b_adjusted, true, 0, false },
	{ "data_before_ATT_01", data_before, true, 0, false },
	{ "data_behind_ATT_01", data_behind, true, 0, false },
	{ "end_in_a_comment_ATT_01", end_in_a_comment, true, 0, false },
	{ "archive_in_a_comment_ATT_01", archive_in_a_comment, true, 0, false },
	{ "two_ends_ATT_01", two_ends, true, 0, false },
	{ "end_with_a_wrong_offset_ATT_01", end_with_a_wrong_offset, true, 0, false },
	{ "end_with_a_wrong_size_ATT_01", end_with_a_wrong_size, true, 0, false },
	{ "end_without_entries_ATT_01", end_without_entries, true, 0, false },
	{ "end_of_nothing_ATT_01", end_of_nothing, true, 0, false },
	{ "end_with_one_entry_less_ATT_01", end_with_one_entry_less, true, 0, false },
	{ "no_directory_ATT_01", no_directory, true, UNREADABLE, false },
	{ "no_directory_but_an_end_ATT_01", no_directory_but_an_end, true, UNREADABLE, false },
	{ "not_in_the_directory_ATT_01", not_in_the_directory, true, 0, false },
	{ "behind_the_directory_ATT_01", behind_the_directory, true, 0, false },
	{ "directory_in_a_member_ATT_01", directory_in_a_member, true, UNREADABLE, false },
	{ "zip64_that_says_other_things_ATT_01", zip64_that_says_other_things, true, 0, false },

	{ "two_names_ATT_02", two_names, true, 0, false },
	{ "stored_here_deflated_there_ATT_02", stored_here_deflated_there, true, UNREADABLE, false },
	{ "deflated_here_stored_there_ATT_02", deflated_here_stored_there, true, UNREADABLE, false },
	{ "size_0_in_the_directory_ATT_02", size_0_in_the_directory, true, UNREADABLE, false },
	{ "size_0_stored_ATT_02", size_0_stored, true, UNREADABLE, false },
	{ "size_0_in_the_local_header_ATT_02", size_0_in_the_local_header, true, UNREADABLE, false },
	{ "directory_with_bytes_ATT_02", directory_with_bytes, true, UNREADABLE, false },
	{ "shorter_than_it_is_ATT_02", shorter_than_it_is, true, UNREADABLE, false },
	{ "longer_than_it_is_ATT_02", longer_than_it_is, true, 0, false },
	{ "stored_with_two_sizes_ATT_02", stored_with_two_sizes, true, UNREADABLE, false },
	{ "two_checksums_ATT_02", two_checksums, true, 0, false },
	{ "a_wrong_checksum_ATT_02", a_wrong_checksum, false, UNREADABLE, false },
	{ "one_name_for_two_ATT_02", one_name_for_two, true, 0, false },
	{ "bytes_behind_a_stream_ATT_02", bytes_behind_a_stream, true, 0, false },
	{ "an_early_descriptor_ATT_02", an_early_descriptor, true, 0, false },
	{ "overlapping_ATT_04", overlapping, true, 0, false },
	{ "an_entry_that_leads_nowhere_ATT_02", an_entry_that_leads_nowhere, true, 0, false },

	{ "called_encrypted_in_the_directory_ATT_03", called_encrypted_in_the_directory, true, ENCRYPTED, false },
	{ "called_encrypted_in_the_local_header_ATT_03", called_encrypted_in_the_local_header, true, ENCRYPTED, false },
	{ "called_encrypted_but_is_not_ATT_03", called_encrypted_but_is_not, true, ENCRYPTED, false },
	{ "is_encrypted_ATT_03", is_encrypted, false, ENCRYPTED, true },
	{ "is_encrypted_by_aes_ATT_03", is_encrypted_by_aes, false, ENCRYPTED, true },
	{ "directory_is_encrypted_ATT_03", directory_is_encrypted, true, ENCRYPTED | UNREADABLE, true },
	{ "flag_of_one_and_no_password_ATT_03", flag_of_one_and_no_password, true, ENCRYPTED, true },
	{ "neither_says_encrypted_ATT_03", neither_says_encrypted, false, UNREADABLE, true },
	{ "volume_ATT_05", volume, false, UNREADABLE, false },
	{ "first_volume_ATT_05", first_volume, true, UNREADABLE, true },
	{ "unknown_method_ATT_05", unknown_method, false, UNREADABLE, true },
	{ "broken_stream_ATT_05", broken_stream, false, UNREADABLE, true },
};

static void check_layout(void **state)
{
	const struct layout *row = *state;
	struct zip_file zip = { .p = calloc(1, ROOM) };
	struct bench bench;

	bench_start(&bench);
	row->make(&zip);
	bench_look(&bench, (struct str){ (char *)zip.p, zip.len }, "a.zip");
	if (bench_is_ambiguous(&bench, AMBIGUITY_ZIP) != row->is_ambiguous)
		print_message("# %s\n", bench.inventory.ambiguity_details[AMBIGUITY_ZIP]);
	assert_int_equal(bench_is_ambiguous(&bench, AMBIGUITY_ZIP), row->is_ambiguous);
	assert_int_equal(bench_marks(&bench), row->marks);
	assert_int_equal(bench.evil > 0, !row->no_evil);
	assert_int_equal(bench.inventory.limits, 0);
	bench_end(&bench);
	free(zip.p);
}

/* Names: both views' and the extra field's. */
static const struct named {
	const char *name;
	void (*make)(struct zip_file *zip);
	const char *extensions[2];
} named[] = {
	{ "two_names_are_both_seen_ATT_02", two_names, { "com", "txt" } },
	{ "a_unicode_name_is_seen_NAME_07", a_unicode_name, { "com", "txt" } },
	{ "of_an_encrypted_member_ATT_03", is_encrypted, { "com", "com" } },
	{ "of_an_unreadable_member_ATT_05", unknown_method, { "com", "txt" } },
	{ "without_its_path_ATT_02", path_upwards, { "com", "txt" } },
	{ "of_what_is_not_in_the_directory_ATT_01", not_in_the_directory, { "com", "txt" } },
	{ "of_an_entry_that_leads_nowhere_ATT_02", an_entry_that_leads_nowhere, { "com", "txt" } },
};

static void check_named(void **state)
{
	const struct named *row = *state;
	struct zip_file zip = { .p = calloc(1, ROOM) };
	struct bench bench;

	bench_start(&bench);
	row->make(&zip);
	bench_look(&bench, (struct str){ (char *)zip.p, zip.len }, "a.zip");
	for (size_t i = 0; i < 2; i++)
		assert_true(bench_has_extension(&bench, row->extensions[i]));
	bench_end(&bench);
	free(zip.p);
}

/* Bombs: a limit is noted, and little is done. */

static char zeros[1 << 20];

/* Zeros deflated once, as many times over as it takes: a stream of zeros has a block that can be said again. */
static void put_zeros(struct zip_file *zip, const char *name, size_t megabytes)
{
	size_t i = member_put(zip, name, STR(""), 0, 0, 0), data = zip->len;
	z_stream stream = { .zalloc = Z_NULL };

	zip->entries[i].method = Z_DEFLATED;
	patch(zip, zip->entries[i].local + AT_METHOD, Z_DEFLATED, 2);
	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_out = zip->p + zip->len;
	stream.avail_out = (unsigned)(ROOM - zip->len);
	for (size_t n = 0; n < megabytes; n++) {
		stream.next_in = (Bytef *)zeros;
		stream.avail_in = sizeof(zeros);
		(void)deflate(&stream, n + 1 == megabytes ? Z_FINISH : Z_NO_FLUSH);
		zip->entries[i].crc = (unsigned)crc32(zip->entries[i].crc, (const Bytef *)zeros, sizeof(zeros));
	}
	zip->len += stream.total_out;
	deflateEnd(&stream);
	zip->entries[i].compressed = zip->len - data;
	zip->entries[i].size = megabytes * sizeof(zeros);
	patch(zip, zip->entries[i].local + AT_CRC, zip->entries[i].crc, 4);
	patch(zip, zip->entries[i].local + AT_COMPRESSED, zip->entries[i].compressed, 4);
	patch(zip, zip->entries[i].local + AT_SIZE, zip->entries[i].size, 4);
}

static void zeros_500_mb(struct zip_file *zip)
{
	put_zeros(zip, "zeros.bin", 500);
	finish(zip, 0);
}

static void zeros_500_mb_that_lie(struct zip_file *zip)
{
	zeros_500_mb(zip);
	patch_both(zip, 0, BOTH, AT_SIZE, 1000, 4);
}

static void zeros_500_mb_streamed(struct zip_file *zip)
{
	zeros_500_mb(zip);
	patch_both(zip, 0, BOTH, AT_FLAGS, 8, 2);
	patch_both(zip, 0, LOCAL, AT_CRC, 0, 12);
}

static void zeros_in_parts(struct zip_file *zip)
{
	for (int i = 0; i < 8; i++)
		put_zeros(zip, "zeros.bin", 40);
	finish(zip, 0);
}

/* All members are one, as in "A better zip bomb" (Fifield 2019): each local header covers those behind it. */
static void kernel(struct zip_file *zip)
{
	put_zeros(zip, "zeros.bin", 20);
	zip->directory = zip->len;
	for (int i = 0; i < 5000; i++)
		central_put(zip, 0, 0);
	end_put(zip, 0, "");
	patch(zip, zip->end + 8, 5000 | 5000 << 16, 4);
}

/* 4 MB of local headers, each of which says that all the rest is its data. */
static void headers_only(struct zip_file *zip)
{
	while (zip->len + 100 < ROOM) {
		zip->entries_len = 0;
		(void)member_put(zip, "x", STR(""), 0, 0, 0);
		patch(zip, zip->entries[0].local + AT_COMPRESSED, ROOM - 200, 4);
	}
}

static void streamed_headers_only(struct zip_file *zip)
{
	while (zip->len + 100 < ROOM) {
		zip->entries_len = 0;
		(void)member_put(zip, "x", STR("PK\7\10"), 0, 8, 0);
		zip->len -= 16;
	}
}

static void deflated_headers_only(struct zip_file *zip)
{
	while (zip->len + 100 < ROOM) {
		zip->entries_len = 0;
		(void)member_put(zip, "x", STR(""), 0, 8, 0);
		zip->len -= 16;
		patch(zip, zip->entries[0].local + AT_METHOD, 8, 2);
	}
}

static void ends_only(struct zip_file *zip)
{
	while (zip->len + 100 < ROOM)
		end_put(zip, 0, "");
}

static void entries_only(struct zip_file *zip)
{
	(void)member(zip, "evil.com", evil);
	while (zip->len + 100 < ROOM)
		central_put(zip, 0, 0);
}

static void signatures_only(struct zip_file *zip)
{
	(void)member(zip, "evil.com", evil);
	while (zip->len + 100 < ROOM)
		put(zip, "PKPKPK\3\4PK\5\6PK\1\2", 16);
	finish(zip, 0);
}

static const struct bomb {
	const char *name;
	void (*make)(struct zip_file *zip);
	unsigned limits;	/* one of these is hit; 0: it is ambiguous */
} bombs[] = {
	{ "bomb_zeros_ATT_04", zeros_500_mb, 1u << UNPACK_SIZE | 1u << UNPACK_RATIO },
	{ "bomb_zeros_that_lie_ATT_04", zeros_500_mb_that_lie, 1u << UNPACK_SIZE | 1u << UNPACK_RATIO },
	{ "bomb_zeros_streamed_ATT_04", zeros_500_mb_streamed, 1u << UNPACK_SIZE | 1u << UNPACK_RATIO },
	{ "bomb_zeros_in_parts_ATT_04", zeros_in_parts, 1u << UNPACK_RATIO },
	{ "bomb_overlapping_ATT_04", kernel, 1u << UNPACK_RATIO },
	{ "bomb_headers_only_ATT_04", headers_only, 1u << UNPACK_RATIO },
	{ "bomb_streamed_headers_only_ATT_04", streamed_headers_only, 1u << UNPACK_RATIO | 1u << UNPACK_MEMBERS },
	{ "bomb_deflated_headers_only_ATT_04", deflated_headers_only, 1u << UNPACK_RATIO | 1u << UNPACK_MEMBERS },
	{ "bomb_entries_only_ATT_04", entries_only, 1u << UNPACK_MEMBERS },
	{ "bomb_ends_only_ATT_04", ends_only, 0 },
	{ "bomb_signatures_only_ATT_04", signatures_only, 0 },
};

static void check_bomb(void **state)
{
	const struct bomb *row = *state;
	struct zip_file zip = { .p = calloc(1, ROOM) };
	struct bench bench;

	bench_start(&bench);
	row->make(&zip);
	bench_look(&bench, (struct str){ (char *)zip.p, zip.len }, "a.zip");
	if (row->limits == 0)
		assert_true(bench_is_ambiguous(&bench, AMBIGUITY_ZIP));
	else
		assert_true((bench.inventory.limits & row->limits) != 0);
	assert_true(bench.inventory.bytes <= 16 * zip.len + bench.limits.member_bytes * 3);
	assert_int_equal(bench.inventory.limits & 1u << UNPACK_TIME, 0);
	bench_end(&bench);
	free(zip.p);
}

/* What real programs write. They run in a directory with the files; $OUT is what they are to make. */
static const struct program {
	const char *name, *program, *command;
	unsigned marks;
	bool no_evil;
} programs[] = {
	{ "made_by_info_zip", "zip", "zip -qr $OUT .", 0, false },
	{ "made_by_info_zip_into_a_pipe", "zip", "zip -qr - . | cat >$OUT", 0, false },
	{ "made_by_info_zip_from_a_pipe", "zip", "cat evil.com | zip -q $OUT - evil.com", 0, false },
	{ "made_by_info_zip_stored", "zip", "zip -q0r $OUT .", 0, false },
	{ "made_by_info_zip_with_zip64", "zip", "zip -q -fz $OUT evil.com letter.txt", 0, false },
	{ "made_by_info_zip_with_links", "zip", "zip -qry $OUT .", 0, false },
	{ "made_by_info_zip_with_a_comment", "zip", "zip -qr $OUT . && echo hello there | zip -qz $OUT", 0, false },
	{ "made_by_info_zip_and_changed", "zip", "zip -qr $OUT . && zip -qd $OUT letter.txt && echo x >new.txt && zip -q $OUT new.txt", 0, false },
	{ "made_by_info_zip_by_bzip2", "zip", "zip -qr -Z bzip2 $OUT .", 0, false },
	{ "made_by_info_zip_without_anything", "zip", "zip -qr $OUT letter.txt && zip -qd $OUT letter.txt; test -e $OUT || printf 'PK\\5\\6"
	  "\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0' >$OUT", 0, true },
	{ "made_by_info_zip_encrypted_ATT_03", "zip", "zip -qr -P secret $OUT evil.com letter.txt", ENCRYPTED, true },
	{ "made_by_7_zip", "7z", "7z a -bd -tzip $OUT .", 0, false },
	{ "made_by_7_zip_by_lzma", "7z", "7z a -bd -tzip -mm=LZMA $OUT .", 0, false },
	{ "made_by_7_zip_by_bzip2", "7z", "7z a -bd -tzip -mm=BZip2 $OUT .", 0, false },
	{ "made_by_7_zip_by_ppmd", "7z", "7z a -bd -tzip -mm=PPMd $OUT .", 0, false },
	{ "made_by_7_zip_by_deflate64", "7z", "7z a -bd -tzip -mm=Deflate64 $OUT letter.txt", UNREADABLE, true },
	{ "made_by_7_zip_encrypted_ATT_03", "7z", "7z a -bd -tzip -psecret $OUT evil.com", ENCRYPTED, true },
	{ "made_by_7_zip_encrypted_by_aes_ATT_03", "7z", "7z a -bd -tzip -psecret -mem=AES256 $OUT evil.com letter.txt", ENCRYPTED, true },
	{ "made_by_7_zip_in_volumes_ATT_05", "7z", "7z a -bd -tzip -v8k $OUT sub && mv $OUT.zip.001 $OUT", UNREADABLE, true },
	{ "made_by_python", "python3", "python3 -m zipfile -c $OUT evil.com letter.txt sub", 0, false },
	{ "made_by_python_into_a_pipe", "python3", "python3 -c 'import sys, zipfile\nz = zipfile.ZipFile(sys.stdout.buffer, \"w\")\n"
	  "for n in [\"evil.com\", \"letter.txt\"]: z.write(n)\nz.close()' | cat >$OUT", 0, false },
	{ "made_by_python_appended", "python3", "python3 -c 'import sys, zipfile\nfor n in [\"letter.txt\", \"evil.com\"]:\n"
	  " with zipfile.ZipFile(sys.argv[1], \"a\") as z: z.write(n)' $OUT", 0, false },
	{ "made_by_python_as_odf", "python3", "python3 -c 'import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], \"w\", 8)\n"
	  "z.writestr(\"mimetype\", \"application/vnd.oasis.opendocument.text\", 0)\n"
	  "for n in [\"evil.com\", \"letter.txt\"]: z.write(n)\nz.close()' $OUT", 0, false },
	{ "made_by_jar", "jar", "jar cf $OUT .", 0, false },
	{ "made_by_git", "git", "git -c init.defaultBranch=m init -q . && git add . && git -c user.name=a -c user.email=a@a.example commit -qm a &&"
	  " git archive --format=zip -o $OUT HEAD", 0, false },
	{ "made_by_perl", "perl", "perl -MIO::Compress::Zip=:all -e 'zip [\"evil.com\", \"letter.txt\"] => $ARGV[0] or die' $OUT", 0, false },
	{ "made_by_perl_streamed", "perl", "perl -MIO::Compress::Zip=:all -e 'zip [\"evil.com\", \"letter.txt\"] => \"-\", Stream => 1 or die'"
	  " | cat >$OUT", 0, false },
};

static void check_program(void **state)
{
	const struct program *row = *state;
	struct bench bench;
	struct str made = STR("");

	bench_start(&bench);
	if (!made_by(bench.arena, row->program, row->command, &made)) {
		bench_end(&bench);
		SKIP(row->program);
	}
	bench_look(&bench, made, "a.zip");
	if (bench_is_ambiguous(&bench, AMBIGUITY_ZIP))
		print_message("# %s\n", bench.inventory.ambiguity_details[AMBIGUITY_ZIP]);
	/* A first volume alone has no directory. */
	if (row->marks != UNREADABLE || !row->no_evil)
		assert_false(bench_is_ambiguous(&bench, AMBIGUITY_ZIP));
	assert_int_equal(bench_marks(&bench), row->marks);
	assert_int_equal(bench.evil > 0, !row->no_evil);
	assert_int_equal(bench.inventory.limits, 0);
	bench_end(&bench);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, layouts, check_layout);
	rows_add(&rows, named, check_named);
	rows_add(&rows, bombs, check_bomb);
	rows_add(&rows, programs, check_program);
	return rows_run(&rows, "zip");
}
