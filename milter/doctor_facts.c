/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/doctor_facts.h"

#include <unistd.h>

#include "milter/settings.h"

#define POSTFIX_DIRECTORY "/etc/postfix"
#define SENDMAIL_FILE "/etc/mail/sendmail.cf"

/* Named ones are looked at; else what is there, Postfix first. */
static void gather_mta(struct doctor_facts *facts, const struct doctor_options *options)
{
	bool is_named = options->postfix != NULL || options->sendmail != NULL;
	const char *postfix = options->postfix, *sendmail = options->sendmail;

	if (!is_named && access(POSTFIX_DIRECTORY "/main.cf", F_OK) == 0)
		postfix = POSTFIX_DIRECTORY;
	else if (!is_named && access(SENDMAIL_FILE, F_OK) == 0)
		sendmail = SENDMAIL_FILE;
	if (postfix != NULL)
		postfix_gather(facts->arena, postfix, &facts->postfix);
	if (sendmail != NULL)
		sendmail_gather(facts->arena, sendmail, &facts->sendmail);
}

static const char *first_error(struct arena *arena, const struct conf *conf, const char *file)
{
	size_t len;
	const struct conf_error *errors = conf_errors(conf, &len);

	if (len == 0)
		return NULL;
	if (errors[0].where.line == 0)
		return arena_printf(arena, "%s: %s", file, errors[0].text);
	return arena_printf(arena, "%s:%u: %s%s", errors[0].where.file == NULL ? file : errors[0].where.file, errors[0].where.line, errors[0].text,
			    len > 1 ? ", and more errors" : "");
}

void doctor_gather(struct arena *arena, const struct doctor_options *options, struct doctor_facts *ret_facts)
{
	struct conf *conf = settings_load(options->config);

	*ret_facts = (struct doctor_facts){ .arena = arena };
	gather_mta(ret_facts, options);
	ret_facts->filter.file = options->config;
	ret_facts->filter.problem = first_error(arena, conf, options->config);
	if (ret_facts->filter.problem == NULL)
		doctor_gather_filter(arena, conf, &ret_facts->filter);
	doctor_gather_system(ret_facts);
	if (!options->quick && ret_facts->filter.problem == NULL)
		doctor_gather_network(ret_facts, conf);
	conf_free(conf);
}
