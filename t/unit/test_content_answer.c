/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The question and the answer of the content job, from a friend and from a cage that has been taken over. */
#include "t/unit/rows.h"

#include <errno.h>

#include "scanners/content_answer.h"

static struct frame frame;

static const struct content_question question = {
	.unpack = true,
	.limits = { .depth = 1, .parts = 2, .members = 3, .names = 4, .header_bytes = 5, .decoded_bytes = 6, .member_bytes = 7, .ratio = 8,
		    .memory_bytes = 9, .cpu_ms = 10 },
	.links = true,
	.scan_timeout_ms = 60000,
};

static void a_question_comes_back(void **state)
{
	struct content_question out;

	(void)state;
	frame_start(&frame, 0);
	content_question_write(&frame, &question);
	assert_int_equal(content_question_read(&frame, &out), 0);
	assert_true(out.unpack && out.links);
	assert_int_equal(out.scan_timeout_ms, 60000);
	assert_memory_equal(&out.limits, &question.limits, sizeof(out.limits));
}

static void a_question_with_a_flag_that_is_none_is_refused(void **state)
{
	struct content_question out;

	(void)state;
	frame_start(&frame, 0);
	content_question_write(&frame, &question);
	frame.data[0] = 2;
	assert_int_equal(content_question_read(&frame, &out), -EBADMSG);
}

static void a_question_that_is_cut_or_longer_is_refused(void **state)
{
	struct content_question out;

	(void)state;
	frame_start(&frame, 0);
	content_question_write(&frame, &question);
	frame_put_u64(&frame, 0);
	assert_int_equal(content_question_read(&frame, &out), -EBADMSG);
	for (size_t len = frame.len - 8; len-- > 0; ) {
		frame.len = len;
		frame.at = 0;
		frame.bad = false;
		assert_int_equal(content_question_read(&frame, &out), -EBADMSG);
	}
}

static int answer_back(struct arena *arena, const struct content_answer *in, struct content_answer *out)
{
	frame_start(&frame, 0);
	content_answer_write(&frame, in);
	assert_false(frame.bad);
	return content_answer_read(arena, &frame, out);
}

static void an_answer_comes_back(void **state)
{
	struct arena *arena = arena_new();
	struct inventory_entry entry = { .name = "a.exe", .container = "", .type = FILETYPE_EXE, .count = 1 };
	struct content_answer in = {
		.inventory = { .entries = &entry, .entries_len = 1, .contents = 2 },
		.has_antivirus = true,
		.antivirus = { .outcome = ANTIVIRUS_INFECTED, .text = "Eicar", .signatures = 9, .elapsed_ms = 3 },
	}, out;

	(void)state;
	assert_int_equal(answer_back(arena, &in, &out), 0);
	assert_string_equal(out.inventory.entries[0].name, "a.exe");
	assert_true(out.has_antivirus);
	assert_int_equal(out.antivirus.outcome, ANTIVIRUS_INFECTED);
	assert_string_equal(out.antivirus.text, "Eicar");
	in.has_antivirus = false;
	assert_int_equal(answer_back(arena, &in, &out), 0);
	assert_false(out.has_antivirus);
	arena_free(arena);
}

/* However much there is to tell of the content, the virus is told. */
static void a_full_inventory_leaves_room_for_the_virus(void **state)
{
	struct arena *arena = arena_new();
	struct content_answer in = {
		.has_antivirus = true, .antivirus = { .outcome = ANTIVIRUS_INFECTED, .signatures = 9 } }, out;

	(void)state;
	memset(in.antivirus.text, 'x', ANTIVIRUS_TEXT_MAX);
	in.inventory.entries = arena_array(arena, 3000, sizeof(*in.inventory.entries));
	in.inventory.entries_len = 3000;
	for (size_t i = 0; i < 3000; i++)
		in.inventory.entries[i] = (struct inventory_entry){ .name = "a", .container = "", .count = 1 };
	assert_int_equal(answer_back(arena, &in, &out), 0);
	assert_int_equal(strlen(out.antivirus.text), ANTIVIRUS_TEXT_MAX);
	assert_int_equal(out.inventory.limits, 1u << UNPACK_NAMES);
	arena_free(arena);
}

static void an_answer_of_another_kind_is_refused(void **state)
{
	struct arena *arena = arena_new();
	struct content_answer in = { .has_antivirus = true, .antivirus = { .outcome = ANTIVIRUS_CLEAN, .signatures = 1 } }, out;
	size_t full;

	(void)state;
	assert_int_equal(answer_back(arena, &in, &out), 0);
	full = frame.len;
	for (size_t len = full; len-- > 0; ) {
		frame.len = len;
		frame.at = 0;
		frame.bad = false;
		assert_int_equal(content_answer_read(arena, &frame, &out), -EBADMSG);
	}
	in.has_antivirus = false;
	frame_start(&frame, 0);
	content_answer_write(&frame, &in);
	frame_put_u64(&frame, 0);
	assert_int_equal(content_answer_read(arena, &frame, &out), -EBADMSG);	/* more than it should hold */
	in.has_antivirus = true;
	in.antivirus.signatures = 0;
	assert_int_equal(answer_back(arena, &in, &out), -EBADMSG);		/* clean, by an engine that knows nothing */
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_comes_back),
		cmocka_unit_test(a_question_with_a_flag_that_is_none_is_refused),
		cmocka_unit_test(a_question_that_is_cut_or_longer_is_refused),
		cmocka_unit_test(an_answer_comes_back),
		cmocka_unit_test(a_full_inventory_leaves_room_for_the_virus),
		cmocka_unit_test(an_answer_of_another_kind_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
