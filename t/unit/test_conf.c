/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an administrator writes, and what conf says about it. */
#include "t/unit/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/unit/conf_table.h"

#define LISTEN "listen = here\n"
#define LINES_MAX 65536

static char directory[] = "/tmp/octroi-conf-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void file_write_bytes(const char *name, const void *bytes, size_t len, mode_t mode)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path_of(name), mode), 0);
}

static void file_write(const char *name, const char *text)
{
	file_write_bytes(name, text, strlen(text), 0644);
}

/* All errors as "FILE:LINE: TEXT", without the directory. */
static const char *errors_of(const struct conf *conf)
{
	static char lines[LINES_MAX];
	size_t len, at = 0;
	const struct conf_error *errors = conf_errors(conf, &len);

	lines[0] = '\0';
	for (size_t i = 0; i < len && at < sizeof(lines); i++) {
		const char *file = errors[i].where.file == NULL ? "(default)" : errors[i].where.file;

		if (strncmp(file, directory, strlen(directory)) == 0)
			file += strlen(directory) + 1;
		at += (size_t)snprintf(lines + at, sizeof(lines) - at, "%s:%u: %s\n", file, errors[i].where.line, errors[i].text);
	}
	return lines;
}

static struct conf *load(const char *text)
{
	file_write("milter.conf", text);
	return conf_load(path_of("milter.conf"), sections);
}

/* --- errors --- */

static const struct wrong {
	const char *name, *text, *errors;
} wrong_table[] = {
	{ "what_is_right_has_no_errors",
	  "# remark\nlisten = \"unix:/run/x\" # another\ndomains = { \"a.example\", # in a list\n b.example, }\n"
	  "antivirus { enabled = no timeout = 5s }\nrelay { grant \"p\" { clients = { \"192.0.2.1\" } }\n"
	  " grant q { clients = x } }\n",
	  "" },
	{ "all_errors_are_found_and_sorted_by_line",
	  "antivirus {\n timout = 5s\n workers = 99\n timeout = 5x\n}\nfoo = 1\n",
	  "milter.conf:0: listen: must be set\n"
	  "milter.conf:2: no option \"timout\" in section antivirus; did you mean \"timeout\"?\n"
	  "milter.conf:3: antivirus.workers: \"99\" is out of bounds (1 to 64)\n"
	  "milter.conf:4: antivirus.timeout: \"5x\" is no duration (write 500ms, 30s, 5m, 1h or 2d)\n"
	  "milter.conf:6: no option \"foo\" at the top level\n" },
	{ "unknown_section_with_everything_in_it",
	  LISTEN "antivrus {\n a = { b, c }\n d \"e\" { f = \"}\" }\n}\nworkers = 1\n",
	  "milter.conf:2: no section \"antivrus\" at the top level; did you mean \"antivirus\"?\n"
	  "milter.conf:6: no option \"workers\" at the top level; workers belongs into antivirus { }\n" },
	{ "section_in_the_wrong_place",
	  LISTEN "grant \"x\" { clients = y }\nantivirus { relay { } }\n",
	  "milter.conf:2: no section \"grant\" at the top level; grant belongs into relay { }\n"
	  "milter.conf:3: no section \"relay\" in section antivirus; relay belongs at the top level\n" },
	{ "option_for_section_and_section_for_option",
	  LISTEN "antivirus = yes\ndomains { }\n",
	  "milter.conf:2: \"antivirus\" is no option but a section: write antivirus { ... }\n"
	  "milter.conf:3: \"domains\" is no section but an option: write domains = VALUE\n" },
	{ "duplicate_options", LISTEN "listen = there\nantivirus { skip = a }\nantivirus { skip = { b } skip += c }\n",
	  "milter.conf:2: listen: is set already in line 1\n"
	  "milter.conf:4: antivirus.skip: is set already in line 3; += adds to a list\n" },
	{ "titles", LISTEN "relay {\n grant a { clients = x }\n grant \"a\" { clients = y }\n"
	  " grant { }\n grant \"\" { clients = z }\n}\n"
	  "antivirus \"x\" { }\n",
	  "milter.conf:4: relay.grant \"a\": there is one with this title already, at DIR/milter.conf:3\n"
	  "milter.conf:5: section relay.grant needs a title: write grant \"NAME\" { ... }\n"
	  "milter.conf:6: relay.grant \"\": the title is empty\n"
	  "milter.conf:8: section antivirus has no title: write antivirus { ... }\n" },
	{ "required_in_a_titled_section", LISTEN "relay {\n\n grant a {\n  owner = me\n }\n}\n",
	  "milter.conf:4: relay.grant \"a\".clients: must be set\n" },
	{ "numbers", LISTEN "antivirus { workers = 0 }\n"
	  "antivirus { size_max = -5 timeout = 5s5 }\n"
	  "relay { authenticated = maybe }\n",
	  "milter.conf:2: antivirus.workers: \"0\" is out of bounds (1 to 64)\n"
	  "milter.conf:3: antivirus.size_max: \"-5\" is no size (write 4096, 256K, 10M or 1G)\n"
	  "milter.conf:3: antivirus.timeout: \"5s5\" is no duration (write 500ms, 30s, 5m, 1h or 2d)\n"
	  "milter.conf:4: relay.authenticated: \"maybe\" is neither yes nor no\n" },
	{ "overflow", LISTEN "antivirus { workers = 99999999999999999999999"
	  " size_max = 17179869184G timeout = 99999999999999999999ms }\n",
	  "milter.conf:2: antivirus.workers: \"99999999999999999999999\" is out of bounds (1 to 64)\n"
	  "milter.conf:2: antivirus.size_max: \"17179869184G\" is out of bounds (1K to 1G)\n"
	  "milter.conf:2: antivirus.timeout: \"99999999999999999999ms\" is out of bounds (100ms to 5m)\n" },
	{ "words", LISTEN "antivirus { on_infected = rejct }\n",
	  "milter.conf:2: antivirus.on_infected: \"rejct\" is not one of tag, quarantine, reject; "
	  "did you mean \"reject\"?\n" },
	{ "checks_of_rows", LISTEN "domains = {\n a,\n \"b c\" }\nantivirus { database = \"a b\" workers = 13 }\n"
	  "relay { grant x { clients = y rate = 5 } }\n",
	  "milter.conf:4: domains: \"b c\" has a space\n"
	  "milter.conf:5: antivirus.database: \"a b\" has a space\n"
	  "milter.conf:6: relay.grant \"x\".rate: \"5\" is no rate (write 50/1h)\n" },
	{ "check_of_a_section", LISTEN "\nantivirus {\n workers = 13\n}\n",
	  "milter.conf:3: antivirus: 13 workers bring bad luck\n" },
	{ "value_errors_before_a_syntax_error_are_said", LISTEN "antivirus {\n workers = 0\n timeout 5s\n size_max = 3\n}\n",
	  "milter.conf:3: antivirus.workers: \"0\" is out of bounds (1 to 64)\n"
	  "milter.conf:4: missing equal sign after option 'timeout'\n" },
	{ "what_is_missing_may_be_behind_a_syntax_error", "domains = = x\n" LISTEN, "milter.conf:1: unexpected token '='\n" },
	{ "list_for_one_value", LISTEN "antivirus { timeout = { 5s } workers += 3 }\n",
	  "milter.conf:2: antivirus.timeout: takes one value, not a list in braces\n"
	  "milter.conf:2: antivirus.workers: += is for lists; write =\n" },
	{ "section_that_is_not_closed", LISTEN "antivirus {\n workers = 3\n",
	  "milter.conf:2: the brace that opens section antivirus here is not closed\n" },
	{ "brace_too_much", LISTEN "}\n", "milter.conf:2: unexpected closing brace\n" },
	{ "quote_that_is_not_closed_stops_at_its_line", LISTEN "antivirus {\n database = \"/var\n workers = 0\n}\n",
	  "milter.conf:3: \"/var\" has no closing quote on its line\n"
	  "milter.conf:4: antivirus.workers: \"0\" is out of bounds (1 to 64)\n" },
	{ "bytes_that_libconfuse_skips_are_errors", LISTEN "antivirus { workers = *5 }\n antivirus {timeout=+5s}\n",
	  "milter.conf:2: \"*5\" must stand in quotes because of its * or +\n"
	  "milter.conf:3: \"+5s\" must stand in quotes because of its * or +\n" },
	{ "environment_is_not_asked", "listen = \"${HOME}\"\ndomains = ${HOME}\n",
	  "milter.conf:1: \"${HOME}\" asks for a variable of the environment, which is not replaced here; "
	  "write \\$ for a dollar sign\n"
	  "milter.conf:2: \"${HOME}\" asks for a variable of the environment, which is not replaced here; "
	  "quote it: \"\\$\"\n" },
	{ "escaped_nul_does_not_cut_a_value", "listen = \"a\\0b\"\ndomains = \"a\\x00b\"\n",
	  "milter.conf:1: \"a\\0b\" has an escape with a number; write the character itself\n"
	  "milter.conf:2: \"a\\x00b\" has an escape with a number; write the character itself\n" },
	{ "other_comments", LISTEN "// remark\n",
	  "milter.conf:2: \"//\" is no comment here; a comment begins with #\n" },
	{ "path_of_libconfuse_is_no_way_in", LISTEN "\"antivirus|workers\" = 5\n",
	  "milter.conf:2: no option \"antivirus|workers\" at the top level; did you mean \"antivirus\"?\n" },
	{ "include", LISTEN "antivirus { workers = 0 include(\"more.inc\") timeout = 1 }\nfoo = 1\n",
	  "milter.conf:2: antivirus.workers: \"0\" is out of bounds (1 to 64)\n"
	  "milter.conf:2: antivirus.timeout: \"1\" is no duration (write 500ms, 30s, 5m, 1h or 2d)\n"
	  "milter.conf:3: no option \"foo\" at the top level\n"
	  "more.inc:2: antivirus.size_max: \"1x\" is no size (write 4096, 256K, 10M or 1G)\n"
	  "more.inc:3: no option \"bar\" in section antivirus\n" },
	{ "include_of_nothing", LISTEN "include(\"nowhere\")\nworkers = 1\n",
	  "milter.conf:2: cannot open DIR/nowhere: No such file or directory\n"
	  "milter.conf:3: no option \"workers\" at the top level; workers belongs into antivirus { }\n" },
	{ "too_many_includes", LISTEN "include('wide.inc')\n", "wide.inc:99: more than 100 files are read\n" },
	{ "include_of_itself_ends", LISTEN "include('loop.inc')\n",
	  "loop.inc:1: files include each other more than 8 deep\n" },
	{ "quote_in_an_included_file_ends_there", LISTEN "include('quote.inc')\nfoo = \"x\"\n",
	  "milter.conf:3: no option \"foo\" at the top level\n"
	  "quote.inc:1: \"a\" has no closing quote on its line\n" },
	{ "list_files", LISTEN "domains = { \"file:wrong.list\", x,\n \"file:nowhere\" }\n",
	  "milter.conf:3: domains: cannot open DIR/nowhere: No such file or directory\n"
	  "wrong.list:2: domains: \"b c\" has a space\n"
	  "wrong.list:4: domains: \"file:good.list\" names a file, which only milter.conf itself may do\n"
	  "wrong.list:5: domains: \"a?b\" holds a NUL byte\n" },
	{ "list_from_a_directory", LISTEN "domains = \"file:.\"\n", "milter.conf:2: domains: DIR/. is no regular file\n" },
	{ "list_from_a_fifo_does_not_wait", LISTEN "domains = \"file:fifo\"\n",
	  "milter.conf:2: domains: DIR/fifo is no regular file\n" },
	{ "list_that_everybody_may_write_OS_02", LISTEN "domains = \"file:open.list\"\n",
	  "milter.conf:2: domains: everybody may write this file; run: chmod o-w DIR/open.list\n" },
	{ "include_that_everybody_may_write_OS_02", LISTEN "include(\"open.list\")\n",
	  "milter.conf:2: everybody may write this file; run: chmod o-w DIR/open.list\n" },
	{ "empty_file", "", "milter.conf:0: listen: must be set\n" },
	{ "only_a_sign", "=", "milter.conf:1: unexpected token '='\n" },
	{ "unknown_section_that_is_not_closed", LISTEN "foo {\n",
	  "milter.conf:2: no section \"foo\" at the top level\n"
	  "milter.conf:2: the brace that opens here is not closed\n" },
	{ "crlf_and_byte_order_mark", "\xef\xbb\xbflisten = here\r\n# remark\r\nantivirus {\r\n workers = 0\r\n}\r\n",
	  "milter.conf:4: antivirus.workers: \"0\" is out of bounds (1 to 64)\n" },
	{ "words_of_a_list_without_comma", "domains = { \"a\n b,\n}\nlisten = c\n",
	  "milter.conf:1: \"a\" has no closing quote on its line\n"
	  "milter.conf:2: unexpected token 'b'\n" },
	{ "nothing_is_recorded_before_a_syntax_error", "= { a, b }\n", "milter.conf:1: unexpected token '='\n" },
	{ "value_behind_a_word_too_much", "listen a = b\n", "milter.conf:1: missing equal sign after option 'listen'\n" },
	{ "control_characters_are_not_shown", LISTEN "antivirus { on_infected = \"\033[2J\" }\n",
	  "milter.conf:2: \"?[2J\" holds a control character\n" },
};

/* expected has DIR where the directory stands. */
static void assert_errors(const struct conf *conf, const char *expected)
{
	static char text[LINES_MAX];
	size_t at = 0;

	for (; *expected != '\0' && at < sizeof(text) - sizeof(directory); expected++) {
		if (strncmp(expected, "DIR", 3) == 0) {
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s", directory);
			expected += 2;
		} else {
			text[at++] = *expected;
		}
	}
	text[at] = '\0';
	assert_string_equal(errors_of(conf), text);
}

static void check_wrong(void **state)
{
	const struct wrong *row = *state;
	struct conf *conf = load(row->text);

	assert_errors(conf, row->errors);
	conf_free(conf);
}

/* --- values --- */

static const struct antivirus_settings *antivirus_of(const struct conf *conf)
{
	return conf_settings(conf, "antivirus");
}

static void check_values(void **state)
{
	struct conf *conf = load("antivirus { enabled = off workers = 010 size_max = 256K timeout = 2m\n"
				 "database = \"a\\\"b\\\\c\\$d\" on_infected = quarantine }\n" LISTEN);
	const struct antivirus_settings *antivirus = antivirus_of(conf);
	const struct top_settings *top = conf_settings(conf, "");

	(void)state;
	assert_errors(conf, "");
	assert_false(antivirus->enabled);
	assert_int_equal(antivirus->workers, 10);
	assert_int_equal(antivirus->size_max, UINT64_C(256) * 1024);
	assert_int_equal(antivirus->timeout_ms, 120000);
	assert_string_equal(antivirus->database, "a\"b\\c$d");
	assert_int_equal(antivirus->on_infected, 2);
	assert_string_equal(top->listen, "here");
	assert_int_equal(conf_where(conf, "antivirus", 0, "database").line, 2);
	assert_int_equal(conf_where(conf, "", 0, "listen").line, 3);
	assert_null(conf_where(conf, "antivirus", 0, "skip").file);
	assert_null(conf_settings(conf, "nothing"));
	conf_free(conf);
}

static void check_defaults(void **state)
{
	struct conf *conf = conf_load(NULL, sections);
	const struct antivirus_settings *antivirus = antivirus_of(conf);

	(void)state;
	assert_errors(conf, "");
	assert_true(antivirus->enabled);
	assert_int_equal(antivirus->size_max, 25 << 20);
	assert_int_equal(antivirus->timeout_ms, 60000);
	assert_string_equal(antivirus->database, "/var/lib/clamav");
	assert_int_equal(antivirus->on_infected, 3);
	assert_int_equal(antivirus->skip.len, 2);
	assert_string_equal(antivirus->skip.items[1].text, "asc");
	assert_string_equal(((const struct top_settings *)conf_settings(conf, ""))->listen, "");
	assert_int_equal(conf_count(conf, "relay.grant"), 0);
	conf_free(conf);
}

static const struct option wrong_options[] = {
	{ "timeout", OPTION_DURATION, 0, .fallback = "5", .summary = "without its unit" },
	{ "list", OPTION_LIST, 16, .fallback = "{ a b }", .summary = "without its comma" },
	OPTION_END
};

static void check_wrong_default_is_found(void **state)
{
	static const struct option_section plain = { .name = "a", .options = wrong_options, .settings_size = 64 };
	static const struct option_section titled = { .name = "b", .titled = true, .options = wrong_options,
							     .settings_size = 64 };
	static const struct option_section *const both[] = { &plain, &titled, NULL };
	struct conf *conf = conf_load(NULL, both);

	(void)state;
	assert_errors(conf, "(default):0: a.timeout: \"5\" is no duration (write 500ms, 30s, 5m, 1h or 2d)\n"
			    "(default):0: a.list: the default in the table is no list\n"
			    "(default):0: b \"NAME\".timeout: \"5\" is no duration (write 500ms, 30s, 5m, 1h or 2d)\n"
			    "(default):0: b \"NAME\".list: the default in the table is no list\n");
	conf_free(conf);
}

static void check_titled_sections(void **state)
{
	struct conf *conf = load(LISTEN "relay {\n grant \"second floor\" {\n  clients = a\n  rate = \"7/1h\"\n }\n"
				 " grant b { clients = { b, c } }\n}\n");
	const struct grant_settings *first = conf_settings_at(conf, "relay.grant", 0);
	const struct grant_settings *second = conf_settings_at(conf, "relay.grant", 1);

	(void)state;
	assert_errors(conf, "");
	assert_int_equal(conf_count(conf, "relay.grant"), 2);
	assert_string_equal(first->title, "second floor");
	assert_int_equal(first->rate, 7);
	assert_string_equal(second->title, "b");
	assert_int_equal(second->rate, 100);
	assert_int_equal(second->clients.len, 2);
	assert_int_equal(conf_where(conf, "relay.grant", 0, "rate").line, 5);
	assert_null(conf_settings_at(conf, "relay.grant", 2));
	conf_free(conf);
}

static const struct list_row {
	const char *name, *text;
	const char *items[8];
} list_table[] = {
	{ "default_list", "", { "txt", "asc" } },
	{ "list_replaces_the_default", "antivirus { skip = { a, b } }\n", { "a", "b" } },
	{ "one_value_is_a_list", "antivirus { skip = a }\n", { "a" } },
	{ "empty_list_replaces_the_default", "antivirus { skip = { } }\n", { NULL } },
	{ "append_to_the_default", "antivirus { skip += { a } }\n", { "txt", "asc", "a" } },
	{ "append_to_a_list", "antivirus { skip = a skip += { b } skip += c }\n", { "a", "b", "c" } },
	{ "append_to_an_empty_list", "antivirus { skip = {} skip += { b } }\n", { "b" } },
	{ "list_from_a_file", "antivirus { skip = { z, \"file:good.list\", y } }\n", { "z", "one", "two#2", "three", "y" } },
	{ "empty_file_of_a_list", "antivirus { skip = \"file:empty.list\" }\n", { NULL } },
	{ "hash_in_quotes_is_no_comment", "antivirus { skip = \"a # b\" }\n", { "a # b" } },
	{ "single_quotes", "antivirus { skip = 'a\"${b}\\'c' }\n", { "a\"${b}'c" } },
};

static void check_list(void **state)
{
	const struct list_row *row = *state;
	char text[512];
	struct conf *conf;
	const struct conf_list *skip;

	(void)snprintf(text, sizeof(text), "%s%s", LISTEN, row->text);
	conf = load(text);
	assert_errors(conf, "");
	skip = &antivirus_of(conf)->skip;
	for (size_t i = 0; row->items[i] != NULL; i++) {
		assert_true(i < skip->len);
		assert_string_equal(skip->items[i].text, row->items[i]);
	}
	assert_true(skip->len == 8 || row->items[skip->len] == NULL);
	conf_free(conf);
}

static void check_place_in_a_list_file(void **state)
{
	struct conf *conf = load(LISTEN "antivirus { skip = { \"file:good.list\",\nx } }\n");
	const struct conf_list *skip = &antivirus_of(conf)->skip;

	(void)state;
	assert_string_equal(skip->items[2].where.file, path_of("good.list"));
	assert_int_equal(skip->items[2].where.line, 6);
	assert_string_equal(skip->items[3].where.file, path_of("milter.conf"));
	assert_int_equal(skip->items[3].where.line, 3);
	conf_free(conf);
}

static void check_include_in_two_directories(void **state)
{
	struct conf *conf = load("include(\"listen.inc\") antivirus { workers = 7 }\n");

	(void)state;
	assert_errors(conf, "");
	assert_string_equal(conf_where(conf, "", 0, "listen").file, path_of("listen.inc"));
	assert_int_equal(conf_where(conf, "", 0, "listen").line, 2);
	assert_string_equal(conf_where(conf, "antivirus", 0, "workers").file, path_of("milter.conf"));
	assert_int_equal(conf_where(conf, "antivirus", 0, "workers").line, 1);
	conf_free(conf);
}

/* --- numbers by themselves --- */

static const struct number {
	const char *name, *text;
	int r;
	uint64_t value;
} size_table[] = {
	{ "size_bytes", "4096", 0, 4096 },
	{ "size_leading_zero_is_decimal", "010", 0, 10 },
	{ "size_kib", "256K", 0, 262144 },
	{ "size_zero", "0", 0, 0 },
	{ "size_largest", "18446744073709551615", 0, UINT64_MAX },
	{ "size_too_large", "18446744073709551616", -ERANGE, 0 },
	{ "size_too_large_by_its_unit", "17179869184G", -ERANGE, 0 },
	{ "size_negative", "-1", -EINVAL, 0 },
	{ "size_sign", "+1", -EINVAL, 0 },
	{ "size_two_units", "1KM", -EINVAL, 0 },
	{ "size_small_letter", "1k", -EINVAL, 0 },
	{ "size_only_unit", "K", -EINVAL, 0 },
	{ "size_empty", "", -EINVAL, 0 },
	{ "size_space", "1 K", -EINVAL, 0 },
	{ "size_leading_space", " 1", -EINVAL, 0 },
	{ "size_hexadecimal", "0x10", -EINVAL, 0 },
	{ "size_fraction", "1.5M", -EINVAL, 0 },
}, duration_table[] = {
	{ "duration_milliseconds", "500ms", 0, 500 },
	{ "duration_seconds", "30s", 0, 30000 },
	{ "duration_minutes", "5m", 0, 300000 },
	{ "duration_hours", "1h", 0, 3600000 },
	{ "duration_days", "2d", 0, 172800000 },
	{ "duration_without_unit", "5", -EINVAL, 0 },
	{ "duration_two_parts", "1h30m", -EINVAL, 0 },
	{ "duration_too_long", "213503982335d", -ERANGE, 0 },
	{ "duration_negative", "-5s", -EINVAL, 0 },
};

static void check_number(const struct number *row, int (*parse)(const char *, uint64_t *))
{
	uint64_t value = 0;

	assert_int_equal(parse(row->text, &value), row->r);
	assert_int_equal(value, row->value);
}

static void check_size(void **state)
{
	check_number(*state, conf_parse_size);
}

static void check_duration(void **state)
{
	check_number(*state, conf_parse_duration);
}

static void check_bool(void **state)
{
	static const char *const yes[] = { "yes", "true", "on" }, *const no[] = { "no", "false", "off" };
	static const char *const neither[] = { "", "y", "1", "Yes", "yes " };
	bool value;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(conf_parse_bool(yes[i], &value), 0);
		assert_true(value);
		assert_int_equal(conf_parse_bool(no[i], &value), 0);
		assert_false(value);
	}
	for (size_t i = 0; i < sizeof(neither) / sizeof(*neither); i++)
		assert_int_equal(conf_parse_bool(neither[i], &value), -EINVAL);
}

/* --- what differs --- */

static void change_note(void *arg, struct conf_where where, const char *name, const char *value, const char *fallback)
{
	char *lines = arg;
	size_t len = strlen(lines);

	(void)snprintf(lines + len, LINES_MAX - len, "%u: %s = %s (%s)\n", where.line, name, value, fallback);
}

static const struct changed {
	const char *name, *text, *changes;
} changed_table[] = {
	{ "nothing_written", "", "" },
	{ "same_meaning_is_no_change",
	  "antivirus { enabled = on workers = 02 size_max = 25600K timeout = 60s skip = { 'txt', asc } }\n", "" },
	{ "changes", "antivirus { timeout = 30s database = \"/a#b\"\nskip = {} enabled = no }\n",
	  "3: antivirus.enabled = no (yes)\n2: antivirus.timeout = 30s (1m)\n"
	  "2: antivirus.database = \"/a#b\" (\"/var/lib/clamav\")\n3: antivirus.skip = { } ({ \"txt\", \"asc\" })\n" },
	{ "append", "antivirus { skip += \"a b\" }\n",
	  "2: antivirus.skip = { \"txt\", \"asc\", \"a b\" } ({ \"txt\", \"asc\" })\n" },
	{ "titled", "relay { grant \"p q\" { clients = x owner = nobody rate = \"1/1h\" } }\n",
	  "2: relay.grant \"p q\".clients = { \"x\" } ({ })\n2: relay.grant \"p q\".rate = \"1/1h\" (\"100/1h\")\n" },
};

static void check_changed(void **state)
{
	const struct changed *row = *state;
	char text[512], lines[LINES_MAX] = "";
	struct conf *conf;

	(void)snprintf(text, sizeof(text), "%s%s", LISTEN, row->text);
	conf = load(text);
	assert_errors(conf, "");
	conf_changed(conf, change_note, lines);
	assert_int_equal(strncmp(lines, "1: listen = \"here\" (\"\")\n", 24), 0);
	assert_string_equal(lines + 24, row->changes);
	conf_free(conf);
}

/* --- the documents --- */

static char *document(void (*write)(FILE *out, const struct option_section *const *))
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	write(out, sections);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void check_sample_is_right_and_changes_nothing(void **state)
{
	char *sample = document(conf_write_sample), lines[LINES_MAX] = "";
	struct conf *conf = load(sample);

	(void)state;
	assert_errors(conf, "");
	conf_changed(conf, change_note, lines);
	assert_non_null(strstr(lines, ": listen = \"unix:/run/octroi/octroi.sock\" (\"\")\n"));
	assert_ptr_equal(strchr(lines, '\n') + 1, lines + strlen(lines));
	conf_free(conf);
	free(sample);
}

/* "#name" becomes "name"; "# remark" stays. */
static void switch_on(char *text)
{
	char *out = text;
	bool seen = false;

	for (; *text != '\0'; text++) {
		if (*text == '\n')
			seen = false;
		if (*text == '#' && !seen) {
			seen = true;
			if (text[1] != ' ' && text[1] != '\n')
				continue;
		}
		*out++ = *text;
	}
	*out = '\0';
}

static void check_sample_with_all_switched_on(void **state)
{
	char *sample = document(conf_write_sample);
	struct conf *conf;

	(void)state;
	for (int i = 0; i < 2; i++) {	/* the second time what stands in titled sections */
		switch_on(sample);
		conf = load(sample);
		assert_errors(conf, "");
		assert_int_equal(conf_count(conf, "relay.grant"), 1);
		conf_free(conf);
	}
	assert_null(strstr(sample, "#o"));
	free(sample);
}

static void check_sample_lines_are_short(void **state)
{
	char *sample = document(conf_write_sample);

	(void)state;
	for (char *line = strtok(sample, "\n"); line != NULL; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 78);
	free(sample);
}

static void check_man_names_every_option(void **state)
{
	char *man = document(conf_write_man);

	(void)state;
	for (const struct option_section *const *section = sections; *section != NULL; section++) {
		for (const struct option *option = (*section)->options; option->name != NULL; option++) {
			char item[100];

			(void)snprintf(item, sizeof(item), ".TP\n\\fB%s\\fR = ", option->name);
			assert_non_null(strstr(man, item));
		}
	}
	assert_non_null(strstr(man, "\n\\&.Begins with a dot, has a back\\eslash and \\(aqquotes\\(aq.\n"));
	assert_non_null(strstr(man, "Values: \\fB100ms to 5m\\fR."));
	assert_non_null(strstr(man, "One of: \\fBtag, quarantine, reject\\fR."));
	free(man);
}

/* --- files --- */

static void check_file_that_is_not_there(void **state)
{
	struct conf *conf = conf_load(path_of("nowhere.conf"), sections);

	(void)state;
	assert_errors(conf, "nowhere.conf:0: cannot open DIR/nowhere.conf: No such file or directory\n");
	conf_free(conf);
}

static void check_world_writable_file_is_refused(void **state)
{
	struct conf *conf;

	(void)state;
	file_write_bytes("bad.conf", LISTEN, strlen(LISTEN), 0666);
	conf = conf_load(path_of("bad.conf"), sections);
	assert_errors(conf, "bad.conf:0: everybody may write this file; run: chmod o-w DIR/bad.conf\n");
	conf_free(conf);
}

static void check_file_of_another_user_is_refused(void **state)
{
	struct conf *conf;

	(void)state;
	file_write_bytes("bad.conf", LISTEN, strlen(LISTEN), 0600);
	assert_int_equal(chown(path_of("bad.conf"), 65534, 65534), 0);
	conf = conf_load(path_of("bad.conf"), sections);
	assert_errors(conf, "bad.conf:0: this file belongs to another user; run: chown root DIR/bad.conf\n");
	conf_free(conf);
}

static void check_group_writable_file_of_another_group_is_refused(void **state)
{
	struct conf *conf;

	(void)state;
	file_write_bytes("bad.conf", LISTEN, strlen(LISTEN), 0664);
	assert_int_equal(chown(path_of("bad.conf"), 0, 65534), 0);
	assert_int_equal(chmod(path_of("bad.conf"), 0664), 0);
	conf = conf_load(path_of("bad.conf"), sections);
	assert_errors(conf, "bad.conf:0: another group may write this file; run: chmod g-w DIR/bad.conf\n");
	conf_free(conf);
}

static void check_symlink_to_a_good_file(void **state)
{
	struct conf *conf;
	char target[512];

	(void)state;
	conf_free(load(LISTEN));
	(void)snprintf(target, sizeof(target), "%s", path_of("milter.conf"));
	(void)unlink(path_of("link.conf"));
	assert_int_equal(symlink(target, path_of("link.conf")), 0);
	conf = conf_load(path_of("link.conf"), sections);
	assert_errors(conf, "");
	conf_free(conf);
}

static void check_nul_in_the_file(void **state)
{
	static const char text[] = "listen = a\0b\n";
	struct conf *conf;

	(void)state;
	file_write_bytes("bad.conf", text, sizeof(text) - 1, 0600);
	conf = conf_load(path_of("bad.conf"), sections);
	assert_errors(conf, "bad.conf:1: \"a?b\" holds a control character\n");
	conf_free(conf);
}

static void check_huge_file_is_refused(void **state)
{
	struct conf *conf;

	(void)state;
	file_write_bytes("bad.conf", "", 0, 0600);
	assert_int_equal(truncate(path_of("bad.conf"), (off_t)1 << 40), 0);
	conf = conf_load(path_of("bad.conf"), sections);
	assert_errors(conf, "bad.conf:0: DIR/bad.conf is larger than 4096 KiB\n");
	conf_free(conf);
	(void)unlink(path_of("bad.conf"));
}

static void check_word_that_is_too_long(void **state)
{
	char *text = NULL;
	struct conf *conf;

	(void)state;
	assert_true(asprintf(&text, "listen = %070000d", 0) > 0);
	conf = load(text);
	assert_errors(conf, "milter.conf:1: \"00000000000000000000000000000000000000000000000000000000000000000000000000...\" "
			    "is too long\n");
	conf_free(conf);
	free(text);
}

static void check_errors_are_bounded(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct conf *conf;

	(void)state;
	assert_non_null(out);
	(void)fputs(LISTEN, out);
	for (int i = 0; i < 3000; i++)
		(void)fputs("foo = bar\n", out);
	assert_int_equal(fclose(out), 0);
	conf = load(text);
	(void)conf_errors(conf, &len);
	assert_int_equal(len, 1001);
	assert_non_null(strstr(errors_of(conf), "milter.conf:0: there are more errors than are shown here\n"));
	conf_free(conf);
	free(text);
}

static void check_added_error_is_sorted_in(void **state)
{
	struct conf *conf = load("\nfoo = 1\n\n" LISTEN);

	(void)state;
	conf_add_error(conf, conf_where(conf, "", 0, "listen"), "%s", "cannot be listened to");
	conf_add_error(conf, (struct conf_where){ conf_where(conf, "", 0, "listen").file, 1 }, "first");
	assert_errors(conf, "milter.conf:1: first\nmilter.conf:2: no option \"foo\" at the top level\n"
			    "milter.conf:4: cannot be listened to\n");
	conf_free(conf);
}

/* libconfuse's lexer is global: a load that broke off must not disturb the next one. */
static void check_a_broken_file_leaves_nothing_behind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong_table) / sizeof(*wrong_table); i++) {
		struct conf *conf = load(wrong_table[i].text);

		conf_free(conf);
		conf = load(wrong_table[0].text);
		assert_errors(conf, "");
		conf_freep(&conf);
		assert_null(conf);
	}
}

static void files_write(void)
{
	char wide[99 * sizeof("include('empty.list')\n")];
	static const char wrong_list[] = "good\nb c\n\nfile:good.list\na\0b\n";

	assert_non_null(mkdtemp(directory));
	file_write("good.list", "# remark\n\n  one\t# remark\r\ntwo#2\r\n#\n\tthree");
	file_write("empty.list", "");
	file_write_bytes("wrong.list", wrong_list, sizeof(wrong_list) - 1, 0644);
	file_write_bytes("open.list", "x\n", 2, 0666);
	file_write("more.inc", "# first\nsize_max = 1x\nbar = 2");
	file_write("loop.inc", "include(\"loop.inc\")\n");
	for (size_t i = 0, at = 0; i < 99; i++)
		at += (size_t)snprintf(wide + at, sizeof(wide) - at, "include('empty.list')\n");
	file_write("wide.inc", wide);
	file_write("quote.inc", "domains = \"a\n");
	file_write("listen.inc", "# remark\n" LISTEN "# remark");
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
}

static void files_remove(void)
{
	static const char *const names[] = {
		"good.list", "empty.list", "wrong.list", "open.list", "more.inc", "loop.inc", "wide.inc", "quote.inc",
		"listen.inc", 		"fifo", "milter.conf", "bad.conf", "link.conf",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unlink(path_of(names[i]));
	(void)rmdir(directory);
}

#define ROW(rows, check) rows_add_one((rows), &#check[sizeof("check_") - 1], (check), NULL)

static void rows_add_single(struct rows *rows)
{
	ROW(rows, check_values);
	ROW(rows, check_defaults);
	ROW(rows, check_wrong_default_is_found);
	ROW(rows, check_titled_sections);
	ROW(rows, check_place_in_a_list_file);
	ROW(rows, check_include_in_two_directories);
	ROW(rows, check_bool);
	ROW(rows, check_sample_is_right_and_changes_nothing);
	ROW(rows, check_sample_with_all_switched_on);
	ROW(rows, check_sample_lines_are_short);
	ROW(rows, check_man_names_every_option);
	ROW(rows, check_file_that_is_not_there);
	rows_add_one(rows, "world_writable_file_is_refused_OS_02", check_world_writable_file_is_refused, NULL);
	if (geteuid() == 0) {	/* only root can give a file away */
		rows_add_one(rows, "file_of_another_user_is_refused_OS_02", check_file_of_another_user_is_refused, NULL);
		rows_add_one(rows, "group_writable_file_of_another_group_is_refused_OS_02",
			     check_group_writable_file_of_another_group_is_refused, NULL);
	}
	rows_add_one(rows, "symlink_to_a_good_file_OS_02", check_symlink_to_a_good_file, NULL);
	ROW(rows, check_nul_in_the_file);
	ROW(rows, check_huge_file_is_refused);
	ROW(rows, check_word_that_is_too_long);
	ROW(rows, check_errors_are_bounded);
	ROW(rows, check_added_error_is_sorted_in);
	rows_add_one(rows, "a_broken_file_leaves_nothing_behind_OS_09", check_a_broken_file_leaves_nothing_behind, NULL);
}

int main(void)
{
	static struct rows rows;
	int failed;

	files_write();
	rows_add(&rows, wrong_table, check_wrong);
	rows_add(&rows, list_table, check_list);
	rows_add(&rows, size_table, check_size);
	rows_add(&rows, duration_table, check_duration);
	rows_add(&rows, changed_table, check_changed);
	rows_add_single(&rows);
	failed = rows_run(&rows, "conf");
	files_remove();
	return failed;
}
