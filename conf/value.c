/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "conf/internal.h"
#include "conf/nearest.h"

enum { WORDS_MAX = 128 };

struct unit {
	const char *suffix;
	uint64_t factor;
};

/* The largest unit first: bounds are written in the largest one that fits. */
static const struct unit size_units[] = {
	{ "G", 1u << 30 }, { "M", 1u << 20 }, { "K", 1u << 10 }, { "", 1 }, { NULL, 0 },
};
static const struct unit duration_units[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 }, { NULL, 0 },
};
static const struct unit count_units[] = {
	{ "", 1 }, { NULL, 0 },
};

static const struct unit *unit_of(const struct unit *units, const char *suffix)
{
	for (; units->suffix != NULL; units++)
		if (strcmp(units->suffix, suffix) == 0)
			return units;
	return NULL;
}

/* Digits and one suffix of units. Returns 0, -EINVAL or -ERANGE. */
static int number_parse(const char *text, const struct unit *units, uint64_t *ret_number)
{
	const struct unit *unit;
	uint64_t number = 0;
	bool overflow = false;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	for (; *text >= '0' && *text <= '9'; text++) {
		overflow |= __builtin_mul_overflow(number, 10u, &number);
		overflow |= __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number);
	}
	unit = unit_of(units, text);
	if (unit == NULL)
		return -EINVAL;
	overflow |= __builtin_mul_overflow(number, unit->factor, &number);
	if (overflow)
		return -ERANGE;
	*ret_number = number;
	return 0;
}

int conf_parse_bool(const char *text, bool *ret)
{
	static const char *const yes[] = { "yes", "true", "on" }, *const no[] = { "no", "false", "off" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*ret = strcmp(text, yes[i]) == 0;
			return 0;
		}
	}
	return -EINVAL;
}

int conf_parse_size(const char *text, uint64_t *ret_bytes)
{
	return number_parse(text, size_units, ret_bytes);
}

int conf_parse_duration(const char *text, uint64_t *ret_ms)
{
	return number_parse(text, duration_units, ret_ms);
}

static const struct unit *units_of(const struct option *option)
{
	switch (option->type) {
	case OPTION_SIZE: return size_units;
	case OPTION_DURATION: return duration_units;
	default: return count_units;
	}
}

static size_t number_format(char *text, size_t room, uint64_t number, const struct unit *units)
{
	while (units[1].suffix != NULL && (number == 0 || number % units->factor != 0))
		units++;
	return (size_t)snprintf(text, room, "%" PRIu64 "%s", number / units->factor, units->suffix);
}

const char *value_bounds(const struct option *option, char bounds[CONF_NAME_MAX])
{
	const struct unit *units = units_of(option);
	size_t len;

	bounds[0] = '\0';
	if (option->max == 0)
		return bounds;
	if (option->type != OPTION_COUNT && option->type != OPTION_SIZE && option->type != OPTION_DURATION)
		return bounds;
	len = number_format(bounds, CONF_NAME_MAX, option->min, units);
	len += (size_t)snprintf(bounds + len, CONF_NAME_MAX - len, " to ");
	(void)number_format(bounds + len, CONF_NAME_MAX - len, option->max, units);
	return bounds;
}

const char *value_type(const struct option *option)
{
	switch (option->type) {
	case OPTION_BOOL: return "yes or no";
	case OPTION_COUNT: return "number";
	case OPTION_SIZE: return "size";
	case OPTION_DURATION: return "duration";
	case OPTION_STRING: return "string";
	case OPTION_WORD: return "word";
	case OPTION_LIST: return "list";
	case OPTION_CUSTOM: break;
	}
	return "value";
}

size_t value_size(const struct option *option)
{
	switch (option->type) {
	case OPTION_BOOL: return sizeof(bool);
	case OPTION_COUNT: case OPTION_SIZE: case OPTION_DURATION: return sizeof(uint64_t);
	case OPTION_WORD: return sizeof(int);
	case OPTION_STRING: return sizeof(const char *);
	case OPTION_LIST: return sizeof(struct conf_list);
	case OPTION_CUSTOM: break;
	}
	return 0;
}

/* "5x" is no duration */
static int refuse(char problem[CONF_PROBLEM_MAX], const char *text, const char *what)
{
	char shown[CONF_SHOWN_MAX];

	(void)snprintf(problem, CONF_PROBLEM_MAX, "%s %.*s", conf_show(text, strlen(text), shown),
		       CONF_PROBLEM_MAX - CONF_SHOWN_MAX - 2, what);
	return -EINVAL;
}

static int bool_read(const char *text, bool *field, char problem[CONF_PROBLEM_MAX])
{
	return conf_parse_bool(text, field) < 0 ? refuse(problem, text, "is neither yes nor no") : 0;
}

static const char *number_problem(const struct option *option)
{
	switch (option->type) {
	case OPTION_SIZE: return "is no size (write 4096, 256K, 10M or 1G)";
	case OPTION_DURATION: return "is no duration (write 500ms, 30s, 5m, 1h or 2d)";
	default: return "is no number (write digits only)";
	}
}

static int number_read(const struct option *option, const char *text, uint64_t *field, char problem[CONF_PROBLEM_MAX])
{
	char bounds[CONF_NAME_MAX], what[CONF_NAME_MAX + sizeof("is out of bounds ()")];
	uint64_t number = 0;
	int r = number_parse(text, units_of(option), &number);

	if (r == -EINVAL)
		return refuse(problem, text, number_problem(option));
	if (r == -ERANGE && option->max == 0)
		return refuse(problem, text, "is too large");
	if (r == -ERANGE || (option->max != 0 && (number < option->min || number > option->max))) {
		(void)snprintf(what, sizeof(what), "is out of bounds (%s)", value_bounds(option, bounds));
		return refuse(problem, text, what);
	}
	*field = number;
	return 0;
}

const char *value_words(const struct option *option, char words[CONF_PROBLEM_MAX])
{
	size_t at = 0;

	words[0] = '\0';
	if (option->type != OPTION_WORD)
		return words;
	for (const struct option_word *word = option->words; word->word != NULL; word++)
		if (at + strlen(word->word) + 3 < CONF_PROBLEM_MAX)
			at += (size_t)snprintf(words + at, CONF_PROBLEM_MAX - at, "%s%s", at == 0 ? "" : ", ", word->word);
	return words;
}

static const char *nearest_word(const struct option *option, const char *text)
{
	const char *candidates[WORDS_MAX];
	size_t len = 0;

	for (const struct option_word *word = option->words; word->word != NULL && len < WORDS_MAX - 1; word++)
		candidates[len++] = word->word;
	candidates[len] = NULL;
	return nearest_name(text, candidates);
}

static int word_read(const struct option *option, const char *text, int *field, char problem[CONF_PROBLEM_MAX])
{
	char words[CONF_PROBLEM_MAX], what[CONF_PROBLEM_MAX];
	const char *nearest = nearest_word(option, text);

	for (const struct option_word *word = option->words; word->word != NULL; word++) {
		if (strcmp(word->word, text) == 0) {
			*field = word->value;
			return 0;
		}
	}
	(void)snprintf(what, sizeof(what), "is not one of %.110s%s%.40s%s", value_words(option, words),
		       nearest == NULL ? "" : "; did you mean \"", nearest == NULL ? "" : nearest,
		       nearest == NULL ? "" : "\"?");
	return refuse(problem, text, what);
}

static int string_read(struct conf *conf, const struct option *option, const char *text, struct conf_where where,
		       const char **field, char problem[CONF_PROBLEM_MAX])
{
	int r = option->parse == NULL ? 0 : option->parse(conf, text, where, NULL, problem);

	if (r == 0)
		*field = text;
	return r;
}

int value_parse(struct conf *conf, const struct option *option, const char *text, struct conf_where where, void *field,
		char problem[CONF_PROBLEM_MAX])
{
	(void)refuse(problem, text, "is not right here");
	switch (option->type) {
	case OPTION_BOOL:
		return bool_read(text, field, problem);
	case OPTION_COUNT: case OPTION_SIZE: case OPTION_DURATION:
		return number_read(option, text, field, problem);
	case OPTION_WORD:
		return word_read(option, text, field, problem);
	case OPTION_STRING:
		return string_read(conf, option, text, where, field, problem);
	case OPTION_CUSTOM:
		return option->parse(conf, text, where, field, problem);
	case OPTION_LIST:
		break;
	}
	return -EINVAL;	/* list.c reads lists */
}

const char *value_quote(struct conf *conf, const char *text)
{
	char *quoted = conf_keep(conf, 2 * strlen(text) + 3), *end = quoted;

	*end++ = '"';
	for (; *text != '\0'; text++) {
		if (strchr("\"\\$", *text) != NULL)
			*end++ = '\\';
		*end++ = *text;
	}
	*end = '"';
	return quoted;
}

/* Fewer bytes than libconfuse would take without quotes, so that nobody has to know its rules. */
static bool needs_no_quotes(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");

	return len > 0 && text[len] == '\0' && strcmp(text, "include") != 0;
}

const char *value_format(struct conf *conf, const struct option *option, const char *text)
{
	return option->type != OPTION_STRING && needs_no_quotes(text) ? text : value_quote(conf, text);
}
