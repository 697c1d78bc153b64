/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The public suites through the hooks of the scanner, with the resolver's cache and pursuits below it: from the facts of a session and
 * a message to the finding. Facts are set as they are: no MTA would let some of those senders through. */
#include <stdlib.h>

#include "milter/base/cleanup.h"
#include "milter/isolate/job.h"
#include "milter/settings.h"
#include "scanners/scanners.h"
#include "scanners/spf_libspf2_job.h"
#include "t/lib/gate.h"
#include "t/lib/spf_suite.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { &scanner_relay, &scanner_spf, NULL };
const struct job_kind *const job_kinds[] = { &job_spf_libspf2, NULL };

struct row {
	const char *name;
	struct spf_scenario *scenario;
	const struct spf_suite_test *test;
};

/* As engine_set_mailfrom, which would refuse a good part of them. */
static void set_mailfrom(struct message *message, const char *mailfrom)
{
	const char *at = strrchr(mailfrom, '@');

	message->mailfrom.text = mailfrom;
	if (mailfrom[0] == '\0')
		return;
	message->mailfrom.localpart = at == NULL ? mailfrom : arena_strndup(message->arena, mailfrom, (size_t)(at - mailfrom));
	message->mailfrom.domain = at == NULL ? NULL : at + 1;
}

static struct message *walk(struct engine *engine, struct session *session, const struct spf_suite_test *test)
{
	struct message *message;

	session->mta = MTA_POSTFIX;
	session->client_port = 40000;
	session->has_daemon_port = true;
	session->client = test->client;
	session->helo = test->helo;
	(void)engine_phase(engine, session, PHASE_CONNECT, NULL);
	(void)engine_phase(engine, session, PHASE_HELO, NULL);
	message = engine_message_new(engine, session);
	message->credentials.login = "";
	set_mailfrom(message, test->mailfrom);
	(void)engine_phase(engine, session, PHASE_MAILFROM, NULL);
	engine_add_recipient(message, "<postmaster@ours.example>", NULL);
	(void)engine_phase(engine, session, PHASE_RCPT, NULL);
	(void)engine_phase(engine, session, PHASE_DATA, NULL);
	(void)engine_phase(engine, session, PHASE_EOH, NULL);
	(void)engine_phase(engine, session, PHASE_EOM, NULL);
	return message;
}

/* Of the sender: the outcomes of the HELO name have names of their own. */
static const struct finding *find(const struct message *message)
{
	const struct finding *found = NULL;

	for (size_t i = 0; i < message->findings.len; i++) {
		const struct finding *finding = &message->findings.items[i];

		if (finding->scanner != &scanner_spf || strncmp(finding->outcome->name, "helo_", 5) == 0)
			continue;
		assert_null(found);
		found = finding;
	}
	assert_non_null(found);
	return found;
}

/* What a reply can say of it. */
static void check_explanation(const struct spf_suite_test *test, const char *text)
{
	static const char introduction[] = "; the domain says: \"";
	const char *said = strstr(text, introduction);
	size_t len = test->explanation == NULL ? 0 : strnlen(test->explanation, 160);

	if (test->explanation == NULL)
		return;
	if (strcmp(test->explanation, "DEFAULT") == 0) {
		assert_null(said);
		return;
	}
	assert_non_null(said);
	said += sizeof(introduction) - 1;
	assert_memory_equal(said, test->explanation, len);
	assert_string_equal(said + len, "\"");
}

static struct conf *load(void)
{
	static const char configuration[] = "authserv_id = \"receiver.example\"\ndomains = { \"ours.example\" }\nspf { explain = yes }\n";
	char path[] = "/tmp/octroi-spf-XXXXXX";
	int fd = mkstemp(path);
	struct conf *conf;

	assert_int_equal(write(fd, configuration, sizeof(configuration) - 1), sizeof(configuration) - 1);
	(void)close(fd);
	conf = settings_load(path);
	(void)unlink(path);
	return conf;
}

static void check_row(void **state)
{
	const struct row *row = *state;
	char problem[CONF_PROBLEM_MAX];
	struct conf *conf = load();
	struct resolver *resolver = resolver_new(conf_settings(conf, "resolver"), spf_suite_upstream_new(row->scenario));
	struct engine *engine = engine_new(conf, &(struct services){ .resolver = resolver }, problem);
	struct session *session = engine_session_new(engine);
	struct message *message = walk(engine, session, row->test);
	const struct finding *finding = find(message);

	if (!spf_suite_accepts(row->test, finding->outcome->name))
		fail_msg("%s instead of %s: %s", finding->outcome->name, row->test->results[0], finding->text);
	check_explanation(row->test, finding->text);
	assert_true(message->results_len >= 1 && strcmp(message->results[0].result, finding->outcome->name) == 0);
	assert_true(message->stamps.len == message->results_len);
	engine_session_end(engine, session);
	engine_free(engine);
	resolver_free(resolver);
	conf_free(conf);
}

static void add_suite(struct rows *rows, struct arena *arena, const char *file, size_t tests_len)
{
	struct spf_suite *suite = spf_suite_read(arena, file);

	if (suite == NULL) {
		(void)printf("# skipped: %s is not there\n", file);
		return;
	}
	assert_int_equal(suite->tests_len, tests_len);
	for (size_t i = 0; i < suite->len; i++)
		for (size_t j = 0; j < suite->scenarios[i].tests_len; j++) {
			struct row *row = arena_new_of(arena, struct row);

			row->scenario = &suite->scenarios[i];
			row->test = &suite->scenarios[i].tests[j];
			row->name = arena_printf(arena, "%.7s: %s", file, row->test->name);
			rows_add_one(rows, row->name, check_row, row);
		}
}

int main(void)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	static struct rows rows;

	add_suite(&rows, arena, "rfc7208-tests.yml", 203);
	add_suite(&rows, arena, "rfc4408-tests.yml", 191);
	return rows_run(&rows, "spf_scanner_suite");
}
