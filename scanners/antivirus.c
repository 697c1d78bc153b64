/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libclamav says of a message (content.c has it asked); whatever is not a clean answer has a name and an action. */
#include <dirent.h>
#include <stdlib.h>

#include "scanners/antivirus_settings.h"
#include "scanners/attachment_settings.h"
#include "scanners/content_settings.h"
#include "scanners/inspection.h"
#include "scanners/scanners.h"

struct antivirus {
	bool yields_encrypted;	/* what is encrypted is the business of attachment.on_encrypted */
};

/* A table may lack the others. */
static int antivirus_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	const struct attachment_settings *attachment = conf_settings(conf, "attachment");
	const struct content_settings *content = conf_settings(conf, "content");
	struct antivirus *antivirus = xcalloc(1, sizeof(*antivirus));

	(void)services, (void)problem;
	antivirus->yields_encrypted = attachment != NULL && attachment->enabled && content != NULL && content->enabled;
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

/* Does the inventory show something encrypted, for which there is an action of its own? */
static bool is_encryption_of_attachment(const struct scan *scan, const struct content_answer *answer)
{
	const struct antivirus *antivirus = scan->shared;
	const struct inventory *inventory = &answer->inventory;
	unsigned marks = 0;

	if (!antivirus->yields_encrypted || !str_has_prefix(str_of(answer->antivirus.text), STR("encrypted:")))
		return false;
	for (size_t i = 0; i < inventory->entries_len; i++)
		marks |= inventory->entries[i].marks;
	return (marks & 1u << MARK_ENCRYPTED) != 0;
}

static void add_answer(struct scan *scan, const struct content_answer *answer)
{
	const char *text = answer->antivirus.text;

	switch (answer->antivirus.outcome) {
	case ANTIVIRUS_CLEAN:
		finding_add(scan, "clean", "no virus found");
		return;
	case ANTIVIRUS_INFECTED:
		finding_add(scan, "infected", "virus found: %s", text);
		return;
	case ANTIVIRUS_UNSCANNABLE:
		finding_add(scan, is_encryption_of_attachment(scan, answer) ? "encrypted" : "unscannable", "not fully scanned: %s", text);
		return;
	case ANTIVIRUS_ERROR:
		break;
	}
	finding_add(scan, "error", "virus scan failed: %s", text);
}

static void antivirus_eom(struct scan *scan)
{
	const struct antivirus_settings *settings = scan->settings;
	const struct inspection *inspection = scan->message->inspection;

	if (!settings->enabled)
		return;
	if (inspection == NULL || (inspection->state == INSPECTION_DONE && !inspection->answer.has_antivirus)) {
		finding_add(scan, "error", "the virus scanner was not asked");
		return;
	}
	switch (inspection->state) {
	case INSPECTION_DONE:
		add_answer(scan, &inspection->answer);
		break;
	case INSPECTION_NO_ROOM:
		finding_add(scan, "error", "there was no room to keep the message for the scan");
		break;
	case INSPECTION_CUT:
		finding_add(scan, "unscannable", "not fully scanned: over the limits of the gateway");
		break;
	case INSPECTION_POISON:
		finding_add(scan, "poison", "this message has stopped the virus scanner three times");
		break;
	case INSPECTION_FAILED:
		finding_add(scan, "error", "the virus scanner %s", inspection->problem);
		break;
	}
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
	/* everything else in it is clean; whether it may come in is not asked twice */
	{ "encrypted", REFUSE_CONTENT, OUTCOME_FIXED, ACTION_ACCEPT, .stamps = unscanned_stamps },
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
