/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a walk may cost: numbers, bytes, processor time. What was left undone for it is noted. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "milter/unpack/unpack_internal.h"

#define RATIO_FREE_BYTES (UINT64_C(16) << 20)
#define CPU_LOOK_EVERY 16	/* a look at the processor clock is a system call */

static uint64_t cpu_now_us(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) < 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void budget_start(struct unpack *unpack, size_t message_bytes)
{
	const struct unpack_limits *limits = &unpack->settings->limits;

	unpack->memory_max = limits->memory_bytes + 2 * (uint64_t)message_bytes;
	unpack->ratio_max_bytes = RATIO_FREE_BYTES + limits->ratio * (uint64_t)message_bytes;
	unpack->cpu_until_us = cpu_now_us() + limits->cpu_ms * 1000;
}

bool unpack_stopped(const struct unpack *unpack)
{
	/* The walk is changed by nobody else: a clock that is read later is no secret change of what a caller holds. */
	struct unpack *self = (struct unpack *)unpack;

	if (!self->stopped && self->cpu_asked++ % CPU_LOOK_EVERY == 0 && cpu_now_us() > self->cpu_until_us)
		unpack_limit(self, UNPACK_TIME, "more than %llu ms of processor time", (unsigned long long)self->settings->limits.cpu_ms);
	return self->stopped;
}

const struct unpack_limits *unpack_limits_of(const struct unpack *unpack)
{
	return &unpack->settings->limits;
}

/* For people, in a log line: printable ASCII and no more than INVENTORY_DETAIL_MAX bytes. */
static const char *detail_make(struct unpack *unpack, const char *format, va_list args)
{
	char text[INVENTORY_DETAIL_MAX + 1];

	(void)vsnprintf(text, sizeof(text), format, args);
	for (char *p = text; *p != '\0'; p++) {
		if (ascii_is_control(*p) || (unsigned char)*p >= 0x80)
			*p = '?';
	}
	return arena_strdup(unpack->arena, text);
}

void unpack_limit(struct unpack *unpack, enum unpack_limit limit, const char *format, ...)
{
	struct inventory *inventory = unpack->inventory;
	va_list args;

	if (limit == UNPACK_TIME)
		unpack->stopped = true;
	if ((inventory->limits & 1u << limit) != 0)
		return;
	inventory->limits |= 1u << limit;
	va_start(args, format);
	inventory->limit_details[limit] = detail_make(unpack, format, args);
	va_end(args);
}

void unpack_ambiguous(struct unpack *unpack, enum ambiguity ambiguity, const char *format, ...)
{
	struct inventory *inventory = unpack->inventory;
	va_list args;

	if ((inventory->ambiguities & UINT64_C(1) << ambiguity) != 0)
		return;
	inventory->ambiguities |= UINT64_C(1) << ambiguity;
	va_start(args, format);
	inventory->ambiguity_details[ambiguity] = detail_make(unpack, format, args);
	va_end(args);
}

static uint64_t count_max(const struct unpack_limits *limits, enum unpack_limit which)
{
	return which == UNPACK_PARTS ? limits->parts : which == UNPACK_MEMBERS ? limits->members : limits->names;
}

bool unpack_count(struct unpack *unpack, enum unpack_limit which)
{
	uint64_t max = count_max(&unpack->settings->limits, which);

	if (++unpack->counts[which] <= max)
		return true;
	unpack_limit(unpack, which, "more than %llu", (unsigned long long)max);
	return false;
}

/* A tree of archives in which each by itself grows modestly is told by what comes out of the whole message. */
static bool is_too_much(struct unpack *unpack, size_t size)
{
	const struct unpack_limits *limits = &unpack->settings->limits;

	if (size > unpack->ratio_max_bytes - unpack->decoded_bytes) {
		unpack->stopped = true;
		unpack_limit(unpack, UNPACK_RATIO, "more than %llu times the size of the message", (unsigned long long)limits->ratio);
	} else if (size > limits->decoded_bytes - unpack->decoded_bytes) {
		unpack->stopped = true;
		unpack_limit(unpack, UNPACK_SIZE, "more than %llu bytes in all", (unsigned long long)limits->decoded_bytes);
	}
	return unpack->stopped;
}

void *unpack_take_more(struct unpack *unpack, void *bytes, size_t size, size_t new_size)
{
	size_t more = new_size - size;
	void *grown;

	if (unpack_stopped(unpack) || is_too_much(unpack, more))
		return NULL;
	if (more > unpack->memory_max - unpack->memory_bytes) {
		unpack_limit(unpack, UNPACK_SIZE, "more than %llu bytes at a time", (unsigned long long)unpack->memory_max);
		return NULL;
	}
	grown = realloc(bytes, new_size == 0 ? 1 : new_size);
	if (grown == NULL) {
		unpack_limit(unpack, UNPACK_SIZE, "no memory for %zu bytes", new_size);
		return NULL;
	}
	unpack->decoded_bytes += more;
	unpack->memory_bytes += more;
	return grown;
}

void *unpack_take(struct unpack *unpack, size_t size)
{
	return unpack_take_more(unpack, NULL, 0, size);
}

void unpack_give(struct unpack *unpack, void *bytes, size_t size)
{
	unpack_give_unused(unpack, bytes, size, size);
}

void unpack_give_unused(struct unpack *unpack, void *bytes, size_t size, size_t used)
{
	if (bytes == NULL)
		return;
	free(bytes);
	unpack->memory_bytes -= size;
	unpack->decoded_bytes -= size - used;
}
