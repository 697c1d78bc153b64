/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_sign_key.h - the keys and the digest of DKIM (RFC 6376 3.3, RFC 8301, RFC 8463), by libcrypto. A key that is made is
 * read-only: any number of threads may sign with it. */
#ifndef OCTROI_MAIL_DKIM_SIGN_KEY_H
#define OCTROI_MAIL_DKIM_SIGN_KEY_H

#include <stdbool.h>
#include <stdio.h>

#include "milter/base/arena.h"
#include "milter/mail/dkim_key.h"

#define DKIM_SIGN_BITS_MIN 1024	/* RFC 8301 3.2: verifiers take no shorter one, and need not take one over 4096 */
#define DKIM_SIGN_BITS_WISE 2048
#define DKIM_SIGN_BITS_MAX 4096
#define DKIM_SIGN_FILE_MAX 16384	/* octets of a file with such a key, generously */

struct dkim_sign_key;

/* Reads a private key in PEM (PKCS#8, or PKCS#1 for RSA) without a passphrase. Returns 0, or -EINVAL with a phrase in
 * *ret_problem, a constant; *ret_key is written only on success and ends with dkim_sign_key_free. */
int dkim_sign_key_read(struct str pem, struct dkim_sign_key **ret_key, const char **ret_problem);

/* A fresh one; bits is for RSA. Returns 0, or -EINVAL: bits is out of bounds. */
int dkim_sign_key_make(enum dkim_key_type type, unsigned bits, struct dkim_sign_key **ret_key);

/* NULL is allowed. */
void dkim_sign_key_free(struct dkim_sign_key *key);

enum dkim_key_type dkim_sign_key_type(const struct dkim_sign_key *key);
unsigned dkim_sign_key_bits(const struct dkim_sign_key *key);

/* a= of its signatures: "rsa-sha256", "ed25519-sha256". */
const char *dkim_sign_key_algorithm(const struct dkim_sign_key *key);

/* Its record, ready to be published: "v=DKIM1; k=rsa; p=...". */
const char *dkim_sign_key_record(struct arena *arena, const struct dkim_sign_key *key);

/* Is this the public half of key? */
bool dkim_sign_key_matches(const struct dkim_sign_key *key, const struct dkim_key *published);

/* The private key, in PEM (PKCS#8). Returns 0 or -EIO. */
int dkim_sign_key_write(const struct dkim_sign_key *key, FILE *out);

/* SHA-256. */
#define DKIM_SIGN_HASH_SIZE 32
struct dkim_sign_hash;
struct dkim_sign_hash *dkim_sign_hash_new(void);
void dkim_sign_hash_add(void *hash, const char *bytes, size_t len);	/* a dkim_sink */
void dkim_sign_hash_end(struct dkim_sign_hash *hash, unsigned char bytes[DKIM_SIGN_HASH_SIZE]);	/* and it is released */

#define DKIM_SIGN_HASH_TEXT_SIZE 45	/* in base64, with its NUL */
void dkim_sign_hash_text(const unsigned char bytes[DKIM_SIGN_HASH_SIZE], char text[DKIM_SIGN_HASH_TEXT_SIZE]);

/* The signature of a hash in base64. NULL when libcrypto fails: no memory. */
const char *dkim_sign_key_sign(struct arena *arena, const struct dkim_sign_key *key, const unsigned char hash[DKIM_SIGN_HASH_SIZE]);

#endif
