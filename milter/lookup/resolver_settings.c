/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "milter/lookup/resolver.h"

#define SECOND_MS UINT64_C(1000)
#define DAY_MS (SECOND_MS * 3600 * 24)
#define MIB (UINT64_C(1) << 20)
#define PORT_MAX 65535

int resolver_server_parse(const char *text, struct ip *ret_ip, unsigned long long *ret_port)
{
	struct str rest = str_of(text), host = str_split(&rest, "@");
	char ip_text[IP_TEXT_MAX];

	*ret_port = 53;
	if (host.len >= sizeof(ip_text) || (rest.p != NULL && str_to_u64(rest, ret_port) < 0))
		return -EINVAL;
	memcpy(ip_text, host.p, host.len);
	ip_text[host.len] = '\0';
	if (*ret_port == 0 || *ret_port > PORT_MAX)
		return -EINVAL;
	return ip_parse(ip_text, ret_ip);
}

static int parse_forward(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	unsigned long long port;
	struct ip ip;

	(void)conf, (void)where, (void)field;
	if (resolver_server_parse(text, &ip, &port) == 0)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX,
		       "\"%.60s\" is no address of a name server (192.0.2.53, 192.0.2.53@5353, 2001:db8::53@53)", text);
	return -EINVAL;
}

static const struct option resolver_options[] = {
	{ "forward", OPTION_LIST, offsetof(struct resolver_settings, forward), .parse = parse_forward,
	  .summary = "name servers that are asked (four at the most), as IP or IP@PORT; empty: resolve from the root",
	  .text = "A resolver on this host or in its own network is the best choice: answers of a public one can be forged on the way unless "
		  "they are signed, and the operators of many DNS lists do not answer public resolvers. When it is empty, the names are "
		  "resolved from the root servers and nothing else is needed on this host; UDP and TCP to port 53 of any address must then "
		  "be allowed. /etc/resolv.conf is not read.",
	  .example = "{ \"127.0.0.1@53\" }" },
	{ "timeout", OPTION_DURATION, offsetof(struct resolver_settings, timeout_ms), .fallback = "5s", .min = 100, .max = 30 * SECOND_MS,
	  .summary = "time for the answer to one question, all tries and aliases included",
	  .text = "A question without an answer by then has the answer \"could not tell\", which is never \"no such data\": the check that "
		  "asked does what its option for errors says." },
	{ "rcpt_wait", OPTION_DURATION, offsetof(struct resolver_settings, rcpt_wait_ms), .fallback = "0s", .max = 30 * SECOND_MS,
	  .summary = "how long RCPT may wait for answers that could refuse the recipient",
	  .text = "Questions are asked as early as their names are known, at connect, HELO and MAIL. With 0s none of these and no RCPT ever "
		  "waits for the DNS: what is answered by then counts, and what is missing is waited for once, at the end of the message. A "
		  "refusal whose answer comes too late for RCPT is told there, after the message was sent. With more, the first RCPT that "
		  "lacks an answer which could refuse it waits, all RCPTs of a message together no longer than this; a sender with slow "
		  "name servers then feels it, and nobody else does." },
	{ "cache_size", OPTION_SIZE, offsetof(struct resolver_settings, cache_bytes), .fallback = "64M", .min = MIB, .max = 65536 * MIB,
	  .summary = "memory for answers that are kept",
	  .text = "A hard bound: what was not asked for the longest goes first. An answer takes about 200 octets, a long TXT record its size." },
	{ "ttl_min", OPTION_DURATION, offsetof(struct resolver_settings, ttl_min_ms), .fallback = "5s", .max = 3600 * SECOND_MS,
	  .summary = "answers are kept at least this long, whatever they say",
	  .text = "An answer that was asked early must live until it is used, and a name whose records may not be kept at all would be asked "
		  "again for each message." },
	{ "ttl_max", OPTION_DURATION, offsetof(struct resolver_settings, ttl_max_ms), .fallback = "1d", .min = SECOND_MS, .max = 7 * DAY_MS,
	  .summary = "answers are kept at most this long, whatever they say" },
	{ "negative_ttl", OPTION_DURATION, offsetof(struct resolver_settings, negative_ttl_ms), .fallback = "5m", .max = DAY_MS,
	  .summary = "that there is no such name or data is kept at most this long",
	  .text = "A record that was just added, to a DNS list or to the zone of a new sender, is seen after this time at the latest." },
	{ "unknown_ttl", OPTION_DURATION, offsetof(struct resolver_settings, unknown_ttl_ms), .fallback = "1s", .max = 60 * SECOND_MS,
	  .summary = "a question that got no usable answer is not asked again for so long",
	  .text = "Long enough that a server in trouble is not asked for each message, short enough that mail flows again as soon as it "
		  "is well." },
	{ "in_flight", OPTION_COUNT, offsetof(struct resolver_settings, in_flight), .fallback = "4000", .min = 10, .max = 100000,
	  .summary = "questions that may be under way at the same time",
	  .text = "One more has the answer \"could not tell\" at once. The same question from many messages is under way only once." },
	{ "dnssec", OPTION_BOOL, offsetof(struct resolver_settings, dnssec), .fallback = "yes",
	  .summary = "validate signed answers (DNSSEC) when names are resolved from the root",
	  .text = "Answers whose signatures are wrong then count as \"could not tell\". With servers in forward the validation is theirs: many "
		  "do not hand signatures on, and every name would fail." },
	{ "trust_anchor", OPTION_STRING, offsetof(struct resolver_settings, trust_anchor), .fallback = "/usr/share/dns/root.key",
	  .summary = "file with the key of the root zone; \"\": none, nothing is validated",
	  .text = "Package dns-root-data on Debian." },
	OPTION_END
};

static int resolver_check(const void *settings, char *problem)
{
	const struct resolver_settings *resolver = settings;

	if (resolver->forward.len > RESOLVER_FORWARDERS_MAX) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "forward names %zu servers, %d are enough", resolver->forward.len, RESOLVER_FORWARDERS_MAX);
		return -EINVAL;
	}
	if (resolver->ttl_min_ms <= resolver->ttl_max_ms)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "ttl_min is over ttl_max: an answer cannot be kept at least %llu s and at most %llu s",
		       (unsigned long long)(resolver->ttl_min_ms / SECOND_MS), (unsigned long long)(resolver->ttl_max_ms / SECOND_MS));
	return -EINVAL;
}

const struct option_section resolver_section = {
	.name = "resolver",
	.options = resolver_options,
	.settings_size = sizeof(struct resolver_settings),
	.summary = "who answers questions to the DNS, and how long they may take",
	.text = "Octroi asks for itself and keeps what it learned. There are three kinds of answers: found, no such data, and could not "
		"tell; the last is never taken for one of the others.",
	.check = resolver_check,
};
