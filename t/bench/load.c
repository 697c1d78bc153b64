/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load - plays the MTA to a milter: many sessions at once, messages of a corpus, figures at the end. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "milter/base/cleanup.h"
#include "t/bench/session.h"

#define EVENTS_MAX 256

struct options {
	const char *socket, *corpus, *client_ip, *mix, *rcpt;
	unsigned long connections, fresh, idle, pace_ms, ramp_ms, timeout_s, rate, per_session, messages, seconds;
	bool no_abort, json;
	double slow_share;
	struct plan plan;
};

enum option_kind { OPTION_TEXT, OPTION_NUMBER, OPTION_FLAG, OPTION_RCPT };

#define AT(member) offsetof(struct options, member)

static const struct {
	const char *name, *argument, *summary;
	enum option_kind kind;
	size_t offset;
} rows[] = {
	{ "socket", "ADDRESS", "unix:/path or inet:port@host", OPTION_TEXT, AT(socket) },
	{ "corpus", "DIR", "messages: the .eml files of a directory", OPTION_TEXT, AT(corpus) },
	{ "connections", "N", "sessions at the same time (1)", OPTION_NUMBER, AT(connections) },
	{ "messages", "M", "stop after so many messages", OPTION_NUMBER, AT(messages) },
	{ "seconds", "S", "begin no message after so long", OPTION_NUMBER, AT(seconds) },
	{ "per-session", "N", "messages in a session (1)", OPTION_NUMBER, AT(per_session) },
	{ "pace", "MS", "rest of a session between two messages", OPTION_NUMBER, AT(pace_ms) },
	{ "rate", "N", "messages a second of all sessions; a late start counts as latency", OPTION_NUMBER, AT(rate) },
	{ "ramp", "MS", "spread the starts of the sessions over this time", OPTION_NUMBER, AT(ramp_ms) },
	{ "idle", "N", "further connections that negotiate and stay", OPTION_NUMBER, AT(idle) },
	{ "mix", "slow=NAME:VALUE,share=0.5", "a share of the sessions adds this header; measured apart", OPTION_TEXT, AT(mix) },
	{ "timeout", "S", "for an answer (60)", OPTION_NUMBER, AT(timeout_s) },
	{ "quit-nc", NULL, "QUIT_NC and CONNECT instead of QUIT and a new connection", OPTION_FLAG, AT(plan.quit_nc) },
	{ "no-abort", NULL, "no ABORT after each message (Postfix sends one)", OPTION_FLAG, AT(no_abort) },
	{ "client-ip", "IP", "client address (192.0.2.9)", OPTION_TEXT, AT(client_ip) },
	{ "client-name", "NAME", "its verified name (mail.example.org)", OPTION_TEXT, AT(plan.client_name) },
	{ "helo", "NAME", "(mail.example.org)", OPTION_TEXT, AT(plan.helo) },
	{ "auth", "LOGIN", "authenticated as LOGIN", OPTION_TEXT, AT(plan.login) },
	{ "from", "ADDRESS", "envelope sender (sender@example.org); \"\" is the null sender", OPTION_TEXT, AT(plan.mailfrom) },
	{ "rcpt", "ADDRESS", "recipient (user@example.com); may be repeated", OPTION_RCPT, 0 },
	{ "fresh", "N", "a sender for each message: %n in names is N and up, addresses rise as much", OPTION_NUMBER, AT(fresh) },
	{ "rcpt-mailer", "NAME", "{rcpt_mailer} (relay)", OPTION_TEXT, AT(plan.rcpt_mailer) },
	{ "require-header", "NAME", "count accepted messages to which it was not added", OPTION_TEXT, AT(plan.required_header) },
	{ "json", NULL, "one JSON object instead of a table", OPTION_FLAG, AT(json) },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static int usage(FILE *out)
{
	fputs("usage: load --socket ADDRESS --corpus DIR (--messages M | --seconds S) [options]\n", out);
	for (size_t i = 0; i < ROWS; i++)
		fprintf(out, "  --%s %s\n\t%s\n", rows[i].name, rows[i].argument == NULL ? "" : rows[i].argument, rows[i].summary);
	return 2;
}

static int set_option(struct options *options, size_t row, const char *value)
{
	void *target = (char *)options + rows[row].offset;
	unsigned long long number;

	switch (rows[row].kind) {
	case OPTION_TEXT:
		*(const char **)target = value;
		return 0;
	case OPTION_FLAG:
		*(bool *)target = true;
		return 0;
	case OPTION_NUMBER:
		if (str_to_u64(str_of(value), &number) < 0 || number > 1000000000)
			return -EINVAL;
		*(unsigned long *)target = (unsigned long)number;
		return 0;
	case OPTION_RCPT:
		if (options->plan.rcpts_len == RCPTS_MAX)
			return -EINVAL;
		options->plan.rcpts[options->plan.rcpts_len++] = value;
	}
	return 0;
}

static int read_options(int argc, char **argv, struct options *options)
{
	struct option table[ROWS + 1] = { 0 };
	int row = -1;

	for (size_t i = 0; i < ROWS; i++)
		table[i] = (struct option){ rows[i].name, rows[i].argument != NULL, NULL, 0 };
	for (;;) {
		int r = getopt_long(argc, argv, "", table, &row);

		if (r == -1)
			break;
		if (r != 0)
			return -EINVAL;
		if (set_option(options, (size_t)row, optarg) < 0) {
			fprintf(stderr, "load: --%s: bad value \"%s\"\n", rows[row].name, optarg);
			return -EINVAL;
		}
	}
	return optind == argc ? 0 : -EINVAL;
}

/* "slow=NAME:VALUE,share=0.5": the value ends at the last ",share=". */
static int read_mix(struct options *options, struct arena *arena)
{
	char *copy, *colon, *share;

	if (options->mix == NULL)
		return 0;
	copy = arena_strdup(arena, options->mix);
	share = strstr(copy, ",share=");
	colon = strchr(copy, ':');
	if (strncmp(copy, "slow=", 5) != 0 || colon == NULL || share == NULL || colon > share)
		return -EINVAL;
	*share = *colon = '\0';
	options->plan.slow_name = copy + 5;
	options->plan.slow_value = colon + 1;
	options->slow_share = atof(share + 7);
	return options->slow_share >= 0 && options->slow_share <= 1 ? 0 : -EINVAL;
}

static int complete_plan(struct options *options, struct arena *arena)
{
	struct plan *plan = &options->plan;
	int r = options->socket == NULL ? -EINVAL : dial_parse(options->socket, &plan->dial);

	if (r < 0 || ip_parse(options->client_ip, &plan->client) < 0 || read_mix(options, arena) < 0)
		return -EINVAL;
	if (plan->rcpts_len == 0)
		plan->rcpts[plan->rcpts_len++] = "user@example.com";
	plan->per_session = options->per_session == 0 ? 1 : (unsigned)options->per_session;
	plan->abort_after = !options->no_abort;
	plan->messages = options->messages;
	plan->seconds = options->seconds;
	plan->rate = (double)options->rate;
	plan->pace_us = options->pace_ms * 1000;
	plan->timeout_us = options->timeout_s * 1000000;
	plan->fresh_from = options->fresh;
	if (options->connections == 0)
		return options->idle > 0 ? 0 : -EINVAL;
	if (options->corpus == NULL || (plan->messages == 0 && plan->seconds == 0))
		return -EINVAL;
	r = corpus_read(arena, options->corpus, &plan->corpus);
	if (r < 0)
		fprintf(stderr, "load: %s: %s\n", options->corpus, strerror(-r));
	return r;
}

static volatile sig_atomic_t stopped;

static void stop(int signo)
{
	(void)signo;
	stopped = 1;
}

struct crowd {
	struct session *sessions;
	uint64_t *due_us;
	size_t len;
};

/* Slow sessions are spread evenly among the others, so that a ramp starts both alike. */
static void gather(struct crowd *crowd, struct load *load, const struct options *options)
{
	double marked = 0;

	crowd->len = options->connections + options->idle;
	crowd->sessions = xcalloc(crowd->len, sizeof(*crowd->sessions));
	crowd->due_us = xcalloc(crowd->len, sizeof(*crowd->due_us));
	for (size_t i = 0; i < crowd->len; i++) {
		struct session *session = &crowd->sessions[i];

		session_init(session, load, &crowd->due_us[i]);
		session->idle = i >= options->connections;
		if (session->idle)
			continue;
		marked += options->slow_share;
		session->slow = marked >= 1;
		marked -= session->slow;
		crowd->due_us[i] = load->started_at_us + options->ramp_ms * 1000 * i / options->connections;
	}
}

static uint64_t wake_due(struct crowd *crowd, uint64_t now_us)
{
	uint64_t next = NEVER;

	for (size_t i = 0; i < crowd->len; i++) {
		if (crowd->due_us[i] <= now_us)
			session_wake(&crowd->sessions[i], now_us);
		if (crowd->due_us[i] < next)
			next = crowd->due_us[i];
	}
	return next;
}

/* Messages that were begun come to their end first. Idle connections alone stay for --seconds, or until a signal. */
static bool is_over(const struct load *load, const struct options *options, uint64_t idle_until_us)
{
	if (load->busy > 0)
		return false;
	return stopped || options->connections > 0 || load->figures.idle_open == 0 || figures_now_us() >= idle_until_us;
}

static void tell_ready(const struct load *load, const struct options *options, uint64_t *idle_until_us)
{
	if (*idle_until_us != NEVER || load->figures.idle_wanted == 0 || load->opening > 0 || load->busy > options->connections)
		return;
	fprintf(stderr, "load: %llu idle connections\n", (unsigned long long)load->figures.idle_open);
	*idle_until_us = options->seconds == 0 ? NEVER - 1 : figures_now_us() + options->seconds * 1000000;
}

static int wait_ms(uint64_t next_us, uint64_t now_us)
{
	if (next_us <= now_us)
		return 0;
	return next_us - now_us > 100000 ? 100 : (int)((next_us - now_us + 999) / 1000);
}

static void run(struct crowd *crowd, struct load *load, const struct options *options)
{
	struct epoll_event events[EVENTS_MAX];
	uint64_t idle_until_us = NEVER;

	while (!is_over(load, options, idle_until_us)) {
		uint64_t now_us = figures_now_us();
		uint64_t next_us = wake_due(crowd, now_us);
		int n;

		load->stopping = stopped != 0;
		if (load->busy == 0 && options->idle == 0)
			break;
		n = epoll_wait(load->epoll_fd, events, EVENTS_MAX, wait_ms(next_us, now_us));
		for (int i = 0; i < n; i++)
			session_ready(events[i].data.ptr, events[i].events, figures_now_us());
		tell_ready(load, options, &idle_until_us);
	}
	load->figures.elapsed_s = (double)(figures_now_us() - load->started_at_us) / 1e6;
}

static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int main(int argc, char **argv)
{
	struct options options = {
		.timeout_s = 60, .client_ip = "192.0.2.9",
		.plan = { .client_name = "mail.example.org", .helo = "mail.example.org", .mailfrom = "sender@example.org",
			  .rcpt_mailer = "relay" },
	};
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct load load = { .epoll_fd = -1 };
	struct crowd crowd = { 0 };

	if (read_options(argc, argv, &options) < 0)
		return usage(stderr);
	if (options.connections == 0 && options.idle == 0)
		options.connections = 1;
	if (complete_plan(&options, arena) < 0)
		return usage(stderr);
	raise_descriptors();
	(void)signal(SIGTERM, stop);
	(void)signal(SIGINT, stop);
	load.plan = options.plan;
	load.figures.idle_wanted = options.idle;
	load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	load.started_at_us = figures_now_us();
	gather(&crowd, &load, &options);
	run(&crowd, &load, &options);
	(options.json ? figures_print_json : figures_print_text)(&load.figures, stdout);
	for (size_t i = 0; i < crowd.len; i++)
		session_release(&crowd.sessions[i]);
	free(crowd.sessions);
	free(crowd.due_us);
	figures_release(&load.figures);
	(void)close_fd(load.epoll_fd);
	return 0;
}
