/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sign - what a signature costs: messages of 5 KiB and 100 KiB with RSA-2048 and Ed25519, against the bare operations of libcrypto (the
 * signature alone, and SHA-256 of as many bytes with it).
 *
 *	sign [SECONDS EACH]
 *
 * The parts of a round are interleaved, so that a machine whose speed changes changes all of them. */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "milter/mail/dkim_canon.h"
#include "milter/mail/dkim_sign.h"

#define ROUNDS 10

static const struct dkim_sign_name names[] = {
	{ "From", DKIM_OVERSIGN_ALWAYS }, { "Reply-To", DKIM_OVERSIGN_ALWAYS }, { "Subject", DKIM_OVERSIGN_ALWAYS },
	{ "Date", DKIM_OVERSIGN_PRESENT }, { "To", DKIM_OVERSIGN_ALWAYS }, { "Cc", DKIM_OVERSIGN_ALWAYS },
	{ "Message-ID", DKIM_OVERSIGN_PRESENT }, { "MIME-Version", DKIM_OVERSIGN_ALWAYS }, { "Content-Type", DKIM_OVERSIGN_ALWAYS },
	{ "List-Id", DKIM_OVERSIGN_NEVER }, { "References", DKIM_OVERSIGN_ALWAYS },
};

struct bench {
	struct dkim_sign_key *key;
	EVP_PKEY *pkey;		/* another one of the same kind, for libcrypto alone */
	char *body;
	size_t body_len;
};

static double now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct headers make_headers(struct arena *arena)
{
	struct headers headers = { .len = 0 };

	headers_add(arena, &headers, "Received", " from mx.example (mx.example [192.0.2.1])\n\tby gw.example with ESMTPS id 4Xk2");
	headers_add(arena, &headers, "From", " Alice <alice@ours.example>");
	headers_add(arena, &headers, "To", " u@ext.example,\n\tv@ext.example");
	headers_add(arena, &headers, "Subject", " The minutes of yesterday's meeting");
	headers_add(arena, &headers, "Date", " Sat, 03 Jan 2026 10:00:00 +0000");
	headers_add(arena, &headers, "Message-ID", " <1.2.3@ours.example>");
	headers_add(arena, &headers, "MIME-Version", " 1.0");
	headers_add(arena, &headers, "Content-Type", " text/plain; charset=utf-8");
	return headers;
}

static char *make_body(size_t len)
{
	static const char line[] = "It was agreed that  everything stays as it is, and that the next meeting is on Monday.\r\n";
	char *body = xcalloc(1, len + sizeof(line));

	for (size_t i = 0; i < len; i += sizeof(line) - 1)
		memcpy(body + i, line, sizeof(line) - 1);
	return body;
}

/* What the scanner does for a message, without its file. */
static void sign_message(const struct bench *bench)
{
	static struct dkim_canon canon;
	struct arena *arena = arena_new();
	struct headers headers = make_headers(arena);
	struct dkim_sign_header header = dkim_sign_select(arena, &headers, names, sizeof(names) / sizeof(names[0]));
	struct dkim_sign_hash *hash = dkim_sign_hash_new();
	struct dkim_sign_task task = { .domain = "ours.example", .selector = "s1", .key = bench->key, .signed_at_s = 1700000000 };
	unsigned char bytes[DKIM_SIGN_HASH_SIZE];
	char text[DKIM_SIGN_HASH_TEXT_SIZE];

	dkim_canon_start(&canon, dkim_sign_hash_add, hash);
	dkim_canon_add(&canon, bench->body, bench->body_len);
	dkim_canon_end(&canon);
	dkim_sign_hash_end(hash, bytes);
	dkim_sign_hash_text(bytes, text);
	task.body_hash = text;
	if (dkim_sign_field(arena, &task, &header) == NULL)
		abort();
	arena_free(arena);
}

static void bare_signature(const struct bench *bench)
{
	static const unsigned char hash[32];
	unsigned char signature[512];
	size_t len = sizeof(signature);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ed25519 = dkim_sign_key_type(bench->key) == DKIM_KEY_ED25519;

	if (EVP_DigestSignInit(context, NULL, ed25519 ? NULL : EVP_sha256(), NULL, bench->pkey) != 1 ||
	    EVP_DigestSign(context, signature, &len, hash, sizeof(hash)) != 1)
		abort();
	EVP_MD_CTX_free(context);
}

static void bare_with_digest(const struct bench *bench)
{
	unsigned char hash[EVP_MAX_MD_SIZE];

	if (EVP_Digest(bench->body, bench->body_len, hash, NULL, EVP_sha256(), NULL) != 1)
		abort();
	bare_signature(bench);
}

struct part {
	void (*run)(const struct bench *bench);
	double seconds;
	unsigned long count;
};

static void run_part(struct part *part, const struct bench *bench, double seconds)
{
	double started = now_s(), end = started + seconds, now;

	do {
		for (int i = 0; i < 8; i++)
			part->run(bench);
		part->count += 8;
		now = now_s();
	} while (now < end);
	part->seconds += now - started;
}

static void run(const char *name, enum dkim_key_type type, size_t size, double seconds)
{
	struct part parts[] = { { .run = sign_message }, { .run = bare_signature }, { .run = bare_with_digest } };
	struct bench bench = { .body = make_body(size), .body_len = size };
	double rates[3];

	if (dkim_sign_key_make(type, 2048, &bench.key) < 0)
		abort();
	bench.pkey = type == DKIM_KEY_RSA ? EVP_RSA_gen(2048) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < 3; i++)
			run_part(&parts[i], &bench, seconds / ROUNDS);
	for (size_t i = 0; i < 3; i++)
		rates[i] = (double)parts[i].count / parts[i].seconds;
	(void)printf("%-9s %4zu KiB  signed %8.0f/s   bare signature %8.0f/s (%3.0f %%)   with SHA-256 of the body %8.0f/s (%3.0f %%)\n",
		     name, size / 1024, rates[0], rates[1], 100 * rates[0] / rates[1], rates[2], 100 * rates[0] / rates[2]);
	dkim_sign_key_free(bench.key);
	EVP_PKEY_free(bench.pkey);
	free(bench.body);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;

	for (size_t size = 5; size <= 100; size += 95) {
		run("RSA-2048", DKIM_KEY_RSA, size * 1024, seconds);
		run("Ed25519", DKIM_KEY_ED25519, size * 1024, seconds);
	}
	return EXIT_SUCCESS;
}
