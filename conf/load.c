/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/internal.h"

static const struct option no_options[] = { OPTION_END };
static const struct option_section no_top = { .name = "", .options = no_options };

struct block *block_new(struct conf *conf, const struct option_section *section, const char *title,
			struct conf_where where)
{
	struct block *block = conf_keep(conf, sizeof(*block));

	block->section = section;
	block->settings = conf_keep(conf, section->settings_size < sizeof(title) ? sizeof(title) : section->settings_size);
	block->title = title;
	block->where = where;
	block->written = conf_keep(conf, section_options_len(section) * sizeof(*block->written));
	if (section->titled)
		memcpy(block->settings, &title, sizeof(title));
	conf->blocks = conf_grow(conf, conf->blocks, conf->blocks_len, sizeof(struct block *));
	conf->blocks[conf->blocks_len++] = block;
	return block;
}

struct written *block_written(const struct block *block, const struct option *option)
{
	return &block->written[option - block->section->options];
}

static const struct option_section *top_section(const struct option_section *const *sections)
{
	for (; *sections != NULL; sections++)
		if (section_is_top(*sections))
			return *sections;
	return &no_top;
}

/* The top level first, then every section without titles: they exist whether they are written or not. */
static void untitled_blocks(struct conf *conf)
{
	const struct option_section *top = top_section(conf->sections);

	(void)block_new(conf, top, NULL, (struct conf_where){ conf->file, 0 });
	for (const struct option_section *const *section = conf->sections; *section != NULL; section++)
		if (*section != top && !(*section)->titled)
			(void)block_new(conf, *section, NULL, (struct conf_where){ NULL, 0 });
}

static void option_error(struct conf *conf, struct block *block, const struct option *option, struct conf_where where,
			 const char *problem)
{
	char name[CONF_NAME_MAX];

	block->wrong = true;
	conf_add_error(conf, where, "%s: %s", option_name(block, option->name, name), problem);
}

/* A default, and what += adds to it. */
static struct written list_with_default(struct conf *conf, struct block *block, const struct option *option)
{
	const struct written *written = block_written(block, option);
	struct written whole = { .len = 0 };

	if (written->where.file != NULL && !written->appends)
		return *written;
	if (list_split(conf, option->fallback, &whole) < 0)
		option_error(conf, block, option, whole.where, "the default in the table is no list");
	whole.where = written->where;
	for (size_t i = 0; i < written->len; i++) {
		whole.items = conf_grow(conf, whole.items, whole.len, sizeof(*whole.items));
		whole.items[whole.len++] = written->items[i];
	}
	return whole;
}

static void list_finish(struct conf *conf, struct block *block, const struct option *option, void *field)
{
	struct written whole = list_with_default(conf, block, option);
	struct conf_list list = { .len = 0 };

	if (list_read(conf, block, option, &whole, &list) < 0)
		block->wrong = true;
	memcpy(field, &list, sizeof(list));
}

static void scalar_finish(struct conf *conf, struct block *block, const struct option *option, void *field)
{
	const struct written *written = block_written(block, option);
	const char *text = written->len > 0 ? written->items[0].text : option->fallback;
	struct conf_where where = written->len > 0 ? written->items[0].where : (struct conf_where){ NULL, 0 };
	char problem[CONF_PROBLEM_MAX];

	if (written->len == 0 && option->type == OPTION_STRING && (text == NULL || *text == '\0')) {
		text = "";	/* never NULL; a default that is empty needs no check */
		memcpy(field, &text, sizeof(text));
		return;
	}
	if (text == NULL)
		return;
	if (value_parse(conf, option, text, where, field, problem) < 0)
		option_error(conf, block, option, where, problem);
}

static void option_finish(struct conf *conf, struct block *block, const struct option *option)
{
	void *field = (char *)block->settings + option->offset;

	if (option->required && conf->file != NULL && block_written(block, option)->where.file == NULL) {
		if (conf->incomplete)
			return;
		option_error(conf, block, option,
			     block->where.file == NULL ? (struct conf_where){ conf->file, 0 } : block->where,
			     "must be set");
		return;
	}
	if (option->type == OPTION_LIST)
		list_finish(conf, block, option, field);
	else
		scalar_finish(conf, block, option, field);
}

static void block_finish(struct conf *conf, struct block *block)
{
	const struct option_section *section = block->section;
	char problem[CONF_PROBLEM_MAX] = "its options do not fit together", name[CONF_NAME_MAX];

	for (const struct option *option = section->options; option->name != NULL; option++)
		option_finish(conf, block, option);
	if (block->wrong || section->check == NULL || conf->file == NULL || conf->incomplete)
		return;
	if (section->check(block->settings, problem) < 0)
		conf_add_error(conf, block->where.file == NULL ? (struct conf_where){ conf->file, 0 } : block->where,
			       "%s%s%s", option_name(block, "", name), section_is_top(section) ? "" : ": ", problem);
}

/* Defaults of titled sections are used by no block when there is no file; here they are read all the same, so that a
 * wrong row is found. */
static void titled_defaults_check(struct conf *conf)
{
	size_t len = conf->blocks_len;

	for (const struct option_section *const *section = conf->sections; *section != NULL; section++) {
		if (!(*section)->titled)
			continue;
		block_finish(conf, block_new(conf, *section, "NAME", (struct conf_where){ NULL, 0 }));
		conf->blocks_len = len;
	}
}

static void file_load(struct conf *conf)
{
	struct source source;
	struct outline outline = { .conf = conf, .source = &source };

	source_read(&source, conf);
	if (source.text != NULL) {
		outline_read(&outline);
		grammar_read(&outline);
	}
	source_free(&source);
}

static const char *dir_of(struct conf *conf, const char *file)
{
	const char *slash = strrchr(file, '/');

	if (slash == NULL)
		return ".";
	return slash == file ? "/" : conf_keep_text(conf, file, (size_t)(slash - file));
}

struct conf *conf_scratch(void)
{
	static const struct option_section *const none[] = { NULL };

	return conf_load(NULL, none);
}

struct conf *conf_load(const char *file, const struct option_section *const *sections)
{
	struct conf *conf = calloc(1, sizeof(*conf));

	if (conf == NULL)
		abort();
	conf->sections = sections;
	if (file != NULL) {
		conf->file = conf_keep_text(conf, file, strlen(file));
		conf->dir = dir_of(conf, file);
	}
	untitled_blocks(conf);
	if (file != NULL)
		file_load(conf);
	for (size_t i = 0; i < conf->blocks_len; i++)
		block_finish(conf, conf->blocks[i]);
	if (file == NULL)
		titled_defaults_check(conf);
	return conf;
}

const void *conf_settings(const struct conf *conf, const char *section)
{
	return conf_settings_at(conf, section, 0);
}

static const struct option_section *section_named(const struct conf *conf, const char *name)
{
	for (const struct option_section *const *section = conf->sections; *section != NULL; section++)
		if (section_has_name(*section, name))
			return *section;
	return NULL;
}

static const struct block *block_at(const struct conf *conf, const char *name, size_t index)
{
	const struct option_section *section = section_named(conf, name);

	for (size_t i = 0; i < conf->blocks_len; i++)
		if (conf->blocks[i]->section == section && index-- == 0)
			return conf->blocks[i];
	return NULL;
}

size_t conf_count(const struct conf *conf, const char *section)
{
	const struct option_section *row = section_named(conf, section);
	size_t count = 0;

	for (size_t i = 0; i < conf->blocks_len; i++)
		count += conf->blocks[i]->section == row;
	return count;
}

const void *conf_settings_at(const struct conf *conf, const char *section, size_t index)
{
	const struct block *block = block_at(conf, section, index);

	return block == NULL ? NULL : block->settings;
}

struct conf_where conf_where(const struct conf *conf, const char *section, size_t index, const char *option)
{
	const struct block *block = block_at(conf, section, index);
	const struct option *row = block == NULL ? NULL : option_find(block->section, option);

	return row == NULL ? (struct conf_where){ NULL, 0 } : block_written(block, row)->where;
}
