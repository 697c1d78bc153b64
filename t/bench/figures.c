/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/bench/figures.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

static const char *const outcome_names[OUTCOMES] = {
	"accept", "reject", "tempfail", "quarantine", "discard", "dropped", "refused", "protocol_error", "timeout",
};

const char *outcome_name(enum outcome outcome)
{
	return outcome_names[outcome];
}

uint64_t figures_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void samples_add(struct samples *samples, uint64_t us)
{
	if (samples->len == samples->size) {
		samples->size = samples->size == 0 ? 1024 : samples->size * 2;
		samples->us = reallocarray(samples->us, samples->size, sizeof(*samples->us));
		if (samples->us == NULL)
			abort();
	}
	samples->us[samples->len++] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

void samples_release(struct samples *samples)
{
	free(samples->us);
	*samples = (struct samples){ 0 };
}

static int compare_us(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

double samples_percentile_ms(struct samples *samples, double share)
{
	size_t rank;

	if (samples->len == 0)
		return 0;
	qsort(samples->us, samples->len, sizeof(*samples->us), compare_us);
	rank = (size_t)ceil(share * (double)samples->len);
	if (rank == 0)
		rank = 1;
	return samples->us[rank - 1] / 1000.0;
}

uint64_t figures_messages(const struct message_figures *figures)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < OUTCOMES; i++)
		sum += figures->outcomes[i];
	return sum;
}

static void release_messages(struct message_figures *figures)
{
	samples_release(&figures->eom);
	samples_release(&figures->whole);
}

void figures_release(struct figures *figures)
{
	release_messages(&figures->plain);
	release_messages(&figures->slow);
	samples_release(&figures->negotiate);
}

static void print_samples_json(const char *name, struct samples *samples, FILE *out)
{
	double p50 = samples_percentile_ms(samples, 0.50), p90 = samples_percentile_ms(samples, 0.90);
	double p99 = samples_percentile_ms(samples, 0.99), max = samples_percentile_ms(samples, 1);

	fprintf(out, "\"%s\": {\"count\": %zu, \"p50\": %.3f, \"p90\": %.3f, \"p99\": %.3f, \"max\": %.3f}",
		name, samples->len, p50, p90, p99, max);
}

static void print_messages_json(const char *name, struct message_figures *figures, FILE *out)
{
	fprintf(out, "\"%s\": {\"messages\": %" PRIu64 ", \"outcomes\": {", name, figures_messages(figures));
	for (size_t i = 0; i < OUTCOMES; i++)
		fprintf(out, "%s\"%s\": %" PRIu64, i == 0 ? "" : ", ", outcome_names[i], figures->outcomes[i]);
	fprintf(out, "}, \"unmarked\": %" PRIu64 ", \"latency_ms\": {", figures->unmarked);
	print_samples_json("eom", &figures->eom, out);
	fputs(", ", out);
	print_samples_json("message", &figures->whole, out);
	fputs("}}", out);
}

static double rate_of(const struct figures *figures)
{
	uint64_t messages = figures_messages(&figures->plain) + figures_messages(&figures->slow);

	return figures->elapsed_s > 0 ? (double)messages / figures->elapsed_s : 0;
}

static void print_string_json(const char *s, FILE *out)
{
	putc('"', out);
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			fprintf(out, "\\u%04x", c);
		else
			putc(c, out);
	}
	putc('"', out);
}

void figures_print_json(struct figures *figures, FILE *out)
{
	fprintf(out, "{\"messages\": %" PRIu64 ", \"elapsed_s\": %.3f, \"messages_per_s\": %.1f, \"size_bytes\": %" PRIu64 ", ",
		figures_messages(&figures->plain) + figures_messages(&figures->slow), figures->elapsed_s,
		rate_of(figures), figures->size_bytes);
	print_messages_json("plain", &figures->plain, out);
	fputs(", ", out);
	print_messages_json("slow", &figures->slow, out);
	fprintf(out, ", \"sessions\": {\"opened\": %" PRIu64 ", \"refused\": %" PRIu64 ", \"dropped\": %" PRIu64
		", \"dropped_idle\": %" PRIu64 ", \"backlog_waits\": %" PRIu64 "}, ",
		figures->sessions_opened, figures->sessions_refused, figures->sessions_dropped,
		figures->sessions_dropped_idle, figures->backlog_waits);
	print_samples_json("negotiate_ms", &figures->negotiate, out);
	fprintf(out, ", \"rcpts_refused\": %" PRIu64 ", \"edits\": %" PRIu64 ", \"progress\": %" PRIu64,
		figures->rcpts_refused, figures->edits, figures->progress);
	fprintf(out, ", \"idle\": {\"wanted\": %" PRIu64 ", \"open\": %" PRIu64 "}, \"last_error\": ",
		figures->idle_wanted, figures->idle_open);
	print_string_json(figures->last_error, out);
	fputs("}\n", out);
}

static void print_samples_text(const char *name, struct samples *samples, FILE *out)
{
	double p50 = samples_percentile_ms(samples, 0.50), p90 = samples_percentile_ms(samples, 0.90);
	double p99 = samples_percentile_ms(samples, 0.99), max = samples_percentile_ms(samples, 1);

	fprintf(out, "  %-12s p50 %10.3f  p90 %10.3f  p99 %10.3f  max %10.3f ms  (%zu)\n", name, p50, p90, p99, max, samples->len);
}

static void print_messages_text(const char *name, struct message_figures *figures, FILE *out)
{
	if (figures_messages(figures) == 0)
		return;
	fprintf(out, "%s: %" PRIu64 " messages\n ", name, figures_messages(figures));
	for (size_t i = 0; i < OUTCOMES; i++)
		if (figures->outcomes[i] > 0)
			fprintf(out, " %s %" PRIu64, outcome_names[i], figures->outcomes[i]);
	if (figures->unmarked > 0)
		fprintf(out, " (unmarked %" PRIu64 ")", figures->unmarked);
	putc('\n', out);
	print_samples_text("eom", &figures->eom, out);
	print_samples_text("message", &figures->whole, out);
}

void figures_print_text(struct figures *figures, FILE *out)
{
	fprintf(out, "%.1f messages/s in %.3f s\n", rate_of(figures), figures->elapsed_s);
	print_messages_text("plain", &figures->plain, out);
	print_messages_text("slow", &figures->slow, out);
	fprintf(out, "sessions: %" PRIu64 " opened, %" PRIu64 " refused, %" PRIu64 " dropped, %" PRIu64 " dropped idle, %" PRIu64
		" waits for the backlog\n",
		figures->sessions_opened, figures->sessions_refused, figures->sessions_dropped,
		figures->sessions_dropped_idle, figures->backlog_waits);
	print_samples_text("negotiate", &figures->negotiate, out);
	fprintf(out, "edits %" PRIu64 ", progress %" PRIu64 ", recipients refused %" PRIu64 "\n",
		figures->edits, figures->progress, figures->rcpts_refused);
	if (figures->idle_wanted > 0)
		fprintf(out, "idle: %" PRIu64 " of %" PRIu64 " still open\n", figures->idle_open, figures->idle_wanted);
	if (figures->last_error[0] != '\0')
		fprintf(out, "last error: %s\n", figures->last_error);
}
