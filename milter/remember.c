/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/remember.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/base/digest.h"
#include "milter/base/log.h"
#include "milter/record.h"
#include "milter/settings.h"

enum {
	CONFIGURATION_MAX = 1 << 20,	/* bytes of it that are kept */
	NAME_DIGITS = 12,
};

static void tell(const char *text)
{
	log_warning("%s", text);
}

/* What explain quotes lines from. The file may have changed since it was loaded by an instant: then the quotation is off, no decision is. */
static const char *read_configuration(struct arena *arena, const char *config_file)
{
	_cleanup_(fclose_filep) FILE *file = config_file == NULL ? NULL : fopen(config_file, "re");
	char *text = arena_alloc(arena, CONFIGURATION_MAX + 1);

	if (file != NULL)
		text[fread(text, 1, CONFIGURATION_MAX, file)] = '\0';
	return text;
}

static const char *configuration_name(struct arena *arena, const char *text)
{
	unsigned char digest[DIGEST_SIZE];
	char digits[DIGEST_TEXT_SIZE];

	digest_of(text, strlen(text), digest);
	digest_text(digest, digits);
	return arena_strndup(arena, digits, NAME_DIGITS);
}

static struct journal *open_journal(const struct conf *conf, const char *directory)
{
	const struct journal_settings *settings = conf_settings(conf, "journal");
	char problem[CONF_PROBLEM_MAX];
	struct journal *journal;

	if (!settings->enabled || directory == NULL)
		return NULL;
	if (journal_open(directory, settings, tell, &journal, problem) == 0)
		return journal;
	log_warning("there is no journal: %s", problem);
	return NULL;
}

struct remembered remember_open(const struct conf *conf, const char *config_file, const char *directory)
{
	const struct journal_settings *settings = conf_settings(conf, "journal");
	struct arena *arena = arena_new();
	const char *text = read_configuration(arena, config_file);
	struct remembered remembered = { open_journal(conf, directory), xstrdup(configuration_name(arena, text)) };

	journal_configuration(remembered.journal, remembered.configuration, config_file == NULL ? "" : config_file, text);
	record_open(&(struct record_settings){ .journal = remembered.journal, .configuration = remembered.configuration,
					       .host = settings_authserv_id(conf), .subjects = settings->subjects });
	arena_free(arena);
	return remembered;
}
