/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of holds: what stands in a line, what a broken or hostile file does, who may write at the same time. */
#include "milter/lookup/holds.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "t/unit/rows.h"

#define WALL 1700000000000
#define WEEK_MS (7 * 24 * 3600 * 1000LL)

static char directory[] = "/tmp/octroi-holds-XXXXXX", path[64];

static void write_file(const char *bytes, size_t len)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void write_text(const char *text)
{
	write_file(text, strlen(text));
}

static void clean(void)
{
	char other[80];

	(void)unlink(path);
	(void)rmdir(path);
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(other, sizeof(other), "%s.%s", path, i == 0 ? "new" : "lock");
		(void)unlink(other);
	}
}

/* --- lines --- */

static const struct line_row {
	const char *name;
	const char *text;
	size_t len;		/* 0: strlen */
	int found;		/* lines in force, and those that forgive */
	const char *subject;	/* of the first */
	const char *because;
} line_table[] = {
	{ "a_login", "login\tbob\t1\t0\theld\troot\t\n", 0, 1, "bob", "" },
	{ "without_the_last_line_end", "login\tbob\t1\t0\theld\troot\t", 0, 1, "bob", "" },
	{ "a_network", "client\t192.0.2.0/24\t1\t0\theld\troot\tx%20y\n", 0, 1, "192.0.2.0/24", "x y" },
	{ "what_is_escaped", "login\ta%09b%0Ac%25d\t1\t0\theld\troot\t\n", 0, 1, "a\tb\nc%d", "" },
	{ "what_is_escaped_badly", "login\ta%zzb%\t1\t0\theld\troot\t%1\n", 0, 1, "a%zzb%", "%1" },
	{ "an_escaped_NUL", "login\ta%00b\t1\t0\theld\troot\t\n", 0, 1, "a?b", "" },
	{ "a_NUL", "login\ta\0b\t1\t0\theld\troot\t\n", sizeof("login\ta\0b\t1\t0\theld\troot\t\n") - 1, 1, "a?b", "" },
	{ "UTF8", "login\tj\xc3\xb6rg\t1\t0\theld\troot\t\n", 0, 1, "j\xc3\xb6rg", "" },
	{ "a_hold_that_has_ended", "login\tbob\t1\t1699999999999\theld\troot\t\n", 0, 0, NULL, NULL },
	{ "one_that_forgives", "login\tbob\t1699999999999\t0\tfreed\troot\t\n", 0, 1, "bob", "" },
	{ "one_that_forgave_long_ago", "login\tbob\t1\t0\tfreed\troot\t\n", 0, 0, NULL, NULL },
	{ "the_end_of_time", "login\tbob\t9223372036854775807\t9223372036854775807\tfreed\troot\t\n", 0, 1, "bob", "" },
	{ "beyond_the_end_of_time", "login\tbob\t9223372036854775808\t0\theld\troot\t\n", 0, 0, NULL, NULL },
	{ "a_time_below_0", "login\tbob\t-1\t0\theld\troot\t\n", 0, 0, NULL, NULL },
	{ "no_time", "login\tbob\tx\t0\theld\troot\t\n", 0, 0, NULL, NULL },
	{ "no_kind", "user\tbob\t1\t0\theld\troot\t\n", 0, 0, NULL, NULL },
	{ "no_state", "login\tbob\t1\t0\tfree\troot\t\n", 0, 0, NULL, NULL },
	{ "no_subject", "login\t\t1\t0\theld\troot\t\n", 0, 0, NULL, NULL },
	{ "no_address", "client\tbob\t1\t0\theld\troot\t\n", 0, 0, NULL, NULL },
	{ "host_bits", "client\t192.0.2.1/24\t1\t0\theld\troot\t\n", 0, 0, NULL, NULL },
	{ "too_few_fields", "login\tbob\t1\t0\theld\troot\n", 0, 0, NULL, NULL },
	{ "too_many_fields", "login\tbob\t1\t0\theld\troot\t\t\n", 0, 0, NULL, NULL },
	{ "a_torn_line_at_the_end", "login\tbob\t1\t0\theld\troot\t\nlogin\teve\t1\t0\the", 0, 1, "bob", "" },
	{ "a_torn_line_in_front", "ld\troot\t\nlogin\tbob\t1\t0\theld\troot\t\n", 0, 1, "bob", "" },
	{ "empty_lines", "\n\n\nlogin\tbob\t1\t0\theld\troot\t\n\n", 0, 1, "bob", "" },
	{ "a_carriage_return", "login\tbob\t1\t0\theld\troot\tx\r\n", 0, 1, "bob", "x\r" },
	{ "nothing", "", 0, 0, NULL, NULL },
};

static void check_line(void **state)
{
	const struct line_row *row = *state;
	struct arena *arena = arena_new();
	struct hold *holds;

	clock_freeze(1000, WALL);
	write_file(row->text, row->len == 0 ? strlen(row->text) : row->len);
	assert_int_equal(holds_list(path, arena, &holds), row->found);
	if (row->found > 0) {
		assert_string_equal(holds[0].subject, row->subject);
		assert_string_equal(holds[0].because, row->because);
	}
	arena_free(arena);
	clean();
	clock_thaw();
}

/* --- files --- */

static unsigned told;

static void count_told(const char *text)
{
	(void)text;
	told++;
}

static bool is_held(struct holds *holds, const char *login)
{
	const struct ip nobody = { .family = IP_NONE };
	struct arena *arena = arena_new();
	struct hold found;
	bool held;

	clock_freeze(clock_monotonic_ms() + 1000, WALL);	/* past the time between two looks */
	held = holds_find(holds, arena, login, &nobody, &found);
	arena_free(arena);
	return held;
}

static void hold_login(const char *login)
{
	assert_int_equal(holds_add(path, &(struct hold){ HOLD_LOGIN, login, WALL, 0, "root", "", false }), 0);
}

/* 10 MB of each: time and memory are bounded by what is read of it. */
static void hostile_files(void **state)
{
	static const char bytes[] = { '\0', '\n', '\t', '%', 'x', '\\' };
	const size_t len = 10 << 20;
	char *text = malloc(len);

	(void)state;
	clock_freeze(1000, WALL);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		struct holds *holds = holds_open(path, count_told);

		memset(text, bytes[i], len);
		write_file(text, len);
		assert_false(is_held(holds, "bob"));
		hold_login("bob");
		assert_true(is_held(holds, "bob"));
		holds_close(holds);
	}
	free(text);
	clean();
	clock_thaw();
}

static void lines_that_cannot_be_read_are_told_once(void **state)
{
	struct holds *holds = holds_open(path, count_told);

	(void)state;
	clock_freeze(1000, WALL);
	told = 0;
	write_text("nonsense\nlogin\tbob\t1\t0\theld\troot\t\n");
	assert_true(is_held(holds, "bob"));
	assert_true(is_held(holds, "bob"));
	assert_int_equal(told, 1);
	holds_close(holds);
	clean();
	clock_thaw();
}

/* What cannot be read ends no hold; what is gone does. */
static void what_stands_in_its_place(void **state)
{
	struct holds *holds = holds_open(path, NULL);

	(void)state;
	clock_freeze(1000, WALL);
	hold_login("bob");
	assert_true(is_held(holds, "bob"));
	(void)unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(is_held(holds, "bob"));
	assert_true(holds_add(path, &(struct hold){ HOLD_LOGIN, "eve", WALL, 0, "root", "", false }) < 0);
	(void)rmdir(path);
	assert_int_equal(symlink("/dev/zero", path), 0);
	assert_true(is_held(holds, "bob"));
	assert_true(holds_add(path, &(struct hold){ HOLD_LOGIN, "eve", WALL, 0, "root", "", false }) < 0);
	(void)unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(is_held(holds, "bob"));
	assert_true(holds_add(path, &(struct hold){ HOLD_LOGIN, "eve", WALL, 0, "root", "", false }) < 0);
	(void)unlink(path);
	assert_false(is_held(holds, "bob"));
	holds_close(holds);
	clean();
	clock_thaw();
}

static void a_link_in_place_of_the_new_file(void **state)
{
	char fresh[80], victim[80];
	struct stat st;

	(void)state;
	clock_freeze(1000, WALL);
	(void)snprintf(fresh, sizeof(fresh), "%s.new", path);
	(void)snprintf(victim, sizeof(victim), "%s/victim", directory);
	assert_int_equal(symlink(victim, fresh), 0);
	hold_login("bob");
	assert_true(lstat(victim, &st) < 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	clean();
	clock_thaw();
}

static void the_mode_of_the_old_file_stays(void **state)
{
	struct stat st;

	(void)state;
	clock_freeze(1000, WALL);
	hold_login("bob");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(chmod(path, 0664), 0);
	hold_login("eve");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0664);
	clean();
	clock_thaw();
}

static void no_directory(void **state)
{
	struct arena *arena = arena_new();
	struct hold *holds;

	(void)state;
	assert_int_equal(holds_add("/nonexistent/holds", &(struct hold){ HOLD_LOGIN, "bob", WALL, 0, "root", "", false }), -ENOENT);
	assert_int_equal(holds_list("/nonexistent/holds", arena, &holds), 0);
	arena_free(arena);
}

/* --- what replaces what --- */

#define HOUR_MS 3600000

static const struct add_row {
	const char *name;
	struct hold first, second;
	int found;
	int64_t until_ms;	/* of the first line that holds; -1: there is none */
} add_table[] = {
	{ "the_same_login_again", { HOLD_LOGIN, "bob", WALL, 0, "root", "", false }, { HOLD_LOGIN, "bob", WALL, WALL + HOUR_MS, "root", "", false }, 1,
	  WALL + HOUR_MS },
	{ "the_same_network_written_otherwise", { HOLD_CLIENT, "192.0.2.1", WALL, 0, "root", "", false },
	  { HOLD_CLIENT, "192.0.2.1/32", WALL, WALL + HOUR_MS, "root", "", false }, 1, WALL + HOUR_MS },
	{ "another_one", { HOLD_LOGIN, "bob", WALL, 0, "root", "", false }, { HOLD_LOGIN, "Bob", WALL, 0, "root", "", false }, 2, 0 },
	{ "a_login_that_looks_like_the_client", { HOLD_LOGIN, "192.0.2.1", WALL, 0, "root", "", false },
	  { HOLD_CLIENT, "192.0.2.1", WALL, 0, "root", "", false }, 2, 0 },
	{ "freed", { HOLD_LOGIN, "bob", WALL, 0, "root", "", false }, { HOLD_LOGIN, "bob", WALL, 0, "root", "", true }, 1, -1 },
	{ "held_after_it_was_freed", { HOLD_LOGIN, "bob", WALL - 1, 0, "root", "", true }, { HOLD_LOGIN, "bob", WALL, 0, "root", "", false }, 2, 0 },
	{ "freed_twice", { HOLD_LOGIN, "bob", WALL - 1, 0, "root", "", true }, { HOLD_LOGIN, "bob", WALL, 0, "root", "", true }, 1, -1 },
	{ "the_program_shortens_no_hold_of_an_operator", { HOLD_LOGIN, "bob", WALL, 0, "root", "", false },
	  { HOLD_LOGIN, "bob", WALL, WALL + HOUR_MS, HOLDS_PROGRAM, "", false }, 1, 0 },
	{ "the_program_makes_one_longer", { HOLD_LOGIN, "bob", WALL, WALL + 1, "root", "", false },
	  { HOLD_LOGIN, "bob", WALL, WALL + HOUR_MS, HOLDS_PROGRAM, "", false }, 1, WALL + HOUR_MS },
	{ "the_program_holds_again_what_was_freed", { HOLD_LOGIN, "bob", WALL - 1, 0, "root", "", true },
	  { HOLD_LOGIN, "bob", WALL, WALL + HOUR_MS, HOLDS_PROGRAM, "", false }, 2, WALL + HOUR_MS },
	{ "what_has_ended_goes", { HOLD_LOGIN, "eve", WALL - 9, WALL - 1, "root", "", false }, { HOLD_LOGIN, "bob", WALL, 0, "root", "", false }, 1, 0 },
};

static void check_add(void **state)
{
	const struct add_row *row = *state;
	struct arena *arena = arena_new();
	int64_t until_ms = -1;
	struct hold *holds;
	int len;

	clock_freeze(1000, WALL);
	assert_int_equal(holds_add(path, &row->first), 0);
	assert_int_equal(holds_add(path, &row->second), 0);
	len = holds_list(path, arena, &holds);
	assert_int_equal(len, row->found);
	for (int i = len - 1; i >= 0; i--)
		if (!holds[i].freed)
			until_ms = holds[i].until_ms;
	assert_int_equal(until_ms, row->until_ms);
	arena_free(arena);
	clean();
	clock_thaw();
}

static void what_was_written_is_read(void **state)
{
	static const char *const odd[] = { "a b", "a\tb", "a\nb", "%41", "\x7f\x01", "login:bob", "j\xc3\xb6rg@ours.example", "\\", "-" };
	struct arena *arena = arena_new();
	struct hold *holds;

	(void)state;
	clock_freeze(1000, WALL);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_int_equal(holds_add(path, &(struct hold){ HOLD_LOGIN, odd[i], WALL, 0, odd[i], odd[i], false }), 0);
		assert_int_equal(holds_list(path, arena, &holds), i + 1);
		assert_string_equal(holds[0].subject, odd[i]);
		assert_string_equal(holds[0].by, odd[i]);
		assert_string_equal(holds[0].because, odd[i]);
	}
	arena_free(arena);
	clean();
	clock_thaw();
}

/* A hold must not fail because its words are many, and none may be taken for done that cannot be written. */
static void what_is_too_long(void **state)
{
	static char words[5000], login[5000];
	struct holds *holds = holds_open(path, NULL);

	(void)state;
	clock_freeze(1000, WALL);
	memset(words, 'x', sizeof(words) - 1);
	memset(login, 'y', sizeof(login) - 1);
	assert_int_equal(holds_add(path, &(struct hold){ HOLD_LOGIN, "bob", WALL, 0, "root", words, false }), 0);
	assert_true(is_held(holds, "bob"));
	assert_int_equal(holds_add(path, &(struct hold){ HOLD_LOGIN, login, WALL, 0, "root", "", false }), -E2BIG);
	assert_true(is_held(holds, "bob"));
	holds_close(holds);
	clean();
	clock_thaw();
}

static void the_oldest_make_room_when_the_file_is_full(void **state)
{
	struct arena *arena = arena_new();
	char *text = arena_alloc(arena, 2 << 20), *end = text;
	struct hold *holds;

	(void)state;
	clock_freeze(1000, WALL);
	for (unsigned i = 0; end - text < (1 << 20) - 100; i++)
		end += sprintf(end, "login\tuser%u\t1\t0\theld\troot\t\n", i);
	write_file(text, (size_t)(end - text));
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(holds_add(path, &(struct hold){ HOLD_LOGIN, arena_printf(arena, "a-name-that-is-rather-long-%u", i), WALL, 0, "root", "",
								 false }), 0);
	assert_true(holds_list(path, arena, &holds) > 30000);
	assert_string_equal(holds[0].subject, "a-name-that-is-rather-long-9");
	assert_string_equal(holds[10].subject, "user0");
	arena_free(arena);
	clean();
	clock_thaw();
}

/* --- several at once --- */

enum { WRITERS = 6, EACH = 20 };

static void write_some(int writer)
{
	char login[32];

	for (int i = 0; i < EACH; i++) {
		(void)snprintf(login, sizeof(login), "user%d-%d", writer, i);
		if (holds_add(path, &(struct hold){ HOLD_LOGIN, login, (int64_t)clock_wall_ms(), 0, "root", "", false }) != 0)
			_exit(1);
	}
	_exit(0);
}

/* Processes write, a reader looks all the time: nothing is lost, and no look sees half a file. */
static void concurrent_writers_lose_nothing(void **state)
{
	struct holds *holds = holds_open(path, count_told);
	struct arena *arena = arena_new();
	struct hold *items;
	int running = 0, status;

	(void)state;
	told = 0;
	for (int i = 0; i < WRITERS; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			write_some(i);
		running++;
	}
	for (int before = 0; running > 0;) {
		struct arena *look = arena_new();
		int len = holds_list(path, look, &items);

		assert_true(len >= before);
		before = len;
		arena_free(look);
		if (waitpid(-1, &status, WNOHANG) > 0) {
			assert_int_equal(status, 0);
			running--;
		}
	}
	assert_int_equal(holds_list(path, arena, &items), WRITERS * EACH);
	assert_true(is_held(holds, "user5-19"));
	assert_int_equal(told, 0);
	arena_free(arena);
	holds_close(holds);
	clean();
	clock_thaw();
}

/* kill -9 at any moment: the file is whole, and the next one can write. */
static void a_writer_that_is_killed(void **state)
{
	struct arena *arena = arena_new();
	struct hold *items;
	int before = 0;

	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		pid_t pid = fork();
		const struct timespec moment = { .tv_nsec = 1000000 + i * 150000 };
		int len;

		assert_true(pid >= 0);
		if (pid == 0)
			for (;;)
				write_some((int)i);
		(void)nanosleep(&moment, NULL);
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_int_equal(holds_add(path, &(struct hold){ HOLD_LOGIN, arena_printf(arena, "after%u", i), (int64_t)clock_wall_ms(), 0, "root", "",
								 false }), 0);
		len = holds_list(path, arena, &items);
		assert_true(len > before);
		before = len;
	}
	arena_free(arena);
	clean();
}

/* A session may wait behind it. */
static void a_writer_that_was_stopped_is_not_waited_for_long(void **state)
{
	char lock[80];
	int fd;

	(void)state;
	(void)snprintf(lock, sizeof(lock), "%s.lock", path);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(holds_add(path, &(struct hold){ HOLD_LOGIN, "bob", WALL, 0, "root", "", false }), -EBUSY);
	(void)close(fd);
	assert_int_equal(holds_add(path, &(struct hold){ HOLD_LOGIN, "bob", WALL, 0, "root", "", false }), 0);
	clean();
}

/* --- finding --- */

static void the_last_time_it_was_freed(void **state)
{
	struct holds *holds = holds_open(path, NULL);
	struct arena *arena = arena_new();
	const struct ip nobody = { .family = IP_NONE };
	struct hold found;

	(void)state;
	clock_freeze(1000, WALL);
	assert_int_equal(holds_freed_ms(holds, HOLD_LOGIN, "bob@ours.example"), 0);
	assert_int_equal(holds_add(path, &(struct hold){ HOLD_LOGIN, "bob@OURS.example", WALL - 5, 0, "root", "", true }), 0);
	clock_freeze(3000, WALL);
	assert_int_equal(holds_freed_ms(holds, HOLD_LOGIN, "bob@ours.example"), WALL - 5);
	assert_int_equal(holds_freed_ms(holds, HOLD_LOGIN, "Bob@ours.example"), 0);
	assert_int_equal(holds_freed_ms(holds, HOLD_CLIENT, "192.0.2.1"), 0);
	assert_false(holds_find(holds, arena, "bob@ours.example", &nobody, &found));
	arena_free(arena);
	holds_close(holds);
	clean();
	clock_thaw();
}

static void nobody_is_held_as_the_empty_login(void **state)
{
	struct holds *holds = holds_open(path, NULL);
	struct arena *arena = arena_new();
	const struct ip nobody = { .family = IP_NONE };
	struct hold found;

	(void)state;
	clock_freeze(1000, WALL);
	write_text("login\t%00\t1\t0\theld\troot\t\nclient\t0.0.0.0/0\t1\t0\theld\troot\t\nclient\t::/0\t1\t0\theld\troot\t\n");
	assert_false(holds_find(holds, arena, "", &nobody, &found));
	arena_free(arena);
	holds_close(holds);
	clean();
	clock_thaw();
}

int main(void)
{
	static struct rows rows;
	int failed;

	assert_non_null(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/holds", directory);
	rows_add(&rows, line_table, check_line);
	rows_add(&rows, add_table, check_add);
	rows_add_one(&rows, "hostile_files", hostile_files, NULL);
	rows_add_one(&rows, "lines_that_cannot_be_read_are_told_once", lines_that_cannot_be_read_are_told_once, NULL);
	rows_add_one(&rows, "what_stands_in_its_place", what_stands_in_its_place, NULL);
	rows_add_one(&rows, "a_link_in_place_of_the_new_file", a_link_in_place_of_the_new_file, NULL);
	rows_add_one(&rows, "the_mode_of_the_old_file_stays", the_mode_of_the_old_file_stays, NULL);
	rows_add_one(&rows, "no_directory", no_directory, NULL);
	rows_add_one(&rows, "what_was_written_is_read", what_was_written_is_read, NULL);
	rows_add_one(&rows, "what_is_too_long", what_is_too_long, NULL);
	rows_add_one(&rows, "the_oldest_make_room_when_the_file_is_full", the_oldest_make_room_when_the_file_is_full, NULL);
	rows_add_one(&rows, "concurrent_writers_lose_nothing", concurrent_writers_lose_nothing, NULL);
	rows_add_one(&rows, "a_writer_that_is_killed", a_writer_that_is_killed, NULL);
	rows_add_one(&rows, "a_writer_that_was_stopped_is_not_waited_for_long", a_writer_that_was_stopped_is_not_waited_for_long, NULL);
	rows_add_one(&rows, "the_last_time_it_was_freed", the_last_time_it_was_freed, NULL);
	rows_add_one(&rows, "nobody_is_held_as_the_empty_login", nobody_is_held_as_the_empty_login, NULL);
	failed = rows_run(&rows, "holds");
	(void)rmdir(directory);
	return failed;
}
