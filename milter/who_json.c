/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "milter/entry_json.h"
#include "milter/who.h"

#define HOUR_MS 3600000LL

static void set(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

static void set_count(json_t *object, const char *key, uint64_t count)
{
	set(object, key, json_integer((json_int_t)count));
}

static json_t *time_json(const struct who *who, int64_t time_ms)
{
	return time_ms == 0 ? json_null() : entry_json_text(show_time_utc(who->arena, time_ms));
}

static json_t *tally_json(const struct who *who, const struct tally *tally)
{
	json_t *array = json_array();
	struct tally_item *items;
	size_t len = tally_sorted(tally, &items);

	for (size_t i = 0; i < len; i++) {
		json_t *object = json_object();

		set(object, "name", entry_json_text(items[i].name));
		set_count(object, "count", items[i].count);
		set(object, "first", time_json(who, items[i].first_ms));
		set(object, "last", time_json(who, items[i].last_ms));
		(void)json_array_append_new(array, object);
	}
	return array;
}

static json_t *usual_json(const struct who *who)
{
	struct who_usual usual = who_usual(who);
	json_t *object = json_object();

	set_count(object, "recent_recipients", usual.recent.recipients);
	set_count(object, "recent_messages", usual.recent.messages);
	set_count(object, "recent_refused", usual.recent.refused);
	set_count(object, "recent_highest_hour", usual.recent_hour);
	set_count(object, "days_compared", usual.days);
	set(object, "day_mean", json_real(usual.day_mean));
	set(object, "hour_mean", json_real(usual.hour_mean));
	set_count(object, "day_highest", usual.day_highest);
	set_count(object, "hour_highest", usual.hour_highest);
	set_count(object, "new_domains", usual.new_domains);
	return object;
}

static json_t *row_json(const struct who *who, int64_t time_ms, const struct who_count *count)
{
	json_t *object = json_object();

	set(object, "from", time_json(who, time_ms));
	set_count(object, "messages", count->messages);
	set_count(object, "recipients", count->recipients);
	set_count(object, "refused", count->refused);
	return object;
}

static json_t *moments_json(const struct who *who)
{
	json_t *array = json_array();

	for (size_t i = 0; i < who->moments_len; i++) {
		json_t *object = json_object();

		set(object, "time", time_json(who, who->moments[i].time_ms));
		set(object, "text", entry_json_text(who->moments[i].text));
		(void)json_array_append_new(array, object);
	}
	return array;
}

static void set_timeline(json_t *object, const struct who *who)
{
	json_t *days = json_array(), *hours = json_array();

	for (size_t i = WHO_DAYS; i-- > 0;)
		(void)json_array_append_new(days, row_json(who, who->day_ms[i], &who->days[i]));
	for (int i = WHO_RECENT_HOURS; i-- > 0;)
		(void)json_array_append_new(hours, row_json(who, (who->now_ms / HOUR_MS - i) * HOUR_MS, &who->hours[i]));
	set(object, "days", days);
	set(object, "hours", hours);
	set(object, "moments", moments_json(who));
}

static void set_tallies(json_t *object, const struct who *who)
{
	const struct {
		const char *key;
		const struct tally *tally;
	} tallies[] = {
		{ "networks", &who->networks }, { "helo", &who->helos }, { "logins", &who->logins }, { "senders", &who->senders },
		{ "authors", &who->authors }, { "domains", &who->domains }, { "recipients_by_name", &who->recipients },
		{ "received_from", &who->correspondents }, { "files", &who->files }, { "reasons", &who->reasons }, { "verdicts", &who->verdicts },
	};

	for (size_t i = 0; i < sizeof(tallies) / sizeof(tallies[0]); i++)
		set(object, tallies[i].key, tally_json(who, tallies[i].tally));
}

void who_print_json(FILE *out, const struct who *who)
{
	static const char *const kinds[] = { [WHO_LOGIN] = "login", [WHO_ADDRESS] = "address", [WHO_CLIENT] = "client", [WHO_NETWORK] = "network",
					     [WHO_FILE] = "sha256" };
	json_t *object = json_object();

	set(object, "kind", json_string(kinds[who->subject.kind]));
	set(object, "name", entry_json_text(who->subject.name));
	set(object, "first", time_json(who, who->first_ms));
	set(object, "last", time_json(who, who->last_ms));
	set_count(object, "messages", who->total.messages);
	set_count(object, "recipients", who->total.recipients);
	set_count(object, "refused", who->total.refused);
	set_count(object, "received", who->received);
	set_count(object, "held", who->held);
	set_count(object, "infected", who->infected);
	set_count(object, "bounces", who->bounces);
	set_count(object, "size_bytes", who->size_bytes);
	set(object, "usual", usual_json(who));
	set_tallies(object, who);
	set_timeline(object, who);
	entry_json_page(out, object);
}
