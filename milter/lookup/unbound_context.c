/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/unbound_context.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unbound.h>
#include <unistd.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/lookup/dns_wire.h"

struct unbound_context {
	struct ub_ctx *ub;
};

struct setting {
	const char *name, *value;
};

#define SETTING_END { NULL, NULL }
#define VALUE_MAX 32
#define FORWARDER_MAX (IP_TEXT_MAX + 16)

/* Those that hold for every kind. Our own cache stands in front of libunbound's, which therefore needs room for delegations and keys only. */
static const struct setting common_settings[] = {
	/* a gateway has a LAN, whose reverse names somebody knows; without this libunbound itself says that there are none */
	{ "unblock-lan-zones:", "yes" },
	{ "rrset-roundrobin:", "no" },
	{ "prefetch:", "no" },
	{ "serve-expired:", "no" },
	/* DNS flag day 2020: no fragments */
	{ "edns-buffer-size:", "1232" },
	{ "max-query-restarts:", "8" },
	{ "outgoing-num-tcp:", "64" },
	/* a connection that is closed fails all questions on it: each has its own */
	{ "max-reuse-tcp-queries:", "1" },
	{ "msg-cache-slabs:", "1" },
	{ "rrset-cache-slabs:", "1" },
	{ "infra-cache-slabs:", "1" },
	{ "key-cache-slabs:", "1" },
	/* an operator's list of names in /etc/hosts is no DNS, and neither is a spool of statistics */
	{ "extended-statistics:", "no" },
	SETTING_END
};

/* One question is one packet, whose answer is waited for longer than anybody waits for the question: a packet that timed out would count
 * against the forwarder, and after an outage, with the questions of that time still timing out, libunbound takes it for dead for
 * a minute and longer. (120 s, its infra-cache-max-rtt, is what it holds for dead.) */
static const struct setting forward_settings[] = {
	{ "infra-cache-min-rtt:", "110000" },
	{ "infra-host-ttl:", "1" },
	{ "outbound-msg-retry:", "1" },
	{ "do-not-query-localhost:", "no" },
	{ "msg-cache-size:", "256k" },
	{ "rrset-cache-size:", "512k" },
	{ "qname-minimisation:", "no" },
	SETTING_END
};

static const struct setting recursion_settings[] = {
	{ "qname-minimisation:", "yes" },
	{ "use-caps-for-id:", "yes" },
	{ "harden-glue:", "yes" },
	{ "harden-dnssec-stripped:", "yes" },
	{ "harden-below-nxdomain:", "yes" },
	{ "harden-referral-path:", "no" },
	{ "aggressive-nsec:", "yes" },
	/* as above, and a server that was dead is tried again soon; to learn anew that it is costs less than what its zone's mail costs */
	{ "infra-host-ttl:", "2" },
	{ "msg-cache-size:", "4m" },
	{ "rrset-cache-size:", "8m" },
	SETTING_END
};

static int set_option(struct ub_ctx *ub, const char *name, const char *value, char *problem)
{
	int error = ub_ctx_set_option(ub, name, value);

	if (error == 0)
		return 0;
	(void)snprintf(problem, UNBOUND_PROBLEM_MAX, "libunbound does not take %s %s: %s", name, value, ub_strerror(error));
	return -EINVAL;
}

static int set_number(struct ub_ctx *ub, const char *name, uint64_t number, char *problem)
{
	char value[VALUE_MAX];

	(void)snprintf(value, sizeof(value), "%" PRIu64, number);
	return set_option(ub, name, value, problem);
}

static int set_options(struct ub_ctx *ub, const struct setting *settings, char *problem)
{
	for (; settings->name != NULL; settings++) {
		if (set_option(ub, settings->name, settings->value, problem) < 0)
			return -EINVAL;
	}
	return 0;
}

/* Each question on its way has a socket of its own, and one that was lost keeps it for a while. There are up to four contexts, which together may
 * take half of our descriptors. What is more waits inside libunbound. */
static uint64_t sockets(uint64_t in_flight)
{
	struct rlimit limit;
	uint64_t most = 4096;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / 8 < most)
		most = limit.rlim_cur / 8;
	if (in_flight * 2 < most)
		most = in_flight * 2;
	return most < 16 ? 16 : most;
}

static int set_room(struct ub_ctx *ub, const struct resolver_settings *settings, char *problem)
{
	if (set_number(ub, "outgoing-range:", sockets(settings->in_flight), problem) < 0)
		return -EINVAL;
	return set_number(ub, "num-queries-per-thread:", sockets(settings->in_flight), problem);
}

/* libunbound waits for a packet's answer between infra-cache-min-rtt and a multiple of what it has seen, then sends another packet and takes no
 * answer to the first any more. */
static int set_times(struct ub_ctx *ub, const struct resolver_settings *settings, enum unbound_kind kind, char *problem)
{
	if (kind == UNBOUND_PATIENT && set_number(ub, "infra-cache-min-rtt:", settings->timeout_ms, problem) < 0)
		return -EINVAL;
	return set_number(ub, "tcp-auth-query-timeout:", settings->timeout_ms, problem);
}

static int set_trust(struct ub_ctx *ub, const struct resolver_settings *settings, char *problem)
{
	int error;

	if (!settings->dnssec || settings->trust_anchor[0] == '\0')
		return 0;
	/* libunbound reads it when it starts, and then has no word for what is wrong */
	if (access(settings->trust_anchor, R_OK) < 0) {
		(void)snprintf(problem, UNBOUND_PROBLEM_MAX, "cannot read the trust anchor %.150s: %s", settings->trust_anchor, strerror(errno));
		return -EINVAL;
	}
	error = ub_ctx_add_ta_file(ub, settings->trust_anchor);
	if (error == 0)
		return 0;
	(void)snprintf(problem, UNBOUND_PROBLEM_MAX, "cannot use the trust anchor %.150s: %s", settings->trust_anchor, ub_strerror(error));
	return -EINVAL;
}

/* --- forwarders --- */

static int set_server(struct ub_ctx *ub, const char *server, char *problem)
{
	char text[FORWARDER_MAX], ip_text[IP_TEXT_MAX];
	unsigned long long port;
	struct ip ip;

	if (resolver_server_parse(server, &ip, &port) < 0) {
		(void)snprintf(problem, UNBOUND_PROBLEM_MAX, "\"%.100s\" is no forwarder: an address, or address@port", server);
		return -EINVAL;
	}
	(void)snprintf(text, sizeof(text), "%s@%u", ip_format(&ip, ip_text), (unsigned)port);
	if (ub_ctx_set_fwd(ub, text) == 0)
		return 0;
	(void)snprintf(problem, UNBOUND_PROBLEM_MAX, "libunbound does not take the forwarder %s", text);
	return -EINVAL;
}

/* --- setting up --- */

/* No validation behind a forwarder: one that does not pass signatures on (most that are not validating themselves) would make every name
 * of a signed domain, and with the root's keys that is every name, bogus; and nothing tells at start whether it does. */
static int configure_forward(struct ub_ctx *ub, const char *server, char *problem)
{
	if (set_option(ub, "module-config:", "iterator", problem) < 0 || set_options(ub, forward_settings, problem) < 0)
		return -EINVAL;
	return set_server(ub, server, problem);
}

/* Is there a route to the servers of the root (a.root-servers.net)? Asks the kernel; sends nothing. */
static bool has_route(const struct sockaddr *address, socklen_t len)
{
	_cleanup_(close_fdp) int fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && connect(fd, address, len) == 0;
}

/* On a host without IPv6 half of the addresses that libunbound would try cannot be reached, and each costs one of few tries. A host that has no
 * IPv4 either may still get it: then nothing is said. */
static int set_families(struct ub_ctx *ub, char *problem)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(53), .sin_addr = { htonl(0xc6290004) } };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(53),
				   .sin6_addr = { { { 0x20, 0x01, 0x05, 0x03, 0xba, 0x3e, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0x30 } } } };

	if (has_route((struct sockaddr *)&v6, sizeof(v6)) || !has_route((struct sockaddr *)&v4, sizeof(v4)))
		return 0;
	return set_option(ub, "do-ip6:", "no", problem);
}

static int configure(struct ub_ctx *ub, const struct resolver_settings *settings, enum unbound_kind kind, char *problem)
{
	if (set_options(ub, common_settings, problem) < 0 || set_room(ub, settings, problem) < 0 ||
	    set_times(ub, settings, kind, problem) < 0)
		return -EINVAL;
	if (kind == UNBOUND_FORWARD)
		return 0;
	if (set_options(ub, recursion_settings, problem) < 0 || set_families(ub, problem) < 0)
		return -EINVAL;
	return set_trust(ub, settings, problem);
}

static void ignore_answer(void *arg, int error, struct ub_result *result)
{
	(void)arg;
	(void)error;
	ub_resolve_free(result);
}

/* The first question makes libunbound look at its settings and start its thread; this one it answers itself (RFC 6761 6.3). */
static int start_thread(struct ub_ctx *ub, char *problem)
{
	sigset_t all, before;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = ub_ctx_async(ub, 1);
	if (error == 0)
		error = ub_resolve_async(ub, "localhost.", DNS_A, 1, NULL, ignore_answer, NULL);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error == 0)
		return 0;
	(void)snprintf(problem, UNBOUND_PROBLEM_MAX, "libunbound does not start: %s", ub_strerror(error));
	return -EINVAL;
}

struct unbound_context *unbound_context_new(const struct resolver_settings *settings, enum unbound_kind kind, const char *server,
					    char problem[UNBOUND_PROBLEM_MAX])
{
	struct unbound_context *context = xcalloc(1, sizeof(*context));

	context->ub = ub_ctx_create();
	if (context->ub == NULL) {
		(void)snprintf(problem, UNBOUND_PROBLEM_MAX, "libunbound has no context: %s", strerror(errno));
		unbound_context_free(context);
		return NULL;
	}
	/* what it says about the servers of strangers is not for standard error */
	(void)ub_ctx_debugout(context->ub, NULL);
	if (configure(context->ub, settings, kind, problem) < 0 ||
	    (kind == UNBOUND_FORWARD && configure_forward(context->ub, server, problem) < 0) ||
	    start_thread(context->ub, problem) < 0) {
		unbound_context_free(context);
		return NULL;
	}
	return context;
}

void unbound_context_free(struct unbound_context *context)
{
	if (context == NULL)
		return;
	if (context->ub != NULL)
		ub_ctx_delete(context->ub);
	free(context);
}

/* --- questions --- */

static struct dns_answer *read_result(const struct unbound_try *try, int error, const struct ub_result *result, uint32_t *ret_ttl_s)
{
	struct dns_answer *answer;

	*ret_ttl_s = 0;
	if (error != 0 || result == NULL)
		return dns_answer_unknown("libunbound failed");
	if (result->bogus)
		return dns_answer_unknown("DNSSEC bogus");
	if (result->answer_packet == NULL || result->answer_len < 0)
		return dns_answer_unknown(dns_rcode_name((unsigned)result->rcode));
	answer = dns_wire_answer(result->answer_packet, (size_t)result->answer_len, try->type, ret_ttl_s);
	answer->secure = result->secure && answer->status != DNS_UNKNOWN;
	return answer;
}

/* libunbound says SERVFAIL for whatever it could not find out. */
static void on_result(void *arg, int error, struct ub_result *result)
{
	struct unbound_try *try = arg;
	bool failed = error != 0 || result == NULL || result->bogus || (result->rcode != 0 && !result->nxdomain);
	uint32_t ttl_s;
	struct dns_answer *answer = read_result(try, error, result, &ttl_s);

	ub_resolve_free(result);
	try->answered(try, answer, ttl_s, failed);
}

int unbound_context_ask(struct unbound_context *context, const char *name, struct unbound_try *try)
{
	if (ub_resolve_async(context->ub, name[0] == '\0' ? "." : name, (int)try->type, 1, try, on_result, NULL) != 0)
		return -EIO;
	return 0;
}

int unbound_context_fd(struct unbound_context *context)
{
	return ub_fd(context->ub);
}

int unbound_context_process(struct unbound_context *context)
{
	return ub_process(context->ub) == 0 ? 0 : -EPIPE;
}
