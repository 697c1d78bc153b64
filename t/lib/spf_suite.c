/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/spf_suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "milter/base/cleanup.h"
#include "t/lib/spf_suite_zone.h"

/* What a reader needs of a YAML document. */
struct reader {
	struct arena *arena;
	yaml_document_t document;
};

static yaml_node_t *node_at(struct reader *reader, int index)
{
	return yaml_document_get_node(&reader->document, index);
}

/* The suites write octets above ASCII as "\xEF", which YAML takes for code points. */
static struct str scalar(struct reader *reader, const yaml_node_t *node)
{
	char *text, *out;

	if (node == NULL || node->type != YAML_SCALAR_NODE)
		return (struct str){ NULL, 0 };
	out = text = arena_alloc(reader->arena, node->data.scalar.length + 1);
	for (size_t i = 0; i < node->data.scalar.length; i++) {
		unsigned char c = node->data.scalar.value[i];

		if ((c == 0xc2 || c == 0xc3) && i + 1 < node->data.scalar.length)
			c = (unsigned char)((c & 3u) << 6 | (node->data.scalar.value[++i] & 0x3fu));
		*out++ = (char)c;
	}
	return (struct str){ text, (size_t)(out - text) };
}

static yaml_node_t *value_of(struct reader *reader, const yaml_node_t *mapping, const char *key)
{
	if (mapping == NULL || mapping->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top; pair++)
		if (str_equal(scalar(reader, node_at(reader, pair->key)), str_of(key)))
			return node_at(reader, pair->value);
	return NULL;
}

static const char *text_of(struct reader *reader, const yaml_node_t *mapping, const char *key)
{
	return scalar(reader, value_of(reader, mapping, key)).p;
}

static size_t sequence_length(const yaml_node_t *node)
{
	if (node == NULL || node->type != YAML_SEQUENCE_NODE)
		return 0;
	return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

static struct str item(struct reader *reader, const yaml_node_t *sequence, size_t i)
{
	return scalar(reader, node_at(reader, sequence->data.sequence.items.start[i]));
}

/* The strings of a TXT are joined with nothing between them. */
static struct str joined(struct reader *reader, const yaml_node_t *sequence)
{
	struct str whole = { "", 0 };

	for (size_t i = 0; i < sequence_length(sequence); i++) {
		const struct str part = item(reader, sequence, i);
		char *text = arena_alloc(reader->arena, whole.len + part.len + 1);

		memcpy(text, whole.p, whole.len);
		memcpy(text + whole.len, part.p, part.len);
		whole = (struct str){ text, whole.len + part.len };
	}
	return whole;
}

static void read_rr(struct reader *reader, struct spf_zone *zone, struct str name, const char *word, const yaml_node_t *value)
{
	unsigned long long preference = 0;
	struct str data = scalar(reader, value);

	if (strcmp(word, "MX") == 0 && sequence_length(value) == 2) {
		(void)str_to_u64(item(reader, value, 0), &preference);
		data = item(reader, value, 1);
	} else if (value->type == YAML_SEQUENCE_NODE) {
		data = joined(reader, value);
	}
	spf_zone_add(zone, name, word, data, (unsigned)preference);
}

static void read_entry(struct reader *reader, struct spf_zone *zone, struct str name, const yaml_node_t *entry)
{
	if (entry->type == YAML_SCALAR_NODE)
		spf_zone_add(zone, name, scalar(reader, entry).p, STR(""), 0);
	if (entry->type != YAML_MAPPING_NODE)
		return;
	for (yaml_node_pair_t *pair = entry->data.mapping.pairs.start; pair < entry->data.mapping.pairs.top; pair++)
		read_rr(reader, zone, name, scalar(reader, node_at(reader, pair->key)).p, node_at(reader, pair->value));
}

static struct spf_zone *read_zone(struct reader *reader, const yaml_node_t *mapping)
{
	struct spf_zone *zone = spf_zone_new(reader->arena);

	for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top; pair++) {
		const struct str name = scalar(reader, node_at(reader, pair->key));
		const yaml_node_t *entries = node_at(reader, pair->value);

		spf_zone_add(zone, name, NULL, STR(""), 0);
		for (size_t i = 0; i < sequence_length(entries); i++)
			read_entry(reader, zone, name, node_at(reader, entries->data.sequence.items.start[i]));
	}
	spf_zone_finish(zone);
	return zone;
}

static void read_results(struct reader *reader, const yaml_node_t *node, struct spf_suite_test *test)
{
	test->results[0] = scalar(reader, node).p;
	for (size_t i = 0; i < sequence_length(node) && i + 1 < SPF_SUITE_RESULTS; i++)
		test->results[i] = item(reader, node, i).p;
}

static void read_test(struct reader *reader, const char *name, const yaml_node_t *node, struct spf_suite_test *test)
{
	*test = (struct spf_suite_test){
		.name = name,
		.helo = text_of(reader, node, "helo"),
		.host = text_of(reader, node, "host"),
		.mailfrom = text_of(reader, node, "mailfrom"),
		.explanation = text_of(reader, node, "explanation"),
	};
	read_results(reader, value_of(reader, node, "result"), test);
	if (test->helo == NULL || test->host == NULL || test->mailfrom == NULL || test->results[0] == NULL ||
	    ip_parse(test->host, &test->client) < 0) {
		(void)fprintf(stderr, "spf_suite: test %s cannot be understood\n", name);
		abort();
	}
}

static void read_scenario(struct reader *reader, struct spf_suite *suite)
{
	const yaml_node_t *root = yaml_document_get_root_node(&reader->document);
	const yaml_node_t *tests = value_of(reader, root, "tests"), *zone = value_of(reader, root, "zonedata");
	struct spf_scenario *scenario;

	if (tests == NULL || zone == NULL || tests->type != YAML_MAPPING_NODE || zone->type != YAML_MAPPING_NODE) {
		(void)fprintf(stderr, "spf_suite: scenario %zu has no tests or no zone\n", suite->len + 1);
		abort();
	}
	scenario = arena_push(reader->arena, (void **)&suite->scenarios, &suite->len, sizeof(*scenario));
	scenario->description = text_of(reader, root, "description");
	if (scenario->description == NULL)
		scenario->description = arena_printf(reader->arena, "scenario %zu", suite->len);
	scenario->zone = read_zone(reader, zone);
	for (yaml_node_pair_t *pair = tests->data.mapping.pairs.start; pair < tests->data.mapping.pairs.top; pair++)
		read_test(reader, scalar(reader, node_at(reader, pair->key)).p, node_at(reader, pair->value),
			  arena_push(reader->arena, (void **)&scenario->tests, &scenario->tests_len, sizeof(*scenario->tests)));
	suite->tests_len += scenario->tests_len;
}

static FILE *open_file(const char *file)
{
	const char *vectors = getenv("OCTROI_VECTORS"), *top = getenv("top_srcdir");
	char path[1024];

	if (vectors != NULL)
		(void)snprintf(path, sizeof(path), "%s/spf/%s", vectors, file);
	else
		(void)snprintf(path, sizeof(path), "%s/../shared/vectors/spf/%s", top == NULL ? "." : top, file);
	return fopen(path, "r");
}

/* Returns false after the last document. */
static bool read_document(struct reader *reader, yaml_parser_t *parser, struct spf_suite *suite)
{
	bool is_one;

	if (yaml_parser_load(parser, &reader->document) == 0) {
		(void)fprintf(stderr, "spf_suite: line %zu: %s\n", parser->problem_mark.line + 1, parser->problem);
		abort();
	}
	is_one = yaml_document_get_root_node(&reader->document) != NULL;
	if (is_one)
		read_scenario(reader, suite);
	yaml_document_delete(&reader->document);
	return is_one;
}

struct spf_suite *spf_suite_read(struct arena *arena, const char *file)
{
	_cleanup_(fclose_filep) FILE *in = open_file(file);
	struct spf_suite *suite = arena_new_of(arena, struct spf_suite);
	struct reader reader = { .arena = arena };
	yaml_parser_t parser;

	if (in == NULL || yaml_parser_initialize(&parser) == 0)
		return NULL;
	yaml_parser_set_input_file(&parser, in);
	while (read_document(&reader, &parser, suite))
		;
	yaml_parser_delete(&parser);
	return suite;
}

const struct dns_answer *spf_suite_ask(void *scenario, const char *name, enum dns_type type)
{
	return spf_zone_answer(((struct spf_scenario *)scenario)->zone, name, type);
}

struct spf_query spf_suite_query(struct arena *arena, const struct spf_suite_test *test)
{
	const char *at = strrchr(test->mailfrom, '@');
	struct spf_query query = {
		.client = test->client, .helo = test->helo, .host = "receiver.example", .now_ms = 1234567890123, .explain = true,
		.sender = test->mailfrom, .domain = at == NULL ? test->helo : at + 1,
	};

	if (at == NULL || at == test->mailfrom)
		query.sender = arena_printf(arena, "postmaster@%s", query.domain);
	return query;
}

bool spf_suite_accepts(const struct spf_suite_test *test, const char *result)
{
	for (size_t i = 0; i < SPF_SUITE_RESULTS && test->results[i] != NULL; i++)
		if (strcmp(test->results[i], result) == 0)
			return true;
	return false;
}
