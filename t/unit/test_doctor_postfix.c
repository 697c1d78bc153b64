/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each row plants one fault into a sound gateway: the check must tell it, and no other check may. */
#include <errno.h>

#include "t/unit/doctor_bench.h"

static const struct planted {
	const char *name;
	const char *main, *services, *overrides;	/* lines that are added */
	const char *id;
	enum doctor_state state;
	const char *reason;				/* a part of it */
	bool others;					/* others may find something, too */
} planted_table[] = {
	{ "shipped_configuration_is_sound", NULL, NULL, NULL, "swap_bangpath", DOCTOR_OK, "", false },

	/* relaying */
	{ "relay_restrictions_empty", "smtpd_relay_restrictions =\n", NULL, NULL, "smtpd_relay_restrictions", DOCTOR_DANGER, "is empty", true },
	{ "relay_restrictions_empty_but_recipient_list_closes",
	  "smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit_sasl_authenticated, reject_unauth_destination\n", NULL, NULL,
	  "smtpd_relay_restrictions", DOCTOR_WARNING, "alone", false },
	{ "relay_restrictions_do_not_close", "smtpd_relay_restrictions = permit_sasl_authenticated\n", NULL, NULL, "smtpd_relay_restrictions",
	  DOCTOR_DANGER, "no reject_unauth_destination", false },
	{ "relay_restrictions_only_warn", "smtpd_relay_restrictions = permit_sasl_authenticated, warn_if_reject reject_unauth_destination\n", NULL,
	  NULL, "smtpd_relay_restrictions", DOCTOR_DANGER, "warn_if_reject", false },
	{ "relay_restrictions_of_one_service", NULL, NULL, "submission/inet/smtpd_relay_restrictions =\n", "smtpd_relay_restrictions", DOCTOR_DANGER,
	  "service submission", true },
	{ "relay_restrictions_defer_closes", "smtpd_relay_restrictions = permit_sasl_authenticated defer_unauth_destination\n", NULL, NULL,
	  "smtpd_relay_restrictions", DOCTOR_OK, "", false },
	{ "relay_restrictions_with_a_class", "smtpd_restriction_classes = boss\nsmtpd_relay_restrictions = boss, reject_unauth_destination\n", NULL,
	  NULL, "smtpd_relay_restrictions", DOCTOR_UNKNOWN, "class boss", false },
	{ "permit_before_reject", "smtpd_relay_restrictions = permit, reject_unauth_destination\n", NULL, NULL, "relay_order", DOCTOR_DANGER,
	  "lets everybody relay", false },
	{ "static_ok_before_reject", "smtpd_relay_restrictions = check_client_access static:OK, reject_unauth_destination\n", NULL, NULL,
	  "relay_order", DOCTOR_DANGER, "lets everybody relay", false },
	{ "all_certificates_before_reject", "smtpd_relay_restrictions = permit_tls_all_clientcerts, reject_unauth_destination\n", NULL, NULL,
	  "relay_order", DOCTOR_DANGER, "certificate of any authority", false },
	{ "sender_access_before_reject", "smtpd_relay_restrictions = check_sender_access hash:/etc/postfix/s, reject_unauth_destination\n", NULL,
	  NULL, "relay_order", DOCTOR_DANGER, "by the sender", false },
	{ "helo_access_before_reject", "smtpd_relay_restrictions = check_helo_access hash:/etc/postfix/h, reject_unauth_destination\n", NULL, NULL,
	  "relay_order", DOCTOR_DANGER, "by the HELO name", false },
	{ "bare_table_before_reject", "smtpd_relay_restrictions = hash:/etc/postfix/r, reject_unauth_destination\n", NULL, NULL, "relay_order",
	  DOCTOR_DANGER, "by the recipient", false },
	{ "access_before_reject_where_the_relay_list_is_empty",
	  "smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = check_recipient_access hash:/r, reject_unauth_destination\n", NULL, NULL,
	  "relay_order", DOCTOR_DANGER, "smtpd_recipient_restrictions: check_recipient_access", true },
	{ "client_access_is_how_grants_pass", "smtpd_relay_restrictions = check_client_access hash:/c, reject_unauth_destination\n", NULL, NULL,
	  "relay_order", DOCTOR_OK, "", false },
	{ "access_behind_the_end", "smtpd_relay_restrictions = reject_unauth_destination, check_sender_access hash:/s, permit\n", NULL, NULL,
	  "relay_order", DOCTOR_OK, "", false },
	{ "permit_mynetworks_with_a_lan",
	  "mynetworks = 127.0.0.0/8 10.1.2.0/24\nsmtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n", NULL, NULL,
	  "relay_mynetworks", DOCTOR_DANGER, "10.1.2.0/24 may relay", false },
	{ "permit_mynetworks_with_one_host_too_many",
	  "mynetworks = 192.0.2.10, 192.0.2.11\nsmtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n", NULL, NULL,
	  "relay_mynetworks", DOCTOR_DANGER, "192.0.2.11 may relay", false },
	{ "permit_mynetworks_with_hosts_that_have_grants",
	  "mynetworks = 127.0.0.0/8 [::1]/128 192.0.2.10/32\nsmtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n", NULL, NULL,
	  "relay_mynetworks", DOCTOR_OK, "", false },
	{ "permit_mynetworks_with_a_table_nobody_read",
	  "mynetworks = hash:/etc/postfix/networks\nsmtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n", NULL, NULL,
	  "relay_mynetworks", DOCTOR_UNKNOWN, "hash:/etc/postfix/networks", false },
	{ "permit_mynetworks_of_one_service", "mynetworks = 10.0.0.0/24\n", NULL,
	  "submission/inet/smtpd_relay_restrictions = permit_mynetworks, reject\n", "relay_mynetworks", DOCTOR_DANGER, "service submission", false },
	{ "permit_mx_backup", "smtpd_relay_restrictions = permit_mx_backup, reject_unauth_destination\n", NULL, NULL, "permit_mx_backup",
	  DOCTOR_DANGER, "MX", false },
	{ "mynetworks_private_but_wide", "mynetworks = 10.0.0.0/8\n", NULL, NULL, "mynetworks", DOCTOR_WARNING, "10.0.0.0/8", false },
	{ "mynetworks_everybody", "mynetworks = 0.0.0.0/0\n", NULL, NULL, "mynetworks", DOCTOR_DANGER, "0.0.0.0/0", false },
	{ "mynetworks_public", "mynetworks = 203.0.113.0/24 [2001:db8::]/48\n", NULL, NULL, "mynetworks", DOCTOR_DANGER, "2001:db8::", false },
	{ "mynetworks_of_a_host", "mynetworks = 203.0.113.4/32 [2001:db8::1]/128 192.168.3.0/24\n", NULL, NULL, "mynetworks", DOCTOR_OK, "", false },
	{ "percent_hack", "allow_percent_hack = yes\n", NULL, NULL, "allow_percent_hack", DOCTOR_WARNING, "user%other", false },
	{ "bang_path", "swap_bangpath = yes\n", NULL, NULL, "swap_bangpath", DOCTOR_WARNING, "other.example!user", false },
	{ "untrusted_routing", "allow_untrusted_routing = yes\n", NULL, NULL, "allow_untrusted_routing", DOCTOR_DANGER, "route", false },
	{ "dequoted_address", "resolve_dequoted_address = no\n", NULL, NULL, "resolve_dequoted_address", DOCTOR_DANGER, "relay check", false },

	/* domains */
	{ "relay_domains_everybody", "relay_domains = example.com, *\n", NULL, NULL, "relay_domains", DOCTOR_DANGER, "*", true },
	{ "relay_domains_a_top_level", "relay_domains = example.com, .com\n", NULL, NULL, "relay_domains", DOCTOR_DANGER, ".com", true },
	{ "relay_domains_static", "relay_domains = static:all\n", NULL, NULL, "relay_domains", DOCTOR_DANGER, "static:all", true },
	{ "domain_that_only_postfix_has", "mydestination = gw.example.com, other.example\n", NULL, NULL, "postfix_domains", DOCTOR_WARNING,
	  "mydestination has other.example", false },
	{ "domain_that_only_octroi_has", "relay_domains =\n", NULL, NULL, "our_domains", DOCTOR_WARNING, "has example.com", false },
	{ "domains_in_a_table_nobody_read", "relay_domains = ldap:ours\n", NULL, NULL, "our_domains", DOCTOR_UNKNOWN, "example.com", true },
	{ "domains_in_an_inline_table", "relay_domains = inline:{ example.com=1, {other.example = 1} }\n", NULL, NULL, "postfix_domains",
	  DOCTOR_WARNING, "relay_domains has other.example", false },
	{ "domains_of_the_host_itself", "mydestination = gw.example.com, localhost.example.com, localhost, gw\n", NULL, NULL, "postfix_domains",
	  DOCTOR_OK, "", false },
	{ "internal_server_open_to_everybody", "mydestination = example.com\nrelay_domains =\nrelayhost = [gw.example.com]\n", NULL, NULL,
	  "session_allow", DOCTOR_WARNING, "everybody may open a session", false },

	/* line ends: SMTP-01, SMTP-15 */
	{ "bare_newline_SMTP_01", "smtpd_forbid_bare_newline = no\n", NULL, NULL, "smtpd_forbid_bare_newline", DOCTOR_DANGER, "smuggle", false },
	{ "bare_newline_noted_SMTP_01", "smtpd_forbid_bare_newline = note\n", NULL, NULL, "smtpd_forbid_bare_newline", DOCTOR_DANGER, "smuggle", false },
	{ "bare_newline_of_one_service_SMTP_01", NULL, NULL, "submission/inet/smtpd_forbid_bare_newline = no\n", "smtpd_forbid_bare_newline",
	  DOCTOR_DANGER, "service submission", false },
	{ "bare_newline_for_the_lan_SMTP_01", "smtpd_forbid_bare_newline_exclusions = 127.0.0.0/8 10.0.0.0/8\n", NULL, NULL, "bare_newline_exclusions",
	  DOCTOR_WARNING, "10.0.0.0/8 may smuggle", false },
	{ "pipelining_SMTP_01", "smtpd_forbid_unauth_pipelining = no\n", NULL, NULL, "smtpd_forbid_unauth_pipelining", DOCTOR_DANGER, "before their time",
	  false },
	{ "stray_cr_lf_SMTP_01", "cleanup_replace_stray_cr_lf = no\n", NULL, NULL, "cleanup_replace_stray_cr_lf", DOCTOR_DANGER, "stray", false },
	{ "xclient_SMTP_15", "smtpd_authorized_xclient_hosts = 10.0.0.0/8\n", NULL, NULL, "xclient_hosts", DOCTOR_DANGER, "any login", false },
	{ "xclient_of_one_service_SMTP_15", NULL, NULL, "smtp/inet/smtpd_authorized_xclient_hosts = 10.0.0.1\n", "xclient_hosts", DOCTOR_DANGER,
	  "10.0.0.1", false },
	{ "xforward_SMTP_15", "smtpd_authorized_xforward_hosts = 10.0.0.1\n", NULL, NULL, "xforward_hosts", DOCTOR_WARNING, "log", false },
	{ "proxy_protocol", "smtpd_upstream_proxy_protocol = haproxy\n", NULL, NULL, "proxy_protocol", DOCTOR_WARNING, "haproxy", false },
	{ "no_milters", NULL, NULL, "smtp/inet/receive_override_options = no_address_mappings,no_milters\n", "no_milters", DOCTOR_DANGER,
	  "service smtp", false },
	{ "no_header_body_checks_SMTP_01", "receive_override_options = no_header_body_checks\n", NULL, NULL, "no_header_body_checks", DOCTOR_WARNING,
	  "stray CR", false },

	/* the filter */
	{ "no_filter", "smtpd_milters =\n", NULL, NULL, "smtpd_milters", DOCTOR_DANGER, "mail is not filtered", false },
	{ "another_filter", "smtpd_milters = inet:127.0.0.1:8891\n", NULL, NULL, "smtpd_milters", DOCTOR_DANGER, "without Octroi", false },
	{ "two_filters", "smtpd_milters = inet:127.0.0.1:8891, { unix:octroi/octroi.sock, command_timeout = 40s }\n", NULL, NULL, "smtpd_milters",
	  DOCTOR_OK, "", false },
	{ "service_with_an_empty_filter", NULL, NULL, "submission/inet/smtpd_milters =\n", "smtpd_milters", DOCTOR_DANGER, "service submission", false },
	{ "service_in_front_of_postscreen", NULL, "smtpd pass - - y - - smtpd\n", "smtpd/pass/smtpd_milters =\n", "smtpd_milters", DOCTOR_DANGER,
	  "service smtpd", false },
	{ "service_for_a_content_filter", NULL, "127.0.0.1:10025 inet n - y - - smtpd\n[::1]:10026 inet n - y - - smtpd\n",
	  "127.0.0.1:10025/inet/smtpd_milters =\n[::1]:10026/inet/smtpd_milters =\n", "smtpd_milters", DOCTOR_OK, "", false },
	{ "no_filter_for_local_mail", "non_smtpd_milters =\n", NULL, NULL, "non_smtpd_milters", DOCTOR_WARNING, "neither scanned nor signed", false },
	{ "default_accept", "milter_default_action = accept\n", NULL, NULL, "milter_default_action", DOCTOR_DANGER, "unfiltered", false },
	{ "default_accept_of_one_service", NULL, NULL, "smtp/inet/milter_default_action = accept\n", "milter_default_action", DOCTOR_DANGER,
	  "unfiltered", false },
	{ "default_accept_of_one_filter", "smtpd_milters = { unix:octroi/octroi.sock, default_action = accept }\n", NULL, NULL,
	  "milter_default_action", DOCTOR_DANGER, "in smtpd_milters", false },
	{ "default_quarantine", "milter_default_action = quarantine\n", NULL, NULL, "milter_default_action", DOCTOR_WARNING, "relaying", false },
	{ "default_reject", "milter_default_action = reject\n", NULL, NULL, "milter_default_action", DOCTOR_WARNING, "lost", false },
	{ "milter_maps_disable", "smtpd_milter_maps = cidr:{ {10.0.0.0/8 DISABLE} }\n", NULL, NULL, "smtpd_milter_maps", DOCTOR_WARNING, "some clients",
	  false },
	{ "milter_maps_nobody_read", "smtpd_milter_maps = ldap:clients\n", NULL, NULL, "smtpd_milter_maps", DOCTOR_UNKNOWN, "ldap:clients", false },
	{ "macro_defaults_ID_04", "milter_macro_defaults = auth_type=TLS\n", NULL, NULL, "milter_macro_defaults", DOCTOR_DANGER, "logged in", false },
	{ "mail_macros_ID_04", "milter_mail_macros = i {mail_addr}\n", NULL, NULL, "milter_macros", DOCTOR_WARNING, "leaves out {auth_authen}", false },
	{ "rcpt_macros", "milter_rcpt_macros = i {rcpt_addr}\n", NULL, NULL, "milter_macros", DOCTOR_WARNING, "leaves out {rcpt_mailer}", false },
	{ "end_of_data_macros", "milter_end_of_data_macros = {msg_id}\n", NULL, NULL, "milter_macros", DOCTOR_WARNING, "leaves out {i}", false },
	{ "daemon_name_of_25_and_587", NULL, NULL, "smtp/inet/milter_macro_daemon_name = submission\n", "milter_macro_daemon_name", DOCTOR_WARNING,
	  "same name", false },
	{ "protocol_2", "milter_protocol = 2\n", NULL, NULL, "milter_protocol", DOCTOR_DANGER, "is 2", false },
	{ "protocol_unreadable", "milter_protocol = new\n", NULL, NULL, "milter_protocol", DOCTOR_UNKNOWN, "new", false },
	{ "proxy_filter", NULL, NULL, "smtp/inet/smtpd_proxy_filter = 127.0.0.1:10024\n", "smtpd_proxy_filter", DOCTOR_DANGER, "neither header nor body",
	  false },
	{ "content_filter", "content_filter = smtp:[127.0.0.1]:10024\n", NULL, NULL, "content_filter", DOCTOR_WARNING, "after Octroi", false },
	{ "received_ignored", "header_checks = regexp:{ {/^Received:/ IGNORE} }\n", NULL, NULL, "header_checks", DOCTOR_WARNING, "Received", false },
	{ "header_checks_nobody_read", "header_checks = regexp:/nowhere\n", NULL, NULL, "header_checks", DOCTOR_UNKNOWN, "/nowhere", false },
	{ "header_checks_of_others", "header_checks = regexp:{ {/^X-Mailer: IGNORE/ REJECT} {/^Received: .*evil/ REJECT} }\n", NULL, NULL,
	  "header_checks", DOCTOR_OK, "", false },
	{ "old_postfix_HDR_01", "mail_version = 3.7.9\n", NULL, NULL, "postfix_version", DOCTOR_WARNING, "3.7.9", false },
	{ "older_postfix_HDR_01", "mail_version = 3.4.23\n", NULL, NULL, "postfix_version", DOCTOR_WARNING, "3.4.23", false },
	{ "newer_postfix", "mail_version = 3.10.1\n", NULL, NULL, "postfix_version", DOCTOR_OK, "", false },
	{ "postfix_of_the_day", "mail_version = 4.0-20270101\n", NULL, NULL, "postfix_version", DOCTOR_OK, "", false },

	/* times and sizes */
	{ "connect_timeout", "milter_connect_timeout = 3s\n", NULL, NULL, "milter_connect_timeout", DOCTOR_WARNING, "3s", false },
	{ "command_timeout", "milter_command_timeout = 5\n", NULL, NULL, "milter_command_timeout", DOCTOR_WARNING, "may need 10s", false },
	{ "content_timeout", "milter_content_timeout = 1m\n", NULL, NULL, "milter_content_timeout", DOCTOR_WARNING, "may need 115s", false },
	{ "content_timeout_unreadable", "milter_content_timeout = soon\n", NULL, NULL, "milter_content_timeout", DOCTOR_UNKNOWN, "soon", false },
	{ "own_timeout", "smtpd_milters = { unix:octroi/octroi.sock, content_timeout = 20s }\n", NULL, NULL, "milter_own_timeouts", DOCTOR_WARNING,
	  "content_timeout in smtpd_milters is 20s", false },
	{ "message_size", "message_size_limit = 60000000\n", NULL, NULL, "message_size", DOCTOR_WARNING, "60000000", false },
	{ "message_size_unlimited", "message_size_limit = 0\n", NULL, NULL, "message_size", DOCTOR_WARNING, "any size", false },

	/* the socket */
	{ "absolute_path_in_a_chroot", "smtpd_milters = unix:/var/spool/postfix/octroi/octroi.sock\n", NULL, NULL, "socket_chroot", DOCTOR_DANGER,
	  "runs in a chroot", false },
	{ "path_of_the_chroot", "smtpd_milters = unix:/octroi/octroi.sock\n", NULL, NULL, "socket_chroot", DOCTOR_OK, "", false },
	{ "path_of_the_chroot_without_one", "smtpd_milters = unix:/octroi/octroi.sock\n", "587 inet n - n - - smtpd\n", "587/inet/milter_macro_daemon_name = b\n",
	  "socket_chroot", DOCTOR_DANGER, "service 587 looks for the socket at /octroi/octroi.sock", false },

	/* logins */
	{ "auth_without_tls", NULL, NULL, "submission/inet/smtpd_tls_security_level = may\nsubmission/inet/smtpd_tls_auth_only = no\n",
	  "smtpd_tls_auth_only", DOCTOR_DANGER, "service submission", false },
	{ "no_auth_without_tls", "smtpd_tls_auth_only = no\n", NULL, NULL, "smtpd_tls_auth_only", DOCTOR_OK, "", false },
	{ "auth_on_25", NULL, NULL, "smtp/inet/smtpd_sasl_auth_enable = yes\n", "auth_on_25", DOCTOR_WARNING, "port 25", false },
	{ "auth_behind_postscreen", NULL, "smtpd pass - - y - - smtpd\n", "smtpd/pass/smtpd_sasl_auth_enable = yes\n", "auth_on_25", DOCTOR_WARNING, "port 25",
	  false },
	{ "anonymous", "smtpd_sasl_security_options = noplaintext\n", NULL, NULL, "sasl_noanonymous", DOCTOR_DANGER, "ANONYMOUS", false },
	{ "anonymous_under_tls", "smtpd_sasl_tls_security_options =\n", NULL, NULL, "sasl_noanonymous", DOCTOR_DANGER, "tls_security", false },
	{ "certificates_of_nobody", "smtpd_relay_restrictions = permit_tls_clientcerts, reject_unauth_destination\n", NULL, NULL, "relay_clientcerts",
	  DOCTOR_WARNING, "names none", false },
};

static void check_planted(void **state)
{
	const struct planted *row = *state;
	struct arena *arena = arena_new();
	struct doctor_facts facts;
	struct doctor doctor;

	bench_facts(arena, row->main, row->services, row->overrides, &facts);
	doctor_examine(&doctor, &facts, doctor_tables);
	bench_expect(&doctor, row->id, row->state, row->reason, !row->others);
	arena_free(arena);
}

/* What is not written, or not known to this Postfix. */
static void mynetworks_by_style(void **unused)
{
	struct arena *arena = arena_new();
	struct doctor_facts facts;
	struct doctor doctor;

	(void)unused;
	bench_facts(arena, "mynetworks_style = class\n", NULL, NULL, &facts);
	facts.postfix.written.len = 0;
	doctor_examine(&doctor, &facts, doctor_tables);
	bench_expect(&doctor, "mynetworks_style", DOCTOR_DANGER, "class", true);
	arena_free(arena);
}

static void parameter_that_postfix_does_not_know(void **unused)
{
	struct arena *arena = arena_new();
	struct doctor_facts facts;
	struct doctor doctor;

	(void)unused;
	bench_facts(arena, NULL, NULL, NULL, &facts);
	for (size_t i = 0; i < facts.postfix.main.len; i++)
		if (strcmp(facts.postfix.main.items[i].name, "smtpd_forbid_bare_newline") == 0)
			facts.postfix.main.items[i].name = "x";
	doctor_examine(&doctor, &facts, doctor_tables);
	bench_expect(&doctor, "smtpd_forbid_bare_newline", DOCTOR_DANGER, "does not know", true);
	arena_free(arena);
}

static void misspelt_parameter(void **unused)
{
	struct arena *arena = arena_new();
	struct doctor_facts facts;
	struct doctor doctor;

	(void)unused;
	bench_facts(arena, NULL, NULL, NULL, &facts);
	facts.postfix.warnings = "postconf: warning: /etc/postfix/main.cf: unused parameter: smtpd_forbid_bare_newlin=yes\n";
	doctor_examine(&doctor, &facts, doctor_tables);
	bench_expect(&doctor, "unused_parameters", DOCTOR_WARNING, "smtpd_forbid_bare_newlin=yes", true);
	arena_free(arena);
}

/* The exact line: where the value comes from, there it is changed. */
static void change_names_its_place(void **unused)
{
	struct arena *arena = arena_new();
	struct doctor_facts facts;
	struct doctor doctor;

	(void)unused;
	bench_facts(arena, "swap_bangpath = yes\n", NULL, "submission/inet/smtpd_milters =\nsmtp/inet/smtpd_relay_restrictions = permit\n", &facts);
	doctor_examine(&doctor, &facts, doctor_tables);
	assert_string_equal(bench_find(&doctor, "swap_bangpath", "")->change, "main.cf: swap_bangpath = no");
	assert_string_equal(bench_find(&doctor, "smtpd_milters", "")->change,
			    "master.cf, service submission: -o smtpd_milters=unix:octroi/octroi.sock");
	assert_string_equal(bench_find(&doctor, "relay_order", "")->change,
			    "master.cf, service smtp: -o { smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination }");
	arena_free(arena);
}

/* Values as words: braces hold together. */
static const struct words {
	const char *name, *value, *words;	/* joined with | */
} words_table[] = {
	{ "words_commas_and_spaces", " a, b\tc,,d ", "a|b|c|d" },
	{ "words_none", " , ", "" },
	{ "words_braces", "{ unix:x, default_action=accept } inet:y:1", "unix:x, default_action=accept|inet:y:1" },
	{ "words_table_in_braces", "check_client_access cidr:{ {10.0.0.0/8 OK}, {::1 OK} }, reject", "check_client_access|cidr:{ {10.0.0.0/8 OK}, {::1 OK} }|reject" },
	{ "words_open_brace", "a { b c", "a|{ b c" },
	{ "words_close_brace", "a } b", "a|}|b" },
};

static void check_words(void **state)
{
	const struct words *row = *state;
	struct arena *arena = arena_new();
	struct str rest = str_of(row->value), word;
	const char *joined = "";

	while (postfix_word(&rest, &word))
		joined = arena_printf(arena, "%s%s%.*s", joined, joined[0] == '\0' ? "" : "|", (int)word.len, word.p);
	assert_string_equal(joined, row->words);
	arena_free(arena);
}

static const struct numbers {
	const char *name, *value;
	uint64_t ms;
} numbers_table[] = {
	{ "duration_bare", "30", 30000 }, { "duration_seconds", "30s", 30000 }, { "duration_minutes", "5m", 300000 },
	{ "duration_none", NULL, UINT64_MAX }, { "duration_empty", "", UINT64_MAX }, { "duration_word", "soon", UINT64_MAX },
	{ "duration_huge", "9999999999999999999", UINT64_MAX },
};

static void check_numbers(void **state)
{
	const struct numbers *row = *state;

	assert_int_equal(postfix_duration_ms(row->value), row->ms);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(mynetworks_by_style), cmocka_unit_test(parameter_that_postfix_does_not_know), cmocka_unit_test(misspelt_parameter),
		cmocka_unit_test(change_names_its_place),
	};
	static struct rows rows;

	rows_add(&rows, planted_table, check_planted);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		rows_add_one(&rows, tests[i].name, tests[i].test_func, NULL);
	rows_add(&rows, words_table, check_words);
	rows_add(&rows, numbers_table, check_numbers);
	return rows_run(&rows, "doctor_postfix");
}
