/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The MTA must wait longer than we may need, and must not take in more than we look at. */
#include "milter/doctor.h"

#define MARGIN_MS UINT64_C(5000)		/* a busy host */
#define CONNECT_MS 10000
#define EXAMINER_WAIT_MS 15000	/* for an examiner, and for one that dies */

static const char *seconds(struct arena *arena, uint64_t ms)
{
	return arena_printf(arena, "%llus", (unsigned long long)((ms + 999) / 1000));
}

/* What the answer at the end of a message may take: the DNS is waited for once, then content and virus scan in an examiner, which is
 * killed after three times content.cpu_time and antivirus.timeout. */
static uint64_t content_budget_ms(const struct filter_facts *filter)
{
	uint64_t dns_ms = filter->resolver_timeout_ms > filter->spf_timeout_ms ? filter->resolver_timeout_ms : filter->spf_timeout_ms;

	return dns_ms + MARGIN_MS + (filter->antivirus ? filter->antivirus_timeout_ms : 0) + (filter->content ? 3 * filter->content_cpu_ms : 0) +
	       (filter->antivirus || filter->content ? EXAMINER_WAIT_MS : 0);
}

static void judge_timeout(struct doctor *doctor, const char *name, uint64_t budget_ms, const char *why)
{
	const char *value = postfix_get(&doctor->facts->postfix, NULL, name);
	uint64_t ms = postfix_duration_ms(value);

	if (ms == UINT64_MAX)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "%s is \"%s\"", name, value == NULL ? "" : value);
	else if (ms < budget_ms)
		doctor_say(doctor, DOCTOR_WARNING, doctor_change(doctor, NULL, name, seconds(doctor->arena, budget_ms)),
			   "%s is %s, and Octroi may need %s (%s)", name, value, seconds(doctor->arena, budget_ms), why);
}

static uint64_t command_budget_ms(const struct filter_facts *filter)
{
	return filter->rcpt_wait_ms + 2 * MARGIN_MS;
}

static void connect_timeout(struct doctor *doctor, const struct doctor_facts *facts)
{
	(void)facts;
	judge_timeout(doctor, "milter_connect_timeout", CONNECT_MS, "a busy host");
}

static void command_timeout(struct doctor *doctor, const struct doctor_facts *facts)
{
	judge_timeout(doctor, "milter_command_timeout", command_budget_ms(&facts->filter), "resolver.rcpt_wait");
}

static void content_timeout(struct doctor *doctor, const struct doctor_facts *facts)
{
	judge_timeout(doctor, "milter_content_timeout", content_budget_ms(&facts->filter), "antivirus.timeout, content.cpu_time and the DNS");
}

/* One attribute of { unix:..., command_timeout = 3s }. */
static void judge_attribute(struct doctor *doctor, struct str attribute)
{
	static const char *const names[] = { "connect_timeout", "command_timeout", "content_timeout" };
	const struct filter_facts *filter = &doctor->facts->filter;
	const uint64_t budgets[] = { CONNECT_MS, command_budget_ms(filter), content_budget_ms(filter) };
	struct str value = attribute, key = str_trim(str_split(&value, "="));

	for (size_t i = 0; value.p != NULL && i < 3; i++) {
		const char *text = arena_strndup(doctor->arena, str_trim(value).p, str_trim(value).len);

		if (str_equal(key, str_of(names[i])) && postfix_duration_ms(text) < budgets[i])
			doctor_say(doctor, DOCTOR_WARNING, NULL, "%s in smtpd_milters is %s, and Octroi may need %s", names[i], text,
				   seconds(doctor->arena, budgets[i]));
	}
}

static void own_timeouts(struct doctor *doctor, const struct doctor_facts *facts)
{
	const struct postfix_service *service;
	size_t i = 0;

	while ((service = postfix_next_smtpd(&facts->postfix, &i)) != NULL) {
		struct str rest = str_of(postfix_get(&facts->postfix, service, "smtpd_milters")), word;

		while (postfix_word(&rest, &word))
			while (word.p != NULL)
				judge_attribute(doctor, str_split(&word, ","));
	}
}

static void judge_size(struct doctor *doctor, uint64_t bytes, const char *shown, uint64_t ours, const char *option, const char *change)
{
	if (bytes == 0)
		doctor_say(doctor, DOCTOR_WARNING, change, "the MTA takes messages of any size, and %s is %llu bytes", option, (unsigned long long)ours);
	else if (bytes == UINT64_MAX)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "the MTA's limit of a message's size is \"%s\"", shown);
	else if (bytes > ours)
		doctor_say(doctor, DOCTOR_WARNING, change, "the MTA takes messages of %s bytes, and %s is %llu: what is between is %s", shown, option,
			   (unsigned long long)ours, option[0] == 'l' ? "refused only after it was sent" : "unscannable");
}

static uint64_t mta_size(struct doctor *doctor, const char **ret_shown)
{
	const struct doctor_facts *facts = doctor->facts;
	const char *value = facts->postfix.is_there ? postfix_get(&facts->postfix, NULL, "message_size_limit")
						    : sendmail_option(doctor->arena, &facts->sendmail, "MaxMessageSize", NULL);

	*ret_shown = value == NULL ? "" : value;
	if (value == NULL && !facts->postfix.is_there)
		return 0;
	return postfix_number(value);
}

static const char *size_change(struct doctor *doctor, uint64_t ours)
{
	if (doctor->facts->postfix.is_there)
		return arena_printf(doctor->arena, "main.cf: message_size_limit = %llu", (unsigned long long)ours);
	return arena_printf(doctor->arena, "sendmail.mc: define(`confMAX_MESSAGE_SIZE', `%llu')dnl", (unsigned long long)ours);
}

static bool mta_is_known(const struct doctor_facts *facts)
{
	return (facts->postfix.is_there && facts->postfix.problem == NULL) || (facts->sendmail.is_there && facts->sendmail.problem == NULL);
}

static void message_size(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *shown;
	uint64_t ours = facts->filter.message_bytes, bytes;

	if (!mta_is_known(facts)) {
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "the MTA's limit was not read");
		return;
	}
	bytes = mta_size(doctor, &shown);
	judge_size(doctor, bytes, shown, ours, "limits.message_size", size_change(doctor, ours));
}

static void scan_size(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *shown;
	uint64_t ours = facts->filter.antivirus_file_bytes, bytes;

	if (!facts->filter.antivirus)
		return;
	bytes = mta_is_known(facts) ? mta_size(doctor, &shown) : UINT64_MAX;
	/* what is over message_size never gets so far */
	if (bytes == 0 || bytes > facts->filter.message_bytes)
		bytes = facts->filter.message_bytes;
	if (bytes > ours)
		doctor_say(doctor, DOCTOR_WARNING,
			   arena_printf(doctor->arena, "milter.conf: antivirus { max_file_size = %lluK }", (unsigned long long)((bytes + 1023) / 1024)),
			   "messages of up to %llu bytes come in, and antivirus.max_file_size is %llu: what is between is unscannable",
			   (unsigned long long)bytes, (unsigned long long)ours);
}

const struct doctor_check doctor_timeout_checks[] = {
	{ "milter_connect_timeout", "Postfix waits until Octroi takes the session", DOCTOR_POSTFIX | DOCTOR_FILTER, connect_timeout, NULL },
	{ "milter_command_timeout", "Postfix waits longer than RCPT waits for the DNS", DOCTOR_POSTFIX | DOCTOR_FILTER, command_timeout, NULL },
	{ "milter_content_timeout", "Postfix waits longer than a scan may take", DOCTOR_POSTFIX | DOCTOR_FILTER, content_timeout, NULL },
	{ "milter_own_timeouts", "so does it where smtpd_milters has times of its own", DOCTOR_POSTFIX | DOCTOR_FILTER, own_timeouts, NULL },
	{ "message_size", "what the MTA takes in is not too large for Octroi", DOCTOR_FILTER, message_size, NULL },
	{ "scan_size", "nor for the virus scanner", DOCTOR_FILTER, scan_size, NULL },
	{ .id = NULL },
};
