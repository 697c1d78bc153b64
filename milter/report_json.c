/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/entry_json.h"
#include "milter/report.h"

static void set(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

static void set_count(json_t *object, const char *key, uint64_t count)
{
	set(object, key, json_integer((json_int_t)count));
}

static void set_time(const struct report *report, json_t *object, const char *key, int64_t time_ms)
{
	set(object, key, entry_json_text(show_time_utc(report->arena, time_ms)));
}

static json_t *totals_json(const struct report *report)
{
	json_t *object = json_object();

	for (size_t direction = 0; direction < REPORT_DIRECTIONS; direction++) {
		json_t *of_direction = json_object();

		for (size_t i = 0; i < REPORT_VERDICTS; i++)
			set_count(of_direction, report_verdicts[i], report->messages[direction][i]);
		set(object, report_directions[direction], of_direction);
	}
	return object;
}

static json_t *tally_json(const struct report *report, const struct tally *tally)
{
	json_t *array = json_array();
	struct tally_item *items;
	size_t len = tally_sorted(tally, &items);

	for (size_t i = 0; i < len; i++) {
		json_t *object = json_object();

		set(object, "name", entry_json_text(items[i].name));
		set_count(object, "count", items[i].count);
		set_time(report, object, "first", items[i].first_ms);
		set_time(report, object, "last", items[i].last_ms);
		if (items[i].detail[0] != '\0')
			set(object, "detail", entry_json_text(items[i].detail));
		(void)json_array_append_new(array, object);
	}
	return array;
}

static json_t *observed_json(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->observed_len; i++) {
		json_t *object = json_object();

		set_time(report, object, "time", report->observed[i].time_ms);
		set(object, "id", entry_json_text(report->observed[i].id));
		set(object, "mailfrom", entry_json_text(report->observed[i].mailfrom));
		set(object, "would", entry_json_text(report->observed[i].would));
		set(object, "likely_false_alarm", json_boolean(report->observed[i].doubtful));
		(void)json_array_append_new(array, object);
	}
	return array;
}

static json_t *events_json(const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->events_len; i++) {
		json_t *object = json_object();

		set_time(report, object, "time", report->events[i].time_ms);
		set(object, "event", entry_json_text(report->events[i].event));
		set(object, "subject_of", entry_json_text(report->events[i].about));
		set(object, "operator", entry_json_text(report->events[i].operator));
		set(object, "note", entry_json_text(report->events[i].note));
		(void)json_array_append_new(array, object);
	}
	return array;
}

static void set_tallies(json_t *object, const struct report *report)
{
	const struct {
		const char *key;
		const struct tally *tally;
	} tallies[] = {
		{ "reasons", &report->reasons }, { "viruses", &report->viruses }, { "would", &report->would }, { "unsure", &report->unsure },
		{ "failures", &report->failures }, { "lists", &report->lists }, { "behaviour", &report->behaving }, { "logins", &report->logins },
		{ "clients", &report->clients }, { "domains", &report->domains },
	};

	for (size_t i = 0; i < sizeof(tallies) / sizeof(tallies[0]); i++)
		set(object, tallies[i].key, tally_json(report, tallies[i].tally));
}

void report_print_json(FILE *out, const struct report *report)
{
	json_t *object = json_object();

	set_time(report, object, "since", report->since_ms);
	set_time(report, object, "until", report->until_ms);
	set_count(object, "entries", report->entries);
	set_count(object, "size_bytes", report->size_bytes);
	set_count(object, "recipients", report->recipients);
	set(object, "messages", totals_json(report));
	set_count(object, "refused_recipients", report->refused_recipients);
	set_count(object, "refused_attempts", report->refused_attempts);
	set_count(object, "refused_sessions", report->refused_sessions);
	set_count(object, "held", report->held);
	set_count(object, "released", report->released);
	set_count(object, "deleted", report->deleted);
	set_count(object, "infected", report->infected);
	set_count(object, "bounces", report->bounces);
	set_count(object, "likely_false_alarms", report->doubtful);
	set_tallies(object, report);
	set(object, "observed", observed_json(report));
	set(object, "events", events_json(report));
	set_count(object, "events_left_out", report->events_left_out);
	entry_json_page(out, object);
}
