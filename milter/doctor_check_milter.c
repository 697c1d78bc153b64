/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the filter asked by every service, about everything, and what happens when it is not there? */
#include <string.h>

#include "milter/doctor.h"
#include "milter/doctor_socket.h"

static const char *our_word(struct doctor *doctor)
{
	return doctor_socket_for_postfix(doctor->arena, doctor->facts);
}

/* Each service that hears strangers must ask; one without has its own line, or main.cf has none. */
static void smtpd_milters(struct doctor *doctor, const struct doctor_facts *facts)
{
	const struct postfix_service *service;
	size_t i = 0;

	while ((service = postfix_next_smtpd(&facts->postfix, &i)) != NULL) {
		const char *value = postfix_get(&facts->postfix, service, "smtpd_milters");

		if (value == NULL || doctor_socket_among(facts, value) || service->is_local)
			continue;
		if (postfix_is_overridden(&facts->postfix, service, "smtpd_milters"))
			doctor_say(doctor, DOCTOR_DANGER, doctor_change(doctor, service, "smtpd_milters", our_word(doctor)),
				   "service %s has smtpd_milters of its own (\"%s\"), without Octroi: its mail is not filtered", service->name, value);
		else
			doctor_say(doctor, DOCTOR_DANGER, doctor_change(doctor, service, "smtpd_milters", our_word(doctor)),
				   "smtpd_milters is \"%s\", without Octroi (%s): mail is not filtered", value, facts->filter.listen);
	}
}

static void non_smtpd_milters(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *value = postfix_get(&facts->postfix, NULL, "non_smtpd_milters");

	if (value == NULL || !doctor_socket_among(facts, value))
		doctor_say(doctor, DOCTOR_WARNING, doctor_change(doctor, NULL, "non_smtpd_milters", our_word(doctor)),
			   "non_smtpd_milters is \"%s\", without Octroi: mail from programs of this host is neither scanned nor signed",
			   value == NULL ? "" : value);
}

/* The word after "name =" in { unix:..., default_action = accept }. */
static bool milter_attribute(struct str milter, const char *name, struct str *ret_value)
{
	while (milter.p != NULL) {
		struct str value = str_split(&milter, ","), key = str_trim(str_split(&value, "="));

		if (value.p == NULL || !str_equal_nocase(key, str_of(name)))
			continue;
		*ret_value = str_trim(value);
		return true;
	}
	return false;
}

static void judge_action(struct doctor *doctor, struct str action, const char *change, const char *where)
{
	if (str_equal_nocase(action, STR("accept")))
		doctor_say(doctor, DOCTOR_DANGER, change, "%s is accept: mail goes in unfiltered whenever Octroi is not there", where);
	else if (str_equal_nocase(action, STR("quarantine")))
		doctor_say(doctor, DOCTOR_WARNING, change, "%s is quarantine: relaying is not refused while Octroi is not there", where);
	else if (str_equal_nocase(action, STR("reject")))
		doctor_say(doctor, DOCTOR_WARNING, change, "%s is reject: mail is lost whenever Octroi is not there", where);
}

static void judge_own_actions(struct doctor *doctor, const struct postfix_service *service, const char *name)
{
	const char *value = postfix_get(&doctor->facts->postfix, service, name);
	struct str rest = str_of(value), word, action;

	while (value != NULL && postfix_word(&rest, &word))
		if (milter_attribute(word, "default_action", &action))
			judge_action(doctor, action, doctor_change(doctor, service, name, our_word(doctor)),
				     arena_printf(doctor->arena, "default_action in %s", name));
}

static void milter_default_action(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *value = postfix_get(&facts->postfix, NULL, "milter_default_action");
	const struct postfix_service *service;
	size_t i = 0;

	judge_action(doctor, str_of(value), "main.cf: milter_default_action = tempfail", "milter_default_action");
	judge_own_actions(doctor, NULL, "non_smtpd_milters");
	while ((service = postfix_next_smtpd(&facts->postfix, &i)) != NULL) {
		judge_own_actions(doctor, service, "smtpd_milters");
		judge_action(doctor, str_of(postfix_get(&facts->postfix, service, "milter_default_action")),
			     doctor_change(doctor, service, "milter_default_action", "tempfail"), "milter_default_action");
	}
}

static void judge_map(struct doctor *doctor, const struct postfix_service *service, struct str word, const char *text)
{
	if (text != NULL && strcasestr(text, "DISABLE") != NULL)
		doctor_say(doctor, DOCTOR_WARNING, doctor_change(doctor, service, "smtpd_milter_maps", ""),
			   "smtpd_milter_maps %.*s switches the filter off for some clients (DISABLE)", (int)word.len, word.p);
	else if (text == NULL)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "smtpd_milter_maps names %.*s, which was not read: for whom is the filter off?", (int)word.len,
			   word.p);
}

static void smtpd_milter_maps(struct doctor *doctor, const struct doctor_facts *facts)
{
	const struct postfix_service *service;
	size_t i = 0;

	while ((service = postfix_next_smtpd(&facts->postfix, &i)) != NULL) {
		const char *value = postfix_get(&facts->postfix, service, "smtpd_milter_maps");
		struct str rest = str_of(value), word;

		while (value != NULL && postfix_word(&rest, &word))
			judge_map(doctor, service, word, str_has_prefix(word, STR("static:"))
							   ? arena_strndup(doctor->arena, word.p, word.len)
							   : postfix_table(doctor->arena, &facts->postfix, word));
	}
}

static void milter_macro_defaults(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *value = postfix_get(&facts->postfix, NULL, "milter_macro_defaults");

	if (value == NULL || (strstr(value, "auth_") == NULL && strstr(value, "cert_") == NULL))
		return;
	doctor_say(doctor, DOCTOR_DANGER, "main.cf: milter_macro_defaults =",
		   "milter_macro_defaults is \"%s\": everybody would be taken for somebody who has logged in", value);
}

/* "i {auth_type}" has both with and without braces: {i} is the same as i. */
static bool has_macro(const char *value, const char *macro)
{
	struct str rest = str_of(value), word;

	while (postfix_word(&rest, &word))
		if (str_equal(word, str_of(macro)))
			return true;
	return false;
}

/* Octroi asks for its macros itself, and then main.cf has no say; but what it says is taken where a milter did not ask. */
static void milter_macros(struct doctor *doctor, const struct doctor_facts *facts)
{
	static const struct { const char *name, *macro; } needed[] = {
		{ "milter_mail_macros", "auth_authen" }, { "milter_rcpt_macros", "rcpt_addr" }, { "milter_rcpt_macros", "rcpt_mailer" },
		{ "milter_end_of_data_macros", "i" },
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		const char *value = postfix_get(&facts->postfix, NULL, needed[i].name);

		if (value != NULL && !has_macro(value, needed[i].macro))
			doctor_say(doctor, DOCTOR_WARNING, arena_printf(facts->arena, "main.cf: (remove the line %s)", needed[i].name),
				   "%s leaves out {%s}", needed[i].name, needed[i].macro);
	}
}

/* Who logs in and who does not should be told apart in the log, and by rules of other filters. */
static void milter_macro_daemon_name(struct doctor *doctor, const struct doctor_facts *facts)
{
	const struct postfix_service *service;
	const char *of_25 = NULL;
	size_t i = 0;

	while ((service = postfix_next_smtpd(&facts->postfix, &i)) != NULL)
		if (service->port == 25)
			of_25 = postfix_get(&facts->postfix, service, "milter_macro_daemon_name");
	for (i = 0; of_25 != NULL && (service = postfix_next_smtpd(&facts->postfix, &i)) != NULL;) {
		const char *name = postfix_get(&facts->postfix, service, "milter_macro_daemon_name");

		if ((service->port == 587 || service->port == 465) && name != NULL && strcmp(name, of_25) == 0)
			doctor_say(doctor, DOCTOR_WARNING,
				   arena_printf(facts->arena, "master.cf, service %s: -o milter_macro_daemon_name=ORIGINATING", service->name),
				   "services 25 and %s tell filters the same name (%s)", service->name, name);
	}
}

static void milter_protocol(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *value = postfix_get(&facts->postfix, NULL, "milter_protocol");
	uint64_t number = postfix_number(value == NULL ? NULL : arena_strndup(facts->arena, value, strspn(value, "0123456789")));

	if (number == UINT64_MAX)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "milter_protocol is \"%s\"", value == NULL ? "" : value);
	else if (number < 6)
		doctor_say(doctor, DOCTOR_DANGER, "main.cf: milter_protocol = 6",
			   "milter_protocol is %s: macros cannot be asked for, and header fields are not told as they came", value);
}

static void smtpd_proxy_filter(struct doctor *doctor, const struct doctor_facts *facts)
{
	const struct postfix_service *service;
	size_t i = 0;

	while ((service = postfix_next_smtpd(&facts->postfix, &i)) != NULL) {
		const char *value = postfix_get(&facts->postfix, service, "smtpd_proxy_filter");

		if (value != NULL && value[0] != '\0')
			doctor_say(doctor, DOCTOR_DANGER, doctor_change(doctor, service, "smtpd_proxy_filter", ""),
				   "smtpd_proxy_filter is %s: Octroi then sees neither header nor body", value);
	}
}

static void content_filter(struct doctor *doctor, const struct doctor_facts *facts)
{
	const struct postfix_service *service;
	size_t i = 0;

	while ((service = postfix_next_smtpd(&facts->postfix, &i)) != NULL) {
		const char *value = postfix_get(&facts->postfix, service, "content_filter");

		if (value != NULL && value[0] != '\0' && !service->is_local)
			doctor_say(doctor, DOCTOR_WARNING, doctor_change(doctor, service, "content_filter", ""),
				   "content_filter is %s: it changes mail after Octroi has scanned and signed it", value);
	}
}

/* A line of header_checks: /pattern/ ACTION. */
static void judge_header_line(struct doctor *doctor, struct str line, const char *name)
{
	char *text = arena_strndup(doctor->arena, line.p, line.len), *action = strrchr(text, '/');

	if (text[0] == '#' || action == NULL || strcasestr(text, "received") == NULL)
		return;
	if (strcasestr(action, "IGNORE") != NULL || strcasestr(action, "STRIP") != NULL)
		doctor_say(doctor, DOCTOR_WARNING, NULL, "%s takes Received fields away (%s): loops are not seen, and signers are confused", name, text);
}

static void header_checks(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *value = postfix_get(&facts->postfix, NULL, "header_checks");
	struct str rest = str_of(value), word;

	while (value != NULL && postfix_word(&rest, &word)) {
		const char *text = postfix_table(doctor->arena, &facts->postfix, word);
		struct str lines = str_of(text);

		if (text == NULL)
			doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "header_checks names %.*s, which was not read", (int)word.len, word.p);
		while (lines.p != NULL)
			judge_header_line(doctor, str_split(&lines, "\n"), "header_checks");
	}
}

/* The branches in which Postfix finds the right header field after a PREPEND of an access table. */
static void prepend(struct doctor *doctor, const struct doctor_facts *facts)
{
	static const unsigned mended[] = { 3005025, 3006015, 3007011, 3008006, 3009000 };
	unsigned version = postfix_version(&facts->postfix);
	bool is_mended = false;

	for (size_t i = 0; i < sizeof(mended) / sizeof(mended[0]); i++)
		is_mended |= version >= mended[i] && (version / 1000 == mended[i] / 1000 || i + 1 == sizeof(mended) / sizeof(mended[0]));
	if (version == 0)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "mail_version is not told");
	else if (!is_mended)
		doctor_say(doctor, DOCTOR_WARNING, NULL, "Postfix %s removes the wrong header field for a filter after a PREPEND of an access table: "
			   "update it (3.5.25, 3.6.15, 3.7.11, 3.8.6)", postfix_get(&facts->postfix, NULL, "mail_version"));
}

/* Postfix hands a NUL over, libmilter ends the string there, and the field goes on as it came: what stands behind it nobody has checked. */
static void message_strip_characters(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *value = postfix_get(&facts->postfix, NULL, "message_strip_characters");

	if (value != NULL && strstr(value, "\\0") == NULL)
		doctor_say(doctor, DOCTOR_WARNING, doctor_change(doctor, NULL, "message_strip_characters", "\\0"),
			   "message_strip_characters is \"%s\": what stands behind a NUL in a header field goes on unseen", value);
}

static void unused_parameters(struct doctor *doctor, const struct doctor_facts *facts)
{
	struct str rest = str_of(facts->postfix.warnings);

	while (rest.p != NULL) {
		struct str line = str_split(&rest, "\n");
		const char *found = memmem(line.p, line.len, "unused parameter: ", 18);

		if (found != NULL)
			doctor_say(doctor, DOCTOR_WARNING, NULL, "Postfix knows no such parameter, is it misspelt? %.*s",
				   (int)(line.len - (size_t)(found + 18 - line.p)), found + 18);
	}
}

const struct doctor_check doctor_milter_checks[] = {
	{ "smtpd_milters", "every service that hears strangers asks Octroi", DOCTOR_POSTFIX | DOCTOR_FILTER, smtpd_milters, NULL },
	{ "non_smtpd_milters", "mail of local programs is filtered, too", DOCTOR_POSTFIX | DOCTOR_FILTER, non_smtpd_milters, NULL },
	{ "milter_default_action", "nothing goes in unfiltered while Octroi is away", DOCTOR_POSTFIX | DOCTOR_FILTER, milter_default_action, NULL },
	{ "smtpd_milter_maps", "no client is left out", DOCTOR_POSTFIX, smtpd_milter_maps, NULL },
	{ "milter_macro_defaults", "no macro is invented", DOCTOR_POSTFIX, milter_macro_defaults, NULL },
	{ "milter_macros", "all macros are handed over", DOCTOR_POSTFIX, milter_macros, NULL },
	{ "milter_macro_daemon_name", "ports 25 and 587 have names of their own", DOCTOR_POSTFIX, milter_macro_daemon_name, NULL },
	{ "milter_protocol", "the milter protocol is that of today", DOCTOR_POSTFIX, milter_protocol, NULL },
	{ "smtpd_proxy_filter", "no proxy stands between", DOCTOR_POSTFIX, smtpd_proxy_filter, NULL },
	{ "content_filter", "nothing changes mail after it was scanned", DOCTOR_POSTFIX, content_filter, NULL },
	{ "header_checks", "Received fields stay", DOCTOR_POSTFIX, header_checks, NULL },
	{ "message_strip_characters", "no NUL hides what stands behind it", DOCTOR_POSTFIX, message_strip_characters, NULL },
	{ "postfix_version", "Postfix removes the header field it is told to", DOCTOR_POSTFIX, prepend, NULL },
	{ "unused_parameters", "every line of main.cf is known to Postfix", DOCTOR_POSTFIX, unused_parameters, NULL },
	{ .id = NULL },
};
