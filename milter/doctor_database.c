/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/doctor_database.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { HEADER_MAX = 512, PATH_TEXT_MAX = 4096 };

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

uint64_t clamav_built_at(const char *header)
{
	unsigned day, year, hour, minute, zone;
	char month[4], sign;
	const char *found;
	struct tm tm;
	time_t at, offset;

	if (sscanf(header, "ClamAV-VDB:%2u %3s %4u %2u-%2u %c%4u", &day, month, &year, &hour, &minute, &sign, &zone) != 7)
		return UINT64_MAX;
	found = strlen(month) == 3 ? strstr(months, month) : NULL;
	if (found == NULL || (found - months) % 3 != 0 || day < 1 || day > 31 || year < 2000 || hour > 23 || minute > 59 ||
	    (sign != '+' && sign != '-'))
		return UINT64_MAX;
	tm = (struct tm){ .tm_mday = (int)day, .tm_mon = (int)(found - months) / 3, .tm_year = (int)year - 1900, .tm_hour = (int)hour,
			  .tm_min = (int)minute };
	at = timegm(&tm);
	offset = (time_t)zone / 100 * 3600 + (time_t)zone % 100 * 60;
	at += sign == '-' ? offset : -offset;
	return at < 0 ? UINT64_MAX : (uint64_t)at;
}

/* 0: there is no such file. */
static uint64_t built_at_of(const char *path)
{
	char header[HEADER_MAX + 1];
	FILE *file = fopen(path, "re");
	size_t len;

	if (file == NULL)
		return errno == ENOENT ? 0 : UINT64_MAX;
	len = fread(header, 1, HEADER_MAX, file);
	(void)fclose(file);
	header[len] = '\0';
	return clamav_built_at(header);
}

uint64_t clamav_newest(const char *directory, const char *name)
{
	static const char *const suffixes[] = { "cvd", "cld", "cud" };
	uint64_t newest = 0;
	char path[PATH_TEXT_MAX];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		uint64_t at;

		(void)snprintf(path, sizeof(path), "%s/%s.%s", directory, name, suffixes[i]);
		at = built_at_of(path);
		if (at != 0 && (newest == 0 || newest == UINT64_MAX || (at != UINT64_MAX && at > newest)))
			newest = at;
	}
	return newest;
}
