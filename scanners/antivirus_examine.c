/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libclamav answers CL_CLEAN for much that it has not scanned. This file believes that answer only when nothing else speaks against it: no alert about
 * a limit, no message of level error, no archive member too large or encrypted, no shortage of the system's. */
#include <errno.h>
#include <stdlib.h>

#include "scanners/antivirus_engine_internal.h"

/* libclamav has one function for its messages in the whole process; this is the scan (or the load) that they are about. */
static struct examination *listening;

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

enum antivirus_outcome antivirus_engine_outcome(int status)
{
	return outcome_of((cl_error_t)status);
}

/* A reading of ours that libclamav would not have made may be any cut of a file: that this cannot be parsed says nothing about the message. */
static void note_malformed(struct examination *examination, const char *text)
{
	examination->is_malformed = true;
	if (!examination->is_content)
		evidence_note(&examination->evidence, ANTIVIRUS_UNSCANNABLE, "malformed: %s", text);
}

static void note_status(struct examination *examination, cl_error_t status, const char *name)
{
	bool is_limit = status == CL_ETIMEOUT || status == CL_EMAXREC || status == CL_EMAXSIZE || status == CL_EMAXFILES;

	switch (outcome_of(status)) {
	case ANTIVIRUS_CLEAN:
		break;
	case ANTIVIRUS_INFECTED:
		evidence_note_alert(&examination->evidence, name);
		break;
	case ANTIVIRUS_UNSCANNABLE:
		if (is_limit)
			evidence_note(&examination->evidence, ANTIVIRUS_UNSCANNABLE, "limits: %s", cl_strerror(status));
		else
			note_malformed(examination, cl_strerror(status));
		break;
	case ANTIVIRUS_ERROR:
		evidence_note(&examination->evidence, ANTIVIRUS_ERROR, "libclamav: %s", cl_strerror(status));
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
	evidence_note_shortage(&listening->evidence, errno);
	if (severity >= CL_MSG_ERROR && errno != 0 && errno != EPERM)
		evidence_note(&listening->evidence, ANTIVIRUS_ERROR, "libclamav: %s", text);
	else if (severity >= CL_MSG_ERROR)
		note_malformed(listening, text);
}

void antivirus_listen(struct examination *messages)
{
	cl_set_clcb_msg(on_message);
	listening = messages;
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
	if (real_bytes > examination->max_file_bytes)
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
	const struct layer layer = { .fd = fd, .type = type, .level = level, .attributes = attributes, .bytes = bytes, .parent_bytes = parent_bytes,
				     .data = data };
	struct str kind = str_of(type);

	(void)ancestors, (void)name;
	evidence_note_shortage(&examination->evidence, errno);
	errno = 0;	/* what failed by now, such as a look for a file that need not be, is of no interest any more */
	/* A member that declares a small size is trimmed all the same: what is left is as long as it may be. */
	if (bytes >= examination->max_file_bytes)
		evidence_note(&examination->evidence, ANTIVIRUS_UNSCANNABLE, "limits: file of %zu bytes or more", bytes);
	if (str_equal(kind, STR("CL_TYPE_HTML")) && bytes > antivirus->max_html_bytes)
		evidence_note(&examination->evidence, ANTIVIRUS_UNSCANNABLE, "limits: HTML of %zu bytes", bytes);
	if (str_equal(kind, STR("CL_TYPE_RAR")) && !antivirus->reads_rar)
		evidence_note(&examination->evidence, ANTIVIRUS_UNSCANNABLE, "unsupported: RAR archive");
	return antivirus_layer_is_known(examination, &layer) ? CL_BREAK : CL_CLEAN;
}

void antivirus_callbacks_set(struct cl_engine *engine)
{
	cl_engine_set_clcb_virus_found(engine, on_virus_found);
	cl_engine_set_clcb_meta(engine, on_archive_member);
	cl_engine_set_clcb_file_inspection(engine, on_file);
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

static cl_error_t set_bounds(struct cl_engine *engine, const struct examination *examination, uint64_t timeout_ms)
{
	const struct { enum cl_engine_field field; uint64_t value; } bounds[] = {
		{ CL_ENGINE_MAX_SCANTIME, timeout_ms }, { CL_ENGINE_MAX_SCANSIZE, examination->max_scan_bytes },
		{ CL_ENGINE_MAX_FILESIZE, examination->max_file_bytes },
	};
	cl_error_t status = CL_SUCCESS;

	for (size_t i = 0; status == CL_SUCCESS && i < sizeof(bounds) / sizeof(bounds[0]); i++)
		status = cl_engine_set_num(engine, bounds[i].field, (long long)bounds[i].value);
	return status;
}

uint64_t antivirus_examine(struct examination *examination, struct str bytes, uint64_t timeout_ms)
{
	struct cl_engine *engine = examination->antivirus->engine;
	struct cl_scan_options options = scan_options();
	unsigned long scanned = 0;
	const char *name = NULL;
	cl_error_t status = set_bounds(engine, examination, timeout_ms);
	cl_fmap_t *map = cl_fmap_open_memory(bytes.p, bytes.len);

	antivirus_listen(examination);
	errno = 0;
	if (map == NULL)
		status = CL_EMAP;
	if (status == CL_SUCCESS)
		status = cl_scanmap_callback(map, NULL, &name, &scanned, engine, &options, examination);
	/* libclamav passes over some failed calls without a word. */
	evidence_note_shortage(&examination->evidence, errno);
	note_status(examination, status, name);
	antivirus_listen(NULL);
	if (map != NULL)
		cl_fmap_close(map);
	return (uint64_t)scanned * CL_COUNT_PRECISION;
}
