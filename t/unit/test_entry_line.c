/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/entry_line.h"

#include <stdlib.h>
#include <time.h>

#include "milter/entry_copy.h"
#include "t/unit/rows.h"

#define AT .time_ms = 1795183445000LL, .id = "7K3F-QX2M"
#define TIME "2026-11-20 14:04:05 7K3F-QX2M "
#define TO(...) .recipients = (const struct journal_recipient[]){ __VA_ARGS__ }, \
	.recipients_len = sizeof((const struct journal_recipient[]){ __VA_ARGS__ }) / sizeof(struct journal_recipient)

static const struct line {
	const char *name;
	struct journal_entry entry;
	unsigned columns;
	const char *line;
} lines[] = {
	{ "message", { .kind = JOURNAL_MESSAGE, AT, .verdict = "reject", .mailfrom = "a@ext.example", TO({ .address = "u@ours.example" }),
	  .decided_by = "spf:fail" }, 106, TIME "reject     a@ext.example         u@ours.example        spf:fail" },
	{ "several_recipients", { .kind = JOURNAL_MESSAGE, AT, .verdict = "accept", .mailfrom = "a@ext.example",
	  TO({ .address = "u@ours.example" }, { .address = "v@ours.example" }) }, 106, TIME "accept     a@ext.example         +1 u@ours.example" },
	{ "null_sender", { .kind = JOURNAL_MESSAGE, AT, .verdict = "accept", TO({ .address = "u@ours.example" }) }, 106,
	  TIME "accept     <>                    u@ours.example" },
	{ "login_beside_another_sender", { .kind = JOURNAL_MESSAGE, AT, .verdict = "accept", .mailfrom = "b@o.example", .login = "bob", TO({ .address = "v@x.example" }) },
	  106, TIME "accept     b@o.example (bob)     v@x.example" },
	{ "login_that_is_the_sender", { .kind = JOURNAL_MESSAGE, AT, .verdict = "accept", .mailfrom = "b@o.example", .login = "b@o.example",
	  TO({ .address = "v@x.example" }) }, 106, TIME "accept     b@o.example           v@x.example" },
	{ "session", { .kind = JOURNAL_SESSION, AT, .verdict = "reject", .client = "203.0.113.9", .decided_by = "session:denied" }, 106,
	  TIME "reject     203.0.113.9           -                     session:denied" },
	{ "attempt", { .kind = JOURNAL_TRANSACTION, AT, .verdict = "reject", .mailfrom = "a@ext.example", .refused = 3, .decided_by = "relay:denied" }, 106,
	  TIME "reject     a@ext.example         3 refused             relay:denied" },
	{ "observed", { .kind = JOURNAL_MESSAGE, AT, .verdict = "accept", .mailfrom = "a@ext.example", TO({ .address = "u@o.example" }),
	  .observed = "tag (spf:fail)" }, 106, TIME "accept     a@ext.example         u@o.example           would: tag (spf:fail)" },
	{ "failure", { .kind = JOURNAL_MESSAGE, AT, .verdict = "defer", .mailfrom = "a@e.example", TO({ .address = "u@o.example" }), .failure = "no room",
	  .decided_by = "spf:fail" }, 106, TIME "defer      a@e.example           u@o.example           no room" },
	{ "event", { .kind = JOURNAL_EVENT, AT, .event = "hold", .subject_of = "login:bob", .operator = "alice", .note = "for 2h" }, 106,
	  TIME "hold       login:bob (alice): for 2h" },
	{ "wide_terminal_shows_the_client", { .kind = JOURNAL_MESSAGE, AT, .verdict = "accept", .client = "203.0.113.9", .mailfrom = "a@ext.example",
	  TO({ .address = "u@o.example" }) }, 140, TIME "accept     203.0.113.9     a@ext.example               u@o.example" },
	{ "narrow_terminal", { .kind = JOURNAL_MESSAGE, AT, .verdict = "accept", .mailfrom = "a@ext.example", TO({ .address = "u@o.example" }) }, 60,
	  "" },	/* what is left of it is not wider than the terminal */
	{ "hostile_LOG_01", { .kind = JOURNAL_MESSAGE, AT, .verdict = "\x1b[1m", .mailfrom = "\x1b]0;x\x07", TO({ .address = "\xe2\x80\xae@x\n" }), .decided_by = "\x9b" }, 106,
	  TIME "\\x1b[1m    \\x1b]0;x\\x07          \\u202e@x\\x0a          \\x9b" },
};

static void check_line(void **state)
{
	const struct line *row = *state;
	struct arena *arena = arena_new();
	const struct show show = { .arena = arena, .columns = row->columns };
	struct journal_entry entry = entry_copy(arena, &row->entry);
	const char *line = entry_line(&show, &entry);

	assert_true(show_width(line) <= row->columns);
	if (row->columns > 60)
		assert_string_equal(line, row->line);
	arena_free(arena);
}

static void the_heading_stands_above_its_columns(void **state)
{
	const struct show show = { .arena = arena_new(), .columns = 106 };

	(void)state;
	assert_string_equal(entry_line_heading(&show), "TIME                ID        VERDICT    FROM                  TO                    WHY");
	arena_free(show.arena);
}

int main(void)
{
	static struct rows rows;

	(void)setenv("TZ", "UTC0", 1);
	tzset();
	rows_add(&rows, lines, check_line);
	rows_add_one(&rows, "the_heading_stands_above_its_columns", the_heading_stands_above_its_columns, NULL);
	return rows_run(&rows, "entry_line");
}
