/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files may come in: what the cage has found in the message, held against the lists of milter.conf. */
#include <stdio.h>
#include <stdlib.h>

#include "scanners/attachment_rules.h"
#include "scanners/attachment_settings.h"
#include "scanners/inspection.h"
#include "scanners/scanners.h"

#define MARKS_ACTIVE \
	(1u << MARK_MACROS | 1u << MARK_EXTERNAL | 1u << MARK_OBJECT | 1u << MARK_SCRIPT | 1u << MARK_LAUNCH | 1u << MARK_BUILDS_FILE)

struct attachment {
	struct arena *arena;
	const struct attachment_rules *rules;
};

/* What is judged of one message: the first offender of each outcome, and how many there are. */
enum offence { OFFENCE_DENIED, OFFENCE_ENCRYPTED, OFFENCE_MISMATCH, OFFENCE_ACTIVE, OFFENCE_UNSCANNABLE, OFFENCES };

struct offender {
	const struct inventory_entry *first;
	uint64_t count;
	struct attachment_denial denial;		/* OFFENCE_DENIED */
	const struct attachment_policy *policy;		/* likewise */
	enum filetype claimed;				/* OFFENCE_MISMATCH; FILETYPE_UNKNOWN: the name is made to mislead */
};

struct judgement {
	const struct attachment_policy **policies;
	size_t policies_len;
	/* libclamav has read everything: a PDF that only restricts what its readers may do (the password to open it is empty) it has decrypted. */
	bool pdfs_were_read;
	struct offender offenders[OFFENCES];
};

static int attachment_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	struct arena *arena = arena_new();
	struct attachment *attachment = arena_new_of(arena, struct attachment);

	(void)services, (void)problem;
	attachment->arena = arena;
	attachment->rules = attachment_rules_new(arena, conf);
	*ret_shared = attachment;
	return 0;
}

static void attachment_close(void *shared)
{
	arena_free(((struct attachment *)shared)->arena);
}

/* --- for `octroi check` --- */

/* Any word is at least an ending: "program" would do nothing, and nobody would notice. */
static void advise_list(const char *option, const struct conf_list *list, void (*say)(void *arg, const char *format, ...), void *arg)
{
	for (size_t i = 0; i < list->len; i++) {
		struct filetype_word word;

		if (filetype_read_word(list->items[i].text, &word) && !word.is_group && !word.is_type && list->items[i].text[0] != '.' &&
		    filetype_of_extension(word.extension) == FILETYPE_UNKNOWN)
			say(arg, "%s has \"%s\", which is no group and no type: it is taken for an ending of file names (write \".%s\" if it is one)",
			    option, list->items[i].text, list->items[i].text);
	}
}

static void advise_lists(const struct attachment_lists *lists, void (*say)(void *arg, const char *format, ...), void *arg)
{
	advise_list("attachment: deny_types", &lists->deny, say, arg);
	advise_list("attachment: allow_types", &lists->allow, say, arg);
	advise_list("attachment: deny_in_archives", &lists->deny_in_archives, say, arg);
	advise_list("attachment: allow_in_archives", &lists->allow_in_archives, say, arg);
}

static void attachment_advise(const struct conf *conf, void (*say)(void *arg, const char *format, ...), void *arg)
{
	const struct attachment_settings *settings = conf_settings(conf, "attachment");

	if (!settings->enabled)
		return;
	advise_lists(&settings->lists, say, arg);
	for (size_t i = 0; i < conf_count(conf, "attachment.rule"); i++)
		advise_lists(&((const struct attachment_rule_settings *)conf_settings_at(conf, "attachment.rule", i))->lists, say, arg);
}

/* --- the judgement --- */

static struct offender *offend(struct judgement *judgement, enum offence offence, const struct inventory_entry *entry)
{
	struct offender *offender = &judgement->offenders[offence];
	bool is_first = offender->first == NULL;

	offender->count += entry->count;
	if (is_first)
		offender->first = entry;
	return is_first ? offender : NULL;
}

static const struct attachment_pair *pair_of(const struct attachment_policy *policy, const struct inventory_entry *entry)
{
	return entry->in_archive ? &policy->inside : &policy->outside;
}

/* By the lists of any recipient. */
static void judge_denied(struct judgement *judgement, const struct inventory_entry *entry)
{
	for (size_t i = 0; i < judgement->policies_len; i++) {
		const struct attachment_policy *policy = judgement->policies[i];
		struct attachment_denial denial;
		struct offender *offender;

		if (!attachment_denied(pair_of(policy, entry), entry, &denial))
			continue;
		offender = offend(judgement, OFFENCE_DENIED, entry);
		if (offender != NULL) {
			offender->denial = denial;
			offender->policy = policy;
		}
		return;
	}
}

/* Unless the lists of every recipient allow that type by name. */
static void judge_encrypted(struct judgement *judgement, const struct inventory_entry *entry)
{
	bool is_allowed = true;

	if ((entry->marks & 1u << MARK_ENCRYPTED) == 0 || (entry->type == FILETYPE_PDF && judgement->pdfs_were_read))
		return;
	for (size_t i = 0; i < judgement->policies_len; i++)
		is_allowed = is_allowed && attachment_allowed(&pair_of(judgement->policies[i], entry)->allow, entry);
	if (!is_allowed)
		(void)offend(judgement, OFFENCE_ENCRYPTED, entry);
}

static bool is_deceived_by(const struct inventory_entry *entry, enum filetype claimed)
{
	return claimed != FILETYPE_UNKNOWN && filetype_deceives(claimed, entry->type);
}

static bool find_mismatch(const struct inventory_entry *entry, enum filetype *ret_claimed)
{
	for (size_t i = 0; i < entry->extensions_len; i++) {
		*ret_claimed = filetype_of_extension(entry->extensions[i]);
		if (is_deceived_by(entry, *ret_claimed))
			return true;
	}
	*ret_claimed = entry->declared;
	if (is_deceived_by(entry, entry->declared))
		return true;
	*ret_claimed = FILETYPE_UNKNOWN;
	return (entry->marks & 1u << MARK_NAME_DISGUISED) != 0;
}

static void judge_mismatch(struct judgement *judgement, const struct inventory_entry *entry)
{
	enum filetype claimed;
	struct offender *offender;

	if ((!entry->is_attachment && attachment_is_wordy(entry->type)) || !find_mismatch(entry, &claimed))
		return;
	offender = offend(judgement, OFFENCE_MISMATCH, entry);
	if (offender != NULL)
		offender->claimed = claimed;
}

static void judge(struct judgement *judgement, const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->entries_len; i++) {
		const struct inventory_entry *entry = &inventory->entries[i];

		judge_denied(judgement, entry);
		judge_encrypted(judgement, entry);
		judge_mismatch(judgement, entry);
		if ((entry->marks & MARKS_ACTIVE) != 0)
			(void)offend(judgement, OFFENCE_ACTIVE, entry);
		if ((entry->marks & 1u << MARK_UNREADABLE) != 0)
			(void)offend(judgement, OFFENCE_UNSCANNABLE, entry);
	}
}

/* --- the findings --- */

/* A name of a stranger's between our quotes must not end them. */
static const char *unquoted(struct arena *arena, const char *name)
{
	char *copy = arena_strdup(arena, name);

	for (char *p = copy; *p != '\0'; p++)
		if (*p == '"')
			*p = '\'';
	return copy;
}

/* "attachment \"a.exe\" in \"b.zip\"" */
static const char *entry_title(struct arena *arena, const struct inventory_entry *entry)
{
	const char *name = unquoted(arena, entry->name), *container = unquoted(arena, entry->container);
	const char *what = entry->is_attachment ? "attachment" : "part";

	if (name[0] != '\0')
		what = arena_printf(arena, "%s \"%s\"", what, name);
	else
		what = arena_printf(arena, "%s without a name", what);
	return container[0] == '\0' ? what : arena_printf(arena, "%s in \"%s\"", what, container);
}

static const char *others(struct arena *arena, const struct offender *offender)
{
	uint64_t count = offender->count - 1;

	return count == 0 ? "" : arena_printf(arena, ", and %llu more", (unsigned long long)count);
}

static void add_notes(struct scan *scan, const struct inventory_entry *entry)
{
	finding_note(scan, "file", entry->name);
	finding_note(scan, "type", filetype_name(entry->type));
	finding_note(scan, "container", entry->container);
	finding_note(scan, "sha256", entry->digest);
}

static const char *denial_text(struct arena *arena, const struct attachment_denial *denial)
{
	if (denial->reason == ATTACHMENT_MARK)
		return arena_printf(arena, "it %s", mark_title(denial->mark));
	if (denial->reason == ATTACHMENT_ENDING && denial->type == FILETYPE_UNKNOWN)
		return arena_printf(arena, "its name ends in .%s", denial->extension);
	if (denial->reason == ATTACHMENT_ENDING)
		return arena_printf(arena, "its name ends in .%s (%s)", denial->extension, filetype_title(denial->type));
	return filetype_title(denial->type);
}

/* attachment "invoice.pdf.exe" is not accepted here: Windows program (programs) */
static void add_denied(struct scan *scan, const struct offender *offender)
{
	const struct attachment_denial *denial = &offender->denial;

	finding_add(scan, "denied", "%s is not accepted here: %s (no %s)%s", entry_title(scan->arena, offender->first),
		    denial_text(scan->arena, denial), denial->word, others(scan->arena, offender));
	add_notes(scan, offender->first);
	finding_note(scan, "word", denial->word);
	if (offender->policy->title[0] != '\0')
		finding_note(scan, "rule", offender->policy->title);
}

static void add_mismatch(struct scan *scan, const struct offender *offender)
{
	const struct inventory_entry *entry = offender->first;
	const char *title = entry_title(scan->arena, entry);

	if (offender->claimed == FILETYPE_UNKNOWN)
		finding_add(scan, "mismatch", "%s %s%s", title, mark_title(MARK_NAME_DISGUISED), others(scan->arena, offender));
	else
		finding_add(scan, "mismatch", "%s is not what it is called: %s, not %s%s", title, filetype_title(entry->type),
			    filetype_title(offender->claimed), others(scan->arena, offender));
	add_notes(scan, entry);
}

static void add_active(struct scan *scan, const struct offender *offender)
{
	const struct inventory_entry *entry = offender->first;
	const char *text = "";

	for (unsigned i = 0; i < MARKS; i++)
		if ((entry->marks & MARKS_ACTIVE & 1u << i) != 0)
			text = arena_printf(scan->arena, "%s%s%s", text, text[0] == '\0' ? "" : ", ", mark_title((enum mark)i));
	finding_add(scan, "active_content", "%s %s%s", entry_title(scan->arena, entry), text, others(scan->arena, offender));
	add_notes(scan, entry);
	for (unsigned i = 0; i < MARKS; i++)
		if ((entry->marks & MARKS_ACTIVE & 1u << i) != 0)
			finding_note(scan, "mark", mark_name((enum mark)i));
}

static void add_marked(struct scan *scan, const char *outcome, enum mark mark, const struct offender *offender)
{
	finding_add(scan, outcome, "%s %s%s", entry_title(scan->arena, offender->first), mark_title(mark), others(scan->arena, offender));
	add_notes(scan, offender->first);
}

static void add_findings(struct scan *scan, const struct judgement *judgement)
{
	const struct offender *offenders = judgement->offenders;

	if (offenders[OFFENCE_DENIED].first != NULL)
		add_denied(scan, &offenders[OFFENCE_DENIED]);
	if (offenders[OFFENCE_ENCRYPTED].first != NULL)
		add_marked(scan, "encrypted", MARK_ENCRYPTED, &offenders[OFFENCE_ENCRYPTED]);
	if (offenders[OFFENCE_UNSCANNABLE].first != NULL)
		add_marked(scan, "unscannable", MARK_UNREADABLE, &offenders[OFFENCE_UNSCANNABLE]);
	if (offenders[OFFENCE_MISMATCH].first != NULL)
		add_mismatch(scan, &offenders[OFFENCE_MISMATCH]);
	if (offenders[OFFENCE_ACTIVE].first != NULL)
		add_active(scan, &offenders[OFFENCE_ACTIVE]);
}

static void attachment_eom(struct scan *scan)
{
	const struct attachment_settings *settings = scan->settings;
	const struct attachment *attachment = scan->shared;
	const struct inspection *inspection = scan->message->inspection;
	struct judgement judgement = { .policies = NULL };

	/* Where there is no inventory, content says so: nothing is let in for lack of one. */
	if (!settings->enabled || inspection == NULL || inspection->state != INSPECTION_DONE)
		return;
	judgement.policies_len = attachment_rules_for(attachment->rules, scan->message, scan->arena, &judgement.policies);
	judgement.pdfs_were_read = inspection->answer.has_antivirus && inspection->answer.antivirus.outcome == ANTIVIRUS_CLEAN;
	judge(&judgement, &inspection->answer.inventory);
	add_findings(scan, &judgement);
}

#define OUTCOME(name_, field) \
	{ name_, REFUSE_CONTENT, offsetof(struct attachment_settings, field), .code = 550, .status = "5.7.1", .defer_code = 451, \
	  .defer_status = "4.7.1" }

static const struct outcome attachment_outcomes[] = {
	OUTCOME("denied", on_denied),
	OUTCOME("encrypted", on_encrypted),
	OUTCOME("mismatch", on_mismatch),
	OUTCOME("active_content", on_active_content),
	OUTCOME("unscannable", on_unscannable),
	{ .name = NULL },
};

static const struct option_section *const attachment_sections[] = { &attachment_section, &attachment_rule_section, NULL };

const struct scanner scanner_attachment = {
	.name = "attachment",
	.summary = "which files may come in",
	.sections = attachment_sections,
	.outcomes = attachment_outcomes,
	.open = attachment_open,
	.close = attachment_close,
	.advise = attachment_advise,
	.eom = attachment_eom,
};
