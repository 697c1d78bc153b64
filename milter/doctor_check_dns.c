/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who answers our questions, and what the world is told about us. */
#include <string.h>

#include "milter/doctor.h"
#include "milter/lookup/resolver.h"

static const char *const public_resolvers[] = {
	"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "1.1.1.2", "1.0.0.2", "9.9.9.9", "149.112.112.112", "9.9.9.10", "208.67.222.222", "208.67.220.220",
	"94.140.14.14", "94.140.15.15", "64.6.64.6", "64.6.65.6", "4.2.2.1", "4.2.2.2", "77.88.8.8", "77.88.8.1",
	"2001:4860:4860::8888", "2001:4860:4860::8844", "2606:4700:4700::1111", "2606:4700:4700::1001", "2620:fe::fe", "2620:fe::9",
};

static bool is_public_resolver(const struct ip *ip)
{
	struct ip known;

	for (size_t i = 0; i < sizeof(public_resolvers) / sizeof(public_resolvers[0]); i++)
		if (ip_parse(public_resolvers[i], &known) == 0 && ip_equal(&known, ip))
			return true;
	return false;
}

/* Lists that Postfix asks itself, with the resolver of the system. */
static bool postfix_asks_lists(const struct postfix *postfix)
{
	static const char *const names[] = {
		"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions", "smtpd_recipient_restrictions",
		"postscreen_dnsbl_sites", "smtpd_data_restrictions",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = postfix_get(postfix, NULL, names[i]);

		if (value != NULL && (strstr(value, "_rbl_") != NULL || strstr(value, "_rhsbl_") != NULL || (i == 4 && value[0] != '\0')))
			return true;
	}
	return false;
}

static void public_resolver(struct doctor *doctor, const struct doctor_facts *facts)
{
	unsigned long long port;
	struct ip ip;

	for (size_t i = 0; facts->filter.dnsbl && i < facts->filter.forward.len; i++)
		if (resolver_server_parse(facts->filter.forward.items[i], &ip, &port) == 0 && is_public_resolver(&ip))
			doctor_say(doctor, DOCTOR_WARNING, "milter.conf: resolver { forward = { } }",
				   "resolver.forward has the public resolver %s: many DNS lists answer it \"everything is listed\" or nothing at all",
				   facts->filter.forward.items[i]);
	for (size_t i = 0; postfix_asks_lists(&facts->postfix) && i < facts->system.nameservers.len; i++)
		if (ip_parse(facts->system.nameservers.items[i], &ip) == 0 && is_public_resolver(&ip))
			doctor_say(doctor, DOCTOR_WARNING, "/etc/resolv.conf: nameserver 127.0.0.1",
				   "/etc/resolv.conf names the public resolver %s, and Postfix asks DNS lists with it", facts->system.nameservers.items[i]);
}

/* An answer that is neither validated nor from this host can be forged on the way (threats DNS-17). */
static void resolver_local(struct doctor *doctor, const struct doctor_facts *facts)
{
	unsigned long long port;
	struct ip ip;

	for (size_t i = 0; i < facts->filter.forward.len; i++)
		if (resolver_server_parse(facts->filter.forward.items[i], &ip, &port) == 0 && !ip_is_loopback(&ip))
			doctor_say(doctor, DOCTOR_INFO, "milter.conf: resolver { forward = { } }",
				   "resolver.forward has %s, which is not on this host: its answers can be forged on the way", facts->filter.forward.items[i]);
}

static void dnssec(struct doctor *doctor, const struct doctor_facts *facts)
{
	if (facts->filter.forward.len > 0)
		return;		/* validation is the forwarder's */
	if (!facts->filter.dnssec)
		doctor_say(doctor, DOCTOR_WARNING, "milter.conf: resolver { dnssec = yes }", "resolver.dnssec is no: forged answers are believed");
	else if (facts->filter.trust_anchor == NULL)
		doctor_say(doctor, DOCTOR_WARNING, "shell: apt-get install dns-root-data",
			   "the file of resolver.trust_anchor cannot be read: answers are not validated");
}

/* Mail leaves through another host, and that one's address is the one the world sees. */
static bool has_relayhost(const struct doctor_facts *facts)
{
	const char *relayhost = postfix_get(&facts->postfix, NULL, "relayhost");

	return relayhost != NULL && relayhost[0] != '\0';
}

static void reverse_name(struct doctor *doctor, const struct doctor_facts *facts)
{
	size_t public_addresses = 0;

	if (has_relayhost(facts))
		return;
	for (size_t i = 0; i < facts->network.addresses_len; i++) {
		const struct address_facts *address = &facts->network.addresses[i];

		if (address->is_private)
			continue;
		public_addresses++;
		if (address->reverse == ADDRESS_NAMELESS)
			doctor_say(doctor, DOCTOR_WARNING, NULL, "%s has no name in the DNS (PTR): many refuse its mail", address->text);
		else if (address->reverse == ADDRESS_FORGED)
			doctor_say(doctor, DOCTOR_WARNING, NULL, "%s says that it is %s, and %s does not say so: many refuse its mail", address->text,
				   address->name, address->name);
		else if (address->reverse == ADDRESS_UNKNOWN)
			doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "the name of %s could not be looked up (%s)", address->text, address->name);
	}
	if (public_addresses == 0)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "this host has only private addresses: which one the world sees is not known here");
}

static void spf_record(struct doctor *doctor, const struct doctor_facts *facts)
{
	for (size_t i = 0; i < facts->network.domains_len; i++) {
		const struct domain_facts *domain = &facts->network.domains[i];

		if (domain->spf == RECORD_MISSING)
			doctor_say(doctor, DOCTOR_WARNING, arena_printf(doctor->arena, "DNS: %s. TXT \"v=spf1 mx -all\"", domain->name),
				   "%s has no SPF record: everybody may send in its name", domain->name);
		else if (domain->spf == RECORD_SEVERAL)
			doctor_say(doctor, DOCTOR_DANGER, NULL, "%s has several SPF records: that is an error, and all of its mail fails", domain->name);
		else if (domain->spf == RECORD_UNKNOWN)
			doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "the SPF record of %s could not be looked up (%s)", domain->name, domain->spf_why);
	}
}

/* Is our own mail a pass? */
static void judge_egress(struct doctor *doctor, const struct domain_facts *domain, const struct address_facts *address, const char *result)
{
	if (result == NULL || strcmp(result, "pass") == 0)
		return;
	if (strcmp(result, "temperror") == 0)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "SPF of %s for %s could not be told", domain->name, address->text);
	else
		doctor_say(doctor, strcmp(result, "fail") == 0 || strcmp(result, "permerror") == 0 ? DOCTOR_DANGER : DOCTOR_WARNING,
			   arena_printf(doctor->arena, "DNS: add %s:%s to the SPF record of %s", strchr(address->text, ':') == NULL ? "ip4" : "ip6",
					address->text, domain->name),
			   "the SPF record of %s says %s to our own address %s", domain->name, result, address->text);
}

static void spf_egress(struct doctor *doctor, const struct doctor_facts *facts)
{
	for (size_t i = 0; !has_relayhost(facts) && i < facts->network.domains_len; i++) {
		const struct domain_facts *domain = &facts->network.domains[i];

		for (size_t j = 0; domain->spf_results != NULL && j < facts->network.addresses_len; j++)
			if (!facts->network.addresses[j].is_private)
				judge_egress(doctor, domain, &facts->network.addresses[j], domain->spf_results[j]);
	}
}

static void dmarc_record(struct doctor *doctor, const struct doctor_facts *facts)
{
	for (size_t i = 0; i < facts->network.domains_len; i++) {
		const struct domain_facts *domain = &facts->network.domains[i];

		if (domain->dmarc == RECORD_MISSING || domain->dmarc == RECORD_SEVERAL)
			doctor_say(doctor, DOCTOR_WARNING,
				   arena_printf(doctor->arena, "DNS: _dmarc.%s. TXT \"v=DMARC1; p=none; rua=mailto:postmaster@%s\"", domain->name, domain->name),
				   "%s has %s DMARC record: nobody is asked to refuse mail that is forged in its name", domain->name,
				   domain->dmarc == RECORD_MISSING ? "no" : "more than one");
		else if (domain->dmarc == RECORD_UNKNOWN)
			doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "the DMARC record of %s could not be looked up (%s)", domain->name, domain->dmarc_why);
		else if (domain->dmarc_policy != NULL && strcmp(domain->dmarc_policy, "none") == 0)
			doctor_say(doctor, DOCTOR_INFO, arena_printf(doctor->arena, "DNS: _dmarc.%s. TXT \"v=DMARC1; p=quarantine; ...\"", domain->name),
				   "the DMARC policy of %s is none: forged mail is counted and let in", domain->name);
	}
}

static void dkim_records(struct doctor *doctor, const struct doctor_facts *facts)
{
	if (facts->filter.keys.len == 0)
		doctor_say(doctor, DOCTOR_INFO, "shell: octroi dkim-key --domain example.com --selector s1", "outgoing mail is not signed: there is no sign.key");
	for (size_t i = 0; i < facts->network.key_advice.len; i++)
		doctor_say(doctor, strstr(facts->network.key_advice.items[i], "could not be looked up") != NULL ? DOCTOR_UNKNOWN : DOCTOR_DANGER, NULL, "%s",
			   facts->network.key_advice.items[i]);
}

static void dns_advice(struct doctor *doctor, const struct doctor_facts *facts)
{
	for (size_t i = 0; i < facts->network.advice.len; i++)
		doctor_say(doctor, DOCTOR_WARNING, NULL, "%s", facts->network.advice.items[i]);
}

const struct doctor_check doctor_dns_checks[] = {
	{ "public_resolver", "DNS lists are asked by a resolver of our own", DOCTOR_FILTER | DOCTOR_SYSTEM, public_resolver, NULL },
	{ "resolver_local", "the resolver is on this host", DOCTOR_FILTER, resolver_local, NULL },
	{ "dnssec", "signed answers are validated", DOCTOR_FILTER, dnssec, NULL },
	{ "reverse_name", "our addresses have names", DOCTOR_FILTER | DOCTOR_NETWORK, reverse_name, NULL },
	{ "spf_record", "our domains have an SPF record", DOCTOR_FILTER | DOCTOR_NETWORK, spf_record, NULL },
	{ "spf_egress", "it names our addresses", DOCTOR_FILTER | DOCTOR_NETWORK, spf_egress, NULL },
	{ "dmarc_record", "our domains have a DMARC record", DOCTOR_FILTER | DOCTOR_NETWORK, dmarc_record, NULL },
	{ "dkim_records", "what signs our mail is published", DOCTOR_FILTER | DOCTOR_NETWORK, dkim_records, NULL },
	{ "dns_advice", "the DNS holds what milter.conf counts on", DOCTOR_FILTER | DOCTOR_NETWORK, dns_advice, NULL },
	{ .id = NULL },
};
