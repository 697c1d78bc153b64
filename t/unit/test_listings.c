/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/listings.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/unit/rows.h"

static char directory[] = "/tmp/octroi-listings-XXXXXX", path[64];

static const struct row {
	const char *name;
	const char *text;
	size_t len;		/* 0: strlen */
	int found;
} rows[] = {
	{ "a_line", "address:192.0.2.1\tbl\t127.0.0.2\t1\t2\twhy\thttps://x.example/\n", 0, 1 },
	{ "without_reason_and_page", "address:192.0.2.1\tbl\t127.0.0.2\t1\t2\t\t\n", 0, 1 },
	{ "without_the_last_line_end", "address:192.0.2.1\tbl\t127.0.0.2\t1\t2\t\t", 0, 1 },
	{ "a_torn_line", "address:192.0.2.1\tbl\t127.0.0.2\t1\t2\t\t\naddress:192.0.2.2\tbl\t127", 0, 1 },
	{ "too_few_fields", "address:192.0.2.1\tbl\t127.0.0.2\t1\t2\twhy\n", 0, 0 },
	{ "too_many_fields", "address:192.0.2.1\tbl\t127.0.0.2\t1\t2\twhy\t\t\n", 0, 0 },
	{ "no_time", "address:192.0.2.1\tbl\t127.0.0.2\tx\t2\twhy\t\n", 0, 0 },
	{ "about_nothing", "\tbl\t127.0.0.2\t1\t2\twhy\t\n", 0, 0 },
	{ "no_list", "address:192.0.2.1\t\t127.0.0.2\t1\t2\twhy\t\n", 0, 0 },
	{ "a_control_character", "address:192.0.2.1\tbl\t127.0.0.2\t1\t2\tw\x1b[2Jhy\t\n", 0, 0 },
	{ "a_NUL", "address:192.0.2.1\tb\0l\t127.0.0.2\t1\t2\twhy\t\n", 41, 0 },
	{ "nothing", "", 0, 0 },
};

static void write_file(const char *bytes, size_t len)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void check_row(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_new();
	struct listing *listings;

	write_file(row->text, row->len == 0 ? strlen(row->text) : row->len);
	assert_int_equal(listings_read(path, arena, &listings), row->found);
	if (row->found > 0) {
		assert_string_equal(listings[0].about, "address:192.0.2.1");
		assert_string_equal(listings[0].list, "bl");
		assert_string_equal(listings[0].code, "127.0.0.2");
		assert_int_equal(listings[0].since_ms, 1);
		assert_int_equal(listings[0].seen_ms, 2);
	}
	arena_free(arena);
	(void)unlink(path);
}

static void what_was_written_is_read(void **state)
{
	const struct listing two[] = {
		{ "address:192.0.2.1", "J\xc3\xb6rg's list", "127.0.0.2", "a reason", "https://x.example/?a=b", 1, INT64_MAX },
		{ "domain:ours.example", "dbl", "127.0.1.2", "", "", 3, 4 },
	};
	struct arena *arena = arena_new();
	struct listing *listings;

	(void)state;
	assert_int_equal(listings_read(path, arena, &listings), 0);
	assert_int_equal(listings_write(path, two, 2), 0);
	assert_int_equal(listings_read(path, arena, &listings), 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(listings[i].about, two[i].about);
		assert_string_equal(listings[i].list, two[i].list);
		assert_string_equal(listings[i].reason, two[i].reason);
		assert_string_equal(listings[i].removal, two[i].removal);
		assert_int_equal(listings[i].seen_ms, two[i].seen_ms);
	}
	assert_int_equal(listings_write(path, NULL, 0), 0);
	assert_int_equal(listings_read(path, arena, &listings), 0);
	arena_free(arena);
	(void)unlink(path);
}

static void what_is_no_file_of_ours(void **state)
{
	struct arena *arena = arena_new();
	struct listing *listings;
	char *large = malloc(2 << 20);

	(void)state;
	assert_int_equal(symlink("/dev/zero", path), 0);
	assert_true(listings_read(path, arena, &listings) < 0);
	(void)unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(listings_read(path, arena, &listings), -EINVAL);
	(void)unlink(path);
	memset(large, '\n', 2 << 20);
	write_file(large, 2 << 20);
	assert_int_equal(listings_read(path, arena, &listings), -EINVAL);
	write_file(large, 1 << 20);
	assert_int_equal(listings_read(path, arena, &listings), 0);
	(void)unlink(path);
	assert_int_equal(listings_write("/nonexistent/listed", NULL, 0), -ENOENT);
	free(large);
	arena_free(arena);
}

int main(void)
{
	static struct rows table;
	int failed;

	assert_non_null(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/listed", directory);
	rows_add(&table, rows, check_row);
	rows_add_one(&table, "what_was_written_is_read", what_was_written_is_read, NULL);
	rows_add_one(&table, "what_is_no_file_of_ours", what_is_no_file_of_ours, NULL);
	failed = rows_run(&table, "listings");
	(void)rmdir(directory);
	return failed;
}
