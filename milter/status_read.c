/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/status_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "milter/base/cleanup.h"
#include "milter/status.h"

enum { FILE_BYTES_MAX = 1 << 16, FILTERS_MAX = 100 };

static json_t *load(int directory, const char *name)
{
	_cleanup_(close_fdp) int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	json_t *object;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_BYTES_MAX)
		return NULL;
	object = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(object) && json_is_integer(json_object_get(object, "pid")) && json_is_integer(json_object_get(object, "written_ms")))
		return object;
	json_decref(object);
	return NULL;
}

/* A process of another user is there, too. Pids are used again: then a filter that has ended looks as if it were silent. */
static bool is_there(json_int_t pid)
{
	return pid > 1 && pid <= INT32_MAX && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

static void judge(json_t *object, int64_t now_ms)
{
	json_int_t age_ms = now_ms - json_integer_value(json_object_get(object, "written_ms"));
	const char *state = "serving";

	if (!is_there(json_integer_value(json_object_get(object, "pid"))))
		state = "ended";
	else if (age_ms > (json_int_t)STATUS_STALE_MS || age_ms < -(json_int_t)STATUS_STALE_MS)
		state = "silent";
	else if (json_is_true(json_object_get(object, "draining")))
		state = "draining";
	(void)json_object_set_new(object, "age_ms", json_integer(age_ms));
	(void)json_object_set_new(object, "state", json_string(state));
}

static bool is_status_of_other(const char *name)
{
	long pid;
	int end = 0;

	return sscanf(name, "status.%9ld.json%n", &pid, &end) == 1 && end > 0 && name[end] == '\0';
}

static json_int_t pid_of(const json_t *object)
{
	return json_integer_value(json_object_get(object, "pid"));
}

/* One that is being put aside, but was not replaced, has left its older file behind, too. */
static void add_other(json_t *filters, json_t *object)
{
	const json_t *first = json_array_get(filters, 0);

	if (strcmp(json_string_value(json_object_get(object, "state")), "ended") == 0) {
		json_decref(object);
		return;
	}
	if (first != NULL && pid_of(first) == pid_of(object))
		(void)json_array_remove(filters, 0);
	(void)json_array_append_new(filters, object);
}

json_t *status_read(const char *directory, int64_t now_ms)
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;
	json_t *filters, *object;

	if (dir == NULL)
		return NULL;
	filters = json_array();
	object = load(dirfd(dir), "status.json");
	if (object != NULL) {
		judge(object, now_ms);
		(void)json_array_append_new(filters, object);
	}
	while ((entry = readdir(dir)) != NULL && json_array_size(filters) < FILTERS_MAX) {
		object = is_status_of_other(entry->d_name) ? load(dirfd(dir), entry->d_name) : NULL;
		if (object == NULL)
			continue;
		judge(object, now_ms);
		add_other(filters, object);
	}
	(void)closedir(dir);
	return filters;
}
