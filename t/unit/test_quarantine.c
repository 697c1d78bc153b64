/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf/option.h"
#include "milter/base/cleanup.h"
#include "t/lib/skip.h"
#include "t/lib/spool_bench.h"
#include "t/unit/rows.h"

static const struct message_row {
	const char *name, *header, *body;
	size_t body_len;
} message_table[] = {
	{ "an_ordinary_message", "Subject: x\r\n\r\n", "text\r\n", 6 },
	{ "no_body", "Subject: x\r\n\r\n", "", 0 },
	{ "no_header", "\r\n", "text\r\n", 6 },
	{ "nothing_at_all", "", "", 0 },
	{ "a_nul_stays_SMTP_03", "\r\n", "a\0b\r\n", 5 },
	{ "bare_cr_and_lf_stay_SMTP_03", "\r\n", "a\rb\nc\r\r\nd\n\r", 11 },
	{ "eight_bits_stay", "Subject: \xff\r\n\r\n", "\x80\xfe\xff\r\n", 5 },
	{ "no_line_end_at_the_end", "\r\n", "text", 4 },
	{ "what_looks_like_our_own_lines", "octroi-quarantine 1 0000000096 x\n\n", "id AAAA-AAAA\n\n", 14 },
	{ "dots_alone", "\r\n", ".\r\n..\r\n", 7 },
};

static void comes_back(struct bench *bench, const struct quarantine_item *item, struct str header, struct str body)
{
	_cleanup_(close_fdp) int fd = -1;
	struct quarantine_item found;
	char *bytes = malloc(header.len + body.len + 1);
	size_t len = header.len + body.len;

	assert_int_equal(bench_put(bench, item, header, body), 0);
	assert_int_equal(quarantine_get(bench->quarantine, bench->arena, item->id, &found, &fd), 0);
	assert_int_equal(found.size_bytes, len);
	assert_int_equal(read(fd, bytes, len + 1), len);
	assert_memory_equal(bytes, header.p, header.len);
	assert_memory_equal(bytes + header.len, body.p, body.len);
	free(bytes);
}

static void check_message(void **state)
{
	const struct message_row *row = *state;
	struct bench *bench = bench_new();
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000);

	comes_back(bench, &item, str_of(row->header), (struct str){ row->body, row->body_len });
	bench_free(bench);
}

static void a_line_of_many_megabytes_stays(void **state)
{
	enum { LEN = 20 << 20 };
	struct bench *bench = bench_new();
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000);
	char *body = malloc(LEN);

	(void)state;
	memset(body, 'x', LEN);
	comes_back(bench, &item, STR("\r\n"), (struct str){ body, LEN });
	free(body);
	bench_free(bench);
}

static void assert_same(const struct quarantine_item *a, const struct quarantine_item *b)
{
	assert_string_equal(a->id, b->id);
	assert_int_equal(a->time_ms, b->time_ms);
	assert_string_equal(a->held_by, b->held_by);
	assert_string_equal(a->because, b->because);
	assert_string_equal(a->client, b->client);
	assert_string_equal(a->helo, b->helo);
	assert_string_equal(a->login, b->login);
	assert_string_equal(a->direction, b->direction);
	assert_string_equal(a->queue_id, b->queue_id);
	assert_string_equal(a->mailfrom, b->mailfrom);
	assert_string_equal(a->header_from, b->header_from);
	assert_string_equal(a->subject, b->subject);
	assert_string_equal(a->digest, b->digest);
	assert_int_equal(a->recipients_len, b->recipients_len);
	for (size_t i = 0; i < a->recipients_len; i++)
		assert_string_equal(a->recipients[i], b->recipients[i]);
	assert_int_equal(a->attachments_len, b->attachments_len);
	for (size_t i = 0; i < a->attachments_len; i++) {
		assert_string_equal(a->attachments[i].name, b->attachments[i].name);
		assert_string_equal(a->attachments[i].type, b->attachments[i].type);
		assert_int_equal(a->attachments[i].size_bytes, b->attachments[i].size_bytes);
	}
}

static void what_stands_beside_it_comes_back_and_no_value_makes_a_line_of_its_own(void **state)
{
	static const char *const recipients[] = { "a@x.example", "\"b c\"@x.example", "evil@x.example\nrecipient z@x.example", "%0A%zz%" };
	static const struct quarantine_attachment attachments[] = { { "a.exe", "exe", 17 }, { "x\nid BBBB-BBBB", "", 0 }, { "", "zip", 1u << 31 } };
	struct bench *bench = bench_new();
	struct quarantine_item item = bench_item("AAAA-AAAA", 1795000000123), found;
	int fd;

	(void)state;
	item.recipients = recipients;
	item.recipients_len = 4;
	item.attachments = attachments;
	item.attachments_len = 3;
	item.subject = "\x1b[2J \xc3\xa4 100% \r\nsubject";
	item.mailfrom = "";
	assert_int_equal(bench_put(bench, &item, STR("\r\n"), STR("x")), 0);
	assert_int_equal(quarantine_get(bench->quarantine, bench->arena, item.id, &found, &fd), 0);
	assert_same(&found, &item);
	(void)close(fd);
	bench_free(bench);
}

static const struct id_row {
	const char *name, *id;
} id_table[] = {
	{ "no_way_out_by_dots_OS_06", "../AA-AAA" },
	{ "no_slash_OS_06", "AAAA/AAAA" },
	{ "no_line_end_OS_06", "AAAA-AAA\n" },
	{ "no_empty_id_OS_06", "" },
	{ "no_longer_one_OS_06", "AAAA-AAAAA" },
	{ "no_lower_case_OS_06", "aaaa-aaaa" },
	{ "no_suffix_OS_06", "AAAA-AAAA.new" },
	{ "no_absolute_path_OS_06", "/etc/pass" },
};

static void check_id(void **state)
{
	const struct id_row *row = *state;
	struct bench *bench = bench_new();
	struct quarantine_item item = bench_item(row->id, 1000), found;
	char mark[QUARANTINE_MARK_SIZE];
	int fd;

	assert_int_equal(bench_put(bench, &item, STR("\r\n"), STR("x")), -EINVAL);
	assert_int_equal(quarantine_get(bench->quarantine, bench->arena, row->id, &found, &fd), -ENOENT);
	assert_int_equal(quarantine_delete(bench->quarantine, row->id), -ENOENT);
	assert_int_equal(quarantine_release_begin(bench->quarantine, row->id, mark), -ENOENT);
	assert_int_equal(bench_names(bench), 0);
	bench_free(bench);
}

static void an_item_is_never_written_over(void **state)
{
	struct bench *bench = bench_new();
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000);

	(void)state;
	assert_int_equal(bench_put(bench, &item, STR("\r\n"), STR("first")), 0);
	assert_int_equal(bench_put(bench, &item, STR("\r\n"), STR("second")), -EEXIST);
	bench_assert_message(bench, "AAAA-AAAA", "\r\nfirst");
	assert_int_equal(bench_names(bench), 1);
	bench_free(bench);
}

/* Somebody was there before us: at the name itself and at the one under which it is written. */
static const struct planted {
	const char *name, *at;
	enum { PLANT_LINK, PLANT_DANGLING, PLANT_DIRECTORY, PLANT_FIFO, PLANT_HARD_LINK, PLANT_FOREIGN } what;
} planted_table[] = {
	{ "a_symlink_at_its_name_OS_05", "AAAA-AAAA", PLANT_LINK },
	{ "a_symlink_at_its_new_name_OS_05", "AAAA-AAAA.new", PLANT_LINK },
	{ "a_dangling_symlink_at_its_new_name_OS_05", "AAAA-AAAA.new", PLANT_DANGLING },
	{ "a_directory_at_its_name_OS_05", "AAAA-AAAA", PLANT_DIRECTORY },
	{ "a_directory_at_its_new_name_OS_05", "AAAA-AAAA.new", PLANT_DIRECTORY },
	{ "a_fifo_at_its_name_OS_05", "AAAA-AAAA", PLANT_FIFO },
	{ "a_fifo_at_its_new_name_OS_05", "AAAA-AAAA.new", PLANT_FIFO },
	{ "a_hard_link_at_its_new_name_OS_05", "AAAA-AAAA.new", PLANT_HARD_LINK },
	{ "a_file_of_somebody_else_at_its_name_OS_05", "AAAA-AAAA", PLANT_FOREIGN },
};

static void plant(const struct bench *bench, const struct planted *row)
{
	char at[300], outside[300];

	(void)snprintf(at, sizeof(at), "%s/%s", bench->spool, row->at);
	(void)snprintf(outside, sizeof(outside), "%s/outside", bench->root);
	switch (row->what) {
	case PLANT_LINK:
		assert_int_equal(symlink(outside, at), 0);
		break;
	case PLANT_DANGLING:
		assert_int_equal(symlink("../elsewhere", at), 0);
		break;
	case PLANT_DIRECTORY:
		assert_int_equal(mkdir(at, 0777), 0);
		break;
	case PLANT_FIFO:
		assert_int_equal(mkfifo(at, 0666), 0);
		break;
	case PLANT_HARD_LINK:
		assert_int_equal(link(outside, at), 0);
		break;
	case PLANT_FOREIGN:
		bench_write(at, "theirs\n");
		assert_int_equal(chown(at, 65534, 65534), 0);
		break;
	}
}

static void check_planted(void **state)
{
	const struct planted *row = *state;
	struct bench *bench = bench_new();
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000), found;
	char outside[300], mark[QUARANTINE_MARK_SIZE];
	int fd;

	if (row->what == PLANT_FOREIGN && geteuid() != 0) {
		bench_free(bench);
		SKIP("only root can make a file of somebody else");
	}
	(void)snprintf(outside, sizeof(outside), "%s/outside", bench->root);
	bench_write(outside, "untouched\n");
	plant(bench, row);
	assert_int_equal(bench_put(bench, &item, STR("\r\n"), STR("x")), -EEXIST);
	assert_true(quarantine_get(bench->quarantine, bench->arena, "AAAA-AAAA", &found, &fd) < 0);
	assert_true(quarantine_release_begin(bench->quarantine, "AAAA-AAAA", mark) < 0);
	(void)quarantine_delete(bench->quarantine, "AAAA-AAAA");
	bench_assert_file(outside, "untouched\n");
	assert_int_equal(bench_outside(bench), 1);
	bench_free(bench);
}

static void a_link_to_a_good_item_elsewhere_is_not_followed_OS_05(void **state)
{
	struct bench *bench = bench_new();
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000), found;
	char path[300], elsewhere[300], mark[QUARANTINE_MARK_SIZE];
	int fd;

	(void)state;
	assert_int_equal(bench_put(bench, &item, STR("\r\n"), STR("x")), 0);
	(void)snprintf(path, sizeof(path), "%s/AAAA-AAAA", bench->spool);
	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", bench->root);
	assert_int_equal(rename(path, elsewhere), 0);
	assert_int_equal(symlink(elsewhere, path), 0);
	assert_int_equal(quarantine_get(bench->quarantine, bench->arena, "AAAA-AAAA", &found, &fd), -EBADMSG);
	assert_int_equal(quarantine_release_begin(bench->quarantine, "AAAA-AAAA", mark), -EBADMSG);
	assert_int_equal(quarantine_delete(bench->quarantine, "AAAA-AAAA"), 0);
	assert_int_equal(bench_outside(bench), 1);
	bench_free(bench);
}

static const struct directory_row {
	const char *name;
	int expected;
	enum { DIRECTORY_MISSING, DIRECTORY_LINK, DIRECTORY_FILE, DIRECTORY_OPEN, DIRECTORY_GROUP, DIRECTORY_FOREIGN, DIRECTORY_GOOD } what;
} directory_table[] = {
	{ "a_directory_that_is_missing", -ENOENT, DIRECTORY_MISSING },
	{ "a_directory_that_is_a_link_OS_05", -ENOTDIR, DIRECTORY_LINK },
	{ "a_directory_that_is_a_file", -ENOTDIR, DIRECTORY_FILE },
	{ "a_directory_in_which_everybody_may_write_OS_05", -EPERM, DIRECTORY_OPEN },
	{ "a_directory_in_which_a_group_may_write_OS_05", -EPERM, DIRECTORY_GROUP },
	{ "a_directory_that_somebody_else_made_before_OS_05", -EPERM, DIRECTORY_FOREIGN },
	{ "a_directory_of_our_own", 0, DIRECTORY_GOOD },
};

static void make_directory(const char *path, const char *other, const struct directory_row *row)
{
	if (row->what == DIRECTORY_LINK)
		assert_int_equal(symlink(other, path), 0);
	else if (row->what == DIRECTORY_FILE)
		bench_write(path, "x");
	else if (row->what != DIRECTORY_MISSING)
		assert_int_equal(mkdir(path, 0700), 0);
	if (row->what == DIRECTORY_OPEN || row->what == DIRECTORY_GROUP)
		assert_int_equal(chmod(path, row->what == DIRECTORY_OPEN ? 0707 : 0770), 0);
	if (row->what == DIRECTORY_FOREIGN)
		assert_int_equal(chown(path, 65534, 65534), 0);
}

static void check_directory(void **state)
{
	const struct directory_row *row = *state;
	struct bench *bench = bench_new();
	struct quarantine *quarantine = NULL;
	char path[300], problem[CONF_PROBLEM_MAX];
	int r;

	if (row->what == DIRECTORY_FOREIGN && geteuid() != 0) {
		bench_free(bench);
		SKIP("only root can make a directory of somebody else");
	}
	(void)snprintf(path, sizeof(path), "%s/other", bench->root);
	make_directory(path, bench->spool, row);
	r = quarantine_open(path, &quarantine, problem);
	assert_int_equal(r, row->expected);
	assert_int_equal(problem[0] == '\0', r == 0);
	quarantine_close(quarantine);
	bench_free(bench);
}

static const struct damage {
	const char *name;
	off_t at;		/* negative: from the end */
	const char *bytes;	/* NULL: cut there */
	int get, release;
} damage_table[] = {
	{ "an_empty_file", 0, NULL, -EBADMSG, -EBADMSG },
	{ "cut_in_the_first_line", 40, NULL, -EBADMSG, -EBADMSG },
	{ "cut_in_the_lines_about_it", 120, NULL, -EBADMSG, -EBADMSG },
	{ "cut_in_the_message", -1, NULL, -EBADMSG, -EBADMSG },
	{ "another_first_word", 0, "X", -EBADMSG, -EBADMSG },
	{ "a_length_that_is_no_number", 25, "z", -EBADMSG, -EBADMSG },
	{ "a_length_of_gigabytes", 20, "9999999999", -EBADMSG, -EBADMSG },
	{ "a_length_of_nothing", 20, "0000000000", -EBADMSG, -EBADMSG },
	{ "a_changed_line", 100, "X", -EBADMSG, -EBADMSG },
	{ "a_changed_message_is_not_released", -2, "X", 0, -EBADMSG },
};

static void check_damage(void **state)
{
	const struct damage *row = *state;
	struct bench *bench = bench_new();
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000), found;
	char path[300], mark[QUARANTINE_MARK_SIZE];
	struct stat st;
	int fd, r;

	assert_int_equal(bench_put(bench, &item, STR("\r\n"), STR("text\r\n")), 0);
	(void)snprintf(path, sizeof(path), "%s/AAAA-AAAA", bench->spool);
	assert_int_equal(stat(path, &st), 0);
	if (row->bytes == NULL)
		assert_int_equal(truncate(path, row->at < 0 ? st.st_size + row->at : row->at), 0);
	else
		bench_patch(path, row->at < 0 ? st.st_size + row->at : row->at, row->bytes);
	r = quarantine_get(bench->quarantine, bench->arena, "AAAA-AAAA", &found, &fd);
	assert_int_equal(r, row->get);
	if (r == 0)
		(void)close(fd);
	assert_int_equal(quarantine_release_begin(bench->quarantine, "AAAA-AAAA", mark), row->release);
	assert_int_equal(quarantine_delete(bench->quarantine, "AAAA-AAAA"), 0);
	assert_int_equal(bench_names(bench), 0);
	bench_free(bench);
}

/* An item under the name of another one would be released as what it is not. */
static void a_renamed_item_is_damaged(void **state)
{
	struct bench *bench = bench_new();
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000), found;
	char from[300], to[300];
	int fd;

	(void)state;
	assert_int_equal(bench_put(bench, &item, STR("\r\n"), STR("x")), 0);
	(void)snprintf(from, sizeof(from), "%s/AAAA-AAAA", bench->spool);
	(void)snprintf(to, sizeof(to), "%s/BBBB-BBBB", bench->spool);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(quarantine_get(bench->quarantine, bench->arena, "BBBB-BBBB", &found, &fd), -EBADMSG);
	bench_free(bench);
}

static void deleting_is_for_good(void **state)
{
	struct bench *bench = bench_new();
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000);

	(void)state;
	assert_int_equal(bench_put(bench, &item, STR("\r\n"), STR("x")), 0);
	assert_int_equal(quarantine_delete(bench->quarantine, "AAAA-AAAA"), 0);
	assert_int_equal(quarantine_delete(bench->quarantine, "AAAA-AAAA"), -ENOENT);
	assert_int_equal(bench_names(bench), 0);
	bench_free(bench);
}

static void files_are_for_nobody_else(void **state)
{
	struct bench *bench = bench_new();
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000);
	char path[300];
	struct stat st;

	(void)state;
	(void)umask(0);
	assert_int_equal(bench_put(bench, &item, STR("\r\n"), STR("x")), 0);
	(void)snprintf(path, sizeof(path), "%s/AAAA-AAAA", bench->spool);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	bench_free(bench);
}

/* Without us, with what every system has. */
static void sed_gives_the_message_back(void **state)
{
	struct bench *bench = bench_new();
	struct quarantine_item item = bench_item("AAAA-AAAA", 1000);
	char command[400], bytes[100];
	FILE *pipe;
	size_t len;

	(void)state;
	assert_int_equal(bench_put(bench, &item, STR("Subject: x\r\n\r\n"), STR("a\r\n\r\nb\r\n")), 0);
	(void)snprintf(command, sizeof(command), "sed '1,/^$/d' %s/AAAA-AAAA", bench->spool);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	len = fread(bytes, 1, sizeof(bytes) - 1, pipe);
	bytes[len] = '\0';
	assert_int_equal(pclose(pipe), 0);
	assert_string_equal(bytes, "Subject: x\r\n\r\na\r\n\r\nb\r\n");
	bench_free(bench);
}

int main(void)
{
	struct rows rows = { .len = 0 };

	rows_add(&rows, message_table, check_message);
	rows_add(&rows, id_table, check_id);
	rows_add(&rows, planted_table, check_planted);
	rows_add(&rows, directory_table, check_directory);
	rows_add(&rows, damage_table, check_damage);
	rows_add_one(&rows, "a_link_to_a_good_item_elsewhere_is_not_followed_OS_05", a_link_to_a_good_item_elsewhere_is_not_followed_OS_05, NULL);
	rows_add_one(&rows, "a_line_of_many_megabytes_stays", a_line_of_many_megabytes_stays, NULL);
	rows_add_one(&rows, "what_stands_beside_it_comes_back_and_no_value_makes_a_line_of_its_own",
		     what_stands_beside_it_comes_back_and_no_value_makes_a_line_of_its_own, NULL);
	rows_add_one(&rows, "an_item_is_never_written_over", an_item_is_never_written_over, NULL);
	rows_add_one(&rows, "a_renamed_item_is_damaged", a_renamed_item_is_damaged, NULL);
	rows_add_one(&rows, "deleting_is_for_good", deleting_is_for_good, NULL);
	rows_add_one(&rows, "files_are_for_nobody_else", files_are_for_nobody_else, NULL);
	rows_add_one(&rows, "sed_gives_the_message_back", sed_gives_the_message_back, NULL);
	return rows_run(&rows, "quarantine");
}
