/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an administrator should know about the DNS lists he has written down. */
#include <string.h>

#include "milter/base/ip.h"
#include "milter/base/str.h"
#include "milter/lookup/resolver.h"
#include "milter/mail/domain.h"
#include "milter/model/message.h"
#include "scanners/dnsbl_settings.h"

/* A zone that has ended lists nobody, or everybody (threats DNS-13). */
static const char *const ended[] = {
	"ahbl.org", "bl.spamcannibal.org", "njabl.org", "dnsbl.sorbs.net", "dsbl.org", "ordb.org",
};

static const char *const public_resolvers[] = {
	"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "149.112.112.112", "208.67.222.222", "208.67.220.220",
	"2001:4860:4860::8888", "2001:4860:4860::8844", "2606:4700:4700::1111", "2606:4700:4700::1001", "2620:fe::fe",
};

struct advice {
	const struct conf *conf;
	struct arena *arena;
	void (*say)(void *arg, const char *format, ...);
	void *arg;
};

static bool lists_equal(const struct conf_list *a, const struct conf_list *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (strcmp(a->items[i].text, b->items[i].text) != 0)
			return false;
	return true;
}

static bool asks_the_same(const struct advice *advice, const struct dnsbl_settings *a, const struct dnsbl_settings *b)
{
	return b->enabled && a->type == b->type && lists_equal(&a->codes, &b->codes) &&
	       (dnsbl_settings_subjects(a) & dnsbl_settings_subjects(b)) != 0 &&
	       strcmp(dnsbl_settings_zone(advice->arena, a), dnsbl_settings_zone(advice->arena, b)) == 0;
}

static void advise_twins(const struct advice *advice, size_t index)
{
	const struct dnsbl_settings *settings = conf_settings_at(advice->conf, "dnsbl", index);

	for (size_t i = 0; i < index; i++) {
		const struct dnsbl_settings *other = conf_settings_at(advice->conf, "dnsbl", i);

		if (asks_the_same(advice, settings, other))
			advice->say(advice->arg, "dnsbl \"%s\" and dnsbl \"%s\" look up the same in the same zone with the same codes: "
				    "what is listed counts twice", other->title, settings->title);
	}
}

static void advise_rule(const struct advice *advice, const struct dnsbl_settings *settings)
{
	struct rule rule = dnsbl_settings_on_listed(settings);
	enum action action = rule.by_direction[DIRECTION_INBOUND].action;

	if (settings->type == DNSBL_ALLOW && action > ACTION_WEIGHT)
		advice->say(advice->arg, "dnsbl \"%s\" is an allow list, and its on_listed is %s: a list of the good should accept or "
			    "have a weight below 0", settings->title, action_name(action));
	if (settings->type == DNSBL_ALLOW && action == ACTION_WEIGHT && rule.by_direction[DIRECTION_INBOUND].weight > 0)
		advice->say(advice->arg, "dnsbl \"%s\" is an allow list, and its weight is above 0", settings->title);
	if (settings->type == DNSBL_DENY && action == ACTION_ACCEPT)
		advice->say(advice->arg, "dnsbl \"%s\" is asked, but what it lists is accepted; an allow list has type = allow",
			    settings->title);
}

static void advise_zone(const struct advice *advice, const struct dnsbl_settings *settings)
{
	const char *zone = dnsbl_settings_zone(advice->arena, settings);

	if (strchr(zone, '.') == NULL)
		advice->say(advice->arg, "dnsbl \"%s\": the zone %s is a single label; no list is there", settings->title, zone);
	for (size_t i = 0; i < sizeof(ended) / sizeof(ended[0]); i++)
		if (strcmp(zone, ended[i]) == 0 || domain_is_below(zone, ended[i]))
			advice->say(advice->arg, "dnsbl \"%s\": the list %s has been closed", settings->title, ended[i]);
}

static bool is_public_resolver(const char *forward)
{
	size_t len = strcspn(forward, "@");

	for (size_t i = 0; i < sizeof(public_resolvers) / sizeof(public_resolvers[0]); i++)
		if (strlen(public_resolvers[i]) == len && memcmp(public_resolvers[i], forward, len) == 0)
			return true;
	return false;
}

/* Such a list then answers 127.255.255.254 to every question (threats DNS-12). */
static void advise_resolver(const struct advice *advice)
{
	const struct resolver_settings *resolver = conf_settings(advice->conf, "resolver");

	for (size_t i = 0; resolver != NULL && i < resolver->forward.len; i++)
		if (is_public_resolver(resolver->forward.items[i].text))
			advice->say(advice->arg, "resolver.forward names the public resolver %s: many DNS lists do not answer it; leave "
				    "forward empty or name a resolver of your own", resolver->forward.items[i].text);
}

void dnsbl_advise(const struct conf *conf, void (*say)(void *arg, const char *format, ...), void *arg)
{
	struct advice advice = { conf, arena_new(), say, arg };
	size_t enabled = 0;

	for (size_t i = 0; i < conf_count(conf, "dnsbl"); i++) {
		const struct dnsbl_settings *settings = conf_settings_at(conf, "dnsbl", i);

		if (!settings->enabled)
			continue;
		enabled++;
		advise_rule(&advice, settings);
		advise_zone(&advice, settings);
		advise_twins(&advice, i);
	}
	if (enabled > 0)
		advise_resolver(&advice);
	arena_free(advice.arena);
}
