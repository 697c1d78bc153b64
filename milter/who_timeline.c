/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The timeline: a row for each day, then for each hour of the last 24, each with a bar and with what happened then. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "milter/who.h"

#define HOUR_MS 3600000LL

enum { BAR_WIDTH = 30, MOMENTS_IN_ROW = 5, LABEL_SIZE = 32 };

struct scale {
	const struct show *show;
	FILE *out;
	uint64_t full;		/* the longest bar */
};

enum label { LABEL_DAY, LABEL_HOUR, LABEL_MOMENT };

static void label_of(int64_t time_ms, enum label kind, char label[LABEL_SIZE])
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm tm;

	label[0] = '\0';
	if (localtime_r(&seconds, &tm) == NULL)
		return;
	if (kind == LABEL_DAY)
		(void)strftime(label, LABEL_SIZE, "%a %Y-%m-%d", &tm);
	else if (kind == LABEL_HOUR)
		(void)strftime(label, LABEL_SIZE, "%a %H:%M", &tm);
	else
		(void)strftime(label, LABEL_SIZE, "%H:%M", &tm);
}

/* Something that happened, under the row of its time. */
static void print_moments(const struct scale *scale, const struct who *who, int64_t from_ms, int64_t to_ms)
{
	size_t shown = 0, more = 0;

	for (size_t i = who->moments_len; i-- > 0;) {
		const struct who_moment *moment = &who->moments[i];
		char label[LABEL_SIZE];

		if (moment->time_ms < from_ms || moment->time_ms >= to_ms)
			continue;
		if (shown++ >= MOMENTS_IN_ROW) {
			more++;
			continue;
		}
		label_of(moment->time_ms, LABEL_MOMENT, label);
		show_say(scale->out, scale->show, 6, "! %s %s", label, moment->text);
	}
	if (more > 0)
		show_say(scale->out, scale->show, 6, "! and %zu more", more);
}

static void print_row(const struct scale *scale, const char *label, const struct who_count *count)
{
	const struct show *show = scale->show;
	const char *bar = show_bar(show, count->recipients, scale->full, BAR_WIDTH), *rest = "";

	if (count->recipients > 0 || count->messages > 0)
		rest = arena_printf(show->arena, "%s, %s", show_count(show, count->recipients, "recipient", "recipients"),
				    show_count(show, count->messages, "message", "messages"));
	if (count->refused > 0)
		rest = arena_printf(show->arena, "%s%s%s refused", rest, rest[0] == '\0' ? "" : ", ", show_number(show, count->refused));
	(void)fprintf(scale->out, "  %-14s %s%*s %s\n", label, bar, (int)(BAR_WIDTH - show_width(bar)), "", rest);
}

static bool is_empty(const struct who_count *count)
{
	return count->messages == 0 && count->recipients == 0 && count->refused == 0;
}

static bool has_moment(const struct who *who, int64_t from_ms, int64_t to_ms)
{
	for (size_t i = 0; i < who->moments_len; i++)
		if (who->moments[i].time_ms >= from_ms && who->moments[i].time_ms < to_ms)
			return true;
	return false;
}

/* Of empty rows in a row only how many they are. */
static void print_gap(const struct scale *scale, unsigned *gap, const char *one, const char *more)
{
	if (*gap > 0)
		(void)fprintf(scale->out, "  (%s of silence)\n", show_count(scale->show, *gap, one, more));
	*gap = 0;
}

static void print_days(const struct scale *scale, const struct who *who)
{
	unsigned gap = 0;
	bool begun = false;

	for (size_t day = WHO_DAYS; day-- > 0;) {
		int64_t from_ms = who->day_ms[day], to_ms = day == 0 ? INT64_MAX : who->day_ms[day - 1];
		char label[LABEL_SIZE];

		if (is_empty(&who->days[day]) && !has_moment(who, from_ms, to_ms)) {
			gap += begun;
			continue;
		}
		print_gap(scale, &gap, "day", "days");
		begun = true;
		label_of(from_ms, LABEL_DAY, label);
		print_row(scale, label, &who->days[day]);
		if (day > 0)	/* those of today stand beside the hours */
			print_moments(scale, who, from_ms, to_ms);
	}
	print_gap(scale, &gap, "day", "days");
}

static void print_hours(const struct scale *scale, const struct who *who)
{
	int64_t hour_begins_ms = who->now_ms / HOUR_MS * HOUR_MS;
	unsigned gap = 0;

	for (int hour = WHO_RECENT_HOURS; hour-- > 0;) {
		int64_t from_ms = hour_begins_ms - hour * HOUR_MS, to_ms = hour == 0 ? INT64_MAX : from_ms + HOUR_MS;
		char label[LABEL_SIZE];

		if (is_empty(&who->hours[hour]) && !has_moment(who, from_ms, to_ms)) {
			gap++;
			continue;
		}
		print_gap(scale, &gap, "hour", "hours");
		label_of(from_ms, LABEL_HOUR, label);
		print_row(scale, label, &who->hours[hour]);
		print_moments(scale, who, from_ms, to_ms);
	}
	print_gap(scale, &gap, "hour", "hours");
}

static uint64_t highest(const struct who_count *counts, size_t len)
{
	uint64_t most = 0;

	for (size_t i = 0; i < len; i++)
		if (counts[i].recipients > most)
			most = counts[i].recipients;
	return most;
}

void who_print_timeline(FILE *out, const struct show *show, const struct who *who)
{
	struct scale scale = { show, out, highest(who->days, WHO_DAYS) };

	(void)fprintf(out, "\nTimeline, by day\n");
	print_days(&scale, who);
	(void)fprintf(out, "\nThe last 24 hours, by hour\n");
	scale.full = highest(who->hours, WHO_RECENT_HOURS);
	print_hours(&scale, who);
	if (who->moments_left_out > 0)
		show_say(out, show, 2, "There is more than is shown: %s were left out.", show_count(show, who->moments_left_out, "moment", "moments"));
}
