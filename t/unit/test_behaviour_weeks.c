/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Weeks of ordinary mail of many organisations, and what becomes of a stolen login among them: how often is somebody bothered who did nothing,
 * and how much gets out before somebody is stopped who did. Twenty organisations; OCTROI_LONG=1: a hundred, and the table that they make. */
#include <stdlib.h>

#include "milter/base/arena.h"
#include "milter/lookup/profile.h"
#include "scanners/behaviour_settings.h"
#include "scanners/behaviour_text.h"
#include "t/unit/rows.h"

#define MINUTE UINT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define START (UINT64_C(20454) * DAY)	/* a Thursday; day 4 of it a Monday */

enum { WEEKS = 12, ACCOUNTS = 24, FLOOR = 20, TRICKLE = 10 };

/* The defaults of milter.conf. */
static const struct behaviour_settings ladder = {
	.at = { [STEP_NOTE] = 3, [STEP_TAG] = 5, [STEP_SLOW] = 6, [STEP_HOLD] = 7, [STEP_SUSPENDED] = 9 },
};

/* --- chance that is the same each time --- */

static uint64_t chance_state;

static uint32_t chance(uint32_t below)
{
	chance_state = chance_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((chance_state >> 33) % below);
}

static bool percent(uint32_t share)
{
	return chance(100) < share;
}

/* --- people --- */

enum rhythm { OFFICE, QUIET, SALES, NEWSLETTER, MAILINGS, TRAVELLER, HOLIDAY, NEWCOMER, PART_TIME, MACHINE, INVOICES, RHYTHMS };
static const char *const rhythm_names[RHYTHMS] = {
	"office", "quiet", "sales", "newsletter", "mailings one by one", "traveller", "long holiday", "newcomer", "part time",
	"machine (client)", "invoices (client)",
};

static const struct habits {
	uint32_t messages;		/* a working day; 0: see write_day */
	uint32_t strangers;		/* percent of recipients of whom nobody has heard */
	uint32_t partners;		/* domains it writes to */
} habits[RHYTHMS] = {
	[OFFICE] = { 14, 3, 60 }, [QUIET] = { 1, 3, 8 }, [SALES] = { 30, 35, 80 }, [NEWSLETTER] = { 12, 3, 60 }, [MAILINGS] = { 12, 3, 60 },
	[TRAVELLER] = { 14, 4, 50 }, [HOLIDAY] = { 16, 3, 60 }, [NEWCOMER] = { 14, 12, 60 }, [PART_TIME] = { 10, 4, 30 },
	[MACHINE] = { 40, 0, 3 }, [INVOICES] = { 6, 1, 10 },
};

struct person {
	enum rhythm rhythm;
	unsigned number;		/* in the organisation: a seed for what is its own */
	enum profile_kind kind;
	char name[32];
	unsigned place;			/* network it is in this week */
	uint64_t last_ms;		/* its latest message */
	enum behaviour_step worst;	/* of its messages in ordinary weeks */
	unsigned steps[STEPS];		/* days on which that was the worst */
};

struct organisation {
	struct profiles *profiles;
	struct arena *arena;
	struct person people[ACCOUNTS];
	unsigned strangers;		/* a number for each domain of whom nobody has heard */
};

struct mail {
	uint64_t now_ms;
	unsigned network;
	unsigned recipients;
	unsigned strangers;		/* percent */
	unsigned customers;		/* domains that recipients are picked from; 0: the partners */
	unsigned subject;
};

static const char *domain_for(struct organisation *org, const struct person *person, const struct mail *mail)
{
	static char domain[64];

	if (percent(mail->strangers))
		(void)snprintf(domain, sizeof(domain), "new%u.example", org->strangers++);
	else if (mail->customers > 0 && percent(50))
		(void)snprintf(domain, sizeof(domain), "customer%u-%u.example", person->number, chance(mail->customers));
	else	/* a few of them get most */
		(void)snprintf(domain, sizeof(domain), "p%u-%u.example", person->number, chance(chance(habits[person->rhythm].partners) + 1));
	return domain;
}

/* As the scanner does: counted at RCPT, judged, learned from. Returns the step at the end of the message; *ret_passed is how many recipients
 * were not refused. */
static enum behaviour_step post(struct organisation *org, struct person *person, const struct mail *mail, unsigned *trickle,
				unsigned *ret_passed, const char **ret_evidence)
{
	struct profile *profile = profile_take(org->profiles, person->kind, person->name, mail->now_ms);
	struct profile_judgement judgement;
	enum behaviour_step step = STEP_NONE;
	char network[32], helo[32], subject[32];
	unsigned passed = 0;

	(void)snprintf(network, sizeof(network), "10.%u.%u.0/24", mail->network >> 8, mail->network & 255);
	(void)snprintf(helo, sizeof(helo), "host%u-%u", person->number, mail->network);
	(void)snprintf(subject, sizeof(subject), "%u", mail->subject);
	profile_origin(profile, mail->now_ms, person->kind == PROFILE_LOGIN ? network : NULL, helo);
	for (unsigned i = 0; i < mail->recipients && step < STEP_SUSPENDED; i++) {
		profile_recipient(profile, mail->now_ms, domain_for(org, person, mail));
		profile_judge(org->profiles, profile, mail->now_ms, FLOOR, i + 1, &judgement);
		step = behaviour_step_of(&ladder, judgement.score);
		if (step >= STEP_SLOW)
			profile_is_odd(profile);
		if (step == STEP_SLOW && trickle != NULL && (*trickle)++ >= TRICKLE)
			profile_give_back(profile, mail->now_ms, mail->now_ms, 1);
		else if (step < STEP_SUSPENDED)
			passed++;
	}
	if (step >= STEP_HOLD)
		profile_held(profile, mail->now_ms, 1);
	else
		profile_sent(profile, mail->now_ms, passed, subject);
	if (ret_evidence != NULL)
		*ret_evidence = behaviour_evidence(org->arena, &judgement);
	profile_release(org->profiles, profile);
	*ret_passed = step >= STEP_HOLD ? 0 : passed;
	return step;
}

static void bounce(struct organisation *org, const struct person *person, uint64_t now_ms, unsigned recipients, unsigned share)
{
	struct profile *profile = profile_take(org->profiles, person->kind, person->name, now_ms);

	for (unsigned i = 0; i < recipients; i++)
		if (percent(share))
			profile_bounced(profile, now_ms, 1);
	profile_release(org->profiles, profile);
}

/* --- ordinary weeks --- */

static enum behaviour_step ordinary(struct organisation *org, struct person *person, struct mail *mail)
{
	unsigned passed;
	const char *evidence;
	enum behaviour_step step;

	if (mail->now_ms < person->last_ms)
		mail->now_ms = person->last_ms;
	person->last_ms = mail->now_ms;
	step = post(org, person, mail, NULL, &passed, &evidence);
	if (step >= STEP_SLOW && step > person->worst && getenv("OCTROI_LONG") != NULL)
		print_message("# %s, day %llu, step %u: %s\n", rhythm_names[person->rhythm],
			      (unsigned long long)((mail->now_ms - START) / DAY), (unsigned)step, evidence);
	bounce(org, person, mail->now_ms, mail->recipients, 1);
	return step;
}

static enum behaviour_step worse(enum behaviour_step a, enum behaviour_step b)
{
	return a > b ? a : b;
}

static unsigned few_recipients(void)
{
	return percent(70) ? 1 : percent(90) ? 2 + chance(3) : 5 + chance(8);
}

/* To 80 customers on one day of the month: in one message, or in one for each. */
static enum behaviour_step write_mailing(struct organisation *org, struct person *person, uint64_t midnight)
{
	bool at_once = person->rhythm == NEWSLETTER;
	unsigned messages = at_once ? 1 : person->rhythm == INVOICES ? 150 : 80;
	enum behaviour_step worst = STEP_NONE;

	for (unsigned i = 0; i < messages; i++) {
		struct mail mail = {
			.now_ms = midnight + 10 * HOUR + i * 20000, .network = person->place, .recipients = at_once ? 80 : 1,
			.strangers = 2, .customers = 70, .subject = person->rhythm == INVOICES ? i + 1 : (unsigned)(midnight / DAY),
		};

		worst = worse(worst, ordinary(org, person, &mail));
	}
	return worst;
}

static enum behaviour_step write_letters(struct organisation *org, struct person *person, uint64_t midnight, uint32_t messages, bool has_mailing)
{
	enum behaviour_step worst = STEP_NONE;

	for (uint32_t i = 0; i < messages; i++) {
		if (has_mailing && i == messages / 4)
			worst = worse(worst, write_mailing(org, person, midnight));
		struct mail mail = {
			.now_ms = midnight + 8 * HOUR + i * (10 * HOUR / messages) + chance(20 * MINUTE),
			.network = person->place, .recipients = few_recipients(), .strangers = habits[person->rhythm].strangers,
			.subject = chance(1000000),
		};

		worst = worse(worst, ordinary(org, person, &mail));
	}
	return worst;
}

static enum behaviour_step run_machine(struct organisation *org, struct person *person, uint64_t midnight)
{
	enum behaviour_step worst = STEP_NONE;

	for (unsigned i = 0; i < 48; i++) {
		struct mail mail = { .now_ms = midnight + i * 30 * MINUTE, .recipients = 2, .subject = i };

		worst = worse(worst, ordinary(org, person, &mail));
	}
	return worst;
}

static bool is_at_work(const struct person *person, unsigned day, unsigned weekday)
{
	if (weekday >= 5)
		return percent(5);
	switch (person->rhythm) {
	case HOLIDAY:
		return day < 35 || day >= 56;
	case NEWCOMER:
		return day >= 50;
	case PART_TIME:
		return weekday < 2;
	case QUIET:
		return percent(40);
	default:
		return true;
	}
}

static enum behaviour_step live_a_day(struct organisation *org, struct person *person, unsigned day)
{
	uint64_t midnight = START + day * DAY;
	unsigned weekday = (day + 3) % 7;
	uint32_t messages = habits[person->rhythm].messages;
	bool has_mailing;

	if (person->rhythm == MACHINE)
		return run_machine(org, person, midnight);
	if (!is_at_work(person, day, weekday))
		return STEP_NONE;
	person->place = person->number;
	if (person->rhythm == TRAVELLER && day % 11 < 3)
		person->place = 256 + person->number * 64 + day / 11 * 2 + day % 2;
	has_mailing = (person->rhythm == NEWSLETTER || person->rhythm == MAILINGS || person->rhythm == INVOICES) &&
		      day % 28 == 18 + person->number % 3;
	return write_letters(org, person, midnight, messages / 2 + 1 + chance(messages), has_mailing);
}

static void live(struct organisation *org)
{
	for (unsigned day = 0; day < WEEKS * 7; day++) {
		for (size_t i = 0; i < ACCOUNTS; i++) {
			enum behaviour_step step = live_a_day(org, &org->people[i], day);

			org->people[i].worst = worse(org->people[i].worst, step);
			org->people[i].steps[step]++;
		}
		profiles_refresh(org->profiles, START + (day + 1) * DAY);
	}
}

static void organisation_begin(struct organisation *org, unsigned seed)
{
	chance_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	*org = (struct organisation){ .arena = arena_new() };
	assert_int_equal(profiles_open(NULL, 256, &org->profiles), 0);
	for (unsigned i = 0; i < ACCOUNTS; i++) {
		struct person *person = &org->people[i];

		person->rhythm = i < RHYTHMS ? (enum rhythm)i : percent(70) ? OFFICE : (enum rhythm)chance(MACHINE);
		person->kind = person->rhythm >= MACHINE ? PROFILE_CLIENT : PROFILE_LOGIN;
		person->number = i;
		(void)snprintf(person->name, sizeof(person->name), "account%u", i);
	}
}

static void organisation_end(struct organisation *org)
{
	profiles_close(org->profiles);
	arena_free(org->arena);
}

/* --- crimes --- */

enum crime { STOLEN, MALWARE_AT_HOME, SNOWSHOE, DRIP, CRIMES };
static const struct {
	const char *name;
	unsigned networks;		/* new ones that it comes from; 0: the owner's */
	unsigned recipients;		/* of a message */
	uint64_t pause_ms;
	unsigned bounces;		/* percent */
	bool one_subject;
} crimes[CRIMES] = {
	[STOLEN] = { "stolen password, two networks", 2, 3, 4000, 10, true },
	[MALWARE_AT_HOME] = { "malware on its own host", 0, 1, 3000, 10, false },
	[SNOWSHOE] = { "many networks, slowly", 12, 1, 60000, 8, false },
	[DRIP] = { "own host, 15 an hour", 0, 1, 240000, 8, false },
};

struct course {
	unsigned stopped;	/* recipients that had got something when the first one did not */
	unsigned out;		/* until it was held, or for an hour */
	bool held;		/* within a day */
};

static struct course commit(struct organisation *org, struct person *person, enum crime crime, uint64_t at_ms)
{
	struct course course = { .stopped = 0 };
	unsigned sent = 0, passed;

	for (unsigned i = 0; i * crimes[crime].pause_ms < DAY && !course.held; i++) {
		struct mail mail = {
			.now_ms = at_ms + i * crimes[crime].pause_ms, .recipients = crimes[crime].recipients, .strangers = 95,
			.network = crimes[crime].networks == 0 ? person->place : 60000 + i % crimes[crime].networks,
			.subject = crimes[crime].one_subject ? 7 : i,
		};
		/* ten in ten minutes is one a minute */
		unsigned trickle = i * crimes[crime].pause_ms % MINUTE < crimes[crime].pause_ms ? TRICKLE - 1 : TRICKLE;

		course.held = post(org, person, &mail, &trickle, &passed, NULL) >= STEP_HOLD;
		sent += passed;
		if (passed < mail.recipients && course.stopped == 0)
			course.stopped = sent;
		if (i * crimes[crime].pause_ms < HOUR)
			course.out = sent;
		bounce(org, person, mail.now_ms, passed, crimes[crime].bounces);
	}
	if (course.stopped == 0)
		course.stopped = sent;
	return course;
}

/* --- what it comes to --- */

struct totals {
	unsigned people[RHYTHMS], steps[RHYTHMS][STEPS], days[RHYTHMS];
	unsigned crimes[CRIMES], stopped[CRIMES], stopped_most[CRIMES], out[CRIMES], out_most[CRIMES], held[CRIMES], beyond_60[CRIMES];
};
static struct totals totals;
static unsigned organisations = 20;

static void add_ordinary(const struct organisation *org)
{
	for (size_t i = 0; i < ACCOUNTS; i++) {
		const struct person *person = &org->people[i];

		totals.people[person->rhythm]++;
		totals.days[person->rhythm] += WEEKS * 7;
		for (size_t step = 0; step < STEPS; step++)
			totals.steps[person->rhythm][step] += person->steps[step];
	}
}

static unsigned larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

/* One account of each rhythm is taken over, in one way; the hour is any. */
static void add_crimes(struct organisation *org, unsigned seed)
{
	for (unsigned rhythm = 0; rhythm < RHYTHMS; rhythm++) {
		enum crime crime = (enum crime)((rhythm + seed) % CRIMES);
		struct course course = commit(org, &org->people[rhythm], crime,
					      START + WEEKS * 7 * DAY + chance(7 * 24) * HOUR + chance(60) * MINUTE);

		totals.crimes[crime]++;
		totals.stopped[crime] += course.stopped;
		totals.stopped_most[crime] = larger(totals.stopped_most[crime], course.stopped);
		totals.out[crime] += course.out;
		totals.out_most[crime] = larger(totals.out_most[crime], course.out);
		totals.held[crime] += course.held;
		totals.beyond_60[crime] += !course.held || course.out > 60;
	}
}

static void print_totals(void)
{
	print_message("# %-22s %8s %8s %6s %6s %6s %6s %9s\n", "ordinary", "accounts", "days", "note", "tag", "slow", "hold", "suspended");
	for (size_t i = 0; i < RHYTHMS; i++)
		print_message("# %-22s %8u %8u %6u %6u %6u %6u %9u\n", rhythm_names[i], totals.people[i], totals.days[i],
			      totals.steps[i][STEP_NOTE], totals.steps[i][STEP_TAG], totals.steps[i][STEP_SLOW], totals.steps[i][STEP_HOLD],
			      totals.steps[i][STEP_SUSPENDED]);
	print_message("# %-32s %8s %8s %8s %8s %8s %8s %8s\n", "taken over", "accounts", "stopped", "most", "out", "most", "held", "<= 60");
	for (size_t i = 0; i < CRIMES; i++)
		print_message("# %-32s %8u %8.1f %8u %8.1f %8u %8u %8u\n", crimes[i].name, totals.crimes[i],
			      (double)totals.stopped[i] / totals.crimes[i], totals.stopped_most[i],
			      (double)totals.out[i] / totals.crimes[i], totals.out_most[i], totals.held[i],
			      totals.crimes[i] - totals.beyond_60[i]);
}

static unsigned days_at(enum behaviour_step step)
{
	unsigned days = 0;

	for (size_t i = 0; i < RHYTHMS; i++)
		for (size_t worse_step = step; worse_step < STEPS; worse_step++)
			days += totals.steps[i][worse_step];
	return days;
}

static void nobody_ordinary_is_held(void **state)
{
	(void)state;
	assert_int_equal(days_at(STEP_HOLD), 0);
}

static bool has_mailings(size_t rhythm)
{
	return rhythm == NEWSLETTER || rhythm == MAILINGS || rhythm == INVOICES;
}

/* The first mailing of an account is noted, as it should be, and a large one slowed; the second is its own usual. */
static void nobody_else_than_a_first_mailing_is_noted(void **state)
{
	(void)state;
	for (size_t i = 0; i < RHYTHMS; i++) {
		const unsigned *steps = totals.steps[i];
		unsigned noted = steps[STEP_NOTE] + steps[STEP_TAG] + steps[STEP_SLOW];

		assert_in_range(noted, 0, has_mailings(i) ? 3 * totals.people[i] : totals.days[i] / 1000);
		assert_in_range(steps[STEP_SLOW], 0, has_mailings(i) ? totals.people[i] : 0);
	}
}

static unsigned share(const unsigned counts[CRIMES], enum crime crime)
{
	assert_true(totals.crimes[crime] > 0);
	return 100 * counts[crime] / totals.crimes[crime];
}

static void a_stolen_login_is_stopped_within_60_recipients_ID_08(void **state)
{
	(void)state;
	assert_in_range(totals.stopped[STOLEN] / totals.crimes[STOLEN], 1, 40);
	assert_in_range(totals.stopped_most[STOLEN], 1, 120);	/* it has mailings of its own */
	assert_in_range(share(totals.beyond_60, STOLEN), 0, 10);
	assert_int_equal(share(totals.held, STOLEN), 100);
}

static void malware_on_its_own_host_is_stopped_ID_08(void **state)
{
	(void)state;
	assert_in_range(totals.stopped[MALWARE_AT_HOME] / totals.crimes[MALWARE_AT_HOME], 1, 100);
	assert_in_range(share(totals.held, MALWARE_AT_HOME), 90, 100);
}

static void who_goes_slowly_is_stopped_in_the_end_ID_08(void **state)
{
	(void)state;
	assert_in_range(totals.out_most[SNOWSHOE], 1, 60);
	assert_in_range(share(totals.held, SNOWSHOE), 90, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_ordinary_is_held),
		cmocka_unit_test(nobody_else_than_a_first_mailing_is_noted),
		cmocka_unit_test(a_stolen_login_is_stopped_within_60_recipients_ID_08),
		cmocka_unit_test(malware_on_its_own_host_is_stopped_ID_08),
		cmocka_unit_test(who_goes_slowly_is_stopped_in_the_end_ID_08),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (getenv("OCTROI_LONG") != NULL)
		organisations = 100;
	for (unsigned i = 0; i < organisations; i++) {
		struct organisation org;

		organisation_begin(&org, i);
		live(&org);
		add_ordinary(&org);
		add_crimes(&org, i);
		organisation_end(&org);
	}
	print_totals();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
