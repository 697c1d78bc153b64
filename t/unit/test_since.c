/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/since.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "t/unit/rows.h"

/* 2026-11-20 is a Friday; 15:04:05 in Berlin (UTC+1). */
#define NOW_MS 1795183445000LL
#define MIDNIGHT_MS 1795129200000LL	/* 2026-11-20 00:00 +0100 */
#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define AT(ms) (ms), (ms)

static const struct parse {
	const char *name, *text;
	int64_t begin_ms, end_ms;	/* 0: no such word */
} parse_table[] = {
	{ "days", "3d", AT(NOW_MS - 3 * DAY) },
	{ "hours", "2h", AT(NOW_MS - 2 * HOUR) },
	{ "minutes", "45m", AT(NOW_MS - 45 * MINUTE) },
	{ "seconds", "90s", AT(NOW_MS - 90 * SECOND) },
	{ "weeks", "2w", AT(NOW_MS - 14 * DAY) },
	{ "days_in_words", "3 days", AT(NOW_MS - 3 * DAY) },
	{ "an_hour_ago", "1 hour ago", AT(NOW_MS - HOUR) },
	{ "upper_case", "3 DAYS AGO", AT(NOW_MS - 3 * DAY) },
	{ "now", "now", AT(NOW_MS) },
	{ "today", "today", MIDNIGHT_MS, MIDNIGHT_MS + DAY },
	{ "yesterday", "yesterday", MIDNIGHT_MS - DAY, MIDNIGHT_MS },
	{ "monday", "monday", MIDNIGHT_MS - 4 * DAY, MIDNIGHT_MS - 3 * DAY },
	{ "the_name_of_today", "Friday", MIDNIGHT_MS, MIDNIGHT_MS + DAY },
	{ "a_short_name_of_a_day", "sat", MIDNIGHT_MS - 6 * DAY, MIDNIGHT_MS - 5 * DAY },
	{ "a_date", "2026-11-20", MIDNIGHT_MS, MIDNIGHT_MS + DAY },
	{ "a_date_and_a_time", "2026-11-20 14:00", MIDNIGHT_MS + 14 * HOUR, MIDNIGHT_MS + 14 * HOUR + MINUTE },
	{ "a_date_and_seconds", "2026-11-20T14:00:05", MIDNIGHT_MS + 14 * HOUR + 5 * SECOND, MIDNIGHT_MS + 14 * HOUR + 6 * SECOND },
	{ "in_utc", "2026-11-20T14:00:05Z", MIDNIGHT_MS + 15 * HOUR + 5 * SECOND, MIDNIGHT_MS + 15 * HOUR + 6 * SECOND },
	{ "yesterday_at", "yesterday 14:00", MIDNIGHT_MS - 10 * HOUR, MIDNIGHT_MS - 10 * HOUR + MINUTE },
	{ "monday_at", "monday 8:30", MIDNIGHT_MS - 4 * DAY + 8 * HOUR + 30 * MINUTE, MIDNIGHT_MS - 4 * DAY + 8 * HOUR + 31 * MINUTE },
	{ "a_time_of_today", "14:00", MIDNIGHT_MS + 14 * HOUR, MIDNIGHT_MS + 14 * HOUR + MINUTE },
	{ "a_time_still_to_come_is_yesterdays", "16:00", MIDNIGHT_MS - 8 * HOUR, MIDNIGHT_MS - 8 * HOUR + MINUTE },
	{ "january", "2026-01-31", 1769814000000LL, 1769814000000LL + DAY },
	{ "december", "2025-12-01", 1764543600000LL, 1764543600000LL + DAY },
	{ "seconds_since_1970", "@1795129200", AT(MIDNIGHT_MS) },
	{ "spaces_around", "  3d ", AT(NOW_MS - 3 * DAY) },
	{ "the_day_of_the_change_has_25_hours", "2026-10-25", 1792879200000LL, 1792879200000LL + 25 * HOUR },
	{ "across_the_change", "2026-10-24", 1792879200000LL - DAY, 1792879200000LL },

	{ "nothing", "", 0, 0 },
	{ "a_word", "soon", 0, 0 },
	{ "a_number_alone", "3", 0, 0 },
	{ "an_unknown_unit", "3y", 0, 0 },
	{ "a_negative_number", "-3d", 0, 0 },
	{ "too_large_a_number", "99999999999d", 0, 0 },
	{ "text_behind", "3d x", 0, 0 },
	{ "month_13", "2026-13-01", 0, 0 },
	{ "february_30", "2026-02-30", 0, 0 },
	{ "day_0", "2026-01-00", 0, 0 },
	{ "hour_24", "2026-11-20 24:00", 0, 0 },
	{ "minute_60", "14:60", 0, 0 },
	{ "a_time_that_stops", "14:", 0, 0 },
	{ "a_date_that_stops", "2026-11-", 0, 0 },
	{ "text_behind_a_date", "2026-11-20x", 0, 0 },
	{ "text_behind_a_day", "monday morning", 0, 0 },
	{ "before_1970", "1969-12-31", 0, 0 },
	{ "too_many_seconds", "@99999999999999", 0, 0 },
	{ "no_seconds", "@", 0, 0 },
};

static void check_parse(void **state)
{
	const struct parse *row = *state;
	int64_t begin_ms = -1, end_ms = -1;
	int r = since_parse(row->text, NOW_MS, &begin_ms, &end_ms);

	assert_int_equal(r, row->begin_ms == 0 ? -EINVAL : 0);
	if (r < 0)
		return;
	assert_int_equal(begin_ms, row->begin_ms);
	assert_int_equal(end_ms, row->end_ms);
}

int main(void)
{
	static struct rows rows;

	(void)setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	rows_add(&rows, parse_table, check_parse);
	return rows_run(&rows, "since");
}
