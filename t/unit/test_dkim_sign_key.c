/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/dkim_sign_key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdlib.h>

#include "t/unit/rows.h"

/* RFC 8463 A.2: this key, as PKCS#8, and its record. */
#define RFC8463_PEM "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"
#define RFC8463_RECORD "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

struct made {
	struct arena *arena;
	struct dkim_sign_key *key;
};

static struct made make(enum dkim_key_type type, unsigned bits)
{
	struct made made = { .arena = arena_new() };

	assert_int_equal(dkim_sign_key_make(type, bits, &made.key), 0);
	return made;
}

static void drop(struct made *made)
{
	dkim_sign_key_free(made->key);
	arena_free(made->arena);
}

/* PEM of a key that libcrypto makes; "" when it cannot. */
static const char *foreign_pem(struct arena *arena, EVP_PKEY *pkey, const EVP_CIPHER *cipher, bool traditional)
{
	BIO *bio = BIO_new(BIO_s_mem());
	unsigned char pass[] = "secret";
	char *bytes, *copy;
	long len;

	assert_non_null(pkey);
	if (traditional)
		assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
	else
		assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, cipher, cipher == NULL ? NULL : (char *)pass,
			cipher == NULL ? 0 : 6, NULL,
							       NULL), 1);
	len = BIO_get_mem_data(bio, &bytes);
	copy = arena_strndup(arena, bytes, (size_t)len);
	(void)BIO_free(bio);
	EVP_PKEY_free(pkey);
	return copy;
}

static void read_refused(const char *pem, const char *words)
{
	struct dkim_sign_key *key = NULL;
	const char *problem = "";

	assert_true(dkim_sign_key_read(str_of(pem), &key, &problem) < 0);
	assert_null(key);
	assert_non_null(strstr(problem, words));
}

static void the_key_of_RFC_8463(void **state)
{
	struct made made = { .arena = arena_new() };
	const char *problem;

	(void)state;
	assert_int_equal(dkim_sign_key_read(str_of(RFC8463_PEM), &made.key, &problem), 0);
	assert_int_equal(dkim_sign_key_type(made.key), DKIM_KEY_ED25519);
	assert_string_equal(dkim_sign_key_algorithm(made.key), "ed25519-sha256");
	assert_string_equal(dkim_sign_key_record(made.arena, made.key), RFC8463_RECORD);
	drop(&made);
}

static void a_traditional_RSA_file_is_read(void **state)
{
	struct made made = { .arena = arena_new() };
	const char *problem, *pem = foreign_pem(made.arena, EVP_RSA_gen(1024), NULL, true);

	(void)state;
	assert_non_null(strstr(pem, "BEGIN RSA PRIVATE KEY"));
	assert_int_equal(dkim_sign_key_read(str_of(pem), &made.key, &problem), 0);
	assert_int_equal(dkim_sign_key_bits(made.key), 1024);
	assert_string_equal(dkim_sign_key_algorithm(made.key), "rsa-sha256");
	drop(&made);
}

static void what_is_no_key_of_DKIM_is_refused(void **state)
{
	struct arena *arena = arena_new();
	char *large = arena_alloc(arena, 2 * DKIM_SIGN_FILE_MAX);

	(void)state;
	memset(large, 'A', 2 * DKIM_SIGN_FILE_MAX - 1);
	read_refused("", "no private key");
	read_refused("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key");
	read_refused("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n",
		     "no private key");
	read_refused(large, "no private key");
	read_refused(foreign_pem(arena, EVP_RSA_gen(1024), EVP_aes_128_cbc(), false), "passphrase");
	read_refused(foreign_pem(arena, EVP_EC_gen("P-256"), NULL, false), "neither");
	read_refused(foreign_pem(arena, EVP_RSA_gen(768), NULL, false), "below 1024");
	read_refused(foreign_pem(arena, EVP_RSA_gen(4104), NULL, false), "over 4096");
	arena_free(arena);
}

static void sizes_out_of_bounds_are_not_made_DNS_09(void **state)
{
	struct dkim_sign_key *key = NULL;

	(void)state;
	assert_true(dkim_sign_key_make(DKIM_KEY_RSA, 512, &key) < 0);
	assert_true(dkim_sign_key_make(DKIM_KEY_RSA, 8192, &key) < 0);
	assert_null(key);
}

static void check_roundtrip(enum dkim_key_type type)
{
	struct made made = make(type, 1024), other = make(type, 1024), read = { .arena = arena_new() };
	struct dkim_key published;
	char pem[4096];
	FILE *file = fmemopen(pem, sizeof(pem), "w");
	const char *problem;

	assert_int_equal(dkim_sign_key_write(made.key, file), 0);
	(void)fclose(file);
	assert_int_equal(dkim_sign_key_read(str_of(pem), &read.key, &problem), 0);
	assert_int_equal(dkim_key_parse(made.arena, str_of(dkim_sign_key_record(made.arena, read.key)), &published, &problem), 0);
	assert_true(dkim_sign_key_matches(made.key, &published));
	assert_false(dkim_sign_key_matches(other.key, &published));
	drop(&made);
	drop(&other);
	drop(&read);
}

static void a_key_is_written_read_and_matches_its_record(void **state)
{
	(void)state;
	check_roundtrip(DKIM_KEY_RSA);
	check_roundtrip(DKIM_KEY_ED25519);
}

static void keys_of_two_types_never_match(void **state)
{
	struct made rsa = make(DKIM_KEY_RSA, 1024), ed25519 = make(DKIM_KEY_ED25519, 0);
	struct dkim_key published;
	const char *problem;

	(void)state;
	assert_int_equal(dkim_key_parse(rsa.arena, str_of(dkim_sign_key_record(rsa.arena, ed25519.key)), &published, &problem), 0);
	assert_false(dkim_sign_key_matches(rsa.key, &published));
	drop(&rsa);
	drop(&ed25519);
}

static void the_digest_is_SHA_256(void **state)
{
	unsigned char bytes[DKIM_SIGN_HASH_SIZE];
	char text[DKIM_SIGN_HASH_TEXT_SIZE];
	struct dkim_sign_hash *hash = dkim_sign_hash_new();

	(void)state;
	dkim_sign_hash_end(hash, bytes);
	dkim_sign_hash_text(bytes, text);
	assert_string_equal(text, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");	/* of nothing: RFC 6376 3.4.4 */
	hash = dkim_sign_hash_new();
	dkim_sign_hash_add(hash, "\r", 1);
	dkim_sign_hash_add(hash, "\n", 1);
	dkim_sign_hash_end(hash, bytes);
	dkim_sign_hash_text(bytes, text);
	assert_string_equal(text, "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=");	/* of CRLF: RFC 6376 3.4.3 */
}

struct signer {
	pthread_t thread;
	const struct dkim_sign_key *key;
	const char *expected;
	unsigned wrong;
};

/* Both kinds sign the same hash the same way each time. */
static void *sign_often(void *arg)
{
	static const unsigned char hash[DKIM_SIGN_HASH_SIZE] = { 1, 2, 3 };
	struct signer *signer = arg;
	struct arena *arena = arena_new();

	for (int i = 0; i < 50; i++) {
		const char *text = dkim_sign_key_sign(arena, signer->key, hash);

		signer->wrong += text == NULL || strcmp(text, signer->expected) != 0;
	}
	arena_free(arena);
	return NULL;
}

static void check_threads(enum dkim_key_type type)
{
	static const unsigned char hash[DKIM_SIGN_HASH_SIZE] = { 1, 2, 3 };
	struct made made = make(type, 1024);
	const char *expected = dkim_sign_key_sign(made.arena, made.key, hash);
	struct signer signers[4];

	assert_non_null(expected);
	for (size_t i = 0; i < 4; i++) {
		signers[i] = (struct signer){ .key = made.key, .expected = expected };
		assert_int_equal(pthread_create(&signers[i].thread, NULL, sign_often, &signers[i]), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		(void)pthread_join(signers[i].thread, NULL);
		assert_int_equal(signers[i].wrong, 0);
	}
	drop(&made);
}

static void threads_share_a_key(void **state)
{
	(void)state;
	check_threads(DKIM_KEY_RSA);
	check_threads(DKIM_KEY_ED25519);
}

int main(void)
{
	static struct rows rows;

	rows_add_one(&rows, "the key of RFC 8463", the_key_of_RFC_8463, NULL);
	rows_add_one(&rows, "a traditional RSA file is read", a_traditional_RSA_file_is_read, NULL);
	rows_add_one(&rows, "what is no key of DKIM is refused", what_is_no_key_of_DKIM_is_refused, NULL);
	rows_add_one(&rows, "sizes out of bounds are not made (DNS-09)", sizes_out_of_bounds_are_not_made_DNS_09, NULL);
	rows_add_one(&rows, "a key is written, read, and matches its record", a_key_is_written_read_and_matches_its_record, NULL);
	rows_add_one(&rows, "keys of two types never match", keys_of_two_types_never_match, NULL);
	rows_add_one(&rows, "threads share a key", threads_share_a_key, NULL);
	rows_add_one(&rows, "the digest is SHA-256", the_digest_is_SHA_256, NULL);
	return rows_run(&rows, "dkim_sign_key");
}
