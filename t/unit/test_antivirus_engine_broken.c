/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The antivirus engine where something around it is broken: no temporary files, no memory, no time, no database. Whatever
 * happens, the answer is never "clean". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/lib/antivirus_bench.h"
#include "t/lib/skip.h"

#define KIB ((size_t)1024)
#define EXIT_SKIPPED 77

/* Runs fn in a process of its own, as an examiner is one, and returns what it returned. */
static int in_child(int (*fn)(const struct antivirus_bench *bench))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fn(antivirus_bench()));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		fail_msg("ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd >= 0) {
		(void)!write(fd, text, strlen(text));
		(void)close(fd);
	}
}

/* A tmpfs over the scratch directory, seen by this process alone. */
static bool mount_scratch(const struct antivirus_bench *bench, unsigned long flags, const char *options)
{
	char map[64];
	unsigned uid = geteuid(), gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	write_text("/proc/self/setgroups", "deny");
	(void)snprintf(map, sizeof(map), "0 %u 1", uid);
	write_text("/proc/self/uid_map", map);
	(void)snprintf(map, sizeof(map), "0 %u 1", gid);
	write_text("/proc/self/gid_map", map);
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("scratch", bench->scratch, "tmpfs", flags, options) == 0;
}

/* A letter with a ZIP of noise, so that it is as long packed as unpacked. */
static struct pack letter_of_noise(size_t size)
{
	struct pack noise = pack_padded(size, 0, ""), zip, letter;
	uint32_t state = 1;

	for (size_t i = 0; i < size; i++) {
		state = state * 1664525 + 1013904223;
		noise.data[i] = (char)(state >> 24);
	}
	zip = pack_zip_of(noise);
	letter = pack_letter_of("application/zip", zip);
	pack_free(&noise);
	pack_free(&zip);
	return letter;
}

static int outcome_of(const struct antivirus_bench *bench, struct pack letter, uint64_t timeout_ms)
{
	return (int)antivirus_bench_scan(bench->engine, letter, timeout_ms).outcome;
}

/* A letter that is far smaller than what is in it: only the scan meets the limits on files. */
static int outcome_of_packed(const struct antivirus_bench *bench)
{
	struct pack text = pack_padded(200 * KIB, 'x', ""), zip = pack_zip_of(text);
	struct pack letter = pack_letter_of("application/zip", zip);
	int outcome = outcome_of(bench, letter, 60000);

	pack_free(&text);
	pack_free(&zip);
	pack_free(&letter);
	return outcome;
}

static int outcome_of_noise(const struct antivirus_bench *bench, size_t size, uint64_t timeout_ms)
{
	struct pack letter = letter_of_noise(size);
	int outcome = outcome_of(bench, letter, timeout_ms);

	pack_free(&letter);
	return outcome;
}

static int scratch_moved(const struct antivirus_bench *bench)
{
	char away[128];
	int outcome;

	(void)snprintf(away, sizeof(away), "%s/away", bench->top);
	if (rename(bench->scratch, away) < 0)
		return EXIT_SKIPPED;
	outcome = outcome_of_noise(bench, 20 * KIB, 60000);
	return rename(away, bench->scratch) < 0 ? EXIT_SKIPPED : outcome;
}

static int scratch_read_only(const struct antivirus_bench *bench)
{
	return mount_scratch(bench, MS_RDONLY, "size=1m") ? outcome_of_noise(bench, 20 * KIB, 60000) : EXIT_SKIPPED;
}

static int scratch_without_inodes(const struct antivirus_bench *bench)
{
	return mount_scratch(bench, 0, "size=1m,nr_inodes=1") ? outcome_of_noise(bench, 20 * KIB, 60000) : EXIT_SKIPPED;
}

/* Room enough for the probe, not for the attachment: libclamav finds out in the middle. */
static int scratch_too_small(const struct antivirus_bench *bench)
{
	return mount_scratch(bench, 0, "size=64k") ? outcome_of_noise(bench, 200 * KIB, 60000) : EXIT_SKIPPED;
}

static int files_too_small(const struct antivirus_bench *bench)
{
	const struct rlimit limit = { 16 * KIB, 16 * KIB };

	(void)signal(SIGXFSZ, SIG_IGN);
	return setrlimit(RLIMIT_FSIZE, &limit) < 0 ? EXIT_SKIPPED : outcome_of_packed(bench);
}

/* One free descriptor for the probe; none for what is found inside. */
static int no_descriptors(const struct antivirus_bench *bench)
{
	int next = dup(0);
	const struct rlimit limit = { (rlim_t)next + 1, (rlim_t)next + 1 };

	(void)close(next);
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? EXIT_SKIPPED : outcome_of_packed(bench);
}

static int examiner_twin(const struct antivirus_bench *bench, const char *name)
{
	struct pack file = pack_of(pack_eicar()), zip = pack_zip_of(file), letter = pack_letter_of("application/zip", zip);
	char scratch[128];
	int found = 0;

	(void)snprintf(scratch, sizeof(scratch), "%s/%s", bench->top, name);
	if (mkdir(scratch, 0700) < 0 || antivirus_engine_warm(bench->engine, scratch) < 0)
		return 0;
	srand(1);
	for (int i = 0; i < 50; i++)
		found += outcome_of(bench, letter, 60000) == ANTIVIRUS_INFECTED;
	return rmdir(scratch) < 0 ? 0 : found;
}

static int twin_a(const struct antivirus_bench *bench)
{
	return examiner_twin(bench, "a");
}

static int twin_b(const struct antivirus_bench *bench)
{
	return examiner_twin(bench, "b");
}

/* The same sequence of temporary names in both, at the same time: their directories keep them apart. */
static int twins(const struct antivirus_bench *bench)
{
	int status, found;
	pid_t pid = fork();

	if (pid == 0)
		_exit(twin_a(bench));
	found = twin_b(bench);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 0;
	return found + WEXITSTATUS(status);
}

static int warm_without_scratch(const struct antivirus_bench *bench)
{
	char missing[128];

	(void)snprintf(missing, sizeof(missing), "%s/missing", bench->top);
	return antivirus_engine_warm(bench->engine, missing) < 0;
}

/* Room for the canaries, not for the largest scan (2M and a file of 512K). */
static int warm_in_small_scratch(const struct antivirus_bench *bench)
{
	if (!mount_scratch(bench, 0, "size=2m"))
		return EXIT_SKIPPED;
	return antivirus_engine_warm(bench->engine, bench->scratch) == -ENOSPC;
}

static int warm_in_scratch_of_the_right_size(const struct antivirus_bench *bench)
{
	if (!mount_scratch(bench, 0, "size=2560k"))
		return EXIT_SKIPPED;
	return antivirus_engine_warm(bench->engine, bench->scratch) == 0;
}

struct row {
	const char *name;
	int (*fn)(const struct antivirus_bench *bench);
	int want;
};

static const struct row rows[] = {
	{ "scratch_directory_gone_is_an_error", scratch_moved, ANTIVIRUS_ERROR },
	{ "scratch_directory_read_only_is_an_error", scratch_read_only, ANTIVIRUS_ERROR },
	{ "scratch_directory_without_inodes_is_an_error", scratch_without_inodes, ANTIVIRUS_ERROR },
	{ "scratch_directory_full_in_mid_scan_is_an_error", scratch_too_small, ANTIVIRUS_ERROR },
	{ "file_size_limit_in_mid_scan_is_an_error", files_too_small, ANTIVIRUS_ERROR },
	{ "no_descriptor_in_mid_scan_is_an_error", no_descriptors, ANTIVIRUS_ERROR },
	{ "an_examiner_without_a_scratch_directory_does_not_start", warm_without_scratch, 1 },
	{ "an_examiner_whose_scratch_directory_is_too_small_does_not_start", warm_in_small_scratch, 1 },
	{ "an_examiner_whose_scratch_directory_is_large_enough_starts", warm_in_scratch_of_the_right_size, 1 },
	{ "examiners_with_the_same_random_state_do_not_meet", twins, 100 },
};

static void check_row(void **state)
{
	const struct row *row = *state;
	int got = in_child(row->fn);

	if (got == EXIT_SKIPPED)
		SKIP("the system does not let us break it");
	assert_int_equal(got, row->want);
}

static void time_over_is_never_clean(void **state)
{
	struct pack text = pack_padded(300 * KIB, 'x', ""), letter;
	struct pack_member members[6];
	struct pack zip;
	int outcome;

	(void)state;
	for (size_t i = 0; i < 6; i++)
		members[i] = (struct pack_member){ .name = "m", .file = text, .method = PACK_DEFLATED };
	zip = pack_zip(members, 6);
	letter = pack_letter_of("application/zip", zip);
	outcome = outcome_of(antivirus_bench(), letter, 1);
	assert_int_equal(outcome, ANTIVIRUS_UNSCANNABLE);
	pack_free(&text);
	pack_free(&zip);
	pack_free(&letter);
}

/* ---- databases ---- */

struct database {
	const char *name;
	const char *file;		/* NULL: the directory is empty */
	const char *content;
	int error;
	const char *advice;		/* somewhere in the status */
};

static const struct database databases[] = {
	{ "an_empty_database_says_how_to_get_one", NULL, NULL, -ENOENT, "install clamav-freshclam or run freshclam" },
	{ "a_directory_without_database_files_is_empty", "README", "nothing\n", -ENOENT, "run freshclam" },
	{ "a_database_of_no_signatures_is_empty", "empty.ndb", "# nothing\n", -ENOENT, "run freshclam" },
	{ "att18_a_malformed_database_is_not_used", "bad.ndb", "Octroi.Test.Bad:0:*:zz\n", -EIO, "cannot load" },
	{ "att18_a_truncated_cvd_is_not_used", "main.cvd", "ClamAV-VDB:", -EIO, "cannot load" },
	{ "a_database_that_misses_the_canary_is_not_used", "other.ndb", "Octroi.Test.Other:0:*:4f4354524f492d5858585858\n",
	  -EIO, "self-test failed: the EICAR test file" },
};

static void check_database(void **state)
{
	const struct database *database = *state;
	char directory[128], path[160], status[JOB_STATUS_MAX] = "";
	struct antivirus_engine *engine = NULL;
	int r;

	(void)snprintf(directory, sizeof(directory), "%s/db", antivirus_bench()->top);
	(void)snprintf(path, sizeof(path), "%s/%s", directory, database->file == NULL ? "-" : database->file);
	assert_int_equal(mkdir(directory, 0700), 0);
	if (database->file != NULL)
		write_text(path, database->content);
	r = antivirus_bench_prepare(antivirus_bench()->top, directory, &engine, status);
	(void)unlink(path);
	assert_int_equal(rmdir(directory), 0);
	if (r != database->error || engine != NULL || strstr(status, database->advice) == NULL)
		fail_msg("%s: %d \"%s\"", database->name, r, status);
}

static void a_missing_database_says_how_to_get_one(void **state)
{
	char status[JOB_STATUS_MAX] = "";
	struct antivirus_engine *engine = NULL;

	(void)state;
	assert_int_equal(antivirus_bench_prepare(antivirus_bench()->top, "/nonexistent/clamav", &engine, status), -ENOENT);
	assert_non_null(strstr(status, "no database: /nonexistent/clamav: "));
	assert_non_null(strstr(status, "install clamav-freshclam or run freshclam"));
	assert_null(engine);
}

static void a_load_without_temporary_files_fails(void **state)
{
	char status[JOB_STATUS_MAX] = "";
	struct antivirus_engine *engine = NULL;

	(void)state;
	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	assert_true(antivirus_bench_prepare(antivirus_bench()->top, antivirus_bench_database(), &engine, status) < 0);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	assert_null(engine);
	assert_non_null(strstr(status, "no temporary directory"));
}

/* ATT-18: a second engine beside the first; each answers by its own signatures. */
static void att18_a_new_engine_does_not_change_the_old_one(void **state)
{
	static const char signatures[] =
		"Octroi.Test.EICAR:0:*:58354f2150254041505b345c505a58353428505e2937434329377d2445494341522d5354414e444152442d"
		"414e544956495255532d544553542d46494c452124482b482a\n"
		"Octroi.Test.Second:0:*:4f4354524f492d544553542d4d41524b45522d32\n";
	const struct antivirus_bench *bench = antivirus_bench();
	struct antivirus_bench second = *bench;
	struct pack letter = pack_of("From x\nSubject: s\n\nOCTROI-TEST-MARKER-2\n");
	char path[160];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/new.ndb", bench->scratch);
	write_text(path, signatures);
	assert_int_equal(antivirus_bench_prepare(bench->top, bench->scratch, &second.engine, second.status), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(antivirus_engine_warm(second.engine, second.scratch), 0);
	assert_int_equal(outcome_of(&second, letter, 60000), ANTIVIRUS_INFECTED);
	assert_int_equal(outcome_of(bench, letter, 60000), ANTIVIRUS_CLEAN);
	antivirus_engine_free(second.engine);
	assert_int_equal(outcome_of(bench, letter, 60000), ANTIVIRUS_CLEAN);
	pack_free(&letter);
}

static void the_status_tells_version_and_signatures(void **state)
{
	(void)state;
	assert_int_equal(strncmp(antivirus_bench()->status, "ClamAV ", 7), 0);
	assert_non_null(strstr(antivirus_bench()->status, ", 3 signatures"));
}

#define ROWS_LEN (sizeof(rows) / sizeof(rows[0]))
#define DATABASES_LEN (sizeof(databases) / sizeof(databases[0]))
#define OTHERS_LEN 5

int main(void)
{
	struct CMUnitTest tests[OTHERS_LEN + ROWS_LEN + DATABASES_LEN] = {
		cmocka_unit_test(the_status_tells_version_and_signatures),
		cmocka_unit_test(time_over_is_never_clean),
		cmocka_unit_test(a_missing_database_says_how_to_get_one),
		cmocka_unit_test(a_load_without_temporary_files_fails),
		cmocka_unit_test(att18_a_new_engine_does_not_change_the_old_one),
	};

	for (size_t i = 0; i < ROWS_LEN; i++)
		tests[OTHERS_LEN + i] = (struct CMUnitTest){ .name = rows[i].name, .test_func = check_row,
							     .initial_state = (void *)&rows[i] };
	for (size_t i = 0; i < DATABASES_LEN; i++)
		tests[OTHERS_LEN + ROWS_LEN + i] = (struct CMUnitTest){
			.name = databases[i].name, .test_func = check_database, .initial_state = (void *)&databases[i] };
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("antivirus_engine_broken", tests, antivirus_bench_setup, antivirus_bench_teardown);
}
