/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever a list answers: nobody is listed by an answer that is an error, and its words can be put into a reply. The first octet says how many
 * addresses follow, the rest is the TXT record; what an operator writes as a code is read from it, too. */
#include <stdlib.h>

#include "scanners/dnsbl_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ADDRESSES_MAX = 8 };

static void check(bool holds)
{
	if (!holds)
		abort();
}

static bool is_harmless(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e || *text == '<' || *text == '>' || *text == '"')
			return false;
	return true;
}

static void check_reading(const struct dns_answer *answer, const struct dnsbl_filter *filter)
{
	struct dnsbl_reading reading = dnsbl_read(answer, filter);

	check((reading.meaning == DNSBL_ERROR) == (reading.why[0] != '\0'));
	check(reading.refused == (reading.meaning == DNSBL_ERROR));
	check(reading.meaning != DNSBL_NOT_LISTED || reading.address == 0);
	for (size_t i = 0; i < answer->len; i++) {
		const uint8_t *p = (const uint8_t *)answer->records[i].data.p;

		if (p[0] != 127 || (p[0] == 127 && p[1] == 255 && p[2] == 255))
			check(reading.meaning == DNSBL_ERROR);
	}
	if (reading.meaning == DNSBL_LISTED)
		check(filter->codes.len == 0 || dnsbl_codes_match(&filter->codes, reading.address));
}

static void check_words(struct arena *arena, const struct dns_answer *txt, const char *own)
{
	char reason[DNSBL_REASON_MAX + 1], problem[CONF_PROBLEM_MAX];
	const struct dnsbl_words words = { "client 192.0.2.9", "192.0.2.9", "bl.example", "127.0.0.2", dnsbl_reason(txt, reason) };

	check(strlen(reason) <= DNSBL_REASON_MAX && is_harmless(reason) && reason[0] != ' ' && strstr(reason, "  ") == NULL);
	check(is_harmless(dnsbl_text(arena, "", &words)));
	if (dnsbl_text_check(NULL, own, (struct conf_where){ NULL, 0 }, NULL, problem) == 0)
		check(strstr(dnsbl_text(arena, own, &words), words.title) != NULL);
}

static void check_code(const char *text, struct dnsbl_code *code, struct dnsbl_filter *filter)
{
	char problem[CONF_PROBLEM_MAX] = "";

	if (dnsbl_code_parse(text, code, problem) < 0) {
		check(problem[0] != '\0');
		return;
	}
	check(code->first <= code->last && code->first >> 24 == 127 && code->last >> 24 == 127);
	filter->codes = (struct dnsbl_codes){ code, 1 };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count = size == 0 ? 0 : data[0] % (ADDRESSES_MAX + 1), head = 1 + 4 * count;
	struct dns_record records[ADDRESSES_MAX], rest;
	struct dnsbl_filter filter = { .codes = { NULL, 0 } };
	struct dns_answer *answer, *txt;
	struct dnsbl_code code;
	struct arena *arena;
	const char *text;

	if (size < head || size - head > DNS_ANSWER_MAX)
		return 0;
	for (size_t i = 0; i < count; i++)
		records[i] = (struct dns_record){ .data = { (const char *)data + 1 + 4 * i, 4 } };
	rest = (struct dns_record){ .data = { (const char *)data + head, size - head } };
	arena = arena_new();
	text = arena_strndup(arena, rest.data.p, rest.data.len);
	answer = count == 0 ? dns_answer_nothing(true) : dns_answer_new(DNS_FOUND, "", records, count);
	txt = dns_answer_new(DNS_FOUND, "", &rest, 1);
	check_reading(answer, &filter);
	check_code(text, &code, &filter);
	check_reading(answer, &filter);
	check_words(arena, txt, text);
	dns_answer_unref(answer);
	dns_answer_unref(txt);
	arena_free(arena);
	return 0;
}
