/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/quarantine_settings.h"

#include <errno.h>
#include <stdio.h>

#include "milter/state.h"

static const struct option_word where_words[] = { { "mta", QUARANTINE_MTA }, { "own", QUARANTINE_OWN }, { NULL, 0 } };

static int path_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	(void)conf, (void)where, (void)field;
	if (text[0] == '/')
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" is no absolute path", text);
	return -EINVAL;
}

static const struct option quarantine_options[] = {
	{ "where", OPTION_WORD, offsetof(struct quarantine_settings, where), .fallback = "mta", .words = where_words,
	  .summary = "who keeps a message with the verdict quarantine: mta or own",
	  .text = "mta: the hold queue of the MTA, where postsuper -H (Sendmail: mailq -qQ) releases it. own: a file below state.directory, for "
		  "octroi quarantine; the MTA is told to discard the message when the file is safe on the disk, and 451 when it cannot be "
		  "made. A message that is too large for us to have it whole goes to the MTA's hold queue in any case." },
	{ "keep", OPTION_DURATION, offsetof(struct quarantine_settings, keep_ms), .fallback = "30d", .min = 3600000, .max = 315360000000,
	  .summary = "how long: what has been held longer is removed" },
	{ "size", OPTION_SIZE, offsetof(struct quarantine_settings, size_bytes), .fallback = "5G", .min = 1048576, .max = 1099511627776000,
	  .summary = "bytes of all that is held; what does not fit is deferred (451)" },
	{ "sendmail", OPTION_STRING, offsetof(struct quarantine_settings, sendmail), .fallback = "/usr/sbin/sendmail", .parse = path_check,
	  .summary = "program that a released message is handed to (sendmail(1) of Postfix or Sendmail)",
	  .text = "It is called with -i -f SENDER -- RECIPIENT ... The message passes the filter again, and is spared what held it and nothing "
		  "else; Postfix must have the filter in non_smtpd_milters for that." },
	OPTION_END
};

const struct option_section quarantine_section = {
	.name = "quarantine",
	.options = quarantine_options,
	.settings_size = sizeof(struct quarantine_settings),
	.summary = "where messages are held",
};

const struct quarantine_settings *quarantine_settings_of(const struct conf *conf)
{
	return conf_settings(conf, "quarantine");
}

void quarantine_settings_check(struct conf *conf)
{
	const struct state_settings *state = conf_settings(conf, "state");

	if (quarantine_settings_of(conf)->where == QUARANTINE_OWN && state->directory[0] == '\0')
		conf_add_error(conf, conf_where(conf, "quarantine", 0, "where"),
			       "quarantine.where = own needs a directory: state.directory is empty");
}
