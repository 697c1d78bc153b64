/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dkim_job.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <stdbool.h>	/* the header of the library asks for it */

#include <opendkim/dkim.h>

#include "conf/conf.h"
#include "milter/mail/dkim_body.h"
#include "scanners/dkim_canary.h"
#include "scanners/dkim_crypto.h"
#include "scanners/dkim_settings.h"

#define FIELD "DKIM-Signature"

/* The hashes are there, and nothing else is wanted: what a key is, and whether it verifies, is told by dkim_crypto.c. Left to itself the library
 * would decode the key for each signature, which takes longer than everything else together. */
static DKIM_CBSTAT stop_here(DKIM *dkim, DKIM_SIGINFO **sigs, int nsigs)
{
	(void)dkim, (void)sigs, (void)nsigs;
	return DKIM_CBSTAT_REJECT;
}

/* Never called; without it the library would ask the DNS if it came that far. */
static DKIM_CBSTAT no_key(DKIM *dkim, DKIM_SIGINFO *sig, u_char *buf, size_t buflen)
{
	(void)dkim, (void)sig, (void)buf, (void)buflen;
	return DKIM_CBSTAT_NOTFOUND;
}

static bool set_options(DKIM_LIB *library)
{
	/* A field that it cannot read keeps its place in the list of signatures, and no key is looked up at the end of the header. */
	u_int flags = DKIM_LIBFLAGS_BADSIGHANDLES | DKIM_LIBFLAGS_DELAYSIGPROC;

	return dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof(flags)) == DKIM_STAT_OK &&
	       dkim_set_key_lookup(library, no_key) == DKIM_STAT_OK && dkim_set_final(library, stop_here) == DKIM_STAT_OK;
}

/* Whether signatures are timely the filter has decided, by its own clock. To the library all of these are: it calls one from the future when
 * now < t - drift, with unsigned numbers, so that drift may not be more than any t, and expired when now >= x + drift. */
static bool set_drift(DKIM_LIB *library, const struct dkim_question *question)
{
	uint64_t drift_s = 1ULL << 50;

	for (size_t i = 0; i < question->len; i++)
		if (question->tasks[i].timestamp < drift_s)
			drift_s = question->tasks[i].timestamp;
	return dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_CLOCKDRIFT, &drift_s, sizeof(drift_s)) == DKIM_STAT_OK;
}

/* --- the message --- */

static bool ends_at(struct str rest, size_t i)
{
	if (rest.p[i] != '\r' || i + 1 == rest.len || rest.p[i + 1] != '\n')
		return false;
	return i + 2 == rest.len || (rest.p[i + 2] != ' ' && rest.p[i + 2] != '\t');
}

/* Up to the CRLF that is no fold; *rest moves behind it. */
static struct str take_field(struct str *rest)
{
	struct str field = *rest;
	size_t end = 0, taken;

	while (end < rest->len && !ends_at(*rest, end))
		end++;
	field.len = end;
	taken = end + 2 < rest->len ? end + 2 : rest->len;
	*rest = (struct str){ rest->p + taken, rest->len - taken };
	return field;
}

static bool is_signature(struct str field)
{
	struct str name = str_split(&field, ":");

	return str_equal_nocase(name, STR(FIELD));
}

/* The name as an older or newer reader might have it: those are no signatures to us, and must be none to the library. */
static bool is_like_signature(struct str field)
{
	struct str name = str_split(&field, ":");

	return str_equal_nocase(str_trim(name), STR(FIELD));
}

static bool give_field(DKIM *dkim, struct str field, uint64_t *signatures_left)
{
	DKIM_STAT status;

	if (is_like_signature(field)) {
		if (!is_signature(field) || *signatures_left == 0)
			return true;
		--*signatures_left;
	}
	status = dkim_header(dkim, (u_char *)(uintptr_t)field.p, field.len);
	/* a field whose name is none can be in no h= */
	return status == DKIM_STAT_OK || status == DKIM_STAT_SYNTAX;
}

static bool give_header(DKIM *dkim, struct str header, uint64_t signatures)
{
	while (header.len > 0) {
		struct str field = take_field(&header);

		if (field.len > 0 && !give_field(dkim, field, &signatures))
			return false;
	}
	return true;
}

static int give_message(DKIM *dkim, struct str header, struct str body, uint64_t signatures)
{
	DKIM_STAT status;
	bool testkey;

	if (!give_header(dkim, header, signatures))
		return -EIO;
	status = dkim_eoh(dkim);
	if (status != DKIM_STAT_OK && status != DKIM_STAT_NOSIG && status != DKIM_STAT_CANTVRFY)
		return -EIO;
	if (body.len > 0 && dkim_body(dkim, (u_char *)(uintptr_t)body.p, body.len) != DKIM_STAT_OK)
		return -EIO;
	status = dkim_eom(dkim, &testkey);
	return status == DKIM_STAT_CBREJECT || status == DKIM_STAT_NOSIG ? 0 : -EIO;
}

/* --- the answer --- */

/* Without an error it has both hashes; asked for them otherwise the library aborts. */
static bool is_read(DKIM_SIGINFO *sig)
{
	int error = dkim_sig_geterror(sig);

	return (dkim_sig_getflags(sig) & DKIM_SIGFLAG_IGNORE) == 0 && (error == DKIM_SIGERROR_UNKNOWN || error == DKIM_SIGERROR_OK);
}

static enum dkim_status judge(DKIM_SIGINFO *sig, const struct dkim_task *task)
{
	void *header_hash, *body_hash;
	size_t header_len, body_len;

	if (dkim_sig_geterror(sig) == DKIM_SIGERROR_TOOLARGE_L)
		return DKIM_TOO_LONG;
	if (!is_read(sig) || dkim_sig_gethashes(sig, &header_hash, &header_len, &body_hash, &body_len) != DKIM_STAT_OK)
		return DKIM_UNREAD;
	if (!str_equal(task->bh, (struct str){ body_hash, body_len }))
		return DKIM_BAD_BODY;
	return dkim_crypto_verify(task, (struct str){ header_hash, header_len });
}

static void judge_all(DKIM *dkim, const struct dkim_question *question, struct str body, struct dkim_answer *answer)
{
	DKIM_SIGINFO **sigs = NULL;
	int count = 0;
	bool listed = dkim_getsiglist(dkim, &sigs, &count) == DKIM_STAT_OK;

	answer->len = question->len;
	for (size_t i = 0; i < question->len; i++) {
		const struct dkim_task *task = &question->tasks[i];

		answer->items[i] = (struct dkim_answer_item){ .status = DKIM_UNREAD };
		if (task->measured)
			answer->items[i].body_bytes = dkim_body_length(body, task->body_relaxed);
		if (listed && task->place < (uint64_t)count)
			answer->items[i].status = judge(sigs[task->place], task);
	}
}

static int verify(DKIM_LIB *library, struct str message, const struct dkim_question *question, struct dkim_answer *answer)
{
	const char *envelope_end = memchr(message.p, '\n', message.len);
	struct str header, body;
	DKIM_STAT status;
	DKIM *dkim;
	size_t start;
	int r;

	if (envelope_end == NULL || question->body_offset > message.len)
		return -EINVAL;
	start = (size_t)(envelope_end - message.p) + 1;
	if (question->body_offset < start)
		return -EINVAL;
	header = (struct str){ message.p + start, (size_t)question->body_offset - start };
	body = (struct str){ message.p + question->body_offset, message.len - (size_t)question->body_offset };
	if (!set_drift(library, question))
		return -EINVAL;
	dkim = dkim_verify(library, (const u_char *)"-", NULL, &status);
	if (dkim == NULL)
		return -ENOMEM;
	r = give_message(dkim, header, body, question->fields);
	if (r == 0)
		judge_all(dkim, question, body, answer);
	(void)dkim_free(dkim);
	return r;
}

/* Shows that the library hashes as it should and libcrypto verifies; what they load at first use is then there when the cage closes. */
static int check(DKIM_LIB *library)
{
	struct dkim_question question;
	struct dkim_answer answer;
	struct str message = dkim_canary(&question);
	int r = verify(library, message, &question, &answer);

	for (size_t i = 0; r == 0 && i < answer.len; i++)
		if (answer.items[i].status != DKIM_VERIFIED)
			r = -EIO;
	return r;
}

static int prepare(const struct conf *conf, void **ret_shared, char status[JOB_STATUS_MAX])
{
	const struct dkim_settings *settings = conf == NULL ? NULL : conf_settings(conf, "dkim");
	DKIM_LIB *library;

	*ret_shared = NULL;
	if (settings != NULL && !settings->enabled) {
		(void)snprintf(status, JOB_STATUS_MAX, "dkim is off");
		return 0;
	}
	library = dkim_init(NULL, NULL);
	if (library == NULL || !set_options(library) || check(library) < 0) {
		(void)snprintf(status, JOB_STATUS_MAX, "libopendkim does not verify its test message");
		dkim_job_free(library);
		return -EIO;
	}
	*ret_shared = library;
	(void)snprintf(status, JOB_STATUS_MAX, "libopendkim %u.%u.%u", dkim_libversion() >> 24, dkim_libversion() >> 16 & 0xff,
		       dkim_libversion() >> 8 & 0xff);
	return 0;
}

void dkim_job_free(void *shared)
{
	dkim_crypto_forget();
	if (shared != NULL)
		dkim_close(shared);
}

static int warm(void *shared, const char *scratch)
{
	(void)scratch;
	return shared == NULL ? 0 : check(shared);
}

static int run(void *shared, struct frame *question, int message_fd, struct frame *answer)
{
	struct dkim_question asked;
	struct dkim_answer said;
	struct stat st;
	void *message;
	int r = dkim_question_read(question, &asked);

	if (r < 0)
		return r;
	if (shared == NULL)
		return -EOPNOTSUPP;
	if (fstat(message_fd, &st) < 0)
		return -errno;
	message = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, message_fd, 0);
	if (message == MAP_FAILED)
		return -errno;
	r = verify(shared, (struct str){ message, (size_t)st.st_size }, &asked, &said);
	(void)munmap(message, (size_t)st.st_size);
	if (r == 0)
		dkim_answer_write(answer, &said);
	return r;
}

const struct job_kind job_dkim = { .name = "dkim", .prepare = prepare, .warm = warm, .run = run };
