/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does Postfix itself relay for somebody who has neither logged in nor a grant? Octroi would refuse it all the same, but a filter that is
 * switched off by one line must not be all that stands between. */
#include <errno.h>
#include <string.h>

#include "milter/doctor.h"

/* What a word of a restriction list does to a recipient that is not ours. */
enum word_effect {
	EFFECT_NONE,		/* lets the next word decide */
	EFFECT_CLOSES,		/* nobody passes to other domains */
	EFFECT_TRUSTS_NETWORK,
	EFFECT_OPENS,		/* lets pass whom a stranger can pretend to be */
	EFFECT_TABLE,		/* lets pass whom a table says OK to, by a stranger's claim or by the recipient */
	EFFECT_MX,
};

static const struct {
	const char *word;
	enum word_effect effect;
	const char *why;
} words[] = {
	{ "reject_unauth_destination", EFFECT_CLOSES, "" },
	{ "defer_unauth_destination", EFFECT_CLOSES, "" },
	{ "reject", EFFECT_CLOSES, "" },
	{ "defer", EFFECT_CLOSES, "" },
	{ "defer_if_permit", EFFECT_CLOSES, "" },
	{ "permit_mynetworks", EFFECT_TRUSTS_NETWORK, "" },
	{ "permit", EFFECT_OPENS, "everybody" },
	{ "static:OK", EFFECT_OPENS, "everybody" },
	{ "static:permit", EFFECT_OPENS, "everybody" },
	{ "permit_naked_ip_address", EFFECT_OPENS, "whoever says an IP address in HELO" },
	{ "permit_tls_all_clientcerts", EFFECT_OPENS, "whoever has a certificate of any authority that is trusted" },
	{ "permit_dnswl_client", EFFECT_OPENS, "whoever is in a DNS list" },
	{ "permit_rhswl_client", EFFECT_OPENS, "whoever is in a DNS list" },
	{ "permit_mx_backup", EFFECT_MX, "" },
	{ "check_sender_access", EFFECT_TABLE, "sender, which anybody can write" },
	{ "check_sender_ns_access", EFFECT_TABLE, "sender, which anybody can write" },
	{ "check_sender_mx_access", EFFECT_TABLE, "sender, which anybody can write" },
	{ "check_sender_a_access", EFFECT_TABLE, "sender, which anybody can write" },
	{ "check_helo_access", EFFECT_TABLE, "HELO name, which anybody can write" },
	{ "check_helo_a_access", EFFECT_TABLE, "HELO name, which anybody can write" },
	{ "check_helo_mx_access", EFFECT_TABLE, "HELO name, which anybody can write" },
	{ "check_helo_ns_access", EFFECT_TABLE, "HELO name, which anybody can write" },
	{ "check_recipient_access", EFFECT_TABLE, "recipient, from everybody" },
	{ "check_recipient_a_access", EFFECT_TABLE, "recipient, from everybody" },
	{ "check_recipient_mx_access", EFFECT_TABLE, "recipient, from everybody" },
	{ "check_recipient_ns_access", EFFECT_TABLE, "recipient, from everybody" },
	{ "check_etrn_access", EFFECT_NONE, "" },
};

static size_t find_word(struct str word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_equal_nocase(word, str_of(words[i].word)))
			return i;
	return SIZE_MAX;
}

/* What stands in one list before it closes. */
struct reading {
	bool is_closed, trusts_network, has_mx_backup, warns_only;
	size_t opens;		/* in words, SIZE_MAX: nothing */
	size_t table;		/* likewise */
};

static void read_word(struct reading *reading, size_t i)
{
	switch (words[i].effect) {
	case EFFECT_CLOSES:
		reading->is_closed = true;
		break;
	case EFFECT_TRUSTS_NETWORK:
		reading->trusts_network = true;
		break;
	case EFFECT_MX:
		reading->has_mx_backup = true;
		break;
	case EFFECT_OPENS:
		reading->opens = i;
		break;
	case EFFECT_TABLE:
		reading->table = i;
		break;
	case EFFECT_NONE:
		break;
	}
}

/* A table without a check_..._access before it is one of recipients. */
static size_t find_bare_table(struct str word, struct str previous)
{
	bool is_table = memchr(word.p, ':', word.len) != NULL && memchr(word.p, '/', word.len) != NULL;

	return is_table && !str_has_prefix(previous, STR("check_")) ? find_word(STR("check_recipient_access")) : SIZE_MAX;
}

static struct reading read_list(const char *value)
{
	struct reading reading = { .opens = SIZE_MAX, .table = SIZE_MAX };
	struct str rest = str_of(value), word, previous = STR("");

	while (!reading.is_closed && postfix_word(&rest, &word)) {
		size_t i = find_word(word);

		if (i == SIZE_MAX)
			i = find_bare_table(word, previous);
		if (i != SIZE_MAX && words[i].effect == EFFECT_CLOSES && str_equal_nocase(previous, STR("warn_if_reject")))
			reading.warns_only = true;
		else if (i != SIZE_MAX)
			read_word(&reading, i);
		previous = word;
	}
	return reading;
}

/* Both lists are asked: relaying is as closed as the stricter of the two. */
struct lists {
	const struct postfix_service *service;
	const char *relay, *recipient;
	struct reading of_relay, of_recipient;
};

static void each_service(struct doctor *doctor, const struct doctor_facts *facts, void (*look)(struct doctor *, const struct lists *))
{
	const struct postfix_service *service;
	size_t i = 0;

	while ((service = postfix_next_smtpd(&facts->postfix, &i)) != NULL) {
		struct lists lists = { service, postfix_get(&facts->postfix, service, "smtpd_relay_restrictions"),
				       postfix_get(&facts->postfix, service, "smtpd_recipient_restrictions"), { 0 }, { 0 } };

		if (service->is_local)
			continue;	/* for a content filter that brings mail back */
		lists.relay = lists.relay == NULL ? "" : lists.relay;
		lists.recipient = lists.recipient == NULL ? "" : lists.recipient;
		lists.of_relay = read_list(lists.relay);
		lists.of_recipient = read_list(lists.recipient);
		look(doctor, &lists);
	}
}

#define CLOSED_LIST "permit_sasl_authenticated, reject_unauth_destination"

/* Names of the administrator's own restriction classes may stand for anything. */
static const char *find_class(const struct doctor *doctor, const struct lists *lists)
{
	const char *classes = postfix_get(&doctor->facts->postfix, NULL, "smtpd_restriction_classes");
	struct str rest = str_of(classes), word;

	while (classes != NULL && postfix_word(&rest, &word)) {
		const char *name = arena_strndup(doctor->arena, word.p, word.len);

		if (postfix_has_word(lists->relay, name))
			return name;
	}
	return NULL;
}

static void look_at_restrictions(struct doctor *doctor, const struct lists *lists)
{
	const char *class = find_class(doctor, lists);
	const char *change = doctor_change(doctor, lists->service, "smtpd_relay_restrictions", CLOSED_LIST);
	const char *prefix = doctor_service(doctor, lists->service, "smtpd_relay_restrictions");

	if (class != NULL)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "smtpd_relay_restrictions names the restriction class %s, which was not followed", class);
	if (lists->of_relay.is_closed || class != NULL)
		return;
	if (lists->relay[0] == '\0' && !lists->of_recipient.is_closed)
		doctor_say(doctor, DOCTOR_DANGER, change, "%ssmtpd_relay_restrictions is empty, and smtpd_recipient_restrictions does not end "
			   "relaying either", prefix);
	else if (lists->relay[0] == '\0')
		doctor_say(doctor, DOCTOR_WARNING, change, "%ssmtpd_relay_restrictions is empty: relaying hangs on the order of "
			   "smtpd_recipient_restrictions alone", prefix);
	else if (lists->of_relay.warns_only)
		doctor_say(doctor, DOCTOR_DANGER, change, "%swarn_if_reject makes the end of smtpd_relay_restrictions a remark", prefix);
	else
		doctor_say(doctor, lists->of_recipient.is_closed ? DOCTOR_WARNING : DOCTOR_DANGER, change,
			   "%ssmtpd_relay_restrictions has no reject_unauth_destination", prefix);
}

static void relay_restrictions(struct doctor *doctor, const struct doctor_facts *facts)
{
	each_service(doctor, facts, look_at_restrictions);
}

static void say_order(struct doctor *doctor, const struct lists *lists, const struct reading *reading, const char *name, bool is_last)
{
	const char *prefix = doctor_service(doctor, lists->service, name);
	const char *change = doctor_change(doctor, lists->service, "smtpd_relay_restrictions", CLOSED_LIST);
	enum doctor_state state = is_last ? DOCTOR_DANGER : DOCTOR_WARNING;

	if (reading->opens != SIZE_MAX)
		doctor_say(doctor, state, change, "%s%s: %s stands before reject_unauth_destination and lets %s relay", prefix, name,
			   words[reading->opens].word, words[reading->opens].why);
	if (reading->table != SIZE_MAX)
		doctor_say(doctor, state, change, "%s%s: %s stands before reject_unauth_destination: an OK in its table opens relaying by the %s",
			   prefix, name, words[reading->table].word, words[reading->table].why);
}

/* What opens one list is harmless where the other one is closed, but for a later hand. */
static void look_at_order(struct doctor *doctor, const struct lists *lists)
{
	bool relay_opens = lists->of_relay.opens != SIZE_MAX || lists->of_relay.table != SIZE_MAX || lists->relay[0] == '\0';

	say_order(doctor, lists, &lists->of_relay, "smtpd_relay_restrictions", true);
	if (relay_opens)
		say_order(doctor, lists, &lists->of_recipient, "smtpd_recipient_restrictions", true);
}

static void relay_order(struct doctor *doctor, const struct doctor_facts *facts)
{
	each_service(doctor, facts, look_at_order);
}

/* The network that a word of mynetworks names: "192.0.2.0/24", "[2001:db8::]/32". */
static bool network_of(struct arena *arena, struct str word, struct network *ret_network)
{
	char *text = arena_strndup(arena, word.p, word.len), *close = strchr(text, ']');

	if (text[0] == '[' && close != NULL) {
		memmove(close, close + 1, strlen(close));
		text++;
	}
	return network_parse(text, ret_network) != -EINVAL;
}

static bool is_loopback(const struct network *network)
{
	return ip_is_loopback(&network->ip) && network->prefix >= (network->ip.family == IP_V4 ? 8 : 128);
}

/* Is every host of it one that has a grant? */
static bool is_granted(const struct filter_facts *filter, const struct network *network)
{
	struct network grant;

	for (size_t i = 0; i < filter->grant_clients.len; i++)
		if (network_parse(filter->grant_clients.items[i], &grant) == 0 && grant.prefix <= network->prefix &&
		    network_contains(&grant, &network->ip))
			return true;
	return false;
}

/* The first network that is trusted and has no grant; false: there is none. *ret_unread: a word that is no network, for which nobody knows. */
static bool find_trusted(const struct doctor_facts *facts, const struct postfix_service *service, struct str *ret_word, const char **ret_unread)
{
	struct str rest = str_of(postfix_get(&facts->postfix, service, "mynetworks"));
	struct network network;

	*ret_unread = NULL;
	while (postfix_word(&rest, ret_word)) {
		if (ret_word->p[0] == '!')
			continue;
		if (!network_of(facts->arena, *ret_word, &network))
			*ret_unread = arena_strndup(facts->arena, ret_word->p, ret_word->len);
		else if (!is_loopback(&network) && !is_granted(&facts->filter, &network))
			return true;
	}
	return false;
}

static void look_at_mynetworks(struct doctor *doctor, const struct lists *lists)
{
	bool in_relay = lists->of_relay.trusts_network, open = lists->relay[0] == '\0' && lists->of_recipient.trusts_network;
	const char *name = in_relay ? "smtpd_relay_restrictions" : "smtpd_recipient_restrictions", *unread;
	struct str word;

	if (!in_relay && !open)
		return;
	if (find_trusted(doctor->facts, lists->service, &word, &unread))
		doctor_say(doctor, DOCTOR_DANGER, doctor_change(doctor, lists->service, "smtpd_relay_restrictions", CLOSED_LIST),
			   "%s%s trusts mynetworks: %.*s may relay without a login and has no grant", doctor_service(doctor, lists->service, name),
			   name, (int)word.len, word.p);
	else if (unread != NULL)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "%s trusts mynetworks, and what %s holds was not read", name, unread);
}

static void relay_mynetworks(struct doctor *doctor, const struct doctor_facts *facts)
{
	each_service(doctor, facts, look_at_mynetworks);
}

static void look_at_mx(struct doctor *doctor, const struct lists *lists)
{
	if (lists->of_relay.has_mx_backup || (lists->of_recipient.has_mx_backup && !lists->of_relay.is_closed))
		doctor_say(doctor, DOCTOR_DANGER, doctor_change(doctor, lists->service, "smtpd_relay_restrictions", CLOSED_LIST),
			   "%spermit_mx_backup relays to every domain whose owner points an MX at this host",
			   doctor_service(doctor, lists->service, "smtpd_relay_restrictions"));
}

static void permit_mx_backup(struct doctor *doctor, const struct doctor_facts *facts)
{
	each_service(doctor, facts, look_at_mx);
}

static bool is_private(const struct network *network)
{
	static const char *const texts[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10" };
	struct network of;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (network_parse(texts[i], &of) == 0 && of.prefix <= network->prefix && network_contains(&of, &network->ip))
			return true;
	return false;
}

/* A network of an office is a /24 or a /64; what is public is trusted host by host. */
static unsigned widest(const struct network *network)
{
	bool v4 = network->ip.family == IP_V4;

	return is_private(network) ? (v4 ? 24 : 64) : (v4 ? 29 : 64);
}

static void mynetworks(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *value = postfix_get(&facts->postfix, NULL, "mynetworks");
	struct str rest = str_of(value), word;
	struct network network;

	while (value != NULL && postfix_word(&rest, &word)) {
		if (word.p[0] == '!' || !network_of(facts->arena, word, &network) || is_loopback(&network) || network.prefix >= widest(&network))
			continue;
		doctor_say(doctor, is_private(&network) ? DOCTOR_WARNING : DOCTOR_DANGER, "main.cf: mynetworks = 127.0.0.0/8, [::1]/128",
			   "mynetworks holds %.*s: any host in there is trusted with more than it needs", (int)word.len, word.p);
	}
	if (value == NULL)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "postconf does not tell mynetworks");
}

static void mynetworks_style(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *style = postfix_get(&facts->postfix, NULL, "mynetworks_style");

	if (postfix_is_written(&facts->postfix, "mynetworks") || style == NULL || ascii_equal(style, "host"))
		return;
	doctor_say(doctor, ascii_equal(style, "class") ? DOCTOR_DANGER : DOCTOR_WARNING, "main.cf: mynetworks = 127.0.0.0/8, [::1]/128",
		   "mynetworks is not written, and mynetworks_style = %s trusts all neighbours of this host", style);
}

static const struct doctor_parameter parameters[] = {
	{ "allow_percent_hack", "yes", DOCTOR_WARNING, "user%other.example@ours.example is mail to other.example", "no", false, NULL },
	{ "swap_bangpath", "yes", DOCTOR_WARNING, "other.example!user is mail to other.example", "no", false, NULL },
	{ "allow_untrusted_routing", "yes", DOCTOR_DANGER, "strangers may route mail through us", "no", false, NULL },
	{ "resolve_dequoted_address", "no", DOCTOR_DANGER, "\"user@other.example\"@ours.example gets around the relay check", "yes", false,
	  NULL },
};

const struct doctor_check doctor_relay_checks[] = {
	{ "smtpd_relay_restrictions", "relaying ends with reject_unauth_destination", DOCTOR_POSTFIX, relay_restrictions, NULL },
	{ "relay_order", "nothing before reject_unauth_destination lets strangers pass", DOCTOR_POSTFIX, relay_order, NULL },
	{ "relay_mynetworks", "an address in the network is no ground to relay", DOCTOR_POSTFIX | DOCTOR_FILTER, relay_mynetworks, NULL },
	{ "permit_mx_backup", "no relaying because of somebody's MX record", DOCTOR_POSTFIX, permit_mx_backup, NULL },
	{ "mynetworks", "mynetworks is narrow", DOCTOR_POSTFIX, mynetworks, NULL },
	{ "mynetworks_style", "mynetworks does not follow the network cards", DOCTOR_POSTFIX, mynetworks_style, NULL },
	{ "allow_percent_hack", "% is no way to another domain", DOCTOR_POSTFIX, doctor_look_parameter, &parameters[0] },
	{ "swap_bangpath", "! is no way to another domain", DOCTOR_POSTFIX, doctor_look_parameter, &parameters[1] },
	{ "allow_untrusted_routing", "no source routes of strangers", DOCTOR_POSTFIX, doctor_look_parameter, &parameters[2] },
	{ "resolve_dequoted_address", "quotes hide no second @", DOCTOR_POSTFIX, doctor_look_parameter, &parameters[3] },
	{ .id = NULL },
};
