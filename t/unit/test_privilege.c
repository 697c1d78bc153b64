/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/privilege.h"
#include "t/lib/skip.h"

#define IDS "Uid:\t1000\t1000\t1000\t1000\nGid:\t1001\t1001\t1001\t1001\n"
#define NONE "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
#define REST "CapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\n"

static const struct row {
	const char *name;
	const char *status;
	const char *wrong;	/* what the problem names; NULL: all is well */
} rows[] = {
	{ "nothing_left", "Name:\toctroi\n" IDS NONE REST, NULL },
	{ "no_line_at_all", "", "Uid" },
	{ "saved_user_id_kept_OS_01", "Uid:\t1000\t1000\t0\t1000\nGid:\t1001\t1001\t1001\t1001\n" NONE REST, "Uid" },
	{ "file_system_user_id_kept", "Uid:\t1000\t1000\t1000\t0\nGid:\t1001\t1001\t1001\t1001\n" NONE REST, "Uid" },
	{ "three_user_ids", "Uid:\t1000\t1000\t1000\nGid:\t1001\t1001\t1001\t1001\n" NONE REST, "Uid" },
	{ "effective_group_id_kept_OS_01", "Uid:\t1000\t1000\t1000\t1000\nGid:\t1001\t0\t1001\t1001\n" NONE REST, "Gid" },
	{ "group_line_missing", "Uid:\t1000\t1000\t1000\t1000\n" NONE REST, "Gid" },
	{ "effective_capability_left_OS_01", IDS "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
	  "CapEff:\t0000000000000400\n" REST, "CapEff" },
	{ "permitted_capability_left", IDS "CapInh:\t0000000000000000\nCapPrm:\t0000000000000001\n"
	  "CapEff:\t0000000000000000\n" REST, "CapPrm" },
	{ "inheritable_capability_left", IDS "CapInh:\t8000000000000000\nCapPrm:\t0000000000000000\n"
	  "CapEff:\t0000000000000000\n" REST, "CapInh" },
	{ "ambient_capability_left", IDS NONE "CapAmb:\t0000000000000001\nNoNewPrivs:\t1\n", "CapAmb" },
	{ "capability_line_missing", IDS "CapInh:\t0000000000000000\n" REST, "CapPrm" },
	{ "capability_line_is_no_number", IDS "CapInh:\tnone\n" REST, "CapInh" },
	{ "privileges_can_be_had_anew_OS_01", IDS NONE "CapAmb:\t0000000000000000\nNoNewPrivs:\t0\n", "NoNewPrivs" },
	{ "no_new_privs_unknown", IDS NONE "CapAmb:\t0000000000000000\n", "NoNewPrivs" },
	{ "a_name_that_looks_like_a_line", "Name:\tUid:\t0\n" IDS NONE REST, NULL },
};

static void check(void **state)
{
	const struct row *row = *state;
	const struct run_as identity = { .uid = 1000, .gid = 1001 };
	char problem[CONF_PROBLEM_MAX] = "";
	int r = privilege_check_status(row->status, &identity, problem);

	assert_int_equal(r, row->wrong == NULL ? 0 : -EPERM);
	if (row->wrong != NULL)
		assert_non_null(strstr(problem, row->wrong));
}

static const struct account_row {
	const char *name;
	const char *user, *group;
	const char *problem;
} account_rows[] = {
	{ "root_without_a_user_OS_01", "", "", "as whom to run" },
	{ "root_as_the_user_OS_01", "root", "", "is root" },
	{ "an_account_that_is_not_there", "no-such-account", "", "no account" },
	{ "a_group_that_is_not_there", "nobody", "no-such-group", "no group" },
};

static void check_account(void **state)
{
	const struct account_row *row = *state;
	char problem[CONF_PROBLEM_MAX] = "";
	struct run_as identity;

	if (getuid() != 0)
		SKIP("not root");
	assert_true(run_as_find(row->user, row->group, &identity, problem) < 0);
	assert_non_null(strstr(problem, row->problem));
}

/* In a child: what is dropped does not come back. Each step that fails has its own exit status. */
static int drop_in_child(void)
{
	char problem[CONF_PROBLEM_MAX] = "";
	struct run_as identity;
	gid_t groups[IDENTITY_GROUPS_MAX] = { 0, 1, 4 };
	int n;

	if (setgroups(3, groups) < 0 || run_as_find("nobody", "mail", &identity, problem) < 0)
		return 1;
	if (privilege_drop(&identity, problem) < 0)
		return 2;
	if (setuid(0) == 0 || setgid(0) == 0 || seteuid(0) == 0 || setgroups(0, NULL) == 0)
		return 3;
	n = getgroups(IDENTITY_GROUPS_MAX, groups);
	for (int i = 0; i < n; i++)
		if (groups[i] != identity.gid && groups[i] != identity.socket_gid)
			return 4;
	for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 0)
			return 5;
	return getuid() == identity.uid && getgid() == identity.gid ? 0 : 6;
}

/* As if setgroups had done nothing: a group of root's is still there. */
static int keep_groups(void)
{
	char problem[CONF_PROBLEM_MAX] = "";
	const gid_t groups[] = { 0, 4 };
	struct run_as identity;

	if (run_as_find("nobody", "", &identity, problem) < 0 || setgroups(2, groups) < 0 ||
	    setresgid(identity.gid, identity.gid, identity.gid) < 0 || setresuid(identity.uid, identity.uid, identity.uid) < 0)
		return 1;
	return privilege_check_groups(&identity, problem) == -EPERM ? 0 : 2;
}

static int status_of_child(int (*run)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(run());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void root_is_left_for_good_OS_01(void **state)
{
	(void)state;
	if (getuid() != 0)
		SKIP("not root");
	assert_int_equal(status_of_child(drop_in_child), 0);
}

static void a_group_that_is_left_is_noticed_OS_01(void **state)
{
	(void)state;
	if (getuid() != 0)
		SKIP("not root");
	assert_int_equal(status_of_child(keep_groups), 0);
}

/* The ids are right, but root was only put aside: the check must see it. */
static int keep_saved_id(void)
{
	char problem[CONF_PROBLEM_MAX] = "";
	struct run_as identity;

	if (run_as_find("nobody", "", &identity, problem) < 0)
		return 1;
	if (setgroups(0, NULL) < 0 || setresgid(identity.gid, identity.gid, identity.gid) < 0 ||
	    setresuid(identity.uid, identity.uid, 0) < 0)
		return 2;
	identity.was_root = false;
	return privilege_drop(&identity, problem) == -EPERM ? 0 : 3;
}

static void a_saved_user_id_is_noticed_OS_01(void **state)
{
	(void)state;
	if (getuid() != 0)
		SKIP("not root");
	assert_int_equal(status_of_child(keep_saved_id), 0);
}

static int stay_who_we_are(void)
{
	char problem[CONF_PROBLEM_MAX] = "";
	struct run_as identity;

	if (getuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
		return 1;
	if (run_as_find("somebody-else", "", &identity, problem) < 0 || identity.was_root)
		return 2;
	return privilege_drop(&identity, problem) < 0 ? 3 : 0;
}

static void without_root_it_stays_who_it_is(void **state)
{
	(void)state;
	assert_int_equal(status_of_child(stay_who_we_are), 0);
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check);
	rows_add(&tests, account_rows, check_account);
	rows_add_one(&tests, "root_is_left_for_good_OS_01", root_is_left_for_good_OS_01, NULL);
	rows_add_one(&tests, "a_group_that_is_left_is_noticed_OS_01", a_group_that_is_left_is_noticed_OS_01, NULL);
	rows_add_one(&tests, "a_saved_user_id_is_noticed_OS_01", a_saved_user_id_is_noticed_OS_01, NULL);
	rows_add_one(&tests, "without_root_it_stays_who_it_is", without_root_it_stays_who_it_is, NULL);
	return rows_run(&tests, "privilege");
}
