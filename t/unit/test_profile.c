/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/profile.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/unit/rows.h"

#define MINUTE UINT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define MONDAY (UINT64_C(20458) * DAY)
#define FLOOR 20

static struct profiles *profiles;

static void begin(void)
{
	assert_int_equal(profiles_open(NULL, 256, &profiles), 0);
}

static void send(const char *name, uint64_t now_ms, unsigned recipients, const char *domains, unsigned number)
{
	struct profile *profile = profile_take(profiles, PROFILE_LOGIN, name, now_ms);

	profile_origin(profile, now_ms, "192.0.2.0/24", "pc");
	for (unsigned i = 0; i < recipients; i++) {
		char domain[64];

		(void)snprintf(domain, sizeof(domain), "%s%u.example", domains, number + i);
		profile_recipient(profile, now_ms, domain);
	}
	profile_sent(profile, now_ms, recipients, "");
	profile_release(profiles, profile);
}

static struct profile_judgement judge(const char *name, uint64_t now_ms)
{
	struct profile *profile = profile_take(profiles, PROFILE_LOGIN, name, now_ms);
	struct profile_judgement judgement;

	profile_judge(profiles, profile, now_ms, FLOOR, 1, &judgement);
	profile_release(profiles, profile);
	return judgement;
}

/* So many recipients at ten each working day. */
static void live(const char *name, unsigned days, unsigned recipients)
{
	for (unsigned day = 0; day < days; day++)
		if (day % 7 < 5)
			send(name, MONDAY + day * DAY + 10 * HOUR, recipients, "p", 0);
}

/* --- each signal, on its own --- */

static void mail_to_partners(uint64_t now_ms, unsigned recipients)
{
	for (unsigned i = 0; i < recipients; i++)
		send("bob", now_ms, 1, "p", i % 4);
}

#define NOW (MONDAY + 28 * DAY + 10 * HOUR)	/* a Monday at ten */

static void change_volume(uint64_t now_ms) { mail_to_partners(now_ms, 90); }
static void change_little(uint64_t now_ms) { mail_to_partners(now_ms, 19); }

static void change_domains(uint64_t now_ms)
{
	mail_to_partners(now_ms, 4);
	for (unsigned i = 0; i < 20; i++)
		send("bob", now_ms, 1, "new", i);
}

static void change_subject(uint64_t now_ms)
{
	struct profile *profile = profile_take(profiles, PROFILE_LOGIN, "bob", now_ms);

	for (unsigned i = 0; i < 20; i++) {
		profile_recipient(profile, now_ms, "p1.example");
		profile_sent(profile, now_ms, 1, "d1");
	}
	profile_release(profiles, profile);
}

static void change_networks(uint64_t now_ms)
{
	struct profile *profile = profile_take(profiles, PROFILE_LOGIN, "bob", now_ms);

	profile_origin(profile, now_ms, "198.51.100.0/24", "pc");
	profile_origin(profile, now_ms, "203.0.113.0/24", "pc");
	profile_release(profiles, profile);
	mail_to_partners(now_ms, 20);
}

static void change_helo(uint64_t now_ms)
{
	struct profile *profile = profile_take(profiles, PROFILE_LOGIN, "bob", now_ms);

	profile_origin(profile, now_ms, NULL, "dsl");
	profile_release(profiles, profile);
	mail_to_partners(now_ms, 20);
}

static void change_feedback(uint64_t now_ms)
{
	struct profile *profile;

	mail_to_partners(now_ms, 20);
	profile = profile_take(profiles, PROFILE_LOGIN, "bob", now_ms);
	profile_refused(profile, now_ms, 10);
	profile_bounced(profile, now_ms, 5);
	profile_held(profile, now_ms, 4);
	profile_release(profiles, profile);
}

static const struct signal_row {
	const char *name;
	void (*change)(uint64_t now_ms);
	uint64_t now_ms;
	unsigned points[SIGNALS], score;
} signals[] = {
	{ "as ever", change_little, NOW, { 0 }, 0 },
	{ "eight times as many recipients", change_volume, NOW, { [SIGNAL_VOLUME] = 3 }, 3 },
	{ "domains that it never wrote to", change_domains, NOW, { [SIGNAL_VOLUME] = 1, [SIGNAL_DOMAINS] = 2 }, 3 },
	{ "one subject twenty times", change_subject, NOW, { [SIGNAL_VOLUME] = 1, [SIGNAL_SUBJECT] = 1 }, 1 },
	{ "two networks: what is usual is so from home", change_networks, NOW, { [SIGNAL_VOLUME] = 1, [SIGNAL_NETWORK] = 2 }, 3 },
	{ "a HELO name", change_helo, NOW, { [SIGNAL_VOLUME] = 1, [SIGNAL_HELO] = 1 }, 2 },
	{ "refused, bounced, held", change_feedback, NOW,
	  { [SIGNAL_VOLUME] = 1, [SIGNAL_REFUSED] = 1, [SIGNAL_BOUNCES] = 1, [SIGNAL_HELD] = 1 }, 4 },
};

static void a_signal_is_one_beyond_its_usual(void **state)
{
	const struct signal_row *row = *state;
	struct profile_judgement judgement;

	begin();
	live("bob", 28, 4);
	row->change(row->now_ms);
	judgement = judge("bob", row->now_ms);
	for (size_t i = 0; i < SIGNALS; i++)
		if (judgement.points[i] != row->points[i])
			fail_msg("signal %zu: %u points, not %u", i, judgement.points[i], row->points[i]);
	assert_int_equal(judgement.score, row->score);
	profiles_close(profiles);
}

/* Of an account whose hours are known. */
static void an_hour_when_it_never_sends_is_odd(void **state)
{
	(void)state;
	begin();
	for (unsigned day = 0; day < 28; day++)
		for (unsigned hour = 8; hour < 17 && day % 7 < 5; hour++)
			send("bob", MONDAY + day * DAY + hour * HOUR, 2, "p", 0);
	mail_to_partners(MONDAY + 29 * DAY + 10 * HOUR, 20);
	assert_int_equal(judge("bob", MONDAY + 29 * DAY + 10 * HOUR).points[SIGNAL_HOUR], 0);
	mail_to_partners(MONDAY + 30 * DAY + 2 * HOUR, 20);
	assert_int_equal(judge("bob", MONDAY + 30 * DAY + 2 * HOUR).points[SIGNAL_HOUR], 1);
	profiles_close(profiles);
}

/* What is usual is ten: half the floor. */
static void points_are_doublings(void **state)
{
	static const struct {
		unsigned recipients, points;
	} steps[] = { { 20, 1 }, { 39, 1 }, { 40, 2 }, { 79, 2 }, { 80, 3 }, { 800, 3 } };

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		begin();
		live("bob", 28, 4);
		mail_to_partners(NOW, steps[i].recipients);
		assert_int_equal(judge("bob", NOW).points[SIGNAL_VOLUME], steps[i].points);
		profiles_close(profiles);
	}
}

/* 90 where 40 are usual: in a strange place or at a strange time 20 are. */
static void what_is_usual_is_so_from_home_and_in_time(void **state)
{
	static const struct {
		const char *network;
		uint64_t now_ms;
		unsigned points;
	} cases[] = { { "192.0.2.0/24", NOW, 1 }, { "198.51.100.0/24", NOW, 2 }, { "192.0.2.0/24", NOW - 7 * HOUR, 2 } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct profile *profile;

		begin();
		for (unsigned day = 0; day < 28; day++)
			for (unsigned hour = 8; hour < 17 && day % 7 < 5; hour++)
				send("bob", MONDAY + day * DAY + hour * HOUR, hour == 16 ? 40 : 1, "p", 0);
		profile = profile_take(profiles, PROFILE_LOGIN, "bob", cases[i].now_ms);
		profile_origin(profile, cases[i].now_ms, cases[i].network, NULL);
		for (unsigned j = 0; j < 90; j++)
			profile_recipient(profile, cases[i].now_ms, NULL);
		profile_release(profiles, profile);
		assert_int_equal(judge("bob", cases[i].now_ms).points[SIGNAL_VOLUME], cases[i].points);
		profiles_close(profiles);
	}
}

static void the_minutes_are_those_since_the_first_of_the_hour(void **state)
{
	(void)state;
	begin();
	mail_to_partners(NOW, 2);
	assert_int_equal(judge("bob", NOW).minutes, 1);
	mail_to_partners(NOW + 8 * MINUTE, 2);
	assert_int_equal(judge("bob", NOW + 8 * MINUTE).minutes, 9);
	assert_int_equal(judge("bob", NOW + 62 * MINUTE).minutes, 55);
	profiles_close(profiles);
}

/* --- what is learned, and what is not --- */

static void what_was_odd_is_not_learned(void **state)
{
	struct profile *profile;

	(void)state;
	begin();
	live("bob", 28, 4);
	mail_to_partners(NOW, 200);
	profile = profile_take(profiles, PROFILE_LOGIN, "bob", NOW);
	profile_is_odd(profile);
	profile_release(profiles, profile);
	assert_true(judge("bob", NOW + DAY).hour.usual <= 10);
	assert_true(judge("bob", NOW + DAY).day.usual <= 40);
	profiles_close(profiles);
}

static void what_was_a_little_more_is_learned_by_the_next_day(void **state)
{
	(void)state;
	begin();
	live("bob", 28, 4);
	mail_to_partners(NOW, 30);
	assert_true(judge("bob", NOW + 2 * HOUR).hour.usual <= 10);
	assert_true(judge("bob", NOW + DAY).hour.usual >= 29);
	assert_true(judge("bob", NOW + DAY + 93 * DAY).hour.usual >= 25);	/* a holiday is no past to learn from */
	profiles_close(profiles);
}

static void an_account_from_a_second_network_knows_it_from_the_second_day_on(void **state)
{
	struct profile *profile;
	static const struct {
		uint64_t ms;
		unsigned networks;
	} steps[] = { { 0, 1 }, { 14 * HOUR, 1 }, { 21 * HOUR, 0 } };

	(void)state;
	begin();
	live("bob", 28, 4);
	for (size_t i = 0; i < 3; i++) {
		uint64_t now_ms = NOW + steps[i].ms;	/* 14 hours later it is the next day, but the same night */

		profile = profile_take(profiles, PROFILE_LOGIN, "bob", now_ms);
		profile_origin(profile, now_ms, "198.51.100.0/24", NULL);
		profile_release(profiles, profile);
		assert_int_equal(judge("bob", now_ms).networks, steps[i].networks);
	}
	profiles_close(profiles);
}

static void many_networks_do_not_push_out_the_known_one(void **state)
{
	struct profile *profile;

	(void)state;
	begin();
	live("bob", 28, 4);
	profile = profile_take(profiles, PROFILE_LOGIN, "bob", NOW);
	for (unsigned i = 0; i < 1000; i++) {
		char network[32];

		(void)snprintf(network, sizeof(network), "10.%u.%u.0/24", i / 256, i % 256);
		profile_origin(profile, NOW, network, NULL);
	}
	profile_release(profiles, profile);
	assert_in_range(judge("bob", NOW).networks, 20, 23);
	profile = profile_take(profiles, PROFILE_LOGIN, "bob", NOW + 3 * HOUR);
	profile_origin(profile, NOW + 3 * HOUR, "192.0.2.0/24", NULL);
	profile_release(profiles, profile);
	assert_int_equal(judge("bob", NOW + 3 * HOUR).networks, 0);
	profiles_close(profiles);
}

static void what_is_given_back_was_never_there(void **state)
{
	struct profile *profile;

	(void)state;
	begin();
	profile = profile_take(profiles, PROFILE_LOGIN, "bob", NOW);
	for (unsigned i = 0; i < 30; i++)
		profile_recipient(profile, NOW, NULL);
	profile_give_back(profile, NOW + 10 * MINUTE, NOW, 25);
	profile_give_back(profile, NOW + 10 * MINUTE, NOW, 3);
	profile_release(profiles, profile);
	assert_int_equal(judge("bob", NOW + 10 * MINUTE).hour.now, 2);
	assert_int_equal(judge("bob", NOW + 10 * MINUTE).day.now, 2);
	profile = profile_take(profiles, PROFILE_LOGIN, "bob", NOW + 10 * MINUTE);
	profile_give_back(profile, NOW + 10 * MINUTE, NOW, 25);	/* more than there is: none is left, not four milliards */
	profile_release(profiles, profile);
	assert_int_equal(judge("bob", NOW + 10 * MINUTE).day.now, 0);
	profiles_close(profiles);
}

static void a_young_account_is_judged_by_the_others(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 9; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "user%u", i);
		live(name, 28, 50);
	}
	profiles_refresh(profiles, NOW);
	for (unsigned i = 0; i < 90; i++)
		send("new", NOW, 1, "p", i % 4);
	assert_true(judge("new", NOW).is_young);
	assert_int_equal(judge("new", NOW).points[SIGNAL_VOLUME], 0);	/* the median is 50, and it may have twice that */
	profiles_close(profiles);
	begin();
	for (unsigned i = 0; i < 90; i++)
		send("new", NOW, 1, "p", i % 4);
	assert_true(judge("new", NOW).points[SIGNAL_VOLUME] > 0);	/* nobody else: what is thought of beginners */
	profiles_close(profiles);
}

static void what_is_forgiven_is_forgotten_once(void **state)
{
	struct profile *profile;

	(void)state;
	begin();
	live("bob", 28, 4);
	change_networks(NOW);
	change_domains(NOW);
	assert_true(judge("bob", NOW).score >= 3);
	profile = profile_take(profiles, PROFILE_LOGIN, "bob", NOW + MINUTE);
	profile_episode(profile)->until_ms = NOW + DAY;
	profile_forgive(profile, NOW + MINUTE, NOW + 1);
	assert_int_equal(profile_episode(profile)->until_ms, 0);
	profile_release(profiles, profile);
	assert_int_equal(judge("bob", NOW + MINUTE).day.now, 0);
	mail_to_partners(NOW + MINUTE, 5);
	profile = profile_take(profiles, PROFILE_LOGIN, "bob", NOW + 2 * MINUTE);
	profile_forgive(profile, NOW + 2 * MINUTE, NOW + 1);	/* the same freeing */
	profile_release(profiles, profile);
	assert_int_equal(judge("bob", NOW + 2 * MINUTE).day.now, 5);
	assert_int_equal(judge("bob", NOW + 2 * MINUTE).networks, 0);
	profiles_close(profiles);
}

/* --- time --- */

static void a_clock_that_is_set_back_counts_on(void **state)
{
	(void)state;
	begin();
	mail_to_partners(NOW, 10);
	mail_to_partners(NOW - 3 * HOUR, 10);
	assert_int_equal(judge("bob", NOW).hour.now, 20);
	mail_to_partners(NOW - 40 * DAY, 3);	/* a clock that was far ahead: the rings start over */
	assert_int_equal(judge("bob", NOW - 40 * DAY).hour.now, 3);
	profiles_close(profiles);
}

static void after_an_hour_and_a_day_it_is_over(void **state)
{
	(void)state;
	begin();
	mail_to_partners(NOW, 10);
	assert_int_equal(judge("bob", NOW + 59 * MINUTE).hour.now, 10);
	assert_int_equal(judge("bob", NOW + 60 * MINUTE).hour.now, 0);
	assert_int_equal(judge("bob", NOW + 23 * HOUR).day.now, 10);
	assert_int_equal(judge("bob", NOW + 24 * HOUR).day.now, 0);
	profiles_close(profiles);
}

/* --- the table --- */

static void it_survives_a_restart(void **state)
{
	char directory[] = "/tmp/octroi-profile-XXXXXX", path[64];
	uint64_t key;
	struct profile *profile;

	(void)state;
	assert_non_null(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/profiles", directory);
	assert_int_equal(profiles_open(path, 256, &profiles), 0);
	mail_to_partners(NOW, 10);
	profile = profile_take(profiles, PROFILE_LOGIN, "bob", NOW);
	key = profile_key(profile);
	assert_true(key < UINT64_C(1) << PROFILE_KEY_BITS);
	profile_release(profiles, profile);
	profiles_close(profiles);
	assert_int_equal(profiles_open(path, 256, &profiles), 0);
	assert_int_equal(judge("bob", NOW).hour.now, 10);
	profile = profile_take_key(profiles, key, NOW);
	assert_non_null(profile);
	assert_string_equal(profile_name(profile), "bob");
	profile_release(profiles, profile);
	assert_null(profile_take_key(profiles, key ^ 1, NOW));
	profiles_close(profiles);
	(void)unlink(path);
	(void)rmdir(directory);
}

static void logins_and_clients_are_told_apart(void **state)
{
	struct profile *profile;

	(void)state;
	begin();
	mail_to_partners(NOW, 10);
	profile = profile_take(profiles, PROFILE_CLIENT, "bob", NOW);
	assert_int_equal(profile_kind_of(profile), PROFILE_CLIENT);
	profile_release(profiles, profile);
	assert_int_equal(judge("bob", NOW).hour.now, 10);
	profiles_close(profiles);
}

static void a_long_name_has_a_profile_but_no_name(void **state)
{
	char name[PROFILE_NAME_MAX + 10];
	struct profile *profile;

	(void)state;
	begin();
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	send(name, NOW, 3, "p", 0);
	profile = profile_take(profiles, PROFILE_LOGIN, name, NOW);
	assert_string_equal(profile_name(profile), "");
	profile_release(profiles, profile);
	assert_int_equal(judge(name, NOW).hour.now, 3);
	profiles_close(profiles);
}

/* threats RES-11: whoever was used longest ago goes, and who is suspended does not go before that ends. */
static void a_full_table_keeps_who_is_suspended_RES_11(void **state)
{
	struct profile *profile;

	(void)state;
	begin();
	profile = profile_take(profiles, PROFILE_LOGIN, "bob", NOW);
	profile_episode(profile)->until_ms = NOW + DAY;
	profile_release(profiles, profile);
	for (unsigned i = 0; i < 5000; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "user%u", i);
		send(name, NOW + i, 1, "p", 0);
	}
	profile = profile_take(profiles, PROFILE_LOGIN, "bob", NOW + HOUR);
	assert_int_equal(profile_episode(profile)->until_ms, NOW + DAY);
	profile_episode(profile)->until_ms = NOW + 100 * DAY;	/* which nobody can have written */
	profile_release(profiles, profile);
	profile = profile_take(profiles, PROFILE_LOGIN, "bob", NOW + HOUR);
	assert_int_equal(profile_episode(profile)->until_ms, 0);
	profile_release(profiles, profile);
	profiles_close(profiles);
}

/* After a crash of the machine a page may hold anything: no crash, no endless loop, nobody suspended for ever. */
static void torn_pages_are_survived(void **state)
{
	static const unsigned char fills[] = { 0xff, 0x7f, 0x01, 0xc4 };
	char directory[] = "/tmp/octroi-profile-XXXXXX", path[64];
	off_t size;

	(void)state;
	assert_non_null(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/profiles", directory);
	for (size_t fill = 0; fill < sizeof(fills); fill++) {
		unsigned char page[4096];
		struct profile *profile;
		int fd;

		assert_int_equal(profiles_open(path, 64, &profiles), 0);
		live("bob", 28, 4);
		profiles_close(profiles);
		fd = open(path, O_RDWR);
		size = lseek(fd, 0, SEEK_END);
		memset(page, fills[fill], sizeof(page));
		for (off_t at = 4096 + 64; at + 4096 < size; at += 5000)	/* not the keys of all */
			assert_int_equal(pwrite(fd, page, 2000, at), 2000);
		(void)close(fd);
		assert_int_equal(profiles_open(path, 64, &profiles), 0);
		profiles_refresh(profiles, NOW);
		for (unsigned i = 0; i < 500; i++) {
			char name[16];

			(void)snprintf(name, sizeof(name), "user%u", i);
			send(name, NOW, 1, "p", i);
			(void)judge(name, NOW);
		}
		send("bob", NOW, 1, "p", 0);
		assert_true(judge("bob", NOW).score <= 12);
		profile = profile_take(profiles, PROFILE_LOGIN, "bob", NOW);
		assert_true(profile_episode(profile)->until_ms <= NOW + 60 * DAY);
		profile_release(profiles, profile);
		profiles_close(profiles);
		(void)unlink(path);
	}
	(void)rmdir(directory);
}

static void *send_many(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 2000; i++) {
		send("bob", NOW, 1, "p", 0);
		if (i % 100 == 0)
			profiles_refresh(profiles, NOW + i * MINUTE);
	}
	return NULL;
}

static void threads_and_processes_count_together(void **state)
{
	pthread_t threads[4];
	pid_t pid;
	int status;

	(void)state;
	begin();
	pid = fork();
	if (pid == 0) {
		(void)send_many(NULL);
		_exit(0);
	}
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, send_many, NULL), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(judge("bob", NOW).hour.now, 10000);
	profiles_close(profiles);
}

static void who_dies_with_a_profile_taken_stops_nobody(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	begin();
	pid = fork();
	if (pid == 0) {
		(void)profile_take(profiles, PROFILE_LOGIN, "bob", NOW);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	send("bob", NOW, 2, "p", 0);
	assert_int_equal(judge("bob", NOW).hour.now, 2);
	profiles_close(profiles);
}

#define ONE(test) rows_add_one(&rows, #test, test, NULL)

int main(void)
{
	static struct rows rows;

	rows_add(&rows, signals, a_signal_is_one_beyond_its_usual);
	ONE(points_are_doublings);
	ONE(what_is_usual_is_so_from_home_and_in_time);
	ONE(the_minutes_are_those_since_the_first_of_the_hour);
	ONE(an_hour_when_it_never_sends_is_odd);
	ONE(what_was_odd_is_not_learned);
	ONE(what_was_a_little_more_is_learned_by_the_next_day);
	ONE(an_account_from_a_second_network_knows_it_from_the_second_day_on);
	ONE(many_networks_do_not_push_out_the_known_one);
	ONE(what_is_given_back_was_never_there);
	ONE(a_young_account_is_judged_by_the_others);
	ONE(what_is_forgiven_is_forgotten_once);
	ONE(a_clock_that_is_set_back_counts_on);
	ONE(after_an_hour_and_a_day_it_is_over);
	ONE(it_survives_a_restart);
	ONE(logins_and_clients_are_told_apart);
	ONE(a_long_name_has_a_profile_but_no_name);
	ONE(a_full_table_keeps_who_is_suspended_RES_11);
	ONE(torn_pages_are_survived);
	ONE(threads_and_processes_count_together);
	ONE(who_dies_with_a_profile_taken_stops_nobody);
	return rows_run(&rows, "profile");
}
