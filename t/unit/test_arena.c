/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/arena.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/unit/rows.h"

/* What the deferred functions wrote, in the order in which they ran. */
static char ran[8];

static void note(void *object)
{
	strncat(ran, object, 1);
}

static void memory_is_zeroed_and_aligned(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t size = 0; size < 3000; size += 7) {
		unsigned char *p = arena_alloc(arena, size);

		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xa5, size);	/* what a neighbour must not have touched, and what the next must not inherit */
	}
	arena_free(arena);
}

static void neighbours_do_not_overlap(void **state)
{
	struct arena *arena = arena_new();
	unsigned char *blocks[200];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		blocks[i] = arena_alloc(arena, 1 + i * 37 % 900);
		memset(blocks[i], (int)i, 1 + i * 37 % 900);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t j = 0; j < 1 + i * 37 % 900; j++)
			assert_int_equal(blocks[i][j], i);
	arena_free(arena);
}

static void an_idle_arena_costs_nothing_and_one_line_little_SMTP_09(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_int_equal(arena_size_bytes(arena), 0);
	(void)arena_strdup(arena, "mx.example.org");
	assert_in_range(arena_size_bytes(arena), 1, 1100);
	arena_free(arena);
	arena_free(NULL);
}

static void deferred_functions_run_last_first(void **state)
{
	_Static_assert(sizeof(ran) > 3, "room for the marks");
	struct arena *arena = arena_new();

	(void)state;
	ran[0] = '\0';
	arena_defer(arena, note, "a");
	arena_defer(arena, note, "b");
	arena_defer(arena, note, "c");
	arena_freep(&arena);
	assert_null(arena);
	assert_string_equal(ran, "cba");
}

static void copies_end_at_a_nul_and_at_their_length(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_null(arena_strdup(arena, NULL));
	assert_null(arena_strndup(arena, NULL, 5));
	assert_string_equal(arena_strndup(arena, "abcdef", 3), "abc");
	assert_string_equal(arena_strndup(arena, "ab\0def", 6), "ab");
	assert_string_equal(arena_strndup(arena, "abc", 0), "");
	assert_string_equal(arena_printf(arena, "%s-%05d", "x", 42), "x-00042");
	arena_free(arena);
}

static void a_pushed_array_keeps_what_it_held(void **state)
{
	struct arena *arena = arena_new();
	unsigned *items = NULL;
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		unsigned *item = arena_push(arena, (void **)&items, &len, sizeof(*items));

		assert_int_equal(*item, 0);
		*item = i * 3;
	}
	assert_int_equal(len, 5000);
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(items[i], i * 3);
	arena_free(arena);
}

static void a_rewound_arena_gives_the_same_room_again(void **state)
{
	struct arena *arena = arena_new();
	const char *kept = arena_strdup(arena, "kept");
	struct arena_mark mark = arena_mark(arena);
	size_t most = 0;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		memset(arena_alloc(arena, 1 + i % 3000), 0xff, 1 + i % 3000);
		assert_int_equal(*(char *)arena_alloc(arena, 1), 0);
		arena_rewind(arena, mark);
		if (arena_size_bytes(arena) > most)
			most = arena_size_bytes(arena);
	}
	assert_string_equal(kept, "kept");
	assert_in_range(most, 1, 20000);
	arena_free(arena);
}

static void rewinding_runs_what_was_deferred_since_the_mark(void **state)
{
	struct arena *arena = arena_new();
	struct arena_mark mark;

	(void)state;
	ran[0] = '\0';
	arena_defer(arena, note, "a");
	mark = arena_mark(arena);
	arena_defer(arena, note, "b");
	(void)arena_alloc(arena, 100000);
	arena_defer(arena, note, "c");
	arena_rewind(arena, mark);
	assert_string_equal(ran, "cb");
	arena_free(arena);
	assert_string_equal(ran, "cba");
}

static void an_empty_arena_can_be_rewound(void **state)
{
	struct arena *arena = arena_new();
	struct arena_mark mark = arena_mark(arena);

	(void)state;
	(void)arena_alloc(arena, 5000);
	arena_rewind(arena, mark);
	assert_int_equal(arena_size_bytes(arena), 0);
	assert_int_equal(*(char *)arena_alloc(arena, 10), 0);
	arena_free(arena);
}

static void a_large_piece_does_not_make_the_next_chunk_large(void **state)
{
	struct arena *arena = arena_new();
	size_t before;

	(void)state;
	(void)arena_alloc(arena, 10u << 20);
	before = arena_size_bytes(arena);
	(void)arena_alloc(arena, 1);
	assert_in_range(arena_size_bytes(arena) - before, 1, 70000);
	arena_free(arena);
}

static int exit_status_of(void (*fn)(void))
{
	const struct rlimit none = { 0, 0 };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &none);
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(0);
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static volatile size_t too_much = SIZE_MAX;

static void ask_for_a_product_that_overflows(void)
{
	(void)arena_array(arena_new(), too_much / 2, 3);
}

static void ask_for_everything(void)
{
	(void)arena_alloc(arena_new(), too_much);
}

static void ask_for_almost_everything(void)
{
	(void)arena_alloc(arena_new(), too_much - 40);
}

static void what_cannot_be_had_ends_the_process_RES_02(void **state)
{
	(void)state;
	assert_true(WIFSIGNALED(exit_status_of(ask_for_a_product_that_overflows)));
	assert_true(WIFSIGNALED(exit_status_of(ask_for_everything)));
	assert_true(WIFSIGNALED(exit_status_of(ask_for_almost_everything)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned),
		cmocka_unit_test(neighbours_do_not_overlap),
		cmocka_unit_test(an_idle_arena_costs_nothing_and_one_line_little_SMTP_09),
		cmocka_unit_test(deferred_functions_run_last_first),
		cmocka_unit_test(copies_end_at_a_nul_and_at_their_length),
		cmocka_unit_test(a_pushed_array_keeps_what_it_held),
		cmocka_unit_test(a_rewound_arena_gives_the_same_room_again),
		cmocka_unit_test(rewinding_runs_what_was_deferred_since_the_mark),
		cmocka_unit_test(an_empty_arena_can_be_rewound),
		cmocka_unit_test(a_large_piece_does_not_make_the_next_chunk_large),
		cmocka_unit_test(what_cannot_be_had_ends_the_process_RES_02),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
