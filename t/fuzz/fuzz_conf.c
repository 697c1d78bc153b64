/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as milter.conf. Names of files lead nowhere: relative ones start in /proc/self/fd, where only the numbers
 * of a few descriptors are names, and an input that may have another one is not tried. */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/unit/conf_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool may_name_a_file(const uint8_t *data, size_t size)
{
	return memmem(data, size, "file:", 5) != NULL || memmem(data, size, "include", 7) != NULL;
}

static void change_ignore(void *arg, struct conf_where where, const char *name, const char *value, const char *fallback)
{
	(void)where;
	*(size_t *)arg += strlen(name) + strlen(value) + strlen(fallback);
}

static size_t settings_read(const struct conf *conf)
{
	const struct top_settings *top = conf_settings(conf, "");
	size_t sum = strlen(top->listen);

	for (size_t i = 0; i < top->domains.len; i++)
		sum += strlen(top->domains.items[i].text);
	for (size_t i = 0; i < conf_count(conf, "relay.grant"); i++)
		sum += strlen(((const struct grant_settings *)conf_settings_at(conf, "relay.grant", i))->title);
	conf_changed(conf, change_ignore, &sum);
	return sum;
}

static void file_try(const char *path)
{
	struct conf *conf = conf_load(path, sections);
	size_t len, sum = 0;
	const struct conf_error *errors = conf_errors(conf, &len);

	if (len == 0)
		sum += settings_read(conf);
	for (size_t i = 0; i < len; i++)
		sum += strlen(errors[i].text) + strlen(errors[i].where.file);
	if (sum == 0)	/* "listen" is required: there is a value or an error */
		abort();
	conf_free(conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int fd;

	if (size > 8192 || (may_name_a_file(data, size) && memchr(data, '/', size) != NULL))
		return 0;
	fd = memfd_create("conf", MFD_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0600) < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	file_try(path);
	(void)close(fd);
	return 0;
}
