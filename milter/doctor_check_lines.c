/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Line ends and what else makes one message out of two, or lets content by (threats SMTP-01, SMTP-02, SMTP-15). */
#include "milter/doctor.h"

static const struct doctor_parameter parameters[] = {
	{ "smtpd_forbid_bare_newline", "no note", DOCTOR_DANGER, "a sender can smuggle a second message into the first, in anybody's name", "yes",
	  true, "a sender can smuggle a second message into the first; an update brings it (3.5.23, 3.6.13, 3.7.9, 3.8.4)" },
	{ "smtpd_forbid_unauth_pipelining", "no", DOCTOR_DANGER, "commands that come before their time are taken, as smuggling needs it", "yes",
	  true, "commands that come before their time are taken; an update brings it (3.5.20, 3.6.10, 3.7.6, 3.8.1)" },
	{ "cleanup_replace_stray_cr_lf", "no", DOCTOR_DANGER, "stray CR and LF go on to hosts that read a line end in them", "yes", false, NULL },
};

/* The exclusions are for clients that write line ends wrongly: none by default, were it not for $mynetworks. */
static bool is_loopback_word(struct str word)
{
	return str_has_prefix(word, STR("127.")) || str_has_prefix(word, STR("[::1]")) || str_equal(word, STR("::1/128"));
}

static void bare_newline_exclusions(struct doctor *doctor, const struct doctor_facts *facts)
{
	const struct postfix_service *service;
	size_t i = 0;

	while ((service = postfix_next_smtpd(&facts->postfix, &i)) != NULL) {
		const char *value = postfix_get(&facts->postfix, service, "smtpd_forbid_bare_newline_exclusions");
		struct str rest = str_of(value), word;

		while (value != NULL && postfix_word(&rest, &word))
			if (!is_loopback_word(word))
				doctor_say(doctor, DOCTOR_WARNING,
					   doctor_change(doctor, service, "smtpd_forbid_bare_newline_exclusions", ""),
					   "%.*s may smuggle messages: an infected host of ours is a stranger, too", (int)word.len, word.p);
	}
}

/* Who may write client addresses and logins into the session. */
static void claims(struct doctor *doctor, const char *name, enum doctor_state state, const char *what)
{
	const struct postfix_service *service;
	size_t i = 0;

	while ((service = postfix_next_smtpd(&doctor->facts->postfix, &i)) != NULL) {
		const char *value = postfix_get(&doctor->facts->postfix, service, name);

		if (value != NULL && value[0] != '\0')
			doctor_say(doctor, state, doctor_change(doctor, service, name, ""), "%s is %s: whoever connects from there %s", name, value,
				   what);
	}
}

static void xclient(struct doctor *doctor, const struct doctor_facts *facts)
{
	(void)facts;
	claims(doctor, "smtpd_authorized_xclient_hosts", DOCTOR_DANGER, "can be any client and any login");
}

static void xforward(struct doctor *doctor, const struct doctor_facts *facts)
{
	(void)facts;
	claims(doctor, "smtpd_authorized_xforward_hosts", DOCTOR_WARNING, "can write any client into the log");
}

static void proxy_protocol(struct doctor *doctor, const struct doctor_facts *facts)
{
	(void)facts;
	claims(doctor, "smtpd_upstream_proxy_protocol", DOCTOR_WARNING,
	       "says which client it is: only the proxy may be able to reach that port");
	claims(doctor, "postscreen_upstream_proxy_protocol", DOCTOR_WARNING,
	       "says which client it is: only the proxy may be able to reach that port");
}

/* Of each service that takes mail in, and of those that clean it up. */
static void receive_override(struct doctor *doctor, const char *option, enum doctor_state state, const char *why)
{
	const struct postfix *postfix = &doctor->facts->postfix;

	for (size_t i = 0; i < postfix->services_len; i++) {
		const struct postfix_service *service = &postfix->services[i];
		const char *value = postfix_get(postfix, service, "receive_override_options");

		if (value == NULL || !postfix_has_word(value, option) || service->is_local)
			continue;
		doctor_say(doctor, state, doctor_change(doctor, service, "receive_override_options", ""), "%sreceive_override_options has %s: %s",
			   doctor_service(doctor, service, "receive_override_options"), option, why);
	}
}

static void no_milters(struct doctor *doctor, const struct doctor_facts *facts)
{
	(void)facts;
	receive_override(doctor, "no_milters", DOCTOR_DANGER, "its mail is not filtered at all");
}

static void no_header_body_checks(struct doctor *doctor, const struct doctor_facts *facts)
{
	(void)facts;
	receive_override(doctor, "no_header_body_checks", DOCTOR_WARNING, "stray CR and LF are not replaced in its mail, either");
}

const struct doctor_check doctor_lines_checks[] = {
	{ "smtpd_forbid_bare_newline", "a bare LF ends no message", DOCTOR_POSTFIX, doctor_look_parameter, &parameters[0] },
	{ "bare_newline_exclusions", "nor does it for our own hosts", DOCTOR_POSTFIX, bare_newline_exclusions, NULL },
	{ "smtpd_forbid_unauth_pipelining", "commands wait for their turn", DOCTOR_POSTFIX, doctor_look_parameter, &parameters[1] },
	{ "cleanup_replace_stray_cr_lf", "stray CR and LF do not leave this host", DOCTOR_POSTFIX, doctor_look_parameter, &parameters[2] },
	{ "xclient_hosts", "nobody may claim another client's address and login", DOCTOR_POSTFIX, xclient, NULL },
	{ "xforward_hosts", "nobody may claim another client's address in the log", DOCTOR_POSTFIX, xforward, NULL },
	{ "proxy_protocol", "no proxy says who the client is", DOCTOR_POSTFIX, proxy_protocol, NULL },
	{ "no_milters", "no service leaves the filter out", DOCTOR_POSTFIX, no_milters, NULL },
	{ "no_header_body_checks", "stray line ends are replaced everywhere", DOCTOR_POSTFIX, no_header_body_checks, NULL },
	{ .id = NULL },
};
