/* SPDX-License-Identifier: GPL-2.0-or-later */
/* digest.h - SHA-256 (FIPS 180-4), by libcrypto. */
#ifndef OCTROI_BASE_DIGEST_H
#define OCTROI_BASE_DIGEST_H

#include <stddef.h>

#define DIGEST_TEXT_SIZE 65	/* 64 hexadecimal digits and NUL */

#define DIGEST_SIZE 32

/* The digest of bytes that are all there. */
void digest_of(const void *bytes, size_t len, unsigned char ret_digest[DIGEST_SIZE]);
void digest_text(const unsigned char digest[DIGEST_SIZE], char ret_text[DIGEST_TEXT_SIZE]);

struct digest;

struct digest *digest_new(void);
void digest_add(struct digest *digest, const void *bytes, size_t len);

/* Writes the digest of all that was added and releases it. */
void digest_end(struct digest *digest, char text[DIGEST_TEXT_SIZE]);

#endif
