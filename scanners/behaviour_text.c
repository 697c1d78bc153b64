/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/behaviour_text.h"

#include <time.h>

static unsigned rounded(float number)
{
	return number < 1 ? 1 : (unsigned)(number + 0.5f);
}

static const char *plural(unsigned long long number)
{
	return number == 1 ? "" : "s";
}

/* It does when it is further beyond the usual than the hour. */
static bool speaks_of_day(const struct profile_judgement *judgement)
{
	const struct profile_amount *hour = &judgement->hour, *day = &judgement->day;

	return (float)day->now * hour->usual > (float)hour->now * day->usual && day->now > hour->now;
}

static const char *amount_text(struct arena *arena, const struct profile_judgement *judgement)
{
	const struct profile_amount *hour = &judgement->hour, *day = &judgement->day;

	if (speaks_of_day(judgement))
		return arena_printf(arena, "%u recipient%s in a day (usual %u)", day->now, plural(day->now), rounded(day->usual));
	return arena_printf(arena, "%u recipient%s in %u minute%s (usual %u an hour)", hour->now, plural(hour->now),
			    judgement->minutes, plural(judgement->minutes), rounded(hour->usual));
}

static unsigned new_domains(const struct profile_judgement *judgement)
{
	return speaks_of_day(judgement) ? judgement->domains_day.now : judgement->domains.now;
}

const char *behaviour_evidence(struct arena *arena, const struct profile_judgement *judgement)
{
	const struct {
		enum profile_signal signal;
		unsigned number;
		const char *one, *many;
	} parts[] = {
		{ SIGNAL_FANOUT, judgement->fanout.now, "of one message", "of one message" },
		{ SIGNAL_SUBJECT, judgement->subject.now, "message with one subject", "messages with one subject" },
		{ SIGNAL_DOMAINS, new_domains(judgement), "new domain", "new domains" },
		{ SIGNAL_NETWORK, judgement->networks, "new network", "new networks" },
		{ SIGNAL_HELO, judgement->helos, "new HELO name", "new HELO names" },
		{ SIGNAL_REFUSED, judgement->refused.now, "refused recipient", "refused recipients" },
		{ SIGNAL_BOUNCES, judgement->bounces.now, "bounce", "bounces" },
		{ SIGNAL_HELD, judgement->held.now, "held message", "held messages" },
	};
	const char *text = amount_text(arena, judgement);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (judgement->points[parts[i].signal] > 0)
			text = arena_printf(arena, "%s, %u %s", text, parts[i].number, parts[i].number == 1 ? parts[i].one : parts[i].many);
	if (judgement->points[SIGNAL_HOUR] > 0)
		text = arena_printf(arena, "%s, at an unusual hour", text);
	return text;
}

const char *behaviour_time(struct arena *arena, uint64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / 1000);
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm);
	return arena_strdup(arena, text);
}
