/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every message goes through libclamav in a cage; whatever is not a clean answer has a name and an action. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "milter/isolate/pool.h"
#include "scanners/antivirus_job.h"
#include "scanners/antivirus_settings.h"
#include "scanners/poison.h"
#include "scanners/scanners.h"

#define GRACE_MS 2000	/* libclamav stops itself at its own limit, if it can; then the pool kills */
#define WAIT_MS 20000	/* for an examiner; a sender that is told to come again is better off than one that hangs */

struct antivirus {
	unsigned kind;		/* place of the job in job_kinds */
};

static int antivirus_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	struct antivirus *antivirus = xcalloc(1, sizeof(*antivirus));

	(void)conf, (void)services, (void)problem;
	while (job_kinds[antivirus->kind] != &job_antivirus)
		antivirus->kind++;
	*ret_shared = antivirus;
	return 0;
}

static void antivirus_close(void *shared)
{
	free(shared);
}

static bool antivirus_needs_cage(const struct conf *conf, const char **ret_directory)
{
	const struct antivirus_settings *settings = conf_settings(conf, "antivirus");

	if (ret_directory != NULL)
		*ret_directory = settings->enabled ? settings->database : NULL;
	return settings->enabled;
}

/* What libclamav unpacks from one message, and the member it is at. */
static uint64_t antivirus_scratch_bytes(const struct conf *conf)
{
	const struct antivirus_settings *settings = conf_settings(conf, "antivirus");

	return settings->enabled ? settings->max_scan_bytes + settings->max_file_bytes : 0;
}

/* Is there a file that looks like signatures? Whether they work the canary tells, when they are loaded. */
static bool has_signatures(const char *directory)
{
	static const char *const endings[] = { ".cvd", ".cld", ".cud", ".ndb", ".hdb", ".hsb", ".ldb", ".mdb", ".msb", ".yar", ".db" };
	DIR *entries = opendir(directory);
	const struct dirent *entry;
	bool found = false;

	while (entries != NULL && !found && (entry = readdir(entries)) != NULL) {
		const char *dot = strrchr(entry->d_name, '.');

		for (size_t i = 0; dot != NULL && i < sizeof(endings) / sizeof(endings[0]); i++)
			found |= strcmp(dot, endings[i]) == 0;
	}
	if (entries != NULL)
		(void)closedir(entries);
	return found;
}

static void antivirus_advise(const struct conf *conf, void (*say)(void *arg, const char *format, ...), void *arg)
{
	const struct antivirus_settings *settings = conf_settings(conf, "antivirus");

	if (!settings->enabled)
		say(arg, "antivirus.enabled is no: mail is not scanned for viruses");
	else if (!has_signatures(settings->database))
		say(arg, "no ClamAV signatures in %s: all mail will be deferred; install the package clamav-freshclam, or run freshclam",
		    settings->database);
}

static void add_answer(struct scan *scan, const struct antivirus_answer *answer)
{
	switch (answer->outcome) {
	case ANTIVIRUS_CLEAN:
		finding_add(scan, "clean", "no virus found");
		return;
	case ANTIVIRUS_INFECTED:
		finding_add(scan, "infected", "virus found: %s", answer->text);
		return;
	case ANTIVIRUS_UNSCANNABLE:
		finding_add(scan, "unscannable", "not fully scanned: %s", answer->text);
		return;
	case ANTIVIRUS_ERROR:
		break;
	}
	finding_add(scan, "error", "virus scan failed: %s", answer->text);
}

static void add_failure(struct scan *scan, int r)
{
	if ((r == -EPIPE || r == -ETIME) && poison_note(scan->services->store, scan->message))
		finding_add(scan, "poison", "this message has stopped the virus scanner three times");
	else if (r == -ETIME)
		finding_add(scan, "error", "the virus scan took too long");
	else if (r == -EPIPE)
		finding_add(scan, "error", "the virus scanner stopped in mid-scan");
	else if (r == -EAGAIN)
		finding_add(scan, "error", "the virus scanner is not available");
	else
		finding_add(scan, "error", "the virus scanner gave no usable answer");
}

static int ask(struct scan *scan, struct frame *question, struct frame *answer)
{
	const struct antivirus_settings *settings = scan->settings;
	const struct antivirus *antivirus = scan->shared;
	const struct antivirus_question asked = { .timeout_ms = settings->timeout_ms };
	struct pool_job job = {
		.kind = antivirus->kind,
		.question = question,
		.message_fd = scan->message->body_fd,
		.deadline_ms = clock_monotonic_ms() + WAIT_MS + settings->timeout_ms + GRACE_MS,
		.wait_ms = WAIT_MS,
		.run_ms = settings->timeout_ms + GRACE_MS,
		.progress = scan->progress,
		.progress_arg = scan->progress_arg,
	};
	int error;

	frame_start(question, antivirus->kind);
	antivirus_question_write(question, &asked);
	return pool_ask(scan->services->pool, &job, answer, &error);
}

static void scan_message(struct scan *scan)
{
	/* too large for the stack of a libmilter thread; not from the arena, which would write zeros to all of it */
	_cleanup_(frame_freep) struct frame *question = frame_new();
	_cleanup_(frame_freep) struct frame *reply = frame_new();
	struct antivirus_answer answer;
	int r = scan->services->pool == NULL ? -EAGAIN : ask(scan, question, reply);

	if (r == 0)
		r = antivirus_answer_read(reply, &answer);
	if (r == 0)
		add_answer(scan, &answer);
	else
		add_failure(scan, r);
}

static void antivirus_eom(struct scan *scan)
{
	const struct antivirus_settings *settings = scan->settings;
	const struct message *message = scan->message;

	if (!settings->enabled)
		return;
	if (message->spool_full || message->body_fd < 0)
		finding_add(scan, "error", "there was no room to keep the message for the scan");
	else if (message->too_large || message->headers_too_large)
		finding_add(scan, "unscannable", "not fully scanned: over the limits of the gateway");
	else if (poison_known(scan->services->store, message))
		finding_add(scan, "poison", "this message has stopped the virus scanner three times");
	else
		scan_message(scan);
}

static const struct outcome_stamp clean_stamps[] = {
	{ "X-Virus-Scanned", "Octroi at %h" }, { "X-Virus-Status", "Clean" }, { NULL, NULL },
};

static const struct outcome_stamp infected_stamps[] = {
	{ "X-Virus-Scanned", "Octroi at %h" }, { "X-Virus-Status", "Infected (%t)" }, { NULL, NULL },
};

static const struct outcome_stamp unscanned_stamps[] = {
	{ "X-Virus-Scanned", "Octroi at %h" }, { "X-Virus-Status", "Unknown (%t)" }, { NULL, NULL },
};

#define RULE(field) offsetof(struct antivirus_settings, field)

static const struct outcome antivirus_outcomes[] = {
	{ "clean", REFUSE_CONTENT, OUTCOME_FIXED, ACTION_ACCEPT, .stamps = clean_stamps },
	{ "infected", REFUSE_CONTENT, RULE(on_infected), .code = 550, .status = "5.7.1", .defer_code = 451,
	  .defer_status = "4.7.1", .stamps = infected_stamps },
	{ "unscannable", REFUSE_CONTENT, RULE(on_unscannable), .code = 550, .status = "5.7.1", .defer_code = 451,
	  .defer_status = "4.7.1", .stamps = unscanned_stamps },
	{ "error", REFUSE_CONTENT, RULE(on_error), .code = 550, .status = "5.7.1", .defer_code = 451,
	  .defer_status = "4.7.1", .stamps = unscanned_stamps },
	{ "poison", REFUSE_CONTENT, RULE(on_poison), .code = 550, .status = "5.7.1", .defer_code = 451,
	  .defer_status = "4.7.1", .stamps = unscanned_stamps },
	{ .name = NULL },
};

static const struct option_section *const antivirus_sections[] = { &antivirus_section, NULL };

const struct scanner scanner_antivirus = {
	.name = "antivirus",
	.summary = "viruses, with ClamAV in a cage",
	.sections = antivirus_sections,
	.outcomes = antivirus_outcomes,
	.open = antivirus_open,
	.close = antivirus_close,
	.needs_cage = antivirus_needs_cage,
	.scratch_bytes = antivirus_scratch_bytes,
	.advise = antivirus_advise,
	.eom = antivirus_eom,
};
