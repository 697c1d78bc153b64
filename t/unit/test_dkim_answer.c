/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "scanners/dkim_answer.h"
#include "t/unit/rows.h"

static struct frame frame;
static struct dkim_question question, read_question;
static struct dkim_answer answer, read_answer;

static const char bytes[4096];

static struct dkim_task task(uint64_t place)
{
	return (struct dkim_task){ .place = place, .algorithm = DKIM_ED25519_SHA256, .body_relaxed = true, .measured = true, .timestamp = 7,
				   .b = { bytes, 64 }, .bh = { bytes, 32 }, .key = { bytes, 32 } };
}

static void question_comes_back(void **state)
{
	(void)state;
	question = (struct dkim_question){ .body_offset = 5, .fields = 3, .tasks = { task(0), task(2) }, .len = 2 };
	question.tasks[1].algorithm = DKIM_RSA_SHA256;
	question.tasks[1].body_relaxed = question.tasks[1].measured = false;
	question.tasks[1].timestamp = UINT64_MAX;
	frame_start(&frame, 0);
	dkim_question_write(&frame, &question);
	assert_int_equal(dkim_question_read(&frame, &read_question), 0);
	assert_int_equal(read_question.body_offset, 5);
	assert_int_equal(read_question.fields, 3);
	assert_int_equal(read_question.len, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct dkim_task *a = &question.tasks[i], *b = &read_question.tasks[i];

		assert_true(a->place == b->place && a->algorithm == b->algorithm && a->body_relaxed == b->body_relaxed &&
			    a->measured == b->measured && a->timestamp == b->timestamp && str_equal(a->b, b->b) && str_equal(a->bh, b->bh) &&
			    str_equal(a->key, b->key));
	}
}

static const struct question_row {
	const char *name;
	uint64_t fields, len;
	struct { uint64_t place, algorithm, relaxed, measured; size_t b, bh, key; } task;
	bool good;
} question_rows[] = {
	{ "question_of_one_task", 1, 1, { 0, 0, 1, 0, 64, 32, 32 }, true },
	{ "question_of_all_fields", 32, 1, { 31, 0, 1, 0, 64, 32, 32 }, true },
	{ "question_of_more_fields_than_may_be", 33, 1, { 0, 0, 1, 0, 64, 32, 32 }, false },
	{ "question_of_no_task", 1, 0, { 0, 0, 1, 0, 64, 32, 32 }, false },
	{ "question_of_more_tasks_than_said", 1, 2, { 0, 0, 1, 0, 64, 32, 32 }, false },
	{ "question_of_more_tasks_than_may_be", 1, UINT64_MAX, { 0, 0, 1, 0, 64, 32, 32 }, false },
	{ "question_of_a_place_beyond_the_fields", 1, 1, { 1, 0, 1, 0, 64, 32, 32 }, false },
	{ "question_of_rsa_sha1", 1, 1, { 0, DKIM_RSA_SHA1, 1, 0, 64, 32, 32 }, false },
	{ "question_of_an_unknown_algorithm", 1, 1, { 0, 77, 1, 0, 64, 32, 32 }, false },
	{ "question_relaxed_twice", 1, 1, { 0, 0, 2, 0, 64, 32, 32 }, false },
	{ "question_measured_twice", 1, 1, { 0, 0, 1, 2, 64, 32, 32 }, false },
	{ "question_without_a_signature", 1, 1, { 0, 0, 1, 0, 0, 32, 32 }, false },
	{ "question_with_a_huge_signature", 1, 1, { 0, 0, 1, 0, DKIM_B_MAX + 1, 32, 32 }, false },
	{ "question_with_a_short_hash", 1, 1, { 0, 0, 1, 0, 64, 31, 32 }, false },
	{ "question_without_a_key", 1, 1, { 0, 0, 1, 0, 64, 32, 0 }, false },
	{ "question_with_a_huge_key", 1, 1, { 0, 0, 1, 0, 64, 32, 1025 }, false },
};

static void write_row(const struct question_row *row)
{
	frame_start(&frame, 0);
	frame_put_u64(&frame, 5);
	frame_put_u64(&frame, row->fields);
	frame_put_u64(&frame, row->len);
	frame_put_u64(&frame, row->task.place);
	frame_put_u64(&frame, row->task.algorithm);
	frame_put_u64(&frame, row->task.relaxed);
	frame_put_u64(&frame, row->task.measured);
	frame_put_u64(&frame, 0);
	frame_put_str(&frame, (struct str){ bytes, row->task.b });
	frame_put_str(&frame, (struct str){ bytes, row->task.bh });
	frame_put_str(&frame, (struct str){ bytes, row->task.key });
}

static void check_question(void **state)
{
	const struct question_row *row = *state;
	size_t len;

	write_row(row);
	assert_int_equal(dkim_question_read(&frame, &read_question), row->good ? 0 : -EBADMSG);
	len = frame.len;
	for (size_t cut = 0; row->good && cut < len; cut++) {
		frame.at = 0;
		frame.bad = false;
		frame.len = cut;
		assert_int_equal(dkim_question_read(&frame, &read_question), -EBADMSG);
	}
}

static void tasks_in_any_order_are_refused(void **state)
{
	(void)state;
	question = (struct dkim_question){ .fields = 3, .tasks = { task(2), task(0) }, .len = 2 };
	frame_start(&frame, 0);
	dkim_question_write(&frame, &question);
	assert_int_equal(dkim_question_read(&frame, &read_question), -EBADMSG);
	question.tasks[1].place = 2;
	frame_start(&frame, 0);
	dkim_question_write(&frame, &question);
	assert_int_equal(dkim_question_read(&frame, &read_question), -EBADMSG);
}

static void the_largest_question_fits(void **state)
{
	(void)state;
	question = (struct dkim_question){ .fields = DKIM_SIGNATURES_MAX, .len = DKIM_SIGNATURES_MAX };
	for (uint64_t i = 0; i < DKIM_SIGNATURES_MAX; i++) {
		question.tasks[i] = task(i);
		question.tasks[i].b.len = 1024;	/* RSA with 8192 bits: the most that a key of 4096 could be handed in vain */
		question.tasks[i].key.len = 600;
	}
	frame_start(&frame, 0);
	dkim_question_write(&frame, &question);
	assert_int_equal(dkim_question_read(&frame, &read_question), 0);
}

static void answer_comes_back(void **state)
{
	(void)state;
	answer = (struct dkim_answer){ .items = { { DKIM_VERIFIED, 77 }, { DKIM_UNREAD, UINT64_MAX } }, .len = 2 };
	frame_start(&frame, 0);
	dkim_answer_write(&frame, &answer);
	assert_int_equal(dkim_answer_read(&frame, 2, &read_answer), 0);
	assert_int_equal(read_answer.len, 2);
	assert_true(read_answer.items[0].status == DKIM_VERIFIED && read_answer.items[0].body_bytes == 77);
	assert_true(read_answer.items[1].status == DKIM_UNREAD && read_answer.items[1].body_bytes == UINT64_MAX);
}

static const struct answer_row {
	const char *name;
	size_t tasks, len;
	uint64_t numbers[6];
	bool good;
} answer_rows[] = {
	{ "answer_for_one", 1, 3, { 1, 0, 9 }, true },
	{ "answer_for_fewer_than_asked", 2, 3, { 1, 0, 9 }, false },
	{ "answer_for_more_than_asked", 1, 5, { 2, 0, 9, 0, 9 }, false },
	{ "answer_for_as_many_as_asked_that_says_more", 1, 3, { 2, 0, 9 }, false },
	{ "answer_for_none", 1, 1, { 0 }, false },
	{ "answer_that_says_more_than_it_holds", 2, 3, { 2, 0, 9 }, false },
	{ "answer_with_an_unknown_status", 1, 3, { 1, DKIM_UNREAD + 1, 9 }, false },
	{ "answer_with_a_huge_status", 1, 3, { 1, UINT64_MAX, 9 }, false },
	{ "answer_with_bytes_after_it", 1, 4, { 1, 0, 9, 9 }, false },
	{ "answer_cut_short", 1, 2, { 1, 0 }, false },
	{ "answer_of_nothing", 1, 0, { 0 }, false },
};

static void check_answer(void **state)
{
	const struct answer_row *row = *state;

	frame_start(&frame, 0);
	for (size_t i = 0; i < row->len; i++)
		frame_put_u64(&frame, row->numbers[i]);
	assert_int_equal(dkim_answer_read(&frame, row->tasks, &read_answer), row->good ? 0 : -EBADMSG);
}

#define TEST(function) rows_add_one(&tests, #function, function, NULL)

int main(void)
{
	static struct rows tests;

	TEST(question_comes_back);
	rows_add(&tests, question_rows, check_question);
	TEST(tasks_in_any_order_are_refused);
	TEST(the_largest_question_fits);
	TEST(answer_comes_back);
	rows_add(&tests, answer_rows, check_answer);
	return rows_run(&tests, "dkim_answer");
}
