/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/journal.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "milter/base/arena.h"
#include "milter/base/clock.h"
#include "milter/lookup/journal_internal.h"
#include "milter/lookup/journal_queue.h"

enum {
	ENTRY_USUAL_BYTES = 8192,	/* a larger one is put together in memory of its own */
	RETRY_FIRST_MS = 20, RETRY_MS = 1000,	/* each time twice as long */
	BUSY_TOLD_MS = 5000,		/* that another one writes is nothing to tell of before */
	GIVE_UP_MS = 60000,		/* then those that wait for so long make room for those that come */
	CLOSE_MS = 2000,
	RETAIN_STEP_MIN = 100, RETAIN_STEP_MAX = 4000,
	RETAIN_ENTRIES = 1000,		/* after so many, or after RETAIN_MS, it looks whether some are too old or too many */
	RETAIN_MS = 10000,
	CONFIGURATION_TEXT_MAX = 1 << 20,
	CONFIGURATION_NAME_MAX = 512,
};

struct journal {
	struct journal_settings settings;
	void (*tell)(const char *text);
	struct journal_queue queue;
	pthread_t thread;

	pthread_mutex_t lock;		/* of the three below */
	struct journal_stats stats;
	char *configuration[3];		/* name, file, text; NULL until it is known */
	bool configuration_is_new;

	/* The writer's own. */
	struct journal_database database;
	struct journal_buffer batch;
	uint64_t failing_since_ms;	/* 0: it works */
	bool told;
	uint64_t missing;		/* entries lost since it was told */
	uint64_t since_retain, retain_at_ms;
};

/* --- what is told --- */

static void tell(struct journal *journal, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(struct journal *journal, const char *format, ...)
{
	char text[2 * CONF_PROBLEM_MAX];
	va_list args;

	if (journal->tell == NULL)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	journal->tell(text);
}

static void note_failure(struct journal *journal, int error)
{
	uint64_t now_ms = journal_now_ms();

	(void)pthread_mutex_lock(&journal->lock);
	journal->stats.failures++;
	journal->stats.error = error;
	(void)pthread_mutex_unlock(&journal->lock);
	if (journal->failing_since_ms == 0)
		journal->failing_since_ms = now_ms;
	if (journal->told || (error == -EBUSY && now_ms - journal->failing_since_ms < BUSY_TOLD_MS))
		return;
	journal->told = true;
	tell(journal, "%.200s cannot be written: %.200s; mail is not affected, entries will be missing", journal->database.path,
	     journal->database.problem);
}

static uint64_t lost(struct journal *journal)
{
	uint64_t dropped;

	(void)pthread_mutex_lock(&journal->queue.lock);
	dropped = journal->queue.dropped;
	(void)pthread_mutex_unlock(&journal->queue.lock);
	return dropped + journal->missing;
}

static void note_success(struct journal *journal)
{
	if (journal->told)
		tell(journal, "%.200s is written again; %llu entries are missing since the start", journal->database.path,
		     (unsigned long long)lost(journal));
	journal->told = false;
	journal->failing_since_ms = 0;
}

/* --- writing --- */

static int put_configuration(struct journal *journal)
{
	char **configuration = journal->configuration;
	bool is_new;

	(void)pthread_mutex_lock(&journal->lock);
	is_new = journal->configuration_is_new;
	(void)pthread_mutex_unlock(&journal->lock);
	if (!is_new)
		return 0;
	/* it is set once: from here on nobody else writes it */
	return journal_database_configuration(&journal->database, configuration[0], configuration[1], configuration[2]);
}

static void configuration_is_written(struct journal *journal, bool written)
{
	(void)pthread_mutex_lock(&journal->lock);
	journal->configuration_is_new = !written && journal->configuration[0] != NULL;
	(void)pthread_mutex_unlock(&journal->lock);
}

static int open_database(struct journal *journal)
{
	int error;

	if (journal->database.sql != NULL && journal_database_is_there(&journal->database))
		return 0;
	journal_database_close(&journal->database);
	error = journal_database_open(&journal->database);
	if (error == 0)
		configuration_is_written(journal, false);
	return error;
}

static int write_batch(struct journal *journal)
{
	struct journal_buffer *batch = &journal->batch;
	int error = open_database(journal);

	if (error == 0)
		error = put_configuration(journal);
	if (error == 0)
		configuration_is_written(journal, true);
	return error < 0 || batch->entries == 0 ? error : journal_database_put(&journal->database, batch->bytes, batch->len);
}

static void batch_is_done(struct journal *journal, bool written, uint64_t entries)
{
	(void)pthread_mutex_lock(&journal->lock);
	if (written) {
		journal->stats.written += entries;
		journal->stats.batches++;
		journal->stats.error = 0;
	} else {
		journal->stats.dropped += entries;
	}
	(void)pthread_mutex_unlock(&journal->lock);
	journal->missing += written ? 0 : entries;
	journal->since_retain += entries;
	journal->batch.len = 0;
	journal->batch.entries = 0;
	journal_queue_finish(&journal->queue, entries);
}

static void put_aside(struct journal *journal)
{
	char name[CONF_PROBLEM_MAX];

	if (journal_database_move_aside(&journal->database, name) < 0 || name[0] == '\0')
		return;
	tell(journal, "%.200s is damaged: it is %.200s now, and a new one is begun", journal->database.path, name);
}

/* What no retry can mend is not tried again. */
static bool is_lasting(struct journal *journal, int error)
{
	return error == -EINVAL || error == -ENOMEM || journal_now_ms() - journal->failing_since_ms > GIVE_UP_MS;
}

/* Until it is written or given up. */
static void write_or_give_up(struct journal *journal)
{
	uint64_t entries = journal->batch.entries, wait_ms = RETRY_FIRST_MS;
	int error;

	while ((error = write_batch(journal)) < 0) {
		note_failure(journal, error);
		if (error == -EBADMSG)
			put_aside(journal);
		else if (error != -EBUSY)
			journal_database_close(&journal->database);
		if (is_lasting(journal, error) || journal_queue_pause(&journal->queue, wait_ms))
			break;
		wait_ms = wait_ms * 2 > RETRY_MS ? RETRY_MS : wait_ms * 2;
	}
	if (error == 0)
		note_success(journal);
	batch_is_done(journal, error == 0, entries);
}

/* --- retention --- */

static int64_t retain_step(const struct journal *journal)
{
	uint64_t step = journal->since_retain * 2 + RETAIN_STEP_MIN;

	return (int64_t)(step > RETAIN_STEP_MAX ? RETAIN_STEP_MAX : step);
}

/* Small steps: the entries that come meanwhile wait. */
static void retain(struct journal *journal)
{
	uint64_t now_ms = journal_now_ms();
	int64_t step = retain_step(journal), deleted = 0;

	if (journal->since_retain < RETAIN_ENTRIES && now_ms < journal->retain_at_ms)
		return;
	if (journal->database.sql != NULL)
		deleted = journal_retain(journal->database.sql, &journal->settings, (int64_t)clock_wall_ms(), step);
	if (deleted == -EBADMSG)
		put_aside(journal);
	journal->since_retain = 0;
	journal->retain_at_ms = now_ms + (deleted == step ? RETRY_MS : RETAIN_MS);
}

static void *write_for_ever(void *arg)
{
	struct journal *journal = arg;

	(void)pthread_setname_np(pthread_self(), "journal");
	while (journal_queue_take(&journal->queue, &journal->batch, journal->retain_at_ms)) {
		if (journal->batch.entries > 0)
			write_or_give_up(journal);
		retain(journal);
	}
	journal_database_close(&journal->database);
	journal_queue_has_ended(&journal->queue);
	return NULL;
}

/* --- from outside --- */

void journal_put(struct journal *journal, const struct journal_entry *entry)
{
	char usual[ENTRY_USUAL_BYTES], *bytes = usual;
	size_t len;

	if (journal == NULL)
		return;
	len = journal_encode(entry, usual, sizeof(usual));
	if (len > sizeof(usual)) {
		bytes = xcalloc(1, len);
		(void)journal_encode(entry, bytes, len);
	}
	journal_queue_add(&journal->queue, bytes, len);
	if (bytes != usual)
		free(bytes);
}

static char *copy_clean(const char *text, size_t max)
{
	size_t len = journal_text_length(text, max);
	char *copy = xcalloc(1, len + 1);

	memcpy(copy, text, len);
	journal_text_clean(copy, len);
	return copy;
}

void journal_configuration(struct journal *journal, const char *name, const char *file, const char *text)
{
	if (journal == NULL || journal->configuration[0] != NULL)
		return;
	(void)pthread_mutex_lock(&journal->lock);
	journal->configuration[0] = copy_clean(name, CONFIGURATION_NAME_MAX);
	journal->configuration[1] = copy_clean(file, CONFIGURATION_NAME_MAX);
	journal->configuration[2] = copy_clean(text, CONFIGURATION_TEXT_MAX);
	journal->configuration_is_new = true;
	(void)pthread_mutex_unlock(&journal->lock);
}

void journal_read_stats(struct journal *journal, struct journal_stats *ret_stats)
{
	(void)pthread_mutex_lock(&journal->lock);
	*ret_stats = journal->stats;
	(void)pthread_mutex_unlock(&journal->lock);
	(void)pthread_mutex_lock(&journal->queue.lock);
	ret_stats->waiting = journal->queue.put - journal->queue.finished;
	ret_stats->dropped += journal->queue.dropped;
	(void)pthread_mutex_unlock(&journal->queue.lock);
}

void journal_flush(struct journal *journal, uint64_t wait_ms)
{
	if (journal != NULL)
		journal_queue_flush(&journal->queue, wait_ms);
}

static void journal_free(struct journal *journal)
{
	for (size_t i = 0; i < 3; i++)
		free(journal->configuration[i]);
	free(journal->batch.bytes);
	free(journal->database.path);
	journal_queue_clear(&journal->queue);
	(void)pthread_mutex_destroy(&journal->lock);
	free(journal);
}

/* A disk that does not answer must not keep the process from ending: then the thread, and what it uses, is left behind. */
void journal_close(struct journal *journal)
{
	if (journal == NULL)
		return;
	journal_queue_end(&journal->queue);
	if (!journal_queue_await_end(&journal->queue, CLOSE_MS)) {
		(void)pthread_detach(journal->thread);
		return;
	}
	(void)pthread_join(journal->thread, NULL);
	journal_free(journal);
}

/* --- opening --- */

/* What may be over in a while: the writer goes on trying. */
static bool may_pass(int error)
{
	return error == -EBUSY || error == -ENOSPC || error == -EIO || error == -EROFS;
}

static int open_first(struct journal *journal)
{
	int error = journal_database_open(&journal->database);

	if (error == -EBADMSG) {
		put_aside(journal);
		error = journal_database_open(&journal->database);
	}
	if (error < 0 && may_pass(error)) {
		note_failure(journal, error);
		error = 0;
	}
	return error;
}

static int start_thread(struct journal *journal)
{
	sigset_t all, before;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&journal->thread, NULL, write_for_ever, journal);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0)
		(void)snprintf(journal->database.problem, CONF_PROBLEM_MAX, "no thread: %s", strerror(error));
	return -error;
}

/* The directory may be named through a link; what is in it may not be one. */
static struct journal *journal_new(const char *directory, const struct journal_settings *settings, void (*tell_fn)(const char *text))
{
	struct journal *journal = xcalloc(1, sizeof(*journal));
	char real[PATH_MAX];
	size_t size;

	if (realpath(directory, real) == NULL)
		(void)snprintf(real, sizeof(real), "%s", directory);
	size = strlen(real) + sizeof("/" JOURNAL_FILE);
	journal->database.path = xcalloc(1, size);
	(void)snprintf(journal->database.path, size, "%s/" JOURNAL_FILE, real);
	journal->settings = *settings;
	journal->tell = tell_fn;
	journal->batch.bytes = xcalloc(1, JOURNAL_QUEUE_BYTES);
	journal_queue_init(&journal->queue);
	(void)pthread_mutex_init(&journal->lock, NULL);
	return journal;
}

int journal_open(const char *directory, const struct journal_settings *settings, void (*tell_fn)(const char *text),
		 struct journal **ret_journal, char *problem)
{
	struct journal *journal = journal_new(directory, settings, tell_fn);
	int error = open_first(journal);

	if (error == 0)
		error = start_thread(journal);
	if (error == 0) {
		*ret_journal = journal;
		return 0;
	}
	(void)snprintf(problem, CONF_PROBLEM_MAX, "%.120s: %.120s", journal->database.path, journal->database.problem);
	journal_database_close(&journal->database);
	journal_free(journal);
	return error;
}
