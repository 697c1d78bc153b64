/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/pack.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

void pack_free(struct pack *pack)
{
	free(pack->data);
	*pack = (struct pack){ NULL, 0 };
}

static void *must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

struct pack pack_of(const char *text)
{
	return (struct pack){ must(strdup(text)), strlen(text) };
}

struct pack pack_padded(size_t size, char fill, const char *text)
{
	struct pack pack = { must(malloc(size + strlen(text) + 1)), size + strlen(text) };

	memset(pack.data, fill, size);
	memcpy(pack.data + size, text, strlen(text) + 1);
	return pack;
}

static FILE *open_pack(struct pack *pack)
{
	return must(open_memstream(&pack->data, &pack->len));
}

static void put_number(FILE *out, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		(void)fputc((int)(value >> (8 * i) & 0xff), out);
}

static struct pack deflated(struct pack file, int window_bits)
{
	z_stream stream = { .next_in = (Bytef *)file.data, .avail_in = (uInt)file.len };
	struct pack pack;

	if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	pack.len = deflateBound(&stream, (uLong)file.len);
	pack.data = must(malloc(pack.len));
	stream.next_out = (Bytef *)pack.data;
	stream.avail_out = (uInt)pack.len;
	if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
		abort();
	pack.len = stream.total_out;
	(void)deflateEnd(&stream);
	return pack;
}

struct pack pack_gzip(struct pack file)
{
	return deflated(file, 15 + 16);
}

static struct pack member_content(const struct pack_member *member)
{
	struct pack content;

	if (member->method == PACK_DEFLATED)
		return deflated(member->file, -15);
	content.data = must(malloc(member->file.len + 12));
	content.len = member->file.len + (member->encrypted ? 12 : 0);
	memset(content.data, 0xa5, content.len);
	if (!member->encrypted)
		memcpy(content.data, member->file.data, member->file.len);
	return content;
}

static void put_member(FILE *out, const struct pack_member *member, size_t content_len)
{
	uLong crc = crc32(0, (const Bytef *)member->file.data, (uInt)member->file.len);

	put_number(out, 20, 2);
	put_number(out, member->encrypted ? 1 : 0, 2);
	put_number(out, member->method, 2);
	put_number(out, 0x00210000, 4);
	put_number(out, crc, 4);
	put_number(out, content_len, 4);
	put_number(out, member->claimed_size != 0 ? member->claimed_size : member->file.len, 4);
	put_number(out, strlen(member->name), 2);
	put_number(out, 0, 2);
}

static void put_directory_entry(FILE *out, const struct pack_member *member, size_t content_len, long local_header)
{
	put_number(out, 0x02014b50, 4);
	put_number(out, 20, 2);
	put_member(out, member, content_len);
	put_number(out, 0, 6);		/* comment, disk, internal attributes */
	put_number(out, 0, 4);
	put_number(out, (uint64_t)local_header, 4);
	(void)fputs(member->name, out);
}

struct pack pack_zip(const struct pack_member *members, size_t members_len)
{
	struct pack zip, directory;
	FILE *out = open_pack(&zip), *entries = open_pack(&directory);
	long start;

	for (size_t i = 0; i < members_len; i++) {
		struct pack content = member_content(&members[i]);

		put_directory_entry(entries, &members[i], content.len, ftell(out));
		put_number(out, 0x04034b50, 4);
		put_member(out, &members[i], content.len);
		(void)fputs(members[i].name, out);
		(void)fwrite(content.data, 1, content.len, out);
		pack_free(&content);
	}
	(void)fclose(entries);
	start = ftell(out);
	(void)fwrite(directory.data, 1, directory.len, out);
	put_number(out, 0x06054b50, 4);
	put_number(out, 0, 4);
	put_number(out, members_len, 2);
	put_number(out, members_len, 2);
	put_number(out, directory.len, 4);
	put_number(out, (uint64_t)start, 4);
	put_number(out, 0, 2);
	(void)fclose(out);
	pack_free(&directory);
	return zip;
}

struct pack pack_zip_of(struct pack file)
{
	return pack_zip(&(struct pack_member){ .name = "file", .file = file, .method = PACK_DEFLATED }, 1);
}

#define BOUNDARY "=_octroi"

void pack_letter_start(struct pack_letter *letter, const char *first_field)
{
	letter->out = open_pack(&letter->pack);
	(void)fprintf(letter->out, "From x\n%sFrom: a@example.org\nTo: b@example.com\nSubject: letter\nMIME-Version: 1.0\n"
		      "Content-Type: multipart/mixed; boundary=\"" BOUNDARY "\"\n\n"
		      "--" BOUNDARY "\nContent-Type: text/plain\n\nGood day.\n\n", first_field);
}

static void put_base64(FILE *out, struct pack file)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < file.len; i += 3) {
		uint32_t group = 0;

		for (size_t j = 0; j < 3; j++)
			group = group << 8 | (i + j < file.len ? (uint8_t)file.data[i + j] : 0U);
		for (size_t j = 0; j < 4; j++)
			(void)fputc(i + j <= file.len ? alphabet[group >> (18 - 6 * j) & 63] : '=', out);
		if (i % 57 == 54 || i + 3 >= file.len)
			(void)fputc('\n', out);
	}
}

void pack_letter_attach(struct pack_letter *letter, const char *type, struct pack file)
{
	(void)fprintf(letter->out, "--" BOUNDARY "\nContent-Type: %s; name=\"file\"\nContent-Transfer-Encoding: base64\n"
		      "Content-Disposition: attachment\n\n", type);
	put_base64(letter->out, file);
	(void)fputc('\n', letter->out);
}

struct pack pack_letter_end(struct pack_letter *letter)
{
	(void)fputs("--" BOUNDARY "--\n", letter->out);
	(void)fclose(letter->out);
	letter->out = NULL;
	return letter->pack;
}

struct pack pack_letter_of(const char *type, struct pack file)
{
	struct pack_letter letter;

	pack_letter_start(&letter, "");
	pack_letter_attach(&letter, type, file);
	return pack_letter_end(&letter);
}

const char *pack_eicar(void)
{
	static char text[69];

	(void)snprintf(text, sizeof(text), "%s%s%s", "X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS-",
		       "TEST-FILE!$H+H*");
	return text;
}
