/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/who.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "milter/base/str.h"

enum { SHA256_DIGITS = 64, MOMENTS_MAX = 500 };

#define HOUR_MS 3600000LL

static bool is_sha256(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_digit(s.p[i]) && (ascii_lower(s.p[i]) < 'a' || ascii_lower(s.p[i]) > 'f'))
			return false;
	return s.len == SHA256_DIGITS;
}

static bool take_prefix(struct str *s, const char *prefix)
{
	size_t len = strlen(prefix);

	if (s->len < len || !str_equal_nocase((struct str){ s->p, len }, str_of(prefix)))
		return false;
	*s = (struct str){ s->p + len, s->len - len };
	return true;
}

static int parse_client(struct arena *arena, struct str s, struct who_subject *subject)
{
	char text[NETWORK_TEXT_MAX];
	struct ip ip;

	subject->name = arena_strndup(arena, s.p, s.len);
	if (ip_parse(subject->name, &ip) == 0) {
		subject->kind = WHO_CLIENT;
		subject->name = arena_strdup(arena, ip_format(&ip, text));	/* as the journal writes it */
		return 0;
	}
	if (network_parse(subject->name, &subject->network) < 0)
		return -EINVAL;
	subject->kind = WHO_NETWORK;
	subject->name = arena_strdup(arena, network_format(&subject->network, text));
	return 0;
}

static bool parse_prefixed(struct arena *arena, struct str s, struct who_subject *subject, int *ret)
{
	*ret = 0;
	if (take_prefix(&s, "login:")) {
		subject->kind = WHO_LOGIN;
	} else if (take_prefix(&s, "address:")) {
		subject->kind = WHO_ADDRESS;
	} else if (take_prefix(&s, "client:")) {
		*ret = parse_client(arena, s, subject);
		return true;
	} else if (take_prefix(&s, "sha256:")) {
		subject->kind = WHO_FILE;
		*ret = is_sha256(s) ? 0 : -EINVAL;
	} else {
		return false;
	}
	subject->name = arena_strndup(arena, s.p, s.len);
	return true;
}

int who_subject_parse(struct arena *arena, const char *text, struct who_subject *ret_subject)
{
	struct str s = str_trim(str_of(text));
	int r;

	*ret_subject = (struct who_subject){ .kind = WHO_LOGIN };
	if (s.len >= 2 && s.p[0] == '<' && s.p[s.len - 1] == '>')
		s = (struct str){ s.p + 1, s.len - 2 };
	if (s.len == 0)
		return -EINVAL;
	if (parse_prefixed(arena, s, ret_subject, &r))
		return r < 0 || ret_subject->name[0] == '\0' ? -EINVAL : 0;
	if (parse_client(arena, s, ret_subject) == 0)
		return 0;
	ret_subject->kind = is_sha256(s) ? WHO_FILE : memchr(s.p, '@', s.len) != NULL ? WHO_ADDRESS : WHO_LOGIN;
	ret_subject->name = arena_strndup(arena, s.p, s.len);
	return 0;
}

const char *who_subject_of(struct arena *arena, const struct who_subject *subject)
{
	static const char *const prefixes[] = { [WHO_LOGIN] = "login:", [WHO_ADDRESS] = "login:", [WHO_CLIENT] = "client:", [WHO_NETWORK] = "client:",
						[WHO_FILE] = "sha256:" };

	return arena_printf(arena, "%s%s", prefixes[subject->kind], subject->name);
}

const char *who_subject_of_host(struct arena *arena, const struct who_subject *subject)
{
	struct network network = { .prefix = 64 };
	char text[NETWORK_TEXT_MAX];

	if (subject->kind != WHO_CLIENT || ip_parse(subject->name, &network.ip) < 0 || network.ip.family != IP_V6)
		return NULL;
	memset(network.ip.bytes + 8, 0, 8);
	return arena_printf(arena, "client:%s", network_format(&network, text));
}

/* A day is not always 24 hours long. */
static void fill_days(struct who *who)
{
	time_t now = (time_t)(who->now_ms / 1000);
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL)
		return;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	for (int i = 0; i < WHO_DAYS; i++) {
		struct tm day = tm;

		day.tm_mday -= i;
		day.tm_isdst = -1;
		who->day_ms[i] = (int64_t)mktime(&day) * 1000;
	}
	who->day_ms[WHO_DAYS] = INT64_MIN;
}

void who_begin(struct who *who, struct arena *arena, const struct who_subject *subject, int64_t now_ms)
{
	struct tally *const tallies[] = {
		&who->networks, &who->helos, &who->logins, &who->senders, &who->authors, &who->recipients, &who->domains, &who->correspondents,
		&who->reasons, &who->verdicts, &who->files,
	};

	memset(who, 0, sizeof(*who));
	who->arena = arena;
	who->subject = *subject;
	who->now_ms = now_ms;
	for (size_t i = 0; i < sizeof(tallies) / sizeof(tallies[0]); i++)
		tallies[i]->arena = arena;
	fill_days(who);
}

static void see(struct who *who, int64_t time_ms)
{
	if (who->first_ms == 0 || time_ms < who->first_ms)
		who->first_ms = time_ms;
	if (time_ms > who->last_ms)
		who->last_ms = time_ms;
}

static void add_count(struct who_count *count, const struct who_count *more)
{
	count->messages += more->messages;
	count->recipients += more->recipients;
	count->refused += more->refused;
}

/* Whole hours by the clock, so that rows of the timeline begin on the hour. */
static int64_t hour_of(const struct who *who, int64_t time_ms)
{
	return who->now_ms / HOUR_MS - time_ms / HOUR_MS;
}

static void count_at(struct who *who, int64_t time_ms, const struct who_count *count)
{
	int64_t hour = hour_of(who, time_ms);

	add_count(&who->total, count);
	if (hour < WHO_HOURS)
		add_count(&who->hours[hour < 0 ? 0 : (size_t)hour], count);
	for (size_t day = 0; day < WHO_DAYS; day++)
		if (time_ms >= who->day_ms[day]) {
			add_count(&who->days[day], count);
			return;
		}
}

/* A refused recipient is told of in an entry of its own; that of the message says how many there were, which is not to be counted again. */
static struct who_count count_of(const struct journal_entry *entry)
{
	bool refused = strcmp(entry->verdict, "reject") == 0 || strcmp(entry->verdict, "defer") == 0;

	if (entry->kind == JOURNAL_MESSAGE)
		return (struct who_count){ 1, entry->recipients_len, refused ? 1 : 0 };
	if (entry->kind == JOURNAL_TRANSACTION && entry->refused > 0)
		return (struct who_count){ 0, 0, 0 };
	return (struct who_count){ 0, 0, 1 };
}

static const char *domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at == NULL ? "" : at + 1;
}

static void __attribute__((format(printf, 3, 4))) add_moment(struct who *who, int64_t time_ms, const char *format, ...)
{
	struct who_moment *moment;
	va_list args;

	if (who->moments_len >= MOMENTS_MAX) {
		who->moments_left_out++;
		return;
	}
	moment = arena_push(who->arena, (void **)(void *)&who->moments, &who->moments_len, sizeof(*moment));
	moment->time_ms = time_ms;
	va_start(args, format);
	moment->text = arena_vprintf(who->arena, format, args);
	va_end(args);
}

static void add_findings(struct who *who, const struct journal_entry *entry)
{
	for (size_t i = 0; i < entry->findings_len; i++) {
		const struct journal_finding *finding = &entry->findings[i];

		if (strcmp(finding->scanner, "behaviour") == 0 && strcmp(finding->outcome, "bounce") != 0)
			add_moment(who, entry->time_ms, "%s: %s", finding->outcome, finding->text);
		if (strcmp(finding->scanner, "antivirus") == 0 && strcmp(finding->outcome, "infected") == 0)
			who->infected++;
	}
}

/* A message that came to nobody tells nothing about its recipients' domains. */
static void add_recipients(struct who *who, const struct journal_entry *entry)
{
	for (size_t i = 0; i < entry->recipients_len; i++) {
		tally_add(&who->recipients, entry->recipients[i].address, 1, entry->time_ms, NULL);
		if (entry->kind == JOURNAL_MESSAGE)
			tally_add(&who->domains, domain_of(entry->recipients[i].address), 1, entry->time_ms, NULL);
	}
}

static void add_names(struct who *who, const struct journal_entry *entry)
{
	tally_add(&who->networks, entry->network[0] == '\0' ? entry->client : entry->network, 1, entry->time_ms, entry->client_name);
	tally_add(&who->helos, entry->helo, 1, entry->time_ms, NULL);
	tally_add(&who->logins, entry->login, 1, entry->time_ms, NULL);
	tally_add(&who->authors, entry->header_from, 1, entry->time_ms, NULL);
	if (entry->kind != JOURNAL_SESSION)
		tally_add(&who->senders, entry->mailfrom[0] == '\0' ? "<>" : entry->mailfrom, 1, entry->time_ms, NULL);
	for (size_t i = 0; i < entry->attachments_len; i++)
		if (who->subject.kind != WHO_FILE || ascii_equal(entry->attachments[i].sha256, who->subject.name))
			tally_add(&who->files, entry->attachments[i].name, 1, entry->time_ms, entry->attachments[i].type);
}

void who_add_sent(struct who *who, const struct journal_entry *entry)
{
	struct who_count count = count_of(entry);

	if (entry->kind == JOURNAL_EVENT)
		return;
	see(who, entry->time_ms);
	count_at(who, entry->time_ms, &count);
	add_names(who, entry);
	add_recipients(who, entry);
	add_findings(who, entry);
	if (entry->kind == JOURNAL_MESSAGE) {
		who->size_bytes += entry->size_bytes;
		who->held += strcmp(entry->verdict, "quarantine") == 0;
		tally_add(&who->verdicts, entry->verdict, 1, entry->time_ms, NULL);
	}
	if (count.refused > 0 || strcmp(entry->verdict, "quarantine") == 0)
		tally_add(&who->reasons, entry->decided_by[0] == '\0' ? entry->verdict : entry->decided_by, 1, entry->time_ms, entry->reply);
}

void who_add_received(struct who *who, const struct journal_entry *entry)
{
	if (entry->kind != JOURNAL_MESSAGE)
		return;
	see(who, entry->time_ms);
	who->received++;
	tally_add(&who->correspondents, entry->mailfrom, 1, entry->time_ms, NULL);
}

void who_add_bounce(struct who *who, const struct journal_entry *entry)
{
	if (entry->kind != JOURNAL_MESSAGE)
		return;
	who->bounces++;
	if (hour_of(who, entry->time_ms) < WHO_RECENT_HOURS)
		who->bounces_recent++;
}

void who_add_event(struct who *who, const struct journal_entry *entry)
{
	if (entry->kind != JOURNAL_EVENT)
		return;
	add_moment(who, entry->time_ms, "%s%s%s%s%s", entry->event, entry->operator[0] == '\0' ? "" : " by ", entry->operator,
		   entry->note[0] == '\0' ? "" : ": ", entry->note);
}

static int newest_first(const void *a, const void *b)
{
	const struct who_moment *first = a, *second = b;

	return (first->time_ms < second->time_ms) - (first->time_ms > second->time_ms);
}

void who_end(struct who *who)
{
	if (who->moments_len > 1)
		qsort(who->moments, who->moments_len, sizeof(*who->moments), newest_first);
}

static uint64_t new_domains(const struct who *who)
{
	struct tally_item *items;
	size_t len = tally_sorted(&who->domains, &items);
	uint64_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += hour_of(who, items[i].first_ms) < WHO_RECENT_HOURS;
	return count;
}

/* The days before the last 24 hours, since it was first seen. */
static unsigned past_days(const struct who *who)
{
	int64_t hours = who->first_ms == 0 ? 0 : hour_of(who, who->first_ms) - WHO_RECENT_HOURS + 1, days = (hours + 23) / 24;

	return days < 0 ? 0 : days > WHO_DAYS - 1 ? WHO_DAYS - 1 : (unsigned)days;
}

struct who_usual who_usual(const struct who *who)
{
	struct who_usual usual = { .days = past_days(who), .new_domains = new_domains(who) };
	uint64_t sum = 0;

	for (size_t hour = 0; hour < WHO_RECENT_HOURS; hour++) {
		add_count(&usual.recent, &who->hours[hour]);
		if (who->hours[hour].recipients > usual.recent_hour)
			usual.recent_hour = who->hours[hour].recipients;
	}
	for (size_t day = 1; day <= usual.days; day++) {
		size_t first = day * 24;
		uint64_t of_day = 0;

		for (size_t hour = first; hour < first + 24; hour++) {
			of_day += who->hours[hour].recipients;
			if (who->hours[hour].recipients > usual.hour_highest)
				usual.hour_highest = who->hours[hour].recipients;
		}
		sum += of_day;
		if (of_day > usual.day_highest)
			usual.day_highest = of_day;
	}
	if (usual.days > 0)
		usual.day_mean = (double)sum / usual.days;
	usual.hour_mean = usual.day_mean / 24;
	return usual;
}
