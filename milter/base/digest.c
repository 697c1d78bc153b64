/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

/* libcrypto fails only without memory or without SHA-256, and there is no going on without either. */
static void must(int ok)
{
	if (ok != 1)
		abort();
}

/* Asking libcrypto by name for each digest costs more than the digest of something short. */
static EVP_MD *sha256;

static void sha256_fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	must(sha256 != NULL);
}

void digest_of(const void *bytes, size_t len, unsigned char ret_digest[DIGEST_SIZE])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	must(pthread_once(&once, sha256_fetch) == 0);
	must(EVP_Digest(bytes, len, ret_digest, NULL, sha256, NULL));
}

void digest_text(const unsigned char digest[DIGEST_SIZE], char ret_text[DIGEST_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		ret_text[2 * i] = digits[digest[i] >> 4];
		ret_text[2 * i + 1] = digits[digest[i] & 15];
	}
	ret_text[2 * DIGEST_SIZE] = '\0';
}

struct digest *digest_new(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	must(context != NULL);
	must(EVP_DigestInit_ex(context, EVP_sha256(), NULL));
	return (struct digest *)context;
}

void digest_add(struct digest *digest, const void *bytes, size_t len)
{
	must(EVP_DigestUpdate((EVP_MD_CTX *)digest, bytes, len));
}

void digest_end(struct digest *digest, char text[DIGEST_TEXT_SIZE])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];

	must(EVP_DigestFinal_ex((EVP_MD_CTX *)digest, bytes, NULL));
	digest_text(bytes, text);
	EVP_MD_CTX_free((EVP_MD_CTX *)digest);
}
