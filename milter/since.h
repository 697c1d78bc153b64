/* SPDX-License-Identifier: GPL-2.0-or-later */
/* since.h - moments in the words of people, in local time.
 *
 *   3d  2h  45m  90s  2w  "3 days"  "2 hours ago"          so long ago
 *   now  today  yesterday  monday ... sunday                the day; a name of a day is the last one of that name, today included
 *   2026-11-20  "2026-11-20 14:00"  2026-11-20T14:00:05Z    the day, the minute, the second; Z: in UTC
 *   14:00  "yesterday 14:00"  "monday 8:30"                 today, or that day; a time that is still to come today is yesterday's
 *   @1795000000                                             seconds since 1970 */
#ifndef OCTROI_SINCE_H
#define OCTROI_SINCE_H

#include <stdint.h>

/* From where to where it is, in milliseconds since 1970: a day begins at midnight and ends with the next one, a moment has no length. --since
 * takes the beginning and --until the end. Either may be NULL. Returns 0, or -EINVAL for what is no such word. */
int since_parse(const char *text, int64_t now_ms, int64_t *ret_begin_ms, int64_t *ret_end_ms);

#endif
