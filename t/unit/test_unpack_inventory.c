/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which mail a report is about, as the whole walk finds it. */
#include <stdlib.h>

#include "milter/unpack/prepare.h"
#include "milter/unpack/unpack.h"
#include "t/unit/rows.h"

#define HEAD(type) "From x\nContent-Type: " type "\n\n"
#define REPORT HEAD("multipart/report; report-type=delivery-status; boundary=\"b\"") "--b\n\nIt bounced.\n"
#define END "\n--b--\n"

static const struct about_row {
	const char *name;
	const char *message;
	const char *about;	/* joined with spaces */
} rows_of_about[] = {
	{ "headers_that_are_returned", REPORT "--b\nContent-Type: text/rfc822-headers\n\nSubject: x\nMessage-ID: <1@a>\nTo: y\n" END, "1@a" },
	{ "a_message_that_is_returned", REPORT "--b\nContent-Type: message/rfc822\n\nMessage-Id: <2.b@a.example>\nSubject: x\n\ntext\n" END, "2.b@a.example" },
	{ "global_headers", REPORT "--b\nContent-Type: message/global-headers\n\nMESSAGE-ID : <3@a>\n" END, "3@a" },
	{ "encoded", REPORT "--b\nContent-Type: text/rfc822-headers\nContent-Transfer-Encoding: base64\n\nTWVzc2FnZS1JRDogPDRAYT4K\n" END, "4@a" },
	{ "folded", REPORT "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID:\n <5@a>\nTo: y\n" END, "5@a" },
	{ "lines_with_CR", "From x\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
	  "Subject: x\r\nMessage-ID: <6@a>\r\n\r\n--b--\r\n", "6@a" },
	{ "the_same_twice_is_one", REPORT "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <7@a>\n--b\nContent-Type: message/rfc822\n\n"
	  "Message-ID: <7@a>\n\nx" END, "7@a" },
	{ "only_in_the_header_of_it", REPORT "--b\nContent-Type: message/rfc822\n\nSubject: x\n\nMessage-ID: <8@a>\n" END, "" },
	{ "another_field", REPORT "--b\nContent-Type: text/rfc822-headers\n\nX-Message-ID: <9@a>\nMessage-ID-Of: <9@a>\n" END, "" },
	{ "no_brackets", REPORT "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: 9@a\n" END, "" },
	{ "one_bracket", REPORT "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <9@a\n" END, "" },
	{ "a_space_in_it", REPORT "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <9 9@a>\n" END, "" },
	{ "nothing_in_it", REPORT "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <>\n" END, "" },
	{ "its_own_is_not_meant", HEAD("text/plain\nMessage-ID: <9@a>") "Message-ID: <10@a>\n", "" },
	{ "text_of_another_type", REPORT "--b\nContent-Type: text/plain\n\nMessage-ID: <11@a>\n" END, "" },
	{ "nine_are_eight", REPORT
	  "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <1>\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <2>\n"
	  "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <3>\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <4>\n"
	  "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <5>\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <6>\n"
	  "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <7>\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <8>\n"
	  "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <9>\n" END, "1 2 3 4 5 6 7 8" },
};

static void look(struct arena *arena, struct str message, char *out, size_t size)
{
	static const struct unpack_settings settings = { .limits = {
		.depth = 20, .parts = 1000, .members = 1000, .names = 1000, .header_bytes = 1 << 16, .decoded_bytes = 1 << 26,
		.member_bytes = 1 << 26, .ratio = 100, .memory_bytes = 1 << 26, .cpu_ms = 20000 } };
	struct inventory inventory;

	unpack_message(&settings, arena, message, &inventory);
	out[0] = '\0';
	for (size_t i = 0; i < inventory.about_len; i++) {
		size_t len = strlen(out);

		(void)snprintf(out + len, size - len, "%s%s", len == 0 ? "" : " ", inventory.about[i]);
	}
}

static void a_report_is_about_these(void **state)
{
	const struct about_row *row = *state;
	struct arena *arena = arena_new();
	char out[1000];

	look(arena, (struct str){ row->message, strlen(row->message) }, out, sizeof(out));
	assert_string_equal(out, row->about);
	arena_free(arena);
}

/* A header that has no end, a line that has none, an id that has none. */
static void large_ones_are_looked_at_but_for_a_while(void **state)
{
	static const char *const starts[] = { "Message-ID: <", "", "X: a\n", "Message-ID:" };
	static const char fills[] = { 'x', '\n', ' ', '<' };
	enum { SIZE = 10000000 };
	struct arena *arena = arena_new();
	char *message = malloc(SIZE), out[1000];

	(void)state;
	assert_non_null(message);
	for (size_t i = 0; i < 4; i++) {
		int len;

		memset(message, fills[i], SIZE);
		len = sprintf(message, REPORT "--b\nContent-Type: text/rfc822-headers\n\n%s", starts[i]);
		message[len] = fills[i];
		look(arena, (struct str){ message, SIZE }, out, sizeof(out));
		assert_string_equal(out, "");
	}
	free(message);
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;
	char problem[UNPACK_PROBLEM_MAX];

	if (unpack_prepare(problem) < 0) {
		printf("Bail out! %s\n", problem);
		return 1;
	}
	rows_add(&rows, rows_of_about, a_report_is_about_these);
	rows_add_one(&rows, "large_ones_are_looked_at_but_for_a_while", large_ones_are_looked_at_but_for_a_while, NULL);
	return rows_run(&rows, "unpack_inventory");
}
