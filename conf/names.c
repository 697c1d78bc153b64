/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "conf/internal.h"
#include "conf/nearest.h"

enum { CANDIDATES_MAX = 512, PLACES_MAX = 3 };

size_t section_options_len(const struct option_section *section)
{
	size_t len = 0;

	while (section->options[len].name != NULL)
		len++;
	return len;
}

bool section_is_top(const struct option_section *section)
{
	return section->name[0] == '\0';
}

bool section_is_child(const struct option_section *section, const struct option_section *parent)
{
	if (section_is_top(section))
		return false;
	if (section->parent == NULL)
		return section_is_top(parent);
	return !section_is_top(parent) && section_has_name(parent, section->parent);
}

const char *section_name(const struct option_section *section, char name[CONF_NAME_MAX])
{
	if (section->parent == NULL)
		(void)snprintf(name, CONF_NAME_MAX, "%s", section->name);
	else
		(void)snprintf(name, CONF_NAME_MAX, "%s.%s", section->parent, section->name);
	return name;
}

bool section_has_name(const struct option_section *section, const char *full_name)
{
	size_t parent_len = section->parent == NULL ? 0 : strlen(section->parent);

	if (section->parent == NULL)
		return strcmp(section->name, full_name) == 0;
	return strncmp(section->parent, full_name, parent_len) == 0 && full_name[parent_len] == '.' &&
	       strcmp(section->name, full_name + parent_len + 1) == 0;
}

const struct option_section *section_find(const struct conf *conf, const struct option_section *parent,
					  const char *name)
{
	for (const struct option_section *const *section = conf->sections; *section != NULL; section++)
		if (section_is_child(*section, parent) && strcmp((*section)->name, name) == 0)
			return *section;
	return NULL;
}

const struct option *option_find(const struct option_section *section, const char *name)
{
	for (const struct option *option = section->options; option->name != NULL; option++)
		if (strcmp(option->name, name) == 0)
			return option;
	return NULL;
}

const char *option_name(const struct block *block, const char *option, char name[CONF_NAME_MAX])
{
	char section[CONF_NAME_MAX];
	const char *dot = section_is_top(block->section) || *option == '\0' ? "" : ".";

	section_name(block->section, section);
	if (block->title == NULL)
		(void)snprintf(name, CONF_NAME_MAX, "%.80s%s%.60s", section, dot, option);
	else
		(void)snprintf(name, CONF_NAME_MAX, "%.60s \"%.60s\"%s%.60s", section, block->title, dot, option);
	return name;
}

/* All names that may stand in section. */
static void candidates_of(const struct conf *conf, const struct option_section *section,
			  const char *candidates[CANDIDATES_MAX])
{
	size_t len = 0;

	for (const struct option *option = section->options; option->name != NULL; option++)
		if (len < CANDIDATES_MAX - 1)
			candidates[len++] = option->name;
	for (const struct option_section *const *other = conf->sections; *other != NULL; other++)
		if (section_is_child(*other, section) && len < CANDIDATES_MAX - 1)
			candidates[len++] = (*other)->name;
	candidates[len] = NULL;
}

static bool belongs_to(const struct conf *conf, const struct option_section *section, const char *name)
{
	return option_find(section, name) != NULL || section_find(conf, section, name) != NULL;
}

/* "into session { } or into relay { }": where a name of that spelling would be right; "" when nowhere. */
static const char *places_of(const struct conf *conf, const char *name, char places[CONF_NAME_MAX])
{
	size_t found = 0, at = 0;

	places[0] = '\0';
	for (const struct option_section *const *section = conf->sections; *section != NULL; section++) {
		char place[CONF_NAME_MAX];

		if (found == PLACES_MAX || !belongs_to(conf, *section, name))
			continue;
		section_name(*section, place);
		at += (size_t)snprintf(places + at, CONF_NAME_MAX - at, "%s%s%.40s%s", found == 0 ? "" : " or ",
				       section_is_top(*section) ? "at the top level" : "into ", place,
				       section_is_top(*section) ? "" : " { }");
		found++;
	}
	return places;
}

/* "no option "x" in section antivirus" */
static const char *no_such(struct conf *conf, const struct option_section *section, const char *name, bool as_section)
{
	const char *what = as_section ? "section" : "option";
	char shown[CONF_SHOWN_MAX], in[CONF_NAME_MAX];

	conf_show(name, strlen(name), shown);
	if (section_is_top(section))
		return conf_keep_printf(conf, "no %s %s at the top level", what, shown);
	return conf_keep_printf(conf, "no %s %s in section %s", what, shown, section_name(section, in));
}

void name_unknown(struct conf *conf, struct conf_where where, const struct option_section *section, const char *name,
		  bool as_section)
{
	const char *problem = no_such(conf, section, name, as_section);
	const char *candidates[CANDIDATES_MAX], *nearest;
	char places[CONF_NAME_MAX];

	if (belongs_to(conf, section, name)) {
		conf_add_error(conf, where, as_section ? "\"%s\" is no section but an option: write %s = VALUE"
						       : "\"%s\" is no option but a section: write %s { ... }",
			       name, name);
		return;
	}
	if (*places_of(conf, name, places) != '\0') {
		conf_add_error(conf, where, "%s; %s belongs %s", problem, name, places);
		return;
	}
	candidates_of(conf, section, candidates);
	nearest = nearest_name(name, candidates);
	if (nearest != NULL)
		conf_add_error(conf, where, "%s; did you mean \"%s\"?", problem, nearest);
	else
		conf_add_error(conf, where, "%s", problem);
}
