/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libopendkim and libcrypto on messages in the form of the spool, in this process: what is hashed, and what is said of it. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "scanners/dkim_answer.h"
#include "scanners/dkim_canary.h"
#include "scanners/dkim_crypto.h"
#include "scanners/dkim_job.h"
#include "t/lib/dkim_signer.h"
#include "t/unit/rows.h"

#define TAGS "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s; h=from:subject"
#define HEADER "Received: by a; x\r\nFrom: Joe <joe@example.com>\r\nSubject: hi\r\n  there\r\n\r\n"
#define BODY "Hello  world \r\n\r\nBye\r\n\r\n\r\n"

static void *shared;
static struct dkim_sign_key *rsa, *ed25519;
static struct frame asking, told;

struct letter {
	struct str message;
	struct dkim_question question;
	struct dkim_answer answer;
};

static struct str value_of_first(struct str message)
{
	const char *start = (const char *)memmem(message.p, message.len, "DKIM-Signature:", 15) + 15, *end = start;

	do
		end = (const char *)memmem(end, message.len - (size_t)(end - message.p), "\r\n", 2) + 2;
	while (*end == ' ' || *end == '\t');
	return (struct str){ start, (size_t)(end - start) - 2 };
}

static void add_task(struct arena *arena, struct letter *letter, const struct dkim_sign_key *key, struct str value, uint64_t place)
{
	struct dkim_signature signature;
	struct dkim_key published;
	const char *problem;

	assert_int_equal(dkim_signature_parse(arena, value, &signature, &problem), 0);
	assert_int_equal(dkim_key_parse(arena, str_of(dkim_sign_key_record(arena, key)), &published, &problem), 0);
	letter->question.tasks[letter->question.len++] = (struct dkim_task){
		.place = place, .algorithm = signature.algorithm, .body_relaxed = signature.body_relaxed, .measured = true,
		.timestamp = signature.has_timestamp ? signature.timestamp : UINT64_MAX,
		.b = signature.b, .bh = signature.bh, .key = published.bytes };
}

static struct letter *letter_new(struct arena *arena, const struct dkim_sign_key *key, const char *tags, const char *text, size_t body_len)
{
	struct letter *letter = arena_new_of(arena, struct letter);

	letter->message = dkim_sign_message(arena, key, tags, str_of(text), body_len);
	letter->question.fields = 1;
	add_task(arena, letter, key, value_of_first(letter->message), 0);
	return letter;
}

/* In a memfd behind the envelope line. body_offset is that of the first empty line. */
static int run(struct letter *letter)
{
	_cleanup_(close_fdp) int fd = memfd_create("letter", MFD_CLOEXEC);
	const char *empty = memmem(letter->message.p, letter->message.len, "\r\n\r\n", 4);
	int r;

	assert_int_equal(write(fd, "From x\n", 7), 7);
	assert_int_equal(write(fd, letter->message.p, letter->message.len), letter->message.len);
	letter->question.body_offset = 7 + (size_t)(empty - letter->message.p) + 4;
	frame_start(&asking, 0);
	dkim_question_write(&asking, &letter->question);
	frame_start(&told, 0);
	r = job_dkim.run(shared, &asking, fd, &told);
	return r < 0 ? r : dkim_answer_read(&told, letter->question.len, &letter->answer);
}

static void replace(struct arena *arena, struct letter *letter, const char *from, const char *to)
{
	const char *at = memmem(letter->message.p, letter->message.len, from, strlen(from));
	size_t before = (size_t)(at - letter->message.p), after = letter->message.len - before - strlen(from);
	char *text = arena_alloc(arena, letter->message.len + strlen(to) + 1);

	assert_non_null(at);
	memcpy(text, letter->message.p, before);
	memcpy(stpcpy(text + before, to), at + strlen(from), after);
	letter->message = (struct str){ text, before + strlen(to) + after };
}

static const struct row {
	const char *name, *tags, *from, *to;
	size_t body_len;
	enum dkim_status status;
	uint64_t body_bytes;
} rows[] = {
	{ "verifies", TAGS, NULL, NULL, SIZE_MAX, DKIM_VERIFIED, 20 },
	{ "fold_and_blanks_do_not_matter_to_relaxed", TAGS, "Subject: hi\r\n  there", "SUBJECT:  hi there ", SIZE_MAX, DKIM_VERIFIED, 20 },
	{ "changed_subject", TAGS, "there", "There", SIZE_MAX, DKIM_BAD_SIGNATURE, 20 },
	{ "unsigned_field_changes", TAGS, "by a", "by b", SIZE_MAX, DKIM_VERIFIED, 20 },
	{ "changed_body", TAGS, "Bye", "bye", SIZE_MAX, DKIM_BAD_BODY, 20 },
	{ "facts_2_text_after_l_verifies_and_its_length_is_told", TAGS "; l=15", NULL, NULL, 15, DKIM_VERIFIED, 20 },
	{ "length_of_all", TAGS "; l=20", NULL, NULL, 20, DKIM_VERIFIED, 20 },
	{ "length_of_nothing", TAGS "; l=0", NULL, NULL, 0, DKIM_VERIFIED, 20 },
	{ "length_beyond_the_body", TAGS "; l=21", NULL, NULL, SIZE_MAX, DKIM_TOO_LONG, 20 },
	{ "signature_field_itself_changes", TAGS, "s=s", "s=S", SIZE_MAX, DKIM_BAD_SIGNATURE, 20 },
	{ "long_ago", TAGS "; t=1", NULL, NULL, SIZE_MAX, DKIM_VERIFIED, 20 },
	{ "at_the_beginning_of_time", TAGS "; t=0", NULL, NULL, SIZE_MAX, DKIM_VERIFIED, 20 },
	{ "expired_by_the_library_s_clock_is_not_its_question", TAGS "; t=1000000000; x=1000000001", NULL, NULL, SIZE_MAX, DKIM_VERIFIED, 20 },
	{ "far_from_expired", TAGS "; x=99999999999", NULL, NULL, SIZE_MAX, DKIM_VERIFIED, 20 },
};

static void check(void **state)
{
	const struct row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct letter *letter = letter_new(arena, rsa, row->tags, HEADER BODY, row->body_len);

	if (row->from != NULL)
		replace(arena, letter, row->from, row->to);
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, row->status);
	assert_int_equal(letter->answer.items[0].body_bytes, row->body_bytes);
}

static void ed25519_verifies(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct letter *letter = letter_new(arena, ed25519, "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=e.example; s=s; h=from", HEADER BODY, SIZE_MAX);

	(void)state;
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, DKIM_VERIFIED);
	replace(arena, letter, "joe@", "Joe@");
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, DKIM_BAD_SIGNATURE);
}

/* Facts 8: what the library cannot read keeps its place, so that the others' answers stay theirs. */
static void facts_8_a_malformed_field_before_it_does_not_shift_the_answers(void **state)
{
	static const char *const malformed[] = {
		"DKIM-Signature: \r\n", "DKIM-Signature: junk\r\n", "DKIM-Signature: v=1; a=\r\n", "dkim-signature: v=1; t=99999999999999999999\r\n",
		"DKIM-Signature: a=rsa-sha256; d=b.example\r\n", "DKIM-SIGNATURE: v=1;;;\xff\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		_cleanup_(arena_freep) struct arena *arena = arena_new();
		struct letter *letter = letter_new(arena, rsa, TAGS, HEADER BODY, SIZE_MAX);

		letter->message = str_of(arena_printf(arena, "%s%.*s", malformed[i], (int)letter->message.len, letter->message.p));
		letter->question.fields = 2;
		letter->question.tasks[0].place = 1;
		assert_int_equal(run(letter), 0);
		assert_int_equal(letter->answer.items[0].status, DKIM_VERIFIED);
		letter->question.tasks[0].place = 0;
		assert_int_equal(run(letter), 0);
		assert_int_not_equal(letter->answer.items[0].status, DKIM_VERIFIED);
	}
}

/* Two at once, one of which is bad; and the library is not given a third. */
static void each_task_has_its_answer(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct letter *letter = letter_new(arena, rsa, TAGS, HEADER BODY, SIZE_MAX);
	struct str first = letter->message;

	(void)state;
	letter->message = dkim_sign_message(arena, ed25519, "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=e.example; s=s; h=from:subject", first, SIZE_MAX);
	letter->question = (struct dkim_question){ .fields = 2 };
	add_task(arena, letter, ed25519, value_of_first(letter->message), 0);
	add_task(arena, letter, rsa, value_of_first(first), 1);
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, DKIM_VERIFIED);
	assert_int_equal(letter->answer.items[1].status, DKIM_VERIFIED);

	letter->question.tasks[0].b.p = arena_strdup(arena, "0123456789012345678901234567890123456789012345678901234567890123");
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, DKIM_BAD_SIGNATURE);
	assert_int_equal(letter->answer.items[1].status, DKIM_VERIFIED);
}

/* RFC 6376 3.5: h= may name other signatures. */
static void a_signature_may_cover_another(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct str inner = dkim_sign_message(arena, rsa, TAGS, str_of(HEADER BODY), SIZE_MAX);
	struct letter *letter = letter_new(arena, rsa, TAGS ":dkim-signature", arena_strndup(arena, inner.p, inner.len), SIZE_MAX);

	(void)state;
	letter->question.fields = 2;
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, DKIM_VERIFIED);
	letter->question.fields = 1;
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, DKIM_BAD_SIGNATURE);
}

static void oddly_written_names_are_no_signatures_to_the_library(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct letter *letter = letter_new(arena, rsa, TAGS, HEADER BODY, SIZE_MAX);

	(void)state;
	letter->message = str_of(arena_printf(arena, "DKIM-Signature : v=1; a=rsa-sha256\r\n DKIM-Signature: x\r\n%.*s", (int)letter->message.len,
					      letter->message.p));
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, DKIM_VERIFIED);
}

static void fields_without_a_name_are_passed_over(void **state)
{
	static const char *const odd[] = { "no colon at all\r\n", ": no name\r\n", "b\xc3\xbc" "cher: x\r\n", "a b: x\r\n", "\x7f: x\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		_cleanup_(arena_freep) struct arena *arena = arena_new();
		struct letter *letter = letter_new(arena, rsa, TAGS, HEADER BODY, SIZE_MAX);

		letter->message = str_of(arena_printf(arena, "%s%.*s", odd[i], (int)letter->message.len, letter->message.p));
		assert_int_equal(run(letter), 0);
		assert_int_equal(letter->answer.items[0].status, DKIM_VERIFIED);
	}
}

/* Facts 9: the library's own buffer for key records has 1024 bytes; no record comes near it. */
static void facts_9_a_key_of_4096_bits_verifies(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct dkim_sign_key *large;
	struct letter *letter;

	(void)state;
	assert_int_equal(dkim_sign_key_make(DKIM_KEY_RSA, 4096, &large), 0);
	letter = letter_new(arena, large, TAGS, HEADER BODY, SIZE_MAX);
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, DKIM_VERIFIED);
	dkim_sign_key_free(large);
}

static void a_key_that_is_none_is_said_so(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct letter *letter = letter_new(arena, rsa, TAGS, HEADER BODY, SIZE_MAX);

	(void)state;
	letter->question.tasks[0].key = STR("no key");
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, DKIM_BAD_KEY);
	letter->question.tasks[0].algorithm = DKIM_ED25519_SHA256;
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, DKIM_BAD_KEY);
}

/* The same bytes as key of two types, and many keys: none is taken for another. */
static void kept_keys_are_not_confused(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct dkim_sign_key *other;
	struct letter *letter = letter_new(arena, rsa, TAGS, HEADER BODY, SIZE_MAX), *foreign;

	(void)state;
	assert_int_equal(dkim_sign_key_make(DKIM_KEY_RSA, 1024, &other), 0);
	foreign = letter_new(arena, other, TAGS, HEADER BODY, SIZE_MAX);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(run(letter), 0);
		assert_int_equal(letter->answer.items[0].status, DKIM_VERIFIED);
		assert_int_equal(run(foreign), 0);
		assert_int_equal(foreign->answer.items[0].status, DKIM_VERIFIED);
	}
	letter->question.tasks[0].key = foreign->question.tasks[0].key;
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, DKIM_BAD_SIGNATURE);
	dkim_sign_key_free(other);
}

/* More keys than there is room for. */
static void a_key_in_the_place_of_another_is_not_it(void **state)
{
	(void)state;
	for (int i = 0; i < 400; i++) {
		_cleanup_(arena_freep) struct arena *arena = arena_new();
		struct dkim_sign_key *key;
		struct letter *letter;

		assert_int_equal(dkim_sign_key_make(DKIM_KEY_ED25519, 0, &key), 0);
		letter = letter_new(arena, key, "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=e.example; s=s; h=from", HEADER BODY, SIZE_MAX);
		dkim_sign_key_free(key);
		assert_int_equal(run(letter), 0);
		assert_int_equal(letter->answer.items[0].status, DKIM_VERIFIED);
	}
}

static void questions_that_cannot_be_are_refused(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct letter *letter = letter_new(arena, rsa, TAGS, HEADER BODY, SIZE_MAX);
	_cleanup_(close_fdp) int fd = memfd_create("letter", MFD_CLOEXEC), empty = memfd_create("empty", MFD_CLOEXEC);
	static const uint64_t offsets[] = { 0, 6, 100000, UINT64_MAX };

	(void)state;
	assert_int_equal(write(fd, "From x\nA: b\r\n\r\n", 15), 15);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		letter->question.body_offset = offsets[i];
		frame_start(&asking, 0);
		dkim_question_write(&asking, &letter->question);
		frame_start(&told, 0);
		assert_int_equal(job_dkim.run(shared, &asking, fd, &told), -EINVAL);
	}
	asking.at = 0;
	assert_true(job_dkim.run(shared, &asking, empty, &told) < 0);
	asking.at = 0;
	assert_int_equal(job_dkim.run(shared, &asking, -1, &told), -EBADF);
	frame_start(&asking, 0);
	assert_int_equal(job_dkim.run(shared, &asking, fd, &told), -EBADMSG);
}

static void a_message_without_header_or_body(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct letter *letter = letter_new(arena, rsa, TAGS, "From: a@b.example\r\n\r\n", SIZE_MAX);

	(void)state;
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, DKIM_VERIFIED);
	assert_int_equal(letter->answer.items[0].body_bytes, 0);
	letter->message = STR("X\r\n\r\nbody");
	assert_int_equal(run(letter), -EIO);
	letter->message = STR("From: a@b.example\r\n\r\nbody");
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, DKIM_UNREAD);
}

static void nul_in_the_body_is_hashed_HDR_17(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct letter *letter = arena_new_of(arena, struct letter);

	(void)state;
	letter->message = dkim_sign_message(arena, rsa, TAGS, STR("From: a@b.example\r\n\r\na\0b\r\n"), SIZE_MAX);
	letter->question.fields = 1;
	add_task(arena, letter, rsa, value_of_first(letter->message), 0);
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, DKIM_VERIFIED);
	((char *)(uintptr_t)letter->message.p)[letter->message.len - 3] = 'c';
	assert_int_equal(run(letter), 0);
	assert_int_equal(letter->answer.items[0].status, DKIM_BAD_BODY);
}

static void the_canary_sings(void **state)
{
	struct dkim_question question;
	struct str message = dkim_canary(&question);

	(void)state;
	assert_int_equal(question.len, 2);
	assert_true(str_has_prefix(message, STR("From x\nDKIM-Signature:")));
	assert_int_equal(job_dkim.warm(shared, "/nowhere"), 0);
}

#define TEST(function) rows_add_one(&tests, #function, function, NULL)

int main(void)
{
	static struct rows tests;
	char status[JOB_STATUS_MAX];
	int failed;

	assert_int_equal(job_dkim.prepare(NULL, &shared, status), 0);
	assert_int_equal(dkim_sign_key_make(DKIM_KEY_RSA, 2048, &rsa), 0);
	assert_int_equal(dkim_sign_key_make(DKIM_KEY_ED25519, 0, &ed25519), 0);
	rows_add(&tests, rows, check);
	TEST(ed25519_verifies);
	TEST(facts_8_a_malformed_field_before_it_does_not_shift_the_answers);
	TEST(each_task_has_its_answer);
	TEST(a_signature_may_cover_another);
	TEST(oddly_written_names_are_no_signatures_to_the_library);
	TEST(fields_without_a_name_are_passed_over);
	TEST(facts_9_a_key_of_4096_bits_verifies);
	TEST(a_key_that_is_none_is_said_so);
	TEST(kept_keys_are_not_confused);
	TEST(a_key_in_the_place_of_another_is_not_it);
	TEST(questions_that_cannot_be_are_refused);
	TEST(a_message_without_header_or_body);
	TEST(nul_in_the_body_is_hashed_HDR_17);
	TEST(the_canary_sings);
	failed = rows_run(&tests, "dkim_job");
	dkim_sign_key_free(rsa);
	dkim_sign_key_free(ed25519);
	dkim_job_free(shared);
	return failed;
}
