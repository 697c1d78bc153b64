/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "t/unit/rows.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A256 A64 A64 A64 A64
#define X16 "\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01"
#define ONES16 "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"

static const struct pair {
	const char *name, *value, *expected;
} pair_table[] = {
	{ "plain", "mx.example", "k=mx.example" },
	{ "empty_is_quoted", "", "k=\"\"" },
	{ "missing_is_empty", NULL, "k=\"\"" },
	{ "space_is_quoted", "a b", "k=\"a b\"" },
	{ "equals_sign_is_quoted", "a=b", "k=\"a=b\"" },
	{ "quote_is_escaped", "a\"b", "k=\"a\\\"b\"" },
	{ "backslash_is_escaped", "a\\b", "k=\"a\\\\b\"" },
	{ "line_end_LOG_02", "mx\nDec  1 10:00:00 gw postfix/smtpd[1]: x", "k=\"mx\\x0aDec  1 10:00:00 gw postfix/smtpd[1]: x\"" },
	{ "carriage_return_LOG_01", "a\rb", "k=\"a\\x0db\"" },
	{ "escape_LOG_01", "\033[2J", "k=\"\\x1b[2J\"" },
	{ "delete_LOG_01", "\x7f", "k=\"\\x7f\"" },
	{ "c1_control_LOG_01", "\x9b" "1m", "k=\"\\x9b1m\"" },
	{ "c1_control_in_utf8_LOG_01", "\xc2\x85", "k=\"\\xc2\\x85\"" },
	{ "bidi_override_LOG_01", "\xe2\x80\xae", "k=\"\\xe2\\x80\\xae\"" },
	{ "conversions_LOG_01", "%s%n%99999d", "k=%s%n%99999d" },
	{ "forged_pair_LOG_02", "x verdict=accept", "k=\"x verdict=accept\"" },
	{ "forged_end_of_quotes_LOG_02", "x\" verdict=\"accept", "k=\"x\\\" verdict=\\\"accept\"" },
	{ "escaped_text_cannot_be_forged", "\\x0a", "k=\"\\\\x0a\"" },
	{ "exactly_the_cap", A256, "k=" A256 },
	{ "one_over_the_cap", A256 "b", "k=" A256 "..." },
	{ "escaped_bytes_count_to_the_cap_LOG_01", ONES16 ONES16 ONES16 ONES16 ONES16, "k=\"" X16 X16 X16 X16 "...\"" },
};

static void check_pair(void **state)
{
	const struct pair *row = *state;
	struct log_line line = { .len = 0 };

	log_line_add(&line, "k", row->value);
	assert_string_equal(line.text, row->expected);
	assert_int_equal(line.len, strlen(row->expected));
}

static const struct pair path_table[] = {
	{ "path", "a@example.org", "k=<a@example.org>" },
	{ "null_sender", "", "k=<>" },
	{ "no_sender", NULL, "k=<>" },
	{ "quoted_local_part", "\"a b\"@example.org", "k=\"<\\\"a b\\\"@example.org>\"" },
	{ "path_with_a_line_end_LOG_02", "a\n@b", "k=\"<a\\x0a@b>\"" },
	{ "path_over_the_cap", A256 "b", "k=<" A256 "...>" },
};

static void check_path(void **state)
{
	const struct pair *row = *state;
	struct log_line line = { .len = 0 };

	log_line_add_path(&line, "k", row->value);
	assert_string_equal(line.text, row->expected);
}

static void pairs_are_separated_by_one_space(void **state)
{
	struct log_line line = { .len = 0 };

	(void)state;
	log_line_add(&line, "a", "1");
	log_line_add_number(&line, "b", 0);
	log_line_add_number(&line, "c", UINT64_MAX);
	log_line_add_path(&line, "d", "");
	assert_string_equal(line.text, "a=1 b=0 c=18446744073709551615 d=<>");
}

static void a_pair_that_does_not_fit_is_left_out_whole(void **state)
{
	struct log_line line = { .len = 0 };
	size_t before;

	(void)state;
	do {
		before = line.len;
		log_line_add(&line, "key", A256);
	} while (line.len > before);
	assert_int_equal(line.len % (256 + 5), 256 + 4);	/* whole pairs and the spaces between them */
	assert_int_equal(strlen(line.text), line.len);
	log_line_add(&line, "k", "v");
	assert_string_equal(line.text + line.len - 4, " k=v");
}

static void twelve_fields_of_hostile_bytes_leave_room_for_the_verdict_LOG_01(void **state)
{
	struct log_line line = { .len = 0 };

	(void)state;
	for (int i = 0; i < 12; i++)
		log_line_add(&line, "hostile", ONES16 ONES16 ONES16 ONES16 ONES16 ONES16);
	log_line_add(&line, "verdict", "reject");
	assert_non_null(strstr(line.text, " verdict=reject"));
}

/* Every line can be taken apart again into what went in (as far as it went in). */
static const char *unescape(const char *p, char *out)
{
	bool quoted = *p == '"';

	for (p += quoted; quoted ? *p != '"' : *p != '\0' && *p != ' '; p++) {
		unsigned byte;

		assert_true(*p >= ' ' && *p <= '~');
		if (*p != '\\')
			*out++ = *p;
		else if (p[1] == 'x' && sscanf(p + 2, "%2x", &byte) == 1)
			*out++ = (char)byte, p += 3;
		else
			*out++ = *++p;
	}
	*out = '\0';
	return p + quoted;
}

static void what_is_written_can_be_read_back_LOG_01(void **state)
{
	char value[61], back[61];
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		struct log_line line = { .len = 0 };
		size_t len = (size_t)rand_r(&seed) % 60;
		const char *rest;

		for (size_t i = 0; i < len; i++)
			value[i] = (char)(1 + rand_r(&seed) % 255);
		value[len] = '\0';
		log_line_add(&line, "k", value);
		log_line_add(&line, "verdict", "accept");
		rest = unescape(line.text + 2, back);
		assert_string_equal(back, value);
		assert_string_equal(rest, " verdict=accept");
	}
}

/* Standard error is a pipe (or socket) of ours while fn runs; returns what was written, at most size - 1 bytes. */
static size_t capture_on(const int ends[2], void (*fn)(void), char *text, size_t size)
{
	int saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_true(saved >= 0 && dup2(ends[1], STDERR_FILENO) >= 0);
	assert_return_code(close(ends[1]), errno);
	fn();
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	assert_return_code(close(saved), errno);
	n = read(ends[0], text, size - 1);
	assert_return_code(close(ends[0]), errno);
	n = n < 0 ? 0 : n;
	text[n] = '\0';
	return (size_t)n;
}

static void say_hostile(void)
{
	log_error("a\nb\033c\x80 %%s");
}

static void a_line_of_text_is_one_line_LOG_02(void **state)
{
	char text[256];
	int ends[2];

	(void)state;
	assert_return_code(log_open(LOG_TO_STDERR, LOG_MAIL), 0);
	assert_return_code(pipe(ends), errno);
	(void)capture_on(ends, say_hostile, text, sizeof(text));
	assert_string_equal(text, "octroi: a\\x0ab\\x1bc\\x80 %s\n");
	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), errno);
	(void)capture_on(ends, say_hostile, text, sizeof(text));
	assert_string_equal(text, "octroi: a\\x0ab\\x1bc\\x80 %s\n");
}

static void say_under_systemd(void)
{
	char stream[64];
	struct stat st;

	assert_return_code(fstat(STDERR_FILENO, &st), errno);
	(void)snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	(void)setenv("JOURNAL_STREAM", stream, 1);
	(void)log_open(LOG_TO_STDERR, LOG_MAIL);
	log_error("an error");
	log_notice("a notice");
	(void)setenv("JOURNAL_STREAM", "1:2", 1);	/* that of the program that started us, and not what we have */
	(void)log_open(LOG_TO_STDERR, LOG_MAIL);
	log_notice("plain");
	(void)unsetenv("JOURNAL_STREAM");
}

static void the_journal_hears_how_bad_it_is_and_our_name_once(void **state)
{
	char text[256];
	int ends[2];

	(void)state;
	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), errno);
	(void)capture_on(ends, say_under_systemd, text, sizeof(text));
	assert_string_equal(text, "<3>an error\n<5>a notice\noctroi: plain\n");
	assert_return_code(log_open(LOG_TO_STDERR, LOG_MAIL), 0);
}

static void say_much(void)
{
	static char much[2 * LOG_LINE_MAX];

	memset(much, 'x', sizeof(much) - 1);
	log_warning("%s", much);
}

static void a_text_that_is_too_long_is_cut_into_one_line(void **state)
{
	char text[3 * LOG_LINE_MAX];
	int ends[2];
	size_t len;

	(void)state;
	assert_return_code(pipe(ends), errno);
	len = capture_on(ends, say_much, text, sizeof(text));
	assert_in_range(len, LOG_LINE_MAX - 10, 4096);
	assert_ptr_equal(strchr(text, '\n'), text + len - 1);
}

static void say_more_than_fits(void)
{
	for (int i = 0; i < 3000; i++)
		log_error("line %d of a reader that does not read", i);
}

/* It would hang here if a line could wait. */
static void a_reader_that_does_not_read_costs_lines_not_time_LOG_03(void **state)
{
	char text[64];
	int ends[2];
	uint64_t before = log_dropped();

	(void)state;
	assert_return_code(pipe(ends), errno);
	(void)capture_on(ends, say_more_than_fits, text, sizeof(text));
	assert_true(log_dropped() > before);
	before = log_dropped();
	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), errno);
	(void)capture_on(ends, say_more_than_fits, text, sizeof(text));
	assert_true(log_dropped() > before);
}

static char syslog_path[64];
int connect(int fd, const struct sockaddr *address, socklen_t len);

/* In place of the C library's: /dev/log is a socket of the test's. */
int connect(int fd, const struct sockaddr *address, socklen_t len)
{
	struct sockaddr_un mine = { .sun_family = AF_UNIX };

	if (address->sa_family != AF_UNIX || syslog_path[0] == '\0')
		return (int)syscall(SYS_connect, fd, address, len);
	(void)snprintf(mine.sun_path, sizeof(mine.sun_path), "%s", syslog_path);
	return (int)syscall(SYS_connect, fd, &mine, sizeof(mine));
}

static int log_daemon(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", syslog_path);
	(void)unlink(syslog_path);
	assert_return_code(fd, errno);
	assert_return_code(bind(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)), errno);
	return fd;
}

static void assert_arrives(int daemon, const char *text)
{
	char datagram[2 * LOG_LINE_MAX];
	ssize_t n = recv(daemon, datagram, sizeof(datagram) - 1, 0);

	assert_true(n > 0);
	datagram[n] = '\0';
	assert_int_equal(strncmp(datagram, "<19>", 4), 0);	/* mail, err */
	assert_non_null(strstr(datagram, " octroi["));
	assert_non_null(strstr(datagram, text));
}

static char directory[] = "/tmp/octroi-log-XXXXXX";

static void start_syslog_test(void)
{
	(void)strcpy(directory, "/tmp/octroi-log-XXXXXX");
	assert_non_null(mkdtemp(directory));
	(void)snprintf(syslog_path, sizeof(syslog_path), "%s/log", directory);
}

static void end_syslog_test(void)
{
	(void)log_open(LOG_TO_STDERR, LOG_MAIL);
	(void)unlink(syslog_path);
	syslog_path[0] = '\0';
	assert_return_code(rmdir(directory), errno);
}

static void a_log_daemon_that_was_restarted_is_found_again_LOG_03(void **state)
{
	uint64_t before = log_dropped();
	int daemon;

	(void)state;
	start_syslog_test();
	daemon = log_daemon();
	assert_return_code(log_open(LOG_TO_SYSLOG, LOG_MAIL), 0);
	log_error("first");
	assert_arrives(daemon, "]: first");
	assert_return_code(close(daemon), errno);
	log_error("to nobody");
	assert_int_equal(log_dropped(), before + 1);
	daemon = log_daemon();
	log_error("second");
	assert_arrives(daemon, "]: second");
	for (int i = 0; i < 5000; i++)
		log_error("flood");		/* a daemon that does not read: none of these may wait */
	assert_true(log_dropped() > before + 1);
	assert_return_code(close(daemon), errno);
	end_syslog_test();
}

static void without_a_log_daemon_lines_go_to_standard_error(void **state)
{
	char text[256];
	int ends[2];

	(void)state;
	start_syslog_test();
	assert_true(log_open(LOG_TO_SYSLOG, LOG_MAIL) < 0);
	assert_return_code(pipe(ends), errno);
	(void)capture_on(ends, say_hostile, text, sizeof(text));
	assert_int_equal(strncmp(text, "octroi: ", 8), 0);
	end_syslog_test();
}

enum { WRITERS = 4, LINES_EACH = 100 };

static void *write_lines(void *unused)
{
	(void)unused;
	for (int i = 0; i < LINES_EACH; i++) {
		struct log_line line = { .len = 0 };

		log_line_add(&line, "k", A64);
		log_line_write(&line, LOG_INFO);
	}
	return NULL;
}

static void write_from_threads(void)
{
	pthread_t threads[WRITERS];

	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, NULL), 0);
	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void lines_of_threads_are_not_mixed(void **state)
{
	static char text[65536];
	unsigned lines = 0;
	int ends[2];

	(void)state;
	assert_return_code(pipe(ends), errno);
	(void)capture_on(ends, write_from_threads, text, sizeof(text));
	for (char *p = text, *end; (end = strchr(p, '\n')) != NULL; p = end + 1, lines++) {
		*end = '\0';
		assert_string_equal(p, "octroi: k=" A64);
	}
	assert_int_equal(lines, WRITERS * LINES_EACH);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, pair_table, check_pair);
	rows_add(&rows, path_table, check_path);
	rows_add_one(&rows, "pairs_are_separated_by_one_space", pairs_are_separated_by_one_space, NULL);
	rows_add_one(&rows, "a_pair_that_does_not_fit_is_left_out_whole", a_pair_that_does_not_fit_is_left_out_whole, NULL);
	rows_add_one(&rows, "twelve_fields_of_hostile_bytes_leave_room_for_the_verdict_LOG_01",
		     twelve_fields_of_hostile_bytes_leave_room_for_the_verdict_LOG_01, NULL);
	rows_add_one(&rows, "what_is_written_can_be_read_back_LOG_01", what_is_written_can_be_read_back_LOG_01, NULL);
	rows_add_one(&rows, "a_line_of_text_is_one_line_LOG_02", a_line_of_text_is_one_line_LOG_02, NULL);
	rows_add_one(&rows, "the_journal_hears_how_bad_it_is_and_our_name_once", the_journal_hears_how_bad_it_is_and_our_name_once, NULL);
	rows_add_one(&rows, "a_text_that_is_too_long_is_cut_into_one_line", a_text_that_is_too_long_is_cut_into_one_line, NULL);
	rows_add_one(&rows, "a_reader_that_does_not_read_costs_lines_not_time_LOG_03",
		     a_reader_that_does_not_read_costs_lines_not_time_LOG_03, NULL);
	rows_add_one(&rows, "lines_of_threads_are_not_mixed", lines_of_threads_are_not_mixed, NULL);
	rows_add_one(&rows, "a_log_daemon_that_was_restarted_is_found_again_LOG_03",
		     a_log_daemon_that_was_restarted_is_found_again_LOG_03, NULL);
	rows_add_one(&rows, "without_a_log_daemon_lines_go_to_standard_error", without_a_log_daemon_lines_go_to_standard_error, NULL);
	return rows_run(&rows, "log");
}
