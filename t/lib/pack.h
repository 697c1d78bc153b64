/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pack.h - archives and letters made in memory, honest and otherwise, so that no binary lies in the tree. */
#ifndef OCTROI_T_LIB_PACK_H
#define OCTROI_T_LIB_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Bytes of the caller's; pack_free releases them. */
struct pack {
	char *data;
	size_t len;
};

void pack_free(struct pack *pack);

/* A copy of text. */
struct pack pack_of(const char *text);

/* size bytes of fill, then the text. */
struct pack pack_padded(size_t size, char fill, const char *text);

enum pack_method { PACK_STORED = 0, PACK_DEFLATED = 8 };

struct pack_member {
	const char *name;
	struct pack file;		/* stays the caller's */
	enum pack_method method;
	bool encrypted;			/* the flag and the header of 12 bytes; the content is noise then */
	uint32_t claimed_size;		/* 0: the true one */
};

struct pack pack_zip(const struct pack_member *members, size_t members_len);

/* A ZIP of one deflated member called "file". */
struct pack pack_zip_of(struct pack file);

/* RFC 1952. */
struct pack pack_gzip(struct pack file);

/* A letter in MIME, written piece by piece, with the line "From x\n" before it. */
struct pack_letter {
	FILE *out;
	struct pack pack;
};

void pack_letter_start(struct pack_letter *letter, const char *first_field);
void pack_letter_attach(struct pack_letter *letter, const char *type, struct pack file);
struct pack pack_letter_end(struct pack_letter *letter);

/* A letter with that one attachment. */
struct pack pack_letter_of(const char *type, struct pack file);

/* The EICAR test file, put together at run time. */
const char *pack_eicar(void);

#endif
