/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

/* libcrypto fails only without memory or without SHA-256, and there is no going on without either. */
static void must(int ok)
{
	if (ok != 1)
		abort();
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
	unsigned len;

	must(EVP_DigestFinal_ex((EVP_MD_CTX *)digest, bytes, &len));
	for (unsigned i = 0; i < len && i < 32; i++)
		(void)snprintf(text + 2 * (size_t)i, 3, "%02x", bytes[i]);
	EVP_MD_CTX_free((EVP_MD_CTX *)digest);
}
