/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "milter/entry_json.h"
#include "milter/status_facts.h"

#define MINUTE_MS 60000ULL

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

/* The file may be anybody's: what is no number is 0. */
static uint64_t number_of(const json_t *object, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(object, key));

	return number < 0 ? 0 : (uint64_t)number;
}

bool status_is_good(const struct status_facts *facts)
{
	const json_t *first = json_array_get(facts->filters, 0);

	return first != NULL && strcmp(text_of(first, "state"), "serving") == 0 && json_array_size(json_object_get(first, "degraded")) == 0;
}

/* --- for people --- */

static const char *age(const struct show *show, uint64_t ms)
{
	if (ms < 2 * MINUTE_MS)
		return arena_printf(show->arena, "%llu s", (unsigned long long)(ms / 1000));
	if (ms < 120 * MINUTE_MS)
		return arena_printf(show->arena, "%llu min", (unsigned long long)(ms / MINUTE_MS));
	return arena_printf(show->arena, "%llu h", (unsigned long long)(ms / (60 * MINUTE_MS)));
}

static void print_head(FILE *out, const struct show *show, const json_t *filter)
{
	const char *state = text_of(filter, "state"), *ago = age(show, number_of(filter, "age_ms"));
	const char *words = strcmp(state, "serving") == 0 ? "serves" : strcmp(state, "draining") == 0 ? "lets its last sessions finish" :
			    strcmp(state, "ended") == 0 ? arena_printf(show->arena, "HAS ENDED: this is what it wrote %s ago", ago) :
			    arena_printf(show->arena, "IS SILENT: this is what it wrote %s ago", ago);

	show_say(out, show, 0, "Filter %llu on %s %s", (unsigned long long)number_of(filter, "pid"), text_of(filter, "host"), words);
	show_say(out, show, 2, "Since %s, with %s%s%s%s", text_of(filter, "since"), text_of(filter, "file")[0] == '\0' ? "the defaults" : text_of(filter, "file"),
		 text_of(filter, "configuration")[0] == '\0' ? "" : " (", text_of(filter, "configuration"),
		 text_of(filter, "configuration")[0] == '\0' ? "" : ")");
}

static void print_messages(FILE *out, const struct show *show, const json_t *messages)
{
	static const char *const keys[] = { "accept", "tag", "quarantine", "defer", "reject", "discard", "refused_before" };
	static const char *const words[] = { "accepted", "tagged", "held", "deferred", "rejected", "discarded", "recipients and sessions refused before" };
	const char *text = "";

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		text = arena_printf(show->arena, "%s%s%s %s", text, i == 0 ? "" : ", ", show_number(show, number_of(messages, keys[i])), words[i]);
	show_say(out, show, 2, "Messages: %s", text);
}

static void print_parts(FILE *out, const struct show *show, const json_t *filter)
{
	const json_t *journal = json_object_get(filter, "journal"), *resolver = json_object_get(filter, "resolver"),
		     *examiners = json_object_get(filter, "examiners");

	if (json_is_object(journal))
		show_say(out, show, 2, "Journal: %s written, %s dropped, %s waiting", show_number(show, number_of(journal, "written")),
			 show_number(show, number_of(journal, "dropped")), show_number(show, number_of(journal, "waiting")));
	else
		show_say(out, show, 2, "Journal: there is none");
	if (json_is_object(resolver))
		show_say(out, show, 2, "Resolver: %s questions, %s from the cache, %s without an answer (%s timeouts)",
			 show_number(show, number_of(resolver, "asked")), show_number(show, number_of(resolver, "cached")),
			 show_number(show, number_of(resolver, "unknown")), show_number(show, number_of(resolver, "timeouts")));
	if (json_is_object(examiners))
		show_say(out, show, 2, "Examiners: %s idle, %s busy; of %s jobs %s were killed and %s crashed",
			 show_number(show, number_of(examiners, "idle")), show_number(show, number_of(examiners, "busy")),
			 show_number(show, number_of(examiners, "jobs")), show_number(show, number_of(examiners, "killed")),
			 show_number(show, number_of(examiners, "crashed")));
	if (number_of(filter, "alerts_waiting") > 0)
		show_say(out, show, 2, "Mails to the administrator that wait: %s", show_number(show, number_of(filter, "alerts_waiting")));
}

static void print_filter(FILE *out, const struct show *show, const json_t *filter)
{
	const json_t *degraded = json_object_get(filter, "degraded");

	print_head(out, show, filter);
	print_messages(out, show, json_object_get(filter, "messages"));
	print_parts(out, show, filter);
	for (size_t i = 0; i < json_array_size(degraded); i++) {
		const json_t *item = json_array_get(degraded, i);

		show_say(out, show, 2, "DOES NOT WORK: %s, since %s: %s", text_of(item, "what"), text_of(item, "since"), text_of(item, "why"));
	}
	(void)fputc('\n', out);
}

static void print_holds(FILE *out, const struct show *show, const struct status_facts *facts)
{
	unsigned held = 0;

	for (int i = 0; i < facts->holds_len; i++) {
		const struct hold *hold = &facts->holds[i];

		if (hold->freed)
			continue;
		if (held++ == 0)
			(void)fprintf(out, "Held\n");
		show_say(out, show, 2, "%s %s, since %s, %s%s, by %s%s%s", hold->kind == HOLD_LOGIN ? "login" : "client", hold->subject,
			 show_time(show->arena, hold->since_ms), hold->until_ms == 0 ? "until it is freed" : "until ",
			 hold->until_ms == 0 ? "" : show_time(show->arena, hold->until_ms), hold->by, hold->because[0] == '\0' ? "" : ": ", hold->because);
	}
	(void)fputs(held == 0 ? "Nobody is held.\n" : "", out);
}

static void print_listings(FILE *out, const struct show *show, const struct status_facts *facts)
{
	if (facts->listings_len > 0)
		(void)fprintf(out, "\nOur own name is listed\n");
	for (int i = 0; i < facts->listings_len; i++) {
		const struct listing *listing = &facts->listings[i];

		show_say(out, show, 2, "%s in %s (%s), since %s%s%s%s%s", listing->about, listing->list, listing->code,
			 show_time(show->arena, listing->since_ms), listing->reason[0] == '\0' ? "" : ": ", listing->reason,
			 listing->removal[0] == '\0' ? "" : "; removal: ", listing->removal);
	}
	if (facts->suspects_len > 0)
		(void)fprintf(out, "\nOut of line in the 24 hours before the newest listing\n");
	for (int i = 0; i < facts->suspects_len; i++)
		show_say(out, show, 2, "%s, %s, last %s: %s", facts->suspects[i].about, show_count(show, facts->suspects[i].messages, "time", "times"),
			 show_time(show->arena, facts->suspects[i].last_ms), facts->suspects[i].why);
}

static void print_moments(FILE *out, const struct show *show, const struct status_facts *facts)
{
	if (facts->moments_problem != NULL)
		show_say(out, show, 0, "What happened lately is not known: %s", facts->moments_problem);
	if (facts->moments_len > 0)
		(void)fprintf(out, "\nIn the last 7 days\n");
	for (size_t i = 0; i < facts->moments_len; i++)
		show_say(out, show, 2, "%s  %s %s%s%s", show_time(show->arena, facts->moments[i].time_ms), facts->moments[i].event,
			 facts->moments[i].about, facts->moments[i].note[0] == '\0' ? "" : ": ", facts->moments[i].note);
}

void status_print(FILE *out, const struct show *show, const struct status_facts *facts)
{
	if (json_array_size(facts->filters) == 0)
		show_say(out, show, 0, "No filter has written its status to %s.\n", facts->directory);
	for (size_t i = 0; i < json_array_size(facts->filters); i++)
		print_filter(out, show, json_array_get(facts->filters, i));
	print_holds(out, show, facts);
	print_listings(out, show, facts);
	print_moments(out, show, facts);
}

/* --- for programs --- */

static json_t *time_json(struct arena *arena, int64_t time_ms)
{
	return time_ms == 0 ? json_null() : json_string(show_time_utc(arena, time_ms));
}

static json_t *holds_json(struct arena *arena, const struct status_facts *facts)
{
	json_t *array = json_array();

	for (int i = 0; i < facts->holds_len; i++) {
		const struct hold *hold = &facts->holds[i];

		if (!hold->freed)
			(void)json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:o, s:o}", "about", entry_json_text(arena_printf(arena, "%s:%s",
				hold->kind == HOLD_LOGIN ? "login" : "client", hold->subject)), "since", time_json(arena, hold->since_ms),
				"until", time_json(arena, hold->until_ms), "by", entry_json_text(hold->by), "because", entry_json_text(hold->because)));
	}
	return array;
}

static json_t *listings_json(struct arena *arena, const struct status_facts *facts)
{
	json_t *array = json_array();

	for (int i = 0; i < facts->listings_len; i++) {
		const struct listing *listing = &facts->listings[i];

		(void)json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "about", entry_json_text(listing->about), "list",
			entry_json_text(listing->list), "code", entry_json_text(listing->code), "since", time_json(arena, listing->since_ms), "seen",
			time_json(arena, listing->seen_ms), "reason", entry_json_text(listing->reason), "removal", entry_json_text(listing->removal)));
	}
	return array;
}

static json_t *suspects_json(struct arena *arena, const struct status_facts *facts)
{
	json_t *array = json_array();

	for (int i = 0; i < facts->suspects_len; i++) {
		const struct suspect *suspect = &facts->suspects[i];

		(void)json_array_append_new(array, json_pack("{s:o, s:I, s:o, s:o, s:o}", "about", entry_json_text(suspect->about), "times",
			(json_int_t)suspect->messages, "first", time_json(arena, suspect->first_ms), "last", time_json(arena, suspect->last_ms),
			"why", entry_json_text(suspect->why)));
	}
	return array;
}

static json_t *moments_json(struct arena *arena, const struct status_facts *facts)
{
	json_t *array = json_array();

	for (size_t i = 0; i < facts->moments_len; i++)
		(void)json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:o}", "time", time_json(arena, facts->moments[i].time_ms), "event",
			entry_json_text(facts->moments[i].event), "about", entry_json_text(facts->moments[i].about), "note",
			entry_json_text(facts->moments[i].note)));
	return array;
}

void status_print_json(FILE *out, struct arena *arena, const struct status_facts *facts)
{
	entry_json_page(out, json_pack("{s:b, s:O, s:o, s:o, s:o, s:o, s:o?}", "good", (int)status_is_good(facts), "filters", facts->filters, "holds",
				       holds_json(arena, facts), "listings", listings_json(arena, facts), "suspects", suspects_json(arena, facts),
				       "moments", moments_json(arena, facts), "moments_problem",
				       facts->moments_problem == NULL ? NULL : entry_json_text(facts->moments_problem)));
}
