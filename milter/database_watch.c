/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/database_watch.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static uint64_t mix(uint64_t hash, uint64_t value)
{
	/* The finaliser of SplitMix64: nobody who could choose the files gains by a collision. */
	hash ^= value + 0x9e3779b97f4a7c15u;
	hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
	hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
	return hash ^ (hash >> 31);
}

/* freshclam keeps notes (*.dat) and hidden temporary files beside the signatures. */
static bool is_signatures(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && (len < 4 || strcmp(name + len - 4, ".dat") != 0);
}

static uint64_t look_at(int directory, const char *name)
{
	struct stat st;
	uint64_t hash = 1;

	if (!is_signatures(name) || fstatat(directory, name, &st, 0) < 0 || !S_ISREG(st.st_mode))
		return 0;
	for (const char *p = name; *p != '\0'; p++)
		hash = mix(hash, (unsigned char)*p);
	hash = mix(hash, (uint64_t)st.st_ino);
	hash = mix(hash, (uint64_t)st.st_size);
	hash = mix(hash, (uint64_t)st.st_mtim.tv_sec);
	return mix(hash, (uint64_t)st.st_mtim.tv_nsec);
}

uint64_t database_watch_look(const char *directory)
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;
	uint64_t sum = 0;

	if (dir == NULL)
		return 0;
	/* A sum does not depend on the order in which the directory is read. */
	while ((entry = readdir(dir)) != NULL)
		sum += look_at(dirfd(dir), entry->d_name);
	(void)closedir(dir);
	return sum;
}

void database_watch_start(struct database_watch *watch, const char *directory)
{
	memset(watch, 0, sizeof(*watch));
	if (directory == NULL || strlen(directory) >= sizeof(watch->directory))
		return;
	(void)snprintf(watch->directory, sizeof(watch->directory), "%s", directory);
	watch->loaded = watch->seen = database_watch_look(directory);
}

bool database_watch_changed(struct database_watch *watch)
{
	uint64_t now, before = watch->seen;

	if (watch->directory[0] == '\0')
		return false;
	now = watch->seen = database_watch_look(watch->directory);
	if (now == watch->loaded || now != before || !watch->unsettled) {
		watch->unsettled = now != watch->loaded;
		return false;
	}
	watch->loaded = now;
	watch->unsettled = false;
	return true;
}
