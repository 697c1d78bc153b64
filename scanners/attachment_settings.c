/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/attachment_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "milter/lookup/names.h"
#include "milter/model/message.h"
#include "milter/unpack/filetype.h"

static int word_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	struct filetype_word word;

	(void)conf, (void)where, (void)field;
	if (filetype_read_word(text, &word))
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX,
		       "\"%.40s\" is neither a group (programs), nor a type (docm), nor an ending of a file name (exe)", text);
	return -EINVAL;
}

static unsigned direction_bit(const char *text)
{
	for (unsigned i = 0; i < DIRECTIONS; i++)
		if (strcmp(direction_name((enum direction)i), text) == 0)
			return 1u << i;
	return 0;
}

static int direction_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	(void)conf, (void)where, (void)field;
	if (direction_bit(text) != 0)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.40s\" is none of inbound, submission, granted and local", text);
	return -EINVAL;
}

unsigned attachment_settings_directions(const struct conf_list *list)
{
	unsigned bits = 0;

	for (size_t i = 0; i < list->len; i++)
		bits |= direction_bit(list->items[i].text);
	return bits == 0 ? (1u << DIRECTIONS) - 1 : bits;
}

#define WORDS \
	"Words are groups (programs, scripts, shortcuts, disk_images, archives, documents, macros, encrypted, fragments, images, media, text, " \
	"mail), types (exe, docm, iso) and endings of file names (scr, xyz). A file is what its bytes are and what each of its names says: " \
	"a program is denied under any name, and a file that is named like one, too. macros and encrypted are also what has macros or a " \
	"password whatever its type. fragments are messages of which the rest is somewhere else (message/partial, message/external-body)."

#define ALLOW_TEXT \
	"An exact word (a type or an ending) here stands over a group there, never over the same word: deny_types = { \"scripts\" } with " \
	"allow_types = { \"ps1\" } denies all scripts but those. A type or group that is allowed here may also be encrypted."

#define FIELD(name) offsetof(struct attachment_settings, name)

static const struct option attachment_options[] = {
	{ "enabled", OPTION_BOOL, FIELD(enabled), .fallback = "yes",
	  .summary = "judge attachments by what they are",
	  .text = "Needs content.enabled." },
	{ "deny_types", OPTION_LIST, FIELD(lists.deny), .parse = word_check,
	  .fallback = "\"programs\", \"scripts\", \"shortcuts\", \"disk_images\", \"fragments\"",
	  .summary = "which files are denied", .text = WORDS },
	{ "allow_types", OPTION_LIST, FIELD(lists.allow), .parse = word_check,
	  .summary = "which files are allowed although their group is denied", .text = ALLOW_TEXT, .example = "{ \"url\" }" },
	{ "deny_in_archives", OPTION_LIST, FIELD(lists.deny_in_archives), .parse = word_check,
	  .summary = "which files are denied in archives and disk images",
	  .text = "Not written: as deny_types. Write a shorter list where people send each other programs in archives.",
	  .example = "{ \"programs\", \"scripts\" }" },
	{ "allow_in_archives", OPTION_LIST, FIELD(lists.allow_in_archives), .parse = word_check,
	  .summary = "which files are allowed in archives although their group is denied there",
	  .text = "Not written: as allow_types.", .example = "{ \"js\", \"py\" }" },
	{ "on_denied", OPTION_CUSTOM, FIELD(on_denied), .fallback = "reject", .parse = rule_parse,
	  .summary = "what happens to a message with a file that is denied",
	  .text = "The reply names the file and the word that denies it, so that an honest sender can help himself." },
	{ "on_encrypted", OPTION_CUSTOM, FIELD(on_encrypted), .fallback = "quarantine", .parse = rule_parse,
	  .summary = "what happens to a message with something that cannot be looked into without a password or key",
	  .text = "Archives and documents with a password, S/MIME and OpenPGP. This stands for antivirus.on_unscannable, too, where all "
		  "that kept the virus scanner from its work is the encryption of a file that is seen here: such mail is held or let "
		  "in once, by this option. Names and types of members are still judged where they can be seen. Types in allow_types "
		  "may be encrypted: allow_types = { \"pgp\", \"smime_encrypted\" }. A PDF that everybody can open and that only forbids "
		  "printing or copying does not count, as long as the virus scanner reads it." },
	{ "on_mismatch", OPTION_CUSTOM, FIELD(on_mismatch), .fallback = "3", .parse = rule_parse,
	  .summary = "what happens when a name says one thing and the bytes are another, or a name is made to mislead",
	  .text = "An archive that is called a picture, or a name with characters that turn the direction of reading. A weight: broken "
		  "software does it, too, and what is denied is denied under any name." },
	{ "on_active_content", OPTION_CUSTOM, FIELD(on_active_content), .fallback = "2", .parse = rule_parse,
	  .summary = "what happens to documents and pictures with macros, script, embedded files or links that open by themselves",
	  .text = "Attacks come so, and forms, spreadsheets and invoices of honest senders, too: a weight, which leads to a refusal only "
		  "with other signs. Whoever wants no macros at all writes \"macros\" into deny_types. Once for a message." },
	{ "on_unscannable", OPTION_CUSTOM, FIELD(on_unscannable), .fallback = "quarantine", .parse = rule_parse_held,
	  .summary = "what happens when an archive or other container could not be read to its end",
	  .text = "Nobody knows what is in it. Nothing is let in unexamined: only quarantine, defer, reject and discard may stand here." },
	OPTION_END
};

const struct option_section attachment_section = {
	.name = "attachment",
	.options = attachment_options,
	.settings_size = sizeof(struct attachment_settings),
	.summary = "which files may come in",
	.text = "By name, by what the bytes are, and by group; outside and inside of archives, documents and attached messages. The outcomes "
		"are denied, encrypted, mismatch, active_content and unscannable. Sections rule say it otherwise for some recipients, "
		"senders or directions.",
};

#undef FIELD
#define FIELD(name) offsetof(struct attachment_rule_settings, name)

static const struct option rule_options[] = {
	{ "recipients", OPTION_LIST, FIELD(recipients), .parse = addresses_check,
	  .summary = "for which recipients; empty: all",
	  .text = "user@example.com, example.com, .example.com (all names below).", .example = "{ \"dev.example.com\" }" },
	{ "senders", OPTION_LIST, FIELD(senders), .parse = addresses_check,
	  .summary = "for which envelope senders; empty: all",
	  .text = "Written as recipients; \"<>\" is the null sender. Anybody can write any sender: name here only whom spf or dkim vouches for.",
	  .example = "{ \"partner.example\" }" },
	{ "directions", OPTION_LIST, FIELD(directions), .parse = direction_check,
	  .summary = "for which directions: inbound, submission, granted, local; empty: all", .example = "{ \"submission\" }" },
	{ "deny_types", OPTION_LIST, FIELD(lists.deny), .parse = word_check,
	  .summary = "as attachment.deny_types; not written: as that", .example = "{ \"programs\" }" },
	{ "allow_types", OPTION_LIST, FIELD(lists.allow), .parse = word_check,
	  .summary = "as attachment.allow_types; not written: as that", .example = "{ \"ps1\", \"sh\" }" },
	{ "deny_in_archives", OPTION_LIST, FIELD(lists.deny_in_archives), .parse = word_check,
	  .summary = "the same in archives; not written: as deny_types of this section, if that is written, else as attachment.deny_in_archives" },
	{ "allow_in_archives", OPTION_LIST, FIELD(lists.allow_in_archives), .parse = word_check,
	  .summary = "the same in archives; not written: as allow_types of this section, if that is written, else as attachment.allow_in_archives" },
	OPTION_END
};

const struct option_section attachment_rule_section = {
	.name = "rule",
	.parent = "attachment",
	.titled = true,
	.options = rule_options,
	.settings_size = sizeof(struct attachment_rule_settings),
	.summary = "other lists for some recipients, senders or directions",
	.text = "The first section all of whose conditions fit gives the lists for a recipient. A message for several recipients must satisfy the "
		"lists of each of them: it cannot be refused for one alone.",
	.example_title = "developers",
};
