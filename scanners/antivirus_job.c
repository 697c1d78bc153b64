/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libclamav answers CL_CLEAN for much that it has not scanned. This file believes that answer only when nothing else speaks
 * against it: no alert about a limit, no message of level error, no archive member too large or encrypted, a scratch
 * directory that takes data, and an engine that has found its canaries in this very process. */
#include "scanners/antivirus_job.h"

#include <assert.h>
#include <clamav.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "conf/conf.h"
#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "scanners/antivirus_canary.h"
#include "scanners/antivirus_settings.h"

#define SCRATCH_MAX 256

struct antivirus_engine {
	struct cl_engine *engine;
	uint64_t max_file_bytes, max_html_bytes;
	uint64_t scratch_bytes;		/* room that a scan may need for temporary files */
	unsigned signatures;
	bool reads_rar;			/* this build of libclamav was seen to find a virus in a RAR */
	char scratch[SCRATCH_MAX];
};

/* What one scan has found, by rank; the first text of each rank is kept. Empty: nothing of it. */
struct evidence {
	const struct antivirus_engine *antivirus;
	char infected[ANTIVIRUS_TEXT_MAX + 1];
	char error[ANTIVIRUS_TEXT_MAX + 1];
	char unscannable[ANTIVIRUS_TEXT_MAX + 1];
	bool opened_rar;
};

/* libclamav has one function for its messages in the whole process; this is the scan (or the load) that they are about. */
static struct evidence *current_evidence;

static void __attribute__((format(printf, 2, 3))) note(char text[ANTIVIRUS_TEXT_MAX + 1], const char *format, ...)
{
	char line[2 * ANTIVIRUS_TEXT_MAX];
	va_list args;

	if (text[0] != '\0')
		return;
	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	antivirus_text_copy(text, str_of(line));
	if (text[0] == '\0')
		antivirus_text_copy(text, STR("unknown"));
}

/* Alerts that say that something was not scanned. Every other alert is a virus: those of the heuristics for phishing, broken
 * files and personal data are not switched on, and what is left of "Heuristics." recognises exploits. */
static void note_alert(struct evidence *evidence, const char *name)
{
	struct str alert = str_of(name == NULL ? "unknown" : name);

	if (str_has_prefix(alert, STR("Heuristics.Limits.Exceeded")))
		note(evidence->unscannable, "limits: %s", alert.p);
	else if (str_has_prefix(alert, STR("Heuristics.Encrypted.")))
		note(evidence->unscannable, "encrypted: %s", alert.p);
	else
		note(evidence->infected, "%s", alert.p);
}

/* Without a default, so that the compiler names the value that a new libclamav adds. */
static enum antivirus_outcome outcome_of(cl_error_t status)
{
	switch (status) {
	case CL_CLEAN:
		return ANTIVIRUS_CLEAN;
	case CL_VIRUS:
		return ANTIVIRUS_INFECTED;

	case CL_ETIMEOUT:
	case CL_EMAXREC:
	case CL_EMAXSIZE:
	case CL_EMAXFILES:
	case CL_EUNPACK:
	case CL_EFORMAT:
	case CL_EPARSE:
		return ANTIVIRUS_UNSCANNABLE;

	case CL_BREAK:			/* an "allowed" of a callback: ours never says so */
	case CL_VERIFIED:		/* a trusted program cannot be a whole message */
	case CL_ENULLARG:
	case CL_EARG:
	case CL_EMALFDB:
	case CL_ECVD:
	case CL_EVERIFY:
	case CL_EOPEN:
	case CL_ECREAT:
	case CL_EUNLINK:
	case CL_ESTAT:
	case CL_EREAD:
	case CL_ESEEK:
	case CL_EWRITE:
	case CL_EDUP:
	case CL_EACCES:
	case CL_ETMPFILE:
	case CL_ETMPDIR:
	case CL_EMAP:
	case CL_EMEM:
	case CL_EBYTECODE:
	case CL_EBYTECODE_TESTFAIL:
	case CL_ELOCK:
	case CL_EBUSY:
	case CL_ESTATE:
	case CL_ERROR:
	case CL_ELAST_ERROR:
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
		note_alert(evidence, name);
		break;
	case ANTIVIRUS_UNSCANNABLE:
		note(evidence->unscannable, "%s: %s", is_limit ? "limits" : "malformed", cl_strerror(status));
		break;
	case ANTIVIRUS_ERROR:
		note(evidence->error, "libclamav: %s", cl_strerror(status));
		break;
	}
}

/* What a system call says when the system is short of something: no content of a message alone makes it say that. */
static bool is_shortage(int error)
{
	static const int shortages[] = { EMFILE, ENFILE, ENOSPC, EDQUOT, EFBIG, EROFS, EIO, ENOMEM };

	for (size_t i = 0; i < sizeof(shortages) / sizeof(shortages[0]); i++) {
		if (error == shortages[i])
			return true;
	}
	return false;
}

/* libclamav passes over some failed calls without a word; errno was 0 when the scan began and may still know. */
static void note_shortage(struct evidence *evidence)
{
	if (is_shortage(errno))
		note(evidence->error, "in mid-scan: %s", strerror(errno));
}

/* A scan that lost its temporary file says so here and then answers CL_CLEAN. Most such messages are errors, that of a ZIP
 * member is a warning, as are many remarks on odd but harmless content. */
static void on_message(enum cl_msg severity, const char *full, const char *text, void *context)
{
	(void)full;
	(void)context;
	if (current_evidence == NULL)
		return;
	if (severity >= CL_MSG_ERROR)
		note(current_evidence->error, "libclamav: %s", text);
	else
		note_shortage(current_evidence);
}

static void on_virus_found(int fd, const char *name, void *context)
{
	(void)fd;
	note_alert(context, name);
}

/* libclamav trims a member that is larger than MaxFileSize and scans the rest, in silence; and it does not object to an
 * encrypted member of every kind of archive. */
static cl_error_t on_archive_member(const char *container, unsigned long container_bytes, const char *name,
				    unsigned long real_bytes, int is_encrypted, unsigned place, void *context)
{
	struct evidence *evidence = context;

	(void)container_bytes;
	(void)name;
	(void)place;
	if (str_equal(str_of(container), STR("CL_TYPE_RAR")))
		evidence->opened_rar = true;
	if (is_encrypted != 0)
		note(evidence->unscannable, "encrypted: member of an archive (%s)", container);
	if (real_bytes > evidence->antivirus->max_file_bytes)
		note(evidence->unscannable, "limits: member of an archive (%s) of %lu bytes", container, real_bytes);
	return CL_CLEAN;
}

/* Called for each file that was found, before it is scanned, with the type that its content shows. */
static cl_error_t on_file(int fd, const char *type, const char **ancestors, size_t parent_bytes, const char *name,
			  size_t bytes, const char *data, uint32_t level, uint32_t attributes, void *context)
{
	struct evidence *evidence = context;
	struct str kind = str_of(type);

	(void)fd;
	(void)ancestors;
	(void)parent_bytes;
	(void)name;
	(void)data;
	(void)level;
	(void)attributes;
	note_shortage(evidence);
	/* A member that declares a small size is trimmed all the same: what is left is as long as it may be. */
	if (bytes >= evidence->antivirus->max_file_bytes)
		note(evidence->unscannable, "limits: file of %zu bytes or more", bytes);
	if (str_equal(kind, STR("CL_TYPE_HTML")) && bytes > evidence->antivirus->max_html_bytes)
		note(evidence->unscannable, "limits: HTML of %zu bytes", bytes);
	if (str_equal(kind, STR("CL_TYPE_RAR")) && !evidence->antivirus->reads_rar)
		note(evidence->unscannable, "unsupported: RAR archive");
	return CL_CLEAN;
}

static struct cl_scan_options scan_options(void)
{
	return (struct cl_scan_options){
		.general = CL_SCAN_GENERAL_HEURISTICS,
		.parse = UINT32_MAX,
		.heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE |
			     CL_SCAN_HEURISTIC_ENCRYPTED_DOC,
	};
}

static void scan_bytes(struct evidence *evidence, const char *data, size_t len, uint64_t timeout_ms)
{
	struct cl_engine *engine = evidence->antivirus->engine;
	struct cl_scan_options options = scan_options();
	unsigned long scanned = 0;
	const char *name = NULL;
	cl_error_t status = cl_engine_set_num(engine, CL_ENGINE_MAX_SCANTIME, (long long)timeout_ms);
	cl_fmap_t *map = cl_fmap_open_memory(data, len);

	if (map == NULL)
		status = CL_EMAP;
	current_evidence = evidence;
	errno = 0;
	if (status == CL_SUCCESS)
		status = cl_scanmap_callback(map, NULL, &name, &scanned, engine, &options, evidence);
	note_shortage(evidence);
	current_evidence = NULL;
	if (map != NULL)
		cl_fmap_close(map);
	note_status(evidence, status, name);
}

static bool is_bare_cr(const char *data, size_t len, size_t i)
{
	return data[i] == '\r' && (i + 1 == len || data[i + 1] != '\n');
}

static bool has_bare_cr(const char *data, size_t len)
{
	const char *end = data + len;

	for (const char *p = data; p < end && (p = memchr(p, '\r', (size_t)(end - p))) != NULL; p++) {
		if (is_bare_cr(data, len, (size_t)(p - data)))
			return true;
	}
	return false;
}

/* To libclamav a bare CR is no line end, to some mail readers it is: where there is one the message has two readings. */
static void scan_bare_cr_reading(struct evidence *evidence, const char *data, size_t len, uint64_t timeout_ms)
{
	char *copy = malloc(len);

	if (copy == NULL) {
		note(evidence->error, "no memory for a second reading");
		return;
	}
	for (size_t i = 0; i < len; i++)
		copy[i] = is_bare_cr(data, len, i) ? '\n' : data[i];
	scan_bytes(evidence, copy, len, timeout_ms);
	free(copy);
}

static void scan_readings(struct evidence *evidence, const char *data, size_t len, uint64_t timeout_ms)
{
	uint64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
	uint64_t now_ms;

	scan_bytes(evidence, data, len, timeout_ms);
	if (evidence->infected[0] != '\0' || !has_bare_cr(data, len))
		return;
	now_ms = clock_monotonic_ms();
	if (now_ms >= deadline_ms)
		note(evidence->unscannable, "limits: no time left for the second reading of a bare CR");
	else
		scan_bare_cr_reading(evidence, data, len, deadline_ms - now_ms);
}

/* Whether temporary files can be had is found out by making one, before a scan depends on it. */
static int scratch_probe(const char *scratch)
{
	static const char block[4096];
	char path[SCRATCH_MAX + 16];
	_cleanup_(close_fdp) int fd = -1;
	ssize_t written;
	int error;

	(void)snprintf(path, sizeof(path), "%s/octroi-probe", scratch);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	written = write(fd, block, sizeof(block));
	error = written < 0 ? -errno : written == sizeof(block) ? 0 : -ENOSPC;
	if (unlink(path) < 0 && error == 0)
		error = -errno;
	return error;
}

static void scan_message(struct evidence *evidence, const char *data, size_t len, uint64_t timeout_ms)
{
	const struct antivirus_engine *antivirus = evidence->antivirus;
	int error = scratch_probe(antivirus->scratch);

	if (error < 0)
		note(evidence->error, "no temporary files: %s", strerror(-error));
	else if (len > antivirus->max_file_bytes)
		note(evidence->unscannable, "limits: message of %zu bytes", len);
	else
		scan_readings(evidence, data, len, timeout_ms);
}

/* A virus is a virus whatever else went wrong. An error ranks above a limit: an operator may let the unscannable pass and
 * means what is encrypted or too large by that, not what was lost on the way. */
static enum antivirus_outcome scan_outcome(const struct evidence *evidence, const char **ret_text)
{
	const struct { const char *text; enum antivirus_outcome outcome; } ranks[] = {
		{ evidence->infected, ANTIVIRUS_INFECTED },
		{ evidence->error, ANTIVIRUS_ERROR },
		{ evidence->unscannable, ANTIVIRUS_UNSCANNABLE },
	};

	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++) {
		if (ranks[i].text[0] != '\0') {
			*ret_text = ranks[i].text;
			return ranks[i].outcome;
		}
	}
	*ret_text = "";
	return ANTIVIRUS_CLEAN;
}

#define CANARY_TIMEOUT_MS 10000

static struct evidence canary_scan(const struct antivirus_engine *antivirus, enum antivirus_canary canary)
{
	struct evidence evidence = { .antivirus = antivirus };
	char message[CANARY_MAX];
	size_t len = antivirus_canary_write(canary, message);

	scan_message(&evidence, message, len, CANARY_TIMEOUT_MS);
	return evidence;
}

/* The file lies in the RAR as it is, so that a match alone does not show that the archive was opened. */
static bool rar_is_read(const struct antivirus_engine *antivirus)
{
	struct evidence evidence = canary_scan(antivirus, CANARY_RAR);

	return evidence.infected[0] != '\0' && evidence.opened_rar;
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
		struct evidence evidence = canary_scan(antivirus, rows[i].canary);
		const char *text;
		enum antivirus_outcome outcome = scan_outcome(&evidence, &text);

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
	char path[SCRATCH_MAX + 16];
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
	struct evidence messages = { .antivirus = antivirus };
	cl_error_t status;

	current_evidence = &messages;
	status = signatures_load(antivirus, settings);
	current_evidence = NULL;
	if (status == CL_SUCCESS)
		return 0;
	if (status == CL_EOPEN) {
		(void)snprintf(problem, JOB_STATUS_MAX, "no database in %.80s: install clamav-freshclam or run freshclam",
			       settings->database);
		return -ENOENT;
	}
	(void)snprintf(problem, JOB_STATUS_MAX, "cannot load the database %.80s: %s", settings->database,
		       messages.error[0] == '\0' ? cl_strerror(status) : messages.error);
	return -EIO;
}

static int engine_load(struct antivirus_engine *antivirus, const struct antivirus_settings *settings, char problem[JOB_STATUS_MAX])
{
	int r = database_load(antivirus, settings, problem);

	if (r == 0)
		r = canaries_check(antivirus, problem);
	if (r == 0)
		antivirus->reads_rar = rar_is_read(antivirus);
	return r;
}

/* In the zygote there is no scratch directory of an examiner yet: loading has one of its own for a moment. */
static int engine_start(struct antivirus_engine *antivirus, const struct antivirus_settings *settings, char problem[JOB_STATUS_MAX])
{
	const char *top = getenv("TMPDIR");
	char scratch[SCRATCH_MAX];
	int r;

	cl_set_clcb_msg(on_message);
	if (cl_init(CL_INIT_DEFAULT) == CL_SUCCESS)
		antivirus->engine = cl_engine_new();
	if (antivirus->engine == NULL || engine_set_numbers(antivirus->engine, settings) < 0) {
		(void)snprintf(problem, JOB_STATUS_MAX, "libclamav %s does not start with these settings", cl_retver());
		return -EIO;
	}
	engine_set_callbacks(antivirus->engine);
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

/* The directory must take the most that a scan may write at a time: every layer of the message up to max_scan_size, and a
 * file on its way. When it is full in the middle of a scan, libclamav does not always notice. */
static int scratch_measure(const struct antivirus_engine *antivirus)
{
	struct statvfs fs;

	if (statvfs(antivirus->scratch, &fs) < 0)
		return -errno;
	return (uint64_t)fs.f_bavail * fs.f_frsize < antivirus->scratch_bytes ? -ENOSPC : 0;
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
	if (r == 0)
		r = scratch_measure(antivirus);
	return r < 0 ? r : canaries_check(antivirus, problem);
}

/* Returns 0 with the message mapped, or a negative errno. */
static int message_map(int fd, const char **ret_data, size_t *ret_len)
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
	*ret_data = data;
	*ret_len = (size_t)st.st_size;
	return 0;
}

static void answer_write(struct frame *answer, const struct evidence *evidence, uint64_t elapsed_ms)
{
	struct antivirus_answer result = { .signatures = evidence->antivirus->signatures, .elapsed_ms = elapsed_ms };
	const char *text;

	result.outcome = scan_outcome(evidence, &text);
	(void)snprintf(result.text, sizeof(result.text), "%s", text);
	antivirus_answer_write(answer, &result);
}

static int antivirus_run(void *shared, struct frame *question, int message_fd, struct frame *answer)
{
	struct evidence evidence = { .antivirus = shared };
	uint64_t started_ms = clock_monotonic_ms();
	struct antivirus_question asked;
	const char *data = NULL;
	size_t len = 0;
	int r = antivirus_question_read(question, &asked);

	if (r < 0 || shared == NULL)
		return r < 0 ? r : -EOPNOTSUPP;
	r = message_map(message_fd, &data, &len);
	if (r < 0)
		return r;
	if (str_has_prefix((struct str){ data, len }, STR("From "))) {
		scan_message(&evidence, data, len, asked.timeout_ms);
		answer_write(answer, &evidence, clock_monotonic_ms() - started_ms);
	} else {
		r = -EINVAL;
	}
	(void)munmap((void *)data, len);
	return r;
}

const struct job_kind job_antivirus = {
	.name = "antivirus",
	.prepare = antivirus_prepare,
	.warm = antivirus_warm,
	.run = antivirus_run,
};
