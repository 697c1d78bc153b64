/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/resolver_open.h"

#include <errno.h>
#include <string.h>

#include "milter/base/clock.h"
#include "milter/base/log.h"
#include "milter/lookup/unbound.h"

_Static_assert(UNBOUND_PROBLEM_MAX == CONF_PROBLEM_MAX, "the sentence has room");

struct resolver *resolver_open(const struct conf *conf, char problem[CONF_PROBLEM_MAX])
{
	const struct resolver_settings *settings = conf_settings(conf, "resolver");
	struct dns_upstream *upstream = unbound_new(settings, problem);
	struct resolver *resolver = upstream == NULL ? NULL : resolver_new(settings, upstream);

	if (upstream != NULL && resolver == NULL)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "no room for the resolver: %s", strerror(errno));
	return resolver;
}

#define PROBED_NAME "a.root-servers.net"	/* whatever is said of it: some answer means that the DNS is there */
#define PROBE_MS 20000

static bool probe(struct pursuit *pursuit, void *unused)
{
	const struct dns_answer *answer = pursuit_ask(pursuit, PROBED_NAME, DNS_A);

	(void)unused;
	if (answer == NULL)
		return false;
	if (answer->status == DNS_UNKNOWN)
		log_warning("the DNS cannot be asked (%s): section \"resolver\" of milter.conf names servers; until one answers, checks end with temperror",
			    answer->why);
	return true;
}

struct pursuit *resolver_probe(struct resolver *resolver)
{
	struct pursuit *pursuit = pursuit_new(resolver, clock_monotonic_ms() + PROBE_MS, 1);

	pursuit_start(pursuit, probe, NULL);
	return pursuit;
}
