/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/doctor.h"

#include <stdarg.h>
#include <string.h>

const struct doctor_check *const doctor_tables[] = {
	doctor_relay_checks, doctor_domain_checks, doctor_lines_checks, doctor_milter_checks, doctor_timeout_checks, doctor_socket_checks,
	doctor_auth_checks, doctor_sendmail_checks, doctor_filter_checks, doctor_clamav_checks, doctor_system_checks, doctor_dns_checks,
	NULL,
};

const char *doctor_state_name(enum doctor_state state)
{
	static const char *const names[] = { "ok", "info", "unknown", "warning", "danger" };

	return names[state];
}

static bool said_already(const struct doctor *doctor, const struct doctor_finding *finding)
{
	for (size_t i = doctor->len; i-- > 0 && doctor->findings[i].check == finding->check;)
		if (strcmp(doctor->findings[i].reason, finding->reason) == 0)
			return true;
	return false;
}

static void add(struct doctor *doctor, const struct doctor_finding *finding)
{
	struct doctor_finding *slot;

	if (said_already(doctor, finding))
		return;
	slot = arena_push(doctor->arena, (void **)&doctor->findings, &doctor->len, sizeof(*slot));
	*slot = *finding;
}

/* What is quoted from configurations and answers goes to a terminal. */
static char *printable(char *text)
{
	for (char *p = text; *p != '\0'; p++)
		if (ascii_is_control(*p))
			*p = ascii_is_space(*p) ? ' ' : '?';
	return text;
}

void doctor_say(struct doctor *doctor, enum doctor_state state, const char *change, const char *format, ...)
{
	va_list args;
	char *reason;

	va_start(args, format);
	reason = arena_vprintf(doctor->arena, format, args);
	va_end(args);
	add(doctor, &(struct doctor_finding){ doctor->check, state, printable(reason), change });
}

const char *doctor_change(struct doctor *doctor, const struct postfix_service *service, const char *name, const char *value)
{
	const char *space = value[0] == '\0' ? "" : " ";

	if (service == NULL || !postfix_is_overridden(&doctor->facts->postfix, service, name))
		return arena_printf(doctor->arena, "main.cf: %s =%s%s", name, space, value);
	if (strchr(value, ' ') == NULL)
		return arena_printf(doctor->arena, "master.cf, service %s: -o %s=%s", service->name, name, value);
	return arena_printf(doctor->arena, "master.cf, service %s: -o { %s = %s }", service->name, name, value);
}

const char *doctor_service(struct doctor *doctor, const struct postfix_service *service, const char *name)
{
	if (service == NULL || !postfix_is_overridden(&doctor->facts->postfix, service, name))
		return "";
	return arena_printf(doctor->arena, "service %s: ", service->name);
}

static void look_at_value(struct doctor *doctor, const struct doctor_parameter *parameter, const struct postfix_service *service)
{
	const struct postfix *postfix = &doctor->facts->postfix;
	const char *value = postfix_get(postfix, service, parameter->name);
	const char *change = doctor_change(doctor, service, parameter->name, parameter->wanted);

	if (value == NULL && parameter->unknown != NULL)
		doctor_say(doctor, DOCTOR_DANGER, NULL, "this Postfix does not know %s: %s", parameter->name, parameter->unknown);
	else if (value != NULL && postfix_has_word(parameter->bad, value))
		doctor_say(doctor, parameter->state, change, "%s%s is %s: %s", doctor_service(doctor, service, parameter->name), parameter->name,
			   value, parameter->reason);
}

void doctor_look_parameter(struct doctor *doctor, const struct doctor_facts *facts)
{
	const struct doctor_parameter *parameter = doctor->check->parameter;
	const struct postfix_service *service;
	size_t i = 0;

	if (!parameter->of_smtpd)
		look_at_value(doctor, parameter, NULL);
	while (parameter->of_smtpd && (service = postfix_next_smtpd(&facts->postfix, &i)) != NULL)
		look_at_value(doctor, parameter, service);
}

/* Is there what the check is about? */
static bool applies(const struct doctor_check *check, const struct doctor_facts *facts)
{
	return !((check->needs & DOCTOR_POSTFIX) != 0 && !facts->postfix.is_there) &&
	       !((check->needs & DOCTOR_SENDMAIL) != 0 && !facts->sendmail.is_there) &&
	       !((check->needs & DOCTOR_NETWORK) != 0 && !facts->network.asked);
}

static const char *why_unknown(const struct doctor_check *check, const struct doctor_facts *facts)
{
	if ((check->needs & DOCTOR_POSTFIX) != 0 && facts->postfix.problem != NULL)
		return facts->postfix.problem;
	if ((check->needs & DOCTOR_SENDMAIL) != 0 && facts->sendmail.problem != NULL)
		return facts->sendmail.problem;
	if ((check->needs & DOCTOR_FILTER) != 0 && facts->filter.problem != NULL)
		return facts->filter.problem;
	return (check->needs & DOCTOR_NETWORK) != 0 ? facts->network.problem : NULL;
}

static void count(struct doctor *doctor, size_t from)
{
	enum doctor_state worst = DOCTOR_OK;

	if (doctor->len == from)
		add(doctor, &(struct doctor_finding){ doctor->check, DOCTOR_OK, "", NULL });
	for (size_t i = from; i < doctor->len; i++)
		if (doctor->findings[i].state > worst)
			worst = doctor->findings[i].state;
	doctor->checks++;
	doctor->counts[worst]++;
	if (worst > doctor->worst)
		doctor->worst = worst;
}

static void ask(struct doctor *doctor, const struct doctor_check *check)
{
	const char *problem = why_unknown(check, doctor->facts);
	size_t from = doctor->len;

	doctor->check = check;
	if (problem != NULL)
		add(doctor, &(struct doctor_finding){ check, DOCTOR_UNKNOWN, problem, NULL });
	else
		check->look(doctor, doctor->facts);
	count(doctor, from);
}

void doctor_examine(struct doctor *ret_doctor, const struct doctor_facts *facts, const struct doctor_check *const *tables)
{
	*ret_doctor = (struct doctor){ .arena = facts->arena, .facts = facts };
	for (; *tables != NULL; tables++)
		for (const struct doctor_check *check = *tables; check->id != NULL; check++)
			if (applies(check, facts))
				ask(ret_doctor, check);
}
