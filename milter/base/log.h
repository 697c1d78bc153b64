/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.h - where lines go, and how what came from outside is written into them.
 *
 * A line never blocks mail: one that syslog or standard error does not take at once is dropped and counted.
 * Every function may be called from any thread. */
#ifndef OCTROI_BASE_LOG_H
#define OCTROI_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>
#include <syslog.h>

enum log_target { LOG_TO_STDERR, LOG_TO_SYSLOG };

/* Opens the target; facility is LOG_MAIL and the like. May be called again, to forget the descriptor of syslog, while no other
 * thread logs. A log daemon that was restarted is found again without it.
 * Returns 0 or a negative errno (syslog's socket is missing: lines then go to standard error). */
int log_open(enum log_target target, int facility);

/* One line at a priority of syslog(3). Bytes other than printable ASCII are written as \xHH. */
void log_printf(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_printf(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_printf(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_printf(LOG_NOTICE, __VA_ARGS__)

/* Lines that were dropped since the start. */
uint64_t log_dropped(void);

#define LOG_LINE_MAX 4080
#define LOG_FIELD_MAX 256

/* A line of key=value pairs. Values are quoted where they hold a space, quote, equals sign or nothing at all; bytes
 * outside printable ASCII are written \xHH, and a value that is longer than LOG_FIELD_MAX when it is written so ends in "...".
 * A pair that no longer fits is left out whole. */
struct log_line {
	char text[LOG_LINE_MAX];
	size_t len;
};

void log_line_add(struct log_line *line, const char *key, const char *value);
void log_line_add_number(struct log_line *line, const char *key, uint64_t value);

/* As log_line_add with "<" and ">" around the value: an envelope address; NULL or "" is <>. */
void log_line_add_path(struct log_line *line, const char *key, const char *address);

/* Hands the line to the target. */
void log_line_write(const struct log_line *line, int priority);

#endif
