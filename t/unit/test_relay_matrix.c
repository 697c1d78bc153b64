/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The relay matrix (threats ID-01, ID-02): address form x domain trick x client x credentials x sender x what the MTA says.
 * What is wanted is written beside each row; no row asks the code under test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "milter/isolate/job.h"
#include "scanners/scanners.h"
#include "t/lib/gate.h"

/* The program's table without the antivirus: this is about envelopes. */
const struct scanner *const scanners[] = { &scanner_session, &scanner_limits, &scanner_relay, &scanner_account, NULL };
const struct job_kind *const job_kinds[] = { NULL };

static const char configuration[] =
	"authserv_id = \"gw.ours.example\"\n"
	"domains = { \"ours.example\", \".wild.example\", \"b\xc3\xbc" "cher.example\" }\n"
	"relay {\n"
	"  grant \"device\" { clients = { \"192.0.2.40\", \"2001:db8:40::/64\" } senders = { \"scanner@ours.example\" }\n"
	"    recipients = { \"ext.example\" } }\n"
	"  grant \"ended\" { clients = { \"192.0.2.40\" } senders = { \"*\", \"<>\" } recipients = { \"*\" } expires = \"2020-01-01\" }\n"
	"  certificate \"backup\" { subject = \"backup-mx\" issuer = \"Our CA\" }\n"
	"}\n";

enum shape {
	PLAIN,		/* goes where its domain says */
	REROUTED,	/* some MTA may send it elsewhere */
	MALFORMED,	/* 501 for everybody */
};

static const struct {
	const char *format;	/* "D" is the domain */
	enum shape shape;
} forms[] = {
	{ "<u@D>", PLAIN },
	{ "u@D", PLAIN },
	{ "<U.V@D>", PLAIN },
	{ "<\"u\"@D>", PLAIN },
	{ "<\"u v\"@D>", PLAIN },
	{ "<u+tag@D>", PLAIN },
	{ "<u+ext=ext.example@D>", PLAIN },
	{ "<SRS0=HHH=TT=ext.example=u@D>", PLAIN },
	{ "<u@D> ORCPT=rfc822;u@ours.example NOTIFY=NEVER", PLAIN },
	{ "<@ours.example:u@D>", PLAIN },
	{ "<@a.example,@ours.example:u@D>", PLAIN },
	{ "<u%ext.example@D>", REROUTED },
	{ "<u%ext.example%ours.example@D>", REROUTED },
	{ "<ext.example!u@D>", REROUTED },
	{ "<a!ext.example!u@D>", REROUTED },
	{ "<ext.example!u%x@D>", REROUTED },
	{ "<\"u@ext.example\"@D>", REROUTED },
	{ "<\"u%ext.example\"@D>", REROUTED },
	{ "<\"@ext.example:u\"@D>", REROUTED },
	{ "<u@ext.example@D>", MALFORMED },
	{ "<u@@D>", MALFORMED },
	{ "<u@D", MALFORMED },
	{ "<@D>", MALFORMED },
	{ "<u@ours.example,u@D>", MALFORMED },
	{ "<u@D\t>", MALFORMED },
	{ "<u@D >", MALFORMED },
	{ "<u u@D>", MALFORMED },
	{ "<\"u@D>", MALFORMED },
	{ "<.u@D>", MALFORMED },
	{ "<u..v@D>", MALFORMED },
	{ "<u@D(x)>", MALFORMED },
	{ "<u\x01@D>", MALFORMED },
};

enum place { OURS, FOREIGN, GRANTED, NOWHERE };

static const struct {
	const char *text;
	enum place place;
} domains[] = {
	{ "ours.example", OURS },
	{ "OURS.Example", OURS },
	{ "ours.example.", OURS },
	{ "a.wild.example", OURS },
	{ "A.b.Wild.example", OURS },
	{ "xn--bcher-kva.example", OURS },
	{ "b\xc3\xbc" "cher.example", OURS },
	{ "B\xc3\x9c" "CHER.example", OURS },
	{ "ext.example", GRANTED },
	{ "EXT.example.", GRANTED },
	{ "wild.example", FOREIGN },
	{ "xwild.example", FOREIGN },
	{ "sub.ours.example", FOREIGN },
	{ "xours.example", FOREIGN },
	{ "evil-ours.example", FOREIGN },
	{ "ours.example.ext2.example", FOREIGN },
	{ "ours.exampl", FOREIGN },
	{ "gw.ours.example", FOREIGN },
	{ "localhost", FOREIGN },
	{ "bucher.example", FOREIGN },
	{ "\xd0\xbeurs.example", FOREIGN },	/* a Cyrillic o */
	{ "[203.0.113.9]", FOREIGN },
	{ "[192.0.2.25]", FOREIGN },		/* our own address, but not for postmaster */
	{ "[IPv6:2001:db8::9]", FOREIGN },
	{ "203.0.113.9", NOWHERE },
	{ "#3405803785", NOWHERE },
	{ "[ours.example]", NOWHERE },
	{ "ours..example", NOWHERE },
	{ ".ours.example", NOWHERE },
	{ "ours.example..", NOWHERE },
	{ "ours%00.example", NOWHERE },
	{ "-ours.example", NOWHERE },
};

static const struct {
	const char *ip;
	bool device;
} clients[] = {
	{ "203.0.113.5", false }, { "::ffff:10.1.2.3", false }, { "127.0.0.1", false }, { "192.0.2.41", false },
	{ "::ffff:192.0.2.40", true }, { "2001:db8:40::7", true },
};

static const struct {
	enum mta mta;
	struct credentials credentials;
	bool good;
} proofs[] = {
	{ MTA_POSTFIX, { "", "", "", "", "", "" }, false },
	{ MTA_POSTFIX, { "alice", "PLAIN", "", "", "", "TLSv1.3" }, true },
	{ MTA_SENDMAIL, { "alice", "", "", "", "", "" }, true },
	{ MTA_POSTFIX, { "", "TLS", "", "", "", "" }, false },			/* milter_macro_defaults = auth_type=TLS */
	{ MTA_POSTFIX, { "anonymous", "ANONYMOUS", "", "", "", "" }, false },
	{ MTA_POSTFIX, { "", "", "backup-mx", "Our CA", "", "TLSv1.3" }, true },
	{ MTA_POSTFIX, { "", "", "backup-mx", "Some CA", "", "TLSv1.3" }, false },
	{ MTA_POSTFIX, { "", "", "other", "Our CA", "", "TLSv1.3" }, false },
	{ MTA_SENDMAIL, { "", "", "backup-mx", "Our CA", "OK", "TLSv1.3" }, true },
	{ MTA_SENDMAIL, { "", "", "backup-mx", "Our CA", "FAIL", "TLSv1.3" }, false },
	{ MTA_SENDMAIL, { "", "", "backup-mx", "Our CA", "", "TLSv1.3" }, false },	/* {verify} was not handed over */
	{ MTA_UNKNOWN, { "", "", "backup-mx", "Our CA", "", "" }, false },
};

static const struct {
	const char *path;
	bool granted;
} senders[] = {
	{ "<scanner@ours.example>", true }, { "<a@ours.example>", false }, { "<>", false },
};

/* {rcpt_addr}: nothing, an address of ours, one of somebody else, one that cannot be read. */
enum mta_says { SAYS_NOTHING, SAYS_OURS, SAYS_FOREIGN, SAYS_GRANTED, SAYS_ODD, MTA_WORDS };
static const char *const mta_words[MTA_WORDS] = { "", "u@ours.example", "u@evil.example", "u@ext.example", "evil.example!u" };

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

struct cell {
	size_t form, domain, client, proof, sender;
	enum mta_says says;
};

static bool wanted(const struct cell *cell)
{
	enum place place = domains[cell->domain].place;
	bool plain = forms[cell->form].shape == PLAIN;
	bool mta_inside = cell->says == SAYS_NOTHING || cell->says == SAYS_OURS;

	if (forms[cell->form].shape == MALFORMED || place == NOWHERE)
		return false;
	if (proofs[cell->proof].good)
		return true;
	if (plain && place == OURS && mta_inside)
		return true;
	return plain && place == GRANTED && clients[cell->client].device && senders[cell->sender].granted &&
	       (cell->says == SAYS_NOTHING || cell->says == SAYS_GRANTED);
}

static void write_path(char *path, size_t size, const char *format, const char *domain)
{
	const char *mark = strrchr(format, 'D');	/* the mark is the last D of the path */

	(void)snprintf(path, size, "%.*s%s%s", (int)(mark - format), format, domain, mark + 1);
}

/* What follows the path (ESMTP parameters) is kept out of the search for the mark. */
static void make_path(const struct cell *cell, char *path, size_t size)
{
	char head[128];
	const char *format = forms[cell->form].format, *space = strstr(format, "> ");
	size_t len = space == NULL ? strlen(format) : (size_t)(space - format);
	char written[256];

	memcpy(head, format, len);
	head[len] = '\0';
	write_path(written, sizeof(written), head, domains[cell->domain].text);
	(void)snprintf(path, size, "%s%s", written, space == NULL ? "" : space);
}

static struct verdict ask(struct engine *engine, const struct cell *cell, struct session **ret_session)
{
	struct session *session = engine_session_new(engine);
	struct message *message;
	char path[512];

	session->mta = proofs[cell->proof].mta;
	session->client_port = 40000;
	session->has_daemon_port = session->mta == MTA_POSTFIX;
	assert_int_equal(ip_parse("192.0.2.25", &session->daemon), 0);
	assert_int_equal(ip_parse(clients[cell->client].ip, &session->client), 0);
	(void)engine_phase(engine, session, PHASE_CONNECT, NULL);
	message = engine_message_new(engine, session);
	message->credentials = proofs[cell->proof].credentials;
	engine_set_mailfrom(message, senders[cell->sender].path);
	(void)engine_phase(engine, session, PHASE_MAILFROM, NULL);
	make_path(cell, path, sizeof(path));
	engine_add_recipient(message, path, &(struct mta_route){ "", "", mta_words[cell->says] });
	*ret_session = session;
	return engine_phase(engine, session, PHASE_RCPT, NULL);
}

struct totals {
	unsigned cells, accepted, relayed, refused_wrongly;
};

static void check(struct engine *engine, const struct cell *cell, struct totals *totals)
{
	struct session *session;
	struct verdict verdict = ask(engine, cell, &session);
	bool accepted = verdict.reply.code == 0, want = wanted(cell);
	char path[512];

	totals->cells++;
	totals->accepted += accepted;
	totals->relayed += accepted && !want;
	totals->refused_wrongly += !accepted && want;
	if (accepted != want) {
		make_path(cell, path, sizeof(path));
		print_message("# RCPT %s from %s as %s, proof %zu, MTA says \"%s\": %s %s\n", path, clients[cell->client].ip,
			      senders[cell->sender].path, cell->proof, mta_words[cell->says], accepted ? "accepted" : "refused:",
			      accepted ? "" : verdict.reply.text);
	}
	if (accepted)
		assert_true(session->message->recipients[0].ground != GROUND_NONE);
	engine_session_end(engine, session);
}

static void check_envelopes(struct engine *engine, size_t form, size_t domain, struct totals *totals)
{
	struct cell cell = { .form = form, .domain = domain };

	for (cell.client = 0; cell.client < LENGTH(clients); cell.client++)
		for (cell.proof = 0; cell.proof < LENGTH(proofs); cell.proof++)
			for (cell.sender = 0; cell.sender < LENGTH(senders); cell.sender++)
				for (unsigned says = 0; says < MTA_WORDS; says++) {
					cell.says = (enum mta_says)says;
					check(engine, &cell, totals);
				}
}

static void nothing_is_relayed_and_nothing_refused_wrongly_ID_01_ID_02(void **state)
{
	struct gate *gate = gate_open(configuration);
	struct totals totals = { 0 };

	(void)state;
	for (size_t form = 0; form < LENGTH(forms); form++)
		for (size_t domain = 0; domain < LENGTH(domains); domain++)
			check_envelopes(gate->engine, form, domain, &totals);
	print_message("# %u cells: %u accepted, %u relayed that must not be, %u refused that must not be\n", totals.cells, totals.accepted,
		      totals.relayed, totals.refused_wrongly);
	assert_true(totals.cells >= 5000);
	assert_int_equal(totals.relayed, 0);
	assert_int_equal(totals.refused_wrongly, 0);
	gate_close(gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_relayed_and_nothing_refused_wrongly_ID_01_ID_02),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
