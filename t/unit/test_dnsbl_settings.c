/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dnsbl_settings.h"

#include <stdlib.h>
#include <unistd.h>

#include "milter/model/message.h"
#include "t/unit/rows.h"

static const struct option_section top_section = {
	.name = "", .options = (const struct option[]){ OPTION_END }, .settings_size = 1, .summary = "the top",
};
static const struct option_section *const sections[] = { &top_section, &dnsbl_section, NULL };

static struct conf *load(const char *text)
{
	char path[] = "/tmp/octroi-dnsbl-XXXXXX";
	int fd = mkstemp(path);
	struct conf *conf;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	conf = conf_load(path, sections);
	(void)unlink(path);
	return conf;
}

static const struct wrong {
	const char *name, *text, *word;	/* NULL: it is right */
} wrong_table[] = {
	{ "title_alone", "dnsbl \"zen.example\" { }\n", NULL },
	{ "title_and_zone", "dnsbl \"my list\" { zone = \"zen.example\" }\n", NULL },
	{ "zone_with_an_underscore", "dnsbl \"key_1.zen.example\" { }\n", NULL },
	{ "title_that_is_no_zone", "dnsbl \"my list\" { }\n", "no name of a zone" },
	{ "zone_that_is_a_URL", "dnsbl \"x\" { zone = \"https://zen.example\" }\n", "no name of a zone" },
	{ "zone_that_is_an_address", "dnsbl \"x\" { zone = \"192.0.2.1\" }\n", "no name of a zone" },
	{ "zone_that_leaves_no_room_for_an_address",
	  "dnsbl \"x\" { zone = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example\" }\n", "no name of a zone" },
	{ "nothing_to_look_up", "dnsbl \"zen.example\" { of = { } }\n", "of is empty" },
	{ "unknown_thing_to_look_up", "dnsbl \"zen.example\" { of = { clients } }\n", "cannot be looked up" },
	{ "unknown_type", "dnsbl \"zen.example\" { type = white }\n", "type" },
	{ "wrong_code", "dnsbl \"zen.example\" { codes = { \"2\" } }\n", "is no answer" },
	{ "code_outside", "dnsbl \"zen.example\" { codes = { \"10.0.0.2\" } }\n", "127.0.0.0/8" },
	{ "code_that_is_a_refusal", "dnsbl \"zen.example\" { codes = { \"127.0.0.2\", \"127.0.0.1\" } }\n", "in refusal_codes" },
	{ "code_that_is_no_refusal_here", "dnsbl \"zen.example\" { codes = { \"127.0.0.1\" } refusal_codes = { } }\n", NULL },
	{ "code_network_with_a_refusal_in_it", "dnsbl \"zen.example\" { codes = { \"127.0.0.0/24\" } }\n", NULL },
	{ "text_with_an_unknown_sign", "dnsbl \"zen.example\" { text = \"%s\" }\n", "none of" },
	{ "share_over_100", "dnsbl \"zen.example\" { max_listed_percent = 101 }\n", "max_listed_percent" },
};

static void check_wrong(void **state)
{
	const struct wrong *row = *state;
	struct conf *conf = load(row->text);
	size_t len;
	const struct conf_error *errors = conf_errors(conf, &len);

	assert_int_equal(len, row->word == NULL ? 0 : 1);
	if (row->word != NULL)
		assert_non_null(strstr(errors[0].text, row->word));
	conf_free(conf);
}

static const struct listed {
	const char *name, *text;
	enum action action;
} listed_table[] = {
	{ "a_deny_list_rejects", "dnsbl \"a.example\" { }\n", ACTION_REJECT },
	{ "an_allow_list_accepts", "dnsbl \"a.example\" { type = allow }\n", ACTION_ACCEPT },
	{ "what_is_written_holds", "dnsbl \"a.example\" { type = allow on_listed = -1 }\n", ACTION_WEIGHT },
	{ "even_the_default", "dnsbl \"a.example\" { type = allow on_listed = reject }\n", ACTION_REJECT },
};

static void check_listed(void **state)
{
	const struct listed *row = *state;
	struct conf *conf = load(row->text);
	struct rule rule = dnsbl_settings_on_listed(conf_settings_at(conf, "dnsbl", 0));

	for (size_t i = 0; i < DIRECTIONS; i++)
		assert_int_equal(rule.by_direction[i].action, row->action);
	conf_free(conf);
}

static void defaults_are_as_documented(void **state)
{
	struct conf *conf = load("dnsbl \"Zen.EXAMPLE.\" { }\n");
	const struct dnsbl_settings *settings = conf_settings_at(conf, "dnsbl", 0);
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(dnsbl_settings_zone(arena, settings), "zen.example");
	assert_int_equal(dnsbl_settings_subjects(settings), DNSBL_CLIENT);
	assert_true(settings->enabled && settings->self_test && settings->txt && settings->ipv6);
	assert_int_equal(settings->refusal_codes.len, 2);
	assert_int_equal(settings->on_error.by_direction[DIRECTION_INBOUND].action, ACTION_ACCEPT);
	assert_int_equal(settings->max_listed_percent, 90);
	arena_free(arena);
	conf_free(conf);
}

static void subjects_are_joined(void **state)
{
	struct conf *conf = load("dnsbl \"a.example\" { of = { sender, helo, sender } }\n");

	(void)state;
	assert_int_equal(dnsbl_settings_subjects(conf_settings_at(conf, "dnsbl", 0)), DNSBL_HELO | DNSBL_SENDER);
	conf_free(conf);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, wrong_table, check_wrong);
	rows_add(&rows, listed_table, check_listed);
	rows_add_one(&rows, "defaults_are_as_documented", defaults_are_as_documented, NULL);
	rows_add_one(&rows, "subjects_are_joined", subjects_are_joined, NULL);
	return rows_run(&rows, "dnsbl_settings");
}
