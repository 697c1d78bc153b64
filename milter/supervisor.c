/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/base/log.h"
#include "milter/manager.h"
#include "milter/settings.h"
#include "milter/supervisor_state.h"

enum {
	LOST_CONTROL_MS = 5000,		/* for a child to end that has closed its control */
	EVENTS_MAX = 64,		/* in one turn: a child that never stops talking must not keep us from the signals */
};

static const char *status_text(const struct supervisor *supervisor, char *text, size_t size)
{
	const char *scan = "";

	if (settings_need_cage(supervisor->conf))
		scan = child_find(supervisor->children, CHILD_ZYGOTE, CHILD_SERVING) != NULL ?
		       "; zygote: " : "; NOTHING CAN BE SCANNED: ";
	(void)snprintf(text, size, "serving%s%s", scan, *scan == '\0' ? "" : supervisor->zygote_status);
	return text;
}

void supervisor_tell_ready(struct supervisor *supervisor)
{
	char text[512];

	if (supervisor->stopping || supervisor->next_conf != NULL || !supervisor->filter_was_ready || filters_hand_over(supervisor) ||
	    (settings_need_cage(supervisor->conf) && !supervisor->zygote_reported))
		return;
	(void)status_text(supervisor, text, sizeof(text));
	if (supervisor->ready_sent)
		manager_status(text);
	else
		manager_ready(text);
	supervisor->ready_sent = true;
}

/* The service manager waits for READY=1 after each RELOADING=1, whatever came of it. */
static void tell_reloaded(struct supervisor *supervisor)
{
	supervisor->ready_sent = false;
	supervisor_tell_ready(supervisor);
}

void supervisor_reload_done(struct supervisor *supervisor, bool taken)
{
	if (taken) {
		conf_free(supervisor->conf);
		supervisor->conf = supervisor->next_conf;
		supervisor->configuration++;
		log_notice("the configuration %s is in force", supervisor->config_file);
	} else {
		conf_free(supervisor->next_conf);
		log_error("no filter starts with the new configuration: nothing has changed");
	}
	supervisor->next_conf = NULL;
	if (taken)
		zygotes_reload(supervisor);
	tell_reloaded(supervisor);
}

size_t supervisor_log_errors(const struct conf *conf, const char *file)
{
	size_t len;
	const struct conf_error *errors = conf_errors(conf, &len);

	for (size_t i = 0; i < len; i++) {
		const char *name = errors[i].where.file == NULL ? file : errors[i].where.file;

		if (errors[i].where.line == 0)
			log_error("%s: %s", name, errors[i].text);
		else
			log_error("%s:%u: %s", name, errors[i].where.line, errors[i].text);
	}
	return len;
}

/* What was done before privileges went cannot be done again. */
static void warn_of_restart(const struct conf *old_conf, const struct conf *new_conf)
{
	const struct settings *before = settings_of(old_conf), *after = settings_of(new_conf);

	if (strcmp(before->listen, after->listen) != 0 || strcmp(before->user, after->user) != 0 ||
	    strcmp(before->socket_group, after->socket_group) != 0 || before->socket_mode != after->socket_mode ||
	    before->allow_remote != after->allow_remote || before->log != after->log)
		log_warning("listen, allow_remote, socket_group, socket_mode, user and log change with a restart only");
}

static void reload(struct supervisor *supervisor)
{
	struct conf *conf;

	supervisor->reload_again = supervisor->next_conf != NULL;
	if (supervisor->reload_again)
		return;
	manager_reloading();
	conf = settings_load(supervisor->config_file);
	if (supervisor_log_errors(conf, supervisor->config_file) > 0) {
		log_error("the configuration %s has errors: nothing has changed", supervisor->config_file);
		conf_free(conf);
		tell_reloaded(supervisor);
		return;
	}
	warn_of_restart(supervisor->conf, conf);
	supervisor->next_conf = conf;
	if (filters_start(supervisor, conf, supervisor->configuration + 1) < 0)
		supervisor_reload_done(supervisor, false);
}

void supervisor_stop(struct supervisor *supervisor, int status)
{
	if (supervisor->stopping)
		return;
	supervisor->stopping = true;
	supervisor->status = status;
	manager_stopping();
	selftest_cancel(&supervisor->selftest);
	listener_close(&supervisor->listener);
	filters_stop(supervisor);
}

static void stop_now(struct supervisor *supervisor)
{
	log_warning("told to stop again: sessions are cut");
	for (const struct child *child = supervisor->children; child != NULL; child = child->next)
		child_kill(child);
}

static void take_signals(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;

	while (read(supervisor->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP && !supervisor->stopping) {
			reload(supervisor);
		} else if (supervisor->stopping && info.ssi_signo != SIGHUP) {
			stop_now(supervisor);
		} else if (info.ssi_signo != SIGHUP) {
			log_notice("stopping: sessions may finish");
			supervisor_stop(supervisor, EXIT_SUCCESS);
		}
	}
}

static void child_ended(struct supervisor *supervisor, struct child *child, bool clean, const char *how)
{
	child_detach(&supervisor->children, child);
	if (child->kind == CHILD_FILTER)
		filters_ended(supervisor, child, clean, how);
	else
		zygotes_ended(supervisor, child, how);
	child_free(child);
}

/* What it says comes before that it has ended. True when there was something: the list may have changed. */
static bool take_event(struct supervisor *supervisor, struct child *child)
{
	char how[CHILD_TEXT_MAX];
	struct frame frame;
	bool clean;
	int r = child->control < 0 ? -ETIMEDOUT : frame_receive(child->control, &frame, NULL, 0, 0);

	if (r == 0 && child->kind == CHILD_FILTER) {
		filters_frame(supervisor, child, &frame);
	} else if (r == 0) {
		zygotes_frame(supervisor, child, &frame);
	} else if (r != -ETIMEDOUT) {
		child->control = close_fd(child->control);
		child->kill_at_ms = earlier(child->kill_at_ms, clock_monotonic_ms() + LOST_CONTROL_MS);
	} else if (child_reap(child, how, &clean)) {
		child_ended(supervisor, child, clean, how);
	} else {
		return false;
	}
	return true;
}

static bool take_any_event(struct supervisor *supervisor)
{
	for (struct child *child = supervisor->children; child != NULL; child = child->next)
		if (take_event(supervisor, child))
			return true;
	return false;
}

static void kill_late(struct supervisor *supervisor, uint64_t now_ms)
{
	char name[CHILD_TEXT_MAX];

	for (struct child *child = supervisor->children; child != NULL; child = child->next) {
		if (now_ms < child->kill_at_ms)
			continue;
		log_error("%s has not %s in time: killed", child_name(child, name),
			  child->state == CHILD_STARTING ? "reported" : "ended");
		child->kill_at_ms = NEVER;
		child_kill(child);
	}
}

static uint64_t next_deadline(const struct supervisor *supervisor)
{
	uint64_t at = supervisor->selftest_at_ms;

	if (supervisor->selftest.fd >= 0)
		at = earlier(at, supervisor->selftest.deadline_ms);
	for (const struct child *child = supervisor->children; child != NULL; child = child->next)
		at = earlier(at, child->kill_at_ms);
	if (supervisor->stopping)
		return at;	/* nothing is started or loaded any more: what was due would stay so */
	if (supervisor->database.directory[0] != '\0')
		at = earlier(at, supervisor->database_look_at_ms);
	return earlier(at, earlier(supervisor->filter_retry_at_ms, supervisor->zygote_retry_at_ms));
}

static void wait_for_something(struct supervisor *supervisor)
{
	size_t len = 2, max = 2 + 2 * (child_count(supervisor->children, CHILD_FILTER) +
				       child_count(supervisor->children, CHILD_ZYGOTE));
	struct pollfd *polls = xcalloc(max, sizeof(*polls));

	polls[0] = (struct pollfd){ .fd = supervisor->signals, .events = POLLIN };
	polls[1] = (struct pollfd){ .fd = supervisor->selftest.fd, .events = selftest_events(&supervisor->selftest) };
	for (const struct child *child = supervisor->children; child != NULL; child = child->next) {
		polls[len++] = (struct pollfd){ .fd = child->control, .events = POLLIN };
		polls[len++] = (struct pollfd){ .fd = child->pidfd, .events = POLLIN };
	}
	(void)poll(polls, len, clock_left_ms(next_deadline(supervisor)));
	if (polls[1].revents != 0)
		health_event(supervisor);
	free(polls);
}

static void turn(struct supervisor *supervisor)
{
	uint64_t now_ms;

	wait_for_something(supervisor);
	take_signals(supervisor);
	for (unsigned n = 0; n < EVENTS_MAX && take_any_event(supervisor); n++)
		;
	now_ms = clock_monotonic_ms();
	kill_late(supervisor, now_ms);
	health_due(supervisor, now_ms);
	if (supervisor->stopping) {
		/* While a filter drains, its messages need examiners. */
		if (child_count(supervisor->children, CHILD_FILTER) == 0)
			zygotes_stop(supervisor);
		return;
	}
	filters_due(supervisor, now_ms);
	zygotes_due(supervisor, now_ms);
	if (supervisor->reload_again && supervisor->next_conf == NULL)
		reload(supervisor);
}

void supervisor_close_in_child(struct supervisor *supervisor, bool keep_listener)
{
	supervisor->signals = close_fd(supervisor->signals);
	selftest_cancel(&supervisor->selftest);
	if (!keep_listener)
		supervisor->listener.fd = close_fd(supervisor->listener.fd);
}

static int open_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void begin(struct supervisor *supervisor)
{
	zygotes_choose_scratch(supervisor);
	health_start(supervisor);
	if (filters_start(supervisor, supervisor->conf, supervisor->configuration) < 0)
		supervisor->filter_retry_at_ms = clock_monotonic_ms() + 1000;
	zygotes_reload(supervisor);
}

static void end(struct supervisor *supervisor)
{
	if (supervisor->scratch[0] != '\0' && (supervisor->scratch_is_ours || getenv("RUNTIME_DIRECTORY") != NULL))
		(void)rmdir(supervisor->scratch);
	state_close(&supervisor->state);
	conf_free(supervisor->next_conf);
	conf_free(supervisor->conf);
	(void)close_fd(supervisor->signals);
	free((char *)supervisor->config_file);
}

int supervisor_run(const struct supervisor_args *args)
{
	struct supervisor supervisor = {
		.config_file = xstrdup(args->config_file),	/* the title of a process is written over its arguments */ .conf = args->conf, .configuration = 1, .listener = args->listener,
		.signals = open_signals(),
		.filter_retry_at_ms = NEVER, .zygote_retry_at_ms = NEVER, .selftest = { .fd = -1 },
	};

	state_open(args->conf, &supervisor.state);
	if (supervisor.state.store == NULL || supervisor.state.seen == NULL || supervisor.signals < 0) {
		log_error("cannot start: %s", strerror(errno));
		listener_close(&supervisor.listener);
		end(&supervisor);
		return EXIT_FAILURE;
	}
	begin(&supervisor);
	while (!supervisor.stopping || supervisor.children != NULL)
		turn(&supervisor);
	log_notice("stopped");
	end(&supervisor);
	return supervisor.status;
}
