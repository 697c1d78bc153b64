/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <string.h>

#include "milter/relaytest.h"

#define CELL_MAX 60	/* of an address in the table; --json has all of it */

/* What is sent may hold any byte; a terminal gets none of them. */
static const char *printable(const char *text, char cell[CELL_MAX + 4])
{
	size_t len = strlen(text), kept = len < CELL_MAX ? len : CELL_MAX;

	(void)snprintf(cell, CELL_MAX + 4, "%.*s%s", (int)kept, text, kept < len ? "..." : "");
	for (size_t i = 0; i < kept; i++)
		if (cell[i] < ' ' || cell[i] > '~')
			cell[i] = '?';
	return cell;
}

/* The last line is the one that counts. */
static const char *last_line(const char *reply)
{
	const char *newline = strrchr(reply, '\n');

	return newline == NULL ? reply : newline + 1;
}

void relaytest_print_row(FILE *out, const struct relaytest_row *row)
{
	char cell[CELL_MAX + 4];

	(void)fprintf(out, "%-4s %-8s ", row->pattern->expect == RELAYTEST_CONTROL ? "own" : row->pattern->id,
		      relaytest_verdict_name(row->verdict));
	if (row->prelude[0] != '\0')
		(void)fprintf(out, "%s; ", printable(row->prelude, cell));
	(void)fprintf(out, "%s -> ", printable(row->mailfrom, cell));
	if (row->pattern->first_rcpt != NULL)
		(void)fprintf(out, "ours, then ");
	(void)fprintf(out, "%s", printable(row->rcpt, cell));
	if (row->note[0] != '\0')
		(void)fprintf(out, "   (%s)", row->note);
	(void)fprintf(out, "\n              %s\n", row->reply[0] == '\0' ? "no reply" : last_line(row->reply));
	(void)fflush(out);
}

void relaytest_print_sum(FILE *out, const struct relaytest *test, const struct relaytest_sum *sum)
{
	const size_t *count = sum->count;

	(void)fprintf(out, "\n%s:%s: %zu patterns: %zu ok, %zu relay, %zu unclear\n", test->host, test->port,
		      count[RELAYTEST_OK] + count[RELAYTEST_RELAYS] + count[RELAYTEST_UNCLEAR], count[RELAYTEST_OK],
		      count[RELAYTEST_RELAYS], count[RELAYTEST_UNCLEAR]);
	if (sum->problem != NULL)
		(void)fprintf(out, "%s:%s: given up: %s\n", test->host, test->port, sum->problem);
}

/* Bytes that are no UTF-8 would make jansson drop the value. */
static json_t *text_json(const char *text)
{
	json_t *value = json_string(text);
	char cell[CELL_MAX + 4];

	return value != NULL ? value : json_string(printable(text, cell));
}

static json_t *row_json(const struct relaytest_row *row)
{
	json_t *object = json_object();

	(void)json_object_set_new(object, "pattern", json_string(row->pattern->id));
	(void)json_object_set_new(object, "control", json_boolean(row->pattern->expect == RELAYTEST_CONTROL));
	if (row->prelude[0] != '\0')
		(void)json_object_set_new(object, "before", text_json(row->prelude));
	(void)json_object_set_new(object, "mail", text_json(row->mailfrom));
	(void)json_object_set_new(object, "rcpt", text_json(row->rcpt));
	(void)json_object_set_new(object, "reply", text_json(row->reply));
	(void)json_object_set_new(object, "verdict", json_string(relaytest_verdict_name(row->verdict)));
	if (row->note[0] != '\0')
		(void)json_object_set_new(object, "note", text_json(row->note));
	return object;
}

void relaytest_print_json(FILE *out, const struct relaytest *test, const struct relaytest_row *rows, size_t len,
			  const struct relaytest_sum *sum)
{
	json_t *object = json_object(), *array = json_array();

	for (size_t i = 0; i < len; i++)
		(void)json_array_append_new(array, row_json(&rows[i]));
	(void)json_object_set_new(object, "host", text_json(test->host));
	(void)json_object_set_new(object, "port", text_json(test->port));
	for (int i = 0; i < RELAYTEST_VERDICTS; i++)
		(void)json_object_set_new(object, relaytest_verdict_name((enum relaytest_verdict)i), json_integer((json_int_t)sum->count[i]));
	if (sum->problem != NULL)
		(void)json_object_set_new(object, "problem", text_json(sum->problem));
	(void)json_object_set_new(object, "patterns", array);
	(void)json_dumpf(object, out, JSON_INDENT(1));
	(void)fputc('\n', out);
	json_decref(object);
}
