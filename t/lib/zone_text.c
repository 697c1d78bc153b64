/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "t/lib/zone_data.h"

#define TTL_S 300
#define RDATA_MAX UINT16_MAX
#define STRING_MAX 255
#define HUGE_OCTETS 250
#define HUGE_MAX 248	/* as many as fit into a message of 64 KiB */
#define HOST "a.dnsd-root"

struct reader {
	struct zone *zone;
	unsigned line_number;
	struct str line;
	struct str rest;	/* of the line */
	struct {
		size_t len;
		uint8_t octets[RDATA_MAX];
	} rdata;
};

_Noreturn static void give_up(const struct reader *reader, const char *why)
{
	(void)fprintf(stderr, "zone text, line %u: %s: %.*s\n", reader->line_number, why, (int)reader->line.len, reader->line.p);
	abort();
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word, empty at the end; a string in quotes is one, with its quotes. */
static struct str next_word(struct reader *reader)
{
	struct str rest = reader->rest;
	bool quoted;
	size_t len;

	while (rest.len > 0 && is_blank(rest.p[0])) {
		rest.p++;
		rest.len--;
	}
	quoted = rest.len > 0 && rest.p[0] == '"';
	for (len = quoted; len < rest.len && (quoted ? rest.p[len] != '"' : !is_blank(rest.p[len])); len++)
		if (rest.p[len] == '\\' && len + 1 < rest.len)
			len++;
	if (quoted && len++ == rest.len)
		give_up(reader, "no closing quote");
	reader->rest = (struct str){ rest.p + len, rest.len - len };
	return (struct str){ rest.p, len };
}

static struct zone_name read_name(const struct reader *reader, struct str word)
{
	struct zone_name name;

	if (word.len == 0 || zone_name_read(word, &name) != 0)
		give_up(reader, "no name");
	return name;
}

static bool is_number(struct str word)
{
	unsigned long long number;

	return str_to_u64(word, &number) == 0;
}

static uint32_t read_number(const struct reader *reader, struct str word, uint32_t max)
{
	unsigned long long number;

	if (str_to_u64(word, &number) != 0 || number > max)
		give_up(reader, "no number, or one too large");
	return (uint32_t)number;
}

static const struct { const char *name; uint16_t type; } types[] = {
	{ "A", DNS_A }, { "AAAA", DNS_AAAA }, { "MX", DNS_MX }, { "PTR", DNS_PTR }, { "TXT", DNS_TXT }, { "CNAME", ZONE_CNAME }, { "NS", ZONE_NS },
};

static uint16_t type_of(struct str word)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_equal_nocase(word, str_of(types[i].name)))
			return types[i].type;
	return ZONE_ANY;
}

static void put(struct reader *reader, const void *octets, size_t len)
{
	if (reader->rdata.len + len > RDATA_MAX)
		give_up(reader, "a record of more than 65535 octets");
	memcpy(reader->rdata.octets + reader->rdata.len, octets, len);
	reader->rdata.len += len;
}

static void put_octet(struct reader *reader, unsigned octet)
{
	put(reader, &(uint8_t){ (uint8_t)octet }, 1);
}

static void put_name(struct reader *reader)
{
	struct zone_name name = read_name(reader, next_word(reader));

	put(reader, name.octets, name.len);
}

static void put_address(struct reader *reader, int family)
{
	struct str word = next_word(reader);
	char text[64];
	uint8_t octets[16];

	(void)snprintf(text, sizeof(text), "%.*s", (int)word.len, word.p);
	if (inet_pton(family, text, octets) != 1)
		give_up(reader, "no address");
	put(reader, octets, family == AF_INET ? 4 : 16);
}

/* One longer than 255 octets becomes several: joined again they are the same. */
static void put_string(struct reader *reader, struct str word)
{
	size_t start = reader->rdata.len;

	if (word.len >= 2 && word.p[0] == '"')
		word = (struct str){ word.p + 1, word.len - 2 };
	put_octet(reader, 0);
	while (word.len > 0) {
		int octet = zone_octet_read(&word);

		if (octet < 0)
			give_up(reader, "no escape");
		if (reader->rdata.octets[start] == STRING_MAX) {
			start = reader->rdata.len;
			put_octet(reader, 0);
		}
		put_octet(reader, (unsigned)octet);
		reader->rdata.octets[start]++;
	}
}

static void put_strings(struct reader *reader)
{
	struct str word = next_word(reader);

	do {
		put_string(reader, word);
		word = next_word(reader);
	} while (word.len > 0);
}

static void put_data(struct reader *reader, unsigned type)
{
	uint32_t preference;

	switch (type) {
	case DNS_A:
		return put_address(reader, AF_INET);
	case DNS_AAAA:
		return put_address(reader, AF_INET6);
	case DNS_TXT:
		return put_strings(reader);
	case DNS_MX:
		preference = read_number(reader, next_word(reader), UINT16_MAX);
		put_octet(reader, preference >> 8);
		put_octet(reader, preference & 0xff);
		return put_name(reader);
	default:
		return put_name(reader);
	}
}

static void read_record(struct reader *reader, struct zone_node *node, uint16_t type, uint32_t ttl_s)
{
	reader->rdata.len = 0;
	put_data(reader, type);
	zone_record_add(reader->zone, node, type, ttl_s, (struct str){ (const char *)reader->rdata.octets, reader->rdata.len });
}

enum argument { ARGUMENT_NONE, ARGUMENT_MAY, ARGUMENT_MUST };

static const struct { const char *word; enum zone_behaviour_kind kind; enum argument argument; } behaviours[] = {
	{ "!delay", ZONE_DELAY, ARGUMENT_MUST }, { "!silent", ZONE_SILENT, ARGUMENT_NONE }, { "!servfail", ZONE_SERVFAIL, ARGUMENT_NONE },
	{ "!refused", ZONE_REFUSED, ARGUMENT_NONE }, { "!formerr", ZONE_FORMERR, ARGUMENT_NONE }, { "!notimp", ZONE_NOTIMP, ARGUMENT_NONE },
	{ "!truncate", ZONE_TRUNCATE, ARGUMENT_NONE }, { "!tcp-refused", ZONE_TCP_REFUSED, ARGUMENT_NONE },
	{ "!wrong-id", ZONE_WRONG_ID, ARGUMENT_MAY }, { "!spoof", ZONE_SPOOF, ARGUMENT_NONE }, { "!garbage", ZONE_GARBAGE, ARGUMENT_NONE },
	{ "!huge", ZONE_HUGE, ARGUMENT_MUST }, { "!loop", ZONE_LOOP, ARGUMENT_NONE }, { "!chain", ZONE_CHAIN, ARGUMENT_MUST },
	{ "!shuffle", ZONE_SHUFFLE, ARGUMENT_MUST },
};

static void read_behaviour(struct reader *reader, struct zone_behaviour **list, struct str word, uint16_t type)
{
	struct str argument = next_word(reader);
	struct zone_behaviour behaviour = { .type = type, .has_argument = argument.len > 0 };
	size_t i = 0, len = sizeof(behaviours) / sizeof(behaviours[0]);

	while (i < len && !str_equal(word, str_of(behaviours[i].word)))
		i++;
	if (i == len)
		give_up(reader, "no such behaviour");
	if (behaviour.has_argument ? behaviours[i].argument == ARGUMENT_NONE : behaviours[i].argument == ARGUMENT_MUST)
		give_up(reader, behaviour.has_argument ? "an argument that is not wanted" : "an argument is wanted");
	if (behaviour.has_argument)
		behaviour.argument = read_number(reader, argument, INT32_MAX);
	behaviour.kind = behaviours[i].kind;
	if (type != ZONE_ANY && (behaviour.kind == ZONE_HUGE || behaviour.kind == ZONE_LOOP || behaviour.kind == ZONE_CHAIN))
		give_up(reader, "a behaviour of all types");
	zone_behaviour_add(reader->zone, list, behaviour);
}

static void read_default(struct reader *reader)
{
	struct str word = next_word(reader);
	char name[32];

	reader->zone->fallback = NULL;
	if (str_equal(word, STR("nxdomain")))
		return;
	(void)snprintf(name, sizeof(name), "!%.*s", (int)word.len, word.p);
	read_behaviour(reader, &reader->zone->fallback, str_of(name), ZONE_ANY);
}

/* What follows the name and the TTL: "TYPE DATA", "TYPE !BEHAVIOUR" or "!BEHAVIOUR". */
static void read_rest(struct reader *reader, struct zone_node *node, struct str word, uint32_t ttl_s)
{
	struct str data = reader->rest;
	uint16_t type = ZONE_ANY;

	if (word.len == 0 || word.p[0] != '!') {
		type = type_of(word);
		if (type == ZONE_ANY)
			give_up(reader, "no such type");
		word = next_word(reader);
	}
	if (word.len > 0 && word.p[0] == '!')
		return read_behaviour(reader, &node->behaviours, word, type);
	reader->rest = data;
	read_record(reader, node, type, ttl_s);
}

static void read_line(struct reader *reader)
{
	struct str word = next_word(reader);
	struct zone_name name;
	struct zone_node *node;
	uint32_t ttl_s = TTL_S;

	if (word.len == 0 || word.p[0] == '#')
		return;
	if (str_equal(word, STR("!default")))
		return read_default(reader);
	name = read_name(reader, word);
	zone_name_lower(&name);
	node = zone_node_make(reader->zone, zone_name_str(&name));
	word = next_word(reader);
	if (is_number(word)) {
		ttl_s = read_number(reader, word, INT32_MAX);
		word = next_word(reader);
	}
	read_rest(reader, node, word, ttl_s);
	if (next_word(reader).len > 0)
		give_up(reader, "too much");
}

static void add_cname(struct zone *zone, struct zone_node *node, struct str target)
{
	zone_record_add(zone, node, ZONE_CNAME, TTL_S, target);
}

static void add_huge(struct zone *zone, struct zone_node *node, uint32_t count)
{
	char rdata[1 + HUGE_OCTETS + 1];

	for (uint32_t i = 0; i < count && i < HUGE_MAX; i++) {
		rdata[0] = (char)(uint8_t)HUGE_OCTETS;
		(void)snprintf(rdata + 1, HUGE_OCTETS + 1, "%0*u", HUGE_OCTETS, i);
		zone_record_add(zone, node, DNS_TXT, TTL_S, (struct str){ rdata, 1 + HUGE_OCTETS });
	}
}

/* The records go to chain-N.NAME, and CNAMEs lead there. */
static void add_chain(struct zone *zone, struct zone_node *node, uint32_t count)
{
	struct zone_record *records = node->records;
	struct zone_node *from = node;

	node->records = NULL;
	for (uint32_t i = 1; i <= count; i++) {
		struct zone_name name;
		char label[32];

		(void)snprintf(label, sizeof(label), "chain-%u", i);
		if (zone_name_join(label, node->name, &name) != 0)
			abort();
		add_cname(zone, from, zone_name_str(&name));
		from = zone_node_make(zone, zone_name_str(&name));
	}
	for (; records != NULL; records = records->next)
		zone_record_add(zone, from, records->type, records->ttl_s, records->rdata);
}

/* Behaviours that are records in the end. */
static void add_records(struct zone *zone, struct zone_node *node)
{
	const struct zone_behaviour *behaviour;

	behaviour = zone_behaviour_of(node->behaviours, ZONE_HUGE, ZONE_ANY);
	if (behaviour != NULL)
		add_huge(zone, node, behaviour->argument);
	if (zone_behaviour_of(node->behaviours, ZONE_LOOP, ZONE_ANY) != NULL)
		add_cname(zone, node, node->name);
	behaviour = zone_behaviour_of(node->behaviours, ZONE_CHAIN, ZONE_ANY);
	if (behaviour != NULL)
		add_chain(zone, node, behaviour->argument);
}

static struct zone_name host_name(const char *text)
{
	struct zone_name name;

	if (zone_name_read(str_of(text), &name) != 0)
		abort();
	return name;
}

/* RFC 2308: negative answers live as long as the minimum says. */
static void add_soa(struct zone *zone, struct zone_node *node)
{
	static const uint32_t numbers[] = { 1, 3600, 600, 86400, ZONE_NEGATIVE_TTL_S };
	struct zone_name mname = host_name(HOST), rname = host_name("hostmaster.dnsd-root");
	char rdata[sizeof(mname.octets) + sizeof(rname.octets) + sizeof(numbers)];
	size_t len = mname.len + rname.len;

	memcpy(rdata, mname.octets, mname.len);
	memcpy(rdata + mname.len, rname.octets, rname.len);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++, len += sizeof(uint32_t))
		memcpy(rdata + len, &(uint32_t){ htonl(numbers[i]) }, sizeof(uint32_t));
	zone_record_add(zone, node, ZONE_SOA, ZONE_NEGATIVE_TTL_S, (struct str){ rdata, len });
}

/* What a resolver wants to find at the root. */
static void add_root(struct zone *zone)
{
	struct zone_name host = host_name(HOST);
	struct zone_node *root = zone_node_make(zone, (struct str){ "", 1 });

	if (zone_record_of(root->records, ZONE_NS) == NULL)
		zone_record_add(zone, root, ZONE_NS, TTL_S, zone_name_str(&host));
	zone_record_add(zone, zone_node_make(zone, zone_name_str(&host)), DNS_A, TTL_S, (struct str){ "\x7f\0\0\1", 4 });
}

static size_t count_lines(const char *text)
{
	size_t lines = 1;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

struct zone *zone_new(const char *text)
{
	struct reader *reader = xcalloc(1, sizeof(*reader));
	struct zone *zone = zone_data_new(count_lines(text));
	struct str rest = str_of(text);

	reader->zone = zone;
	while (rest.p != NULL) {
		reader->line_number++;
		reader->line = reader->rest = str_split(&rest, "\n");
		read_line(reader);
	}
	free(reader);
	add_root(zone);
	for (struct zone_node *node = zone->first; node != NULL; node = node->next) {
		add_records(zone, node);
		if (zone_record_of(node->records, ZONE_NS) != NULL)
			add_soa(zone, node);
	}
	return zone;
}
