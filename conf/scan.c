/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/scan.h"

#include <string.h>

/* libconfuse skips this byte by itself. A run of spaces is one token to it, which it reads in quadratic time. */
#define BLANK '\r'

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static bool has_at(const struct scan *scan, size_t at, const char *text)
{
	size_t len = strlen(text);

	return len <= scan->len - at && memcmp(scan->text + at, text, len) == 0;
}

static void skip_comment(struct scan *scan)
{
	while (scan->at < scan->len && scan->text[scan->at] != '\n')
		scan->text[scan->at++] = BLANK;
}

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->len) {
		switch (scan->text[scan->at]) {
		case '#':
			skip_comment(scan);
			break;
		case '\n':
			scan->line++;
			scan->at++;
			break;
		case ' ': case '\t': case '\r':
			scan->text[scan->at++] = BLANK;
			break;
		default:
			return;
		}
	}
}

static const char *escape_problem(const struct scan *scan)
{
	const char *next = scan->text + scan->at + 1;

	/* \0 would end the value early, unseen */
	if (scan->at + 1 < scan->len && ((*next >= '0' && *next <= '9') || *next == 'x'))
		return "has an escape with a number; write the character itself";
	return NULL;
}

static const char *quoted_problem(const struct scan *scan, char quote)
{
	if (is_control(scan->text[scan->at]))
		return "holds a control character";
	if (quote != '"')
		return NULL;
	if (scan->text[scan->at] == '\\')
		return escape_problem(scan);
	/* `octroi check` and the daemon have different environments */
	if (has_at(scan, scan->at, "${"))
		return "asks for a variable of the environment, which is not replaced here; write \\$ for a dollar sign";
	return NULL;
}

/* The text of a quoted word up to its last quote. */
static void scan_quoted(struct scan *scan, struct token *token)
{
	char quote = scan->text[scan->at++];

	while (scan->at < scan->len && scan->text[scan->at] != '\n') {
		const char *problem = quoted_problem(scan, quote);

		if (scan->text[scan->at] == quote) {
			scan->at++;
			return;
		}
		if (token->problem == NULL)
			token->problem = problem;
		if (scan->text[scan->at] == '\\' && scan->at + 1 < scan->len && scan->text[scan->at + 1] != '\n')
			scan->at++;
		scan->at++;
	}
	token->problem = "has no closing quote on its line";
}

static bool ends_plain_word(const struct scan *scan)
{
	char c = scan->text[scan->at];

	if (c == '+')
		return has_at(scan, scan->at, "+=");
	return c != '\0' && strchr(" \t\r\n#\"'={}(),", c) != NULL;
}

static const char *plain_problem(const struct scan *scan)
{
	char c = scan->text[scan->at];

	if (is_control(c))
		return "holds a control character";
	if (c == '*' || c == '+')
		return "must stand in quotes because of its * or +";
	return NULL;
}

/* ${NAME} without quotes, braces and all, or the braces would look like a section. */
static bool skip_variable(struct scan *scan)
{
	if (!has_at(scan, scan->at, "${"))
		return false;
	while (scan->at < scan->len && scan->text[scan->at] != '}' && scan->text[scan->at] != '\n')
		scan->at++;
	if (scan->at < scan->len && scan->text[scan->at] == '}')
		scan->at++;
	return true;
}

static void scan_plain(struct scan *scan, struct token *token)
{
	if (has_at(scan, scan->at, "//") || has_at(scan, scan->at, "/*"))
		token->problem = "is no comment here; a comment begins with #";
	while (scan->at < scan->len && !ends_plain_word(scan)) {
		const char *problem = plain_problem(scan);

		if (skip_variable(scan))
			problem = "asks for a variable of the environment, which is not replaced here; quote it: \"\\$\"";
		else
			scan->at++;
		if (token->problem == NULL)
			token->problem = problem;
	}
}

static enum token_kind sign_at(const struct scan *scan)
{
	switch (scan->text[scan->at]) {
	case '=': return TOKEN_IS;
	case '{': return TOKEN_OPEN;
	case '}': return TOKEN_CLOSE;
	case '(': return TOKEN_ROUND_OPEN;
	case ')': return TOKEN_ROUND_CLOSE;
	case ',': return TOKEN_COMMA;
	case '+': return has_at(scan, scan->at, "+=") ? TOKEN_APPEND : TOKEN_WORD;
	default: return TOKEN_WORD;
	}
}

struct token scan_next(struct scan *scan)
{
	struct token token = { .kind = TOKEN_END };

	skip_space(scan);
	token.start = scan->at;
	token.line = scan->line;
	if (scan->at < scan->len) {
		token.kind = sign_at(scan);
		if (token.kind != TOKEN_WORD)
			scan->at += token.kind == TOKEN_APPEND ? 2 : 1;
		else if (scan->text[scan->at] == '"' || scan->text[scan->at] == '\'')
			scan_quoted(scan, &token);
		else
			scan_plain(scan, &token);
	}
	token.end = scan->at;
	if (token.end - token.start > SCAN_WORD_MAX)
		token.problem = "is too long";
	return token;
}

const char *scan_word(const struct scan *scan, struct token token, size_t *ret_len)
{
	bool quoted = scan->text[token.start] == '"' || scan->text[token.start] == '\'';

	*ret_len = token.end - token.start - (quoted ? 2 : 0);
	return scan->text + token.start + (quoted ? 1 : 0);
}

bool scan_is(const struct scan *scan, struct token token, const char *word)
{
	size_t len = strlen(word);

	return token.kind == TOKEN_WORD && token.end - token.start == len &&
	       memcmp(scan->text + token.start, word, len) == 0;
}

void scan_blank(struct scan *scan, size_t start, size_t end)
{
	for (size_t i = start; i < end; i++)
		if (scan->text[i] != '\n')
			scan->text[i] = BLANK;
}
