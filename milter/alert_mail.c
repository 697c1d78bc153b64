/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/alert_mail.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "milter/base/str.h"

enum {
	SUBJECT_MAX = 60,	/* characters of what it is about */
	TEXT_MAX = 4000,
	MORE_MAX = 20000,
	COLUMNS = 76,
	WORD_MAX = 500,		/* RFC 5321 4.5.3.1.6 allows 998 in a line */
	INDENT_MAX = 8,
};

/* LF stays where lines are allowed to end. */
static const char *harmless(struct arena *arena, const char *text, size_t max, bool lines)
{
	size_t len = strnlen(text, max);
	char *out = arena_alloc(arena, 4 * len + 4), *end = out;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c >= ' ' && c <= '~') || (c == '\n' && lines))
			*end++ = (char)c;
		else
			end += sprintf(end, "\\x%02x", c);
	}
	if (text[len] != '\0')
		(void)stpcpy(end, "...");
	return out;
}

/* Lines that end at spaces; where one is continued it begins as far to the right as its paragraph does. A word that is longer than mail may
 * have in a line is cut. */
static void wrap_line(struct str line, char **end)
{
	size_t indent = 0, column;

	while (indent < line.len && indent < INDENT_MAX && line.p[indent] == ' ')
		indent++;
	*end = mempcpy(*end, line.p, indent);
	line = (struct str){ line.p + indent, line.len - indent };
	column = indent;
	while (line.len > 0) {
		size_t word = 0;

		while (word < line.len && word < WORD_MAX && line.p[word] != ' ')
			word++;
		if (column > indent && column + 1 + word > COLUMNS) {
			*end += sprintf(*end, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			*(*end)++ = ' ';
			column++;
		}
		*end = mempcpy(*end, line.p, word);
		column += word;
		word += word < line.len && line.p[word] == ' ';
		line = (struct str){ line.p + word, line.len - word };
	}
}

static const char *wrapped(struct arena *arena, const char *text)
{
	char *out = arena_alloc(arena, (INDENT_MAX + 2) * strlen(text) + 2), *end = out;
	struct str rest = str_of(text);

	while (rest.p != NULL) {
		wrap_line(str_split(&rest, "\n"), &end);
		if (rest.p != NULL)
			*end++ = '\n';
	}
	*end = '\0';
	return out;
}

/* RFC 5322 3.3; in UTC, and no locale changes the names. */
static const char *date(struct arena *arena, int64_t time_ms, bool short_form)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL)
		return "Thu, 1 Jan 1970 00:00:00 +0000";
	if (short_form)
		return arena_printf(arena, "%04d-%02d-%02d %02d:%02d:%02d UTC", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
				    utc.tm_min, utc.tm_sec);
	return arena_printf(arena, "%s, %d %s %04d %02d:%02d:%02d +0000", days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon],
			    utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

/* What can be done about it. A word of a stranger in a command line to be copied would be an attack: only plain names stand in one. */
static bool is_plain(const char *name)
{
	for (const char *p = name; *p != '\0'; p++)
		if (!ascii_is_alnum(*p) && strchr("@._-:+", *p) == NULL)
			return false;
	return name[0] != '\0' && name[0] != '-';
}

static const char *advice(struct arena *arena, const struct alert_facts *facts)
{
	const char *name = strchr(facts->about, ':');
	const char *explain = arena_printf(arena, "    octroi explain %s\n", facts->id);

	if (strcmp(facts->event, "degraded") == 0 || strcmp(facts->event, "recovered") == 0)
		return arena_printf(arena, "    octroi status\n%s", explain);
	if (strncmp(facts->about, "login:", 6) != 0 && strncmp(facts->about, "client:", 7) != 0)
		return explain;
	name = is_plain(name + 1) ? name + 1 : strncmp(facts->about, "login:", 6) == 0 ? "LOGIN" : "ADDRESS";
	return arena_printf(arena, "    octroi who %s          what it sent, to whom, since when\n    octroi free %s         lets it send again\n"
			    "    octroi hold %s         keeps it from sending\n", name, name, name);
}

const char *alert_mail(struct arena *arena, const struct alert_facts *facts)
{
	const char *about = harmless(arena, facts->about, SUBJECT_MAX, false);
	const char *header = arena_printf(arena,
		"Date: %s\nFrom: Octroi on %s <%s>\nTo: <%s>\nSubject: [octroi] %s: %s\nMessage-ID: <octroi.%s.%lld@%s>\n"
		"Auto-Submitted: auto-generated\nPrecedence: bulk\nX-Octroi-Event: %s\nMIME-Version: 1.0\n"
		"Content-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 7bit\n\n",
		date(arena, facts->time_ms, false), facts->host, facts->from, facts->to, facts->event, about, facts->id, (long long)facts->time_ms,
		facts->host, facts->event);
	const char *text = wrapped(arena, harmless(arena, facts->text, TEXT_MAX, false));
	const char *more = wrapped(arena, harmless(arena, facts->more, MORE_MAX, true));

	return arena_printf(arena, "%s%s\n\n  what    %s\n  about   %s\n  when    %s\n  where   %s\n  id      %s\n\n%s%s%s\n"
			    "-- \nThis mail was written by octroi on %s; section \"alert\" of milter.conf says to whom.\n", header, text, facts->event,
			    wrapped(arena, harmless(arena, facts->about, TEXT_MAX, false)), date(arena, facts->time_ms, true), facts->host, facts->id,
			    more, more[0] == '\0' ? "" : "\n", advice(arena, facts), facts->host);
}
