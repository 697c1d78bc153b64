/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures in real cages, asked as the scanner asks: what libopendkim and libcrypto need is there when the sandbox is closed, and stays. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/isolate/job.h"
#include "milter/isolate/pool.h"
#include "scanners/dkim_examine.h"
#include "scanners/dkim_job.h"
#include "scanners/dkim_settings.h"
#include "t/lib/dkim_signer.h"
#include "t/lib/nursery.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };
const struct job_kind *const job_kinds[] = { &job_dkim, NULL };

enum { LETTERS = 400, MIB = 1 << 20 };

static struct pool *pool;
static struct dkim_sign_key *rsa, *ed25519;

static struct str letter_text(struct arena *arena, size_t body_bytes)
{
	static const char header[] = "From: Joe <joe@example.com>\r\nSubject: hi\r\n\r\n";
	static const char line[] = "The quick brown fox jumps over the lazy dog.\r\n";
	size_t lines = body_bytes / (sizeof(line) - 1) + 1;
	char *text = arena_alloc(arena, sizeof(header) + lines * sizeof(line)), *end = stpcpy(text, header);

	for (size_t i = 0; i < lines; i++)
		end = stpcpy(end, line);
	return (struct str){ text, (size_t)(end - text) };
}

static struct dkim_question question_of(struct arena *arena, const struct dkim_sign_key *key, struct str message)
{
	struct str value = { message.p + strlen("DKIM-Signature:"), 0 };
	struct dkim_signature signature;
	struct dkim_key published;
	const char *problem;

	value.len = (size_t)((const char *)memmem(value.p, message.len - strlen("DKIM-Signature:"), "\r\nFrom", 6) - value.p);
	assert_int_equal(dkim_signature_parse(arena, value, &signature, &problem), 0);
	assert_int_equal(dkim_key_parse(arena, str_of(dkim_sign_key_record(arena, key)), &published, &problem), 0);
	return (struct dkim_question){
		.body_offset = 7 + (uint64_t)((const char *)memmem(message.p, message.len, "\r\n\r\n", 4) - message.p) + 4,
		.fields = 1,
		.len = 1,
		.tasks = { { .algorithm = signature.algorithm, .body_relaxed = true, .measured = true, .timestamp = UINT64_MAX, .b = signature.b,
			     .bh = signature.bh, .key = published.bytes } },
	};
}

static const char *examine(struct arena *arena, const struct dkim_sign_key *key, struct str message, struct dkim_answer *ret_answer)
{
	static const struct dkim_settings settings = { .timeout_ms = 60000 };
	_cleanup_(close_fdp) int fd = memfd_create("letter", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct services services = { .pool = pool };
	struct message facts = { .body_fd = fd };
	struct scan scan = { .settings = &settings, .services = &services, .message = &facts };
	struct dkim_question question = question_of(arena, key, message);

	assert_int_equal(write(fd, "From x\n", 7), 7);
	assert_int_equal(write(fd, message.p, message.len), message.len);
	return dkim_examine(&scan, 0, &question, ret_answer);
}

static void check_letter(unsigned i, size_t body_bytes)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct dkim_sign_key *key = i % 2 == 0 ? rsa : ed25519;
	const char *tags = arena_printf(arena, "v=1; a=%s; c=relaxed/relaxed; d=example.com; s=s; h=from:subject; number=%u",
					dkim_sign_key_algorithm(key), i);
	struct str message = dkim_sign_message(arena, key, tags, letter_text(arena, body_bytes), SIZE_MAX);
	struct dkim_answer answer;
	const char *problem;

	if (i % 3 == 0)
		((char *)(uintptr_t)message.p)[message.len - 5] ^= 1;
	problem = examine(arena, key, message, &answer);
	if (problem != NULL)
		fail_msg("letter %u: %s", i, problem);
	assert_int_equal(answer.items[0].status, i % 3 == 0 ? DKIM_BAD_BODY : DKIM_VERIFIED);
}

static void letters_verify_in_the_cage(void **state)
{
	struct pool_stats stats;

	(void)state;
	for (unsigned i = 0; i < LETTERS; i++)
		check_letter(i, i % 7 * 1000);
	pool_read_stats(pool, &stats);
	assert_int_equal(stats.crashed, 0);
	assert_int_equal(stats.killed, 0);
	assert_true(stats.started > 1);
}

static void a_large_letter_verifies_in_the_cage(void **state)
{
	(void)state;
	check_letter(1, 20 * MIB);
	check_letter(2, 20 * MIB);
}

int main(void)
{
	static struct rows rows;
	static char scratch[80], top[] = "/tmp/octroi-test-XXXXXX";
	static const struct pool_settings pool_settings = { .spare = 1, .max = 2, .jobs_each = 100 };
	static struct zygote_settings settings = { .scratch = scratch, .scratch_bytes = MIB, .memory_bytes = 1024UL * MIB };
	struct nursling nursling;
	int failed;

	if (mkdtemp(top) == NULL)
		return 1;
	(void)snprintf(scratch, sizeof(scratch), "%s/scratch", top);
	assert_int_equal(dkim_sign_key_make(DKIM_KEY_RSA, 2048, &rsa), 0);
	assert_int_equal(dkim_sign_key_make(DKIM_KEY_ED25519, 0, &ed25519), 0);
	nursery_start(&settings);
	nursling = nursery_zygote();
	(void)printf("# %s; %s\n", nursling.status, nursling.layers);
	pool = pool_new(&pool_settings);
	pool_set_zygote(pool, nursling.channel);
	rows_add_one(&rows, "letters_verify_in_the_cage", letters_verify_in_the_cage, NULL);
	rows_add_one(&rows, "a_large_letter_verifies_in_the_cage", a_large_letter_verifies_in_the_cage, NULL);
	failed = rows_run(&rows, "dkim_cage");
	pool_free(pool);
	nursery_release();
	nursery_stop();
	dkim_sign_key_free(rsa);
	dkim_sign_key_free(ed25519);
	(void)rmdir(top);
	return failed;
}
