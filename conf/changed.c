/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "conf/internal.h"

/* 60s is 1m, and "on" is "yes": numbers and words are compared by what they mean. */
static bool value_differs(struct conf *scratch, const struct option *option, const char *value)
{
	unsigned char written[sizeof(uint64_t)] = { 0 }, fallback[sizeof(uint64_t)] = { 0 };
	char problem[CONF_PROBLEM_MAX];
	struct conf_where where = { NULL, 0 };

	if (option->fallback == NULL)
		return option->type != OPTION_STRING || *value != '\0';
	if (option->type == OPTION_STRING || option->type == OPTION_CUSTOM ||
	    value_parse(scratch, option, value, where, written, problem) < 0 ||
	    value_parse(scratch, option, option->fallback, where, fallback, problem) < 0)
		return strcmp(value, option->fallback) != 0;
	return memcmp(written, fallback, sizeof(written)) != 0;
}

static bool list_differs(const struct written *a, const struct written *b)
{
	if (a->len != b->len)
		return true;
	for (size_t i = 0; i < a->len; i++)
		if (strcmp(a->items[i].text, b->items[i].text) != 0)
			return true;
	return false;
}

struct changed {
	struct conf *scratch;	/* memory for the texts of one option */
	void (*fn)(void *arg, struct conf_where where, const char *name, const char *value, const char *fallback);
	void *arg;
};

static struct written whole_list(struct conf *scratch, const struct written *written, const struct written *fallback)
{
	struct written whole = { .len = 0 };

	for (size_t i = 0; written->appends && i < fallback->len; i++) {
		whole.items = conf_grow(scratch, whole.items, whole.len, sizeof(*whole.items));
		whole.items[whole.len++] = fallback->items[i];
	}
	for (size_t i = 0; i < written->len; i++) {
		whole.items = conf_grow(scratch, whole.items, whole.len, sizeof(*whole.items));
		whole.items[whole.len++] = written->items[i];
	}
	return whole;
}

static void option_changed(const struct changed *changed, const struct block *block, const struct option *option)
{
	const struct written *written = block_written(block, option);
	struct conf *scratch = changed->scratch;
	const char *value, *fallback_text;
	struct written whole, fallback;
	char name[CONF_NAME_MAX];

	option_name(block, option->name, name);
	if (option->type == OPTION_LIST) {
		(void)list_split(scratch, option->fallback, &fallback);
		whole = whole_list(scratch, written, &fallback);
		if (list_differs(&whole, &fallback))
			changed->fn(changed->arg, written->where, name, list_format(scratch, &whole),
				    list_format(scratch, &fallback));
		return;
	}
	value = written->len == 0 ? "" : written->items[0].text;
	if (!value_differs(scratch, option, value))
		return;
	fallback_text = option->fallback == NULL && option->type != OPTION_STRING
				? "" : row_format(scratch, option, option->fallback);
	changed->fn(changed->arg, written->where, name, value_format(scratch, option, value), fallback_text);
}

static void block_changed(struct changed *changed, const struct block *block)
{
	for (const struct option *option = block->section->options; option->name != NULL; option++) {
		if (block_written(block, option)->where.file == NULL)
			continue;
		changed->scratch = conf_scratch();
		option_changed(changed, block, option);
		conf_freep(&changed->scratch);
	}
}

void conf_changed(const struct conf *conf,
		  void (*fn)(void *arg, struct conf_where where, const char *name, const char *value,
			     const char *fallback),
		  void *arg)
{
	struct changed changed = { .fn = fn, .arg = arg };

	for (size_t i = 0; i < conf->blocks_len; i++)
		block_changed(&changed, conf->blocks[i]);
}
