/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is held, and what comes back: hold.c and release.c, without an MTA. */
#include "milter/hold.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/release.h"
#include "milter/settings.h"
#include "milter/spool.h"
#include "t/lib/spool_bench.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };

static const struct limits roomy = { .message_size = 1u << 20, .header_size = 1u << 18, .header_count = 2000, .spool = 1u << 30 };

struct stage {
	struct bench *bench;	/* its root is the state directory */
	struct conf *conf;
	struct hold_place *place;
	struct session session;
	struct message message;
	struct verdict verdict;
	struct edits edits;
	struct spool spool;
};

static char happened_event[100], happened_about[100];

static void happened(const struct event *event)
{
	(void)snprintf(happened_event, sizeof(happened_event), "%s", event->event);
	(void)snprintf(happened_about, sizeof(happened_about), "%s", event->about);
}

static const struct services services = { .happened = happened };

static struct stage *stage_new(const char *quarantine)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	char file[300], text[1000];
	size_t errors;

	stage->bench = bench_new();
	(void)snprintf(file, sizeof(file), "%s/milter.conf", stage->bench->root);
	(void)snprintf(text, sizeof(text), "state { directory = \"%s\" }\nquarantine { %s }\n", stage->bench->root, quarantine);
	bench_write(file, text);
	stage->conf = settings_load(file);
	(void)conf_errors(stage->conf, &errors);
	assert_int_equal(errors, 0);
	stage->place = hold_open(stage->conf, stage->bench->root);
	happened_event[0] = happened_about[0] = '\0';
	return stage;
}

static void begin_message(struct stage *stage, const char *id, const char *body)
{
	struct arena *arena = arena_new();
	struct recipient *recipient = arena_new_of(arena, struct recipient);

	stage->message = (struct message){ .arena = arena, .body_fd = -1, .queue_id = "4Xk2", .direction = DIRECTION_INBOUND,
					   .mailfrom = { .text = "a@ext.example", .localpart = "a" }, .credentials = { "", "", "", "", "", "" },
					   .findings = { .arena = arena }, .recipients = recipient, .recipients_len = 1 };
	recipient->address.text = "u@ours.example";
	(void)snprintf(stage->message.id, sizeof(stage->message.id), "%s", id);
	stage->session = (struct session){ .message = &stage->message, .client_name = "", .helo = "mx", .mta_host = "", .daemon_name = "",
					   .client = { .family = IP_V4, .bytes = { 127, 0, 0, 1 } } };
	stage->verdict = (struct verdict){ .action = ACTION_QUARANTINE, .by_name = "any:thing", .observed = "" };
	stage->edits = (struct edits){ .len = 0 };
	headers_add(arena, &stage->message.headers, "Subject", " =?utf-8?Q?h=C3=A9llo=1B?=");
	headers_add(arena, &stage->message.headers, "X-Odd", " a\n b");
	spool_header(&stage->spool, &roomy, &stage->message);
	spool_body(&stage->spool, &roomy, &stage->message, body, strlen(body));
}

static void end_message(struct stage *stage)
{
	(void)close_fd(stage->message.body_fd);
	arena_free(stage->message.arena);
}

static void stage_free(struct stage *stage)
{
	hold_close(stage->place);
	conf_free(stage->conf);
	bench_free(stage->bench);
	free(stage);
}

static void what_is_held_is_the_message_as_it_would_leave(void **state)
{
	struct stage *stage = stage_new("where = own");
	struct quarantine_item item;
	char bytes[300] = "";
	int fd;

	(void)state;
	begin_message(stage, "AAAA-AAAA", "text\r\n");
	edits_insert(&stage->edits, stage->message.arena, "X-Octroi-Verdict", "quarantine");
	assert_null(hold_message(stage->place, &stage->session, &stage->verdict, &stage->edits, &services));
	assert_string_equal(happened_event, "quarantined");
	assert_string_equal(happened_about, "quarantine:AAAA-AAAA");
	assert_int_equal(quarantine_get(hold_spool(stage->place), stage->bench->arena, "AAAA-AAAA", &item, &fd), 0);
	assert_true(read(fd, bytes, sizeof(bytes) - 1) > 0);
	assert_string_equal(bytes, "X-Octroi-Verdict: quarantine\r\nSubject: =?utf-8?Q?h=C3=A9llo=1B?=\r\nX-Odd: a\r\n b\r\n\r\ntext\r\n");
	assert_string_equal(item.held_by, "any:thing");
	assert_string_equal(item.subject, "h\xc3\xa9llo?");
	assert_string_equal(item.client, "127.0.0.1");
	assert_string_equal(item.mailfrom, "a@ext.example");
	assert_string_equal(item.recipients[0], "u@ours.example");
	(void)close(fd);
	end_message(stage);
	stage_free(stage);
}

static const struct ours_row {
	const char *name, *quarantine;
	enum action action;
	bool too_large, headers_too_large, spool_full, no_body, expected;
} ours_table[] = {
	{ "own_is_ours", "where = own", ACTION_QUARANTINE, .expected = true },
	{ "mta_is_the_mtas", "where = mta", ACTION_QUARANTINE, .expected = false },
	{ "another_verdict_is_not_held", "where = own", ACTION_TAG, .expected = false },
	{ "what_is_cut_is_the_mtas", "where = own", ACTION_QUARANTINE, .too_large = true },
	{ "what_lacks_fields_is_the_mtas", "where = own", ACTION_QUARANTINE, .headers_too_large = true },
	{ "what_found_no_room_is_the_mtas", "where = own", ACTION_QUARANTINE, .spool_full = true },
	{ "what_was_not_kept_is_the_mtas", "where = own", ACTION_QUARANTINE, .no_body = true },
};

static void check_ours(void **state)
{
	const struct ours_row *row = *state;
	struct stage *stage = stage_new(row->quarantine);
	const struct message message = { .body_fd = row->no_body ? -1 : 0, .too_large = row->too_large,
					 .headers_too_large = row->headers_too_large, .spool_full = row->spool_full };
	const struct verdict verdict = { .action = row->action };

	assert_int_equal(hold_is_ours(stage->place, &message, &verdict), row->expected);
	stage_free(stage);
}

static void a_spool_that_cannot_be_used_is_said_and_tried_again_RES_01(void **state)
{
	struct stage *stage = stage_new("where = own");
	char path[300];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/quarantine", stage->bench->root);
	hold_close(stage->place);
	assert_int_equal(rmdir(path), 0);
	bench_write(path, "in the way\n");
	stage->place = hold_open(stage->conf, stage->bench->root);
	begin_message(stage, "AAAA-AAAA", "text\r\n");
	assert_non_null(hold_message(stage->place, &stage->session, &stage->verdict, &stage->edits, &services));
	assert_string_equal(happened_event, "degraded");
	bench_assert_file(path, "in the way\n");
	assert_int_equal(unlink(path), 0);
	assert_null(hold_message(stage->place, &stage->session, &stage->verdict, &stage->edits, &services));
	end_message(stage);
	stage_free(stage);
}

static void what_could_not_be_sealed_is_not_held(void **state)
{
	struct stage *stage = stage_new("where = own");

	(void)state;
	begin_message(stage, "AAAA-AAAA", "text\r\n");
	stage->edits.failure = "it could not be sealed";
	assert_string_equal(hold_message(stage->place, &stage->session, &stage->verdict, &stage->edits, &services), "it could not be sealed");
	end_message(stage);
	stage_free(stage);
}

static void without_a_state_directory_there_is_no_spool(void **state)
{
	struct stage *stage = stage_new("where = own");

	(void)state;
	hold_close(stage->place);
	stage->place = hold_open(stage->conf, NULL);
	assert_null(hold_spool(stage->place));
	begin_message(stage, "AAAA-AAAA", "text\r\n");
	assert_non_null(hold_message(stage->place, &stage->session, &stage->verdict, &stage->edits, &services));
	end_message(stage);
	stage_free(stage);
}

/* One message is held and being released; another one, or the same, comes in with its mark. */
static const struct release_row {
	const char *name, *body;
	enum action action;
	bool spent_before, from_outside, cut, wrong_mark, spared, mark_left;
} release_table[] = {
	{ "its_own_message_is_spared_and_the_mark_is_spent", "text\r\n", ACTION_ACCEPT, .spared = true },
	{ "line_ends_of_another_mta_do_not_matter", "text\n", ACTION_ACCEPT, .spared = true },
	{ "a_message_that_must_come_again_keeps_its_mark", "text\r\n", ACTION_DEFER, .spared = true, .mark_left = true },
	{ "a_rejected_one_has_used_it", "text\r\n", ACTION_REJECT, .spared = true },
	{ "one_that_is_held_again_has_used_it", "text\r\n", ACTION_QUARANTINE, .spared = true },
	{ "another_body_is_not_spared_OS_06", "other\r\n", ACTION_ACCEPT, .mark_left = true },
	{ "a_second_time_it_is_not_spared_OS_06", "text\r\n", ACTION_ACCEPT, .spent_before = true },
	{ "nothing_from_outside_is_spared_OS_06", "text\r\n", ACTION_ACCEPT, .from_outside = true, .mark_left = true },
	{ "a_cut_message_is_not_spared", "text\r\n", ACTION_ACCEPT, .cut = true, .mark_left = true },
	{ "a_forged_mark_spares_nothing", "text\r\n", ACTION_ACCEPT, .wrong_mark = true, .mark_left = true },
};

static void hold_one(struct stage *stage, char mark[QUARANTINE_MARK_SIZE])
{
	begin_message(stage, "AAAA-AAAA", "text\r\n");
	assert_null(hold_message(stage->place, &stage->session, &stage->verdict, &stage->edits, &services));
	end_message(stage);
	assert_int_equal(quarantine_release_begin(hold_spool(stage->place), "AAAA-AAAA", mark), 0);
	assert_int_equal(quarantine_release_end(hold_spool(stage->place), "AAAA-AAAA", true), 0);
}

static void come_back(struct stage *stage, const struct release_row *row, const char *mark)
{
	begin_message(stage, "BBBB-BBBB", row->body);
	headers_add(stage->message.arena, &stage->message.headers, row->wrong_mark ? "X-Octroi-Release" : "x-octroi-release",
		    row->wrong_mark ? " AAAA-AAAA.000000000000000000000000000000000000000000000000" : arena_printf(stage->message.arena, " %s", mark));
	stage->message.too_large = row->cut;
	if (row->from_outside)
		stage->session.client.bytes[0] = 192;
	stage->verdict.action = row->action;
	release_look(stage->place, &stage->session, &stage->message);
}

static void check_release(void **state)
{
	const struct release_row *row = *state;
	struct stage *stage = stage_new("where = own");
	char mark[QUARANTINE_MARK_SIZE];
	struct quarantine_mark found;
	int r;

	hold_one(stage, mark);
	if (row->spent_before)
		assert_int_equal(quarantine_mark_spend(hold_spool(stage->place), mark), 0);
	come_back(stage, row, mark);
	assert_int_equal(stage->message.spared != NULL, row->spared);
	if (row->spared)
		assert_string_equal(stage->message.spared, "any:thing");
	assert_null(release_spend(stage->place, &stage->message, &stage->verdict));
	r = quarantine_mark_look(hold_spool(stage->place), stage->bench->arena, mark, &found);
	assert_int_equal(r, row->mark_left ? 0 : -ENOENT);
	end_message(stage);
	stage_free(stage);
}

static void of_two_with_one_mark_the_second_must_come_again_OS_06(void **state)
{
	static const struct release_row row = { .body = "text\r\n", .action = ACTION_ACCEPT };
	struct stage *stage = stage_new("where = own");
	char mark[QUARANTINE_MARK_SIZE];

	(void)state;
	hold_one(stage, mark);
	come_back(stage, &row, mark);
	assert_non_null(stage->message.spared);
	assert_int_equal(quarantine_mark_spend(hold_spool(stage->place), mark), 0);	/* by the other one */
	assert_non_null(release_spend(stage->place, &stage->message, &stage->verdict));
	end_message(stage);
	stage_free(stage);
}

static void what_is_held_again_has_both_names(void **state)
{
	static const struct release_row row = { .body = "text\r\n", .action = ACTION_QUARANTINE };
	struct stage *stage = stage_new("where = own");
	char mark[QUARANTINE_MARK_SIZE];
	struct quarantine_item item;
	int fd;

	(void)state;
	hold_one(stage, mark);
	come_back(stage, &row, mark);
	stage->verdict.by_name = "score";
	assert_null(hold_message(stage->place, &stage->session, &stage->verdict, &stage->edits, &services));
	assert_int_equal(quarantine_get(hold_spool(stage->place), stage->bench->arena, "BBBB-BBBB", &item, &fd), 0);
	assert_string_equal(item.held_by, "any:thing score");
	(void)close(fd);
	end_message(stage);
	stage_free(stage);
}

static void what_is_kept_too_long_goes(void **state)
{
	struct stage *stage = stage_new("where = own keep = 1h");
	char path[300];
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	(void)state;
	begin_message(stage, "AAAA-AAAA", "text\r\n");
	assert_null(hold_message(stage->place, &stage->session, &stage->verdict, &stage->edits, &services));
	(void)snprintf(path, sizeof(path), "%s/quarantine/AAAA-AAAA", stage->bench->root);
	assert_int_equal(utimensat(-1, path, old, 0), 0);
	hold_expire(stage->place);
	assert_int_equal(access(path, F_OK), -1);
	end_message(stage);
	stage_free(stage);
}

int main(void)
{
	struct rows rows = { .len = 0 };

	rows_add(&rows, ours_table, check_ours);
	rows_add(&rows, release_table, check_release);
	rows_add_one(&rows, "what_is_held_is_the_message_as_it_would_leave", what_is_held_is_the_message_as_it_would_leave, NULL);
	rows_add_one(&rows, "a_spool_that_cannot_be_used_is_said_and_tried_again_RES_01",
		     a_spool_that_cannot_be_used_is_said_and_tried_again_RES_01, NULL);
	rows_add_one(&rows, "what_could_not_be_sealed_is_not_held", what_could_not_be_sealed_is_not_held, NULL);
	rows_add_one(&rows, "without_a_state_directory_there_is_no_spool", without_a_state_directory_there_is_no_spool, NULL);
	rows_add_one(&rows, "of_two_with_one_mark_the_second_must_come_again_OS_06", of_two_with_one_mark_the_second_must_come_again_OS_06, NULL);
	rows_add_one(&rows, "what_is_held_again_has_both_names", what_is_held_again_has_both_names, NULL);
	rows_add_one(&rows, "what_is_kept_too_long_goes", what_is_kept_too_long_goes, NULL);
	return rows_run(&rows, "hold");
}
