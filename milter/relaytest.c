/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/relaytest.h"

#include <errno.h>
#include <time.h>

#include "milter/base/clock.h"
#include "milter/mail/domain.h"
#include "milter/relaytest_smtp.h"

/* Postfix slows a client down after 10 refusals in a session and hangs up after 20; others count less patiently. */
#define PATTERNS_EACH_SESSION 8

/* A server that answers each command just in time must not keep us for a day. */
#define RUN_MS (UINT64_C(30) * 60 * 1000)

#define FAILURES_MAX 3	/* patterns in a row that the server does not talk about */

struct run {
	struct arena *arena;
	const struct relaytest *test;
	struct relaytest_names names;
	bool is_known;			/* names has what the gateway calls itself, and where it was reached */
	uint64_t deadline_ms;
	struct smtp_client *client;	/* NULL: no session is open */
	unsigned played;		/* patterns in this session */
	bool has_utf8;
	bool was_heard;			/* some session came as far as EHLO */
	const char *problem;		/* why no session could be opened */
};

/* One pattern on its way. */
struct play {
	const struct relaytest_pattern *pattern;
	struct relaytest_heard heard;
	struct smtp_reply reply;
	const char *helo, *mailfrom, *rcpt;
};

static void hang_up(struct run *run)
{
	if (run->client != NULL)
		(void)smtp_send(run->client, SMTP_QUIT, "");
	smtp_close(run->client);
	run->client = NULL;
}

/* The reply of this command is the last one so far. Returns 0 when it was taken (2xx). */
static int step(struct run *run, struct play *play, enum smtp_word word, const char *argument)
{
	int r = smtp_say(run->client, word, argument, &play->reply);

	play->heard.error = r;
	play->heard.code = play->reply.code;
	return r == 0 && play->reply.code / 100 == 2 ? 0 : -1;
}

/* What the gateway calls itself: "220 gw.example.com ESMTP". Only a name that is one is used. */
static const char *name_in(struct run *run, const struct smtp_reply *greeting)
{
	struct str rest = str_of(greeting->text);
	const char *name;

	(void)str_split(&rest, " -");
	if (rest.p != NULL && domain_normalise(run->arena, str_split(&rest, " \n"), &name) == 0)
		return name;
	return run->test->names.ours;
}

static const char *literal_of(struct run *run, const struct smtp_client *client)
{
	struct ip ip = smtp_peer(client);
	char text[IP_TEXT_MAX];

	return arena_printf(run->arena, ip.family == IP_V6 ? "[IPv6:%s]" : "[%s]", ip_format(&ip, text));
}

/* The line of the proxy protocol stands before everything else; what answers EHLO may then be the answer to it. */
static int read_greeting(struct run *run, struct play *play)
{
	if (play->pattern->prelude == RELAYTEST_PROXY)
		(void)smtp_send(run->client, SMTP_PROXY, play->pattern->words);
	play->heard.error = smtp_read(run->client, &play->reply);
	play->heard.code = play->reply.code;
	if (play->heard.error < 0 || play->reply.code != 220)
		return -1;
	if (!run->is_known) {
		run->names.gateway = name_in(run, &play->reply);
		run->names.literal = literal_of(run, run->client);
		run->is_known = true;
	}
	return 0;
}

/* Was the line of the proxy protocol refused, and EHLO answered after that? Hanging up on such a client is a refusal, too. */
static int say_helo_after_proxy(struct run *run, struct play *play)
{
	int r;

	(void)smtp_send(run->client, SMTP_EHLO, play->helo);
	r = smtp_read(run->client, &play->reply);
	play->heard.prelude_taken = r == 0 && play->reply.code == 250;
	if (r == 0 && play->reply.code / 100 == 5)
		r = smtp_read(run->client, &play->reply);
	play->heard.error = r == -ECONNRESET ? 0 : r;
	play->heard.code = r == -ECONNRESET ? 521 : play->reply.code;
	return play->heard.code == 250 ? 0 : -1;
}

static int say_helo(struct run *run, struct play *play)
{
	const char *helo = play->pattern->helo != NULL ? play->pattern->helo : run->test->helo;
	int r;

	play->helo = relaytest_expand(run->arena, &run->names, helo);
	if (play->pattern->prelude == RELAYTEST_PROXY)
		r = say_helo_after_proxy(run, play);
	else
		r = step(run, play, SMTP_EHLO, play->helo);
	run->has_utf8 = r == 0 && smtp_offers(&play->reply, "SMTPUTF8");
	return r;
}

static int open_session(struct run *run, struct play *play)
{
	run->played = 0;
	run->client = smtp_open(run->test->host, run->test->port, run->test->step_ms, run->deadline_ms, &run->problem);
	if (run->client == NULL) {
		play->heard.error = -ENOTCONN;
		return -1;
	}
	return read_greeting(run, play) < 0 || say_helo(run, play) < 0 ? -1 : 0;
}

static bool needs_own_session(const struct relaytest_pattern *pattern)
{
	return pattern->helo != NULL || pattern->prelude != RELAYTEST_NO_PRELUDE;
}

static int ready_session(struct run *run, struct play *play)
{
	if (needs_own_session(play->pattern) || run->played >= PATTERNS_EACH_SESSION)
		hang_up(run);
	if (run->client == NULL)
		return open_session(run, play);
	return step(run, play, SMTP_RSET, "");
}

/* A prelude may be refused: then the pattern goes on without it. Returns -1 when there is nothing to go on with. */
static int say_prelude(struct run *run, struct play *play)
{
	static const enum smtp_word words[] = { [RELAYTEST_AUTH] = SMTP_AUTH, [RELAYTEST_XCLIENT] = SMTP_XCLIENT,
						[RELAYTEST_XFORWARD] = SMTP_XFORWARD };
	enum relaytest_prelude prelude = play->pattern->prelude;

	if (prelude == RELAYTEST_NO_PRELUDE || prelude == RELAYTEST_PROXY)
		return 0;
	play->heard.prelude_taken = step(run, play, words[prelude], relaytest_expand(run->arena, &run->names, play->pattern->words)) == 0;
	if (play->heard.error == 0 && play->reply.code == 334)
		play->heard.prelude_taken = step(run, play, SMTP_AUTH_CANCEL, "") == 0;
	if (play->heard.error < 0)
		return -1;
	/* XCLIENT begins the session anew */
	return prelude == RELAYTEST_XCLIENT && play->heard.prelude_taken ? step(run, play, SMTP_EHLO, play->helo) : 0;
}

static void say_envelope(struct run *run, struct play *play)
{
	const struct relaytest_pattern *pattern = play->pattern;
	const char *utf8 = pattern->utf8 && run->has_utf8 ? " SMTPUTF8" : "";

	if (step(run, play, SMTP_MAIL, arena_printf(run->arena, "FROM:%s%s", play->mailfrom, utf8)) < 0)
		return;
	if (pattern->first_rcpt != NULL)
		(void)step(run, play, SMTP_RCPT,
			   arena_printf(run->arena, "TO:%s", relaytest_expand(run->arena, &run->names, pattern->first_rcpt)));
	(void)step(run, play, SMTP_RCPT, arena_printf(run->arena, "TO:%s", play->rcpt));
	play->heard.at_rcpt = true;
}

static void play_once(struct run *run, struct play *play)
{
	bool ready;

	*play = (struct play){ .pattern = play->pattern };
	ready = ready_session(run, play) == 0;
	/* not before: the first session is what tells the gateway's name */
	play->mailfrom = relaytest_expand(run->arena, &run->names, play->pattern->mailfrom);
	play->rcpt = relaytest_expand(run->arena, &run->names, play->pattern->rcpt);
	if (ready && say_prelude(run, play) == 0)
		say_envelope(run, play);
	run->played++;
	run->was_heard = run->was_heard || ready;
	if (!ready || play->heard.error < 0 || play->heard.code == 421 || needs_own_session(play->pattern))
		hang_up(run);
}

static const char *prelude_text(struct run *run, const struct play *play)
{
	static const char *const words[] = { "", "AUTH ", "XCLIENT ", "XFORWARD ", "PROXY " };

	if (play->pattern->helo != NULL)
		return arena_printf(run->arena, "EHLO %s", relaytest_expand(run->arena, &run->names, play->pattern->helo));
	if (play->pattern->words == NULL)
		return "";
	return arena_printf(run->arena, "%s%s", words[play->pattern->prelude],
			    relaytest_expand(run->arena, &run->names, play->pattern->words));
}

static void tell_row(struct run *run, const struct play *play, struct relaytest_row *ret_row)
{
	*ret_row = (struct relaytest_row){
		.pattern = play->pattern, .prelude = prelude_text(run, play), .mailfrom = play->mailfrom, .rcpt = play->rcpt,
		.reply = play->heard.error < 0 ? "" : arena_strdup(run->arena, play->reply.text),
	};
	ret_row->verdict = relaytest_judge(play->pattern->expect, &play->heard, &ret_row->note);
}

static void rest(unsigned ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&time, NULL);
}

/* A session that ended in the middle says nothing about the pattern: it is tried once more, in a fresh one. */
static bool play_pattern(struct run *run, const struct relaytest_pattern *pattern, struct relaytest_row *ret_row)
{
	struct play play = { .pattern = pattern };

	play_once(run, &play);
	if (play.heard.error == -ECONNRESET || play.heard.code == 421)
		play_once(run, &play);
	tell_row(run, &play, ret_row);
	return play.heard.error == 0;
}

/* Why it is of no use to go on, or NULL. */
static const char *hopeless(const struct run *run, unsigned failures)
{
	if (run->problem != NULL)
		return run->problem;
	if (failures >= FAILURES_MAX)
		return "the server does not answer";
	return run->was_heard ? NULL : "the server opens no session with this host";
}

struct relaytest_sum relaytest_run(struct arena *arena, const struct relaytest *test,
				   void (*tell)(void *arg, const struct relaytest_row *row), void *arg)
{
	struct run run = { .arena = arena, .test = test, .names = test->names, .deadline_ms = clock_monotonic_ms() + RUN_MS };
	struct relaytest_sum sum = { .problem = NULL };
	unsigned failures = 0;
	size_t len;
	const struct relaytest_pattern *patterns = relaytest_patterns(&len);

	run.names.gateway = test->names.ours;
	run.names.literal = "[127.0.0.1]";
	for (size_t i = 0; i < len && sum.problem == NULL; i++) {
		struct relaytest_row row;

		if (i > 0)
			rest(test->pause_ms);
		failures = play_pattern(&run, &patterns[i], &row) ? 0 : failures + 1;
		if (run.problem == NULL) {
			sum.count[row.verdict]++;
			tell(arg, &row);
		}
		sum.problem = hopeless(&run, failures);
	}
	hang_up(&run);
	return sum;
}
