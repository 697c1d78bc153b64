/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which hosts may open an SMTP session here at all. */
#include "milter/lookup/networks.h"
#include "scanners/scanners.h"

struct session_settings {
	struct conf_list allow;
	struct conf_list deny;
	struct rule on_denied;
};

struct session_lists {
	struct arena *arena;
	const struct networks *allow, *deny;
};

static const struct option session_options[] = {
	{ "allow", OPTION_LIST, offsetof(struct session_settings, allow), .parse = networks_check,
	  .summary = "hosts and networks that may open a session; empty: everyone",
	  .text = "A gateway takes mail from everyone and leaves this empty. An internal mail server names its gateway, its own "
		  "subnets and nobody else: a host that is in no entry is then refused.",
	  .example = "{ \"192.0.2.25\", \"2001:db8:5::/64\" }" },
	{ "deny", OPTION_LIST, offsetof(struct session_settings, deny), .parse = networks_check,
	  .summary = "hosts and networks that may not",
	  .text = "Wins over allow. An IPv4-mapped IPv6 address is the IPv4 address.",
	  .example = "{ \"file:/etc/octroi/denied\" }" },
	{ "on_denied", OPTION_CUSTOM, offsetof(struct session_settings, on_denied), .fallback = "reject", .parse = rule_parse,
	  .summary = "what happens to the mail of a host that may not open a session",
	  .text = "Postmaster and abuse at our domains can still be reached when refuse_at is rcpt, its default." },
	OPTION_END
};

static const struct option_section session_section = {
	.name = "session",
	.options = session_options,
	.settings_size = sizeof(struct session_settings),
	.summary = "which hosts may open an SMTP session",
};

static int session_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	const struct session_settings *settings = conf_settings(conf, "session");
	struct arena *arena = arena_new();
	struct session_lists *lists = arena_new_of(arena, struct session_lists);

	(void)services, (void)problem;
	lists->arena = arena;
	lists->allow = networks_new(arena, &settings->allow);
	lists->deny = networks_new(arena, &settings->deny);
	*ret_shared = lists;
	return 0;
}

static void session_close(void *shared)
{
	struct session_lists *lists = shared;

	arena_free(lists->arena);
}

static void session_connect(struct scan *scan)
{
	const struct session_lists *lists = scan->shared;
	const struct network *denied = networks_find(lists->deny, &scan->session->client);
	char client[IP_TEXT_MAX], network[NETWORK_TEXT_MAX];

	(void)ip_format(&scan->session->client, client);
	if (denied != NULL)
		finding_add(scan, "denied", "sessions from %s are not accepted here (%s is denied)", client,
			    network_format(denied, network));
	else if (!networks_empty(lists->allow) && networks_find(lists->allow, &scan->session->client) == NULL)
		finding_add(scan, "denied", "sessions from %s are not accepted here", client);
}

static const struct outcome session_outcomes[] = {
	{ "denied", REFUSE_DOOR, offsetof(struct session_settings, on_denied), .code = 554, .status = "5.7.1",
	  .defer_code = 450, .defer_status = "4.7.1" },
	{ .name = NULL },
};

static const struct option_section *const session_sections[] = { &session_section, NULL };

const struct scanner scanner_session = {
	.name = "session",
	.summary = "which hosts may open a session",
	.sections = session_sections,
	.outcomes = session_outcomes,
	/* mail of the MTA itself has no client */
	.directions = SCANNER_IN(DIRECTION_INBOUND) | SCANNER_IN(DIRECTION_SUBMISSION) | SCANNER_IN(DIRECTION_GRANTED),
	.open = session_open,
	.close = session_close,
	.connect = session_connect,
};
