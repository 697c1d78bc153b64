/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/trial.h"

#include "milter/base/clock.h"
#include "milter/rawmessage.h"
#include "milter/seal.h"
#include "milter/spool.h"

/* Some port of a client, so that the message is not taken for one of the MTA's own. */
#define CLIENT_PORT 50000

static void set_session(struct trial *trial)
{
	struct session *session = trial->session;

	session->mta = MTA_POSTFIX;
	session->client = trial->client;
	session->client_port = CLIENT_PORT;
	session->has_daemon_port = true;
	session->client_name = arena_strdup(session->arena, trial->client_name);
	session->helo = arena_strdup(session->arena, trial->helo);
}

static bool refused(const struct verdict *verdict)
{
	return verdict->reply.code != 0;
}

/* The engine lets go of what it said about a refused recipient when the next one comes. */
static void keep_refusal(struct arena *arena, struct trial_rcpt *result)
{
	struct verdict *verdict = &result->verdict;
	struct finding *copy;

	verdict->reply.text = arena_strdup(arena, verdict->reply.text);
	verdict->by_name = arena_strdup(arena, verdict->by_name);
	verdict->observed = arena_strdup(arena, verdict->observed);
	if (verdict->by == NULL)
		return;
	copy = arena_new_of(arena, struct finding);
	*copy = *verdict->by;
	copy->text = arena_strdup(arena, copy->text);
	verdict->by = result->refused_by = copy;
}

static struct verdict run_rcpt(struct engine *engine, struct trial *trial, size_t i)
{
	struct message *message = trial->session->message;
	struct trial_rcpt *result = &trial->results[i];

	engine_add_recipient(message, trial->rcpts[i], NULL);
	result->path = trial->rcpts[i];
	result->verdict = engine_phase(engine, trial->session, PHASE_RCPT, &(struct engine_wait){ .at_rcpt = true });
	result->accepted = !refused(&result->verdict);
	if (result->accepted) {
		result->ground = message->recipients[message->recipients_len - 1].ground;
		result->ground_detail = message->recipients[message->recipients_len - 1].ground_detail;
	} else {
		keep_refusal(message->arena, result);
	}
	return result->verdict;
}

/* Returns whether anybody is left to get the message. */
static bool run_envelope(struct engine *engine, struct trial *trial)
{
	static const enum phase session_phases[] = { PHASE_CONNECT, PHASE_HELO };
	struct message *message;

	for (size_t i = 0; i < 2; i++) {
		trial->verdict = engine_phase(engine, trial->session, session_phases[i], NULL);
		(void)snprintf(trial->id, sizeof(trial->id), "%s", trial->session->id);
		if (refused(&trial->verdict))
			return false;
	}
	message = engine_message_new(engine, trial->session);
	(void)snprintf(trial->id, sizeof(trial->id), "%s", message->id);
	message->credentials.login = arena_strdup(message->arena, trial->login);
	engine_set_mailfrom(message, trial->mailfrom);
	trial->verdict = engine_phase(engine, trial->session, PHASE_MAILFROM, NULL);
	if (refused(&trial->verdict))
		return false;
	trial->results = arena_array(message->arena, trial->rcpts_len, sizeof(*trial->results));
	for (size_t i = 0; i < trial->rcpts_len; i++)
		trial->verdict = run_rcpt(engine, trial, i);
	return message->recipients_len > 0;
}

static void run_content(struct engine *engine, struct trial *trial)
{
	const struct limits *limits = conf_settings(engine_conf(engine), "limits");
	struct message *message = trial->session->message;
	static struct spool spool;
	struct headers fields = { .len = 0 };
	struct str body;

	rawmessage_split(message->arena, trial->message, &fields, &body);
	for (size_t i = 0; i < fields.len && limits_allow_field(limits, message); i++)
		engine_add_field(engine, trial->session, fields.items[i].name, fields.items[i].value);
	message->headers_too_large |= message->headers.size_bytes > limits->header_size;
	spool_header(&spool, limits, message);
	(void)engine_phase(engine, trial->session, PHASE_EOH, NULL);
	spool_body(&spool, limits, message, body.p, body.len);
	if (spool_seal(message) < 0)
		message->spool_full = true;
	trial->verdict = engine_phase(engine, trial->session, PHASE_EOM, NULL);
	trial->edits = seal_edits(engine, trial->session, &trial->verdict);
}

void trial_run(struct engine *engine, struct trial *trial)
{
	uint64_t started_ms = clock_monotonic_ms();

	trial->session = engine_session_new(engine);
	set_session(trial);
	if (run_envelope(engine, trial))
		run_content(engine, trial);
	trial->elapsed_ms = clock_monotonic_ms() - started_ms;
}
