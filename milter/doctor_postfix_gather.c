/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/doctor_output.h"
#include "milter/doctor_postfix.h"

/* Parameters that name tables into which checks look. */
static const char *const table_parameters[] = {
	"header_checks", "milter_header_checks", "smtpd_milter_maps", "mydestination", "relay_domains", "virtual_mailbox_domains",
	"virtual_alias_domains", "mynetworks",
};

/* The file in which a word of a list is written down: of hash: and the like the source that postmap(1) read. */
static const char *file_of(struct arena *arena, struct str word)
{
	static const char *const types[] = {
		"regexp:", "pcre:", "cidr:", "texthash:", "hash:", "btree:", "lmdb:", "cdb:", "dbm:",
	};
	const char *text = arena_strndup(arena, word.p, word.len);

	if (text[0] == '/')
		return text;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_has_prefix(word, str_of(types[i])))
			return text[strlen(types[i])] == '/' ? text + strlen(types[i]) : NULL;
	return NULL;
}

static void read_tables(struct arena *arena, struct postfix *postfix, const char *value)
{
	struct str rest = str_of(value), word;

	while (postfix_word(&rest, &word)) {
		const char *file = file_of(arena, word);
		struct postfix_table *table;

		if (file == NULL)
			continue;
		table = arena_push(arena, (void **)&postfix->tables, &postfix->tables_len, sizeof(*table));
		table->name = arena_strndup(arena, word.p, word.len);
		table->text = doctor_file(arena, file);
	}
}

static void read_all_tables(struct arena *arena, struct postfix *postfix)
{
	for (size_t i = 0; i < sizeof(table_parameters) / sizeof(table_parameters[0]); i++) {
		const char *value = postfix_get(postfix, NULL, table_parameters[i]);

		if (value != NULL)
			read_tables(arena, postfix, value);
	}
	for (size_t i = 0; i < postfix->overrides.len; i++)
		if (strstr(postfix->overrides.items[i].name, "_maps") != NULL || strstr(postfix->overrides.items[i].name, "_checks") != NULL)
			read_tables(arena, postfix, postfix->overrides.items[i].value);
}

void postfix_gather(struct arena *arena, const char *directory, struct postfix *ret_postfix)
{
	static const char *const asked[] = { "-x", "-xn", "-M", "-Px" };
	const char *texts[4], *warnings = "", *ignored, *problem;

	for (size_t i = 0; i < 4; i++) {
		const char *const argv[] = { "postconf", "-c", directory, asked[i], NULL };

		if (doctor_output(arena, argv, &texts[i], i == 1 ? &warnings : &ignored, &problem) < 0) {
			*ret_postfix = (struct postfix){ .is_there = true, .directory = directory, .warnings = "", .problem = problem };
			return;
		}
	}
	postfix_read(arena, texts[0], texts[1], texts[2], texts[3], ret_postfix);
	ret_postfix->directory = directory;
	ret_postfix->warnings = warnings;
	read_all_tables(arena, ret_postfix);
}
