/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/alert_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "milter/base/arena.h"
#include "milter/base/str.h"
#include "milter/mail/address.h"

enum { PORT_MAX = 65535 };

static int parse_port(const char *text, struct alert_server *server)
{
	unsigned long long port;

	if (text[0] == '\0')
		text = "25";
	else if (*text++ != ':')
		return -EINVAL;
	if (str_to_u64(str_of(text), &port) < 0 || port == 0 || port > PORT_MAX)
		return -EINVAL;
	(void)snprintf(server->port, sizeof(server->port), "%llu", port);
	return 0;
}

/* A name is left to the resolver of the system; what cannot be one is no typing error that should wait for the first alert. */
static bool is_host(struct str host, bool brackets)
{
	for (size_t i = 0; i < host.len; i++)
		if (!ascii_is_alnum(host.p[i]) && strchr(brackets ? ":.%" : ".-_", host.p[i]) == NULL)
			return false;
	return host.len > 0;
}

int alert_server_parse(const char *text, struct alert_server *ret_server)
{
	bool brackets = text[0] == '[';
	struct str host = { text + brackets, strcspn(text + brackets, brackets ? "]" : ":") };
	const char *rest = host.p + host.len;

	if (host.len >= sizeof(ret_server->host) || !is_host(host, brackets) || (brackets && *rest++ != ']'))
		return -EINVAL;
	memcpy(ret_server->host, host.p, host.len);
	ret_server->host[host.len] = '\0';
	return parse_port(rest, ret_server);
}

static int through_parse(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	(void)conf, (void)where;
	if (alert_server_parse(text, field) == 0)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.80s\" is no mail server (127.0.0.1:25)", text);
	return -EINVAL;
}

static int address_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	struct arena *arena = arena_new();
	struct address address;
	const char *why = "it is empty";
	int r = -EINVAL;

	(void)conf, (void)where, (void)field;
	if (text[0] != '\0')
		r = address_parse(arena, str_of(text), ADDRESS_RECIPIENT, &address, &why);
	for (const char *p = text; r == 0 && *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("<>\"", *p) != NULL)
			r = -EINVAL, why = "such characters do not stand in an address here";
	if (r < 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.80s\" is no address: %.80s", text, why);
	arena_free(arena);
	return r;
}

static int from_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	return text[0] == '\0' ? 0 : address_check(conf, text, where, field, problem);
}

#define FIELD(name) offsetof(struct alert_settings, name)

static const struct option alert_options[] = {
	{ "to", OPTION_LIST, FIELD(to), .parse = address_check,
	  .summary = "who is written to when something urgent happens",
	  .text = "A login or a host that is held or out of line, a listing of our own name, a check that does not work any more. Every such event "
		  "stands in the log and in the journal, whether somebody is written to or not. Empty: nobody is.",
	  .example = "{ \"postmaster@example.com\" }" },
	{ "through", OPTION_CUSTOM, FIELD(through), .fallback = "127.0.0.1:25", .parse = through_parse,
	  .summary = "mail server that takes these mails: HOST:PORT",
	  .text = "They have the null sender and Auto-Submitted: auto-generated, so that nothing answers them. What it does not take now is tried again "
		  "for a day. A server without this filter in front of it still delivers when the filter does not." },
	{ "from", OPTION_STRING, FIELD(from), .fallback = "", .parse = from_check,
	  .summary = "address in their From field; empty: octroi@ and authserv_id" },
	{ "again", OPTION_DURATION, FIELD(again_ms), .fallback = "6h", .min = 60000, .max = 2592000000,
	  .summary = "time before the same event about the same login, host or list is written about again" },
	OPTION_END
};

const struct option_section alert_section = {
	.name = "alert",
	.options = alert_options,
	.settings_size = sizeof(struct alert_settings),
	.summary = "mail to the administrator",
};
