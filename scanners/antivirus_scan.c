/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One message in libclamav's hands: which of it is scanned, within which bounds, and what all that was noted comes to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "milter/base/arena.h"
#include "milter/base/clock.h"
#include "scanners/antivirus_engine_internal.h"
#include "scanners/antivirus_reading.h"

/* What a message may unpack to before we look whether it is a bomb; what is more waits for antivirus_scan_rest. */
#define MODEST_BYTES ((uint64_t)24 << 20)
#define MODEST_RATIO 4
#define MODEST_MS 2000
#define MODEST_BYTES_PER_MS 4096

/* For all contents of a message that is unscannable anyhow and so is not let in: they can at most give it the name of a virus. */
#define FEW_BYTES ((uint64_t)16 << 20)
#define FEW_MS 1000

struct antivirus_scan {
	struct antivirus_engine *antivirus;
	struct evidence evidence;
	struct evidence beyond;		/* noted at the bounds of what is modest: it counts unless the rest is scanned, too */
	bool opened_rar;
	bool is_partial;		/* the message goes on beyond what is modest */
	bool contents_are_left;		/* so do contents */
	uint64_t started_ms, deadline_ms;
	uint64_t content_bytes, contents_until_ms;	/* for all contents together: what they may unpack to, and when they must be done */
	struct examined_file files[EXAMINATION_FILES_MAX];	/* room for each call */
};

/* Notes in evidence what was noted in one of its parts. */
static void evidence_take(struct evidence *evidence, const struct evidence *part)
{
	for (unsigned i = 0; i <= ANTIVIRUS_ERROR; i++) {
		if (part->texts[i][0] != '\0')
			evidence_note(evidence, (enum antivirus_outcome)i, "%s", part->texts[i]);
	}
}

/* What was scanned in one call in which nothing at all was noted is clean, each file of it; and so is the whole, if it may be known. */
static void know_clean(struct known *known, const struct examination *examination, const unsigned char *whole)
{
	for (size_t i = 0; i < examination->files_len; i++) {
		known_add(known, examination->files[i].digest, NULL);
		known_add(known, examination->files[i].place, NULL);
		if (examination->files[i].is_text)
			known_add(known, examination->files[i].text, NULL);
	}
	if (whole != NULL)
		known_add(known, whole, NULL);
}

static void know(struct known *known, const struct examination *examination, const unsigned char *whole)
{
	const char *text;
	enum antivirus_outcome outcome = evidence_outcome(&examination->evidence, &text);

	if (outcome == ANTIVIRUS_CLEAN && !examination->is_malformed)
		know_clean(known, examination, whole);
	/* The virus may be in any of the files, so nothing is known of them; of the whole it is. */
	else if (outcome == ANTIVIRUS_INFECTED && whole != NULL)
		known_add(known, whole, text);
}

static struct examination examination_of(struct antivirus_scan *scan, uint64_t max_scan_bytes)
{
	uint64_t max_file_bytes = scan->antivirus->max_file_bytes;

	return (struct examination){
		.antivirus = scan->antivirus, .files = scan->files, .max_scan_bytes = max_scan_bytes,
		.max_file_bytes = max_scan_bytes < max_file_bytes ? max_scan_bytes : max_file_bytes,
	};
}

static uint64_t run(struct antivirus_scan *scan, struct examination *examination, struct str bytes, uint64_t until_ms)
{
	uint64_t now_ms = clock_monotonic_ms();
	uint64_t used = 0;

	if (now_ms < until_ms)
		used = antivirus_examine(examination, bytes, until_ms - now_ms);
	else
		evidence_note(&examination->evidence, ANTIVIRUS_UNSCANNABLE, "limits: no time for every reading");
	scan->opened_rar |= examination->opened_rar;
	return used;
}

/* By limits of size or time: only these are more generous in a second scan. */
static bool is_stopped_by_bounds(const struct evidence *evidence)
{
	const char *text;

	return evidence_outcome(evidence, &text) == ANTIVIRUS_UNSCANNABLE && str_has_prefix(str_of(text), STR("limits: ")) &&
	       strstr(text, "MaxFiles") == NULL && strstr(text, "MaxRecursion") == NULL;
}

/* Bounds for the message itself. */
struct reach {
	uint64_t bytes, until_ms;
	bool is_all;
};

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static struct reach reach_all(const struct antivirus_scan *scan)
{
	return (struct reach){ .bytes = scan->antivirus->max_scan_bytes, .until_ms = scan->deadline_ms, .is_all = true };
}

static struct reach reach_modest(const struct antivirus_scan *scan, size_t message_bytes)
{
	uint64_t modest_bytes = MODEST_BYTES + MODEST_RATIO * (uint64_t)message_bytes;

	if (modest_bytes >= scan->antivirus->max_scan_bytes)
		return reach_all(scan);
	return (struct reach){ .bytes = modest_bytes, .until_ms = least(scan->started_ms + MODEST_MS + message_bytes / MODEST_BYTES_PER_MS, scan->deadline_ms) };
}

/* Nobody sends a message twice: it is not known by its digest. */
static void examine_message(struct antivirus_scan *scan, struct str message, const struct reach *reach)
{
	struct examination examination = examination_of(scan, reach->bytes);

	(void)run(scan, &examination, message, reach->until_ms);
	know(scan->antivirus->known, &examination, NULL);
	if (reach->is_all || !is_stopped_by_bounds(&examination.evidence)) {
		evidence_take(&scan->evidence, &examination.evidence);
		return;
	}
	scan->is_partial = true;
	evidence_take(&scan->beyond, &examination.evidence);
}

static void examine_bare_cr_reading(struct antivirus_scan *scan, struct str message, const struct reach *reach)
{
	char *copy = malloc(message.len + 1);	/* never zero bytes */

	if (copy == NULL) {
		evidence_note(&scan->evidence, ANTIVIRUS_ERROR, "no memory for a second reading");
		return;
	}
	reading_write_bare_cr(message, copy);
	examine_message(scan, (struct str){ copy, message.len }, reach);
	free(copy);
}

static void examine_readings(struct antivirus_scan *scan, struct str message, struct reach reach)
{
	examine_message(scan, message, &reach);
	if (!evidence_has(&scan->evidence, ANTIVIRUS_INFECTED) && reading_has_bare_cr(message))
		examine_bare_cr_reading(scan, message, &reach);
}

struct antivirus_scan *antivirus_scan_begin(struct antivirus_engine *engine, uint64_t timeout_ms)
{
	struct antivirus_scan *scan = xcalloc(1, sizeof(*scan));
	int error = antivirus_scratch_probe(engine->scratch);

	scan->antivirus = engine;
	scan->started_ms = clock_monotonic_ms();
	scan->deadline_ms = scan->started_ms + timeout_ms;
	scan->content_bytes = engine->max_scan_bytes;
	scan->contents_until_ms = scan->deadline_ms;
	if (error < 0)
		evidence_note(&scan->evidence, ANTIVIRUS_ERROR, "no temporary files: %s", strerror(-error));
	return scan;
}

/* Whatever else is in it, the answer is there; or libclamav cannot work. */
static bool is_over(const struct antivirus_scan *scan)
{
	return evidence_has(&scan->evidence, ANTIVIRUS_INFECTED) || evidence_has(&scan->evidence, ANTIVIRUS_ERROR);
}

void antivirus_scan_message(struct antivirus_scan *scan, struct str message)
{
	if (is_over(scan))
		return;
	if (message.len > scan->antivirus->max_file_bytes)
		evidence_note(&scan->evidence, ANTIVIRUS_UNSCANNABLE, "limits: message of %zu bytes", message.len);
	else
		examine_readings(scan, message, reach_modest(scan, message.len));
	if (scan->is_partial || evidence_has(&scan->evidence, ANTIVIRUS_UNSCANNABLE)) {
		scan->content_bytes = least(scan->content_bytes, FEW_BYTES);
		scan->contents_until_ms = least(scan->deadline_ms, clock_monotonic_ms() + FEW_MS);
	}
}

bool antivirus_scan_rest(struct antivirus_scan *scan, struct str message)
{
	if (!scan->is_partial || is_over(scan))
		return false;
	scan->is_partial = false;
	scan->content_bytes = scan->antivirus->max_scan_bytes;
	scan->contents_until_ms = scan->deadline_ms;
	examine_readings(scan, message, reach_all(scan));
	return scan->contents_are_left && !is_over(scan);
}

static enum known_verdict verdict_known(const struct antivirus_scan *scan, struct str bytes, const unsigned char *digest, bool is_text,
					const char **ret_virus)
{
	enum known_verdict verdict = known_find(scan->antivirus->known, digest, ret_virus);
	unsigned char text[DIGEST_SIZE];

	if (verdict == KNOWN_NOTHING && is_text && antivirus_text_digest(bytes, text))
		verdict = known_find(scan->antivirus->known, text, ret_virus);
	return verdict;
}

static void examine_within_bounds(struct antivirus_scan *scan, struct str bytes, const unsigned char *digest)
{
	struct examination examination = examination_of(scan, scan->content_bytes);
	uint64_t used;

	examination.is_content = true;
	used = run(scan, &examination, bytes, scan->contents_until_ms);
	scan->content_bytes -= used < scan->content_bytes ? used : scan->content_bytes;
	know(scan->antivirus->known, &examination, digest);
	if (scan->is_partial && is_stopped_by_bounds(&examination.evidence))
		scan->contents_are_left = true;
	else
		evidence_take(&scan->evidence, &examination.evidence);
}

static void examine_content(struct antivirus_scan *scan, struct str bytes, const unsigned char *digest)
{
	if (bytes.len <= scan->antivirus->max_file_bytes && bytes.len <= scan->content_bytes)
		examine_within_bounds(scan, bytes, digest);
	else if (scan->is_partial)
		scan->contents_are_left = true;
	else
		evidence_note(&scan->evidence, ANTIVIRUS_UNSCANNABLE, "limits: content of %zu bytes", bytes.len);
}

#define LEAST_BYTES 6	/* libclamav does not look at less */

void antivirus_scan_content(struct antivirus_scan *scan, struct str bytes, const unsigned char digest[DIGEST_SIZE], bool is_text)
{
	const char *virus;

	if (is_over(scan) || bytes.len < LEAST_BYTES)
		return;
	switch (verdict_known(scan, bytes, digest, is_text, &virus)) {
	case KNOWN_CLEAN:
		break;
	case KNOWN_INFECTED:
		evidence_note_alert(&scan->evidence, virus);
		break;
	case KNOWN_NOTHING:
		examine_content(scan, bytes, digest);
		break;
	}
}

bool antivirus_scan_opened_rar(const struct antivirus_scan *scan)
{
	return scan->opened_rar;
}

void antivirus_scan_end(struct antivirus_scan *scan, struct antivirus_answer *ret_answer)
{
	const char *text;

	if (scan->is_partial)
		evidence_take(&scan->evidence, &scan->beyond);
	*ret_answer = (struct antivirus_answer){ .signatures = scan->antivirus->signatures };
	ret_answer->outcome = evidence_outcome(&scan->evidence, &text);
	antivirus_text_copy(ret_answer->text, str_of(text));
	ret_answer->elapsed_ms = clock_monotonic_ms() - scan->started_ms;
	free(scan);
}
