/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/hold_words.h"

#include "conf/option.h"
#include "t/unit/rows.h"

#define NOW 1700000000000
#define HOUR 3600000LL

static const struct row {
	const char *name;
	const char *words[8];
	const char *subject;	/* NULL: refused */
	int kind;
	int64_t for_ms;		/* 0: for ever */
	const char *because;
} rows[] = {
	{ "a_login_for_24_hours", { "bob" }, "bob", HOLD_LOGIN, 24 * HOUR, "" },
	{ "a_login_with_a_realm", { "bob@ours.example" }, "bob@ours.example", HOLD_LOGIN, 24 * HOUR, "" },
	{ "an_address", { "192.0.2.1" }, "192.0.2.1", HOLD_CLIENT, 24 * HOUR, "" },
	{ "an_address_as_a_network", { "192.0.2.1/32" }, "192.0.2.1", HOLD_CLIENT, 24 * HOUR, "" },
	{ "a_network", { "192.0.2.0/24" }, "192.0.2.0/24", HOLD_CLIENT, 24 * HOUR, "" },
	{ "IPv6", { "2001:DB8::1" }, "2001:db8::1", HOLD_CLIENT, 24 * HOUR, "" },
	{ "an_IPv6_network", { "2001:db8::/32" }, "2001:db8::/32", HOLD_CLIENT, 24 * HOUR, "" },
	{ "a_mapped_address", { "::ffff:192.0.2.1" }, "192.0.2.1", HOLD_CLIENT, 24 * HOUR, "" },
	{ "said_to_be_a_login", { "login:192.0.2.1" }, "192.0.2.1", HOLD_LOGIN, 24 * HOUR, "" },
	{ "said_to_be_a_client", { "client:192.0.2.1" }, "192.0.2.1", HOLD_CLIENT, 24 * HOUR, "" },
	{ "a_login_of_digits", { "4711" }, "4711", HOLD_LOGIN, 24 * HOUR, "" },
	{ "a_login_named_for", { "for", "for", "2h" }, "for", HOLD_LOGIN, 2 * HOUR, "" },
	{ "for_2h", { "bob", "for", "2h" }, "bob", HOLD_LOGIN, 2 * HOUR, "" },
	{ "for_ever", { "bob", "for", "ever" }, "bob", HOLD_LOGIN, 0, "" },
	{ "because", { "bob", "because", "call", "311" }, "bob", HOLD_LOGIN, 24 * HOUR, "call 311" },
	{ "because_in_one_word", { "bob", "because", "call 311" }, "bob", HOLD_LOGIN, 24 * HOUR, "call 311" },
	{ "both", { "bob", "for", "7d", "because", "for", "fun" }, "bob", HOLD_LOGIN, 168 * HOUR, "for fun" },
	{ "nobody", { NULL }, NULL, 0, 0, NULL },
	{ "the_empty_login", { "" }, NULL, 0, 0, NULL },
	{ "the_empty_login_said_so", { "login:" }, NULL, 0, 0, NULL },
	{ "host_bits", { "192.0.2.1/24" }, NULL, 0, 0, NULL },
	{ "an_address_that_is_none", { "192.0.2.256" }, NULL, 0, 0, NULL },
	{ "an_IPv6_address_that_is_none", { "2001:db8:::1" }, NULL, 0, 0, NULL },
	{ "a_client_that_is_none", { "client:bob" }, NULL, 0, 0, NULL },
	{ "everybody", { "0.0.0.0/0" }, NULL, 0, 0, NULL },
	{ "everybody_with_IPv6", { "::/0" }, NULL, 0, 0, NULL },
	{ "a_control_character", { "bob\n" }, NULL, 0, 0, NULL },
	{ "for_what", { "bob", "for" }, NULL, 0, 0, NULL },
	{ "for_no_time", { "bob", "for", "ages" }, NULL, 0, 0, NULL },
	{ "for_0s", { "bob", "for", "0s" }, NULL, 0, 0, NULL },
	{ "for_longer_than_anybody_lives", { "bob", "for", "99999999d" }, NULL, 0, 0, NULL },
	{ "because_of_nothing", { "bob", "because" }, NULL, 0, 0, NULL },
	{ "because_not_in_ASCII", { "bob", "because", "gr\xc3\xbc\xc3\x9f" }, NULL, 0, 0, NULL },
	{ "because_with_a_line_end", { "bob", "because", "x\r\n250 ok" }, NULL, 0, 0, NULL },
	{ "another_word", { "bob", "until", "2h" }, NULL, 0, 0, NULL },
	{ "a_word_too_many", { "bob", "for", "2h", "please" }, NULL, 0, 0, NULL },
};

static void check_row(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_new();
	char problem[CONF_PROBLEM_MAX] = "";
	struct hold hold;
	size_t len = 0;
	int r;

	while (row->words[len] != NULL)
		len++;
	r = hold_words_parse(arena, row->words, len, NOW, &hold, problem);
	assert_int_equal(r < 0, row->subject == NULL);
	if (r == 0) {
		assert_string_equal(hold.subject, row->subject);
		assert_int_equal(hold.kind, row->kind);
		assert_int_equal(hold.since_ms, NOW);
		assert_int_equal(hold.until_ms, row->for_ms == 0 ? 0 : NOW + row->for_ms);
		assert_string_equal(hold.because, row->because);
	} else {
		assert_string_not_equal(problem, "");
	}
	arena_free(arena);
}

static void words_that_are_too_many(void **state)
{
	const char *words[2000] = { "bob", "because" };
	struct arena *arena = arena_new();
	char problem[CONF_PROBLEM_MAX] = "", login[300];
	struct hold hold;

	(void)state;
	for (size_t i = 2; i < 2000; i++)
		words[i] = "x";
	assert_int_equal(hold_words_parse(arena, words, 102, NOW, &hold, problem), 0);
	assert_true(hold_words_parse(arena, words, 103, NOW, &hold, problem) < 0);
	assert_true(hold_words_parse(arena, words, 2000, NOW, &hold, problem) < 0);
	memset(login, 'x', sizeof(login) - 1);
	login[sizeof(login) - 1] = '\0';
	words[0] = login;
	assert_true(hold_words_parse(arena, words, 1, NOW, &hold, problem) < 0);
	arena_free(arena);
}

int main(void)
{
	static struct rows table;

	rows_add(&table, rows, check_row);
	rows_add_one(&table, "words_that_are_too_many", words_that_are_too_many, NULL);
	return rows_run(&table, "hold_words");
}
