/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dkim_crypto.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

/* To decode a key takes libcrypto as long as to verify several signatures with it, and few senders sign most of the mail. */
#define KEYS 256

static struct slot {
	struct str bytes;		/* of the key; p is ours */
	enum dkim_algorithm algorithm;
	EVP_PKEY *key;
	EVP_PKEY_CTX *rsa;		/* ready to verify; NULL for Ed25519 */
} slots[KEYS];
static EVP_MD_CTX *md;

static struct slot *slot_of(struct str bytes)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < bytes.len; i++)
		hash = (hash ^ (unsigned char)bytes.p[i]) * 16777619u;
	return &slots[(hash ^ hash >> 16) % KEYS];
}

static void slot_clear(struct slot *slot)
{
	EVP_PKEY_CTX_free(slot->rsa);
	EVP_PKEY_free(slot->key);
	free((void *)(uintptr_t)slot->bytes.p);
	*slot = (struct slot){ .key = NULL };
}

static bool ready_rsa(struct slot *slot)
{
	slot->rsa = EVP_PKEY_CTX_new(slot->key, NULL);
	return slot->rsa != NULL && EVP_PKEY_verify_init(slot->rsa) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(slot->rsa, RSA_PKCS1_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(slot->rsa, EVP_sha256()) == 1;
}

static bool slot_load(struct slot *slot, const struct dkim_task *task)
{
	const unsigned char *bytes = (const unsigned char *)task->key.p;

	if (task->algorithm == DKIM_ED25519_SHA256)
		slot->key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, task->key.len);
	else
		slot->key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &bytes, (long)task->key.len);
	if (slot->key == NULL || (task->algorithm == DKIM_RSA_SHA256 && !ready_rsa(slot)))
		return false;
	slot->algorithm = task->algorithm;
	slot->bytes = (struct str){ memcpy(xcalloc(1, task->key.len), task->key.p, task->key.len), task->key.len };
	return true;
}

static struct slot *find(const struct dkim_task *task)
{
	struct slot *slot = slot_of(task->key);

	if (slot->key != NULL && slot->algorithm == task->algorithm && str_equal(slot->bytes, task->key))
		return slot;
	slot_clear(slot);
	if (slot_load(slot, task))
		return slot;
	slot_clear(slot);
	return NULL;
}

/* RFC 8463 3: what Ed25519 signs is the hash. */
static int verify_ed25519(const struct slot *slot, struct str b, struct str hash)
{
	if (md == NULL)
		md = EVP_MD_CTX_new();
	if (md == NULL || EVP_MD_CTX_reset(md) != 1 || EVP_DigestVerifyInit(md, NULL, NULL, NULL, slot->key) != 1)
		return -1;
	return EVP_DigestVerify(md, (const unsigned char *)b.p, b.len, (const unsigned char *)hash.p, hash.len);
}

static int verify_rsa(const struct slot *slot, struct str b, struct str hash)
{
	return EVP_PKEY_verify(slot->rsa, (const unsigned char *)b.p, b.len, (const unsigned char *)hash.p, hash.len);
}

enum dkim_status dkim_crypto_verify(const struct dkim_task *task, struct str hash)
{
	struct slot *slot = find(task);
	int r = -1;

	if (slot != NULL)
		r = slot->rsa == NULL ? verify_ed25519(slot, task->b, hash) : verify_rsa(slot, task->b, hash);
	ERR_clear_error();
	if (slot == NULL)
		return DKIM_BAD_KEY;
	return r == 1 ? DKIM_VERIFIED : DKIM_BAD_SIGNATURE;
}

void dkim_crypto_forget(void)
{
	for (size_t i = 0; i < KEYS; i++)
		slot_clear(&slots[i]);
	EVP_MD_CTX_free(md);
	md = NULL;
}
