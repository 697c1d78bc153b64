/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/reply.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/unit/rows.h"

#define X_100 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X_400 X_100 X_100 X_100 X_100

static const struct parse {
	const char *name;
	struct str in;
	const char *formatted;	/* NULL: refused; else the same bytes come back */
} parse_table[] = {
	{ "reject", STR("550 5.7.1 No thanks"), "550 5.7.1 No thanks" },
	{ "tempfail", STR("451 4.3.0 Try again"), "451 4.3.0 Try again" },
	{ "three_digits_RFC_3463", STR("554 5.712.999 x"), "554 5.712.999 x" },
	{ "percent_HDR_11", STR("550 5.7.1 100% of it"), "550 5.7.1 100% of it" },
	{ "hyphen_first_HDR_11", STR("550 5.7.1 -x"), "550 5.7.1 -x" },
	{ "text_of_400", STR("550 5.7.1 " X_400), "550 5.7.1 " X_400 },
	{ "text_of_401", STR("550 5.7.1 x" X_400), NULL },
	{ "classes_disagree", STR("550 4.7.1 x"), NULL },
	{ "classes_disagree_the_other_way", STR("450 5.7.1 x"), NULL },
	{ "success", STR("250 2.0.0 x"), NULL },
	{ "intermediate", STR("354 3.0.0 x"), NULL },
	{ "code_600", STR("600 6.0.0 x"), NULL },
	{ "code_of_four_digits", STR("5500 5.7.1 x"), NULL },
	{ "code_of_two_digits", STR("55 5.7.1 x"), NULL },
	{ "code_with_sign", STR("+50 5.7.1 x"), NULL },
	{ "status_of_two_parts", STR("550 5.7 x"), NULL },
	{ "status_of_four_parts", STR("550 5.7.1.1 x"), NULL },
	{ "status_with_leading_zero_RFC_3463", STR("550 5.07.1 x"), NULL },
	{ "status_of_four_digits", STR("550 5.7.1000 x"), NULL },
	{ "status_with_empty_part", STR("550 5..1 x"), NULL },
	{ "status_with_dot_behind", STR("550 5.7.1. x"), NULL },
	{ "no_status", STR("550 No thanks"), NULL },
	{ "no_text", STR("550 5.7.1"), NULL },
	{ "empty_text", STR("550 5.7.1 "), NULL },
	{ "blank_text", STR("550 5.7.1    "), NULL },
	{ "two_spaces", STR("550  5.7.1 x"), NULL },
	{ "space_first", STR(" 550 5.7.1 x"), NULL },
	{ "hyphen_behind_the_code", STR("550-5.7.1 x"), NULL },
	{ "line_end_HDR_11", STR("550 5.7.1 x\r\n250 ok"), NULL },
	{ "lf_HDR_11", STR("550 5.7.1 x\n"), NULL },
	{ "tab", STR("550 5.7.1 a\tb"), NULL },
	{ "nul_HDR_11", STR("550 5.7.1 x\0y"), NULL },
	{ "utf8_HDR_11", STR("550 5.7.1 \xc3\xbc"), NULL },
	{ "delete", STR("550 5.7.1 \x7f"), NULL },
	{ "nothing", STR(""), NULL },
	{ "only_code", STR("550"), NULL },
};

static void check_parse(void **state)
{
	const struct parse *row = *state;
	struct arena *arena = arena_new();
	struct reply reply = { .text = "untouched" };

	if (row->formatted == NULL) {
		assert_int_equal(reply_parse(arena, row->in, &reply), -EINVAL);
		assert_string_equal(reply.text, "untouched");
	} else {
		assert_int_equal(reply_parse(arena, row->in, &reply), 0);
		assert_string_equal(reply_format(arena, &reply), row->formatted);
		assert_int_equal(reply_is_temporary(&reply), row->formatted[0] == '4');
	}
	arena_free(arena);
}

static const struct make {
	const char *name, *text, *made, *with_id, *wire;
} make_table[] = {
	{ "plain_text", "No thanks", "No thanks", "No thanks [7K3F-QX2M]", "No thanks [7K3F-QX2M]" },
	{ "percent_is_doubled_on_the_wire_HDR_11", "100% %s %n", "100% %s %n", "100% %s %n [7K3F-QX2M]",
	  "100%% %%s %%n [7K3F-QX2M]" },
	{ "line_ends_become_marks_HDR_11", "a\r\nb", "a??b", "a??b [7K3F-QX2M]", "a??b [7K3F-QX2M]" },
	{ "utf8_becomes_marks_HDR_11", "\xc3\xbc", "??", "?? [7K3F-QX2M]", "?? [7K3F-QX2M]" },
	{ "escape_becomes_a_mark", "\x1b[2J\x7f\t", "?[2J??", "?[2J?? [7K3F-QX2M]", "?[2J?? [7K3F-QX2M]" },
	{ "no_text_to_begin_with", "", "", " [7K3F-QX2M]", " [7K3F-QX2M]" },
};

static void check_make(void **state)
{
	const struct make *row = *state;
	struct arena *arena = arena_new();
	struct reply reply = reply_make(arena, 550, "5.7.1", "%s", row->text);
	struct reply_wire wire;

	assert_string_equal(reply.text, row->made);
	reply = reply_with_id(arena, reply, "7K3F-QX2M");
	assert_string_equal(reply.text, row->with_id);
	reply_to_wire(&reply, &wire);
	assert_string_equal(wire.code, "550");
	assert_string_equal(wire.status, "5.7.1");
	assert_string_equal(wire.text, row->wire);
	arena_free(arena);
}

static void long_text_is_cut_and_the_id_still_fits_HDR_11(void **state)
{
	struct arena *arena = arena_new();
	struct reply reply = reply_make(arena, 451, "4.7.1", "%s%s%s", X_400, X_400, X_400);

	(void)state;
	assert_string_equal(reply.text, X_400);
	reply = reply_with_id(arena, reply, "7K3F-QX2M");
	assert_int_equal(strlen(reply.text), REPLY_TEXT_MAX);
	assert_string_equal(reply.text + REPLY_TEXT_MAX - strlen("x [7K3F-QX2M]"), "x [7K3F-QX2M]");
	assert_true(reply_is_temporary(&reply));
	arena_free(arena);
}

static void an_id_of_any_length_leaves_a_text(void **state)
{
	struct arena *arena = arena_new();
	struct reply reply = reply_with_id(arena, reply_make(arena, 451, "4.7.1", "y" X_400), X_400);

	(void)state;
	assert_int_equal(strlen(reply.text), REPLY_TEXT_MAX);
	assert_true(reply.text[0] == 'y' && reply.text[REPLY_TEXT_MAX - 1] == ']');
	arena_free(arena);
}

static void a_text_of_percents_fits_the_wire(void **state)
{
	struct arena *arena = arena_new();
	struct reply reply;
	struct reply_wire wire;
	char text[2 * REPLY_TEXT_MAX];

	(void)state;
	memset(text, '%', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	reply = reply_make(arena, 599, "5.999.999", "%s", text);
	reply_to_wire(&reply, &wire);
	assert_string_equal(wire.status, "5.999.999");
	assert_int_equal(strlen(wire.text), 2 * REPLY_TEXT_MAX);
	arena_free(arena);
}

static const struct wrong {
	const char *name;
	unsigned code;
	const char *status;
} wrong_table[] = {
	{ "make_aborts_when_classes_disagree", 550, "4.7.1" },
	{ "make_aborts_on_success_codes", 250, "2.0.0" },
	{ "make_aborts_on_code_600", 600, "6.0.0" },
	{ "make_aborts_on_a_broken_status", 550, "5.7" },
};

/* abort() in a child of its own: the parent sees the signal. */
static void check_wrong(void **state)
{
	const struct wrong *row = *state;
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		(void)signal(SIGABRT, SIG_DFL);
		(void)reply_make(arena_new(), row->code, row->status, "x");
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, parse_table, check_parse);
	rows_add(&rows, make_table, check_make);
	rows_add_one(&rows, "long_text_is_cut_and_the_id_still_fits_HDR_11", long_text_is_cut_and_the_id_still_fits_HDR_11, NULL);
	rows_add_one(&rows, "an_id_of_any_length_leaves_a_text", an_id_of_any_length_leaves_a_text, NULL);
	rows_add_one(&rows, "a_text_of_percents_fits_the_wire", a_text_of_percents_fits_the_wire, NULL);
	rows_add(&rows, wrong_table, check_wrong);
	return rows_run(&rows, "reply");
}
