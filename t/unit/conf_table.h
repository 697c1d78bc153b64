/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conf_table.h - a table of sections that has every type of option, for the tests of conf/ alone. */
#ifndef OCTROI_T_UNIT_CONF_TABLE_H
#define OCTROI_T_UNIT_CONF_TABLE_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"

struct top_settings {
	const char *listen;
	struct conf_list domains;
};

struct antivirus_settings {
	bool enabled;
	uint64_t workers, size_max, timeout_ms;
	const char *database;
	int on_infected;
	struct conf_list skip;
};

struct relay_settings {
	bool authenticated;
};

struct grant_settings {
	const char *title;
	struct conf_list clients;
	const char *owner;
	uint64_t rate;	/* per hour */
};

static int no_spaces(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	(void)conf, (void)where, (void)field;
	if (strchr(text, ' ') == NULL)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%s\" has a space", text);
	return -EINVAL;
}

static int rate_parse(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	unsigned rate;

	(void)conf, (void)where;
	if (sscanf(text, "%5u/1h", &rate) == 1 && strstr(text, "/1h") != NULL) {
		*(uint64_t *)field = rate;
		return 0;
	}
	(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%s\" is no rate (write 50/1h)", text);
	return -EINVAL;
}

static int antivirus_check(const void *settings, char *problem)
{
	const struct antivirus_settings *antivirus = settings;

	if (antivirus->workers != 13)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "13 workers bring bad luck");
	return -EINVAL;
}

static const struct option_word action_words[] = { { "tag", 1 }, { "quarantine", 2 }, { "reject", 3 }, { NULL, 0 } };

static const struct option top_options[] = {
	{ "listen", OPTION_STRING, offsetof(struct top_settings, listen), .required = true,
	  .example = "unix:/run/octroi/octroi.sock", .summary = "where the MTA connects to",
	  .text = "In the syntax of libmilter.\n\n.Begins with a dot, has a back\\slash and 'quotes'." },
	{ "domains", OPTION_LIST, offsetof(struct top_settings, domains), .parse = no_spaces,
	  .example = "{ \"example.com\" }", .summary = "mail for these is inbound" },
	OPTION_END
};

static const struct option antivirus_options[] = {
	{ "enabled", OPTION_BOOL, offsetof(struct antivirus_settings, enabled), .fallback = "yes",
	  .summary = "look for viruses" },
	{ "workers", OPTION_COUNT, offsetof(struct antivirus_settings, workers), .fallback = "2", .min = 1, .max = 64,
	  .summary = "processes" },
	{ "size_max", OPTION_SIZE, offsetof(struct antivirus_settings, size_max), .fallback = "25M", .min = 1024,
	  .max = 1 << 30, .summary = "larger messages are not scanned" },
	{ "timeout", OPTION_DURATION, offsetof(struct antivirus_settings, timeout_ms), .fallback = "1m", .min = 100,
	  .max = 300000, .summary = "time for one message" },
	{ "database", OPTION_STRING, offsetof(struct antivirus_settings, database), .fallback = "/var/lib/clamav",
	  .parse = no_spaces, .summary = "directory of the signatures" },
	{ "on_infected", OPTION_WORD, offsetof(struct antivirus_settings, on_infected), .fallback = "reject",
	  .words = action_words, .summary = "what happens to infected mail" },
	{ "skip", OPTION_LIST, offsetof(struct antivirus_settings, skip), .fallback = "\"txt\", \"asc\"",
	  .summary = "types that are not scanned" },
	OPTION_END
};

static const struct option relay_options[] = {
	{ "authenticated", OPTION_BOOL, offsetof(struct relay_settings, authenticated), .fallback = "yes",
	  .summary = "a login is a ground" },
	OPTION_END
};

static const struct option grant_options[] = {
	{ "clients", OPTION_LIST, offsetof(struct grant_settings, clients), .required = true,
	  .example = "{ \"192.0.2.40\" }", .summary = "addresses of the device" },
	{ "owner", OPTION_STRING, offsetof(struct grant_settings, owner), .fallback = "nobody", .summary = "who to ask" },
	{ "rate", OPTION_CUSTOM, offsetof(struct grant_settings, rate), .fallback = "100/1h", .parse = rate_parse,
	  .summary = "messages in a time" },
	OPTION_END
};

static const struct option_section top_section = {
	.name = "", .options = top_options, .settings_size = sizeof(struct top_settings), .summary = "the whole",
};
static const struct option_section antivirus_section = {
	.name = "antivirus", .options = antivirus_options, .settings_size = sizeof(struct antivirus_settings),
	.summary = "viruses", .text = "What is looked for.", .check = antivirus_check,
};
static const struct option_section relay_section = {
	.name = "relay", .options = relay_options, .settings_size = sizeof(struct relay_settings),
	.summary = "who may relay",
};
static const struct option_section grant_section = {
	.name = "grant", .parent = "relay", .titled = true, .example_title = "printer", .options = grant_options,
	.settings_size = sizeof(struct grant_settings), .summary = "a device that cannot log in",
};
static const struct option_section *const sections[] = {
	&top_section, &antivirus_section, &relay_section, &grant_section, NULL,
};

#endif
