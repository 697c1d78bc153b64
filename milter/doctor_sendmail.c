/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/doctor_sendmail.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "milter/doctor_output.h"

static struct str value_of(struct str rest, const char *name)
{
	while (rest.p != NULL) {
		struct str value = str_trim(str_split(&rest, ",")), key = str_trim(str_split(&value, "="));

		if (value.p != NULL && str_equal_nocase(key, str_of(name)))
			return str_trim(value);
	}
	return STR("");
}

static const char *copy(struct arena *arena, struct str text)
{
	return arena_strndup(arena, text.p, text.len);
}

/* Xoctroi, S=local:/path, F=T, T=S:10s;R:10s */
static void read_filter(struct arena *arena, struct str line, struct sendmail *sendmail)
{
	struct sendmail_filter *filter = arena_push(arena, (void **)&sendmail->filters, &sendmail->filters_len, sizeof(*filter));
	struct str name = str_split(&line, ",");

	filter->name = copy(arena, str_trim(name));
	filter->socket = copy(arena, value_of(line, "S"));
	filter->flags = copy(arena, value_of(line, "F"));
	filter->timeouts = copy(arena, value_of(line, "T"));
}

void sendmail_read(struct arena *arena, const char *text, struct sendmail *ret_sendmail)
{
	struct str rest = str_of(text);

	*ret_sendmail = (struct sendmail){ .is_there = true, .text = text };
	while (rest.p != NULL) {
		struct str line = str_split(&rest, "\n");

		if (line.len > 1 && line.p[0] == 'X')
			read_filter(arena, (struct str){ line.p + 1, line.len - 1 }, ret_sendmail);
	}
}

/* /etc/mail/sendmail.cf has its .mc beside it, and the source of the access table. */
static const char *read_beside(struct arena *arena, const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - file) + 1;

	return doctor_file(arena, arena_printf(arena, "%.*s%s", (int)len, file, name));
}

static const char *read_mc(struct arena *arena, const char *file)
{
	size_t len = strlen(file);

	if (len < 3 || strcmp(file + len - 3, ".cf") != 0)
		return NULL;
	return doctor_file(arena, arena_printf(arena, "%.*s.mc", (int)len - 3, file));
}

void sendmail_gather(struct arena *arena, const char *file, struct sendmail *ret_sendmail)
{
	const char *text = doctor_file(arena, file);

	if (text != NULL)
		sendmail_read(arena, text, ret_sendmail);
	else
		*ret_sendmail = (struct sendmail){ .is_there = true, .text = "",
						   .problem = arena_printf(arena, "%s: %s", file, strerror(errno)) };
	ret_sendmail->file = file;
	ret_sendmail->mc = read_mc(arena, file);
	ret_sendmail->access = read_beside(arena, file, "access");
}

const char *sendmail_option(struct arena *arena, const struct sendmail *sendmail, const char *name, const char **line)
{
	struct str rest = str_of(line != NULL && *line != NULL ? *line : sendmail->text);

	while (rest.p != NULL) {
		struct str value = str_split(&rest, "\n"), key;

		if (line != NULL)
			*line = rest.p == NULL ? "" : rest.p;
		if (value.len < 2 || value.p[0] != 'O' || value.p[1] != ' ')
			continue;
		value = (struct str){ value.p + 2, value.len - 2 };
		key = str_trim(str_split(&value, "="));
		if (value.p != NULL && str_equal_nocase(key, str_of(name)))
			return copy(arena, str_trim(value));
	}
	return NULL;
}

/* FEATURE(`name' or FEATURE(name, at the beginning of a line: dnl before it switches it off. */
static bool mc_line_has(struct str line, const char *name)
{
	struct str feature = STR("FEATURE(");
	size_t len = strlen(name);

	line = str_trim(line);
	if (!str_has_prefix(line, feature))
		return false;
	line = (struct str){ line.p + feature.len, line.len - feature.len };
	while (line.len > 0 && (line.p[0] == '`' || ascii_is_space(line.p[0])))
		line = (struct str){ line.p + 1, line.len - 1 };
	return str_has_prefix(line, str_of(name)) && line.len > len && strchr("'),", line.p[len]) != NULL;
}

/* #####  $Id: promiscuous_relay.m4,v 8.13 ... */
static bool cf_line_has(struct str line, const char *name)
{
	static const char id[] = "$Id: ";
	const char *found = line.len < sizeof(id) || line.p[0] != '#' ? NULL : memmem(line.p, line.len, id, sizeof(id) - 1);
	struct str rest;

	if (found == NULL)
		return false;
	found += sizeof(id) - 1;
	rest = (struct str){ found, line.len - (size_t)(found - line.p) };
	return str_has_prefix(rest, str_of(name)) && rest.len > strlen(name) && rest.p[strlen(name)] == '.';
}

bool sendmail_has_feature(const struct sendmail *sendmail, const char *name)
{
	struct str cf = str_of(sendmail->text), mc = str_of(sendmail->mc);

	while (cf.p != NULL)
		if (cf_line_has(str_split(&cf, "\n"), name))
			return true;
	while (mc.p != NULL)
		if (mc_line_has(str_split(&mc, "\n"), name))
			return true;
	return false;
}

uint64_t sendmail_timeout_ms(const struct sendmail_filter *filter, char letter)
{
	struct str rest = str_of(filter->timeouts);
	char text[32];
	uint64_t ms;

	while (rest.p != NULL) {
		struct str value = str_trim(str_split(&rest, ";")), key = str_trim(str_split(&value, ":"));

		if (value.p == NULL || key.len != 1 || key.p[0] != letter)
			continue;
		value = str_trim(value);
		if (value.len == 0 || value.len + 2 > sizeof(text))
			return UINT64_MAX;
		/* a bare number is in seconds */
		(void)snprintf(text, sizeof(text), "%.*s%s", (int)value.len, value.p, ascii_is_digit(value.p[value.len - 1]) ? "s" : "");
		return conf_parse_duration(text, &ms) == 0 ? ms : UINT64_MAX;
	}
	return letter == 'C' || letter == 'E' ? 300000 : 10000;
}
