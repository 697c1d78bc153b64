/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the DNS says of our addresses and domains. */
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

#include "milter/base/clock.h"
#include "milter/doctor_facts.h"
#include "milter/lookup/spf_evaluate.h"
#include "milter/mail/dmarc_record.h"
#include "milter/mail/spf_record.h"
#include "milter/model/scanner.h"
#include "milter/resolver_open.h"
#include "milter/settings.h"

#define DNS_MS 20000
enum { ADDRESSES_MAX = 8, DOMAINS_MAX = 20, NAMES_MAX = 5 };

struct inquiry {
	struct arena *arena;
	struct resolver *resolver;
	uint64_t deadline_ms;
};

static void unref(void *answer)
{
	dns_answer_unref(answer);
}

/* A dns_asker that waits. */
static const struct dns_answer *ask(void *arg, const char *name, enum dns_type type)
{
	struct inquiry *inquiry = arg;
	struct dns_answer *answer = resolver_ask_and_wait(inquiry->resolver, name, type, inquiry->deadline_ms);

	arena_defer(inquiry->arena, unref, answer);
	return answer;
}

static bool is_private(const struct ip *ip)
{
	static const char *const texts[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10" };
	struct network network;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (network_parse(texts[i], &network) == 0 && network_contains(&network, ip))
			return true;
	return false;
}

static void add_address(struct doctor_facts *facts, const struct ip *ip)
{
	struct network_facts *network = &facts->network;
	char text[IP_TEXT_MAX];
	struct address_facts *address;

	(void)ip_format(ip, text);
	for (size_t i = 0; i < network->addresses_len; i++)
		if (strcmp(network->addresses[i].text, text) == 0)
			return;
	if (ip->family == IP_NONE || ip_is_loopback(ip) || network->addresses_len >= ADDRESSES_MAX || strncmp(text, "fe80:", 5) == 0)
		return;
	address = arena_push(facts->arena, (void **)&network->addresses, &network->addresses_len, sizeof(*address));
	address->text = arena_strdup(facts->arena, text);
	address->is_private = is_private(ip);
}

/* A parameter with addresses, or names that are none. Returns how many there were. */
static size_t add_addresses_of(struct doctor_facts *facts, const char *name)
{
	const char *value = postfix_get(&facts->postfix, NULL, name);
	struct str rest = str_of(value), word;
	size_t found = 0;
	struct ip ip;

	while (value != NULL && postfix_word(&rest, &word))
		if (ip_parse(arena_strndup(facts->arena, word.p, word.len), &ip) == 0 && !ip_is_loopback(&ip)) {
			add_address(facts, &ip);
			found++;
		}
	return found;
}

static void add_interfaces(struct doctor_facts *facts)
{
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
		struct ip ip = ip_from_sockaddr(one->ifa_addr);

		if ((one->ifa_flags & IFF_UP) != 0)
			add_address(facts, &ip);
	}
	freeifaddrs(all);
}

/* Where Postfix sends from: an address it is bound to, those it listens on, all of the host; behind NAT those it was told. */
static void gather_addresses(struct doctor_facts *facts)
{
	size_t bound = add_addresses_of(facts, "smtp_bind_address") + add_addresses_of(facts, "smtp_bind_address6");

	(void)add_addresses_of(facts, "proxy_interfaces");
	if (bound == 0 && add_addresses_of(facts, "inet_interfaces") == 0)
		add_interfaces(facts);
}

static bool says_so(struct inquiry *inquiry, const char *name, const struct ip *ip)
{
	const struct dns_answer *answer = ask(inquiry, name, ip->family == IP_V4 ? DNS_A : DNS_AAAA);

	for (size_t i = 0; i < answer->len; i++) {
		struct ip of = dns_record_ip(&answer->records[i]);

		if (ip_equal(&of, ip))
			return true;
	}
	return false;
}

static void gather_reverse(struct inquiry *inquiry, struct address_facts *address)
{
	char name[DNS_REVERSE_MAX];
	const struct dns_answer *answer;
	struct ip ip;

	if (ip_parse(address->text, &ip) < 0)
		return;
	answer = ask(inquiry, dns_reverse_name(&ip, NULL, name), DNS_PTR);
	address->reverse = answer->status == DNS_UNKNOWN ? ADDRESS_UNKNOWN : answer->len == 0 ? ADDRESS_NAMELESS : ADDRESS_FORGED;
	address->name = answer->why;
	for (size_t i = 0; i < answer->len && i < NAMES_MAX && address->reverse == ADDRESS_FORGED; i++) {
		address->name = arena_strdup(inquiry->arena, answer->records[i].data.p);
		if (says_so(inquiry, address->name, &ip))
			address->reverse = ADDRESS_CONFIRMED;
	}
}

static size_t count_records(const struct dns_answer *answer, bool (*is_one)(struct str text), struct str *ret_first)
{
	size_t count = 0;

	for (size_t i = 0; i < answer->len; i++)
		if (is_one(answer->records[i].data) && count++ == 0)
			*ret_first = answer->records[i].data;
	return count;
}

static const char *judge_spf(struct inquiry *inquiry, const char *domain, const struct address_facts *address, const char *host)
{
	struct spf_query query = { .domain = domain, .sender = arena_printf(inquiry->arena, "postmaster@%s", domain), .helo = host, .host = host,
				   .now_ms = clock_wall_ms() };
	struct spf_answer answer;

	if (ip_parse(address->text, &query.client) < 0)
		return NULL;
	if (spf_evaluate(inquiry->arena, &query, &spf_limits_default, ask, inquiry, &answer) < 0)
		return "temperror";
	return spf_result_name(answer.result);
}

static void gather_spf(struct inquiry *inquiry, const struct network_facts *network, struct domain_facts *domain, const char *host)
{
	const struct dns_answer *answer = ask(inquiry, domain->name, DNS_TXT);
	struct str record;
	size_t count = count_records(answer, spf_record_is_spf, &record);

	domain->spf_why = answer->why;
	domain->spf = answer->status == DNS_UNKNOWN ? RECORD_UNKNOWN : count == 0 ? RECORD_MISSING : count == 1 ? RECORD_FOUND : RECORD_SEVERAL;
	if (domain->spf != RECORD_FOUND)
		return;
	domain->spf_results = arena_array(inquiry->arena, network->addresses_len + 1, sizeof(*domain->spf_results));
	for (size_t i = 0; i < network->addresses_len; i++)
		if (!network->addresses[i].is_private)
			domain->spf_results[i] = judge_spf(inquiry, domain->name, &network->addresses[i], host);
}

/* Its own record, or one above it: whether that is of the same organization is for the owner to know. */
static void gather_dmarc(struct inquiry *inquiry, struct domain_facts *domain)
{
	domain->dmarc = RECORD_MISSING;
	for (const char *name = domain->name; domain->dmarc == RECORD_MISSING && name != NULL && strchr(name, '.') != NULL; name = strchr(name, '.') + 1) {
		const struct dns_answer *answer = ask(inquiry, arena_printf(inquiry->arena, "_dmarc.%s", name), DNS_TXT);
		struct dmarc_record record;
		struct str text;
		size_t count = count_records(answer, dmarc_record_is_dmarc, &text);

		domain->dmarc_why = answer->why;
		if (answer->status == DNS_UNKNOWN)
			domain->dmarc = RECORD_UNKNOWN;
		else if (count > 1)
			domain->dmarc = RECORD_SEVERAL;
		if (count != 1)
			continue;
		dmarc_record_read(text, &record);
		domain->dmarc = RECORD_FOUND;
		domain->dmarc_policy = dmarc_policy_name(name == domain->name ? record.p : record.sp);
	}
}

static void gather_domains(struct doctor_facts *facts)
{
	struct network_facts *network = &facts->network;

	for (size_t i = 0; i < facts->filter.domains.len && network->domains_len < DOMAINS_MAX; i++) {
		const char *name = facts->filter.domains.items[i];
		struct domain_facts *domain;

		if (name[0] == '.')
			continue;
		domain = arena_push(facts->arena, (void **)&network->domains, &network->domains_len, sizeof(*domain));
		domain->name = name;
	}
}

/* All at the same time. */
static void prefetch(const struct inquiry *inquiry, const struct network_facts *network)
{
	char name[DNS_REVERSE_MAX];
	struct ip ip;

	for (size_t i = 0; i < network->domains_len; i++) {
		resolver_prefetch(inquiry->resolver, network->domains[i].name, DNS_TXT);
		resolver_prefetch(inquiry->resolver, arena_printf(inquiry->arena, "_dmarc.%s", network->domains[i].name), DNS_TXT);
	}
	for (size_t i = 0; i < network->addresses_len; i++)
		if (ip_parse(network->addresses[i].text, &ip) == 0)
			resolver_prefetch(inquiry->resolver, dns_reverse_name(&ip, NULL, name), DNS_PTR);
}

struct advice {
	struct arena *arena;
	struct doctor_words *words;
};

static void __attribute__((format(printf, 2, 3))) keep(void *arg, const char *format, ...)
{
	struct advice *advice = arg;
	va_list args;

	va_start(args, format);
	doctor_words_add(advice->arena, advice->words, arena_vprintf(advice->arena, format, args));
	va_end(args);
}

static void gather_advice(struct doctor_facts *facts, const struct inquiry *inquiry, const struct conf *conf)
{
	for (size_t i = 0; scanners[i] != NULL; i++) {
		bool is_sign = strcmp(scanners[i]->name, "sign") == 0;
		struct advice advice = { facts->arena, is_sign ? &facts->network.key_advice : &facts->network.advice };

		if (scanners[i]->advise_dns != NULL)
			scanners[i]->advise_dns(conf, inquiry->resolver, inquiry->deadline_ms, keep, &advice);
	}
}

void doctor_gather_network(struct doctor_facts *facts, const struct conf *conf)
{
	char problem[CONF_PROBLEM_MAX] = "";
	struct inquiry inquiry = { facts->arena, resolver_open(conf, problem), clock_monotonic_ms() + DNS_MS };
	const char *host = settings_authserv_id(conf);

	facts->network.asked = true;
	gather_addresses(facts);
	gather_domains(facts);
	if (inquiry.resolver == NULL) {
		facts->network.problem = arena_strdup(facts->arena, problem);
		return;
	}
	prefetch(&inquiry, &facts->network);
	for (size_t i = 0; i < facts->network.addresses_len; i++)
		gather_reverse(&inquiry, &facts->network.addresses[i]);
	for (size_t i = 0; i < facts->network.domains_len; i++) {
		gather_spf(&inquiry, &facts->network, &facts->network.domains[i], host);
		gather_dmarc(&inquiry, &facts->network.domains[i]);
	}
	gather_advice(facts, &inquiry, conf);
	resolver_free(inquiry.resolver);
}
