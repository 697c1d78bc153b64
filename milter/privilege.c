/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "milter/base/cleanup.h"

static int fail(char problem[CONF_PROBLEM_MAX], const char *what, int error)
{
	(void)snprintf(problem, CONF_PROBLEM_MAX, "%s: %s", what, strerror(error));
	return -error;
}

static bool in_group(const struct run_as *identity, gid_t gid)
{
	for (int i = 0; i < identity->groups_len; i++)
		if (identity->groups[i] == gid)
			return true;
	return false;
}

static int find_socket_group(const char *name, struct run_as *identity, char problem[CONF_PROBLEM_MAX])
{
	const struct group *group;

	identity->socket_gid = (gid_t)-1;
	if (name == NULL || *name == '\0')
		return 0;
	group = getgrnam(name);
	if (group == NULL) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "socket_group: there is no group \"%s\"", name);
		return -ENOENT;
	}
	identity->socket_gid = group->gr_gid;
	return 0;
}

/* The account's groups and that of the socket. */
static int find_groups(struct run_as *identity, char problem[CONF_PROBLEM_MAX])
{
	identity->groups_len = IDENTITY_GROUPS_MAX - 1;
	if (getgrouplist(identity->name, identity->gid, identity->groups, &identity->groups_len) < 0) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "user: \"%s\" is in too many groups", identity->name);
		return -E2BIG;
	}
	if (identity->socket_gid != (gid_t)-1 && !in_group(identity, identity->socket_gid))
		identity->groups[identity->groups_len++] = identity->socket_gid;
	if (in_group(identity, 0)) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "user: \"%s\" is in the group of root", identity->name);
		return -EPERM;
	}
	return 0;
}

static int find_account(const char *user, struct run_as *identity, char problem[CONF_PROBLEM_MAX])
{
	const struct passwd *account;

	if (user == NULL || *user == '\0') {
		(void)snprintf(problem, CONF_PROBLEM_MAX,
			       "started as root: say in milter.conf as whom to run (user = \"octroi\")");
		return -EPERM;
	}
	account = getpwnam(user);
	if (account == NULL) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "user: there is no account \"%s\"", user);
		return -ENOENT;
	}
	if (account->pw_uid == 0 || account->pw_gid == 0) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "user: \"%s\" is root or in its group; name another account", user);
		return -EPERM;
	}
	(void)snprintf(identity->name, sizeof(identity->name), "%s", user);
	identity->uid = account->pw_uid;
	identity->gid = account->pw_gid;
	return find_groups(identity, problem);
}

int run_as_find(const char *user, const char *socket_group, struct run_as *ret_identity,
		  char problem[CONF_PROBLEM_MAX])
{
	struct run_as identity = { .uid = getuid(), .gid = getgid(), .was_root = getuid() == 0 || geteuid() == 0 };
	const struct passwd *account;
	int r;

	if (getuid() != geteuid() || getgid() != getegid()) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "the program must not be set-user-ID or set-group-ID");
		return -EPERM;
	}
	r = find_socket_group(socket_group, &identity, problem);
	if (r == 0 && identity.was_root)
		r = find_account(user, &identity, problem);
	if (r < 0)
		return r;
	if (!identity.was_root) {
		account = getpwuid(identity.uid);
		(void)snprintf(identity.name, sizeof(identity.name), "%s", account == NULL ? "" : account->pw_name);
		if (account == NULL)
			(void)snprintf(identity.name, sizeof(identity.name), "%u", (unsigned)identity.uid);
	}
	*ret_identity = identity;
	return 0;
}

/* While still root. Without CAP_SETPCAP (a container) the set stays: no_new_privs makes it worthless. */
static void drop_bounding_set(void)
{
	for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		(void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

/* Groups first: without root's user id they could not be changed any more. */
static int change_ids(const struct run_as *identity, char problem[CONF_PROBLEM_MAX])
{
	if (setgroups((size_t)identity->groups_len, identity->groups) < 0)
		return fail(problem, "setgroups", errno);
	if (setresgid(identity->gid, identity->gid, identity->gid) < 0)
		return fail(problem, "setresgid", errno);
	if (setresuid(identity->uid, identity->uid, identity->uid) < 0)
		return fail(problem, "setresuid", errno);
	return 0;
}

/* The change of user id has emptied most sets; the inheritable one, and all of an unprivileged start, go here. */
static int clear_capabilities(char problem[CONF_PROBLEM_MAX])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, none) < 0)
		return fail(problem, "capset", errno);
	return 0;
}

/* The rest of the line "name:\t..." of status, or NULL. */
static const char *status_line(const char *status, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = status; p != NULL && *p != '\0'; p = strchr(p, '\n') == NULL ? NULL : strchr(p, '\n') + 1)
		if (strncmp(p, name, len) == 0 && p[len] == ':')
			return p + len + 1;
	return NULL;
}

/* Real, effective, saved and file system id. */
static bool ids_are(const char *line, unsigned id)
{
	unsigned ids[4];

	return line != NULL && sscanf(line, "%u %u %u %u", &ids[0], &ids[1], &ids[2], &ids[3]) == 4 &&
	       ids[0] == id && ids[1] == id && ids[2] == id && ids[3] == id;
}

static bool number_is(const char *line, int base, unsigned long long wanted)
{
	char *end;

	if (line == NULL)
		return false;
	line += strspn(line, "\t ");
	return strtoull(line, &end, base) == wanted && end != line && *end == '\n';
}

int privilege_check_status(const char *status, const struct run_as *identity, char problem[CONF_PROBLEM_MAX])
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapAmb" };
	const char *wrong = NULL;

	if (!ids_are(status_line(status, "Uid"), identity->uid))
		wrong = "Uid";
	else if (!ids_are(status_line(status, "Gid"), identity->gid))
		wrong = "Gid";
	else if (!number_is(status_line(status, "NoNewPrivs"), 10, 1))
		wrong = "NoNewPrivs";
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets) && wrong == NULL; i++)
		if (!number_is(status_line(status, sets[i]), 16, 0))
			wrong = sets[i];
	if (wrong == NULL)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "privileges could not be dropped: /proc/self/status has a wrong %s", wrong);
	return -EPERM;
}

int privilege_check_groups(const struct run_as *identity, char problem[CONF_PROBLEM_MAX])
{
	gid_t groups[IDENTITY_GROUPS_MAX];
	int n = getgroups(IDENTITY_GROUPS_MAX, groups);

	for (int i = 0; i < n; i++)
		if (groups[i] != identity->gid && !in_group(identity, groups[i]))
			n = -1;
	if (n >= 0)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "privileges could not be dropped: groups are left");
	return -EPERM;
}

static int check(const struct run_as *identity, char problem[CONF_PROBLEM_MAX])
{
	_cleanup_(fclose_filep) FILE *file = fopen("/proc/self/status", "re");
	char status[8192];
	size_t len;

	if (file == NULL)
		return fail(problem, "privileges cannot be checked: /proc/self/status", errno);
	len = fread(status, 1, sizeof(status) - 1, file);
	status[len] = '\0';
	if (setuid(0) == 0 || seteuid(0) == 0 || (identity->gid != 0 && (setgid(0) == 0 || setegid(0) == 0))) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "privileges could not be dropped: root can be had again");
		return -EPERM;
	}
	return privilege_check_status(status, identity, problem);
}

int privilege_drop(const struct run_as *identity, char problem[CONF_PROBLEM_MAX])
{
	int r = 0;

	if (identity->was_root) {
		drop_bounding_set();
		r = change_ids(identity, problem);
	}
	if (r == 0)
		r = clear_capabilities(problem);
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = fail(problem, "no_new_privs", errno);
	/* Who was not root cannot lay down a group, and need not. */
	if (r == 0 && identity->was_root)
		r = privilege_check_groups(identity, problem);
	return r < 0 ? r : check(identity, problem);
}
