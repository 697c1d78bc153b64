/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "conf/conf.h"
#include "milter/lookup/resolver.h"
#include "t/unit/rows.h"

static const struct option_section *const sections[] = { &resolver_section, NULL };

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

static const struct row {
	const char *name;
	const char *text;
	const char *error;	/* somewhere in the first one; NULL: there is none */
} table[] = {
	{ "the_defaults_are_good", "", NULL },
	{ "a_server_by_ipv4", "resolver { forward = { \"192.0.2.53\" } }\n", NULL },
	{ "a_server_with_a_port", "resolver { forward = { \"192.0.2.53@5353\" } }\n", NULL },
	{ "a_server_by_ipv6", "resolver { forward = { \"2001:db8::53\", \"2001:db8::53@53\" } }\n", NULL },
	{ "a_server_by_name", "resolver { forward = { \"ns.example\" } }\n", "\"ns.example\" is no address of a name server" },
	{ "a_server_without_address", "resolver { forward = { \"@53\" } }\n", "no address" },
	{ "a_server_with_an_empty_port", "resolver { forward = { \"192.0.2.53@\" } }\n", "no address" },
	{ "port_0", "resolver { forward = { \"192.0.2.53@0\" } }\n", "no address" },
	{ "port_65535", "resolver { forward = { \"192.0.2.53@65535\" } }\n", NULL },
	{ "port_65536", "resolver { forward = { \"192.0.2.53@65536\" } }\n", "no address" },
	{ "a_port_with_a_colon", "resolver { forward = { \"192.0.2.53:53\" } }\n", "no address" },
	{ "two_ports", "resolver { forward = { \"192.0.2.53@53@53\" } }\n", "no address" },
	{ "a_network", "resolver { forward = { \"192.0.2.0/24\" } }\n", "no address" },
	{ "one_wrong_server_among_right_ones", "resolver { forward = { \"192.0.2.53\", \"x\" } }\n", "\"x\" is no address" },
	{ "four_servers", "resolver { forward = { \"192.0.2.1\", \"192.0.2.2\", \"192.0.2.3\", \"192.0.2.4\" } }\n", NULL },
	{ "five_servers", "resolver { forward = { \"192.0.2.1\", \"192.0.2.2\", \"192.0.2.3\", \"192.0.2.4\", \"192.0.2.5\" } }\n",
	  "5 servers, 4 are enough" },
	{ "no_time_at_all", "resolver { timeout = 0s }\n", "timeout" },
	{ "a_timeout_beyond_every_patience", "resolver { timeout = 31s }\n", "timeout" },
	{ "waiting_at_rcpt", "resolver { rcpt_wait = 30s }\n", NULL },
	{ "waiting_at_rcpt_for_too_long", "resolver { rcpt_wait = 31s }\n", "rcpt_wait" },
	{ "no_cache", "resolver { cache_size = 0 }\n", "cache_size" },
	{ "ttl_min_may_be_ttl_max", "resolver { ttl_min = 1m ttl_max = 1m }\n", NULL },
	{ "ttl_min_over_ttl_max", "resolver { ttl_min = 1m ttl_max = 59s }\n", "ttl_min is over ttl_max" },
	{ "no_questions_at_all", "resolver { in_flight = 0 }\n", "in_flight" },
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

static void by_default_nobody_waits_before_the_end_of_the_message(void **state)
{
	struct conf *conf = load("");
	const struct resolver_settings *settings = conf_settings(conf, "resolver");

	(void)state;
	assert_int_equal(settings->rcpt_wait_ms, 0);
	assert_int_equal(settings->timeout_ms, 5000);
	assert_int_equal(settings->forward.len, 0);
	assert_true(settings->dnssec);
	conf_free(conf);
}

/* threats.md DNS-19: mail flows less than 2 s after an outage. */
static void by_default_an_outage_is_forgotten_within_two_seconds(void **state)
{
	struct conf *conf = load("");
	const struct resolver_settings *settings = conf_settings(conf, "resolver");

	(void)state;
	assert_in_range(settings->unknown_ttl_ms, 1, 1999);
	conf_free(conf);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check_row);
	rows_add_one(&rows, "by_default_nobody_waits_before_the_end_of_the_message", by_default_nobody_waits_before_the_end_of_the_message, NULL);
	rows_add_one(&rows, "DNS-19_by_default_an_outage_is_forgotten_within_two_seconds",
		     by_default_an_outage_is_forgotten_within_two_seconds, NULL);
	return rows_run(&rows, "resolver_settings");
}
