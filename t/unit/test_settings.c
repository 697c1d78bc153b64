/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "milter/isolate/job.h"
#include "scanners/content_job.h"
#include "scanners/scanners.h"
#include "t/unit/rows.h"

/* The program's own table. */
const struct scanner *const scanners[] = {
	&scanner_session, &scanner_limits, &scanner_relay, &scanner_account, &scanner_antivirus, NULL,
};
const struct job_kind *const job_kinds[] = { &job_content, NULL };

#define P107 "/2345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"

static const struct listening {
	const char *name, *text;
	int r;
	enum listen_family family;
	const char *path, *host;
	unsigned port;
} listening_table[] = {
	{ "unix", "unix:/run/x.sock", 0, LISTEN_UNIX, "/run/x.sock", "", 0 },
	{ "local", "local:/run/x.sock", 0, LISTEN_UNIX, "/run/x.sock", "", 0 },
	{ "a_bare_path", "/run/x.sock", 0, LISTEN_UNIX, "/run/x.sock", "", 0 },
	{ "a_path_with_colons", "/run/a:b.sock", 0, LISTEN_UNIX, "/run/a:b.sock", "", 0 },
	{ "inet", "inet:8891@127.0.0.1", 0, LISTEN_INET, "", "127.0.0.1", 8891 },
	{ "inet_of_a_name", "inet:8891@localhost", 0, LISTEN_INET, "", "localhost", 8891 },
	{ "inet_everywhere", "inet:8891", 0, LISTEN_INET, "", "", 8891 },
	{ "inet6", "inet6:8891@::1", 0, LISTEN_INET6, "", "::1", 8891 },
	{ "highest_port", "inet:65535@::1", 0, LISTEN_INET, "", "::1", 65535 },
	{ "a_path_of_107_OS_04", "unix:" P107, 0, LISTEN_UNIX, P107, "", 0 },
	{ "a_path_of_108_OS_04", "unix:" P107 "x", -EINVAL, LISTEN_UNIX, NULL, NULL, 0 },
	{ "a_relative_path", "unix:x.sock", -EINVAL, LISTEN_UNIX, NULL, NULL, 0 },
	{ "no_path", "unix:", -EINVAL, LISTEN_UNIX, NULL, NULL, 0 },
	{ "nothing", "", -EINVAL, LISTEN_UNIX, NULL, NULL, 0 },
	{ "no_family", "x.sock", -EINVAL, LISTEN_UNIX, NULL, NULL, 0 },
	{ "unknown_family", "tcp:8891@::1", -EINVAL, LISTEN_UNIX, NULL, NULL, 0 },
	{ "family_in_upper_case", "INET:8891@::1", -EINVAL, LISTEN_UNIX, NULL, NULL, 0 },
	{ "a_descriptor", "fd:3", -EINVAL, LISTEN_UNIX, NULL, NULL, 0 },
	{ "port_zero", "inet:0@::1", -EINVAL, LISTEN_UNIX, NULL, NULL, 0 },
	{ "port_over_65535", "inet:65536@::1", -EINVAL, LISTEN_UNIX, NULL, NULL, 0 },
	{ "port_by_name", "inet:smtp@::1", -EINVAL, LISTEN_UNIX, NULL, NULL, 0 },
	{ "the_order_of_postfix", "inet:127.0.0.1:8891", -EINVAL, LISTEN_UNIX, NULL, NULL, 0 },
	{ "no_host_behind_the_at", "inet:8891@", -EINVAL, LISTEN_UNIX, NULL, NULL, 0 },
	{ "no_port", "inet:@::1", -EINVAL, LISTEN_UNIX, NULL, NULL, 0 },
};

static void check_listening(void **state)
{
	const struct listening *row = *state;
	struct listen_address address;

	assert_int_equal(listen_address_parse(row->text, &address), row->r);
	if (row->r < 0)
		return;
	assert_int_equal(address.family, row->family);
	assert_string_equal(address.path, row->path);
	assert_string_equal(address.host, row->host);
	assert_int_equal(address.port, row->port);
}

static void a_host_of_any_length_fits_or_is_refused(void **state)
{
	char text[600] = "inet:8891@";
	struct listen_address address;

	(void)state;
	for (size_t len = 1; len < 500; len++) {
		text[strlen("inet:8891@") + len - 1] = 'h';
		assert_int_equal(listen_address_parse(text, &address), len < sizeof(address.host) ? 0 : -EINVAL);
	}
}

static struct conf *load(const char *text)
{
	char file[] = "/tmp/octroi-settings-XXXXXX";
	int fd = mkstemp(file);
	struct conf *conf;

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "%s\n", text) >= 0);
	assert_int_equal(close(fd), 0);
	conf = settings_load(file);
	assert_int_equal(unlink(file), 0);
	return conf;
}

static const struct line {
	const char *name, *text;
	const char *problem;	/* a part of the first one; NULL: it loads */
} line_table[] = {
	{ "an_empty_file", "", NULL },
	{ "listening_on_loopback_MLT_14", "listen = \"inet:8891@127.0.0.1\"", NULL },
	{ "listening_on_all_of_127_MLT_14", "listen = \"inet:8891@127.9.9.9\"", NULL },
	{ "listening_on_localhost_MLT_14", "listen = \"inet:8891@localhost\"", NULL },
	{ "listening_on_loopback_v6_MLT_14", "listen = \"inet6:8891@::1\"", NULL },
	{ "listening_everywhere_MLT_14", "listen = \"inet:8891\"", "reached from other hosts" },
	{ "listening_on_any_MLT_14", "listen = \"inet:8891@0.0.0.0\"", "reached from other hosts" },
	{ "listening_on_any_v6_MLT_14", "listen = \"inet6:8891@::\"", "reached from other hosts" },
	{ "listening_on_a_name_MLT_14", "listen = \"inet:8891@localhost.example\"", "reached from other hosts" },
	{ "listening_everywhere_when_asked_for_MLT_14", "listen = \"inet:8891\"\nallow_remote = yes", NULL },
	{ "a_bad_address", "listen = \"inet:x\"", "no listening address" },
	{ "a_good_mode", "socket_mode = 0600", NULL },
	{ "a_mode_for_everybody_OS_04", "socket_mode = 0666", "no mode" },
	{ "a_mode_that_is_not_octal", "socket_mode = 0680", "no mode" },
	{ "a_mode_with_more_bits", "socket_mode = 1660", "no mode" },
	{ "an_empty_mode", "socket_mode = \"\"", "no mode" },
	{ "a_good_name", "authserv_id = \"gw.ours.example\"", NULL },
	{ "a_bad_name", "authserv_id = \"gw ours\"", "no host name" },
	{ "refusing_at_connect", "refuse_at = connect", NULL },
	{ "refusing_at_the_end", "refuse_at = eom", "refuse_at" },
	{ "scores_in_order", "score { tag = 1 quarantine = 2 reject = 3 }", NULL },
	{ "scores_that_never_apply", "score { tag = 0 quarantine = 0 reject = 3 }", NULL },
	{ "scores_out_of_order", "score { tag = 10 quarantine = 5 }", "must not get smaller" },
	{ "a_rejection_below_a_tag", "score { quarantine = 0 reject = 2 }", "must not get smaller" },
	{ "a_negative_score", "score { tag = -1 }", "no score" },
	{ "a_score_of_two_dots", "score { tag = 1.2.3 }", "no score" },
	{ "a_score_that_is_no_number", "score { tag = . }", "no score" },
	{ "a_prefix_for_the_subject", "tag { subject = \"[SUSPECT] \" }", NULL },
	{ "a_line_end_in_the_subject_HDR_10", "tag { subject = \"x\\nBcc: y@ext.example\" }", "printable ASCII" },
	{ "8_bit_in_the_subject_HDR_10", "tag { subject = \"\xc3\xbc\" }", "printable ASCII" },
	{ "a_domain_of_ours", "domains = { \"ours.example\", \".below.example\" }", NULL },
	{ "a_bad_domain_of_ours", "domains = { \"u@ours.example\" }", "no domain" },
};

static void check_line(void **state)
{
	const struct line *row = *state;
	struct conf *conf = load(row->text);
	const struct conf_error *errors;
	size_t len;

	errors = conf_errors(conf, &len);
	if (row->problem == NULL) {
		assert_int_equal(len, 0);
	} else {
		assert_int_equal(len, 1);
		assert_non_null(strstr(errors[0].text, row->problem));
	}
	conf_free(conf);
}

static void the_defaults_of_all_tables_load(void **state)
{
	struct conf *conf = settings_load(NULL);
	size_t errors;

	(void)state;
	(void)conf_errors(conf, &errors);
	assert_int_equal(errors, 0);
	assert_string_equal(settings_of(conf)->listen, "unix:/var/spool/postfix/octroi/octroi.sock");
	assert_int_equal(settings_of(conf)->refuse_at, PHASE_RCPT);
	assert_int_equal(settings_of(conf)->socket_mode, 0660);
	assert_false(settings_of(conf)->allow_remote);
	assert_int_equal(settings_of(conf)->domains.len, 0);
	assert_true(settings_need_cage(conf));
	assert_string_equal(settings_watched_directory(conf), "/var/lib/clamav");
	conf_free(conf);
}

static void without_antivirus_nothing_needs_a_cage(void **state)
{
	struct conf *conf = load("antivirus { enabled = no }");

	(void)state;
	assert_false(settings_need_cage(conf));
	assert_null(settings_watched_directory(conf));
	conf_free(conf);
}

static void the_name_is_that_of_the_host_unless_written(void **state)
{
	char host[256] = "";
	struct conf *conf = settings_load(NULL);

	(void)state;
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	assert_string_equal(settings_authserv_id(conf), host);
	conf_free(conf);
	conf = load("authserv_id = \"gw.ours.example\"");
	assert_string_equal(settings_authserv_id(conf), "gw.ours.example");
	conf_free(conf);
}

static void sections_are_asked_for_twice(void **state)
{
	const struct option_section *const *sections = settings_sections();
	size_t len = 0, again = 0;

	(void)state;
	while (sections[len] != NULL)
		len++;
	while (settings_sections()[again] != NULL)
		again++;
	assert_int_equal(len, again);
	assert_true(len >= 9);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, listening_table, check_listening);
	rows_add_one(&rows, "a_host_of_any_length_fits_or_is_refused", a_host_of_any_length_fits_or_is_refused, NULL);
	rows_add(&rows, line_table, check_line);
	rows_add_one(&rows, "the_defaults_of_all_tables_load", the_defaults_of_all_tables_load, NULL);
	rows_add_one(&rows, "without_antivirus_nothing_needs_a_cage", without_antivirus_nothing_needs_a_cage, NULL);
	rows_add_one(&rows, "the_name_is_that_of_the_host_unless_written", the_name_is_that_of_the_host_unless_written, NULL);
	rows_add_one(&rows, "sections_are_asked_for_twice", sections_are_asked_for_twice, NULL);
	return rows_run(&rows, "settings");
}
