/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/since.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

#include "milter/base/str.h"

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

enum { COUNT_MAX = 100000, SECONDS_MAX = 2000000000, DAYS_IN_WEEK = 7 };

struct span {
	int64_t begin_ms, end_ms;
};

/* The longest length of time that a name of it begins with: "d", "day", "days". */
static const struct unit {
	const char *names[5];
	int64_t ms;
} units[] = {
	{ { "s", "sec", "second", "seconds", "secs" }, SECOND },
	{ { "m", "min", "minute", "minutes", "mins" }, MINUTE },
	{ { "h", "hour", "hours", NULL, NULL }, HOUR },
	{ { "d", "day", "days", NULL, NULL }, DAY },
	{ { "w", "week", "weeks", NULL, NULL }, DAYS_IN_WEEK * DAY },
};

static int64_t unit_ms(struct str name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		for (size_t j = 0; j < 5 && units[i].names[j] != NULL; j++)
			if (str_equal_nocase(name, str_of(units[i].names[j])))
				return units[i].ms;
	return 0;
}

/* Digits in front of s, at most digits_max of them; they are taken off. */
static bool take_number(struct str *s, size_t digits_max, int *ret_number)
{
	unsigned long long number;
	size_t digits = 0;

	while (digits < s->len && ascii_is_digit(s->p[digits]))
		digits++;
	if (digits == 0 || digits > digits_max || str_to_u64((struct str){ s->p, digits }, &number) < 0)
		return false;
	*ret_number = (int)number;
	*s = (struct str){ s->p + digits, s->len - digits };
	return true;
}

static bool take_byte(struct str *s, char byte)
{
	if (s->len == 0 || s->p[0] != byte)
		return false;
	*s = (struct str){ s->p + 1, s->len - 1 };
	return true;
}

/* "3d", "3 days ago". */
static bool parse_ago(struct str s, int64_t now_ms, struct span *span)
{
	struct str word;
	int count;

	if (!take_number(&s, 6, &count) || count > COUNT_MAX)
		return false;
	s = str_trim(s);
	word = str_split(&s, " ");
	s = str_trim(s);
	if (unit_ms(word) == 0 || (s.len > 0 && !str_equal_nocase(s, STR("ago"))))
		return false;
	*span = (struct span){ now_ms - count * unit_ms(word), now_ms - count * unit_ms(word) };
	return true;
}

static bool parse_seconds(struct str s, struct span *span)
{
	unsigned long long seconds;

	if (!take_byte(&s, '@') || str_to_u64(s, &seconds) < 0 || seconds > SECONDS_MAX)
		return false;
	*span = (struct span){ (int64_t)seconds * SECOND, (int64_t)seconds * SECOND };
	return true;
}

/* "14:00", "14:00:05" in front of s; how long it is goes to *ret_ms. */
static bool take_time(struct str *s, struct tm *tm, int64_t *ret_ms)
{
	*ret_ms = MINUTE;
	tm->tm_sec = 0;
	if (!take_number(s, 2, &tm->tm_hour) || !take_byte(s, ':') || !take_number(s, 2, &tm->tm_min))
		return false;
	if (take_byte(s, ':')) {
		*ret_ms = SECOND;
		if (!take_number(s, 2, &tm->tm_sec))
			return false;
	}
	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 60;
}

static bool take_date(struct str *s, struct tm *tm)
{
	int year, month;

	if (!take_number(s, 4, &year) || !take_byte(s, '-') || !take_number(s, 2, &month) || !take_byte(s, '-') ||
	    !take_number(s, 2, &tm->tm_mday))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	return year >= 1970 && year < 2100 && month >= 1 && month <= 12 && tm->tm_mday >= 1 && tm->tm_mday <= 31;
}

/* How many days before today, or -1. */
static int day_of_word(struct str word, const struct tm *today)
{
	static const char *const days[] = { "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday" };

	if (str_equal_nocase(word, STR("today")))
		return 0;
	if (str_equal_nocase(word, STR("yesterday")))
		return 1;
	for (int i = 0; i < DAYS_IN_WEEK; i++)
		if (str_equal_nocase(word, str_of(days[i])) || str_equal_nocase(word, (struct str){ days[i], 3 }))
			return (today->tm_wday - i + DAYS_IN_WEEK) % DAYS_IN_WEEK;
	return -1;
}

static bool take_day_word(struct str *s, struct tm *tm)
{
	struct str rest = *s, word = str_split(&rest, " ");
	int ago = day_of_word(word, tm);

	if (ago < 0)
		return false;
	tm->tm_mday -= ago;
	*s = str_trim(rest);
	return true;
}

static int64_t to_ms(struct tm tm, bool utc)
{
	tm.tm_isdst = -1;
	return (utc ? timegm(&tm) : mktime(&tm)) * SECOND;
}

/* A day is not always 24 hours long. */
static struct span day_span(struct tm tm, bool utc)
{
	struct span span;

	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	span.begin_ms = to_ms(tm, utc);
	tm.tm_mday++;
	span.end_ms = to_ms(tm, utc);
	return span;
}

/* 2026-02-30 is March to mktime(3) and nothing to us. */
static bool is_in_calendar(struct tm tm)
{
	struct tm same = tm;

	return timegm(&same) != (time_t)-1 && same.tm_mday == tm.tm_mday && same.tm_mon == tm.tm_mon;
}

static bool parse_rest(struct str s, struct tm tm, bool utc_allowed, struct span *span)
{
	bool utc;
	int64_t ms = 0;

	if (s.len > 0 && !take_time(&s, &tm, &ms))
		return false;
	utc = utc_allowed && take_byte(&s, 'Z');
	if (s.len > 0)
		return false;
	*span = day_span(tm, utc);
	if (ms > 0)
		*span = (struct span){ to_ms(tm, utc), to_ms(tm, utc) + ms };
	return true;
}

static bool parse_clock(struct str s, struct tm tm, int64_t now_ms, struct span *span)
{
	int64_t ms;

	if (!take_time(&s, &tm, &ms) || s.len > 0)
		return false;
	if (to_ms(tm, false) > now_ms)
		tm.tm_mday--;
	*span = (struct span){ to_ms(tm, false), to_ms(tm, false) + ms };
	return true;
}

static bool parse_calendar(struct str s, int64_t now_ms, struct span *span)
{
	time_t now = (time_t)(now_ms / SECOND);
	struct str rest = s;
	struct tm today, tm;

	if (localtime_r(&now, &today) == NULL)
		return false;
	tm = today;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	if (take_day_word(&rest, &tm))
		return parse_rest(rest, tm, false, span);
	if (take_date(&rest, &tm))
		return is_in_calendar(tm) && (rest.len == 0 || take_byte(&rest, 'T') || take_byte(&rest, ' ')) &&
		       parse_rest(str_trim(rest), tm, true, span);
	return parse_clock(s, today, now_ms, span);
}

int since_parse(const char *text, int64_t now_ms, int64_t *ret_begin_ms, int64_t *ret_end_ms)
{
	struct str s = str_trim(str_of(text));
	struct span span = { now_ms, now_ms };

	if (!str_equal_nocase(s, STR("now")) && !parse_ago(s, now_ms, &span) && !parse_seconds(s, &span) && !parse_calendar(s, now_ms, &span))
		return -EINVAL;
	if (ret_begin_ms != NULL)
		*ret_begin_ms = span.begin_ms;
	if (ret_end_ms != NULL)
		*ret_end_ms = span.end_ms;
	return 0;
}
