/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/seal.h"

#include <errno.h>

#include "milter/isolate/job.h"
#include "milter/model/limits.h"
#include "milter/model/scanner.h"
#include "t/lib/gate.h"
#include "t/unit/rows.h"

/* A scanner that stamps what it sees, and fails on demand. */
static char seen[1024];
static int answer;

static int seal_all(struct scan *scan, const struct headers *headers)
{
	char *out = seen;

	for (size_t i = 0; i < headers->len; i++)
		out += snprintf(out, sizeof(seen) - (size_t)(out - seen), "%s:%s|", headers->items[i].name, headers->items[i].value);
	stamp_add(scan, "X-First-Seal", "1");
	stamp_add(scan, "X-Second-Seal", "2");
	return answer;
}

static enum direction direction(const struct scan *scan)
{
	return scan->message->credentials.login[0] == '\0' ? DIRECTION_INBOUND : DIRECTION_SUBMISSION;
}

static enum ground ground(struct scan *scan, const char **ret_detail)
{
	(void)scan;
	*ret_detail = "";
	return GROUND_DOMAIN;
}

struct nothing {
	bool dummy;
};

static const struct option options[] = {
	{ "dummy", OPTION_BOOL, offsetof(struct nothing, dummy), .fallback = "no", .summary = "nothing" }, OPTION_END
};
static const struct option_section section = { .name = "sealer", .options = options, .settings_size = sizeof(struct nothing),
	.summary = "" };
static const struct option_section *const sections[] = { &section, &limits_section, NULL };
static const struct outcome outcomes[] = { { .name = NULL } };
static const struct scanner sealer = {
	.name = "sealer", .summary = "", .sections = sections, .outcomes = outcomes, .directions = SCANNER_IN(DIRECTION_SUBMISSION),
	.direction = direction, .ground = ground, .seal = seal_all,
};

const struct scanner *const scanners[] = { &sealer, NULL };
const struct job_kind *const job_kinds[] = { NULL };

struct header_row {
	const char *name;
	const char *fields;	/* names; their values are 1, 2, 3 ... */
	const char *edits;	/* "-N" removes field N, "~N" changes it to "changed", "+NAME" inserts NAME: "new" */
	const char *header;
};

static const struct header_row header_rows[] = {
	{ "no edit", "AB", "", "A:1|B:2|" },
	{ "removed fields are gone, those of the same name stay", "ABAAC", "-4-1", "B:2|A:3|C:5|" },
	{ "all of them", "AAA", "-3-2-1", "" },
	{ "a changed one stays where it is", "ABA", "~3", "A:1|B:2|A:changed|" },
	{ "inserted ones stand on top, the last first", "A", "+X+Y", "Y:new|X:new|A:1|" },
	{ "everything at once", "ABCA", "-4-2~3+X", "X:new|A:1|C:changed|" },
	{ "no header", "", "+X", "X:new|" },
};

static struct edits read_edits(struct arena *arena, const struct message *message, const char *text)
{
	struct edits edits = { .len = 0 };

	for (; *text != '\0'; text += 2) {
		struct edit *edit = arena_push(arena, (void **)&edits.items, &edits.len, sizeof(*edit));
		const struct header *header = *text == '+' ? NULL : &message->headers.items[text[1] - '1'];

		*edit = (struct edit){ *text == '-' ? EDIT_REMOVE : *text == '~' ? EDIT_CHANGE : EDIT_INSERT,
				       header == NULL ? arena_strndup(arena, text + 1, 1) : header->name,
					header == NULL ? 0 : header->index,
				       *text == '-' ? NULL : header == NULL ? "new" : "changed" };
	}
	return edits;
}

static void add_fields(struct message *message, const char *names)
{
	for (size_t i = 0; names[i] != '\0'; i++)
		headers_add(message->arena, &message->headers, (const char[]){ names[i], '\0' }, (const char[]){ (char)('1' + i),
			'\0' });
}

static void check_header(void **state)
{
	const struct header_row *row = *state;
	struct message message = { .arena = arena_new() };
	struct edits edits;
	struct headers headers;
	char text[256] = "", *out = text;

	add_fields(&message, row->fields);
	edits = read_edits(message.arena, &message, row->edits);
	headers = seal_header(&message, &edits);
	for (size_t i = 0; i < headers.len; i++)
		out += sprintf(out, "%s:%s|", headers.items[i].name, headers.items[i].value);
	assert_string_equal(text, row->header);
	arena_free(message.arena);
}

/* Two fields arrive, of which the second is forged; the verdict is action. */
static struct edits seal_one(struct gate *gate, const char *login, enum action action)
{
	struct message *message;

	gate_connect(gate, "203.0.113.7");
	(void)gate_mail(gate, login, "<a@ext.example>");
	message = gate->session->message;
	headers_add(message->arena, &message->headers, "A", "1");
	headers_add(message->arena, &message->headers, "X-Octroi-Verdict", "forged");
	seen[0] = '\0';
	return seal_edits(gate->engine, gate->session, &(struct verdict){ .action = action, .by_name = "", .observed = "",
									  .reply = { .code = action == ACTION_REJECT ? 550 : 0 } });
}

static void a_seal_sees_what_leaves_and_goes_on_top(void **state)
{
	struct gate *gate = gate_open("tag { subject = \"[T]\" }\n");
	struct edits edits;

	(void)state;
	answer = 0;
	edits = seal_one(gate, "alice", ACTION_TAG);
	assert_null(edits.failure);
	assert_memory_equal(seen, "X-Octroi-Verdict: tag; ", 23);
	assert_null(strstr(seen, "forged"));
	assert_non_null(strstr(seen, "|Subject: [T]|A:1|"));
	assert_string_equal(edits.items[edits.len - 2].name, "X-Second-Seal");
	assert_string_equal(edits.items[edits.len - 1].name, "X-First-Seal");
	assert_string_equal(edits.items[edits.len - 1].value, " 1");
	gate_close(gate);
}

static void a_seal_that_fails_is_heard_of(void **state)
{
	struct gate *gate = gate_open("");

	(void)state;
	answer = -EIO;
	assert_non_null(seal_one(gate, "alice", ACTION_ACCEPT).failure);
	gate_close(gate);
}

static void assert_not_sealed(const char *login, enum action action, bool edited)
{
	struct gate *gate = gate_open("");
	struct edits edits;

	answer = -EIO;
	edits = seal_one(gate, login, action);
	assert_string_equal(seen, "");
	assert_null(edits.failure);
	assert_int_equal(edits.len > 0, edited);
	gate_close(gate);
}

static void what_does_not_leave_and_other_directions_are_not_sealed(void **state)
{
	(void)state;
	assert_not_sealed("", ACTION_ACCEPT, true);
	assert_not_sealed("alice", ACTION_REJECT, false);
	assert_not_sealed("alice", ACTION_DISCARD, false);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, header_rows, check_header);
	rows_add_one(&rows, "a seal sees what leaves, and goes on top", a_seal_sees_what_leaves_and_goes_on_top, NULL);
	rows_add_one(&rows, "a seal that fails is heard of", a_seal_that_fails_is_heard_of, NULL);
	rows_add_one(&rows, "what does not leave, and other directions, are not sealed",
		what_does_not_leave_and_other_directions_are_not_sealed, NULL);
	return rows_run(&rows, "seal");
}
