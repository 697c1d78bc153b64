/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new engine: its limits, its callbacks and its signatures. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "milter/base/cleanup.h"
#include "scanners/antivirus_engine_internal.h"

struct engine_number {
	enum cl_engine_field field;
	long long value;
};

static int engine_set_numbers(struct cl_engine *engine, const struct antivirus_settings *settings)
{
	const struct engine_number numbers[] = {
		{ CL_ENGINE_MAX_RECURSION, (long long)settings->max_recursion },
		{ CL_ENGINE_MAX_FILES, (long long)settings->max_files },
		{ CL_ENGINE_MAX_HTMLNORMALIZE, (long long)settings->max_html_bytes },
		{ CL_ENGINE_MAX_HTMLNOTAGS, (long long)settings->max_html_bytes },
		{ CL_ENGINE_MAX_SCRIPTNORMALIZE, (long long)settings->max_html_bytes },
		{ CL_ENGINE_MAX_EMBEDDEDPE, (long long)settings->max_file_bytes },
		{ CL_ENGINE_MAX_ZIPTYPERCG, (long long)settings->max_file_bytes },
		{ CL_ENGINE_PCRE_MAX_FILESIZE, (long long)settings->max_file_bytes },
		/* Its key is an MD5, and on a hit the callbacks that look for limits are not called. */
		{ CL_ENGINE_DISABLE_CACHE, 1 },
		/* The cage allows no executable memory. */
		{ CL_ENGINE_BYTECODE_MODE, CL_BYTECODE_MODE_INTERPRETER },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (cl_engine_set_num(engine, numbers[i].field, numbers[i].value) != CL_SUCCESS)
			return -EINVAL;
	}
	return 0;
}

/* Whether the directory can be read at all; what is in it is for libclamav to say. */
int antivirus_database_look(const char *directory, char problem[JOB_STATUS_MAX])
{
	DIR *dir = opendir(directory);

	if (dir == NULL) {
		int error = errno;

		(void)snprintf(problem, JOB_STATUS_MAX, "no database: %.80s: %s; %s", directory, strerror(error),
			       "install clamav-freshclam or run freshclam, or set antivirus.database");
		return -error;
	}
	(void)closedir(dir);
	return 0;
}

static unsigned database_options(const struct antivirus_settings *settings)
{
	unsigned options = CL_DB_PHISHING | CL_DB_BYTECODE;

	return settings->official_only ? options | CL_DB_OFFICIAL_ONLY : options;
}

/* libclamav matches HTML by its normalised form alone: in lower case, without what its parser drops, and not at all above
 * max_html_size. This table of modules, in the form of a database file, switches the match of the bytes as they are on
 * again (DOCUMENT without bit 0x10, HTMLSKIPRAW). */
static const char modules[] = "DOCUMENT:0xffffffef:1:255\n";

static cl_error_t modules_load(struct antivirus_engine *antivirus)
{
	char path[ANTIVIRUS_SCRATCH_MAX + 16];
	_cleanup_(close_fdp) int fd = -1;
	unsigned ignored = 0;
	cl_error_t status = CL_EWRITE;

	(void)snprintf(path, sizeof(path), "%s/octroi.cfg", antivirus->scratch);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return CL_ECREAT;
	if (write(fd, modules, sizeof(modules) - 1) == sizeof(modules) - 1)
		status = cl_load(path, antivirus->engine, &ignored, 0);
	(void)unlink(path);
	return status;
}

/* Returns CL_EOPEN when there is nothing to load. */
static cl_error_t signatures_load(struct antivirus_engine *antivirus, const struct antivirus_settings *settings)
{
	cl_error_t status = cl_load(settings->database, antivirus->engine, &antivirus->signatures, database_options(settings));

	if (status == CL_SUCCESS && antivirus->signatures == 0)
		status = CL_EOPEN;
	if (status == CL_SUCCESS)
		status = modules_load(antivirus);
	return status == CL_SUCCESS ? cl_engine_compile(antivirus->engine) : status;
}

int antivirus_database_load(struct antivirus_engine *antivirus, const struct antivirus_settings *settings, char problem[JOB_STATUS_MAX])
{
	struct examination messages = { .antivirus = antivirus };
	const char *text;
	cl_error_t status;

	antivirus_listen(&messages);
	status = signatures_load(antivirus, settings);
	antivirus_listen(NULL);
	if (status == CL_SUCCESS)
		return 0;
	if (status == CL_EOPEN) {
		(void)snprintf(problem, JOB_STATUS_MAX, "no database in %.80s: install clamav-freshclam or run freshclam",
			       settings->database);
		return -ENOENT;
	}
	(void)evidence_outcome(&messages.evidence, &text);
	(void)snprintf(problem, JOB_STATUS_MAX, "cannot load the database %.80s: %s", settings->database,
		       text[0] == '\0' ? cl_strerror(status) : text);
	return -EIO;
}

int antivirus_engine_new(struct antivirus_engine *antivirus, const struct antivirus_settings *settings, char problem[JOB_STATUS_MAX])
{
	antivirus_listen(NULL);
	if (cl_init(CL_INIT_DEFAULT) == CL_SUCCESS)
		antivirus->engine = cl_engine_new();
	if (antivirus->engine == NULL || engine_set_numbers(antivirus->engine, settings) < 0) {
		(void)snprintf(problem, JOB_STATUS_MAX, "libclamav %s does not start with these settings", cl_retver());
		return -EIO;
	}
	antivirus_callbacks_set(antivirus->engine);
	return 0;
}
