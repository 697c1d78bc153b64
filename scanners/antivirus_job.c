/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libclamav answers CL_CLEAN for much that it has not scanned. This file believes that answer only when nothing else speaks
 * against it: no alert about a limit, no message of level error, no archive member too large or encrypted, no shortage of
 * the system's, a scratch directory that takes data, and an engine that has found its canaries in this very process. */
#include "scanners/antivirus_job.h"

#include <clamav.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "conf/conf.h"
#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "scanners/antivirus_canary.h"
#include "scanners/antivirus_evidence.h"
#include "scanners/antivirus_reading.h"
#include "scanners/antivirus_scratch.h"
#include "scanners/antivirus_settings.h"

struct antivirus_engine {
	struct cl_engine *engine;
	uint64_t max_file_bytes, max_html_bytes;
	uint64_t scratch_bytes;		/* room that a scan may need for temporary files */
	unsigned signatures;
	bool reads_rar;			/* this build of libclamav was seen to open a RAR */
	char scratch[ANTIVIRUS_SCRATCH_MAX];
};

/* One message in libclamav's hands; its callbacks get it as context. */
struct examination {
	const struct antivirus_engine *antivirus;
	struct evidence evidence;
	bool opened_rar;
};

/* libclamav has one function for its messages in the whole process; this is the scan (or the load) that they are about. */
static struct evidence *listening;

/* Without a default, so that the compiler names the value that a new libclamav adds. */
static enum antivirus_outcome outcome_of(cl_error_t status)
{
	switch (status) {
	case CL_CLEAN:
		return ANTIVIRUS_CLEAN;
	case CL_VIRUS:
		return ANTIVIRUS_INFECTED;

	case CL_ETIMEOUT: case CL_EMAXREC: case CL_EMAXSIZE: case CL_EMAXFILES:
	case CL_EUNPACK: case CL_EFORMAT: case CL_EPARSE:
		return ANTIVIRUS_UNSCANNABLE;

	case CL_BREAK:			/* an "allowed" of a callback: ours never says so */
	case CL_VERIFIED:		/* a trusted program cannot be a whole message */
	case CL_ENULLARG: case CL_EARG: case CL_EMALFDB: case CL_ECVD: case CL_EVERIFY:
	case CL_EOPEN: case CL_ECREAT: case CL_EUNLINK: case CL_ESTAT: case CL_EREAD: case CL_ESEEK: case CL_EWRITE:
	case CL_EDUP: case CL_EACCES: case CL_ETMPFILE: case CL_ETMPDIR: case CL_EMAP: case CL_EMEM:
	case CL_EBYTECODE: case CL_EBYTECODE_TESTFAIL: case CL_ELOCK: case CL_EBUSY: case CL_ESTATE:
	case CL_ERROR: case CL_ELAST_ERROR:
		return ANTIVIRUS_ERROR;
	}
	return ANTIVIRUS_ERROR;
}

enum antivirus_outcome antivirus_job_outcome(int status)
{
	return outcome_of((cl_error_t)status);
}

static void note_status(struct evidence *evidence, cl_error_t status, const char *name)
{
	bool is_limit = status == CL_ETIMEOUT || status == CL_EMAXREC || status == CL_EMAXSIZE || status == CL_EMAXFILES;

	switch (outcome_of(status)) {
	case ANTIVIRUS_CLEAN:
		break;
	case ANTIVIRUS_INFECTED:
		evidence_note_alert(evidence, name);
		break;
	case ANTIVIRUS_UNSCANNABLE:
		evidence_note(evidence, ANTIVIRUS_UNSCANNABLE, "%s: %s", is_limit ? "limits" : "malformed",
			      cl_strerror(status));
		break;
	case ANTIVIRUS_ERROR:
		evidence_note(evidence, ANTIVIRUS_ERROR, "libclamav: %s", cl_strerror(status));
		break;
	}
}

/* A scan that lost its temporary file says so here and then answers CL_CLEAN. Most such messages are errors, but that of a
 * ZIP member is a warning, as are many remarks on content that is odd and harmless. errno tells them apart: where no system
 * call has failed, an error is about content that cannot be read, and a retry would not help. EPERM is the chmod that the
 * sandbox denies each time a temporary directory is removed. */
static void on_message(enum cl_msg severity, const char *full, const char *text, void *context)
{
	(void)full, (void)context;
	if (listening == NULL)
		return;
	evidence_note_shortage(listening, errno);
	if (severity >= CL_MSG_ERROR && errno != 0 && errno != EPERM)
		evidence_note(listening, ANTIVIRUS_ERROR, "libclamav: %s", text);
	else if (severity >= CL_MSG_ERROR)
		evidence_note(listening, ANTIVIRUS_UNSCANNABLE, "malformed: %s", text);
}

static void on_virus_found(int fd, const char *name, void *context)
{
	struct examination *examination = context;

	(void)fd;
	evidence_note_alert(&examination->evidence, name);
}

/* libclamav trims a member that is larger than MaxFileSize and scans the rest, in silence; and it does not object to an
 * encrypted member of every kind of archive. */
static cl_error_t on_archive_member(const char *container, unsigned long container_bytes, const char *name,
				    unsigned long real_bytes, int is_encrypted, unsigned place, void *context)
{
	struct examination *examination = context;

	(void)container_bytes, (void)name, (void)place;
	if (str_equal(str_of(container), STR("CL_TYPE_RAR")))
		examination->opened_rar = true;
	if (is_encrypted != 0)
		evidence_note(&examination->evidence, ANTIVIRUS_UNSCANNABLE, "encrypted: archive member (%s)", container);
	if (real_bytes > examination->antivirus->max_file_bytes)
		evidence_note(&examination->evidence, ANTIVIRUS_UNSCANNABLE, "limits: archive member (%s) of %lu bytes",
			      container, real_bytes);
	return CL_CLEAN;
}

/* Called for each file that was found, before it is scanned, with the type that its content shows. */
static cl_error_t on_file(int fd, const char *type, const char **ancestors, size_t parent_bytes, const char *name,
			  size_t bytes, const char *data, uint32_t level, uint32_t attributes, void *context)
{
	struct examination *examination = context;
	const struct antivirus_engine *antivirus = examination->antivirus;
	struct str kind = str_of(type);

	(void)fd, (void)ancestors, (void)parent_bytes, (void)name, (void)data, (void)level, (void)attributes;
	evidence_note_shortage(&examination->evidence, errno);
	errno = 0;	/* what failed by now, such as a look for a file that need not be, is of no interest any more */
	/* A member that declares a small size is trimmed all the same: what is left is as long as it may be. */
	if (bytes >= antivirus->max_file_bytes)
		evidence_note(&examination->evidence, ANTIVIRUS_UNSCANNABLE, "limits: file of %zu bytes or more", bytes);
	if (str_equal(kind, STR("CL_TYPE_HTML")) && bytes > antivirus->max_html_bytes)
		evidence_note(&examination->evidence, ANTIVIRUS_UNSCANNABLE, "limits: HTML of %zu bytes", bytes);
	if (str_equal(kind, STR("CL_TYPE_RAR")) && !antivirus->reads_rar)
		evidence_note(&examination->evidence, ANTIVIRUS_UNSCANNABLE, "unsupported: RAR archive");
	return CL_CLEAN;
}

/* Without precedence for heuristics: an alert about a limit is kept and the scan goes on, so that a virus behind it is found.
 * Without all matches: the first virus ends the scan. */
static struct cl_scan_options scan_options(void)
{
	return (struct cl_scan_options){
		.general = CL_SCAN_GENERAL_HEURISTICS,
		.parse = UINT32_MAX,
		.heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE |
			     CL_SCAN_HEURISTIC_ENCRYPTED_DOC,
	};
}

static void scan_bytes(struct examination *examination, struct str bytes, uint64_t timeout_ms)
{
	struct cl_engine *engine = examination->antivirus->engine;
	struct cl_scan_options options = scan_options();
	unsigned long scanned = 0;
	const char *name = NULL;
	cl_error_t status = cl_engine_set_num(engine, CL_ENGINE_MAX_SCANTIME, (long long)timeout_ms);
	cl_fmap_t *map = cl_fmap_open_memory(bytes.p, bytes.len);

	listening = &examination->evidence;
	errno = 0;
	if (map == NULL)
		status = CL_EMAP;
	if (status == CL_SUCCESS)
		status = cl_scanmap_callback(map, NULL, &name, &scanned, engine, &options, examination);
	/* libclamav passes over some failed calls without a word. */
	evidence_note_shortage(listening, errno);
	note_status(listening, status, name);
	listening = NULL;
	if (map != NULL)
		cl_fmap_close(map);
}

static void scan_bare_cr_reading(struct examination *examination, struct str message, uint64_t timeout_ms)
{
	char *copy = malloc(message.len + 1);	/* never zero bytes */

	if (copy == NULL) {
		evidence_note(&examination->evidence, ANTIVIRUS_ERROR, "no memory for a second reading");
		return;
	}
	reading_write_bare_cr(message, copy);
	scan_bytes(examination, (struct str){ copy, message.len }, timeout_ms);
	free(copy);
}

static void scan_readings(struct examination *examination, struct str message, uint64_t timeout_ms)
{
	uint64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
	uint64_t now_ms;

	scan_bytes(examination, message, timeout_ms);
	if (evidence_has(&examination->evidence, ANTIVIRUS_INFECTED) || !reading_has_bare_cr(message))
		return;
	now_ms = clock_monotonic_ms();
	if (now_ms < deadline_ms)
		scan_bare_cr_reading(examination, message, deadline_ms - now_ms);
	else
		evidence_note(&examination->evidence, ANTIVIRUS_UNSCANNABLE, "limits: no time to read bare CR as line ends");
}

static void scan_message(struct examination *examination, struct str message, uint64_t timeout_ms)
{
	int error = antivirus_scratch_probe(examination->antivirus->scratch);

	if (error < 0)
		evidence_note(&examination->evidence, ANTIVIRUS_ERROR, "no temporary files: %s", strerror(-error));
	else if (message.len > examination->antivirus->max_file_bytes)
		evidence_note(&examination->evidence, ANTIVIRUS_UNSCANNABLE, "limits: message of %zu bytes", message.len);
	else
		scan_readings(examination, message, timeout_ms);
}

#define CANARY_TIMEOUT_MS 10000

static struct examination canary_scan(const struct antivirus_engine *antivirus, enum antivirus_canary canary)
{
	struct examination examination = { .antivirus = antivirus };
	char message[CANARY_MAX];
	size_t len = antivirus_canary_write(canary, message);

	scan_message(&examination, (struct str){ message, len }, CANARY_TIMEOUT_MS);
	return examination;
}

/* The file lies in the RAR as it is, so that a match alone does not show that the archive was opened. */
static bool rar_is_read(const struct antivirus_engine *antivirus)
{
	struct examination examination = canary_scan(antivirus, CANARY_RAR);

	return evidence_has(&examination.evidence, ANTIVIRUS_INFECTED) && examination.opened_rar;
}

/* Returns 0, or -EIO with what is wrong in problem. */
static int canaries_check(const struct antivirus_engine *antivirus, char problem[JOB_STATUS_MAX])
{
	static const struct { enum antivirus_canary canary; enum antivirus_outcome outcome; const char *name; } rows[] = {
		{ CANARY_FILE, ANTIVIRUS_INFECTED, "the EICAR test file as an attachment" },
		{ CANARY_ZIP, ANTIVIRUS_INFECTED, "the EICAR test file in a ZIP" },
		{ CANARY_CLEAN, ANTIVIRUS_CLEAN, "a clean letter" },
	};
	static const char *const outcomes[] = { "clean", "infected", "unscannable", "error" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct examination examination = canary_scan(antivirus, rows[i].canary);
		const char *text;
		enum antivirus_outcome outcome = evidence_outcome(&examination.evidence, &text);

		if (outcome == rows[i].outcome)
			continue;
		(void)snprintf(problem, JOB_STATUS_MAX, "self-test failed: %s is %s%s%s", rows[i].name, outcomes[outcome],
			       text[0] == '\0' ? "" : ": ", text);
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

struct engine_number {
	enum cl_engine_field field;
	long long value;
};

static int engine_set_numbers(struct cl_engine *engine, const struct antivirus_settings *settings)
{
	const struct engine_number numbers[] = {
		{ CL_ENGINE_MAX_SCANSIZE, (long long)settings->max_scan_bytes },
		{ CL_ENGINE_MAX_FILESIZE, (long long)settings->max_file_bytes },
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

static void engine_set_callbacks(struct cl_engine *engine)
{
	cl_engine_set_clcb_virus_found(engine, on_virus_found);
	cl_engine_set_clcb_meta(engine, on_archive_member);
	cl_engine_set_clcb_file_inspection(engine, on_file);
}

/* Whether the directory can be read at all; what is in it is for libclamav to say. */
static int database_look(const char *directory, char problem[JOB_STATUS_MAX])
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

static int database_load(struct antivirus_engine *antivirus, const struct antivirus_settings *settings,
			 char problem[JOB_STATUS_MAX])
{
	struct evidence messages = { 0 };
	const char *text;
	cl_error_t status;

	listening = &messages;
	status = signatures_load(antivirus, settings);
	listening = NULL;
	if (status == CL_SUCCESS)
		return 0;
	if (status == CL_EOPEN) {
		(void)snprintf(problem, JOB_STATUS_MAX, "no database in %.80s: install clamav-freshclam or run freshclam",
			       settings->database);
		return -ENOENT;
	}
	(void)evidence_outcome(&messages, &text);
	(void)snprintf(problem, JOB_STATUS_MAX, "cannot load the database %.80s: %s", settings->database,
		       text[0] == '\0' ? cl_strerror(status) : text);
	return -EIO;
}

static int engine_load(struct antivirus_engine *antivirus, const struct antivirus_settings *settings,
		       char problem[JOB_STATUS_MAX])
{
	int r = database_load(antivirus, settings, problem);

	if (r == 0)
		r = canaries_check(antivirus, problem);
	if (r == 0)
		antivirus->reads_rar = rar_is_read(antivirus);
	return r;
}

static int engine_new(struct antivirus_engine *antivirus, const struct antivirus_settings *settings,
		      char problem[JOB_STATUS_MAX])
{
	cl_set_clcb_msg(on_message);
	if (cl_init(CL_INIT_DEFAULT) == CL_SUCCESS)
		antivirus->engine = cl_engine_new();
	if (antivirus->engine == NULL || engine_set_numbers(antivirus->engine, settings) < 0) {
		(void)snprintf(problem, JOB_STATUS_MAX, "libclamav %s does not start with these settings", cl_retver());
		return -EIO;
	}
	engine_set_callbacks(antivirus->engine);
	return 0;
}

/* In the zygote there is no scratch directory of an examiner yet: loading has one of its own for a moment. */
static int engine_start(struct antivirus_engine *antivirus, const struct antivirus_settings *settings,
			char problem[JOB_STATUS_MAX])
{
	const char *top = getenv("TMPDIR");
	char scratch[ANTIVIRUS_SCRATCH_MAX];
	int r = engine_new(antivirus, settings, problem);

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

static int antivirus_prepare(const struct conf *conf, void **ret_shared, char status[JOB_STATUS_MAX])
{
	const struct antivirus_settings *settings = conf_settings(conf, "antivirus");
	struct antivirus_engine *antivirus;
	int r;

	*ret_shared = NULL;
	if (!settings->enabled) {
		(void)snprintf(status, JOB_STATUS_MAX, "antivirus is off");
		return 0;
	}
	r = database_look(settings->database, status);
	if (r < 0)
		return r;

	antivirus = xcalloc(1, sizeof(*antivirus));
	antivirus->max_file_bytes = settings->max_file_bytes;
	antivirus->max_html_bytes = settings->max_html_bytes;
	antivirus->scratch_bytes = settings->max_scan_bytes + settings->max_file_bytes;
	r = engine_start(antivirus, settings, status);
	if (r < 0) {
		antivirus_job_free(antivirus);
		return r;
	}
	status_write(antivirus, status);
	*ret_shared = antivirus;
	return 0;
}

void antivirus_job_free(void *shared)
{
	struct antivirus_engine *antivirus = shared;

	if (antivirus == NULL)
		return;
	if (antivirus->engine != NULL)
		(void)cl_engine_free(antivirus->engine);
	free(antivirus);
}

static int antivirus_warm(void *shared, const char *scratch)
{
	struct antivirus_engine *antivirus = shared;
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

static int examine(const struct antivirus_engine *antivirus, struct str message, uint64_t timeout_ms, struct frame *answer)
{
	struct examination examination = { .antivirus = antivirus };
	struct antivirus_answer result = { .signatures = antivirus->signatures };
	uint64_t started_ms = clock_monotonic_ms();
	const char *text;

	if (!str_has_prefix(message, STR("From ")))
		return -EINVAL;
	scan_message(&examination, message, timeout_ms);
	result.outcome = evidence_outcome(&examination.evidence, &text);
	antivirus_text_copy(result.text, str_of(text));
	result.elapsed_ms = clock_monotonic_ms() - started_ms;
	antivirus_answer_write(answer, &result);
	return 0;
}

static int antivirus_run(void *shared, struct frame *question, int message_fd, struct frame *answer)
{
	struct antivirus_question asked;
	struct str message = { NULL, 0 };
	int r = antivirus_question_read(question, &asked);

	if (r < 0)
		return r;
	if (shared == NULL)
		return -EOPNOTSUPP;
	r = message_map(message_fd, &message);
	if (r < 0)
		return r;
	r = examine(shared, message, asked.timeout_ms, answer);
	(void)munmap((void *)message.p, message.len);
	return r;
}

const struct job_kind job_antivirus = {
	.name = "antivirus",
	.prepare = antivirus_prepare,
	.warm = antivirus_warm,
	.run = antivirus_run,
};
