/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/antivirus_canary.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define EICAR_LEN 68
#define MASK 0x5a

/* The test file, masked: a scanner that looks at our own program shall not object to it. */
static const uint8_t eicar_masked[EICAR_LEN] = {
	0x02, 0x6f, 0x15, 0x7b, 0x0a, 0x7f, 0x1a, 0x1b, 0x0a, 0x01, 0x6e, 0x06, 0x0a, 0x00, 0x02, 0x6f, 0x6e,
	0x72, 0x0a, 0x04, 0x73, 0x6d, 0x19, 0x19, 0x73, 0x6d, 0x27, 0x7e, 0x1f, 0x13, 0x19, 0x1b, 0x08, 0x77,
	0x09, 0x0e, 0x1b, 0x14, 0x1e, 0x1b, 0x08, 0x1e, 0x77, 0x1b, 0x14, 0x0e, 0x13, 0x0c, 0x13, 0x08, 0x0f,
	0x09, 0x77, 0x0e, 0x1f, 0x09, 0x0e, 0x77, 0x1c, 0x13, 0x16, 0x1f, 0x7b, 0x7e, 0x12, 0x71, 0x12, 0x70,
};

static const char file_name[] = "octroi.com";
#define FILE_NAME_LEN (sizeof(file_name) - 1)

struct bytes {
	uint8_t data[512];
	size_t len;
};

static void put(struct bytes *bytes, const void *data, size_t len)
{
	assert(len <= sizeof(bytes->data) - bytes->len);
	memcpy(bytes->data + bytes->len, data, len);
	bytes->len += len;
}

/* Little-endian, as both archive formats have it. */
static void put_number(struct bytes *bytes, uint32_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		put(bytes, &(uint8_t){ (uint8_t)(value >> (8 * i)) }, 1);
}

static void put_eicar(struct bytes *bytes)
{
	for (size_t i = 0; i < EICAR_LEN; i++)
		put(bytes, &(uint8_t){ eicar_masked[i] ^ MASK }, 1);
}

/* The CRC-32 of ZIP, RAR and Ethernet. */
static uint32_t crc32_of(const uint8_t *data, size_t len)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
	}
	return ~crc;
}

static uint32_t eicar_crc(void)
{
	struct bytes file = { .len = 0 };

	put_eicar(&file);
	return crc32_of(file.data, file.len);
}

struct bits {
	struct bytes *bytes;
	unsigned pending, pending_len;
};

/* RFC 1951 3.1.1: codes of Huffman go into the bytes from their highest bit on, bytes are filled from the lowest. */
static void put_code(struct bits *bits, unsigned code, unsigned len)
{
	while (len-- > 0) {
		bits->pending |= (code >> len & 1) << bits->pending_len;
		if (++bits->pending_len == 8) {
			put_number(bits->bytes, bits->pending, 1);
			bits->pending = bits->pending_len = 0;
		}
	}
}

/* RFC 1951 3.2.6: the fixed codes, each byte for itself. The file must not stand in the archive as it is: a match of the
 * archive's own bytes would hide that nothing was unpacked. */
static void put_deflated(struct bytes *bytes)
{
	struct bits bits = { .bytes = bytes };
	struct bytes file = { .len = 0 };

	put_eicar(&file);
	put_code(&bits, 1, 1);			/* the last block */
	put_code(&bits, 2, 2);			/* 01, lowest bit first: fixed codes */
	for (size_t i = 0; i < file.len; i++)
		put_code(&bits, 0x30U + file.data[i], 8);	/* every byte of it is below 144 */
	put_code(&bits, 0, 7);			/* the end */
	put_code(&bits, 0, (8 - bits.pending_len) % 8);
}

#define DEFLATED_LEN ((3 + 8 * EICAR_LEN + 7 + 7) / 8)

/* What the local header and the directory of a ZIP have in common (APPNOTE 4.3.7, 4.3.12). */
static void put_zip_member(struct bytes *bytes)
{
	put_number(bytes, 20, 2);		/* version needed */
	put_number(bytes, 0, 2);		/* flags */
	put_number(bytes, 8, 2);		/* deflate */
	put_number(bytes, 0x00210000, 4);	/* 1980-01-01 */
	put_number(bytes, eicar_crc(), 4);
	put_number(bytes, DEFLATED_LEN, 4);
	put_number(bytes, EICAR_LEN, 4);
	put_number(bytes, FILE_NAME_LEN, 2);
	put_number(bytes, 0, 2);		/* extra field */
}

static void put_zip(struct bytes *bytes)
{
	size_t directory;

	put_number(bytes, 0x04034b50, 4);
	put_zip_member(bytes);
	put(bytes, file_name, FILE_NAME_LEN);
	put_deflated(bytes);

	directory = bytes->len;
	put_number(bytes, 0x02014b50, 4);
	put_number(bytes, 20, 2);		/* version made by */
	put_zip_member(bytes);
	put(bytes, (const uint8_t[14]){ 0 }, 14);	/* comment, disk, attributes, offset of the local header */
	put(bytes, file_name, FILE_NAME_LEN);

	put_number(bytes, 0x06054b50, 4);
	put_number(bytes, 0, 4);		/* disks */
	put_number(bytes, 0x00010001, 4);	/* one entry */
	put_number(bytes, (uint32_t)(bytes->len - 12 - directory), 4);
	put_number(bytes, (uint32_t)directory, 4);
	put_number(bytes, 0, 2);
}

/* A header of RAR 4 begins with the low half of the CRC-32 of the rest of it. */
static void put_rar_header(struct bytes *bytes, const struct bytes *header)
{
	put_number(bytes, crc32_of(header->data, header->len), 2);
	put(bytes, header->data, header->len);
}

static void put_rar_file(struct bytes *bytes)
{
	struct bytes header = { .len = 0 };

	put_number(&header, 0x74, 1);		/* a file */
	put_number(&header, 0x8000, 2);		/* data follow */
	put_number(&header, 32 + FILE_NAME_LEN, 2);
	put_number(&header, EICAR_LEN, 4);
	put_number(&header, EICAR_LEN, 4);
	put_number(&header, 3, 1);		/* Unix */
	put_number(&header, eicar_crc(), 4);
	put_number(&header, 0x00210000, 4);	/* 1980-01-01 */
	put_number(&header, 20, 1);		/* version needed */
	put_number(&header, 0x30, 1);		/* stored */
	put_number(&header, FILE_NAME_LEN, 2);
	put_number(&header, 0644, 4);
	put(&header, file_name, FILE_NAME_LEN);
	put_rar_header(bytes, &header);
	put_eicar(bytes);
}

static void put_rar(struct bytes *bytes)
{
	struct bytes archive = { .len = 0 };

	put_number(&archive, 0x73, 1);
	put_number(&archive, 0, 2);
	put_number(&archive, 13, 2);
	put(&archive, (const uint8_t[6]){ 0 }, 6);

	put(bytes, "Rar!\x1a\x07", 7);		/* with the NUL */
	put_rar_header(bytes, &archive);
	put_rar_file(bytes);
}

static size_t base64_line(const uint8_t *data, size_t len, char *ret_line)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t at = 0;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t group = (uint32_t)data[i] << 16;

		if (i + 1 < len)
			group |= (uint32_t)data[i + 1] << 8;
		if (i + 2 < len)
			group |= data[i + 2];
		ret_line[at++] = alphabet[group >> 18];
		ret_line[at++] = alphabet[group >> 12 & 63];
		ret_line[at++] = (char)(i + 1 < len ? alphabet[group >> 6 & 63] : '=');
		ret_line[at++] = (char)(i + 2 < len ? alphabet[group & 63] : '=');
	}
	ret_line[at++] = '\n';
	return at;
}

static void put_attachment(struct bytes *bytes, enum antivirus_canary canary)
{
	switch (canary) {
	case CANARY_CLEAN:
		put(bytes, "nothing", 7);
		break;
	case CANARY_FILE:
		put_eicar(bytes);
		break;
	case CANARY_ZIP:
		put_zip(bytes);
		break;
	case CANARY_RAR:
		put_rar(bytes);
		break;
	}
}

size_t antivirus_canary_write(enum antivirus_canary canary, char ret_message[CANARY_MAX])
{
	static const char head[] = "From x\nFrom: octroi@localhost.invalid\nTo: octroi@localhost.invalid\nMIME-Version: 1.0\n"
		"Content-Type: multipart/mixed; boundary=octroi\n\n--octroi\nContent-Type: text/plain\n\nA canary.\n"
		"--octroi\nContent-Type: application/octet-stream; name=canary\nContent-Transfer-Encoding: base64\n\n";
	static const char tail[] = "--octroi--\n";
	struct bytes attachment = { .len = 0 };
	size_t len = sizeof(head) - 1;

	put_attachment(&attachment, canary);
	memcpy(ret_message, head, len);
	for (size_t i = 0; i < attachment.len; i += 57) {
		size_t part = attachment.len - i < 57 ? attachment.len - i : 57;

		assert(len + 77 + sizeof(tail) <= CANARY_MAX);
		len += base64_line(attachment.data + i, part, ret_message + len);
	}
	memcpy(ret_message + len, tail, sizeof(tail) - 1);
	return len + sizeof(tail) - 1;
}
