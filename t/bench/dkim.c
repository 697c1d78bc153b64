/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim - messages verified per second by one examiner's thread: the job as it runs in the cage, a letter of 5 KiB and one of 100 KiB, RSA-2048 and
 * Ed25519, beside what bare libcrypto needs for the same hashes and the same signature. Without a cage and without a network.
 *
 * Keys stay decoded (dkim_crypto.c), which about doubles what libopendkim does by itself for a letter. What is left above bare libcrypto is its relaxed
 * canonicalization, octet by octet and some ten times as dear as the SHA-256 behind it: half of the time of a letter, nearly all of a large message.
 * The library has no way around that. Of Ed25519 bare libcrypto itself stays below the aim. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "milter/base/cleanup.h"
#include "scanners/dkim_job.h"
#include "scanners/dkim_answer.h"
#include "scanners/dkim_crypto.h"
#include "t/lib/dkim_signer.h"

enum { SECONDS = 2, BATCH = 50 };

static const struct size {
	const char *name;
	size_t body_bytes;
	unsigned aim;
} sizes[] = { { "5 KiB", 5 << 10, 15000 }, { "100 KiB", 100 << 10, 0 } };

static const struct algorithm {
	const char *name;
	enum dkim_key_type type;
} algorithms[] = { { "RSA-2048", DKIM_KEY_RSA }, { "Ed25519", DKIM_KEY_ED25519 } };

/* A signed message in a memfd, and what the filter asks about it. */
struct letter {
	int fd;
	struct str message;
	struct dkim_question question;
	struct frame asking, answer;
};

/* Of CPU: what else the machine does is not counted. */
static double now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct str plain_letter(struct arena *arena, size_t body_bytes)
{
	static const char header[] =
		"Received: from mx.example.com (mx.example.com [203.0.113.7])\r\n\tby gw.ours.example with ESMTPS id 4Xk2;\r\n"
		"\tSat, 21 Nov 2026 10:00:00 +0000\r\n"
		"From: Joe SixPack <joe@example.com>\r\nTo: Suzie Q <suzie@ours.example>\r\nSubject: Is dinner ready?\r\n"
		"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <20261121100000.46341@example.com>\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n\r\n";
	static const char line[] = "The quick brown fox jumps over the lazy dog, and then it does so once more.\r\n";
	size_t lines = body_bytes / (sizeof(line) - 1);
	char *text = arena_alloc(arena, sizeof(header) + lines * sizeof(line)), *end = stpcpy(text, header);

	for (size_t i = 0; i < lines; i++)
		end = stpcpy(end, line);
	return (struct str){ text, (size_t)(end - text) };
}

static void fill_task(struct arena *arena, struct letter *letter, const struct dkim_sign_key *key, struct str field)
{
	struct dkim_signature *signature = arena_new_of(arena, struct dkim_signature);
	struct dkim_key *published = arena_new_of(arena, struct dkim_key);
	const char *problem;

	if (dkim_signature_parse(arena, field, signature, &problem) < 0 ||
	    dkim_key_parse(arena, str_of(dkim_sign_key_record(arena, key)), published, &problem) < 0)
		abort();
	letter->question.fields = letter->question.len = 1;
	letter->question.tasks[0] = (struct dkim_task){
		.algorithm = signature->algorithm, .body_relaxed = true, .timestamp = UINT64_MAX, .b = signature->b, .bh = signature->bh,
		.key = published->bytes };
}

static void letter_make(struct arena *arena, const struct size *size, const struct algorithm *algorithm, struct letter *letter)
{
	static const char envelope[] = "From x\n", name[] = "DKIM-Signature:";
	struct dkim_sign_key *key;
	struct str message, field;
	const char *tags;

	if (dkim_sign_key_make(algorithm->type, 2048, &key) < 0)
		abort();
	tags = arena_printf(arena, "v=1; a=%s; c=relaxed/relaxed; d=example.com; s=s;\r\n h=from:to:subject:date:message-id:mime-version:content-type:from",
			    dkim_sign_key_algorithm(key));
	message = dkim_sign_message(arena, key, tags, plain_letter(arena, size->body_bytes), SIZE_MAX);
	field = (struct str){ message.p + sizeof(name) - 1, (size_t)((const char *)memmem(message.p, message.len, "\r\nReceived", 10) - message.p) -
							     (sizeof(name) - 1) };
	fill_task(arena, letter, key, field);
	dkim_sign_key_free(key);
	letter->message = message;
	letter->question.body_offset = sizeof(envelope) - 1 + (size_t)((const char *)memmem(message.p, message.len, "\r\n\r\n", 4) - message.p) + 4;
	letter->fd = memfd_create("letter", MFD_CLOEXEC);
	if (letter->fd < 0 || write(letter->fd, envelope, sizeof(envelope) - 1) < 0 || write(letter->fd, message.p, message.len) < 0)
		abort();
}

static void verify_job(void *shared, struct letter *letter)
{
	struct dkim_answer said;

	frame_start(&letter->asking, 0);
	dkim_question_write(&letter->asking, &letter->question);
	frame_start(&letter->answer, 0);
	if (job_dkim.run(shared, &letter->asking, letter->fd, &letter->answer) < 0 || dkim_answer_read(&letter->answer, 1, &said) < 0 ||
	    said.items[0].status != DKIM_VERIFIED)
		abort();
}

/* The job with a key that it has not seen. */
static void verify_new_key(void *shared, struct letter *letter)
{
	dkim_crypto_forget();
	verify_job(shared, letter);
}

/* Nobody can be quicker: the octets hashed once, and one signature compared with a decoded key. */
static void verify_bare(void *shared, struct letter *letter)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len;

	(void)shared;
	if (EVP_Digest(letter->message.p, letter->message.len, hash, &len, EVP_sha256(), NULL) != 1)
		abort();
	(void)dkim_crypto_verify(&letter->question.tasks[0], (struct str){ (const char *)hash, len });
}

static double rate(void (*verify)(void *, struct letter *), void *shared, struct letter *letter)
{
	double start = now_s(), end = start;
	unsigned done = 0;

	while (end - start < SECONDS) {
		for (unsigned i = 0; i < BATCH; i++)
			verify(shared, letter);
		done += BATCH;
		end = now_s();
	}
	return done / (end - start);
}

static void measure(void *shared, const struct size *size, const struct algorithm *algorithm)
{
	static struct letter letter;
	struct arena *arena = arena_new();
	double bare, job, fresh;

	letter_make(arena, size, algorithm, &letter);
	bare = rate(verify_bare, shared, &letter);
	job = rate(verify_job, shared, &letter);
	fresh = rate(verify_new_key, shared, &letter);
	(void)printf("%-8s %-9s %8.0f/s   new key %8.0f/s   bare libcrypto %8.0f/s   ratio %.2f", size->name, algorithm->name, job, fresh, bare,
		     job / bare);
	if (size->aim > 0)
		(void)printf("   aim %u: %s", size->aim, job >= size->aim ? "met" : "missed");
	(void)printf("\n");
	(void)close(letter.fd);
	arena_free(arena);
}

int main(void)
{
	char status[JOB_STATUS_MAX];
	void *shared;

	if (job_dkim.prepare(NULL, &shared, status) < 0) {
		(void)fprintf(stderr, "dkim: %s\n", status);
		return 1;
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t j = 0; j < sizeof(algorithms) / sizeof(algorithms[0]); j++)
			measure(shared, &sizes[i], &algorithms[j]);
	dkim_job_free(shared);
	return 0;
}
