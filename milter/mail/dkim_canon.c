/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/dkim_canon.h"

void dkim_canon_start(struct dkim_canon *canon, dkim_sink sink, void *arg)
{
	canon->sink = sink;
	canon->arg = arg;
	canon->line_ends = canon->line = canon->longest_line = 0;
	canon->space = canon->cr = false;
	canon->empty = true;
	canon->len = 0;
}

static void flush(struct dkim_canon *canon)
{
	if (canon->len > 0)
		canon->sink(canon->arg, canon->buffer, canon->len);
	canon->len = 0;
}

static void put(struct dkim_canon *canon, const char *bytes, size_t len)
{
	if (len > sizeof(canon->buffer) - canon->len)
		flush(canon);
	if (len > sizeof(canon->buffer)) {
		canon->sink(canon->arg, bytes, len);
		return;
	}
	memcpy(canon->buffer + canon->len, bytes, len);
	canon->len += len;
}

/* Bytes that are neither white space nor a line end, and what they show to have been in the middle of the body. */
static void put_text(struct dkim_canon *canon, const char *bytes, size_t len)
{
	for (; canon->line_ends > 0; canon->line_ends--)
		put(canon, "\r\n", 2);
	if (canon->space)
		put(canon, " ", 1);
	canon->space = false;
	canon->empty = false;
	put(canon, bytes, len);
}

static void end_line(struct dkim_canon *canon)
{
	if (canon->line > canon->longest_line)
		canon->longest_line = canon->line;
	canon->line = 0;
	canon->space = false;	/* RFC 6376 3.4.4: white space at the end of a line goes */
	canon->line_ends++;
}

static void end_cr(struct dkim_canon *canon)
{
	if (!canon->cr)
		return;
	canon->cr = false;
	canon->line++;
	put_text(canon, "\r", 1);
}

static bool is_plain(char c)
{
	static const bool special[256] = { [' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true };

	return !special[(unsigned char)c];
}

/* How much of bytes is its own canonical form: visible bytes with single spaces between them. Mostly a whole line, and that makes it
 * quick. */
static size_t text_len(const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len) {
		if (is_plain(bytes[i]))
			i++;
		else if (i > 0 && bytes[i] == ' ' && i + 1 < len && is_plain(bytes[i + 1]))
			i += 2;
		else
			break;
	}
	return i;
}

static void add_special(struct dkim_canon *canon, char c)
{
	if (c == '\n') {
		canon->cr = false;
		end_line(canon);
		return;
	}
	end_cr(canon);
	if (c == '\r') {
		canon->cr = true;
	} else {
		canon->line++;
		canon->space = true;
	}
}

void dkim_canon_add(struct dkim_canon *canon, const char *bytes, size_t len)
{
	while (len > 0) {
		size_t text = text_len(bytes, len), used = text == 0 ? 1 : text;

		if (text > 0) {
			end_cr(canon);
			canon->line += text;
			put_text(canon, bytes, text);
		} else {
			add_special(canon, *bytes);
		}
		bytes += used;
		len -= used;
	}
}

void dkim_canon_end(struct dkim_canon *canon)
{
	end_cr(canon);
	if (canon->line > canon->longest_line)
		canon->longest_line = canon->line;
	if (!canon->empty)
		put(canon, "\r\n", 2);
	flush(canon);
}

char *dkim_canon_field(char *out, struct str name, struct str value)
{
	bool space = false;

	name = str_trim(name);
	value = str_trim(value);
	for (size_t i = 0; i < name.len; i++)
		*out++ = ascii_lower(name.p[i]);
	*out++ = ':';
	for (size_t i = 0; i < value.len; i++) {
		if (ascii_is_space(value.p[i])) {
			space = true;
			continue;
		}
		if (space)
			*out++ = ' ';
		space = false;
		*out++ = value.p[i];
	}
	*out++ = '\r';
	*out++ = '\n';
	return out;
}
