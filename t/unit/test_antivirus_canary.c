/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <zlib.h>

#include "scanners/antivirus_canary.h"
#include "t/lib/pack.h"

/* The decoded attachment of a canary. */
struct attachment {
	uint8_t bytes[CANARY_MAX];
	size_t len;
};

static unsigned value_of(char c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = strchr(alphabet, c);

	assert_true(c != '\0' && at != NULL);
	return (unsigned)(at - alphabet);
}

static struct attachment attachment_of(enum antivirus_canary canary)
{
	struct attachment ret = { .len = 0 };
	char message[CANARY_MAX + 1];
	size_t len = antivirus_canary_write(canary, message);
	const char *at;
	unsigned bits = 0, bits_len = 0;

	assert_true(len < CANARY_MAX);
	message[len] = '\0';
	assert_int_equal(strncmp(message, "From x\n", 7), 0);
	at = strstr(message, "base64\n\n");
	assert_non_null(at);
	for (at += strlen("base64\n\n"); *at != '=' && *at != '-'; at++) {
		if (*at == '\n')
			continue;
		bits = bits << 6 | value_of(*at);
		bits_len += 6;
		if (bits_len >= 8) {
			bits_len -= 8;
			ret.bytes[ret.len++] = (uint8_t)(bits >> bits_len);
		}
	}
	return ret;
}

static void the_file_is_the_eicar_test_file(void **state)
{
	struct attachment file = attachment_of(CANARY_FILE);

	(void)state;
	assert_int_equal(file.len, 68);
	assert_memory_equal(file.bytes, pack_eicar(), 68);
}

static bool holds_eicar(const struct attachment *file)
{
	return memmem(file->bytes, file->len, pack_eicar(), 68) != NULL;
}

static void only_unpacking_finds_it_in_the_zip(void **state)
{
	struct attachment zip = attachment_of(CANARY_ZIP);

	(void)state;
	assert_false(holds_eicar(&zip));
}

static void the_zip_can_be_unpacked(void **state)
{
	struct attachment zip = attachment_of(CANARY_ZIP);
	uint8_t file[100];
	size_t start = 30 + zip.bytes[26];
	z_stream stream = { .next_in = zip.bytes + start, .avail_in = zip.bytes[18], .next_out = file,
			    .avail_out = sizeof(file) };

	(void)state;
	assert_int_equal(inflateInit2(&stream, -15), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.total_out, 68);
	assert_int_equal(stream.avail_in, 0);
	assert_memory_equal(file, pack_eicar(), 68);
	assert_memory_equal(zip.bytes + start + zip.bytes[18], "PK\1\2", 4);
	assert_int_equal(inflateEnd(&stream), Z_OK);
}

static void the_headers_of_the_rar_have_their_checksums(void **state)
{
	struct attachment rar = attachment_of(CANARY_RAR);
	size_t at = 7;

	(void)state;
	assert_memory_equal(rar.bytes, "Rar!\x1a\x07", 7);
	assert_true(holds_eicar(&rar));
	for (int i = 0; i < 2; i++) {
		size_t size = rar.bytes[at + 5];
		uLong crc = crc32(0, rar.bytes + at + 2, (uInt)size - 2);

		assert_int_equal(rar.bytes[at] | rar.bytes[at + 1] << 8, crc & 0xffff);
		at += size;
	}
	assert_int_equal(at + 68, rar.len);
}

static void the_clean_one_holds_nothing(void **state)
{
	struct attachment file = attachment_of(CANARY_CLEAN);

	(void)state;
	assert_int_equal(file.len, 7);
	assert_memory_equal(file.bytes, "nothing", 7);
}

int main(void)
{
	static struct rows rows;

	rows_add_one(&rows, "the_file_is_the_eicar_test_file", the_file_is_the_eicar_test_file, NULL);
	rows_add_one(&rows, "only_unpacking_finds_it_in_the_zip", only_unpacking_finds_it_in_the_zip, NULL);
	rows_add_one(&rows, "the_zip_can_be_unpacked", the_zip_can_be_unpacked, NULL);
	rows_add_one(&rows, "the_headers_of_the_rar_have_their_checksums", the_headers_of_the_rar_have_their_checksums, NULL);
	rows_add_one(&rows, "the_clean_one_holds_nothing", the_clean_one_holds_nothing, NULL);
	return rows_run(&rows, "antivirus_canary");
}
