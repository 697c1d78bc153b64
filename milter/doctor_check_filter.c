/* SPDX-License-Identifier: GPL-2.0-or-later */
/* milter.conf, and who may write it (threats OS-01, OS-02). */
#include <errno.h>
#include <string.h>

#include "milter/doctor.h"

static void configuration(struct doctor *doctor, const struct doctor_facts *facts)
{
	if (facts->filter.problem != NULL)
		doctor_say(doctor, DOCTOR_DANGER, "shell: octroi check", "%s", facts->filter.problem);
}

/* Whoever may write a directory on the way may put another file there. */
static void judge_writers(struct doctor *doctor, const struct path_facts *path, const char *what)
{
	for (size_t i = 0; i < path->len; i++) {
		const struct path_step *step = &path->steps[i];
		bool is_sticky = S_ISDIR(step->mode) && (step->mode & S_ISVTX) != 0;

		if (step->error != 0)
			doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "%s: %s", step->path, strerror(step->error));
		else if ((step->mode & 0002) != 0 && !is_sticky && !S_ISLNK(step->mode))
			doctor_say(doctor, DOCTOR_DANGER, arena_printf(doctor->arena, "shell: chmod o-w %s", step->path),
				   "everybody may write %s, and so %s", step->path, what);
		else if (i + 1 == path->len && (step->mode & 0020) != 0)
			doctor_say(doctor, DOCTOR_WARNING, arena_printf(doctor->arena, "shell: chmod g-w %s", step->path),
				   "the group %u may write %s", (unsigned)step->gid, step->path);
	}
}

static void config_rights(struct doctor *doctor, const struct doctor_facts *facts)
{
	const struct path_facts *path = &facts->system.config;

	judge_writers(doctor, path, "milter.conf");
	if (path->len == 0) {
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "%s was not looked at", facts->filter.file);
		return;
	}
	if (path->steps[path->len - 1].error == 0 && path->steps[path->len - 1].uid != 0)
		doctor_say(doctor, DOCTOR_WARNING, arena_printf(doctor->arena, "shell: chown root %s", facts->filter.file),
			   "%s belongs to user %u, not to root: the daemon's account must not be able to change what it obeys", facts->filter.file,
			   (unsigned)path->steps[path->len - 1].uid);
}

static void key_rights(struct doctor *doctor, const struct doctor_facts *facts)
{
	for (size_t i = 0; i < facts->filter.keys.len; i++) {
		const struct path_facts *path = &facts->system.keys[i];
		const struct path_step *file = path->len == 0 ? NULL : &path->steps[path->len - 1];

		judge_writers(doctor, path, "a key");
		if (file == NULL)
			doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "the key %s was not looked at", facts->filter.keys.items[i]);
		else if (file->error == 0 && (file->mode & 0004) != 0)
			doctor_say(doctor, DOCTOR_DANGER, arena_printf(doctor->arena, "shell: chmod o-rwx %s", file->path),
				   "every account of this host may read the key %s and sign as us", file->path);
	}
}

static void not_root(struct doctor *doctor, const struct doctor_facts *facts)
{
	if (facts->system.running_as_root != DOCTOR_UNREAD && facts->system.running_as_root > 0)
		doctor_say(doctor, DOCTOR_DANGER, "milter.conf: user = \"octroi\"", "octroi runs as root");
	else if (facts->filter.user[0] == '\0' && facts->system.running == 0)
		doctor_say(doctor, DOCTOR_INFO, "milter.conf: user = \"octroi\"", "user is empty: the program will not run when it is started as root");
}

static void running(struct doctor *doctor, const struct doctor_facts *facts)
{
	if (facts->system.running == DOCTOR_UNREAD)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "/proc was not read");
	else if (facts->system.running == 0)
		doctor_say(doctor, DOCTOR_DANGER, "shell: systemctl enable --now octroi", "octroi does not run");
}

/* What a drop-in may not loosen without being seen. */
static bool loosens(struct str key, struct str value)
{
	static const char *const protections[] = {
		"NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateDevices", "PrivateTmp", "PrivateUsers", "MemoryDenyWriteExecute",
		"ProtectKernelTunables", "ProtectKernelModules", "ProtectControlGroups", "RestrictSUIDSGID",
	};

	for (size_t i = 0; i < sizeof(protections) / sizeof(protections[0]); i++)
		if (str_equal(key, str_of(protections[i])))
			return value.len == 0 || str_equal_nocase(value, STR("no")) || str_equal_nocase(value, STR("false")) ||
			       str_equal_nocase(value, STR("off")) || str_equal(value, STR("0"));
	if (str_equal(key, STR("User")))
		return str_equal(value, STR("root")) || str_equal(value, STR("0"));
	return str_equal(key, STR("AmbientCapabilities")) || (str_equal(key, STR("CapabilityBoundingSet")) && value.len > 0) ||
	       (str_equal(key, STR("SystemCallFilter")) && value.len == 0);
}

static void dropins(struct doctor *doctor, const struct doctor_facts *facts)
{
	struct str rest = str_of(facts->system.dropins);

	if (facts->system.dropins == NULL)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "the drop-ins of octroi.service were not read");
	while (rest.p != NULL) {
		struct str line = str_trim(str_split(&rest, "\n")), value = line, key = str_trim(str_split(&value, "="));

		if (value.p != NULL && key.len > 0 && key.p[0] != '#' && key.p[0] != ';' && loosens(key, str_trim(value)))
			doctor_say(doctor, DOCTOR_WARNING, "shell: systemctl edit octroi", "a drop-in of octroi.service loosens its cage: %.*s", (int)line.len,
				   line.p);
	}
}

/* A thread for each slow message, a process for each that is examined, and some of its own. */
static void tasks(struct doctor *doctor, const struct doctor_facts *facts)
{
	uint64_t needed = facts->filter.examiners_max * 2 + 100;
	const struct { const char *name; uint64_t value; const char *change; } limits[] = {
		{ "RLIMIT_NPROC", facts->system.limit_processes, "octroi.service: LimitNPROC=infinity" },
		{ "TasksMax", facts->system.tasks_max, "octroi.service: TasksMax=4096" },
	};

	if (facts->system.running == 0)
		return;
	for (size_t i = 0; i < 2; i++)
		if (limits[i].value == DOCTOR_UNREAD)
			doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "%s of the running octroi was not read", limits[i].name);
		else if (limits[i].value < needed)
			doctor_say(doctor, DOCTOR_WARNING, limits[i].change, "%s is %llu, and examiners.max = %llu may need %llu", limits[i].name,
				   (unsigned long long)limits[i].value, (unsigned long long)facts->filter.examiners_max, (unsigned long long)needed);
}

#define FILES_WISE 4096

static void open_files(struct doctor *doctor, const struct doctor_facts *facts)
{
	if (facts->system.running == 0)
		return;
	if (facts->system.limit_files == DOCTOR_UNREAD)
		doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "the limit of open files of the running octroi was not read");
	else if (facts->system.limit_files < FILES_WISE)
		doctor_say(doctor, DOCTOR_WARNING, "octroi.service: LimitNOFILE=65536",
			   "octroi may open %llu files: each session takes one, each message in the cage some more",
			   (unsigned long long)facts->system.limit_files);
}

const struct doctor_check doctor_filter_checks[] = {
	{ "configuration", "milter.conf is good", 0, configuration, NULL },
	{ "config_rights", "only root may write milter.conf", DOCTOR_FILTER | DOCTOR_SYSTEM, config_rights, NULL },
	{ "key_rights", "keys are secret", DOCTOR_FILTER | DOCTOR_SYSTEM, key_rights, NULL },
	{ "not_root", "octroi does not run as root", DOCTOR_FILTER | DOCTOR_SYSTEM, not_root, NULL },
	{ "running", "octroi runs", DOCTOR_SYSTEM, running, NULL },
	{ "dropins", "nothing loosens its unit", DOCTOR_SYSTEM, dropins, NULL },
	{ "tasks", "it may start as many processes as it needs", DOCTOR_FILTER | DOCTOR_SYSTEM, tasks, NULL },
	{ "open_files", "it may open as many files as it needs", DOCTOR_SYSTEM, open_files, NULL },
	{ .id = NULL },
};
