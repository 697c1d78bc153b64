/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts of milter.conf. Options of scanners are found by their names: the top does not know the scanners' settings. */
#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "milter/doctor_facts.h"
#include "milter/settings.h"

void doctor_words_add(struct arena *arena, struct doctor_words *words, const char *word)
{
	*(const char **)arena_push(arena, (void **)&words->items, &words->len, sizeof(*words->items)) = word;
}

static const struct option_section *find_section(const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t parent_len = dot == NULL ? 0 : (size_t)(dot - name);

	for (const struct option_section *const *section = settings_sections(); *section != NULL; section++) {
		const char *parent = (*section)->parent == NULL ? "" : (*section)->parent;

		if (strlen(parent) == parent_len && strncmp(parent, name, parent_len) == 0 &&
		    strcmp((*section)->name, dot == NULL ? name : dot + 1) == 0)
			return *section;
	}
	return NULL;
}

/* The field of an option of that type in the settings; NULL: this program has no such section (a test binds another table of scanners). */
static const void *field(const void *settings, const char *section_name, const char *name, enum option_type type)
{
	const struct option_section *section = find_section(section_name);

	for (const struct option *option = section == NULL ? NULL : section->options; option != NULL && option->name != NULL; option++)
		if (strcmp(option->name, name) == 0) {
			assert(option->type == type);
			return (const char *)settings + option->offset;
		}
	return NULL;
}

static uint64_t number_of(const struct conf *conf, const char *section, const char *name, enum option_type type)
{
	const uint64_t *value = find_section(section) == NULL ? NULL : field(conf_settings(conf, section), section, name, type);

	return value == NULL ? 0 : *value;
}

static bool bool_of(const struct conf *conf, const char *section, const char *name)
{
	const bool *value = find_section(section) == NULL ? NULL : field(conf_settings(conf, section), section, name, OPTION_BOOL);

	return value != NULL && *value;
}

static const char *string_of(const struct conf *conf, const char *section, const char *name)
{
	const char *const *value = find_section(section) == NULL ? NULL : field(conf_settings(conf, section), section, name, OPTION_STRING);

	return value == NULL ? NULL : *value;
}

static void add_list(struct arena *arena, struct doctor_words *words, const struct conf_list *list)
{
	for (size_t i = 0; list != NULL && i < list->len; i++)
		doctor_words_add(arena, words, arena_strdup(arena, list->items[i].text));
}

static void add_list_of(struct arena *arena, struct doctor_words *words, const struct conf *conf, const char *section, const char *name)
{
	if (find_section(section) != NULL)
		add_list(arena, words, field(conf_settings(conf, section), section, name, OPTION_LIST));
}

static void gather_titled(struct arena *arena, const struct conf *conf, struct filter_facts *filter)
{
	size_t grants = find_section("relay.grant") == NULL ? 0 : conf_count(conf, "relay.grant");
	size_t lists = find_section("dnsbl") == NULL ? 0 : conf_count(conf, "dnsbl");
	size_t keys = find_section("sign.key") == NULL ? 0 : conf_count(conf, "sign.key");

	for (size_t i = 0; i < grants; i++)
		add_list(arena, &filter->grant_clients, field(conf_settings_at(conf, "relay.grant", i), "relay.grant", "clients", OPTION_LIST));
	for (size_t i = 0; i < lists; i++) {
		const bool *enabled = field(conf_settings_at(conf, "dnsbl", i), "dnsbl", "enabled", OPTION_BOOL);

		filter->dnsbl |= enabled != NULL && *enabled;
	}
	for (size_t i = 0; i < keys; i++) {
		const char *const *file = field(conf_settings_at(conf, "sign.key", i), "sign.key", "file", OPTION_STRING);

		if (file != NULL)
			doctor_words_add(arena, &filter->keys, arena_strdup(arena, *file));
	}
}

static void gather_top(struct arena *arena, const struct conf *conf, struct filter_facts *filter)
{
	const struct settings *settings = settings_of(conf);

	filter->listen = arena_strdup(arena, settings->listen);
	filter->user = arena_strdup(arena, settings->user);
	filter->socket_mode = settings->socket_mode;
	add_list(arena, &filter->domains, &settings->domains);
	filter->examiners_max = settings_examiners(conf)->max;
	filter->scratch_bytes = settings_examiners(conf)->scratch_bytes;
}

static void gather_limits(const struct conf *conf, struct filter_facts *filter)
{
	filter->message_bytes = number_of(conf, "limits", "message_size", OPTION_SIZE);
	filter->spool_bytes = number_of(conf, "limits", "spool", OPTION_SIZE);
	filter->rcpt_wait_ms = number_of(conf, "resolver", "rcpt_wait", OPTION_DURATION);
	filter->resolver_timeout_ms = number_of(conf, "resolver", "timeout", OPTION_DURATION);
	filter->spf_timeout_ms = bool_of(conf, "spf", "enabled") ? number_of(conf, "spf", "timeout", OPTION_DURATION) : 0;
	filter->antivirus = bool_of(conf, "antivirus", "enabled");
	filter->antivirus_timeout_ms = number_of(conf, "antivirus", "timeout", OPTION_DURATION);
	filter->antivirus_file_bytes = number_of(conf, "antivirus", "max_file_size", OPTION_SIZE);
	filter->content = bool_of(conf, "content", "enabled");
	filter->content_cpu_ms = number_of(conf, "content", "cpu_time", OPTION_DURATION);
}

void doctor_gather_filter(struct arena *arena, const struct conf *conf, struct filter_facts *ret_filter)
{
	struct doctor_words senders = { NULL, 0 };
	const char *file = ret_filter->file, *anchor;

	*ret_filter = (struct filter_facts){ .file = file };
	gather_top(arena, conf, ret_filter);
	gather_limits(conf, ret_filter);
	gather_titled(arena, conf, ret_filter);
	add_list_of(arena, &ret_filter->session_allow, conf, "session", "allow");
	add_list_of(arena, &ret_filter->forward, conf, "resolver", "forward");
	add_list_of(arena, &senders, conf, "account", "senders");
	ret_filter->account_senders = senders.len > 0;
	ret_filter->dnssec = bool_of(conf, "resolver", "dnssec");
	ret_filter->database = arena_strdup(arena, string_of(conf, "antivirus", "database"));
	anchor = string_of(conf, "resolver", "trust_anchor");
	ret_filter->trust_anchor = anchor != NULL && access(anchor, R_OK) == 0 ? arena_strdup(arena, anchor) : NULL;
}
