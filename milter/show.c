/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/show.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "milter/mail/utf8.h"

enum {
	COLUMNS_DEFAULT = 100,
	COLUMNS_LEAST = 60,
	COLUMNS_MOST = 400,
	MARKS_MOST = 2,		/* combining marks on one letter: Vietnamese has two */
	ESCAPE_MAX = 8,		/* "\u10ffff" */
};

struct range {
	uint32_t first, last;
};

/* Seen by nobody, or turning the order round: the characters of general category Cf, fillers, variation selectors, line and paragraph
 * separators, private use. */
static const struct range hidden[] = {
	{ 0x00, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x600, 0x605 }, { 0x61c, 0x61c }, { 0x6dd, 0x6dd }, { 0x70f, 0x70f },
	{ 0x890, 0x891 }, { 0x8e2, 0x8e2 }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
	{ 0x2060, 0x206f }, { 0x2800, 0x2800 }, { 0x3164, 0x3164 }, { 0xe000, 0xf8ff }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
	{ 0xfff0, 0xffff }, { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1345f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
	{ 0xe0000, 0x10ffff },
};

static const struct range marks[] = {
	{ 0x300, 0x36f }, { 0x483, 0x489 }, { 0x591, 0x5bd }, { 0x5bf, 0x5c7 }, { 0x610, 0x61a }, { 0x64b, 0x65f }, { 0x6d6, 0x6dc }, { 0x6df, 0x6e4 },
	{ 0x6e7, 0x6ed }, { 0x900, 0x902 }, { 0x93c, 0x93c }, { 0x941, 0x948 }, { 0x94d, 0x94d }, { 0xe31, 0xe31 }, { 0xe34, 0xe3a }, { 0xe47, 0xe4e },
	{ 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff }, { 0x3099, 0x309a }, { 0xfe20, 0xfe2f },
};

/* East Asian Wide and emoji, as terminals draw them. */
static const struct range wide[] = {
	{ 0x1100, 0x115e }, { 0x231a, 0x231b }, { 0x23e9, 0x23ec }, { 0x2e80, 0x303e }, { 0x3041, 0x33ff }, { 0x3400, 0x4dbf }, { 0x4e00, 0xa4cf },
	{ 0xa960, 0xa97f }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 },
	{ 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

#define IS_IN(table, c) is_in(table, sizeof(table) / sizeof((table)[0]), c)

static bool is_in(const struct range *ranges, size_t len, uint32_t c)
{
	for (size_t i = 0; i < len && ranges[i].first <= c; i++)
		if (c <= ranges[i].last)
			return true;
	return false;
}

/* The character text begins with and its length; a byte that begins none has length 1 and is given as -1 - byte. */
static int32_t character_at(const char *text, size_t left, size_t *ret_len)
{
	static const unsigned char first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	size_t len = utf8_length((struct str){ text, left });
	uint32_t c;

	*ret_len = len == 0 ? 1 : len;
	if (len == 0)
		return -1 - (unsigned char)text[0];
	c = (unsigned char)text[0] & first_bits[len];
	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)text[i] & 0x3f);
	return (int32_t)c;
}

static size_t put_escape(char *out, int32_t c)
{
	if (c < 0)
		return (size_t)snprintf(out, ESCAPE_MAX + 1, "\\x%02x", (unsigned)(-1 - c));
	return (size_t)snprintf(out, ESCAPE_MAX + 1, c < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)c);
}

const char *show_text(const struct show *show, const char *text)
{
	size_t left = strlen(text), len, used = 0;
	unsigned in_a_row = 0;
	char *out = arena_alloc(show->arena, left * ESCAPE_MAX / 2 + ESCAPE_MAX + 1);	/* a byte of 1 becomes 4, of a character of 4 at most 8 */

	for (; left > 0; text += len, left -= len) {
		int32_t c = character_at(text, left, &len);
		bool mark = c >= 0x300 && IS_IN(marks, (uint32_t)c);

		in_a_row = mark ? in_a_row + 1 : 0;
		if (c < 0 || in_a_row > MARKS_MOST || (show->ascii && c >= 0x80) || IS_IN(hidden, (uint32_t)c)) {
			used += put_escape(out + used, c);
			continue;
		}
		memcpy(out + used, text, len);
		used += len;
	}
	out[used] = '\0';
	return out;
}

static unsigned character_width(int32_t c)
{
	if (c >= 0x300 && IS_IN(marks, (uint32_t)c))
		return 0;
	return c >= 0x1100 && IS_IN(wide, (uint32_t)c) ? 2 : 1;
}

/* How many bytes of text fit in so many columns, and how many columns these take. */
static size_t fit(const char *text, unsigned columns, unsigned *ret_columns)
{
	size_t left = strlen(text), len, taken = 0;
	unsigned used = 0;

	for (; left > 0; left -= len, taken += len) {
		unsigned width = character_width(character_at(text + taken, left, &len));

		if (used + width > columns)
			break;
		used += width;
	}
	*ret_columns = used;
	return taken;
}

unsigned show_width(const char *text)
{
	unsigned width;

	(void)fit(text, UINT32_MAX - 2, &width);
	return width;
}

const char *show_cell(const struct show *show, const char *text, unsigned width)
{
	const char *shown = show_text(show, text), *dots = "";
	unsigned used, dots_width = 0;
	size_t taken = fit(shown, width, &used);

	if (shown[taken] != '\0' && width > 3) {
		dots = show->ascii ? "..." : "\xe2\x80\xa6";
		dots_width = show->ascii ? 3 : 1;
		taken = fit(shown, width - dots_width, &used);
	}
	return arena_printf(show->arena, "%.*s%s%*s", (int)taken, shown, dots, (int)(width - used - dots_width), "");
}

const char *show_trimmed(const struct show *show, const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == ' ')
		len--;
	return arena_strndup(show->arena, text, len);
}

/* How much of text is the next line: to the last space that fits, or as much as fits when there is none. */
static size_t line_length(const char *text, unsigned columns)
{
	unsigned used;
	size_t taken = fit(text, columns, &used), space = taken;

	if (text[taken] == '\0' || text[taken] == ' ')
		return taken;
	while (space > 0 && text[space] != ' ')
		space--;
	return space > 0 ? space : taken;
}

void show_say(FILE *out, const struct show *show, unsigned indent, const char *format, ...)
{
	unsigned columns = show->columns > indent + 20 ? show->columns - indent : 20;
	const char *text;
	va_list args;

	va_start(args, format);
	text = show_text(show, arena_vprintf(show->arena, format, args));
	va_end(args);
	do {
		size_t len = line_length(text, columns);

		(void)fprintf(out, "%*s%.*s\n", (int)indent, "", (int)len, text);
		text += len;
		text += strspn(text, " ");
	} while (text[0] != '\0');
}

unsigned show_columns(void)
{
	struct winsize size = { .ws_col = 0 };

	if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return COLUMNS_DEFAULT;
	if (size.ws_col < COLUMNS_LEAST)
		return COLUMNS_LEAST;
	return size.ws_col > COLUMNS_MOST ? COLUMNS_MOST : size.ws_col;
}

const char *show_number(const struct show *show, uint64_t number)
{
	char digits[32], *out = arena_alloc(show->arena, 32);
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number), used = 0;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	return out;
}

const char *show_size(const struct show *show, uint64_t bytes)
{
	static const char *const units[] = { "KB", "MB", "GB", "TB" };
	double size = (double)bytes / 1000;
	size_t unit = 0;

	if (bytes < 10000)
		return show_count(show, bytes, "byte", "bytes");
	for (; size >= 1000 && unit < 3; unit++)
		size /= 1000;
	return arena_printf(show->arena, "%.1f %s", size, units[unit]);
}

const char *show_count(const struct show *show, uint64_t number, const char *one, const char *more)
{
	return arena_printf(show->arena, "%s %s", show_number(show, number), number == 1 ? one : more);
}

/* Eighths of a column, where there is more than ASCII. */
const char *show_bar(const struct show *show, uint64_t value, uint64_t full, unsigned width)
{
	double share = full == 0 ? 0 : (double)(value > full ? full : value) / (double)full;
	unsigned eighths = (unsigned)(share * width * 8 + 0.5), whole;
	char *out = arena_alloc(show->arena, (size_t)width * 3 + 4);
	size_t used = 0;

	if (eighths == 0 && value > 0)
		eighths = 1;
	whole = show->ascii ? (eighths + 7) / 8 : eighths / 8;
	for (unsigned i = 0; i < whole; i++)
		used += (size_t)sprintf(out + used, "%s", show->ascii ? "#" : "\xe2\x96\x88");
	if (!show->ascii && eighths % 8 > 0)
		(void)sprintf(out + used, "\xe2\x96%c", (char)(0x90 - eighths % 8));
	return out;
}

const char *show_time(struct arena *arena, int64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / 1000);
	char text[32] = "?";
	struct tm tm;

	if (localtime_r(&seconds, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	return arena_strdup(arena, text);
}

const char *show_time_utc(struct arena *arena, int64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / 1000);
	char text[32] = "?";
	struct tm tm;

	if (gmtime_r(&seconds, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return arena_printf(arena, "%s.%03dZ", text, (int)(time_ms % 1000));
}
