/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/logins.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/base/str.h"

struct login_line {
	const char *login;
	const char **entries;
	size_t len;
};

struct logins {
	struct login_line *lines;	/* sorted by login */
	size_t len;
};

/* The realm of "user@Realm" is a domain; the part before it may be told apart by case by whoever checks passwords. */
static const char *canonical_login(struct arena *arena, struct str login)
{
	char *copy = arena_strndup(arena, login.p, login.len);
	char *at = strrchr(copy, '@');

	for (; at != NULL && *at != '\0'; at++)
		*at = ascii_lower(*at);
	return copy;
}

/* Splits "LOGIN ADDRESS, ADDRESS"; returns -EINVAL when a part is missing or is no address. */
static int line_parse(struct arena *arena, const char *text, struct login_line *ret_line)
{
	struct str rest = str_trim(str_of(text));
	struct str login = str_split(&rest, " \t");
	struct login_line line = { .login = canonical_login(arena, login) };

	if (rest.p == NULL || login.len == 0)
		return -EINVAL;
	while (rest.p != NULL) {
		struct str word = str_trim(str_split(&rest, ", \t"));
		const char **entry;

		if (word.len == 0)
			continue;
		entry = arena_push(arena, (void **)&line.entries, &line.len, sizeof(*entry));
		if (address_entry_normalise(arena, word, entry) < 0)
			return -EINVAL;
	}
	*ret_line = line;
	return line.len > 0 ? 0 : -EINVAL;
}

static int compare(const void *a, const void *b)
{
	const struct login_line *left = a, *right = b;

	return strcmp(left->login, right->login);
}

const struct logins *logins_new(struct arena *arena, const struct conf_list *list)
{
	struct logins *logins = arena_new_of(arena, struct logins);

	logins->lines = arena_array(arena, list->len, sizeof(*logins->lines));
	for (size_t i = 0; i < list->len; i++)
		if (line_parse(arena, list->items[i].text, &logins->lines[logins->len]) == 0)
			logins->len++;
	if (logins->len > 0)
		qsort(logins->lines, logins->len, sizeof(*logins->lines), compare);
	return logins;
}

/* The first line of that login; further ones follow it. */
static const struct login_line *first_line(const struct logins *logins, const char *login)
{
	size_t low = 0, high = logins->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(logins->lines[middle].login, login) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < logins->len && strcmp(logins->lines[low].login, login) == 0 ? &logins->lines[low] : NULL;
}

bool logins_known(const struct logins *logins, const char *login)
{
	struct arena *arena = arena_new();
	bool known = first_line(logins, canonical_login(arena, str_of(login))) != NULL;

	arena_free(arena);
	return known;
}

static bool line_matches(const struct login_line *line, const struct address *address)
{
	for (size_t i = 0; i < line->len; i++)
		if (address_matches(address, line->entries[i]))
			return true;
	return false;
}

bool logins_may_use(const struct logins *logins, const char *login, const struct address *address)
{
	struct arena *arena = arena_new();
	const char *name = canonical_login(arena, str_of(login));
	const struct login_line *line = first_line(logins, name);
	const struct login_line *end = logins->lines + logins->len;
	bool may = false;

	for (; line != NULL && !may && line < end && strcmp(line->login, name) == 0; line++)
		may = line_matches(line, address);
	arena_free(arena);
	return may;
}

int logins_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	struct arena *arena = arena_new();
	struct login_line line;
	int r = line_parse(arena, text, &line);

	(void)conf, (void)where, (void)field;
	if (r < 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX,
			       "\"%.80s\" is no line of logins (LOGIN  ADDRESS[, ADDRESS or @DOMAIN ...])", text);
	arena_free(arena);
	return r;
}
