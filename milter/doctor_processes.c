/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/doctor_processes.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/str.h"
#include "milter/doctor_output.h"

static const char *read_of(struct arena *arena, const char *pid, const char *name)
{
	return doctor_file(arena, arena_printf(arena, "/proc/%s/%s", pid, name));
}

/* The text behind a name at the beginning of a line. */
static const char *line_after(const char *text, const char *name)
{
	const char *found = text;

	while (found != NULL && (found = strstr(found, name)) != NULL && found != text && found[-1] != '\n')
		found++;
	return found == NULL ? NULL : found + strlen(name);
}

static uint64_t limit_of(const char *limits, const char *name)
{
	const char *value = limits == NULL ? NULL : line_after(limits, name);

	if (value == NULL)
		return DOCTOR_UNREAD;
	value += strspn(value, " ");
	return strncmp(value, "unlimited", 9) == 0 ? DOCTOR_NO_LIMIT : strtoull(value, NULL, 10);
}

/* "0::/system.slice/octroi.service": TasksMax is pids.max there. */
static uint64_t tasks_max_of(struct arena *arena, const char *pid)
{
	const char *cgroups = read_of(arena, pid, "cgroup"), *name = cgroups == NULL ? NULL : line_after(cgroups, "0::"), *text;
	const char *file = name == NULL ? NULL : arena_printf(arena, "/sys/fs/cgroup%.*s/pids.max", (int)strcspn(name, "\n"), name);

	if (file == NULL)
		return DOCTOR_UNREAD;
	text = doctor_file(arena, file);
	/* the root of all cgroups has no such file, and no limit */
	if (text == NULL)
		return access("/sys/fs/cgroup/cgroup.controllers", R_OK) == 0 ? DOCTOR_NO_LIMIT : DOCTOR_UNREAD;
	return strncmp(text, "max", 3) == 0 ? DOCTOR_NO_LIMIT : strtoull(text, NULL, 10);
}

/* The effective one: "Uid:\treal\teffective\t..." */
static bool is_root(const char *status)
{
	const char *uid = line_after(status, "Uid:\t"), *effective = uid == NULL ? NULL : strchr(uid, '\t');

	return effective != NULL && strtoul(effective + 1, NULL, 10) == 0;
}

/* The words of a command line; the last one is followed by an empty one. */
static const char *next_word(const char *word)
{
	return word[0] == '\0' ? word : word + strlen(word) + 1;
}

static bool same_file(const char *a, const char *b)
{
	struct stat of_a, of_b;

	return strcmp(a, b) == 0 ||
	       (stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino);
}

/* "octroi run --config FILE": the supervisor of the daemon with our configuration, and not another command or daemon. */
static bool is_our_daemon(const char *pid, const char *config)
{
	char path[64], words[4096];
	const char *word, *of = OCTROI_CONF;
	FILE *file;
	size_t len;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	len = fread(words, 1, sizeof(words) - 2, file);
	(void)fclose(file);
	words[len] = words[len + 1] = '\0';
	word = next_word(words);
	if (strcmp(word, "run") != 0)
		return false;
	for (; word[0] != '\0'; word = next_word(word))
		if (strcmp(word, "--config") == 0)
			of = next_word(word);
	return same_file(of, config);
}

static void look_at_process(struct arena *arena, const char *pid, const char *config, struct system_facts *system)
{
	const char *comm = read_of(arena, pid, "comm"), *status, *limits;
	const char *name = comm == NULL ? "" : arena_strndup(arena, comm, strcspn(comm, "\n"));

	if (strcmp(name, "freshclam") == 0)
		system->freshclam_runs = true;
	if (strcmp(name, "octroi") != 0 || !is_our_daemon(pid, config))
		return;
	status = read_of(arena, pid, "status");
	if (status == NULL)
		return;		/* it has just ended */
	system->running++;
	system->running_as_root += is_root(status);
	limits = read_of(arena, pid, "limits");
	system->limit_files = limit_of(limits, "Max open files");
	system->limit_processes = limit_of(limits, "Max processes");
	system->tasks_max = tasks_max_of(arena, pid);
}

void doctor_gather_processes(struct arena *arena, const char *config, struct system_facts *system)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	system->running = system->running_as_root = DOCTOR_UNREAD;
	system->limit_files = system->limit_processes = system->tasks_max = DOCTOR_UNREAD;
	if (proc == NULL)
		return;
	system->running = system->running_as_root = 0;
	while ((entry = readdir(proc)) != NULL) {
		if (!ascii_is_digit(entry->d_name[0]))
			continue;
		look_at_process(arena, entry->d_name, config, system);
	}
	(void)closedir(proc);
}
