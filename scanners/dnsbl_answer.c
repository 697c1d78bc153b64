/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dnsbl_answer.h"

#include <errno.h>
#include <stdio.h>

/* Spamhaus, and others after it. */
static const struct {
	uint32_t address;
	const char *why;
} refusals[] = {
	{ 0x7ffffffc, "the name of the zone is misspelt" },
	{ 0x7ffffffe, "the list does not answer public or open resolvers: ask it from a resolver of your own" },
	{ 0x7fffffff, "the list counts too many questions from here" },
};

const char *dnsbl_address_format(uint32_t address, char text[DNSBL_ADDRESS_MAX])
{
	(void)snprintf(text, DNSBL_ADDRESS_MAX, "%u.%u.%u.%u", address >> 24, address >> 16 & 0xff, address >> 8 & 0xff,
		       address & 0xff);
	return text;
}

static uint32_t address_of(const struct dns_record *record)
{
	const unsigned char *p = (const unsigned char *)record->data.p;

	return record->data.len != 4 ? 0 : (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static const char *refusal_of(uint32_t address)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].address == address)
			return refusals[i].why;
	return "the list refuses to answer";
}

static struct dnsbl_reading read_address(uint32_t address, const struct dnsbl_filter *filter)
{
	struct dnsbl_reading reading = { .address = address, .why = "" };

	if (address >> 24 != 127) {
		reading.meaning = DNSBL_ERROR;
		reading.why = "no list answers outside of 127.0.0.0/8: somebody answers in its place, or it is no list any more";
		reading.refused = true;
	} else if (dnsbl_code_is_error(address) || dnsbl_codes_match(&filter->refusals, address)) {
		reading.meaning = DNSBL_ERROR;
		reading.why = refusal_of(address);
		reading.refused = true;
	} else if (filter->codes.len == 0 || dnsbl_codes_match(&filter->codes, address)) {
		reading.meaning = DNSBL_LISTED;
	}
	return reading;
}

struct dnsbl_reading dnsbl_read(const struct dns_answer *answer, const struct dnsbl_filter *filter)
{
	struct dnsbl_reading best = { .why = "" };

	if (answer->status == DNS_UNKNOWN)
		return (struct dnsbl_reading){ .meaning = DNSBL_ERROR, .why = answer->why };
	for (size_t i = 0; i < answer->len; i++) {
		struct dnsbl_reading reading = read_address(address_of(&answer->records[i]), filter);

		if (reading.meaning > best.meaning)
			best = reading;
	}
	return best;
}

static char harmless(char c)
{
	if (c == '"')
		return '\'';
	if (c == '<')
		return '(';
	if (c == '>')
		return ')';
	if (ascii_is_space(c))
		return ' ';
	return ascii_is_control(c) || (unsigned char)c >= 0x80 ? '?' : c;
}

const char *dnsbl_reason(const struct dns_answer *answer, char text[DNSBL_REASON_MAX + 1])
{
	bool found = answer != NULL && answer->status == DNS_FOUND && answer->len > 0;
	struct str txt = found ? str_trim(answer->records[0].data) : STR("");
	size_t len = 0;

	for (size_t i = 0; i < txt.len && len < DNSBL_REASON_MAX; i++) {
		char c = harmless(txt.p[i]);

		if (c != ' ' || (len > 0 && text[len - 1] != ' '))
			text[len++] = c;
	}
	while (len > 0 && text[len - 1] == ' ')
		len--;
	text[len] = '\0';
	return text;
}

static const char *word_of(const struct dnsbl_words *words, char letter)
{
	switch (letter) {
	case 'a': return words->asked;
	case 'z': return words->title;
	case 'c': return words->code;
	case 'r': return words->reason;
	case '%': return "%";
	default: return NULL;
	}
}

/* Walks over text: what is left is written to out, if it is not NULL. Returns its length. */
static size_t expand(const char *text, const struct dnsbl_words *words, char *out)
{
	size_t len = 0;

	while (*text != '\0') {
		const char *word = *text == '%' ? word_of(words, text[1]) : NULL;
		const struct str part = word == NULL ? (struct str){ text, 1 } : str_of(word);

		for (size_t i = 0; out != NULL && i < part.len; i++)
			out[len + i] = part.p[i];
		len += part.len;
		text += word == NULL ? 1 : 2;
	}
	return len;
}

static bool names_list(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text != '%')
			continue;
		if (text[1] == 'z')
			return true;
		text += text[1] != '\0';
	}
	return false;
}

static const char *own_text(struct arena *arena, const char *own, const struct dnsbl_words *words)
{
	char *text = arena_alloc(arena, expand(own, words, NULL) + 1);

	(void)expand(own, words, text);
	return names_list(own) ? text : arena_printf(arena, "%s (%s %s)", text, words->title, words->code);
}

const char *dnsbl_text(struct arena *arena, const char *own, const struct dnsbl_words *words)
{
	if (own[0] != '\0')
		return own_text(arena, own, words);
	return arena_printf(arena, "%s is listed by %s (%s)%s%s", words->subject, words->title, words->code,
			    words->reason[0] == '\0' ? "" : ": ", words->reason);
}

int dnsbl_text_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	static const struct dnsbl_words none = { "", "", "", "", "" };

	(void)conf, (void)where, (void)field;
	for (const char *p = strchr(text, '%'); p != NULL; p = strchr(p + 2, '%')) {
		if (word_of(&none, p[1]) != NULL)
			continue;
		(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" has a %% that is none of %%a, %%z, %%c, %%r and %%%%", text);
		return -EINVAL;
	}
	return 0;
}
