/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sendmail.cf says about relaying, the filter and logins. */
#include <string.h>

#include "milter/doctor.h"
#include "milter/doctor_socket.h"

/* The X line of ours that InputMailFilters names, or NULL. */
static const struct sendmail_filter *our_filter(struct doctor *doctor)
{
	const struct sendmail *sendmail = &doctor->facts->sendmail;
	const char *used = sendmail_option(doctor->arena, sendmail, "InputMailFilters", NULL);

	for (size_t i = 0; used != NULL && i < sendmail->filters_len; i++)
		if (postfix_has_word(used, sendmail->filters[i].name) && doctor_socket_is_ours(doctor->facts, sendmail->filters[i].socket))
			return &sendmail->filters[i];
	return NULL;
}

static const char *filter_line(struct doctor *doctor)
{
	const char *listen = doctor->facts->filter.listen;

	return arena_printf(doctor->arena, "sendmail.mc: INPUT_MAIL_FILTER(`octroi', `S=%s%s, F=T, T=C:30s;S:30s;R:60s;E:10m')dnl",
			    listen[0] == '/' ? "local:" : "", listen);
}

static void filter_is_asked(struct doctor *doctor, const struct doctor_facts *facts)
{
	if (our_filter(doctor) == NULL)
		doctor_say(doctor, DOCTOR_DANGER, filter_line(doctor), "no filter of InputMailFilters ends at %s: mail is not filtered",
			   facts->filter.listen);
}

static void filter_flags(struct doctor *doctor, const struct doctor_facts *facts)
{
	const struct sendmail_filter *filter = our_filter(doctor);

	(void)facts;
	if (filter == NULL || strpbrk(filter->flags, "T4") != NULL)
		return;
	if (strchr(filter->flags, 'R') != NULL)
		doctor_say(doctor, DOCTOR_WARNING, filter_line(doctor), "filter %s has F=R: mail is lost whenever Octroi is not there", filter->name);
	else
		doctor_say(doctor, DOCTOR_DANGER, filter_line(doctor), "filter %s has no F=T: mail goes in unfiltered whenever Octroi is not there",
			   filter->name);
}

static void judge_timeout(struct doctor *doctor, const struct sendmail_filter *filter, char letter, uint64_t budget_ms)
{
	uint64_t ms = sendmail_timeout_ms(filter, letter);

	if (ms == UINT64_MAX)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "filter %s: T=%s cannot be read", filter->name, filter->timeouts);
	else if (ms < budget_ms)
		doctor_say(doctor, DOCTOR_WARNING, filter_line(doctor), "filter %s: Sendmail waits %llu s (%c), and Octroi may need %llu s", filter->name,
			   (unsigned long long)ms / 1000, letter, (unsigned long long)(budget_ms + 999) / 1000);
}

static void filter_timeouts(struct doctor *doctor, const struct doctor_facts *facts)
{
	const struct filter_facts *ours = &facts->filter;
	const struct sendmail_filter *filter = our_filter(doctor);
	/* R is for each reply, also the first one after a body: 5 s more than RCPT may wait */
	uint64_t reply_ms = ours->rcpt_wait_ms + 5000;
	uint64_t end_ms = ours->resolver_timeout_ms + 20000 + (ours->antivirus ? ours->antivirus_timeout_ms : 0) +
			  (ours->content ? 3 * ours->content_cpu_ms : 0);

	if (filter == NULL)
		return;
	judge_timeout(doctor, filter, 'R', reply_ms);
	judge_timeout(doctor, filter, 'E', end_ms);
}

static const struct {
	const char *name, *why;
	enum doctor_state state;
} features[] = {
	{ "promiscuous_relay", "everybody may relay", DOCTOR_DANGER },
	{ "relay_local_from", "whoever writes a sender of ours may relay", DOCTOR_DANGER },
	{ "relay_mail_from", "whoever writes a sender that the access table knows may relay", DOCTOR_DANGER },
	{ "relay_based_on_MX", "every domain whose owner points an MX at this host is relayed to", DOCTOR_DANGER },
	{ "loose_relay_check", "user%other.example@ours.example is relayed", DOCTOR_DANGER },
	{ "relay_entire_domain", "every host of the domain may relay without a login", DOCTOR_WARNING },
	{ "accept_unresolvable_domains", "senders are taken to whom no bounce could go", DOCTOR_WARNING },
	{ "accept_unqualified_senders", "senders without a domain are taken", DOCTOR_WARNING },
};

/* The check has the name of the feature. */
static void feature(struct doctor *doctor, const struct doctor_facts *facts)
{
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (strcmp(features[i].name, doctor->check->id) == 0 && sendmail_has_feature(&facts->sendmail, features[i].name))
			doctor_say(doctor, features[i].state, arena_printf(doctor->arena, "sendmail.mc: (remove FEATURE(`%s'))", features[i].name),
				   "FEATURE(`%s'): %s", features[i].name, features[i].why);
}

/* Without these, Sendmail reads % and ! as ways to other hosts before anybody asks the filter. */
static void judge_missing(struct doctor *doctor, const char *name, const char *what)
{
	if (!sendmail_has_feature(&doctor->facts->sendmail, name))
		doctor_say(doctor, DOCTOR_WARNING, arena_printf(doctor->arena, "sendmail.mc: FEATURE(`%s', `reject')dnl", name),
			   "without FEATURE(`%s') %s leads to another host", name, what);
}

static void nouucp(struct doctor *doctor, const struct doctor_facts *facts)
{
	(void)facts;
	judge_missing(doctor, "nouucp", "other.example!user@ours.example");
}

static void nopercenthack(struct doctor *doctor, const struct doctor_facts *facts)
{
	(void)facts;
	judge_missing(doctor, "nopercenthack", "user%other.example@ours.example");
}

/* Lines "Srv_Features:host  O" of the access table: the letters that give up line end checks (Sendmail 8.18; Debian 12 has them, too). */
static void judge_srv_features(struct doctor *doctor, struct str line)
{
	struct str tag = str_split(&line, " \t"), letter;

	if (!str_equal_nocase((struct str){ tag.p, tag.len < 13 ? tag.len : 13 }, STR("Srv_Features:")))
		return;
	while (postfix_word(&line, &letter)) {
		if (letter.len == 1 && strchr("OFUG", letter.p[0]) != NULL)
			doctor_say(doctor, DOCTOR_DANGER, "access: (remove the line)", "access table, %.*s: %c lets messages be smuggled", (int)tag.len, tag.p,
				   letter.p[0]);
		else if (letter.len == 1 && letter.p[0] == 'L')
			doctor_say(doctor, DOCTOR_WARNING, "access: (remove the line)", "access table, %.*s: L asks for no login", (int)tag.len, tag.p);
	}
}

static void srv_features(struct doctor *doctor, const struct doctor_facts *facts)
{
	struct str rest = str_of(facts->sendmail.access);

	if (sendmail_has_feature(&facts->sendmail, "access_db") && facts->sendmail.access == NULL)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "the source of the access table is not beside %s: its Srv_Features were not read",
			   facts->sendmail.file);
	while (rest.p != NULL)
		judge_srv_features(doctor, str_split(&rest, "\n"));
}

static void reject_nul(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *value = sendmail_option(doctor->arena, &facts->sendmail, "RejectNUL", NULL);

	if (value == NULL || (value[0] != 't' && value[0] != 'T'))
		doctor_say(doctor, DOCTOR_WARNING, "sendmail.mc: define(`confREJECT_NUL', `true')dnl",
			   "RejectNUL is not true: CR LF NUL can end a message for the next host and not for this one");
}

static struct str daemon_value(const char *daemon, const char *key)
{
	struct str rest = str_of(daemon);

	while (rest.p != NULL) {
		struct str value = str_trim(str_split(&rest, ",")), name = str_trim(str_split(&value, "="));

		/* as Sendmail: the first letter is enough */
		if (value.p != NULL && name.len > 0 && ascii_lower(name.p[0]) == ascii_lower(key[0]) &&
		    (name.len == 1 || str_equal_nocase(name, str_of(key))))
			return str_trim(value);
	}
	return (struct str){ NULL, 0 };
}

static bool has_flag(struct str flags, char flag)
{
	return flags.p != NULL && memchr(flags.p, flag, flags.len) != NULL;
}

static void judge_daemon(struct doctor *doctor, const char *daemon)
{
	struct str flags = daemon_value(daemon, "Modifiers"), filters = daemon_value(daemon, "InputMailFilters");
	struct str port = daemon_value(daemon, "Port"), name = daemon_value(daemon, "Name");
	bool is_submission = str_equal_nocase(port, STR("587")) || str_equal_nocase(port, STR("submission")) || str_equal_nocase(name, STR("MSA"));

	if (filters.p != NULL && filters.len == 0)
		doctor_say(doctor, DOCTOR_DANGER, NULL, "DaemonPortOptions=%s: its InputMailFilters are empty, its mail is not filtered", daemon);
	if (has_flag(flags, 'u'))
		doctor_say(doctor, DOCTOR_WARNING, NULL, "DaemonPortOptions=%s: M=u takes senders without a domain", daemon);
	if (is_submission && !has_flag(flags, 'a'))
		doctor_say(doctor, DOCTOR_WARNING, "sendmail.mc: DAEMON_OPTIONS(`Port=submission, Name=MSA, M=Ea')dnl",
			   "DaemonPortOptions=%s: port 587 asks for no login (M=a)", daemon);
}

static void daemon_options(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *line = NULL, *daemon;

	while ((daemon = sendmail_option(doctor->arena, &facts->sendmail, "DaemonPortOptions", &line)) != NULL)
		judge_daemon(doctor, daemon);
}

static void auth_options(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *value = sendmail_option(doctor->arena, &facts->sendmail, "AuthOptions", NULL);
	const char *mechanisms = sendmail_option(doctor->arena, &facts->sendmail, "AuthMechanisms", NULL);

	if (value != NULL && strchr(value, 'p') != NULL)
		return;
	/* by default Sendmail offers neither of the two that send passwords */
	if (mechanisms == NULL || (strcasestr(mechanisms, "PLAIN") == NULL && strcasestr(mechanisms, "LOGIN") == NULL))
		return;
	doctor_say(doctor, DOCTOR_DANGER, "sendmail.mc: define(`confAUTH_OPTIONS', `A p y')dnl",
		   "AuthOptions has no p: PLAIN and LOGIN are taken without TLS, and passwords can be read on the way");
}

/* Octroi asks for its macros; a Sendmail that may not be asked hands over these. */
static void sendmail_macros(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *value = sendmail_option(doctor->arena, &facts->sendmail, "Milter.macros.envfrom", NULL);

	if (value == NULL || strstr(value, "{auth_authen}") == NULL)
		doctor_say(doctor, DOCTOR_WARNING,
			   "sendmail.mc: define(`confMILTER_MACROS_ENVFROM', `i, {auth_type}, {auth_authen}, {auth_ssf}, {auth_author}, {mail_mailer}, "
			   "{mail_host}, {mail_addr}')dnl", "Milter.macros.envfrom has no {auth_authen}");
}

const struct doctor_check doctor_sendmail_checks[] = {
	{ "sendmail_filter", "Sendmail asks Octroi", DOCTOR_SENDMAIL | DOCTOR_FILTER, filter_is_asked, NULL },
	{ "sendmail_filter_flags", "nothing goes in unfiltered while Octroi is away", DOCTOR_SENDMAIL | DOCTOR_FILTER, filter_flags, NULL },
	{ "sendmail_filter_timeouts", "Sendmail waits longer than Octroi may need", DOCTOR_SENDMAIL | DOCTOR_FILTER, filter_timeouts, NULL },
	{ "promiscuous_relay", "not everybody may relay", DOCTOR_SENDMAIL, feature, NULL },
	{ "relay_local_from", "a sender is no ground to relay", DOCTOR_SENDMAIL, feature, NULL },
	{ "relay_mail_from", "nor is one that the access table knows", DOCTOR_SENDMAIL, feature, NULL },
	{ "relay_based_on_MX", "nor is somebody's MX record", DOCTOR_SENDMAIL, feature, NULL },
	{ "loose_relay_check", "% is no way to another domain", DOCTOR_SENDMAIL, feature, NULL },
	{ "relay_entire_domain", "a name in the domain is no ground to relay", DOCTOR_SENDMAIL, feature, NULL },
	{ "accept_unresolvable_domains", "senders must exist", DOCTOR_SENDMAIL, feature, NULL },
	{ "accept_unqualified_senders", "senders have a domain", DOCTOR_SENDMAIL, feature, NULL },
	{ "nouucp", "! is no way to another host", DOCTOR_SENDMAIL, nouucp, NULL },
	{ "nopercenthack", "% is no way to another host", DOCTOR_SENDMAIL, nopercenthack, NULL },
	{ "srv_features", "line ends are checked for everybody", DOCTOR_SENDMAIL, srv_features, NULL },
	{ "reject_nul", "a NUL ends no message", DOCTOR_SENDMAIL, reject_nul, NULL },
	{ "daemon_options", "each port asks for what it should", DOCTOR_SENDMAIL, daemon_options, NULL },
	{ "auth_options", "no login without TLS", DOCTOR_SENDMAIL, auth_options, NULL },
	{ "sendmail_macros", "the login is handed over", DOCTOR_SENDMAIL, sendmail_macros, NULL },
	{ .id = NULL },
};
