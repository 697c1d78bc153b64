/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "conf/internal.h"

/* The defaults, then milter.conf, then the other files by name; in a file by line. */
static int place_compare(const struct conf *conf, const struct conf_where *a, const struct conf_where *b)
{
	const char *a_file = a->file == NULL ? "" : a->file, *b_file = b->file == NULL ? "" : b->file;
	const char *main_file = conf->file == NULL ? "" : conf->file;
	int order = strcmp(a_file, b_file);

	if (order == 0)
		return a->line < b->line ? -1 : a->line > b->line;
	if (*a_file == '\0' || *b_file == '\0')
		return order;
	if (strcmp(a_file, main_file) == 0)
		return -1;
	return strcmp(b_file, main_file) == 0 ? 1 : order;
}

static bool line_is_broken(const struct conf *conf, const struct conf_where *where)
{
	for (size_t i = 0; i < conf->broken_len; i++)
		if (place_compare(conf, &conf->broken[i], where) == 0)
			return true;
	return false;
}

/* Behind those of the same line, so that what was found first is said first. */
static void error_insert(struct conf *conf, const struct conf_error *error)
{
	size_t at = conf->errors_len;

	conf->errors = conf_grow(conf, conf->errors, conf->errors_len, sizeof(*conf->errors));
	for (; at > 0 && place_compare(conf, &conf->errors[at - 1].where, &error->where) > 0; at--)
		conf->errors[at] = conf->errors[at - 1];
	conf->errors[at] = *error;
	conf->errors_len++;
}

static void error_add(struct conf *conf, struct conf_where where, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

static void error_add(struct conf *conf, struct conf_where where, const char *format, va_list args)
{
	struct conf_error error = { .where = where };

	if (conf->errors_len > CONF_ERRORS_MAX || line_is_broken(conf, &where))
		return;
	if (conf->errors_len == CONF_ERRORS_MAX) {
		error.where = (struct conf_where){ conf->file, 0 };
		error.text = "there are more errors than are shown here";
	} else {
		error.text = conf_keep_vprintf(conf, format, args);
	}
	error_insert(conf, &error);
}

void conf_add_error(struct conf *conf, struct conf_where where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_add(conf, where, format, args);
	va_end(args);
}

void conf_add_syntax_error(struct conf *conf, struct conf_where where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_add(conf, where, format, args);
	va_end(args);
	if (conf->broken_len >= CONF_ERRORS_MAX || line_is_broken(conf, &where))
		return;
	conf->broken = conf_grow(conf, conf->broken, conf->broken_len, sizeof(*conf->broken));
	conf->broken[conf->broken_len++] = where;
}

const struct conf_error *conf_errors(const struct conf *conf, size_t *ret_len)
{
	*ret_len = conf->errors_len;
	return conf->errors;
}

const char *conf_show(const char *text, size_t len, char shown[CONF_SHOWN_MAX])
{
	size_t room = CONF_SHOWN_MAX - sizeof("\"...\""), n = 0;

	shown[n++] = '"';
	for (size_t i = 0; i < len && i < room; i++) {
		bool is_control = (unsigned char)text[i] < 0x20 || text[i] == 0x7f;

		shown[n] = '?';
		if (!is_control)
			shown[n] = text[i];
		n++;
	}
	/* not half of a UTF-8 character */
	while (len > room && n > 1 && ((unsigned char)shown[n - 1] & 0x80) != 0)
		n--;
	(void)snprintf(shown + n, CONF_SHOWN_MAX - n, "%s\"", len > room ? "..." : "");
	return shown;
}
