/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens is counted in rings of minutes and hours; what is over becomes part of the usual, unless it was odd. */
#include <string.h>

#include "milter/lookup/profile_internal.h"

#define WEEK_WEIGHT 0.25f	/* of the newest week in the mean of an hour of the week */
#define DAY_DECAY 0.985f	/* of what is usual: half of it in 46 days */
#define NETWORKS_WEIGHT 0.1f	/* of the newest day */

enum {
	ABSENCE_HOURS = 96,	/* a longer silence is a holiday, from which nothing is learned */
	DOMAIN_DAYS = 400,	/* a domain is known so long after the last message: once a year counts */
	ORIGIN_AGE_HOURS = 20,	/* the second day begins no sooner */
};

static struct hour *hour_at(struct profile *profile, uint64_t hour)
{
	return &profile->hours[hour % HOURS];
}

static float larger(float a, float b)
{
	return a > b ? a : b;
}

/* --- time passes --- */

static void learn_hour(struct profile *profile, uint64_t hour)
{
	const struct hour *counts = hour_at(profile, hour);
	float *mean = &profile->week[hour % WEEK], *today = profile->today;

	if (profile->odd_hour != (uint32_t)hour) {
		*mean = sane(*mean) + WEEK_WEIGHT * ((float)counts->recipients - sane(*mean));
		today[USUAL_HOUR] = larger(sane(today[USUAL_HOUR]), (float)counts->recipients);
		today[USUAL_DOMAINS] = larger(sane(today[USUAL_DOMAINS]), (float)counts->domains);
	}
	today[USUAL_DAY] = sane(today[USUAL_DAY]) + (float)counts->recipients;
	today[USUAL_DOMAINS_DAY] = sane(today[USUAL_DOMAINS_DAY]) + (float)counts->domains;
	today[USUAL_REFUSED] = sane(today[USUAL_REFUSED]) + (float)counts->refused;
	today[USUAL_BOUNCES] = sane(today[USUAL_BOUNCES]) + (float)counts->bounces;
	today[USUAL_HELD] = sane(today[USUAL_HELD]) + (float)counts->held;
}

/* Of an odd day only what its ordinary hours were is learned. */
static void learn_day(struct profile *profile, uint64_t day)
{
	bool is_odd = profile->odd_day == (uint32_t)day;

	if (profile->today[USUAL_DAY] > 0)
		profile->days++;
	for (size_t i = 0; i < USUALS; i++) {
		bool learns = !is_odd || i == USUAL_HOUR || i == USUAL_DOMAINS;

		profile->usual[i] = larger(sane(profile->usual[i]) * DAY_DECAY, learns ? sane(profile->today[i]) : 0);
	}
	if (profile->today[USUAL_DAY] > 0 && !is_odd)
		profile->new_networks = sane(profile->new_networks) +
					NETWORKS_WEIGHT * ((float)profile->networks_today - sane(profile->new_networks));
	profile->networks_today = 0;
	memset(profile->today, 0, sizeof(profile->today));
}

static void pass_hours(struct profile *profile, uint64_t from, uint64_t to)
{
	for (uint64_t hour = from; hour < to && hour < from + ABSENCE_HOURS; hour++) {
		learn_hour(profile, hour);
		if (hour % HOURS == HOURS - 1)
			learn_day(profile, hour / HOURS);
		*hour_at(profile, hour + 1) = (struct hour){ 0 };
	}
	if (to >= from + ABSENCE_HOURS)
		*hour_at(profile, to) = (struct hour){ 0 };
}

/* The clock was set back by more than the rings hold: what they hold cannot be placed any more. */
static void start_over(struct profile *profile, uint64_t minute)
{
	memset(profile->minutes, 0, sizeof(profile->minutes));
	memset(profile->hours, 0, sizeof(profile->hours));
	memset(profile->subjects, 0, sizeof(profile->subjects));
	profile->minute = minute;
}

void profile_advance(struct profile *profile, uint64_t now_ms)
{
	uint64_t minute = now_ms / MINUTE_MS, old = profile->minute;

	if (minute + (uint64_t)HOURS * MINUTES < old)
		start_over(profile, minute);
	if (minute <= old)
		return;
	for (uint64_t i = old + 1; i <= minute && i <= old + MINUTES; i++)
		profile->minutes[i % MINUTES] = (struct minute){ 0 };
	pass_hours(profile, old / MINUTES, minute / MINUTES);
	profile->minute = minute;
}

static struct hour *this_hour(struct profile *profile, uint64_t now_ms)
{
	profile_advance(profile, now_ms);
	return hour_at(profile, profile->minute / MINUTES);
}

/* --- what is known --- */

static uint32_t hash_of(const struct profile *profile, const char *text)
{
	uint64_t hash = profile->key;	/* which is keyed; a collision hides one new domain */

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3) ^ hash >> 29;
	hash ^= hash >> 32;
	return (uint32_t)hash == 0 ? 1 : (uint32_t)hash;
}

/* Was it new? The set keeps those that were written to last. */
static bool domain_note(struct profile *profile, uint16_t day, const char *domain)
{
	uint32_t hash = hash_of(profile, domain);
	struct domain_slot *set = profile->domains[hash % DOMAIN_SETS], *oldest = set;
	bool was_known;

	for (size_t i = 0; i < DOMAIN_WAYS; i++) {
		if (set[i].hash != hash) {
			oldest = set[i].hash == 0 || (oldest->hash != 0 && set[i].day < oldest->day) ? &set[i] : oldest;
			continue;
		}
		was_known = day <= set[i].day || day - set[i].day < DOMAIN_DAYS;
		set[i].day = day;
		return !was_known;
	}
	*oldest = (struct domain_slot){ .hash = hash, .day = day, .first_day = day };
	return true;
}

static bool is_known(const struct origin *origin)
{
	return origin->days >= ORIGIN_KNOWN;
}

/* What is not known goes before what is: an attacker from many places does not make the owner's a new one. */
static bool goes_first(const struct origin *a, const struct origin *b)
{
	if (a->hash == 0 || b->hash == 0)
		return a->hash == 0;
	return is_known(a) != is_known(b) ? !is_known(a) : a->last_hour < b->last_hour;
}

/* Returns whether it came for the first time. */
static bool origin_note(struct profile *profile, struct origin *origins, uint32_t hour, const char *text)
{
	uint32_t hash = hash_of(profile, text);
	uint16_t day = (uint16_t)(hour / HOURS);
	struct origin *origin = &origins[0];

	for (size_t i = 0; i < ORIGINS && origins[i].hash != hash; i++)
		if (i + 1 == ORIGINS)
			hash = 0;	/* it is not there */
	for (size_t i = 0; i < ORIGINS; i++)
		if (hash != 0 ? origins[i].hash == hash : goes_first(&origins[i], origin))
			origin = &origins[i];
	if (hash == 0) {
		*origin = (struct origin){ .hash = hash_of(profile, text), .first_hour = hour, .last_hour = hour, .last_day = day,
					   .days = profile->days < FIRST_DAYS ? ORIGIN_KNOWN : 1 };
		return true;
	}
	if (day != origin->last_day && hour >= origin->first_hour + ORIGIN_AGE_HOURS && origin->days < UINT16_MAX) {
		origin->days++;
		origin->last_day = day;
	}
	origin->last_hour = hour;
	return false;
}

/* --- counting --- */

void profile_origin(struct profile *profile, uint64_t now_ms, const char *network, const char *helo)
{
	uint32_t hour;

	profile_advance(profile, now_ms);
	hour = (uint32_t)(profile->minute / MINUTES);
	if (network != NULL && origin_note(profile, profile->networks, hour, network) && profile->days >= FIRST_DAYS)
		profile->networks_today++;
	if (helo != NULL)
		(void)origin_note(profile, profile->helos, hour, helo);
}

void profile_recipient(struct profile *profile, uint64_t now_ms, const char *domain)
{
	struct hour *hour = this_hour(profile, now_ms);
	struct minute *minute = &profile->minutes[profile->minute % MINUTES];

	hour->recipients++;
	minute->recipients++;
	if (domain == NULL || !domain_note(profile, (uint16_t)(profile->minute / MINUTES / HOURS), domain))
		return;
	hour->domains++;
	minute->domains++;
}

static void take_from(uint32_t *count, uint32_t amount)
{
	*count -= amount < *count ? amount : *count;
}

void profile_give_back(struct profile *profile, uint64_t now_ms, uint64_t then_ms, uint32_t recipients)
{
	uint64_t then = then_ms / MINUTE_MS;

	profile_advance(profile, now_ms);
	if (then > profile->minute)
		then = profile->minute;
	if (profile->minute - then < MINUTES)
		take_from(&profile->minutes[then % MINUTES].recipients, recipients);
	if (profile->minute / MINUTES - then / MINUTES < HOURS)
		take_from(&hour_at(profile, then / MINUTES)->recipients, recipients);
}

static void subject_note(struct profile *profile, uint32_t hour, const char *digest)
{
	uint32_t hash = hash_of(profile, digest);
	struct subject *subject = &profile->subjects[0];

	for (size_t i = 0; i < SUBJECTS; i++) {
		struct subject *other = &profile->subjects[i];

		if (other->hash == hash) {
			subject = other;
			break;
		}
		if (other->hour < subject->hour || (other->hour == subject->hour && other->count < subject->count))
			subject = other;
	}
	if (subject->hash != hash || subject->hour + 1 < hour)
		*subject = (struct subject){ .hash = hash };
	subject->hour = hour;
	subject->count++;
	profile->today[USUAL_SUBJECT] = larger(sane(profile->today[USUAL_SUBJECT]), (float)subject->count);
}

void profile_sent(struct profile *profile, uint64_t now_ms, uint32_t recipients, const char *subject_digest)
{
	profile_advance(profile, now_ms);
	profile->today[USUAL_FANOUT] = larger(sane(profile->today[USUAL_FANOUT]), (float)recipients);
	if (subject_digest[0] != '\0')
		subject_note(profile, (uint32_t)(profile->minute / MINUTES), subject_digest);
}

void profile_refused(struct profile *profile, uint64_t now_ms, uint32_t recipients)
{
	this_hour(profile, now_ms)->refused += recipients;
}

void profile_bounced(struct profile *profile, uint64_t now_ms, uint32_t bounces)
{
	this_hour(profile, now_ms)->bounces += bounces;
}

void profile_held(struct profile *profile, uint64_t now_ms, uint32_t messages)
{
	this_hour(profile, now_ms)->held += messages;
}

void profile_is_odd(struct profile *profile)
{
	profile->odd_hour = (uint32_t)(profile->minute / MINUTES);
	profile->odd_day = profile->odd_hour / HOURS;
}

void profile_forgive(struct profile *profile, uint64_t now_ms, uint64_t freed_ms)
{
	profile_advance(profile, now_ms);
	if (freed_ms <= profile->episode.forgiven_ms)
		return;
	start_over(profile, profile->minute);
	for (size_t i = 0; i < ORIGINS; i++) {
		profile->networks[i].days = ORIGIN_KNOWN;
		profile->helos[i].days = ORIGIN_KNOWN;
	}
	profile->episode = (struct profile_episode){ .forgiven_ms = freed_ms };
}
