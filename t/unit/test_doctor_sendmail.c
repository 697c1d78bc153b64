/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each row plants one fault into a sound sendmail.cf: the check must tell it, and no other check may. */
#include "t/unit/doctor_bench.h"

static const char sound_cf[] =
	"#####  $Id: proto.m4,v 8.762 2013-11-22 20:51:13 ca Exp $  #####\n#####  $Id: nouucp.m4,v 8.14 2013-11-22 20:51:11 ca Exp $  #####\n"
	"#####  $Id: nopercenthack.m4,v 8.14 2013-11-22 20:51:11 ca Exp $  #####\n#####  $Id: access_db.m4,v 8.28 ca Exp $  #####\n"
	"Djgw.example.com\nO MaxMessageSize=50000000\nO DaemonPortOptions=Name=MTA, Port=smtp\n"
	"O DaemonPortOptions=Port=submission, Name=MSA, M=Ea\nO AuthMechanisms=PLAIN LOGIN\nO AuthOptions=A p y\nO InputMailFilters=octroi\n"
	"#O Milter.LogLevel\nO Milter.macros.envfrom=i, {auth_type}, {auth_authen}, {mail_addr}\nO RejectNUL=true\n"
	"Xoctroi, S=local:/var/spool/postfix/octroi/octroi.sock, F=T, T=C:30s;S:30s;R:60s;E:10m\nMlocal, P=/usr/bin/procmail\n";

static const struct planted {
	const char *name;
	const char *from, *to;		/* replaced in sound_cf; from NULL: to is put in front */
	const char *mc, *access;
	const char *id;
	enum doctor_state state;
	const char *reason;
	bool others;
} planted_table[] = {
	{ "sound", NULL, "", NULL, "", "sendmail_filter", DOCTOR_OK, "", false },
	{ "no_filter", "O InputMailFilters=octroi", "#O InputMailFilters", NULL, "", "sendmail_filter", DOCTOR_DANGER, "not filtered", false },
	{ "filter_that_ends_elsewhere", "S=local:/var/spool/postfix/octroi/octroi.sock", "S=inet:8891@127.0.0.1", NULL, "", "sendmail_filter",
	  DOCTOR_DANGER, "not filtered", false },
	{ "filter_without_F", ", F=T", "", NULL, "", "sendmail_filter_flags", DOCTOR_DANGER, "unfiltered", false },
	{ "filter_with_an_empty_F", "F=T", "F=", NULL, "", "sendmail_filter_flags", DOCTOR_DANGER, "unfiltered", false },
	{ "filter_that_rejects", "F=T", "F=R", NULL, "", "sendmail_filter_flags", DOCTOR_WARNING, "lost", false },
	{ "filter_that_hangs_up", "F=T", "F=4", NULL, "", "sendmail_filter_flags", DOCTOR_OK, "", false },
	{ "filter_with_a_short_R", "R:60s", "R:2s", NULL, "", "sendmail_filter_timeouts", DOCTOR_WARNING, "2 s (R)", false },
	{ "filter_with_a_short_E", "E:10m", "E:60", NULL, "", "sendmail_filter_timeouts", DOCTOR_WARNING, "60 s (E)", false },
	{ "filter_with_the_defaults", ", T=C:30s;S:30s;R:60s;E:10m", "", NULL, "", "sendmail_filter_timeouts", DOCTOR_OK, "", false },
	{ "filter_with_no_time", "E:10m", "E:soon", NULL, "", "sendmail_filter_timeouts", DOCTOR_UNKNOWN, "cannot be read", false },
	{ "promiscuous_relay", NULL, "#####  $Id: promiscuous_relay.m4,v 8.13 $  #####\n", NULL, "", "promiscuous_relay", DOCTOR_DANGER, "everybody",
	  false },
	{ "promiscuous_relay_in_the_mc", NULL, "", "FEATURE(`promiscuous_relay')dnl\n", "", "promiscuous_relay", DOCTOR_DANGER, "everybody", false },
	{ "promiscuous_relay_switched_off", NULL, "", "dnl FEATURE(`promiscuous_relay')dnl\ndnl FEATURE(promiscuous_relay)\n", "", "promiscuous_relay",
	  DOCTOR_OK, "", false },
	{ "relay_local_from", NULL, "", "FEATURE(relay_local_from)\n", "", "relay_local_from", DOCTOR_DANGER, "sender of ours", false },
	{ "relay_mail_from", NULL, "", " FEATURE(`relay_mail_from', `domain')\n", "", "relay_mail_from", DOCTOR_DANGER, "access table", false },
	{ "relay_based_on_MX", NULL, "##### $Id: relay_based_on_MX.m4,v 8\n", NULL, "", "relay_based_on_MX", DOCTOR_DANGER, "MX", false },
	{ "loose_relay_check", NULL, "##### $Id: loose_relay_check.m4,v 8\n", NULL, "", "loose_relay_check", DOCTOR_DANGER, "user%", false },
	{ "relay_entire_domain", NULL, "##### $Id: relay_entire_domain.m4,v 8\n", NULL, "", "relay_entire_domain", DOCTOR_WARNING, "every host", false },
	{ "accept_unresolvable_domains", NULL, "##### $Id: accept_unresolvable_domains.m4,v 8\n", NULL, "", "accept_unresolvable_domains",
	  DOCTOR_WARNING, "bounce", false },
	{ "accept_unqualified_senders", NULL, "##### $Id: accept_unqualified_senders.m4,v 8\n", NULL, "", "accept_unqualified_senders", DOCTOR_WARNING,
	  "without a domain", false },
	{ "bang_paths", "$Id: nouucp.m4", "$Id: x.m4", NULL, "", "nouucp", DOCTOR_WARNING, "other.example!user", false },
	{ "percent_hack", "$Id: nopercenthack.m4", "$Id: x.m4", NULL, "", "nopercenthack", DOCTOR_WARNING, "user%", false },
	{ "srv_features_SMTP_01", NULL, "", NULL, "# x\nSrv_Features:10.0.0.1\tO\nspam@x.example REJECT\n", "srv_features", DOCTOR_DANGER, "smuggled",
	  false },
	{ "srv_features_that_mend", NULL, "", NULL, "Srv_Features:10.0.0.1\tu2 g2 o\n", "srv_features", DOCTOR_OK, "", false },
	{ "srv_features_without_login", NULL, "", NULL, "SRV_FEATURES:\tL\n", "srv_features", DOCTOR_WARNING, "no login", false },
	{ "access_table_nobody_read", NULL, "", NULL, NULL, "srv_features", DOCTOR_UNKNOWN, "not read", false },
	{ "nul_SMTP_01", "O RejectNUL=true", "#O RejectNUL=false", NULL, "", "reject_nul", DOCTOR_WARNING, "NUL", false },
	{ "submission_without_login", "M=Ea", "M=E", NULL, "", "daemon_options", DOCTOR_WARNING, "no login", false },
	{ "daemon_without_filters", "Port=smtp", "Port=smtp, InputMailFilters=", NULL, "", "daemon_options", DOCTOR_DANGER, "empty", false },
	{ "daemon_with_unqualified_senders", "Port=smtp", "Port=smtp, M=u", NULL, "", "daemon_options", DOCTOR_WARNING, "M=u", false },
	{ "passwords_without_tls", "O AuthOptions=A p y", "O AuthOptions=A", NULL, "", "auth_options", DOCTOR_DANGER, "without TLS", false },
	{ "no_passwords", "O AuthMechanisms=PLAIN LOGIN\nO AuthOptions=A p y\n", "O AuthMechanisms=EXTERNAL\n", NULL, "", "auth_options", DOCTOR_OK, "",
	  false },
	{ "macros_ID_04", ", {auth_authen}", "", NULL, "", "sendmail_macros", DOCTOR_WARNING, "{auth_authen}", false },
	{ "message_size", "MaxMessageSize=50000000", "MaxMessageSize=90000000", NULL, "", "message_size", DOCTOR_WARNING, "90000000", false },
	{ "message_size_not_set", "O MaxMessageSize=50000000\n", "", NULL, "", "message_size", DOCTOR_WARNING, "any size", false },
};

static const char *replaced(struct arena *arena, const struct planted *row)
{
	const char *found = row->from == NULL ? sound_cf : strstr(sound_cf, row->from);

	assert_non_null(found);
	return arena_printf(arena, "%.*s%s%s", (int)(found - sound_cf), sound_cf, row->to, found + (row->from == NULL ? 0 : strlen(row->from)));
}

static void check_planted(void **state)
{
	const struct planted *row = *state;
	struct arena *arena = arena_new();
	struct doctor_facts facts;
	struct doctor doctor;

	bench_facts(arena, NULL, NULL, NULL, &facts);
	facts.postfix = (struct postfix){ .is_there = false };
	sendmail_read(arena, replaced(arena, row), &facts.sendmail);
	facts.sendmail.file = "/etc/mail/sendmail.cf";
	facts.sendmail.mc = row->mc;
	facts.sendmail.access = row->access;
	doctor_examine(&doctor, &facts, doctor_tables);
	bench_expect(&doctor, row->id, row->state, row->reason, !row->others);
	assert_null(bench_find(&doctor, "smtpd_milters", ""));	/* nothing is said of a Postfix that is not there */
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, planted_table, check_planted);
	return rows_run(&rows, "doctor_sendmail");
}
