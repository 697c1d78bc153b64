/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/dkim_sign_key.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define ED25519_PUBLIC_SIZE 32

struct dkim_sign_key {
	EVP_PKEY *pkey;
	enum dkim_key_type type;
	unsigned bits;
};

/* libcrypto fails here only without memory, and there is no going on without it. */
static void must(int ok)
{
	if (ok <= 0)
		abort();
}

/* Instead of libcrypto's own, which would ask the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
	(void)buffer, (void)size, (void)writing, (void)arg;
	return -1;
}

static EVP_PKEY *read_pem(struct str pem)
{
	BIO *bio = pem.len > DKIM_SIGN_FILE_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.len);
	EVP_PKEY *pkey = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);

	(void)BIO_free(bio);
	ERR_clear_error();
	return pkey;
}

static const char *problem_of(const EVP_PKEY *pkey)
{
	if (pkey == NULL)
		return "is no private key in PEM without a passphrase";
	if (EVP_PKEY_is_a(pkey, "ED25519"))
		return NULL;
	if (!EVP_PKEY_is_a(pkey, "RSA"))
		return "is neither an RSA nor an Ed25519 key";
	if (EVP_PKEY_get_bits(pkey) < DKIM_SIGN_BITS_MIN)
		return "is an RSA key below 1024 bits, which nobody accepts (RFC 8301)";
	return EVP_PKEY_get_bits(pkey) > DKIM_SIGN_BITS_MAX ? "is an RSA key over 4096 bits, which many refuse (RFC 8301)" : NULL;
}

static struct dkim_sign_key *wrap(EVP_PKEY *pkey)
{
	struct dkim_sign_key *key = xcalloc(1, sizeof(*key));

	key->pkey = pkey;
	key->type = EVP_PKEY_is_a(pkey, "RSA") ? DKIM_KEY_RSA : DKIM_KEY_ED25519;
	key->bits = (unsigned)EVP_PKEY_get_bits(pkey);
	return key;
}

int dkim_sign_key_read(struct str pem, struct dkim_sign_key **ret_key, const char **ret_problem)
{
	EVP_PKEY *pkey = read_pem(pem);
	const char *problem = problem_of(pkey);

	if (problem != NULL) {
		EVP_PKEY_free(pkey);
		*ret_problem = problem;
		return -EINVAL;
	}
	*ret_key = wrap(pkey);
	return 0;
}

int dkim_sign_key_make(enum dkim_key_type type, unsigned bits, struct dkim_sign_key **ret_key)
{
	EVP_PKEY *pkey;

	if (type == DKIM_KEY_RSA && (bits < DKIM_SIGN_BITS_MIN || bits > DKIM_SIGN_BITS_MAX))
		return -EINVAL;
	pkey = type == DKIM_KEY_RSA ? EVP_RSA_gen(bits) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	must(pkey != NULL);
	*ret_key = wrap(pkey);
	return 0;
}

void dkim_sign_key_free(struct dkim_sign_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

enum dkim_key_type dkim_sign_key_type(const struct dkim_sign_key *key)
{
	return key->type;
}

unsigned dkim_sign_key_bits(const struct dkim_sign_key *key)
{
	return key->bits;
}

const char *dkim_sign_key_algorithm(const struct dkim_sign_key *key)
{
	return key->type == DKIM_KEY_RSA ? "rsa-sha256" : "ed25519-sha256";
}

static const char *base64(struct arena *arena, const unsigned char *bytes, size_t len)
{
	char *text = arena_alloc(arena, 4 * ((len + 2) / 3) + 1);

	(void)EVP_EncodeBlock((unsigned char *)text, bytes, (int)len);
	return text;
}

static struct str encoded(struct arena *arena, const struct dkim_sign_key *key, int (*encode)(const EVP_PKEY *, unsigned char **))
{
	unsigned char *der = NULL;
	int len = encode(key->pkey, &der);
	char *copy;

	must(len);
	copy = arena_alloc(arena, (size_t)len);
	memcpy(copy, der, (size_t)len);
	OPENSSL_free(der);
	return (struct str){ copy, (size_t)len };
}

static struct str raw_public(struct arena *arena, const struct dkim_sign_key *key)
{
	size_t len = ED25519_PUBLIC_SIZE;
	unsigned char *bytes = arena_alloc(arena, len);

	must(EVP_PKEY_get_raw_public_key(key->pkey, bytes, &len));
	return (struct str){ (const char *)bytes, len };
}

/* RFC 6376 3.6.1 speaks of the bare RSAPublicKey; verifiers have always taken SubjectPublicKeyInfo, so that is what everybody
 * writes. */
const char *dkim_sign_key_record(struct arena *arena, const struct dkim_sign_key *key)
{
	struct str public = key->type == DKIM_KEY_RSA ? encoded(arena, key, i2d_PUBKEY) : raw_public(arena, key);

	return arena_printf(arena, "v=DKIM1; k=%s; p=%s", key->type == DKIM_KEY_RSA ? "rsa" : "ed25519",
			    base64(arena, (const unsigned char *)public.p, public.len));
}

bool dkim_sign_key_matches(const struct dkim_sign_key *key, const struct dkim_key *published)
{
	struct arena *arena = arena_new();
	struct str own = key->type == DKIM_KEY_RSA ? encoded(arena, key, i2d_PublicKey) : raw_public(arena, key);
	bool matches = published->type == key->type && str_equal(published->bytes, own);

	arena_free(arena);
	return matches;
}

int dkim_sign_key_write(const struct dkim_sign_key *key, FILE *out)
{
	return PEM_write_PKCS8PrivateKey(out, key->pkey, NULL, NULL, 0, NULL, NULL) == 1 ? 0 : -EIO;
}

struct dkim_sign_hash *dkim_sign_hash_new(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	must(context != NULL);
	must(EVP_DigestInit_ex(context, EVP_sha256(), NULL));
	return (struct dkim_sign_hash *)context;
}

void dkim_sign_hash_add(void *hash, const char *bytes, size_t len)
{
	must(EVP_DigestUpdate(hash, bytes, len));
}

void dkim_sign_hash_end(struct dkim_sign_hash *hash, unsigned char bytes[DKIM_SIGN_HASH_SIZE])
{
	must(EVP_DigestFinal_ex((EVP_MD_CTX *)hash, bytes, NULL));
	EVP_MD_CTX_free((EVP_MD_CTX *)hash);
}

void dkim_sign_hash_text(const unsigned char bytes[DKIM_SIGN_HASH_SIZE], char text[DKIM_SIGN_HASH_TEXT_SIZE])
{
	_Static_assert(DKIM_SIGN_HASH_TEXT_SIZE == 4 * ((DKIM_SIGN_HASH_SIZE + 2) / 3) + 1, "base64 and a NUL");
	(void)EVP_EncodeBlock((unsigned char *)text, bytes, DKIM_SIGN_HASH_SIZE);
}

static bool sign_rsa(EVP_PKEY *pkey, const unsigned char *hash, unsigned char *bytes, size_t *len)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool good = context != NULL && EVP_PKEY_sign_init(context) > 0 &&
		    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0 &&
		    EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) > 0 &&
		    EVP_PKEY_sign(context, bytes, len, hash, DKIM_SIGN_HASH_SIZE) > 0;

	EVP_PKEY_CTX_free(context);
	return good;
}

/* RFC 8463 3: what is signed with the plain algorithm is the SHA-256 hash. */
static bool sign_ed25519(EVP_PKEY *pkey, const unsigned char *hash, unsigned char *bytes, size_t *len)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, pkey) > 0 &&
		    EVP_DigestSign(context, bytes, len, hash, DKIM_SIGN_HASH_SIZE) > 0;

	EVP_MD_CTX_free(context);
	return good;
}

const char *dkim_sign_key_sign(struct arena *arena, const struct dkim_sign_key *key, const unsigned char hash[DKIM_SIGN_HASH_SIZE])
{
	unsigned char bytes[DKIM_SIGN_BITS_MAX / 8];
	size_t len = sizeof(bytes);
	bool good = key->type == DKIM_KEY_RSA ? sign_rsa(key->pkey, hash, bytes, &len) : sign_ed25519(key->pkey, hash, bytes, &len);

	if (!good)
		ERR_clear_error();
	return good ? base64(arena, bytes, len) : NULL;
}
