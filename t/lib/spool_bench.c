/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/spool_bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/option.h"

struct bench *bench_new(void)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	char problem[CONF_PROBLEM_MAX];
	const char *tmp = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";	/* fsync(2) costs nothing there */

	assert_non_null(bench);
	(void)snprintf(bench->root, sizeof(bench->root), "%s/octroi-spool-XXXXXX", tmp);
	assert_non_null(mkdtemp(bench->root));
	(void)snprintf(bench->spool, sizeof(bench->spool), "%s/spool", bench->root);
	assert_int_equal(mkdir(bench->spool, 0700), 0);
	assert_int_equal(quarantine_open(bench->spool, &bench->quarantine, problem), 0);
	bench->arena = arena_new();
	return bench;
}

static void remove_all(const char *path)
{
	const struct dirent *dirent;
	DIR *dir = opendir(path);

	while (dir != NULL && (dirent = readdir(dir)) != NULL) {
		char name[512];

		(void)snprintf(name, sizeof(name), "%.250s/%s", path, dirent->d_name);
		if (strcmp(dirent->d_name, ".") != 0 && strcmp(dirent->d_name, "..") != 0 && unlink(name) < 0)
			remove_all(name);
	}
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(path);
}

void bench_free(struct bench *bench)
{
	quarantine_close(bench->quarantine);
	arena_free(bench->arena);
	remove_all(bench->root);
	free(bench);
}

struct quarantine_item bench_item(const char *id, int64_t time_ms)
{
	static const char *const recipients[] = { "u@ours.example" };

	return (struct quarantine_item){
		.id = id, .time_ms = time_ms, .held_by = "antivirus:unscannable", .because = "it is encrypted", .client = "192.0.2.7",
		.helo = "mx.ext.example", .login = "bob", .direction = "inbound", .queue_id = "4Xk2", .mailfrom = "a@ext.example",
		.recipients = recipients, .recipients_len = 1, .header_from = "a@ext.example", .subject = "hello",
		.digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	};
}

int bench_put(struct bench *bench, const struct quarantine_item *item, struct str header, struct str body)
{
	int fd = memfd_create("body", MFD_CLOEXEC), r;

	/* something stands in front of the body, as in a message of the filter */
	assert_int_equal(write(fd, "From x\n", 7), 7);
	assert_int_equal(write(fd, body.p, body.len), body.len);
	r = quarantine_put(bench->quarantine, item, header.p, header.len, fd, 7);
	(void)close(fd);
	return r;
}

void bench_hold(struct bench *bench, const char *id, int64_t time_ms, const char *body)
{
	struct quarantine_item item = bench_item(id, time_ms);

	assert_int_equal(bench_put(bench, &item, STR("Subject: x\r\n\r\n"), str_of(body)), 0);
}

static size_t count_names(const char *path)
{
	const struct dirent *dirent;
	DIR *dir = opendir(path);
	size_t names = 0;

	assert_non_null(dir);
	while ((dirent = readdir(dir)) != NULL)
		names += strcmp(dirent->d_name, ".") != 0 && strcmp(dirent->d_name, "..") != 0;
	(void)closedir(dir);
	return names;
}

size_t bench_names(const struct bench *bench)
{
	return count_names(bench->spool);
}

size_t bench_outside(const struct bench *bench)
{
	return count_names(bench->root) - 1;
}

bool bench_has(const struct bench *bench, const char *name)
{
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/%s", bench->spool, name);
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void bench_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

void bench_patch(const char *path, off_t at, const char *bytes)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, bytes, strlen(bytes), at), strlen(bytes));
	(void)close(fd);
}

static void assert_bytes(int fd, const char *text)
{
	char bytes[1000];
	ssize_t len = read(fd, bytes, sizeof(bytes) - 1);

	assert_true(len >= 0);
	bytes[len] = '\0';
	assert_string_equal(bytes, text);
	(void)close(fd);
}

void bench_assert_file(const char *path, const char *text)
{
	assert_bytes(open(path, O_RDONLY | O_CLOEXEC), text);
}

void bench_assert_message(struct bench *bench, const char *id, const char *message)
{
	struct quarantine_item item;
	int fd;

	assert_int_equal(quarantine_get(bench->quarantine, bench->arena, id, &item, &fd), 0);
	assert_bytes(fd, message);
}
