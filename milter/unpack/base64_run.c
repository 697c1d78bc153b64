/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where base64 stands in bytes of which nothing is known. */
#include "milter/unpack/encodings.h"

#include <stdint.h>

#define WORD_MIN 16	/* characters of a word that may be the start of a run within a line of other things */
#define PIECE_MIN 1024	/* bytes of a line that is read in pieces */

enum class { OTHER, LOWER, BUSY /* upper case, digits, + and /: rare in prose, common in base64 */, DASH /* - and _: base64url */, PAD, BLANK,
	     MARKUP /* < and > */ };

static const uint8_t classes[256] = {
	['A'] = BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY,
	BUSY, BUSY, BUSY,
	['a'] = LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER,
	LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER,
	['0'] = BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, ['+'] = BUSY, ['/'] = BUSY, ['-'] = DASH, ['_'] = DASH,
	['='] = PAD, ['<'] = MARKUP, ['>'] = MARKUP, [' '] = BLANK, ['\t'] = BLANK,
};

struct line {
	size_t start, end, next;
	size_t counts[MARKUP + 1];
	size_t token_start, token_end;	/* its first word of at least min_chars of the alphabet */
	size_t tail_start;		/* where the word at its end begins; end when it ends in something else */
};

static bool is_alphabet(uint8_t class)
{
	return class == LOWER || class == BUSY || class == DASH;
}

static size_t alphabet_of(const struct line *line)
{
	return line->counts[LOWER] + line->counts[BUSY] + line->counts[DASH];
}

static void note_word(struct line *line, size_t start, size_t end, size_t min_chars)
{
	if (line->token_end == 0 && end - start >= min_chars) {
		line->token_start = start;
		line->token_end = end;
	}
}

static bool is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

/* A line, or of a long one a piece that does not end within a word: of a line each word may be given and the rest read again. */
static void read_line(struct str in, size_t start, size_t min_chars, struct line *line)
{
	size_t at = start, word = start, tail = start;

	*line = (struct line){ .start = start };
	for (; at < in.len && !is_line_end(in.p[at]); at++) {
		uint8_t class = classes[(uint8_t)in.p[at]];

		if (!is_alphabet(class) && at - start >= PIECE_MIN)
			break;
		line->counts[class]++;
		if (is_alphabet(class))
			continue;
		note_word(line, word, at, min_chars);
		word = at + 1;
		tail = class == PAD ? tail : at + 1;
	}
	note_word(line, word, at, min_chars);
	line->tail_start = tail;
	line->end = at;
	if (at + 1 < in.len && in.p[at] == '\r' && in.p[at + 1] == '\n')
		at++;
	at += at < in.len;	/* the rest of the line end, or the byte that ended the piece */
	line->next = at;
}

static bool is_blank(const struct line *line)
{
	return line->counts[BLANK] + line->counts[PAD] == line->end - line->start;
}

static bool is_delimiter(struct str in, const struct line *line)
{
	return line->end - line->start >= 2 && in.p[line->start] == '-' && in.p[line->start + 1] == '-';
}

static bool is_pure(const struct line *line)
{
	return line->counts[OTHER] + line->counts[BLANK] + line->counts[MARKUP] == 0;
}

/* A line of it alone; or with other things between, when it looks neither like prose nor like HTML. */
static bool is_base64(struct str in, const struct line *line)
{
	size_t alphabet = alphabet_of(line), others = line->counts[OTHER] + line->counts[BLANK] + line->counts[MARKUP];

	if (alphabet == 0 || is_delimiter(in, line))
		return false;
	if (line->counts[PAD] * 2 > alphabet + 4)
		return false;
	return is_pure(line) || (others <= alphabet && line->counts[BUSY] * 4 >= alphabet && line->counts[MARKUP] < 2);
}

struct run {
	size_t start, end, chars;
	bool is_parted;		/* by an empty line: a short word behind it is prose */
};

static void run_add(struct run *run, size_t start, size_t end, size_t chars)
{
	if (run->chars == 0)
		run->start = start;
	run->end = end;
	run->chars += chars;
	run->is_parted = false;
}

static bool give(struct str in, size_t start, size_t end, size_t *position, size_t next, struct str *ret_run)
{
	*ret_run = (struct str){ in.p + start, end - start };
	*position = next;
	return true;
}

bool base64_run_next(struct str in, size_t min_chars, size_t *position, struct str *ret_run)
{
	struct run run = { .chars = 0 };
	struct line line;

	for (size_t at = *position; at < in.len; at = line.next) {
		read_line(in, at, min_chars, &line);
		if (is_blank(&line) && run.chars >= WORD_MIN) {
			run.is_parted = true;
			continue;
		}
		if (run.chars > 0 && is_base64(in, &line) && (!run.is_parted || alphabet_of(&line) >= WORD_MIN)) {
			run_add(&run, line.start, line.end, alphabet_of(&line));
			continue;
		}
		if (run.chars >= min_chars)
			return give(in, run.start, run.end, position, at, ret_run);
		run = (struct run){ .chars = 0 };
		if (is_base64(in, &line) && (is_pure(&line) || alphabet_of(&line) >= WORD_MIN))
			run_add(&run, line.start, line.end, alphabet_of(&line));
		else if (line.token_end > 0 && line.token_end < line.end)
			return give(in, line.token_start, line.token_end, position, line.token_end, ret_run);
		else if (line.end - line.tail_start >= WORD_MIN && alphabet_of(&line) >= WORD_MIN && !is_delimiter(in, &line))
			run_add(&run, line.tail_start, line.end, line.end - line.tail_start);
	}
	if (run.chars >= min_chars)
		return give(in, run.start, run.end, position, in.len, ret_run);
	*position = in.len;
	return false;
}

struct str base64_run_trim(struct str run)
{
	size_t word = 0;

	for (size_t at = 0; at < run.len && run.p[at] != '\n' && run.p[at] != '\r'; at++) {
		if (!is_alphabet(classes[(uint8_t)run.p[at]]))
			word = at + 1;
		else if (at + 1 - word >= WORD_MIN)
			return (struct str){ run.p + word, run.len - word };
	}
	return run;
}
