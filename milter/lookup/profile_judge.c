/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far is it beyond the usual? Only ratios count: twice is a point, each doubling one more. */
#include "milter/lookup/profile_internal.h"

#define STRANGE_SHARE 0.5f	/* of what is usual, at an hour when nothing is, and from a network that it never came from */
#define QUIET 0.05f		/* recipients in an hour of the week: one in twenty weeks */
#define TRAVELS 0.3f		/* new networks a day: somebody on the road */

enum {
	RHYTHM_HOURS = 15,	/* so many hours of the week must be in use, to say that others are not */
	DAYS_OF_FLOOR = 5,	/* a day may have so many times the floor of an hour */
	HELD_ALWAYS = 6,	/* messages with something bad in them in a day: below no floor */
	NEIGHBOURS = 2,		/* hours to both sides that count as this one: people are no clocks, and summer time is an hour */
	LEAST_GROUP = 5,	/* accounts that make a median */
};

/* What is as usual with anybody, in the order of enum usual; the hour's and the day's follow from the floor. */
static const float least[USUALS] = { 0, 0, 10, 8, 5, 12, 4, 2, 2 };

/* What is thought of an account that is new where there are no others to compare it with. */
static const float beginner[USUALS] = { 15, 40, 10, 8, 6, 15, 4, 2, 2 };

static const enum profile_family family_of[SIGNALS] = {
	[SIGNAL_VOLUME] = FAMILY_AMOUNT, [SIGNAL_FANOUT] = FAMILY_AMOUNT, [SIGNAL_SUBJECT] = FAMILY_AMOUNT,
	[SIGNAL_DOMAINS] = FAMILY_STRANGERS,
	[SIGNAL_NETWORK] = FAMILY_ORIGIN, [SIGNAL_HELO] = FAMILY_ORIGIN, [SIGNAL_HOUR] = FAMILY_ORIGIN,
	[SIGNAL_REFUSED] = FAMILY_FEEDBACK, [SIGNAL_BOUNCES] = FAMILY_FEEDBACK, [SIGNAL_HELD] = FAMILY_FEEDBACK,
};

static float larger(float a, float b)
{
	return a > b ? a : b;
}

static unsigned points(float now, float usual)
{
	return now < 2 * usual ? 0 : now < 4 * usual ? 1 : now < 8 * usual ? 2 : PROFILE_POINTS_MAX;
}

static unsigned points_of(const struct profile_amount *amount)
{
	return points((float)amount->now, amount->usual);
}

static unsigned most(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

/* --- what is usual --- */

static void usual_of_group(struct profiles *profiles, enum profile_kind kind, float ret_usual[USUALS])
{
	(void)pthread_mutex_lock(&profiles->lock);
	for (size_t i = 0; i < USUALS; i++)
		ret_usual[i] = profiles->group[kind].accounts < LEAST_GROUP ? beginner[i] : profiles->group[kind].usual[i];
	(void)pthread_mutex_unlock(&profiles->lock);
}

/* Of a young account its own past counts as much as there is of it. Twice the median is what the busier half does. */
static void usual_of(struct profiles *profiles, const struct profile *profile, uint32_t floor, float ret_usual[USUALS])
{
	float group[USUALS], own = profile->days >= YOUNG_DAYS ? 1 : (float)profile->days / YOUNG_DAYS;

	usual_of_group(profiles, profile_kind_of(profile), group);
	for (size_t i = 0; i < USUALS; i++) {
		float usual = sane(profile->usual[i]);

		usual = own * usual + (1 - own) * larger(usual, 2 * group[i]);
		ret_usual[i] = larger(usual, least[i]);
	}
	ret_usual[USUAL_HOUR] = larger(ret_usual[USUAL_HOUR], (float)floor / 2);
	ret_usual[USUAL_DAY] = larger(ret_usual[USUAL_DAY], 2 * (float)floor);
}

/* The most of what the hours around this one of the week have. */
static float rhythm_now(const struct profile *profile, uint64_t hour)
{
	float result = 0;

	for (uint64_t i = hour + WEEK - NEIGHBOURS; i <= hour + WEEK + NEIGHBOURS; i++)
		result = larger(result, sane(profile->week[i % WEEK]));
	return result;
}

static bool has_rhythm(const struct profile *profile)
{
	size_t used = 0;

	for (size_t i = 0; i < WEEK; i++)
		used += sane(profile->week[i]) > QUIET;
	return profile->days >= YOUNG_DAYS && used >= RHYTHM_HOURS;
}

/* --- what is now --- */

static void count_hour(const struct profile *profile, struct profile_judgement *judgement)
{
	for (unsigned age = 0; age < MINUTES && age <= profile->minute; age++) {
		const struct minute *minute = &profile->minutes[(profile->minute - age) % MINUTES];

		judgement->hour.now += minute->recipients;
		judgement->domains.now += minute->domains;
		if (minute->recipients > 0)
			judgement->minutes = age + 1;
	}
}

static void count_day(const struct profile *profile, struct profile_judgement *judgement)
{
	for (size_t i = 0; i < HOURS; i++) {
		judgement->day.now += profile->hours[i].recipients;
		judgement->domains_day.now += profile->hours[i].domains;
		judgement->refused.now += profile->hours[i].refused;
		judgement->bounces.now += profile->hours[i].bounces;
		judgement->held.now += profile->hours[i].held;
	}
}

static uint32_t most_of_a_subject(const struct profile *profile, uint64_t hour)
{
	uint32_t result = 0;

	for (size_t i = 0; i < SUBJECTS; i++) {
		const struct subject *subject = &profile->subjects[i];

		if (subject->hash != 0 && (uint64_t)subject->hour + 1 >= hour && subject->count > result)
			result = subject->count;
	}
	return result;
}

/* Those that are not known and came in this hour or the one before. */
static unsigned new_origins(const struct origin origins[ORIGINS], uint64_t hour)
{
	unsigned len = 0;

	for (size_t i = 0; i < ORIGINS; i++)
		len += origins[i].hash != 0 && origins[i].days < ORIGIN_KNOWN && (uint64_t)origins[i].last_hour + 1 >= hour;
	return len;
}

static void count(const struct profile *profile, uint32_t recipients, struct profile_judgement *judgement)
{
	uint64_t hour = profile->minute / MINUTES;

	count_hour(profile, judgement);
	count_day(profile, judgement);
	judgement->fanout.now = recipients;
	judgement->subject.now = most_of_a_subject(profile, hour);
	judgement->networks = new_origins(profile->networks, hour);
	judgement->helos = new_origins(profile->helos, hour);
}

/* --- points --- */

/* A large hour is as usual at the time when there are large hours, from where they come. */
static void judge_volume(struct profile_judgement *judgement, float rhythm, float floor)
{
	float hour = judgement->hour.usual, day = judgement->day.usual;

	if (judgement->points[SIGNAL_HOUR] > 0)
		hour *= STRANGE_SHARE;
	if (judgement->points[SIGNAL_NETWORK] > 0) {
		hour *= STRANGE_SHARE;
		day *= STRANGE_SHARE;
	}
	hour = larger(hour, 2 * rhythm);
	judgement->points[SIGNAL_VOLUME] = most(points((float)judgement->hour.now, larger(hour, floor / 2)),
						points((float)judgement->day.now, larger(day, 2 * floor)));
}

/* Of what comes back a share of what was sent is no news, however much it is. */
static unsigned points_of_share(const struct profile_amount *amount, uint32_t all, uint32_t percent)
{
	if ((uint64_t)amount->now * 100 < (uint64_t)all * percent)
		return 0;
	return points_of(amount);
}

static unsigned at_most(unsigned number, unsigned most)
{
	return number < most ? number : most;
}

/* Who travels comes from a new network now and then. */
static unsigned judge_networks(const struct profile *profile, unsigned networks)
{
	unsigned result = at_most(networks, 2);

	return result > 0 && sane(profile->new_networks) >= TRAVELS ? result - 1 : result;
}

static void judge_signals(const struct profile *profile, float floor, struct profile_judgement *judgement)
{
	uint64_t hour = profile->minute / MINUTES;
	float rhythm = rhythm_now(profile, hour);
	unsigned *result = judgement->points;

	result[SIGNAL_FANOUT] = points_of(&judgement->fanout);
	result[SIGNAL_SUBJECT] = points_of(&judgement->subject);
	result[SIGNAL_DOMAINS] = most(points_of(&judgement->domains), points_of(&judgement->domains_day));
	result[SIGNAL_NETWORK] = judge_networks(profile, judgement->networks);
	result[SIGNAL_HELO] = at_most(judgement->helos, profile->kind == PROFILE_CLIENT ? 2 : 1);
	result[SIGNAL_HOUR] = has_rhythm(profile) && rhythm <= QUIET;
	judge_volume(judgement, rhythm, floor);
	result[SIGNAL_REFUSED] = points_of_share(&judgement->refused, judgement->day.now + judgement->refused.now, 20);
	result[SIGNAL_BOUNCES] = points_of_share(&judgement->bounces, judgement->day.now, 5);
	result[SIGNAL_HELD] = points_of(&judgement->held);
}

/* Amounts come together (a mailing has many recipients of one subject): the largest counts. The others add up. */
static void add_up(struct profile_judgement *judgement)
{
	for (size_t i = 0; i < SIGNALS; i++) {
		unsigned *family = &judgement->families[family_of[i]];

		if (family_of[i] == FAMILY_AMOUNT)
			*family = most(*family, judgement->points[i]);
		else
			*family = at_most(*family + judgement->points[i], PROFILE_POINTS_MAX);
	}
	for (size_t i = 0; i < FAMILIES; i++)
		judgement->score += judgement->families[i];
}

void profile_judge(struct profiles *profiles, struct profile *profile, uint64_t now_ms, uint32_t floor, uint32_t recipients,
		   struct profile_judgement *ret_judgement)
{
	struct profile_judgement judgement = { .is_young = profile->days < YOUNG_DAYS };
	float usual[USUALS];

	profile_advance(profile, now_ms);
	usual_of(profiles, profile, floor, usual);
	judgement.hour.usual = usual[USUAL_HOUR];
	judgement.day.usual = usual[USUAL_DAY];
	judgement.fanout.usual = usual[USUAL_FANOUT];
	judgement.subject.usual = usual[USUAL_SUBJECT];
	judgement.domains.usual = usual[USUAL_DOMAINS];
	judgement.domains_day.usual = usual[USUAL_DOMAINS_DAY];
	judgement.refused.usual = usual[USUAL_REFUSED];
	judgement.bounces.usual = usual[USUAL_BOUNCES];
	judgement.held.usual = usual[USUAL_HELD];
	count(profile, recipients, &judgement);
	judgement.is_below_floor = judgement.hour.now < floor && judgement.day.now < DAYS_OF_FLOOR * floor && judgement.held.now < HELD_ALWAYS;
	if (!judgement.is_below_floor) {
		judge_signals(profile, (float)floor, &judgement);
		add_up(&judgement);
	}
	*ret_judgement = judgement;
}
