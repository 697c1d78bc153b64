/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/model/scanner.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };

#define START "From x\n"

static const struct limits roomy = { .message_size = 1u << 20, .header_size = 1u << 18, .header_count = 2000, .spool = 1u << 30 };

static struct message *new_message(void)
{
	struct arena *arena = arena_new();
	struct message *message = arena_new_of(arena, struct message);

	*message = (struct message){ .arena = arena, .body_fd = -1 };
	return message;
}

static void end_message(struct message *message)
{
	(void)close_fd(message->body_fd);
	arena_free(message->arena);
}

static void assert_holds(const struct message *message, const char *expected)
{
	char bytes[8192];
	ssize_t n = pread(message->body_fd, bytes, sizeof(bytes), 0);

	assert_int_equal(n, strlen(expected));
	assert_memory_equal(bytes, expected, strlen(expected));
}

static const struct field {
	const char *name, *field, *value, *expected;
} field_table[] = {
	{ "a_field_ends_with_crlf", "Subject", " hi", START "Subject: hi\r\n\r\n" },
	{ "no_space_behind_the_colon_is_made", "Subject", "hi", START "Subject:hi\r\n\r\n" },
	{ "a_fold_becomes_crlf", "Subject", " a\n b\n\tc", START "Subject: a\r\n b\r\n\tc\r\n\r\n" },
	{ "a_crlf_stays_one_MLT_08", "Subject", " a\r\n b", START "Subject: a\r\n b\r\n\r\n" },
	{ "a_bare_cr_stays_one_SMTP_03", "Subject", " a\rb", START "Subject: a\rb\r\n\r\n" },
	{ "line_ends_at_both_ends", "Subject", "\n\n", START "Subject:\r\n\r\n\r\n\r\n" },
	{ "an_empty_value", "Subject", "", START "Subject:\r\n\r\n" },
	{ "a_name_as_it_came_HDR_03", "SUBJECT ", " x", START "SUBJECT : x\r\n\r\n" },
	{ "a_name_that_looks_like_an_archive", "PK\3\4", " x", START "PK\3\4: x\r\n\r\n" },
	{ "no_field_at_all_SMTP_04", NULL, NULL, START "\r\n" },
};

static void check_field(void **state)
{
	const struct field *row = *state;
	struct message *message = new_message();
	struct spool spool = { 0 };

	if (row->field != NULL)
		headers_add(message->arena, &message->headers, row->field, row->value);
	spool_header(&spool, &roomy, message);
	assert_holds(message, row->expected);
	assert_int_equal(message->body_offset, strlen(row->expected));
	assert_int_equal(message->size_bytes, message->headers.size_bytes);
	assert_false(message->too_large || message->spool_full);
	spool_header(&spool, &roomy, message);		/* again: nothing happens */
	assert_holds(message, row->expected);
	end_message(message);
	assert_int_equal(spool.used, 0);
}

static void pieces_of_a_body_follow_each_other(void **state)
{
	struct message *message = new_message();
	struct spool spool = { 0 };

	(void)state;
	spool_header(&spool, &roomy, message);
	spool_body(&spool, &roomy, message, "one\r\n", 5);
	spool_body(&spool, &roomy, message, "", 0);
	spool_body(&spool, &roomy, message, "t\0o", 3);
	assert_int_equal(message->size_bytes, 8);
	assert_int_equal(lseek(message->body_fd, 0, SEEK_END), strlen(START "\r\n") + 8);
	end_message(message);
}

static void a_sealed_message_cannot_be_changed_OS_07(void **state)
{
	struct message *message = new_message();
	struct spool spool = { 0 };

	(void)state;
	spool_header(&spool, &roomy, message);
	spool_body(&spool, &roomy, message, "body", 4);
	assert_int_equal(spool_seal(message), 0);
	assert_int_equal(pwrite(message->body_fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(message->body_fd, 0), -1);
	assert_int_equal(ftruncate(message->body_fd, 100000), -1);
	assert_ptr_equal(mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, message->body_fd, 0), MAP_FAILED);
	assert_int_equal(fcntl(message->body_fd, F_ADD_SEALS, F_SEAL_SEAL), -1);
	assert_holds(message, START "\r\nbody");
	end_message(message);
}

static void what_was_never_opened_cannot_be_sealed(void **state)
{
	struct message *message = new_message();

	(void)state;
	assert_int_equal(spool_seal(message), -EBADF);
	end_message(message);
}

static const struct size {
	const char *name;
	size_t header, body, pieces, limit;
	bool too_large;
	size_t kept;	/* bytes of the body */
} size_table[] = {
	{ "just_the_limit", 100, 900, 1, 1000, false, 900 },
	{ "one_byte_over_the_limit", 100, 901, 1, 1000, true, 0 },
	{ "just_the_limit_in_pieces", 100, 900, 9, 1000, false, 900 },
	{ "over_the_limit_in_pieces", 100, 1000, 10, 1000, true, 900 },
	{ "a_header_of_just_the_limit", 1000, 0, 0, 1000, false, 0 },
	{ "a_header_over_the_limit_without_a_body", 1001, 0, 0, 1000, true, 0 },
	{ "a_header_over_the_limit_with_a_body", 1001, 10, 1, 1000, true, 0 },
};

static void check_size(void **state)
{
	const struct size *row = *state;
	struct limits limits = roomy;
	struct message *message = new_message();
	struct spool spool = { 0 };
	char filler[2000];
	off_t end;

	memset(filler, 'x', sizeof(filler));
	filler[row->header - strlen("X:\r\n")] = '\0';
	limits.message_size = row->limit;
	headers_add(message->arena, &message->headers, "X", filler);
	spool_header(&spool, &limits, message);
	for (size_t i = 0; i < row->pieces; i++)
		spool_body(&spool, &limits, message, filler, row->body / row->pieces);
	assert_int_equal(message->size_bytes, row->header + row->body);
	assert_int_equal(message->too_large, row->too_large);
	assert_false(message->spool_full);
	end = lseek(message->body_fd, 0, SEEK_END);
	assert_int_equal(end, row->header > row->limit ? 0 : (off_t)(strlen(START "\r\n") + row->header + row->kept));
	assert_int_equal(spool.used, end);
	end_message(message);
	assert_int_equal(spool.used, 0);
}

static void a_header_over_its_own_limit_is_not_kept_SMTP_05(void **state)
{
	struct message *message = new_message();
	struct spool spool = { 0 };

	(void)state;
	message->headers_too_large = true;
	headers_add(message->arena, &message->headers, "X", " y");
	spool_header(&spool, &roomy, message);
	spool_body(&spool, &roomy, message, "body", 4);
	assert_int_equal(lseek(message->body_fd, 0, SEEK_END), 0);
	assert_int_equal(message->size_bytes, strlen("X: y\r\n") + 4);
	end_message(message);
}

static void messages_share_the_spool_and_give_their_part_back_RES_03(void **state)
{
	const size_t fixed = strlen(START "\r\n");
	struct limits limits = roomy;
	struct message *first = new_message(), *second = new_message(), *third = new_message();
	struct spool spool = { 0 };

	(void)state;
	limits.spool = 2 * fixed + 20;
	spool_header(&spool, &limits, first);
	spool_header(&spool, &limits, second);
	spool_body(&spool, &limits, first, "0123456789", 10);
	spool_body(&spool, &limits, second, "0123456789", 10);
	assert_false(first->spool_full || second->spool_full);
	assert_int_equal(spool.used, limits.spool);
	spool_body(&spool, &limits, second, "x", 1);
	assert_true(second->spool_full);
	spool_header(&spool, &limits, third);
	assert_true(third->spool_full);
	end_message(third);
	end_message(first);
	assert_int_equal(spool.used, fixed + 10);
	spool_body(&spool, &limits, second, "x", 1);	/* there is room again, but a piece is missing */
	assert_int_equal(spool.used, fixed + 10);
	end_message(second);
	assert_int_equal(spool.used, 0);
}

static void *fill(void *arg)
{
	struct limits limits = roomy;

	limits.spool = 100000;
	for (int i = 0; i < 300; i++) {
		struct message *message = new_message();

		spool_header(arg, &limits, message);
		for (int j = 0; j < 10; j++)
			spool_body(arg, &limits, message, START START START START START START START START, 56);
		end_message(message);
	}
	return NULL;
}

static void nothing_of_the_spool_is_lost_between_threads(void **state)
{
	struct spool spool = { 0 };
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fill, &spool), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(spool.used, 0);
}

static void counting_keeps_nothing(void **state)
{
	struct limits limits = roomy;
	struct message *message = new_message();

	(void)state;
	limits.message_size = 10;
	spool_count(&limits, message, 10);
	assert_false(message->too_large);
	spool_count(&limits, message, 1);
	assert_true(message->too_large);
	assert_int_equal(message->size_bytes, 11);
	assert_int_equal(message->body_fd, -1);
	end_message(message);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, field_table, check_field);
	rows_add_one(&rows, "pieces_of_a_body_follow_each_other", pieces_of_a_body_follow_each_other, NULL);
	rows_add_one(&rows, "a_sealed_message_cannot_be_changed_OS_07", a_sealed_message_cannot_be_changed_OS_07, NULL);
	rows_add_one(&rows, "what_was_never_opened_cannot_be_sealed", what_was_never_opened_cannot_be_sealed, NULL);
	rows_add(&rows, size_table, check_size);
	rows_add_one(&rows, "a_header_over_its_own_limit_is_not_kept_SMTP_05", a_header_over_its_own_limit_is_not_kept_SMTP_05, NULL);
	rows_add_one(&rows, "messages_share_the_spool_and_give_their_part_back_RES_03",
		     messages_share_the_spool_and_give_their_part_back_RES_03, NULL);
	rows_add_one(&rows, "nothing_of_the_spool_is_lost_between_threads", nothing_of_the_spool_is_lost_between_threads, NULL);
	rows_add_one(&rows, "counting_keeps_nothing", counting_keeps_nothing, NULL);
	return rows_run(&rows, "spool");
}
