/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links the program's own table of scanners (scanners/table.c): whoever adds an outcome says here what would change it. */
#include "milter/explain_advice.h"

#include "milter/base/str.h"
#include "milter/model/scanner.h"
#include "milter/settings.h"
#include "t/unit/rows.h"

static void each_outcome_of_each_scanner_has_an_advice(void **state)
{
	size_t lacking = 0;

	(void)state;
	for (size_t i = 0; scanners[i] != NULL; i++)
		for (const struct outcome *outcome = scanners[i]->outcomes; outcome != NULL && outcome->name != NULL; outcome++) {
			char name[128];

			(void)snprintf(name, sizeof(name), "%s:%s", scanners[i]->name, outcome->name);
			if (explain_advice_find(name) == NULL) {
				print_message("# explain_advice.c lacks %s\n", name);
				lacking++;
			}
		}
	assert_int_equal(lacking, 0);
	assert_non_null(explain_advice_find("score"));
	assert_non_null(explain_advice_find("policy:no_ground"));
	assert_null(explain_advice_find(""));
	assert_null(explain_advice_find("spf:nothing"));
}

static bool has_outcome(const struct scanner *scanner, const char *name)
{
	for (const struct outcome *outcome = scanner->outcomes; outcome != NULL && outcome->name != NULL; outcome++)
		if (strcmp(outcome->name, name) == 0)
			return true;
	return false;
}

static bool is_outcome(const char *name)
{
	const char *colon = strchr(name, ':');

	for (size_t i = 0; colon != NULL && scanners[i] != NULL; i++)
		if (strlen(scanners[i]->name) == (size_t)(colon - name) && strncmp(scanners[i]->name, name, (size_t)(colon - name)) == 0)
			return has_outcome(scanners[i], colon + 1);
	return strcmp(name, "score") == 0 || strcmp(name, "policy:no_ground") == 0;
}

static void no_advice_is_for_an_outcome_that_is_gone(void **state)
{
	size_t len, gone = 0;
	const struct explain_advice *advices = explain_advice_all(&len);

	(void)state;
	for (size_t i = 0; i < len; i++)
		if (!is_outcome(advices[i].name)) {
			print_message("# %s is no outcome\n", advices[i].name);
			gone++;
		}
	assert_int_equal(gone, 0);
}

static bool has_option(const struct option_section *section, struct str option)
{
	for (const struct option *row = section->options; row != NULL && row->name != NULL; row++)
		if (str_equal(option, str_of(row->name)))
			return true;
	return false;
}

/* "section.option", or a section within a section: "sign.key". */
static bool is_option(struct str section, struct str option)
{
	const struct option_section *const *sections = settings_sections();

	for (size_t i = 0; sections[i] != NULL; i++) {
		if (str_equal(section, str_of(sections[i]->name)) && has_option(sections[i], option))
			return true;
		if (sections[i]->parent != NULL && str_equal(section, str_of(sections[i]->parent)) && str_equal(option, str_of(sections[i]->name)))
			return true;
	}
	return false;
}

static bool is_name(char c)
{
	return ascii_is_alpha(c) || c == '_';
}

/* The next "word.word" of text; p NULL: there is none. */
static struct str next_dotted(const char **text, struct str *ret_option)
{
	for (const char *dot = strchr(*text, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
		const char *begin = dot, *end = dot + 1;

		while (begin > *text && is_name(begin[-1]))
			begin--;
		while (is_name(*end))
			end++;
		if (begin == dot || end == dot + 1)
			continue;
		*text = end;
		*ret_option = (struct str){ dot + 1, (size_t)(end - dot - 1) };
		return (struct str){ begin, (size_t)(dot - begin) };
	}
	return (struct str){ NULL, 0 };
}

static void the_options_that_are_named_exist(void **state)
{
	size_t len, missing = 0;
	const struct explain_advice *advices = explain_advice_all(&len);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		const char *text = advices[i].text;
		struct str section, option;

		while ((section = next_dotted(&text, &option)).p != NULL) {
			if (str_equal(section, STR("NAME")) || is_option(section, option))
				continue;
			print_message("# %s: there is no option %.*s.%.*s\n", advices[i].name, (int)section.len, section.p, (int)option.len, option.p);
			missing++;
		}
	}
	assert_int_equal(missing, 0);
}

int main(void)
{
	static struct rows rows;

	rows_add_one(&rows, "each_outcome_of_each_scanner_has_an_advice", each_outcome_of_each_scanner_has_an_advice, NULL);
	rows_add_one(&rows, "no_advice_is_for_an_outcome_that_is_gone", no_advice_is_for_an_outcome_that_is_gone, NULL);
	rows_add_one(&rows, "the_options_that_are_named_exist", the_options_that_are_named_exist, NULL);
	return rows_run(&rows, "explain_advice");
}
