/* SPDX-License-Identifier: GPL-2.0-or-later */
/* antivirus_engine.h - libclamav in a cage: one engine for the process, one scan at a time; no answer of libclamav's is believed without evidence.
 *
 * A scan is begun, given the whole message, then each distinct content of every reading, and ended with one answer. What is known to be clean or infected
 * by its SHA-256 is not scanned again: files that libclamav has itself taken out of a message, and contents. Engine and limits are those of the process
 * and so a part of that key; limits, encryption, malformed files and errors are never remembered. What is known is known to one examiner and dies with it:
 * one that was taken over must not vouch for the mail of others. */
#ifndef OCTROI_SCANNERS_ANTIVIRUS_ENGINE_H
#define OCTROI_SCANNERS_ANTIVIRUS_ENGINE_H

#include "milter/isolate/job.h"
#include "scanners/antivirus_answer.h"

struct antivirus_engine;
struct antivirus_scan;

/* As prepare and warm of a job (job.h); *ret_engine is NULL when antivirus.enabled is no. */
int antivirus_engine_prepare(const struct conf *conf, struct antivirus_engine **ret_engine, char status[JOB_STATUS_MAX]);
int antivirus_engine_warm(struct antivirus_engine *antivirus, const char *scratch);
void antivirus_engine_free(struct antivirus_engine *antivirus);	/* for tests; an examiner only ends */

/* timeout_ms: for all of the scan. Never NULL. */
struct antivirus_scan *antivirus_scan_begin(struct antivirus_engine *engine, uint64_t timeout_ms);

/* The message with its line "From x\n". One that unpacks to far more than its size is scanned in part only, until antivirus_scan_rest, which does nothing
 * for any other. Without that it is unscannable: so a message that is held anyway, because another limit was met, need not cost all that the settings
 * allow. Returns true when all contents must be shown again: those that were too large were left. */
void antivirus_scan_message(struct antivirus_scan *scan, struct str message);
bool antivirus_scan_rest(struct antivirus_scan *scan, struct str message);

/* A content of the message; digest is SHA-256 of bytes. Evidence against it counts as that against the message, but for "malformed": what is cut off in
 * an odd reading says nothing of the message. is_text: text or HTML for people to read, of which line ends need not be as libclamav has seen them. */
void antivirus_scan_content(struct antivirus_scan *scan, struct str bytes, const unsigned char digest[32], bool is_text);

/* Writes the answer and releases scan. */
void antivirus_scan_end(struct antivirus_scan *scan, struct antivirus_answer *ret_answer);

/* What a cl_error_t alone says about a message; a number libclamav did not have when this was written is ANTIVIRUS_ERROR. */
enum antivirus_outcome antivirus_engine_outcome(int status);

#endif
