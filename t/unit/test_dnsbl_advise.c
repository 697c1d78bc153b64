/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "milter/lookup/resolver.h"
#include "scanners/dnsbl_settings.h"
#include "t/unit/rows.h"

static const struct option_section top_section = {
	.name = "", .options = (const struct option[]){ OPTION_END }, .settings_size = 1, .summary = "the top",
};
static const struct option_section *const sections[] = { &top_section, &resolver_section, &dnsbl_section, NULL };

static struct conf *load(const char *text)
{
	char path[] = "/tmp/octroi-dnsbl-XXXXXX";
	int fd = mkstemp(path);
	struct conf *conf;
	size_t errors;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	conf = conf_load(path, sections);
	(void)unlink(path);
	(void)conf_errors(conf, &errors);
	assert_int_equal(errors, 0);
	return conf;
}

static void __attribute__((format(printf, 2, 3))) collect(void *arg, const char *format, ...)
{
	char *said = arg;
	size_t len = strlen(said);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(said + len, 2048 - len, format, args);
	va_end(args);
	(void)strcat(said, "\n");
}

static const struct advice {
	const char *name, *text, *word;		/* NULL: nothing is said */
} advice_table[] = {
	{ "no_list", "resolver { forward = { \"8.8.8.8\" } }\n", NULL },
	{ "a_sound_list", "dnsbl \"zen.example\" { }\ndnsbl \"wl.example\" { type = allow }\n", NULL },
	{ "an_allow_list_that_weighs", "dnsbl \"wl.example\" { type = allow on_listed = -2 }\n", NULL },
	{ "an_allow_list_that_rejects", "dnsbl \"wl.example\" { type = allow on_listed = reject }\n", "its on_listed is reject" },
	{ "an_allow_list_that_weighs_against", "dnsbl \"wl.example\" { type = allow on_listed = 2 }\n", "above 0" },
	{ "a_deny_list_that_accepts", "dnsbl \"zen.example\" { on_listed = accept }\n", "what it lists is accepted" },
	{ "twins", "dnsbl \"a\" { zone = \"zen.example\" }\ndnsbl \"b\" { zone = \"Zen.Example\" }\n",
	  "dnsbl \"a\" and dnsbl \"b\" look up the same" },
	{ "one_zone_with_two_codes",
	  "dnsbl \"a\" { zone = \"zen.example\" codes = { \"127.0.0.2\" } }\ndnsbl \"b\" { zone = \"zen.example\" codes = { \"127.0.0.3\" } }\n",
	  NULL },
	{ "one_zone_for_two_things", "dnsbl \"a\" { zone = \"d.example\" of = { helo } }\ndnsbl \"b\" { zone = \"d.example\" of = { sender } }\n",
	  NULL },
	{ "twins_one_of_them_off", "dnsbl \"a\" { zone = \"zen.example\" enabled = no }\ndnsbl \"b\" { zone = \"zen.example\" }\n", NULL },
	{ "single_label", "dnsbl \"zen\" { }\n", "single label" },
	{ "closed_list", "dnsbl \"spam.dnsbl.sorbs.net\" { }\n", "has been closed" },
	{ "public_resolver_DNS_12", "resolver { forward = { \"127.0.0.1\", \"8.8.8.8@53\" } }\ndnsbl \"zen.example\" { }\n",
	  "public resolver 8.8.8.8" },
	{ "resolver_of_ones_own", "resolver { forward = { \"127.0.0.1\", \"8.8.8.80\" } }\ndnsbl \"zen.example\" { }\n", NULL },
	{ "all_off", "resolver { forward = { \"8.8.8.8\" } }\ndnsbl \"zen\" { enabled = no on_listed = accept }\n", NULL },
};

static void check_advice(void **state)
{
	const struct advice *row = *state;
	struct conf *conf = load(row->text);
	char said[2048] = "";

	dnsbl_advise(conf, collect, said);
	if (row->word == NULL)
		assert_string_equal(said, "");
	else
		assert_non_null(strstr(said, row->word));
	conf_free(conf);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, advice_table, check_advice);
	return rows_run(&rows, "dnsbl_advise");
}
