/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <stdlib.h>
#include <unistd.h>

#include "conf/conf.h"
#include "scanners/antivirus_settings.h"

static const struct option_section *const sections[] = { &antivirus_section, NULL };

static struct conf *load(const char *text)
{
	char path[] = "/tmp/octroi-test-XXXXXX";
	int fd = mkstemp(path);
	struct conf *conf;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	conf = conf_load(path, sections);
	(void)unlink(path);
	return conf;
}

struct row {
	const char *name;
	const char *text;
	const char *error;	/* somewhere in the first one; NULL: there is none */
};

static const struct row table[] = {
	{ "the_defaults_are_good", "", NULL },
	{ "off_is_good", "antivirus { enabled = no }\n", NULL },
	{ "a_scan_may_not_take_as_long_as_the_mta_waits", "antivirus { timeout = 300s }\n", "timeout" },
	{ "no_time_at_all_is_no_limit_to_libclamav", "antivirus { timeout = 0s }\n", "timeout" },
	{ "no_scan_size_is_no_limit_to_libclamav", "antivirus { max_scan_size = 0 }\n", "max_scan_size" },
	{ "no_file_size_is_no_limit_to_libclamav", "antivirus { max_file_size = 0 }\n", "max_file_size" },
	{ "no_recursion_is_no_limit_to_libclamav", "antivirus { max_recursion = 0 }\n", "max_recursion" },
	{ "no_files_is_no_limit_to_libclamav", "antivirus { max_files = 0 }\n", "max_files" },
	{ "files_over_the_scan_size_could_never_be_scanned", "antivirus { max_file_size = 300M }\n",
	  "max_file_size is over max_scan_size" },
};

static void check_row(void **state)
{
	const struct row *row = *state;
	struct conf *conf = load(row->text);
	size_t len;
	const struct conf_error *errors = conf_errors(conf, &len);

	if (row->error == NULL)
		assert_int_equal(len, 0);
	else if (len == 0 || strstr(errors[0].text, row->error) == NULL)
		fail_msg("%s: %s", row->name, len == 0 ? "no error" : errors[0].text);
	conf_free(conf);
}

static void antivirus_is_on_by_default(void **state)
{
	struct conf *conf = load("");
	const struct antivirus_settings *settings = conf_settings(conf, "antivirus");

	(void)state;
	assert_true(settings->enabled);
	assert_string_equal(settings->database, "/var/lib/clamav");
	assert_true(settings->timeout_ms <= 240000);
	conf_free(conf);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check_row);
	rows_add_one(&rows, "antivirus_is_on_by_default", antivirus_is_on_by_default, NULL);
	return rows_run(&rows, "antivirus_settings");
}
