/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Key records: an RSA key that is accepted is one to libcrypto, too, of the size that we say. */
#include <stdint.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "milter/mail/dkim_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct dkim_key *key)
{
	const unsigned char *bytes = (const unsigned char *)key->bytes.p;
	EVP_PKEY *pkey;

	if (key->type == DKIM_KEY_ED25519) {
		if (key->bytes.len != 32 || key->bits != 256)
			abort();
		return;
	}
	pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &bytes, (long)key->bytes.len);
	if (pkey != NULL && EVP_PKEY_get_bits(pkey) != (int)key->bits)
		abort();
	EVP_PKEY_free(pkey);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str record = { (const char *)data, size };
	struct arena *arena = arena_new();
	const char *problem = NULL;
	struct dkim_key key;

	if (dkim_key_parse(arena, record, &key, &problem) == 0)
		check(&key);
	else if (problem == NULL)
		abort();
	(void)dkim_key_is_one(record);
	arena_free(arena);
	return 0;
}
