/* SPDX-License-Identifier: GPL-2.0-or-later */
/* antivirus_engine_internal.h - what the files of antivirus_engine.h share; they alone include clamav.h. */
#ifndef OCTROI_SCANNERS_ANTIVIRUS_ENGINE_INTERNAL_H
#define OCTROI_SCANNERS_ANTIVIRUS_ENGINE_INTERNAL_H

#include <clamav.h>

#include "scanners/antivirus_engine.h"
#include "scanners/antivirus_evidence.h"
#include "scanners/antivirus_known.h"
#include "scanners/antivirus_scratch.h"
#include "scanners/antivirus_settings.h"

struct antivirus_engine {
	struct cl_engine *engine;
	uint64_t max_file_bytes, max_html_bytes, max_scan_bytes;
	uint64_t scratch_bytes;		/* room that a scan may need for temporary files */
	unsigned signatures;
	bool reads_rar;			/* this build of libclamav was seen to open a RAR */
	struct known *known;
	char scratch[ANTIVIRUS_SCRATCH_MAX];
};

#define EXAMINATION_FILES_MAX 512
#define EXAMINATION_LEVELS_MAX 101	/* max_recursion is at most 100 */

/* A file that libclamav took out and scanned as one of its own. */
struct examined_file {
	unsigned char digest[DIGEST_SIZE];	/* of its bytes */
	unsigned char place[DIGEST_SIZE];	/* of digest and of the types of what it was in: there are signatures that look at these, too */
	bool is_text;
	unsigned char text[DIGEST_SIZE];	/* antivirus_text_digest */
};

/* Of a text without its line ends at the end, each CRLF being a LF: the parser of mail in libclamav takes text parts so. Returns false without memory. */
bool antivirus_text_digest(struct str text, unsigned char ret_digest[DIGEST_SIZE]);

/* One call of libclamav; its callbacks get it as context. */
struct examination {
	const struct antivirus_engine *antivirus;
	bool is_content;		/* of a reading of ours, not the message itself */
	uint64_t max_scan_bytes, max_file_bytes;	/* at most those of the settings */
	struct evidence evidence;
	bool is_malformed;		/* said of a content: no evidence, but not known to be clean either */
	bool opened_rar;
	struct { int taker; size_t bytes; } layers[EXAMINATION_LEVELS_MAX];	/* what libclamav is in the midst of (antivirus_layer.c) */
	/* As clean as the whole is. What is over EXAMINATION_FILES_MAX is not known, that is all. */
	struct examined_file *files;	/* room for EXAMINATION_FILES_MAX */
	size_t files_len;
};

/* antivirus_layer.c: libclamav begins with a file that it has found; data is what is in it. Returns whether it need not be scanned: a file of these bytes
 * was, in the same place, and is clean. */
struct layer {
	int fd;
	const char *type;
	uint32_t level, attributes;
	size_t bytes, parent_bytes;
	const char *data;
};
bool antivirus_layer_is_known(struct examination *examination, const struct layer *layer);

/* Scans bytes in at most timeout_ms; returns how much of max_scan_bytes was used (antivirus_examine.c). */
uint64_t antivirus_examine(struct examination *examination, struct str bytes, uint64_t timeout_ms);

bool antivirus_scan_opened_rar(const struct antivirus_scan *scan);

/* What libclamav says while *messages listen; NULL: nobody does. */
void antivirus_listen(struct examination *messages);
void antivirus_callbacks_set(struct cl_engine *engine);

/* New engine with settings and callbacks; the signatures (antivirus_load.c). 0, or a negative errno with a phrase in problem. */
int antivirus_engine_new(struct antivirus_engine *antivirus, const struct antivirus_settings *settings, char problem[JOB_STATUS_MAX]);
int antivirus_database_look(const char *directory, char problem[JOB_STATUS_MAX]);
int antivirus_database_load(struct antivirus_engine *antivirus, const struct antivirus_settings *settings, char problem[JOB_STATUS_MAX]);

#endif
