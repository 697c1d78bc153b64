/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/release_send.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/option.h"
#include "milter/model/scanner.h"
#include "t/lib/spool_bench.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };

#define MARK "AAAA-AAAA.x"
#define TOP "X-Octroi-Release: " MARK "\n"

struct sending {
	struct bench *bench;
	char program[300], taken[300], called[300], problem[CONF_PROBLEM_MAX];
};

/* last: what the program does when it has written down how it was called. */
static struct sending *sending_new(const char *last)
{
	struct sending *sending = calloc(1, sizeof(*sending));
	char script[1000];

	sending->bench = bench_new();
	(void)snprintf(sending->program, sizeof(sending->program), "%s/sendmail", sending->bench->root);
	(void)snprintf(sending->taken, sizeof(sending->taken), "%s/taken", sending->bench->root);
	(void)snprintf(sending->called, sizeof(sending->called), "%s/called", sending->bench->root);
	(void)snprintf(script, sizeof(script), "#!/bin/sh\nfor word; do echo \"$word\"; done > %s\n%s%s\n", sending->called, last,
		       strchr(last, '>') == NULL ? "" : sending->taken);
	bench_write(sending->program, script);
	assert_int_equal(chmod(sending->program, 0700), 0);
	return sending;
}

static void sending_free(struct sending *sending)
{
	bench_free(sending->bench);
	free(sending);
}

static int send_it(struct sending *sending, const struct quarantine_item *item, struct str message)
{
	int fd = memfd_create("message", MFD_CLOEXEC), r;

	assert_int_equal(write(fd, message.p, message.len), message.len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	r = release_send(sending->program, item, item->recipients, item->recipients_len, MARK, fd, sending->problem);
	(void)close(fd);
	return r;
}

static const struct text_row {
	const char *name, *message, *expected;
} text_table[] = {
	{ "lines_end_in_lf", "Subject: x\r\n\r\na\r\n", TOP "Subject: x\n\na\n" },
	{ "lf_stays", "a\nb", TOP "a\nb" },
	{ "a_cr_alone_stays", "a\rb\r\n", TOP "a\rb\n" },
	{ "of_two_cr_one_stays", "a\r\r\n", TOP "a\r\n" },
	{ "a_cr_at_the_end_stays", "a\r", TOP "a\r" },
	{ "nothing", "", TOP },
};

static void check_text(void **state)
{
	const struct text_row *row = *state;
	struct sending *sending = sending_new("cat > ");
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000);

	assert_int_equal(send_it(sending, &item, str_of(row->message)), 0);
	bench_assert_file(sending->taken, row->expected);
	bench_assert_file(sending->called, "-i\n-f\na@ext.example\n--\n<u@ours.example>\n");
	sending_free(sending);
}

static void a_line_end_may_lie_between_two_pieces(void **state)
{
	enum { AT = (1 << 16) - 1, LEN = AT + 3 };
	struct sending *sending = sending_new("tail -c 3 > ");
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000);
	char *message = malloc(LEN);

	(void)state;
	memset(message, 'x', LEN);
	message[AT] = '\r';
	message[AT + 1] = '\n';
	assert_int_equal(send_it(sending, &item, (struct str){ message, LEN }), 0);
	bench_assert_file(sending->taken, "x\nx");
	free(message);
	sending_free(sending);
}

static void nothing_in_an_address_is_an_option_or_a_list(void **state)
{
	static const char *const recipients[] = { "-oQ/tmp@x.example", "\"a, b\"@x.example", "|sh@x.example" };
	struct sending *sending = sending_new("cat > ");
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000);

	(void)state;
	item.mailfrom = "";
	item.recipients = recipients;
	item.recipients_len = 3;
	assert_int_equal(send_it(sending, &item, STR("x")), 0);
	bench_assert_file(sending->called, "-i\n-f\n<>\n--\n<-oQ/tmp@x.example>\n<\"a, b\"@x.example>\n<|sh@x.example>\n");
	sending_free(sending);
}

static const struct failure_row {
	const char *name, *last, *problem;
	size_t size;
} failure_table[] = {
	{ "a_status_other_than_0_is_a_failure", "cat > /dev/null; exit 75 # > ", "75", 10 },
	{ "so_is_a_signal", "kill -9 $$", "signal 9", 10 },
	{ "so_is_one_that_does_not_read_all_of_it", "exit 0", "did not read all of it", 1 << 20 },
	{ "so_is_one_that_is_not_there", NULL, "cannot be run", 10 },
};

static void check_failure(void **state)
{
	const struct failure_row *row = *state;
	struct sending *sending = sending_new(row->last == NULL ? "" : row->last);
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000);
	char *message = calloc(1, row->size);

	if (row->last == NULL)
		assert_int_equal(unlink(sending->program), 0);
	assert_true(send_it(sending, &item, (struct str){ message, row->size }) < 0);
	assert_non_null(strstr(sending->problem, row->problem));
	free(message);
	sending_free(sending);
}

static void what_cannot_be_read_is_not_sent(void **state)
{
	struct sending *sending = sending_new("cat > /dev/null && echo ended > ");
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000);

	(void)state;
	assert_true(release_send(sending->program, &item, item.recipients, 1, MARK, -1, sending->problem) < 0);
	assert_non_null(strstr(sending->problem, "cannot be read"));
	assert_int_equal(access(sending->taken, F_OK), -1);
	sending_free(sending);
}

int main(void)
{
	struct rows rows = { .len = 0 };

	rows_add(&rows, text_table, check_text);
	rows_add(&rows, failure_table, check_failure);
	rows_add_one(&rows, "a_line_end_may_lie_between_two_pieces", a_line_end_may_lie_between_two_pieces, NULL);
	rows_add_one(&rows, "nothing_in_an_address_is_an_option_or_a_list", nothing_in_an_address_is_an_option_or_a_list, NULL);
	rows_add_one(&rows, "what_cannot_be_read_is_not_sent", what_cannot_be_read_is_not_sent, NULL);
	return rows_run(&rows, "release_send");
}
