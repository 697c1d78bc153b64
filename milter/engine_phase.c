/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of a message through the scanners to a verdict. */
#include <assert.h>

#include "milter/base/clock.h"
#include "milter/engine_internal.h"
#include "milter/lookup/resolver.h"
#include "milter/policy.h"
#include "milter/settings.h"

static scanner_hook hook_of(const struct scanner *scanner, enum phase phase)
{
	switch (phase) {
	case PHASE_CONNECT:
		return scanner->connect;
	case PHASE_HELO:
		return scanner->helo;
	case PHASE_MAILFROM:
		return scanner->mailfrom;
	case PHASE_RCPT:
		return scanner->rcpt;
	case PHASE_EOH:
		return scanner->eoh;
	case PHASE_EOM:
		return scanner->eom;
	case PHASE_DATA:
		break;
	}
	return NULL;
}

static struct scan scan_for(struct engine *engine, struct session *session, size_t i, enum phase phase)
{
	struct message *message = session->message;

	return (struct scan){
		.scanner = scanners[i],
		.settings = engine->settings[i],
		.shared = engine->shared[i],
		.services = &engine->services,
		.session = session,
		.message = message,
		.phase = phase,
		.session_state = session->states[i],
		.message_state = message == NULL ? NULL : message->states[i],
		.recipient = phase == PHASE_RCPT ? message->recipients_len - 1 : FINDING_MESSAGE,
		.findings = message == NULL ? &session->findings : &message->findings,
		.arena = message == NULL ? session->arena : message->arena,
	};
}

static void decide_direction(struct engine *engine, struct session *session)
{
	struct scan scan = scan_for(engine, session, engine->directing, PHASE_MAILFROM);

	assert(session->message != NULL);	/* MAIL comes with one */
	session->message->direction = scan.scanner->direction(&scan);
}

static void find_ground(struct engine *engine, struct session *session)
{
	struct scan scan = scan_for(engine, session, engine->grounding, PHASE_RCPT);
	struct recipient *recipient = &session->message->recipients[scan.recipient];

	if (recipient->problem == NULL || session->message->direction == DIRECTION_LOCAL)
		recipient->ground = scan.scanner->ground(&scan, &recipient->ground_detail);
}

static bool scanner_applies(const struct scanner *scanner, const struct session *session)
{
	return scanner->directions == 0 || session->message == NULL ||
	       (scanner->directions & SCANNER_IN(session->message->direction)) != 0;
}

static void set_wait(struct scan *scan, const struct engine_wait *wait)
{
	if (wait == NULL)
		return;
	scan->progress = wait->progress;
	scan->progress_arg = wait->arg;
}

static void run_hooks(struct engine *engine, struct session *session, enum phase phase, const struct engine_wait *wait)
{
	for (size_t i = 0; scanners[i] != NULL; i++) {
		scanner_hook hook = hook_of(scanners[i], phase);
		struct scan scan;

		if (hook == NULL || !scanner_applies(scanners[i], session))
			continue;
		scan = scan_for(engine, session, i, phase);
		set_wait(&scan, wait);
		hook(&scan);
	}
}

void engine_add_field(struct engine *engine, struct session *session, const char *name, const char *value)
{
	headers_add(session->message->arena, &session->message->headers, name, value);
	for (size_t i = 0; scanners[i] != NULL; i++) {
		struct scan scan;

		if (scanners[i]->field == NULL || !scanner_applies(scanners[i], session))
			continue;
		scan = scan_for(engine, session, i, PHASE_DATA);
		scanners[i]->field(&scan);
	}
}

int engine_seal(struct engine *engine, struct session *session, const struct headers *headers)
{
	int result = 0;

	for (size_t i = 0; scanners[i] != NULL && result == 0; i++) {
		struct scan scan;

		if (scanners[i]->seal == NULL || !scanner_applies(scanners[i], session))
			continue;
		scan = scan_for(engine, session, i, PHASE_EOM);
		result = scanners[i]->seal(&scan, headers);
	}
	return result;
}

void engine_settle(struct engine *engine, struct session *session, const struct verdict *verdict, bool let_in)
{
	if (session->message->settled)
		return;
	session->message->settled = true;
	for (size_t i = 0; scanners[i] != NULL; i++) {
		struct scan scan;

		if (scanners[i]->settle == NULL || !scanner_applies(scanners[i], session))
			continue;
		scan = scan_for(engine, session, i, PHASE_EOM);
		scanners[i]->settle(&scan, verdict, let_in);
	}
}

void engine_chores(struct engine *engine)
{
	for (size_t i = 0; scanners[i] != NULL; i++)
		if (scanners[i]->chore != NULL)
			scanners[i]->chore(engine->settings[i], engine->shared[i], &engine->services);
}

/* Asks each scanner once for what it has learned from the DNS; those that do not know yet are asked again later. */
static void run_reports(struct engine *engine, struct session *session, enum phase phase, uint64_t until_ms, const struct engine_wait *wait)
{
	for (size_t i = 0; session->message != NULL && scanners[i] != NULL; i++) {
		struct scan scan;

		if (scanners[i]->report == NULL || session->message->reported[i] || !scanner_applies(scanners[i], session))
			continue;
		scan = scan_for(engine, session, i, phase);
		scan.recipient = FINDING_MESSAGE;	/* at RCPT, too */
		scan.wait_until_ms = until_ms;
		set_wait(&scan, wait);
		session->message->reported[i] = scanners[i]->report(&scan);
	}
}

/* All recipients of a message share one time for waiting. */
static uint64_t rcpt_wait_until(const struct engine *engine, struct message *message)
{
	uint64_t wait_ms = engine->services.resolver == NULL ? 0 : resolver_settings_of(engine->services.resolver)->rcpt_wait_ms;

	if (wait_ms == 0)
		return 0;
	if (message->rcpt_wait_until_ms == 0)
		message->rcpt_wait_until_ms = clock_monotonic_ms() + wait_ms;
	return message->rcpt_wait_until_ms;
}

/* What is reported now outlives this recipient, whose memory goes when he is refused. */
static void report_at_rcpt(struct engine *engine, struct session *session, const struct engine_wait *wait)
{
	bool patient = wait != NULL && wait->at_rcpt;
	struct message *message = session->message;
	struct arena_mark before = arena_mark(message->arena);

	run_reports(engine, session, PHASE_RCPT, patient ? UINT64_MAX : rcpt_wait_until(engine, message), wait);
	if (!arena_mark_equal(before, arena_mark(message->arena)))
		message->refused_start = arena_mark(message->arena);
}

static void inspect(struct engine *engine, struct session *session, const struct engine_wait *wait)
{
	struct scan scan;

	if (engine->inspecting == engine->scanners_len)
		return;
	scan = scan_for(engine, session, engine->inspecting, PHASE_EOM);
	set_wait(&scan, wait);
	session->message->inspection = scan.scanner->inspect(&scan);
}

/* While the examiners work, answers of the DNS come in. */
static void run_eom(struct engine *engine, struct session *session, const struct engine_wait *wait)
{
	run_reports(engine, session, PHASE_EOM, 0, wait);
	inspect(engine, session, wait);
	run_hooks(engine, session, PHASE_EOM, wait);
	run_reports(engine, session, PHASE_EOM, UINT64_MAX, wait);
}

/* The list of recipients is that of the accepted ones: a refused one goes, and what was found about it with it (a later recipient
 * takes its place); its mark for the record stays. */
static void settle_recipient(struct message *message, const struct verdict *verdict, const struct findings *findings_before)
{
	const struct recipient *recipient = &message->recipients[message->recipients_len - 1];

	if (verdict->reply.code == 0)
		return;
	if (message->refused++ == 0) {
		message->refused_first = recipient->problem != NULL ? "" : recipient->address.text;
		message->refused_verdict = *verdict;
		message->refused_verdict.by = NULL;	/* its finding goes, see below */
	}
	message->recipients_len--;
	message->refused_last = recipient;
	message->refused_findings = message->findings;
	message->findings = *findings_before;
	message->refused_end = arena_mark(message->arena);
}

/* A refusal before MAIL has an id of the session; most sessions never need one. */
static const char *id_of(struct session *session)
{
	_Static_assert(sizeof(session->id) == MESSAGE_ID_SIZE, "an id is an id");
	if (session->message != NULL)
		return session->message->id;
	if (session->findings.len > 0 && session->id[0] == '\0')
		message_id_make(session->id);
	return session->id;
}

static void run_phase(struct engine *engine, struct session *session, enum phase phase, const struct engine_wait *wait)
{
	if (phase == PHASE_MAILFROM)
		decide_direction(engine, session);
	if (phase == PHASE_RCPT)
		find_ground(engine, session);
	if (phase == PHASE_EOM)
		run_eom(engine, session, wait);
	else
		run_hooks(engine, session, phase, wait);
	if (phase == PHASE_MAILFROM)
		run_reports(engine, session, PHASE_MAILFROM, 0, wait);
}

struct verdict engine_phase(struct engine *engine, struct session *session, enum phase phase, const struct engine_wait *wait)
{
	struct message *message = session->message;
	struct policy_question question = {
		.session = session,
		.message = message,
		.phase = phase,
		.recipient = phase == PHASE_RCPT ? message->recipients_len - 1 : FINDING_MESSAGE,
		.refuse_at = (enum phase)settings_of(engine->conf)->refuse_at,
		.score = conf_settings(engine->conf, "score"),
	};
	struct findings findings_before;
	struct verdict verdict;

	if (phase == PHASE_RCPT)
		report_at_rcpt(engine, session, wait);
	findings_before = message == NULL ? session->findings : message->findings;
	run_phase(engine, session, phase, wait);
	if (phase == PHASE_DATA || phase == PHASE_EOH)
		return (struct verdict){ .action = ACTION_ACCEPT, .by_name = "", .observed = "" };	/* heard at the end */
	question.id = id_of(session);
	verdict = policy_decide(message == NULL ? session->arena : message->arena, &question);
	if (phase == PHASE_RCPT)
		settle_recipient(message, &verdict, &findings_before);
	return verdict;
}
