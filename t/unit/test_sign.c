/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "milter/mail/dkim_canon.h"
#include "milter/mail/dkim_sign.h"
#include "milter/seal.h"
#include "milter/trial.h"
#include "scanners/scanners.h"
#include "t/lib/gate.h"
#include "t/unit/rows.h"

/* Tags what calls itself suspicious, and loses bodies, so that this can be seen. */
struct suspicion_settings {
	bool dummy;
};

static void suspect(struct scan *scan)
{
	size_t position = 0;

	if (headers_next(&scan->message->headers, "X-Suspicious", &position) != NULL)
		finding_add(scan, "suspicious", "suspicious");
	position = 0;
	if (headers_next(&scan->message->headers, "X-Lose", &position) != NULL)
		(void)close_fd(scan->session->message->body_fd), scan->session->message->body_fd = -1;
	position = 0;
	if (headers_next(&scan->message->headers, "X-Break", &position) != NULL)
		(void)close_fd(scan->session->message->body_fd), scan->session->message->body_fd = open("/", O_RDONLY | O_CLOEXEC);
}

static const struct option suspicion_options[] = {
	{ "dummy", OPTION_BOOL, offsetof(struct suspicion_settings, dummy), .fallback = "no", .summary = "nothing" }, OPTION_END
};
static const struct option_section suspicion_section = {
	.name = "suspicion", .options = suspicion_options, .settings_size = sizeof(struct suspicion_settings), .summary = "nothing",
};
static const struct option_section *const suspicion_sections[] = { &suspicion_section, NULL };
static const struct outcome suspicion_outcomes[] = {
	{ .name = "suspicious", .refusal = REFUSE_CONTENT, .rule_offset = OUTCOME_FIXED, .fixed_action = ACTION_TAG }, { .name = NULL },
};
static const struct scanner scanner_suspicion = {
	.name = "suspicion", .summary = "", .sections = suspicion_sections, .outcomes = suspicion_outcomes, .eoh = NULL, .eom = suspect,
};

const struct scanner *const scanners[] = {
	&scanner_session, &scanner_limits, &scanner_relay, &scanner_suspicion, &scanner_sign, NULL,
};
const struct job_kind *const job_kinds[] = { NULL };

#define PEM "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"

static char directory[] = "/tmp/octroi-sign-XXXXXX";
static char key_file[64];

/* conf goes into section sign beside its key. */
static struct gate *open_gate(const char *top, const char *conf)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
		       "domains = { \"ours.example\", \".ours.example\", \"keyless.example\" }\nauthserv_id = \"gw.ours.example\"\n"
		       "tag { subject = \"[SUSPECT] \" }\n"
		       "relay { grant \"device\" { clients = { \"10.1.2.40\" } senders = { \"ours.example\" } recipients = { \"*\" } } }\n%s\n"
		       "sign { key \"s1._domainkey.ours.example\" { file = \"%s\" } %s }\n", top, key_file, conf);
	return gate_open(text);
}

static const char *const rcpt = "<u@ext.example>";

static struct trial new_trial(const char *client, const char *login, const char *mailfrom, const char *message)
{
	struct trial trial = { .client_name = "", .helo = "", .login = login, .mailfrom = mailfrom, .rcpts = &rcpt, .rcpts_len = 1,
			       .message = str_of(message) };

	assert_int_equal(ip_parse(client, &trial.client), 0);
	return trial;
}

static const struct finding *finding_of(const struct trial *trial, const char *scanner)
{
	const struct findings *findings = &trial->session->message->findings;

	for (size_t i = 0; i < findings->len; i++)
		if (strcmp(findings->items[i].scanner->name, scanner) == 0)
			return &findings->items[i];
	return NULL;
}

static const struct edit *signature_of(const struct trial *trial)
{
	for (size_t i = 0; i < trial->edits.len; i++)
		if (strcmp(trial->edits.items[i].name, "DKIM-Signature") == 0)
			return &trial->edits.items[i];
	return NULL;
}

struct scan_row {
	const char *name;
	const char *client, *login, *mailfrom, *message, *conf;
	const char *outcome;	/* "": no finding */
	const char *text;	/* in it */
	unsigned code;		/* of the reply */
};

#define LOGIN "203.0.113.7", "alice", "<alice@ours.example>"
#define LONG "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define LONGER LONG LONG LONG LONG LONG LONG LONG LONG

static const struct scan_row scan_rows[] = {
	{ "a login is signed for", LOGIN, "From: alice@ours.example\n\nx\n", "", "signed", "signed for ours.example (s1)", 0 },
	{ "a granted device is signed for", "10.1.2.40", "", "<alice@ours.example>", "From: alice@ours.example\n\nx\n", "",
	  "signed", "ours.example", 0 },
	{ "by the author, not by the envelope", "203.0.113.7", "alice", "<>", "From: alice@ours.example\n\nx\n", "", "signed",
	  "ours.example", 0 },
	{ "a name below by the domain above", LOGIN, "From: a@pc.ours.example\n\nx\n", "", "signed", "signed for ours.example (s1)",
	  0 },
	{ "two authors of one domain", LOGIN, "From: a@ours.example, b@OURS.example\n\nx\n", "", "signed", "ours.example", 0 },
	{ "case and the end dot of a domain", LOGIN, "From: a@OURS.Example\n\nx\n", "", "signed", "ours.example", 0 },
	{ "two keys side by side", LOGIN, "From: alice@ours.example\n\nx\n", "key \"s0._domainkey.ours.example\" { file = \"%k\" }",
	  "signed",
	  "(s0, s1)", 0 },
	{ "an author of another domain", LOGIN, "From: alice@ext.example\n\nx\n", "", "unsigned", "none of ours", 0 },
	{ "an author of ours without a key", LOGIN, "From: alice@keyless.example\n\nx\n", "", "unsigned",
	  "no key for keyless.example", 0 },
	{ "authors of two domains (HDR-07)", LOGIN, "From: a@ours.example, b@ext.example\n\nx\n", "", "unsigned", "several domains",
	  0 },
	{ "two From fields of two domains (HDR-06)", LOGIN, "From: a@ours.example\nFrom: b@ext.example\n\nx\n", "", "unsigned",
	  "not signed", 0 },
	{ "no From", LOGIN, "Subject: x\n\nx\n", "", "unsigned", "no From field", 0 },
	{ "a From that is read in two ways (HDR-08)", LOGIN, "From: <b@evil.example>alice@ours.example\n\nx\n", "", "unsigned",
	  "not signed", 0 },
	{ "on_unsigned refuses", LOGIN, "From: alice@ext.example\n\nx\n", "on_unsigned = reject", "unsigned", "none of ours", 550 },
	{ "a line that MTAs cut is told", LOGIN, "From: alice@ours.example\n\n" LONGER "\n", "", "signed", "over 998", 0 },
	{ "in the header, too", LOGIN, "From: alice@ours.example\nSubject: " LONGER "\n\nx\n", "", "signed", "over 998", 0 },
	{ "too many fields for any verifier", LOGIN, "From: a@ours.example\n%250To: x\n\nx\n", "", "unsigned", "too many", 0 },
	{ "a body that is not there is an error", LOGIN, "From: a@ours.example\nX-Lose: 1\n\nx\n", "", "error", "no room", 451 },
	{ "a body that cannot be read is an error", LOGIN, "From: a@ours.example\nX-Break: 1\n\nx\n", "", "error", "just now", 451 },
	{ "on_error lets it go", LOGIN, "From: a@ours.example\nX-Lose: 1\n\nx\n", "on_error = accept", "error", "no room", 0 },
	{ "switched off", LOGIN, "From: alice@ours.example\n\nx\n", "enabled = no", "", "", 0 },
	{ "not in that direction", LOGIN, "From: alice@ours.example\n\nx\n", "directions = { local, granted }", "", "", 0 },
	{ "no direction", LOGIN, "From: alice@ours.example\n\nx\n", "directions = { }", "", "", 0 },
};

/* "%250LINE" repeats the line, "%k" is the key file. */
static const char *expand(const char *text, char *out)
{
	const char *percent = strchr(text, '%');
	char *end = out;

	if (percent == NULL)
		return text;
	end = mempcpy(out, text, (size_t)(percent - text));
	if (percent[1] == 'k')
		return strcpy(stpcpy(end, key_file), percent + 2) != NULL ? out : NULL;
	for (int i = 0; i < 250; i++)
		end = mempcpy(end, percent + 4, strcspn(percent + 4, "\n") + 1);
	(void)strcpy(end, strchr(percent, '\n') + 1);
	return out;
}

static void check_scan(void **state)
{
	const struct scan_row *row = *state;
	static char message[65536], conf[1024];
	struct gate *gate = open_gate("", expand(row->conf, conf));
	struct trial trial = new_trial(row->client, row->login, row->mailfrom, expand(row->message, message));
	const struct finding *finding;

	trial_run(gate->engine, &trial);
	finding = finding_of(&trial, "sign");
	assert_string_equal(finding == NULL ? "" : finding->outcome->name, row->outcome);
	if (finding != NULL)
		assert_non_null(strstr(finding->text, row->text));
	assert_int_equal(trial.verdict.reply.code, row->code);
	assert_int_equal(signature_of(&trial) != NULL, strcmp(row->outcome, "signed") == 0);
	engine_session_end(gate->engine, trial.session);
	gate_close(gate);
}

static void mail_of_strangers_is_never_signed(void **state)
{
	struct gate *gate = open_gate("", "");
	struct trial trial = new_trial("203.0.113.7", "", "<alice@ours.example>", "From: alice@ours.example\n\nx\n");
	static const char *const ours = "<bob@ours.example>";

	(void)state;
	trial.rcpts = &ours;
	trial_run(gate->engine, &trial);
	assert_int_equal(trial.verdict.reply.code, 0);
	assert_int_equal(trial.session->message->direction, DIRECTION_INBOUND);
	assert_null(finding_of(&trial, "sign"));
	assert_null(signature_of(&trial));
	engine_session_end(gate->engine, trial.session);
	gate_close(gate);
}

/* What is signed is what leaves: the value we wrote is what the delivered header and body come to. Ed25519 signs the same thing the same way. */
static void assert_signs_delivered(const struct trial *trial, const char *body, const char *subject)
{
	static const struct dkim_sign_name names[] = {
		{ "From", DKIM_OVERSIGN_ALWAYS }, { "Subject", DKIM_OVERSIGN_ALWAYS },
	};
	struct arena *arena = trial->session->arena;
	struct headers delivered = { .len = 0 };
	struct dkim_sign_header header;
	struct dkim_sign_key *key;
	struct dkim_sign_hash *hash = dkim_sign_hash_new();
	struct dkim_sign_task task = { .domain = "ours.example", .selector = "s1", .signed_at_s = 1700000000 };
	unsigned char bytes[DKIM_SIGN_HASH_SIZE];
	char text[DKIM_SIGN_HASH_TEXT_SIZE];
	const char *problem;

	headers_add(arena, &delivered, "From", " alice@ours.example");
	if (subject != NULL)
		headers_add(arena, &delivered, "Subject", subject);
	header = dkim_sign_select(arena, &delivered, names, 2);
	dkim_sign_hash_add(hash, body, strlen(body));
	dkim_sign_hash_end(hash, bytes);
	dkim_sign_hash_text(bytes, text);
	assert_int_equal(dkim_sign_key_read(str_of(PEM), &key, &problem), 0);
	task.key = key;
	task.body_hash = text;
	assert_non_null(signature_of(trial));
	assert_string_equal(signature_of(trial)->value + 1, header_fold(arena, "DKIM-Signature", dkim_sign_field(arena, &task, &header)));
	dkim_sign_key_free(key);
}

struct seal_row {
	const char *name;
	const char *message, *body;
	const char *subject;	/* as delivered */
};

static const struct seal_row seal_rows[] = {
	{ "a plain message", "From: alice@ours.example\nSubject: hi\n\nx  y \n\n\n", "x y\r\n", " hi" },
	{ "an empty body", "From: alice@ours.example\nSubject: hi\n\n", "", " hi" },
	{ "a body that does not end", "From: alice@ours.example\nSubject: hi\n\nx", "x\r\n", " hi" },
	{ "a tagged message as it is tagged", "From: alice@ours.example\nSubject: hi\nX-Suspicious: 1\n\nx\n", "x\r\n",
	  " [SUSPECT] hi" },
	{ "a tagged message without a subject", "From: alice@ours.example\nX-Suspicious: 1\n\nx\n", "x\r\n", " [SUSPECT]" },
};

static void check_seal(void **state)
{
	const struct seal_row *row = *state;
	struct gate *gate = open_gate("", "headers = { From, Subject } oversign = { Subject }");
	struct trial trial = new_trial(LOGIN, row->message);

	clock_freeze(1000000, 1700000000000);
	trial_run(gate->engine, &trial);
	clock_thaw();
	assert_int_equal(trial.verdict.reply.code, 0);
	assert_signs_delivered(&trial, row->body, row->subject);
	engine_session_end(gate->engine, trial.session);
	gate_close(gate);
}

static void a_signature_expires_when_it_is_told_to(void **state)
{
	struct gate *gate = open_gate("", "expire = \"7d\"");
	struct trial trial = new_trial(LOGIN, "From: alice@ours.example\n\nx\n");

	(void)state;
	clock_freeze(1000000, 1700000000999);
	trial_run(gate->engine, &trial);
	clock_thaw();
	assert_non_null(strstr(signature_of(&trial)->value, "t=1700000000; x=1700604800;"));
	engine_session_end(gate->engine, trial.session);
	gate_close(gate);
}

static bool told;

static void tell(const char *text)
{
	told |= strstr(text, "foreign.example is none of our domains") != NULL;
}

/* Opens the engine once more, with ears. */
static void a_key_of_a_foreign_domain_is_told(void **state)
{
	char conf[256], problem[CONF_PROBLEM_MAX];
	struct gate *gate;
	struct engine *engine;

	(void)state;
	(void)snprintf(conf, sizeof(conf), "key \"s._domainkey.foreign.example\" { file = \"%s\" }", key_file);
	gate = open_gate("", conf);
	engine = engine_new(gate->conf, &(struct services){ .store = gate->store, .tell = tell }, problem);
	assert_non_null(engine);
	assert_true(told);
	engine_free(engine);
	gate_close(gate);
}

static void without_its_key_the_engine_does_not_open_OS_02(void **state)
{
	char problem[CONF_PROBLEM_MAX] = "";
	struct gate *gate = open_gate("", "");

	(void)state;
	assert_int_equal(chmod(key_file, 0644), 0);
	assert_null(engine_new(gate->conf, &(struct services){ .store = gate->store }, problem));
	assert_int_equal(chmod(key_file, 0600), 0);
	assert_non_null(strstr(problem, "chmod 0600 "));
	assert_non_null(strstr(problem, key_file));
	gate_close(gate);
}

static void write_key(void)
{
	FILE *file;

	if (mkdtemp(directory) == NULL)
		abort();
	(void)snprintf(key_file, sizeof(key_file), "%s/key.pem", directory);
	file = fopen(key_file, "w");
	if (file == NULL)
		abort();
	(void)fputs(PEM, file);
	(void)fclose(file);
	(void)chmod(key_file, 0600);
}

int main(void)
{
	static struct rows rows;
	int failed;

	write_key();
	rows_add(&rows, scan_rows, check_scan);
	rows_add_one(&rows, "mail of strangers is never signed", mail_of_strangers_is_never_signed, NULL);
	rows_add(&rows, seal_rows, check_seal);
	rows_add_one(&rows, "a signature expires when it is told to", a_signature_expires_when_it_is_told_to, NULL);
	rows_add_one(&rows, "a key of a foreign domain is told", a_key_of_a_foreign_domain_is_told, NULL);
	rows_add_one(&rows, "without its key the engine does not open (OS-02)", without_its_key_the_engine_does_not_open_OS_02, NULL);
	failed = rows_run(&rows, "sign");
	(void)unlink(key_file);
	(void)rmdir(directory);
	return failed;
}
