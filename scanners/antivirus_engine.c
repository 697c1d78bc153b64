/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An engine serves only after it has found its canaries in this very process, and has temporary files. */
#include "scanners/antivirus_engine.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf/conf.h"
#include "milter/base/arena.h"
#include "scanners/antivirus_canary.h"
#include "scanners/antivirus_engine_internal.h"

#define CANARY_TIMEOUT_MS 10000

static struct antivirus_answer canary_scan(struct antivirus_engine *antivirus, enum antivirus_canary canary, bool *ret_opened_rar)
{
	struct antivirus_scan *scan = antivirus_scan_begin(antivirus, CANARY_TIMEOUT_MS);
	struct antivirus_answer answer;
	char message[CANARY_MAX];
	size_t len = antivirus_canary_write(canary, message);

	antivirus_scan_message(scan, (struct str){ message, len });
	(void)antivirus_scan_rest(scan, (struct str){ message, len });
	*ret_opened_rar = antivirus_scan_opened_rar(scan);
	antivirus_scan_end(scan, &answer);
	return answer;
}

/* The file lies in the RAR as it is, so that a match alone does not show that the archive was opened. */
static bool rar_is_read(struct antivirus_engine *antivirus)
{
	bool opened_rar;
	struct antivirus_answer answer = canary_scan(antivirus, CANARY_RAR, &opened_rar);

	return answer.outcome == ANTIVIRUS_INFECTED && opened_rar;
}

/* Returns 0, or -EIO with what is wrong in problem. */
static int canaries_check(struct antivirus_engine *antivirus, char problem[JOB_STATUS_MAX])
{
	static const struct { enum antivirus_canary canary; enum antivirus_outcome outcome; const char *name; } rows[] = {
		{ CANARY_FILE, ANTIVIRUS_INFECTED, "the EICAR test file as an attachment" },
		{ CANARY_ZIP, ANTIVIRUS_INFECTED, "the EICAR test file in a ZIP" },
		{ CANARY_CLEAN, ANTIVIRUS_CLEAN, "a clean letter" },
	};
	static const char *const outcomes[] = { "clean", "infected", "unscannable", "error" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool opened_rar;
		struct antivirus_answer answer = canary_scan(antivirus, rows[i].canary, &opened_rar);

		if (answer.outcome == rows[i].outcome)
			continue;
		(void)snprintf(problem, JOB_STATUS_MAX, "self-test failed: %s is %s%s%s", rows[i].name, outcomes[answer.outcome],
			       answer.text[0] == '\0' ? "" : ": ", answer.text);
		return -EIO;
	}
	return 0;
}

static int scratch_use(struct antivirus_engine *antivirus, const char *scratch)
{
	if (strlen(scratch) >= sizeof(antivirus->scratch))
		return -ENAMETOOLONG;
	(void)snprintf(antivirus->scratch, sizeof(antivirus->scratch), "%s", scratch);
	return cl_engine_set_str(antivirus->engine, CL_ENGINE_TMPDIR, scratch) == CL_SUCCESS ? 0 : -ENOMEM;
}

static int engine_load(struct antivirus_engine *antivirus, const struct antivirus_settings *settings,
		       char problem[JOB_STATUS_MAX])
{
	int r = antivirus_database_load(antivirus, settings, problem);

	if (r == 0)
		r = canaries_check(antivirus, problem);
	if (r == 0)
		antivirus->reads_rar = rar_is_read(antivirus);
	return r;
}

/* In the zygote there is no scratch directory of an examiner yet: loading has one of its own for a moment. */
static int engine_start(struct antivirus_engine *antivirus, const struct antivirus_settings *settings,
			char problem[JOB_STATUS_MAX])
{
	const char *top = getenv("TMPDIR");
	char scratch[ANTIVIRUS_SCRATCH_MAX];
	int r = antivirus_engine_new(antivirus, settings, problem);

	if (r < 0)
		return r;
	(void)snprintf(scratch, sizeof(scratch), "%s/octroi-load-XXXXXX", top == NULL || top[0] == '\0' ? "/tmp" : top);
	if (mkdtemp(scratch) == NULL) {
		r = -errno;
		(void)snprintf(problem, JOB_STATUS_MAX, "no temporary directory %.100s: %s", scratch, strerror(-r));
		return r;
	}
	r = scratch_use(antivirus, scratch);
	if (r == 0)
		r = engine_load(antivirus, settings, problem);
	(void)rmdir(scratch);
	return r;
}

static void status_write(const struct antivirus_engine *antivirus, char status[JOB_STATUS_MAX])
{
	long long version = cl_engine_get_num(antivirus->engine, CL_ENGINE_DB_VERSION, NULL);
	char daily[32] = "";

	if (version > 0)
		(void)snprintf(daily, sizeof(daily), ", daily %lld", version);
	(void)snprintf(status, JOB_STATUS_MAX, "ClamAV %s, %u signatures%s%s", cl_retver(), antivirus->signatures, daily,
		       antivirus->reads_rar ? "" : ", cannot read RAR (libclamunrar is not installed)");
}

int antivirus_engine_prepare(const struct conf *conf, struct antivirus_engine **ret_engine, char status[JOB_STATUS_MAX])
{
	const struct antivirus_settings *settings = conf_settings(conf, "antivirus");
	struct antivirus_engine *antivirus;
	int r;

	*ret_engine = NULL;
	if (!settings->enabled) {
		(void)snprintf(status, JOB_STATUS_MAX, "antivirus is off");
		return 0;
	}
	r = antivirus_database_look(settings->database, status);
	if (r < 0)
		return r;

	antivirus = xcalloc(1, sizeof(*antivirus));
	antivirus->max_file_bytes = settings->max_file_bytes;
	antivirus->max_html_bytes = settings->max_html_bytes;
	antivirus->max_scan_bytes = settings->max_scan_bytes;
	antivirus->known = known_new();
	antivirus->scratch_bytes = settings->max_scan_bytes + settings->max_file_bytes;
	r = engine_start(antivirus, settings, status);
	if (r < 0) {
		antivirus_engine_free(antivirus);
		return r;
	}
	status_write(antivirus, status);
	*ret_engine = antivirus;
	return 0;
}

void antivirus_engine_free(struct antivirus_engine *antivirus)
{
	if (antivirus == NULL)
		return;
	if (antivirus->engine != NULL)
		(void)cl_engine_free(antivirus->engine);
	known_free(antivirus->known);
	free(antivirus);
}

int antivirus_engine_warm(struct antivirus_engine *antivirus, const char *scratch)
{
	char problem[JOB_STATUS_MAX];
	int r;

	if (antivirus == NULL)
		return 0;
	/* The buffers of a scan come and go; giving them back to the system each time costs more than the scan of a small
	 * message. An examiner is recycled long before this matters. */
	(void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 64 << 20);
	/* A few places in libclamav ask the environment instead of the engine. */
	if (setenv("TMPDIR", scratch, 1) < 0)
		return -errno;
	r = scratch_use(antivirus, scratch);
	/* The most that a scan may write at a time: every layer of the message up to max_scan_size, and a file on its way. In a
	 * directory that is full libclamav does not always notice what it has lost. */
	if (r == 0)
		r = antivirus_scratch_measure(scratch, antivirus->scratch_bytes);
	return r < 0 ? r : canaries_check(antivirus, problem);
}
