/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/hold_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "milter/base/str.h"

enum {
	SUBJECT_MAX = 255,
	WIDEST_V4 = 8, WIDEST_V6 = 16,	/* wider is a typing error, and nobody could write any more */
};

#define SHORTEST_MS 60000u
#define LONGEST_MS (3650ULL * 24 * 3600 * 1000)

static bool is_address(const struct network *network)
{
	return network->prefix == (network->ip.family == IP_V4 ? 32 : 128);
}

static int parse_client(struct arena *arena, const char *text, struct hold *hold, char *problem)
{
	struct network network;
	char meant[NETWORK_TEXT_MAX];
	int r = network_parse(text, &network);

	if (r == -EDOM)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" has host bits; the network is %s", text, network_format(&network, meant));
	else if (r < 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" is no address and no network", text);
	else if (network.prefix < (network.ip.family == IP_V4 ? WIDEST_V4 : WIDEST_V6))
		(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" is half the world: hold something smaller", text);
	else
		hold->subject = arena_strdup(arena, is_address(&network) ? ip_format(&network.ip, meant) : network_format(&network, meant));
	hold->kind = HOLD_CLIENT;
	return hold->subject == NULL ? -EINVAL : 0;
}

static int parse_login(struct arena *arena, const char *text, struct hold *hold, char *problem)
{
	size_t len = strlen(text);

	hold->kind = HOLD_LOGIN;
	hold->subject = arena_strdup(arena, text);
	for (const char *p = text; *p != '\0'; p++)
		if (ascii_is_control(*p))
			len = 0;
	if (len > 0 && len <= SUBJECT_MAX)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" is no login, address or network", text);
	return -EINVAL;
}

/* "10.0.0.1/8" and "192.0.2.256" are meant as addresses, and nobody of that login would ever be held. */
static bool looks_like_address(const char *text)
{
	bool dotted = strpbrk(text, "./") != NULL && strspn(text, "0123456789./") == strlen(text);

	return dotted || (strchr(text, ':') != NULL && strspn(text, "0123456789abcdefABCDEF:./") == strlen(text));
}

int hold_subject_parse(struct arena *arena, const char *text, struct hold *ret_hold, char *problem)
{
	ret_hold->subject = NULL;
	if (strncmp(text, "login:", 6) == 0)
		return parse_login(arena, text + 6, ret_hold, problem);
	if (strncmp(text, "client:", 7) == 0)
		return parse_client(arena, text + 7, ret_hold, problem);
	if (text[0] != '\0' && looks_like_address(text))
		return parse_client(arena, text, ret_hold, problem);
	return parse_login(arena, text, ret_hold, problem);
}

static int parse_time(const char *text, int64_t now_ms, struct hold *hold, char *problem)
{
	uint64_t ms;

	hold->until_ms = 0;
	if (strcmp(text, "ever") == 0)
		return 0;
	if (conf_parse_duration(text, &ms) < 0 || ms < SHORTEST_MS || ms > LONGEST_MS) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" is no time: for 30m, for 2h, for 7d, for ever", text);
		return -EINVAL;
	}
	hold->until_ms = now_ms + (int64_t)ms;
	return 0;
}

static int parse_because(struct arena *arena, const char *const *words, size_t words_len, struct hold *hold, char *problem)
{
	const char *text = "";

	for (size_t i = 0; i < words_len && strlen(text) <= HOLD_BECAUSE_MAX; i++)
		text = arena_printf(arena, "%s%s%s", text, i == 0 ? "" : " ", words[i]);
	hold->because = text;
	for (const char *p = text; *p != '\0'; p++)
		if (*p < ' ' || *p > '~') {
			(void)snprintf(problem, CONF_PROBLEM_MAX, "the reason stands in SMTP replies: ASCII alone, please");
			return -EINVAL;
		}
	if (words_len > 0 && strlen(text) <= HOLD_BECAUSE_MAX)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, words_len == 0 ? "because of what?" : "the reason has more than %d letters", HOLD_BECAUSE_MAX);
	return -EINVAL;
}

int hold_words_parse(struct arena *arena, const char *const *words, size_t words_len, int64_t now_ms, struct hold *ret_hold, char *problem)
{
	size_t at = 1;

	*ret_hold = (struct hold){ .since_ms = now_ms, .until_ms = now_ms + HOLD_WORDS_MS, .by = "", .because = "" };
	(void)snprintf(problem, CONF_PROBLEM_MAX, "whom?");
	if (words_len == 0 || hold_subject_parse(arena, words[0], ret_hold, problem) < 0)
		return -EINVAL;
	if (at + 1 < words_len && strcmp(words[at], "for") == 0) {
		if (parse_time(words[at + 1], now_ms, ret_hold, problem) < 0)
			return -EINVAL;
		at += 2;
	}
	if (at < words_len && strcmp(words[at], "because") == 0)
		return parse_because(arena, words + at + 1, words_len - at - 1, ret_hold, problem);
	if (at == words_len)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" is not understood here: LOGIN|IP|NETWORK [for 2h] [because WORDS...]", words[at]);
	return -EINVAL;
}
