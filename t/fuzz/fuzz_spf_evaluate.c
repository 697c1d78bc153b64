/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole DNS made of the input, asked with its own names: the evaluation ends, keeps its limits, and in whatever order the answers come,
 * its result is the same.
 *
 * The input is lines: the first is sender, HELO name and client, separated by "|". The others are "NAMES TYPE DATA": NAMES are the first
 * letters of the names that have the record ("*": all), TYPE is T, A, M or P, and "U" for an answer that failed. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "milter/lookup/spf_evaluate.h"
#include "t/lib/trickle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LETTERS = 27, TYPES = 4, LINES_MAX = 200 };

struct dns {
	struct arena *arena;
	struct str lines[LINES_MAX];
	size_t lines_len;
	struct dns_answer *answers[LETTERS][TYPES];
	unsigned questions;
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

static bool is_of(struct str names, char letter)
{
	return memchr(names.p, letter, names.len) != NULL || memchr(names.p, '*', names.len) != NULL;
}

/* As the resolver would have it: escapes, lower case, no dot behind it. */
static struct str name_text(struct arena *arena, struct str data)
{
	char *text = arena_alloc(arena, data.len + 1);

	for (size_t i = 0; i < data.len; i++)
		text[i] = ascii_is_alnum(data.p[i]) || data.p[i] == '.' ? ascii_lower(data.p[i]) : '_';
	return (struct str){ text, data.len < DNS_NAME_MAX ? data.len : DNS_NAME_MAX };
}

static struct dns_record read_record(struct arena *arena, char type, struct str data)
{
	char *bytes = arena_alloc(arena, 16);

	if (type == 'T')
		return (struct dns_record){ .data = data };
	if (type != 'A')
		return (struct dns_record){ .data = name_text(arena, data) };
	memcpy(bytes, data.p, data.len < 4 ? data.len : 4);
	return (struct dns_record){ .data = { bytes, 4 } };
}

static struct dns_answer *make_answer(struct dns *dns, char letter, char type)
{
	struct dns_record records[LINES_MAX];
	size_t len = 0;

	for (size_t i = 0; i < dns->lines_len; i++) {
		struct str rest = dns->lines[i];
		const struct str names = str_split(&rest, " "), word = str_split(&rest, " ");

		if (names.len == 0 || word.len != 1 || rest.p == NULL || !is_of(names, letter))
			continue;
		if (word.p[0] == 'U')
			return dns_answer_unknown("fuzz");
		if (word.p[0] == type)
			records[len++] = read_record(dns->arena, type, rest);
	}
	return len == 0 ? dns_answer_nothing(true) : dns_answer_new(DNS_FOUND, "", records, len);
}

static const struct dns_answer *ask(void *arg, const char *name, enum dns_type type)
{
	struct dns *dns = arg;
	const bool is_letter = name[0] >= 'a' && name[0] <= 'z';
	const size_t row = is_letter ? (size_t)(name[0] - 'a') : LETTERS - 1;
	const size_t column = type == DNS_TXT ? 0 : type == DNS_MX ? 2 : type == DNS_PTR ? 3 : 1;

	check(strlen(name) < DNS_NAME_TEXT_MAX);
	for (const char *p = name; *p != '\0'; p++)
		check(*p > ' ' && *p <= '~');
	dns->questions++;
	if (dns->answers[row][column] == NULL)
		dns->answers[row][column] = make_answer(dns, is_letter ? name[0] : '0', "TAMP"[column]);
	return dns->answers[row][column];
}

static void check_printable(const char *text)
{
	for (; *text != '\0'; text++)
		check(*text >= ' ' && *text <= '~');
}

static void check_answer(const struct spf_answer *answer)
{
	check_printable(answer->mechanism);
	check_printable(answer->domain);
	check_printable(answer->problem);
	check_printable(answer->explanation);
	check(strlen(answer->explanation) <= 500 && strlen(answer->problem) < 256);
	check((answer->problem[0] != '\0') == (answer->result == SPF_TEMPERROR || answer->result == SPF_PERMERROR));
	check(answer->result == SPF_PERMERROR || (answer->terms <= 10 && answer->voids <= 2));
	check(answer->terms <= 11 && answer->voids <= 3);
}

static void check_order(struct arena *arena, struct dns *dns, const struct spf_query *query, const struct spf_answer *expected)
{
	for (unsigned seed = 0; seed < 2; seed++) {
		struct trickle *trickle = trickle_new(arena, ask, dns, seed);
		struct spf_answer answer;

		while (spf_evaluate(arena, query, &spf_limits_default, trickle_ask, trickle, &answer) == -EAGAIN)
			check(trickle_next(trickle));
		check(answer.result == expected->result && strcmp(answer.mechanism, expected->mechanism) == 0);
		check(strcmp(answer.domain, expected->domain) == 0 && strcmp(answer.problem, expected->problem) == 0);
		check(strcmp(answer.explanation, expected->explanation) == 0);
		check(answer.terms == expected->terms && answer.voids == expected->voids);
	}
}

/* The client is an IPv4 address: with others the names would be the same. */
static struct spf_query read_query(struct arena *arena, struct str line)
{
	struct spf_query query = { .client = { .family = IP_V4 }, .host = "gw.example", .explain = true };
	struct str rest = line;
	const struct str sender = str_split(&rest, "|"), helo = str_split(&rest, "|");
	const char *at;

	query.sender = arena_strndup(arena, sender.len == 0 ? "" : sender.p, sender.len);
	query.helo = arena_strndup(arena, helo.len == 0 ? "" : helo.p, helo.len);
	if (rest.p != NULL)
		memcpy(query.client.bytes, rest.p, rest.len < 4 ? rest.len : 4);
	at = strrchr(query.sender, '@');
	query.domain = at == NULL ? query.helo : at + 1;
	return query;
}

static void run(struct arena *arena, struct dns *dns, struct str text)
{
	const struct spf_query query = read_query(arena, str_split(&text, "\n"));
	struct spf_answer answer;

	while (text.p != NULL && dns->lines_len < LINES_MAX)
		dns->lines[dns->lines_len++] = str_split(&text, "\n");
	check(spf_evaluate(arena, &query, &spf_limits_default, ask, dns, &answer) == 0);
	check(dns->questions <= spf_limits_default.questions);
	check_answer(&answer);
	check_order(arena, dns, &query, &answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct dns dns = { .arena = arena };

	run(arena, &dns, (struct str){ (const char *)data, size });
	for (size_t i = 0; i < LETTERS; i++)
		for (size_t k = 0; k < TYPES; k++)
			dns_answer_unref(dns.answers[i][k]);
	arena_free(arena);
	return 0;
}
