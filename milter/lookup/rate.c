/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/rate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "conf/conf.h"
#include "milter/base/clock.h"
#include "milter/base/str.h"

struct rate_line {
	struct store_receipt receipt;
	size_t recipient;
};

int rate_parse(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	struct str rest = str_of(text);
	struct str number = str_trim(str_split(&rest, "/"));
	struct rate *rate = field;
	unsigned long long limit;

	(void)conf, (void)where;
	if (text[0] == '\0') {
		*rate = (struct rate){ 0 };
		return 0;
	}
	if (rest.p == NULL || str_to_u64(number, &limit) < 0 || limit == 0 || limit > UINT32_MAX ||
	    conf_parse_duration(rest.p, &rate->window_ms) < 0 || rate->window_ms < 1000) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.40s\" is no rate (NUMBER/DURATION, such as 50/1h)", text);
		return -EINVAL;
	}
	rate->limit = limit;
	return 0;
}

const char *rate_text(struct arena *arena, const struct rate *rate, const char *unit)
{
	static const struct {
		uint64_t ms;
		const char *name;
	} units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "m" }, { 1000, "s" }, { 1, "ms" } };
	size_t i = 0;

	while (rate->window_ms % units[i].ms != 0 || (units[i].ms == 86400000 && rate->window_ms == 86400000))	/* "24h" */
		i++;
	return arena_printf(arena, "%llu %s in %llu%s", (unsigned long long)rate->limit, unit,
			    (unsigned long long)(rate->window_ms / units[i].ms), units[i].name);
}

const char *rate_until(struct arena *arena, uint64_t wait_ms)
{
	uint64_t now_ms = clock_wall_ms();
	time_t now = (time_t)(now_ms / 1000), then;
	struct tm today, day;
	char text[40];

	if (wait_ms > INT32_MAX * (uint64_t)1000)
		return "until further notice";
	then = (time_t)((now_ms + wait_ms + 59999) / 60000 * 60);
	if (gmtime_r(&now, &today) == NULL || gmtime_r(&then, &day) == NULL)
		return "until later";
	if (strftime(text, sizeof(text), today.tm_yday == day.tm_yday && today.tm_year == day.tm_year ? "until %H:%M UTC" :
		     "until %Y-%m-%d %H:%M UTC", &day) == 0)
		return "until later";
	return arena_strdup(arena, text);
}

static void close_ledger(void *object)
{
	struct rate_ledger *ledger = object;

	if (!ledger->kept)
		for (size_t i = 0; i < ledger->len; i++)
			store_return(ledger->store, &ledger->lines[i].receipt);
	free(ledger->lines);
	*ledger = (struct rate_ledger){ .len = 0 };
}

void rate_ledger_open(struct rate_ledger *ledger, struct store *store, struct arena *arena)
{
	*ledger = (struct rate_ledger){ .store = store };
	arena_defer(arena, close_ledger, ledger);
}

static struct rate_line *next_line(struct rate_ledger *ledger)
{
	size_t capacity = ledger->capacity == 0 ? 8 : ledger->capacity * 2;
	struct rate_line *larger;

	if (ledger->len < ledger->capacity)
		return &ledger->lines[ledger->len++];
	larger = xcalloc(capacity, sizeof(*larger));
	if (ledger->len > 0)
		memcpy(larger, ledger->lines, ledger->len * sizeof(*larger));
	free(ledger->lines);
	ledger->lines = larger;
	ledger->capacity = capacity;
	return &ledger->lines[ledger->len++];
}

bool rate_take(struct rate_ledger *ledger, const char *key, uint64_t amount, const struct rate *rate, size_t recipient,
	       uint64_t *ret_wait_ms)
{
	struct store_receipt receipt;

	*ret_wait_ms = 0;
	if (rate->limit == 0)
		return true;
	if (!store_reserve(ledger->store, key, amount, rate->limit, rate->window_ms, &receipt, ret_wait_ms))
		return false;
	*next_line(ledger) = (struct rate_line){ .receipt = receipt, .recipient = recipient };
	return true;
}

bool rate_has_taken(const struct rate_ledger *ledger, const char *key)
{
	uint64_t hash = store_key(ledger->store, key);

	for (size_t i = 0; i < ledger->len; i++)
		if (ledger->lines[i].receipt.key == hash)
			return true;
	return false;
}

/* Recipients are refused one by one, each before the next one is asked about: their lines are the last ones, but for those of the message. */
void rate_drop_from(struct rate_ledger *ledger, size_t recipient)
{
	while (ledger->len > 0) {
		const struct rate_line *last = &ledger->lines[ledger->len - 1];

		if (last->recipient == RATE_MESSAGE || last->recipient < recipient)
			return;
		store_return(ledger->store, &last->receipt);
		ledger->len--;
	}
}

void rate_keep(struct rate_ledger *ledger)
{
	ledger->kept = true;
}
