/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <errno.h>

#include "scanners/antivirus_answer.h"

static struct frame frame;

struct text_row {
	const char *name;
	struct str in;
	const char *out;
};

static const struct text_row texts[] = {
	{ "a_name_stays_as_it_is", { "Win.Test.EICAR_HDB-1", 20 }, "Win.Test.EICAR_HDB-1" },
	{ "line_ends_are_trimmed", { " a b\r\n", 6 }, "a b" },
	{ "hdr10_line_ends_inside_become_marks", { "a\r\nB: c", 7 }, "a??B: c" },
	{ "nul_and_eight_bit_become_marks", { "a\0b\xff\x7f.", 6 }, "a?b??." },
	{ "nothing_stays_nothing", { "", 0 }, "" },
};

static void check_text(void **state)
{
	const struct text_row *row = *state;
	char text[ANTIVIRUS_TEXT_MAX + 1];

	antivirus_text_copy(text, row->in);
	assert_string_equal(text, row->out);
}

static void a_long_text_is_cut(void **state)
{
	char in[1000], text[ANTIVIRUS_TEXT_MAX + 1];

	(void)state;
	memset(in, 'x', sizeof(in));
	antivirus_text_copy(text, (struct str){ in, sizeof(in) });
	assert_int_equal(strlen(text), ANTIVIRUS_TEXT_MAX);
	/* ... and has no space at its end then either: the reader would refuse it. */
	memset(in + 100, ' ', 100);
	antivirus_text_copy(text, (struct str){ in, sizeof(in) });
	assert_int_equal(strlen(text), 100);
}

static void a_question_comes_back(void **state)
{
	struct antivirus_question question = { 0 };

	(void)state;
	frame_start(&frame, 0);
	antivirus_question_write(&frame, &(struct antivirus_question){ .timeout_ms = 60000 });
	assert_int_equal(antivirus_question_read(&frame, &question), 0);
	assert_int_equal(question.timeout_ms, 60000);
}

static void a_question_with_more_in_it_is_refused(void **state)
{
	struct antivirus_question question;

	(void)state;
	frame_start(&frame, 0);
	antivirus_question_write(&frame, &(struct antivirus_question){ .timeout_ms = 60000 });
	frame_put_u64(&frame, 1);
	assert_int_equal(antivirus_question_read(&frame, &question), -EBADMSG);
}

struct answer_row {
	const char *name;
	uint64_t outcome;
	struct str text;
	uint64_t signatures;
	int want;
};

#define LONG "0123456789012345678901234567890123456789012345678901234567890123"

static const struct answer_row answers[] = {
	{ "clean_comes_back", ANTIVIRUS_CLEAN, { "", 0 }, 1, 0 },
	{ "infected_comes_back", ANTIVIRUS_INFECTED, { "Eicar", 5 }, 1, 0 },
	{ "unscannable_comes_back", ANTIVIRUS_UNSCANNABLE, { "limits: x", 9 }, 1, 0 },
	{ "error_comes_back", ANTIVIRUS_ERROR, { "why", 3 }, 0, 0 },
	{ "the_longest_text_comes_back", ANTIVIRUS_INFECTED, { LONG LONG, 128 }, 1, 0 },
	{ "clean_with_a_text_is_refused", ANTIVIRUS_CLEAN, { "x", 1 }, 1, -EBADMSG },
	{ "infected_without_a_name_is_refused", ANTIVIRUS_INFECTED, { "", 0 }, 1, -EBADMSG },
	{ "unscannable_without_a_reason_is_refused", ANTIVIRUS_UNSCANNABLE, { "", 0 }, 1, -EBADMSG },
	{ "clean_by_no_signatures_is_refused", ANTIVIRUS_CLEAN, { "", 0 }, 0, -EBADMSG },
	{ "an_outcome_that_does_not_exist_is_refused", ANTIVIRUS_ERROR + 1, { "x", 1 }, 1, -EBADMSG },
	{ "an_outcome_that_wraps_to_clean_is_refused", UINT64_C(1) << 32, { "", 0 }, 1, -EBADMSG },
	{ "hdr11_a_line_end_in_the_text_is_refused", ANTIVIRUS_INFECTED, { "a\r\nb", 4 }, 1, -EBADMSG },
	{ "a_nul_in_the_text_is_refused", ANTIVIRUS_INFECTED, { "a\0b", 3 }, 1, -EBADMSG },
	{ "eight_bit_in_the_text_is_refused", ANTIVIRUS_INFECTED, { "a\xffz", 3 }, 1, -EBADMSG },
	{ "a_name_of_spaces_is_refused", ANTIVIRUS_INFECTED, { " ", 1 }, 1, -EBADMSG },
	{ "spaces_around_the_text_are_refused", ANTIVIRUS_INFECTED, { "a ", 2 }, 1, -EBADMSG },
	{ "a_text_too_long_is_refused", ANTIVIRUS_INFECTED, { LONG LONG "x", 129 }, 1, -EBADMSG },
};

static void put_answer(const struct answer_row *row)
{
	frame_start(&frame, 0);
	frame_put_u64(&frame, row->outcome);
	frame_put_str(&frame, row->text);
	frame_put_u64(&frame, row->signatures);
	frame_put_u64(&frame, 7);
}

static void check_answer(void **state)
{
	const struct answer_row *row = *state;
	struct antivirus_answer answer;

	put_answer(row);
	assert_int_equal(antivirus_answer_read(&frame, &answer), row->want);
	if (row->want < 0)
		return;
	assert_int_equal(answer.outcome, row->outcome);
	assert_int_equal(strlen(answer.text), row->text.len);
	assert_memory_equal(answer.text, row->text.p, row->text.len);
	assert_int_equal(answer.signatures, row->signatures);
	assert_int_equal(answer.elapsed_ms, 7);
}

static void an_answer_that_is_written_can_be_read(void **state)
{
	struct antivirus_answer answer = { .outcome = ANTIVIRUS_INFECTED, .text = "Eicar", .signatures = 3, .elapsed_ms = 9 };
	struct antivirus_answer again;

	(void)state;
	frame_start(&frame, 0);
	antivirus_answer_write(&frame, &answer);
	assert_int_equal(antivirus_answer_read(&frame, &again), 0);
	assert_string_equal(again.text, answer.text);
	assert_int_equal(again.outcome, answer.outcome);
}

static void a_cut_answer_is_refused_at_every_length(void **state)
{
	struct antivirus_answer answer;
	size_t len;

	(void)state;
	put_answer(&answers[1]);
	len = frame.len;
	for (size_t i = 0; i < len; i++) {
		put_answer(&answers[1]);
		frame.len = i;
		assert_int_equal(antivirus_answer_read(&frame, &answer), -EBADMSG);
	}
}

static void an_answer_with_more_in_it_is_refused(void **state)
{
	struct antivirus_answer answer;

	(void)state;
	put_answer(&answers[0]);
	frame_put_u64(&frame, 0);
	assert_int_equal(antivirus_answer_read(&frame, &answer), -EBADMSG);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, texts, check_text);
	rows_add(&rows, answers, check_answer);
	rows_add_one(&rows, "a_long_text_is_cut", a_long_text_is_cut, NULL);
	rows_add_one(&rows, "a_question_comes_back", a_question_comes_back, NULL);
	rows_add_one(&rows, "a_question_with_more_in_it_is_refused", a_question_with_more_in_it_is_refused, NULL);
	rows_add_one(&rows, "an_answer_that_is_written_can_be_read", an_answer_that_is_written_can_be_read, NULL);
	rows_add_one(&rows, "a_cut_answer_is_refused_at_every_length", a_cut_answer_is_refused_at_every_length, NULL);
	rows_add_one(&rows, "an_answer_with_more_in_it_is_refused", an_answer_with_more_in_it_is_refused, NULL);
	return rows_run(&rows, "antivirus_answer");
}
