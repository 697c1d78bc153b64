/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/model/limits.h"

#include <stdlib.h>
#include <unistd.h>

#include "conf/conf.h"
#include "milter/model/message.h"
#include "t/unit/rows.h"

static const struct option_section *const sections[] = { &limits_section, NULL };

static void the_defaults_are_good(void **state)
{
	struct conf *conf = conf_load(NULL, sections);
	const struct limits *limits = conf_settings(conf, "limits");
	size_t errors;

	(void)state;
	(void)conf_errors(conf, &errors);
	assert_int_equal(errors, 0);
	assert_int_equal(limits->message_size, 50u << 20);
	assert_int_equal(limits->header_size, 256u << 10);
	assert_int_equal(limits->header_count, 2000);
	assert_int_equal(limits->recipients, 1000);
	assert_int_equal(limits->spool, 1u << 30);
	assert_int_equal(limits->on_oversize.by_direction[DIRECTION_INBOUND].action, ACTION_REJECT);
	assert_int_equal(limits->on_header.by_direction[DIRECTION_LOCAL].action, ACTION_REJECT);
	conf_free(conf);
}

static const struct line {
	const char *name, *text;
	bool good;
} line_table[] = {
	{ "smallest_message", "message_size = 1K", true },
	{ "message_too_small", "message_size = 1023", false },
	{ "message_too_large", "message_size = 3G", false },
	{ "no_header", "header_size = 0", false },
	{ "no_recipient", "recipients = 0", false },
	{ "oversize_may_be_let_in", "on_oversize = tag", true },
	{ "header_may_be_held", "on_header = quarantine", true },
	{ "header_may_be_deferred", "on_header = defer", true },
	{ "a_header_that_was_cut_may_not_be_let_in_HDR_12", "on_header = accept", false },
	{ "a_header_that_was_cut_may_not_be_tagged_HDR_12", "on_header = tag", false },
	{ "a_header_that_was_cut_may_not_be_weighed_HDR_12", "on_header = 2", false },
	{ "a_header_that_was_cut_may_not_be_observed_HDR_12", "on_header = \"observe reject\"", false },
};

static void check_line(void **state)
{
	const struct line *row = *state;
	char file[] = "/tmp/octroi-limits-XXXXXX";
	int fd = mkstemp(file);
	struct conf *conf;
	size_t errors;

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "limits { %s }\n", row->text) > 0);
	assert_int_equal(close(fd), 0);
	conf = conf_load(file, sections);
	assert_int_equal(unlink(file), 0);
	(void)conf_errors(conf, &errors);
	assert_int_equal(errors, row->good ? 0 : 1);
	conf_free(conf);
}

int main(void)
{
	static struct rows rows;

	rows_add_one(&rows, "the_defaults_are_good", the_defaults_are_good, NULL);
	rows_add(&rows, line_table, check_line);
	return rows_run(&rows, "limits");
}
