/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/dkim_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "milter/isolate/pool.h"
#include "milter/rawmessage.h"
#include "milter/spool.h"
#include "scanners/dkim_job.h"

int dkim_walk_result;
bool dkim_walk_garbage;
unsigned dkim_walk_jobs;

static void *shared;
static struct spool spool;

int pool_ask(struct pool *pool, const struct pool_job *job, struct frame *ret_answer, int *ret_error)
{
	struct frame *question = malloc(sizeof(*question));
	int r;

	(void)pool;
	assert_non_null(question);
	assert_false(job->question->bad);
	memcpy(question, job->question, sizeof(*question));
	question->at = 0;
	dkim_walk_jobs++;
	*ret_error = 0;
	frame_start(ret_answer, job->kind);
	r = dkim_walk_result;
	if (dkim_walk_garbage)
		frame_put_u64(ret_answer, 77);
	else if (r == 0)
		r = job_kinds[job->kind]->run(shared, question, job->message_fd, ret_answer);
	ret_answer->at = 0;
	free(question);
	return r;
}

struct gate *dkim_walk_open(const char *configuration, const char *zone_text)
{
	struct gate *gate = gate_open_zone(configuration, zone_text);
	char status[JOB_STATUS_MAX];
	struct services *services = (struct services *)(uintptr_t)engine_services(gate->engine);

	assert_int_equal(job_dkim.prepare(NULL, &shared, status), 0);
	services->pool = (struct pool *)gate;	/* there is one, and nobody looks into it */
	gate_connect_helo(gate, "203.0.113.7", "mx.example.com");
	return gate;
}

void dkim_walk_close(struct gate *gate)
{
	gate_close(gate);
	dkim_job_free(shared);
}

struct verdict dkim_walk(struct gate *gate, struct str raw)
{
	const struct limits *limits = conf_settings(gate->conf, "limits");
	struct headers fields = { .len = 0 };
	struct message *message;
	struct str body;

	assert_int_equal(gate_mail(gate, "", "<joe@example.com>").reply.code, 0);
	assert_int_equal(gate_rcpt(gate, "<u@ours.example>").reply.code, 0);
	message = gate->session->message;
	(void)engine_phase(gate->engine, gate->session, PHASE_DATA, NULL);
	rawmessage_split(message->arena, raw, &fields, &body);
	for (size_t i = 0; i < fields.len; i++)
		engine_add_field(gate->engine, gate->session, fields.items[i].name, fields.items[i].value);
	(void)engine_phase(gate->engine, gate->session, PHASE_EOH, NULL);
	spool_header(&spool, limits, message);
	spool_body(&spool, limits, message, body.p, body.len);
	assert_int_equal(spool_seal(message), 0);
	return engine_phase(gate->engine, gate->session, PHASE_EOM, NULL);
}

static const char *join(struct gate *gate, bool texts)
{
	const struct message *message = gate->session->message;
	const char *text = "";

	for (size_t i = 0; i < message->findings.len; i++) {
		const struct finding *finding = &message->findings.items[i];
		const char *separator = text[0] == '\0' ? "" : texts ? "\n" : " ";

		if (strcmp(finding->scanner->name, "dkim") != 0)
			continue;
		if (texts)
			text = arena_printf(message->arena, "%s%s%s: %s", text, separator, finding->outcome->name, finding->text);
		else
			text = arena_printf(message->arena, "%s%s%s", text, separator, finding->outcome->name);
	}
	return text;
}

const char *dkim_walk_findings(struct gate *gate)
{
	return join(gate, true);
}

const char *dkim_walk_outcomes(struct gate *gate)
{
	return join(gate, false);
}

const char *dkim_walk_identities(struct gate *gate)
{
	static const char *const states[] = { [IDENTITY_PASS] = "pass", [IDENTITY_FAIL] = "fail", [IDENTITY_UNSURE] = "unsure" };
	const struct message *message = gate->session->message;
	const char *text = "";

	for (size_t i = 0; i < message->identities_len; i++) {
		const struct identity *identity = &message->identities[i];

		text = arena_printf(message->arena, "%s%s%s/%s=%s", text, text[0] == '\0' ? "" : " ", identity->domain, identity->selector,
				    states[identity->state]);
	}
	return text;
}

const char *dkim_walk_results(struct gate *gate)
{
	const struct message *message = gate->session->message;

	return authres_format(message->arena, "gw", message->results, message->results_len);
}
