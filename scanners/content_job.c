/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/content_job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "conf/conf.h"
#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/base/digest.h"
#include "milter/unpack/prepare.h"
#include "scanners/antivirus_engine.h"
#include "scanners/content_answer.h"
#include "scanners/content_settings.h"

/* What all examiners share. */
struct content_tools {
	struct antivirus_engine *engine;	/* NULL: antivirus.enabled is no */
	bool unpacks;
};

void content_job_free(void *shared)
{
	struct content_tools *tools = shared;

	if (tools == NULL)
		return;
	antivirus_engine_free(tools->engine);
	free(tools);
}

static int unpack_start(struct content_tools *tools, const struct conf *conf, char status[JOB_STATUS_MAX])
{
	const struct content_settings *settings = conf_settings(conf, "content");
	char problem[UNPACK_PROBLEM_MAX] = "";
	int r;

	if (settings == NULL || !settings->enabled)
		return 0;
	r = unpack_prepare(problem);
	if (r < 0)
		(void)snprintf(status, JOB_STATUS_MAX, "cannot look into messages: %s", problem);
	tools->unpacks = r == 0;
	return r;
}

static int content_prepare(const struct conf *conf, void **ret_shared, char status[JOB_STATUS_MAX])
{
	struct content_tools *tools = xcalloc(1, sizeof(*tools));
	int r = antivirus_engine_prepare(conf, &tools->engine, status);

	if (r == 0)
		r = unpack_start(tools, conf, status);
	if (r < 0) {
		content_job_free(tools);
		tools = NULL;
	}
	*ret_shared = tools;
	return r;
}

static int content_warm(void *shared, const char *scratch)
{
	struct content_tools *tools = shared;

	return tools->engine == NULL ? 0 : antivirus_engine_warm(tools->engine, scratch);
}

/* Returns 0 with the message mapped (munmap releases it), or a negative errno. */
static int message_map(int fd, struct str *ret_message)
{
	struct stat st;
	void *data;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size <= 0)
		return -EINVAL;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return -errno;
	*ret_message = (struct str){ data, (size_t)st.st_size };
	return 0;
}

struct visit {
	struct antivirus_scan *scan;
	struct str message;	/* which libclamav has seen */
};

static void visit_content(void *arg, struct str bytes, enum filetype type, const unsigned char digest[DIGEST_SIZE])
{
	const struct visit *visit = arg;

	bool is_text = type == FILETYPE_TEXT || type == FILETYPE_HTML;

	if (bytes.p != visit->message.p || bytes.len != visit->message.len)
		antivirus_scan_content(visit->scan, bytes, digest, is_text);
}

static void look_inside(struct arena *arena, const struct content_question *question, struct antivirus_scan *scan, struct str message,
			struct inventory *ret_inventory)
{
	struct visit visit = { .scan = scan, .message = message };
	const struct unpack_settings settings = {
		.limits = question->limits, .links = question->links, .visit = scan == NULL ? NULL : visit_content, .visit_arg = &visit,
	};

	unpack_message(&settings, arena, message, ret_inventory);
}

static void examine(const struct content_tools *tools, const struct content_question *question, struct str message, struct frame *answer)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct content_answer result = { .has_antivirus = question->scan_timeout_ms > 0 };
	struct antivirus_scan *scan = NULL;
	struct inventory again;

	if (result.has_antivirus) {
		scan = antivirus_scan_begin(tools->engine, question->scan_timeout_ms);
		antivirus_scan_message(scan, message);
	}
	if (question->unpack)
		look_inside(arena, question, scan, message, &result.inventory);
	/* What met a limit is held in any case: it need not be scanned to its end. */
	if (scan != NULL && result.inventory.limits == 0 && antivirus_scan_rest(scan, message) && question->unpack)
		look_inside(arena, question, scan, message, &again);
	if (scan != NULL)
		antivirus_scan_end(scan, &result.antivirus);
	content_answer_write(answer, &result);
}

static int content_run(void *shared, struct frame *question, int message_fd, struct frame *answer)
{
	const struct content_tools *tools = shared;
	struct content_question asked;
	struct str message = { NULL, 0 };
	int r = content_question_read(question, &asked);

	if (r < 0)
		return r;
	if ((asked.scan_timeout_ms > 0 && tools->engine == NULL) || (asked.unpack && !tools->unpacks))
		return -EOPNOTSUPP;
	r = message_map(message_fd, &message);
	if (r < 0)
		return r;
	/* The line is ours: no first header line of a stranger's decides what kind of file the message is taken for. */
	if (str_has_prefix(message, STR("From ")))
		examine(tools, &asked, message, answer);
	else
		r = -EINVAL;
	(void)munmap((void *)(uintptr_t)message.p, message.len);
	return r;
}

const struct job_kind job_content = {
	.name = "content",
	.prepare = content_prepare,
	.warm = content_warm,
	.run = content_run,
};
