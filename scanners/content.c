/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every message is taken apart in a cage, once for all scanners; where it can be read in two ways, or was too much, that has a name. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/isolate/pool.h"
#include "scanners/antivirus_settings.h"
#include "scanners/content_job.h"
#include "scanners/content_settings.h"
#include "scanners/inspection.h"
#include "scanners/links_settings.h"
#include "scanners/poison.h"
#include "scanners/scanners.h"

#define GRACE_MS 2000	/* whoever works stops at his own limits, if he can; then the pool kills */
#define WAIT_MS 20000	/* for an examiner; a sender that is told to come again is better off than one that hangs */
#define CROWD 3		/* clock time for a unit of processor time, on a machine that is busy */

struct content {
	unsigned kind;		/* place of the job in job_kinds */
	struct content_question question;
	uint64_t run_ms;
	uint64_t allowed;	/* ambiguities */
};

static const struct antivirus_settings *antivirus_of(const struct conf *conf)
{
	const struct antivirus_settings *antivirus = conf_settings(conf, "antivirus");

	return antivirus != NULL && antivirus->enabled ? antivirus : NULL;
}

static int content_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	const struct content_settings *settings = conf_settings(conf, "content");
	const struct antivirus_settings *antivirus = antivirus_of(conf);
	struct content *content = xcalloc(1, sizeof(*content));

	(void)services, (void)problem;
	while (job_kinds[content->kind] != &job_content)
		content->kind++;
	content->question = (struct content_question){
		.unpack = settings->enabled,
		.limits = settings->limits,
		.links = links_settings_wanted(conf),
		.scan_timeout_ms = antivirus == NULL ? 0 : antivirus->timeout_ms,
	};
	content->run_ms = GRACE_MS + content->question.scan_timeout_ms + (settings->enabled ? CROWD * settings->limits.cpu_ms : 0);
	content->allowed = content_settings_allowed(settings);
	*ret_shared = content;
	return 0;
}

static void content_close(void *shared)
{
	free(shared);
}

static bool content_needs_cage(const struct conf *conf, const char **ret_directory)
{
	const struct content_settings *settings = conf_settings(conf, "content");

	if (ret_directory != NULL)
		*ret_directory = NULL;		/* that of the signatures is the antivirus' to name */
	return settings->enabled || antivirus_of(conf) != NULL;
}

static void content_advise(const struct conf *conf, void (*say)(void *arg, const char *format, ...), void *arg)
{
	const struct content_settings *settings = conf_settings(conf, "content");

	if (!settings->enabled)
		say(arg, "content.enabled is no: nobody looks into messages, and rules for attachments and links do nothing");
}

/* --- the question --- */

static int ask(struct scan *scan, struct frame *question, struct frame *answer)
{
	const struct content *content = scan->shared;
	struct pool_job job = {
		.kind = content->kind,
		.question = question,
		.message_fd = scan->message->body_fd,
		.deadline_ms = clock_monotonic_ms() + WAIT_MS + content->run_ms,
		.wait_ms = WAIT_MS,
		.run_ms = content->run_ms,
		.progress = scan->progress,
		.progress_arg = scan->progress_arg,
	};
	int error;

	frame_start(question, content->kind);
	content_question_write(question, &content->question);
	return pool_ask(scan->services->pool, &job, answer, &error);
}

/* What was asked for and is not there was not done: an examiner that is not itself. */
static bool answers(const struct content_question *question, const struct content_answer *answer)
{
	const struct inventory *inventory = &answer->inventory;

	if (answer->has_antivirus != (question->scan_timeout_ms > 0))
		return false;
	return !question->unpack || inventory->contents > 0 || inventory->limits != 0;
}

/* Facts of the message, as the inspection is. Strings live as long as it does. */
static void note_facts(struct scan *scan, const struct inventory *inventory)
{
	struct message *message = scan->session->message;

	message->attachments = arena_array(scan->arena, inventory->entries_len, sizeof(*message->attachments));
	for (size_t i = 0; i < inventory->entries_len; i++) {
		const struct inventory_entry *entry = &inventory->entries[i];

		if (entry->is_attachment)
			message->attachments[message->attachments_len++] = (struct attachment_fact){
				entry->name, filetype_name(entry->type), entry->digest, entry->size_bytes };
	}
	message->about = inventory->about;
	message->about_len = inventory->about_len;
}

static void note_failure(struct scan *scan, struct inspection *inspection, int r)
{
	if ((r == -EPIPE || r == -ETIME) && poison_note(scan->services->store, scan->message)) {
		inspection->state = INSPECTION_POISON;
		return;
	}
	inspection->state = INSPECTION_FAILED;
	if (r == -ETIME)
		inspection->problem = "took too long";
	else if (r == -EPIPE)
		inspection->problem = "stopped in mid-scan";
	else if (r == -EAGAIN)
		inspection->problem = "is not available";
	else
		inspection->problem = "gave no usable answer";
}

static void examine(struct scan *scan, struct inspection *inspection)
{
	const struct content *content = scan->shared;
	/* too large for the stack of a libmilter thread; not from the arena, which would write zeros to all of it */
	_cleanup_(frame_freep) struct frame *question = frame_new();
	_cleanup_(frame_freep) struct frame *reply = frame_new();
	int r = scan->services->pool == NULL ? -EAGAIN : ask(scan, question, reply);

	if (r == 0)
		r = content_answer_read(scan->arena, reply, &inspection->answer);
	if (r == 0 && !answers(&content->question, &inspection->answer))
		r = -EBADMSG;
	if (r < 0)
		note_failure(scan, inspection, r);
}

static const struct inspection *content_inspect(struct scan *scan)
{
	const struct content *content = scan->shared;
	const struct message *message = scan->message;
	struct inspection *inspection;

	if (!content->question.unpack && content->question.scan_timeout_ms == 0)
		return NULL;
	inspection = arena_new_of(scan->arena, struct inspection);
	inspection->problem = "";
	if (message->spool_full || message->body_fd < 0)
		inspection->state = INSPECTION_NO_ROOM;
	else if (message->too_large || message->headers_too_large)
		inspection->state = INSPECTION_CUT;
	else if (poison_known(scan->services->store, message))
		inspection->state = INSPECTION_POISON;
	else
		examine(scan, inspection);
	if (inspection->state == INSPECTION_DONE)
		note_facts(scan, &inspection->answer.inventory);
	return inspection;
}

/* --- the findings --- */

static const char *const limit_outcomes[UNPACK_LIMITS] = {
	[UNPACK_DEPTH] = "too_deep",
	[UNPACK_PARTS] = "too_many_parts",
	[UNPACK_MEMBERS] = "too_many_members",
	[UNPACK_NAMES] = "too_many_names",
	[UNPACK_HEADER] = "header_too_large",
	[UNPACK_SIZE] = "too_large",
	[UNPACK_RATIO] = "bomb",
	[UNPACK_TIME] = "too_slow",
};

static const char *const limit_texts[UNPACK_LIMITS] = {
	[UNPACK_DEPTH] = "too many things packed into one another",
	[UNPACK_PARTS] = "too many parts",
	[UNPACK_MEMBERS] = "too many files in archives",
	[UNPACK_NAMES] = "too many names of files",
	[UNPACK_HEADER] = "the header of a part is too large",
	[UNPACK_SIZE] = "too large when it is unpacked",
	[UNPACK_RATIO] = "an archive grows beyond all measure",
	[UNPACK_TIME] = "it takes too long to look into",
};

static void add_limits(struct scan *scan, const struct inventory *inventory)
{
	for (size_t i = 0; i < UNPACK_LIMITS; i++) {
		const char *detail = inventory->limit_details[i];

		if ((inventory->limits >> i & 1) == 0)
			continue;
		finding_add(scan, limit_outcomes[i], "not fully examined: %s%s%s%s", limit_texts[i], detail[0] == '\0' ? "" : " (", detail,
			    detail[0] == '\0' ? "" : ")");
		finding_note(scan, "limit", unpack_limit_name((enum unpack_limit)i));
	}
}

/* "transfer-encoding (part 2: base64 or quoted-printable), boundary": the first with what is known of it. */
static const char *ambiguities_text(struct arena *arena, const struct inventory *inventory, uint64_t set)
{
	const char *text = "";

	for (size_t i = 0; i < AMBIGUITIES; i++) {
		const char *name = ambiguity_name((enum ambiguity)i), *detail = inventory->ambiguity_details[i];

		if ((set >> i & 1) == 0)
			continue;
		if (text[0] != '\0')
			text = arena_printf(arena, "%s, %s", text, name);
		else
			text = detail[0] == '\0' ? name : arena_printf(arena, "%s (%s)", name, detail);
	}
	return text;
}

static void add_ambiguities(struct scan *scan, const struct inventory *inventory)
{
	const struct content *content = scan->shared;
	uint64_t set = inventory->ambiguities & ~content->allowed;

	if (set == 0)
		return;
	finding_add(scan, "ambiguous", "mail programs could read this message in different ways: %s",
		    ambiguities_text(scan->arena, inventory, set));
	for (size_t i = 0; i < AMBIGUITIES; i++)
		if ((set >> i & 1) != 0)
			finding_note(scan, "ambiguity", ambiguity_name((enum ambiguity)i));
}

static void content_eom(struct scan *scan)
{
	const struct content_settings *settings = scan->settings;
	const struct inspection *inspection = scan->message->inspection;

	if (!settings->enabled || inspection == NULL)
		return;
	switch (inspection->state) {
	case INSPECTION_DONE:
		add_limits(scan, &inspection->answer.inventory);
		add_ambiguities(scan, &inspection->answer.inventory);
		break;
	case INSPECTION_CUT:
		finding_add(scan, "too_large", "not examined: over the limits of the gateway");
		break;
	case INSPECTION_NO_ROOM:
		finding_add(scan, "error", "the content could not be examined: there was no room to keep the message");
		break;
	case INSPECTION_POISON:
		finding_add(scan, "poison", "this message has stopped the examination of its content three times");
		break;
	case INSPECTION_FAILED:
		finding_add(scan, "error", "the content could not be examined: the examiner %s", inspection->problem);
		break;
	}
}

#define OUTCOME(name_, field) \
	{ name_, REFUSE_CONTENT, offsetof(struct content_settings, field), .code = 550, .status = "5.7.1", .defer_code = 451, \
	  .defer_status = "4.7.1" }

static const struct outcome content_outcomes[] = {
	OUTCOME("ambiguous", on_ambiguous),
	OUTCOME("too_deep", on_limit[UNPACK_DEPTH]),
	OUTCOME("too_many_parts", on_limit[UNPACK_PARTS]),
	OUTCOME("too_many_members", on_limit[UNPACK_MEMBERS]),
	OUTCOME("too_many_names", on_limit[UNPACK_NAMES]),
	OUTCOME("header_too_large", on_limit[UNPACK_HEADER]),
	OUTCOME("too_large", on_limit[UNPACK_SIZE]),
	OUTCOME("bomb", on_limit[UNPACK_RATIO]),
	OUTCOME("too_slow", on_limit[UNPACK_TIME]),
	OUTCOME("error", on_error),
	OUTCOME("poison", on_poison),
	{ .name = NULL },
};

static const struct option_section *const content_sections[] = { &content_section, NULL };

const struct scanner scanner_content = {
	.name = "content",
	.summary = "what is inside a message, in every reading",
	.sections = content_sections,
	.outcomes = content_outcomes,
	.open = content_open,
	.close = content_close,
	.needs_cage = content_needs_cage,
	.advise = content_advise,
	.inspect = content_inspect,
	.eom = content_eom,
};
