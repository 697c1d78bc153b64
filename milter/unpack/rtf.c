/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RTF: what objects are in it, read as Word reads it: controls and groups amid the digits of an object change nothing. */
#include "milter/unpack/handlers.h"
#include "milter/unpack/octets.h"
#include "milter/unpack/ole1.h"

#define WORD_MAX 32
#define TARGET_MAX 1024		/* of the text in which a template is named */

struct control {
	char word[WORD_MAX + 1];	/* lower case; "" for a symbol */
	char symbol;
	long number;
	bool has_number;
};

/* The control at at, which is a backslash; moves *at behind it (RTF 1.9.1, "Control Word": letters, a number, a space). */
static void control_read(struct str in, size_t *at, struct control *ret_control)
{
	size_t i = *at + 1, n = 0;
	bool is_negative;

	*ret_control = (struct control){ .number = 0 };
	if (i >= in.len || !ascii_is_alpha(in.p[i])) {
		ret_control->symbol = (char)octets_u8(in, i);
		*at = i < in.len ? i + 1 : in.len;
		return;
	}
	for (; i < in.len && ascii_is_alpha(in.p[i]); i++) {
		if (n < WORD_MAX)
			ret_control->word[n++] = ascii_lower(in.p[i]);
	}
	is_negative = i < in.len && in.p[i] == '-';
	i += is_negative;
	for (; i < in.len && ascii_is_digit(in.p[i]); i++) {
		ret_control->has_number = true;
		if (ret_control->number < 100000000)
			ret_control->number = ret_control->number * 10 + (in.p[i] - '0');
	}
	if (is_negative)
		ret_control->number = -ret_control->number;
	*at = i + (i < in.len && in.p[i] == ' ');
}

static bool is_word(const struct control *control, const char *word)
{
	return strcmp(control->word, word) == 0;
}

static int hex_digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes of an object while they come in. */
struct object {
	char *out;		/* NULL: only the end is looked for */
	size_t len;
	int half;		/* the first digit of a byte, or -1 */
};

static void object_digit(struct object *object, char c)
{
	int digit = hex_digit(c);

	if (digit < 0)
		return;
	if (object->half < 0) {
		object->half = digit;
		return;
	}
	if (object->out != NULL)
		object->out[object->len] = (char)(object->half << 4 | digit);
	object->len++;
	object->half = -1;
}

/* \bin: as many bytes as they are follow; "\'" drops a digit that waits for its second one. */
static void object_control(struct object *object, struct str in, size_t *at, const struct control *control)
{
	if (control->symbol == '\'') {
		object->half = -1;
		*at += *at + 2 <= in.len ? 2 : 0;
	} else if (is_word(control, "bin") && control->number > 0) {
		struct str raw = octets_sub(in, *at, (uint64_t)control->number);

		if (object->out != NULL)
			memcpy(object->out + object->len, raw.p, raw.len);
		object->len += raw.len;
		*at += raw.len;
	}
}

/* Digits up to the end of the group that at stands in. deep: those of groups within count as well. There is room for what is in it: two digits
 * make one byte, bytes behind \bin are one each. Returns where it ended. */
static size_t object_read(struct str in, size_t at, bool deep, struct object *object)
{
	unsigned long depth = 1;

	object->len = 0;
	object->half = -1;
	while (at < in.len && depth > 0) {
		char c = in.p[at];
		struct control control;

		if (c == '\\') {
			control_read(in, &at, &control);
			if (depth == 1 || deep)
				object_control(object, in, &at, &control);
			continue;
		}
		if (c == '{')
			depth++;
		else if (c == '}')
			depth--;
		else if (depth == 1 || deep)
			object_digit(object, c);
		at++;
	}
	return at;
}

static void object_show(struct unpack *unpack, const struct item *item, const struct object *object)
{
	if (object->len == 0)
		return;
	unpack_mark(unpack, item, MARK_OBJECT);
	ole1_object(unpack, item, (struct str){ object->out, object->len });
}

/* Both readings of the digits, where they differ: does a group amid them count or not? */
static size_t object_data(struct unpack *unpack, const struct item *item, size_t at)
{
	struct object object = { .out = NULL };
	size_t end = object_read(item->bytes, at, true, &object), room = end - at, len;
	struct str in = { item->bytes.p, end };

	if (octets_find(in, at, STR("\\objupdate")) != (size_t)-1)
		unpack_mark(unpack, item, MARK_LAUNCH);
	if (object.len == 0 || (object.out = unpack_take(unpack, room)) == NULL)
		return end;
	len = object.len;
	(void)object_read(in, at, false, &object);
	if (object.len != len)
		object_show(unpack, item, &object);
	(void)object_read(in, at, true, &object);
	object_show(unpack, item, &object);
	unpack_give_unused(unpack, object.out, room, object.len);
	return end;
}

/* A template, a field or a file elsewhere: the text up to the end of the group, without escapes, has an address. */
static bool names_address(struct str in, size_t at)
{
	char text[TARGET_MAX];
	size_t len = 0;

	while (at < in.len && in.p[at] != '}' && len < sizeof(text)) {
		if (in.p[at] == '\\' && octets_u8(in, at + 1) == '\'') {
			int high = hex_digit((char)octets_u8(in, at + 2)), low = hex_digit((char)octets_u8(in, at + 3));

			text[len] = '?';
			if (high >= 0 && low >= 0)
				text[len] = (char)(high << 4 | low);
			len++;
			at += 4;
		} else if (in.p[at] == '\\' && octets_u8(in, at + 1) == 'u' && ascii_is_digit((char)octets_u8(in, at + 2))) {
			struct control control;

			control_read(in, &at, &control);
			text[len++] = control.number > 0 && control.number < 128 ? (char)control.number : '?';
			at += at < in.len && in.p[at] != '\\' && in.p[at] != '}';
		} else {
			text[len++] = ascii_lower(in.p[at++]);
		}
	}
	return octets_has((struct str){ text, len }, STR("http")) || octets_has((struct str){ text, len }, STR("ftp:")) ||
		octets_has((struct str){ text, len }, STR("\\\\\\\\")) || octets_has((struct str){ text, len }, STR("file://"));
}

/* The name of a field, in the text of its group: at most a few controls before it. */
static bool is_dde_field(struct str in, size_t at)
{
	char code[8];
	size_t len = 0;

	for (unsigned steps = 0; at < in.len && len < 3 && steps < 64; steps++) {
		struct control control;

		if (in.p[at] == '\\')
			control_read(in, &at, &control);
		else if (ascii_is_alpha(in.p[at]))
			code[len++] = ascii_lower(in.p[at++]);
		else if (in.p[at] == '{' || in.p[at] == '}' || in.p[at] == '"' || ascii_is_space(in.p[at]))
			at++;
		else
			return false;
	}
	return len == 3 && memcmp(code, "dde", 3) == 0;
}

static bool is_elsewhere(const struct control *control, struct str in, size_t at)
{
	if (is_word(control, "template") || is_word(control, "subdocument") || is_word(control, "file"))
		return names_address(in, at);
	return is_word(control, "fldinst") && is_dde_field(in, at);
}

/* What a control means for the document. Returns where to go on. */
static size_t control_seen(struct unpack *unpack, const struct item *item, const struct control *control, size_t at)
{
	struct str in = item->bytes;

	if (is_word(control, "objdata"))
		return object_data(unpack, item, at);
	/* bytes behind \bin are not passed over: its number may be wrong */
	if (is_word(control, "objupdate"))
		unpack_mark(unpack, item, MARK_LAUNCH);
	else if (is_word(control, "objautlink") || is_word(control, "objlink") || is_word(control, "objocx") || is_word(control, "objhtml"))
		unpack_mark(unpack, item, MARK_OBJECT);
	else if (is_elsewhere(control, in, at))
		unpack_mark(unpack, item, MARK_EXTERNAL);
	return at;
}

static bool is_rtf(struct str bytes)
{
	size_t at = octets_find(octets_sub(bytes, 0, 1024), 0, STR("{\\rt"));

	return at != (size_t)-1;
}

void rtf_unpack(struct unpack *unpack, const struct item *item)
{
	struct str in = item->bytes;
	size_t at = 0;

	if (!is_rtf(in))
		return;
	while (at < in.len && !unpack_stopped(unpack)) {
		const char *next = memchr(in.p + at, '\\', in.len - at);
		struct control control;

		if (next == NULL)
			return;
		at = (size_t)(next - in.p);
		control_read(in, &at, &control);
		at = control_seen(unpack, item, &control, at);
	}
}
