/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one file that knows libconfuse. Its lexer keeps its state in global variables, so a configuration is loaded by
 * one thread at a time, and a pointer to the load that is going on may be one of them. */
#include <confuse.h>
#include <stdio.h>
#include <string.h>

#include "conf/internal.h"

struct grammar {
	struct outline *outline;
	size_t at;		/* in outline->assignments */
	bool failed;
};

static struct grammar *current;

/* libconfuse asks for a string of its own; ours are kept by the block. */
static int value_accept(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *ret_text)
{
	struct outline *outline = current->outline;
	struct assignment *assignment = NULL;
	struct written *written;

	*(const char **)ret_text = "";
	while (current->at < outline->len && outline->assignments[current->at].left == 0)
		current->at++;
	if (current->at < outline->len)
		assignment = &outline->assignments[current->at];
	/* behind the place where the outline stopped nothing is recorded, and there is an error already or soon */
	if (assignment == NULL || strcmp(assignment->option->name, opt->name) != 0) {
		current->failed = true;
		return 0;
	}
	assignment->left--;
	written = block_written(assignment->block, assignment->option);
	written->items = conf_grow(outline->conf, written->items, written->len, sizeof(*written->items));
	written->items[written->len++] = (struct conf_item){
		.text = conf_keep_text(outline->conf, text, strlen(text)),
		.where = source_where(outline->source, (unsigned)cfg->line),
	};
	return 0;
}

static void error_accept(cfg_t *cfg, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

static void error_accept(cfg_t *cfg, const char *format, va_list args)
{
	struct outline *outline = current->outline;
	char text[CONF_PROBLEM_MAX];

	current->failed = true;
	(void)vsnprintf(text, sizeof(text), format, args);
	conf_add_error(outline->conf, source_where(outline->source, (unsigned)cfg->line), "%s", text);
}

static cfg_opt_t *table_of(struct conf *conf, const struct option_section *section, size_t depth);

static size_t children_len(const struct conf *conf, const struct option_section *parent)
{
	size_t len = 0;

	for (const struct option_section *const *section = conf->sections; *section != NULL; section++)
		len += section_is_child(*section, parent);
	return len;
}

static cfg_opt_t section_row(struct conf *conf, const struct option_section *section, size_t depth)
{
	cfg_opt_t row = CFG_SEC(section->name, NULL, section->titled ? CFGF_MULTI | CFGF_TITLE : CFGF_NONE);

	row.subopts = table_of(conf, section, depth + 1);
	return row;
}

static cfg_opt_t option_row(const struct option *option)
{
	cfg_opt_t scalar = CFG_STR_CB(option->name, NULL, CFGF_NODEFAULT, value_accept);
	cfg_opt_t list = CFG_STR_LIST_CB(option->name, NULL, CFGF_NODEFAULT, value_accept);

	return option->type == OPTION_LIST ? list : scalar;
}

/* The rows of section and, below it, of the sections that stand in it. */
static cfg_opt_t *table_of(struct conf *conf, const struct option_section *section, size_t depth)
{
	size_t options_len = section_options_len(section), len = 0;
	cfg_opt_t *rows = conf_keep(conf, (options_len + children_len(conf, section) + 1) * sizeof(*rows));
	cfg_opt_t end = CFG_END();

	for (size_t i = 0; i < options_len; i++)
		rows[len++] = option_row(&section->options[i]);
	for (const struct option_section *const *child = conf->sections; *child != NULL; child++)
		if (section_is_child(*child, section) && depth < CONF_SECTION_DEPTH_MAX)
			rows[len++] = section_row(conf, *child, depth);
	rows[len] = end;
	return rows;
}

static void text_parse(struct outline *outline, cfg_t *cfg)
{
	struct source *source = outline->source;
	FILE *file = fmemopen(source->text, source->len, "r");

	if (file == NULL) {
		current->failed = true;
		return;
	}
	(void)cfg_set_error_function(cfg, error_accept);
	if (cfg_parse_fp(cfg, file) != CFG_SUCCESS)
		current->failed = true;
	(void)fclose(file);
}

static bool values_are_missing(const struct outline *outline)
{
	for (size_t i = 0; i < outline->len; i++)
		if (outline->assignments[i].left > 0)
			return true;
	return false;
}

void grammar_read(struct outline *outline)
{
	struct grammar grammar = { .outline = outline };
	struct conf *conf = outline->conf;
	cfg_t *cfg = cfg_init(table_of(conf, conf->blocks[0]->section, 0), CFGF_NONE);

	current = &grammar;
	if (cfg != NULL) {
		text_parse(outline, cfg);
		(void)cfg_free(cfg);
	}
	current = NULL;
	if (cfg != NULL && outline->stopped_line == 0 && !grammar.failed && !values_are_missing(outline))
		return;
	/* Two readers must agree on every word; where they do not, nothing of it is used. */
	conf->incomplete = true;
	if (conf->errors_len == 0)
		conf_add_error(conf, source_where(outline->source, outline->stopped_line),
			       "syntax error: the text cannot be read from here on");
}
