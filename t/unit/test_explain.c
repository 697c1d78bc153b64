/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sentences of decisions, of each scanner and each phase. */
#include "milter/explain.h"

#include <errno.h>
#include <stdlib.h>

#include "milter/entry_copy.h"
#include "t/unit/rows.h"

enum { SENTENCES = 8, ENTRIES = 4 };

#define CONF "/etc/octroi/milter.conf"
#define STRANGER .client = "203.0.113.9", .client_name = "mx.ext.example", .helo = "mail.ext.example", .mta_host = "gw.ours.example"
#define UNNAMED .client = "203.0.113.9", .helo = "mail.ext.example"
#define INBOUND .direction = "inbound", .mailfrom = "a@ext.example"
#define MESSAGE .kind = JOURNAL_MESSAGE, .id = "7K3F-QX2M", .size_bytes = 4211, .queue_id = "4XkT2z1ABCz"
#define TO_U .recipients = &(const struct journal_recipient){ "u@ours.example", "domain", "", "", true }, .recipients_len = 1
#define REFUSED(address_, reply_) \
	.recipients = &(const struct journal_recipient){ (address_), "", "", (reply_), false }, .recipients_len = 1, .reply = (reply_)
#define FOUND(...) .findings = (const struct journal_finding[]){ __VA_ARGS__ }, \
	.findings_len = sizeof((const struct journal_finding[]){ __VA_ARGS__ }) / sizeof(struct journal_finding)
#define DECIDED(s, o, a, t, l) \
	{ .scanner = (s), .outcome = (o), .action = (a), .text = (t), .rule_file = CONF, .rule_line = (l), .decided = true }
#define DEFAULT(s, o, a, t) { .scanner = (s), .outcome = (o), .action = (a), .text = (t), .decided = true }
#define SEEN(s, o, a, t) { .scanner = (s), .outcome = (o), .action = (a), .text = (t) }
#define BY(name, line) .decided_by = (name), .rule_file = (line) == 0 ? "" : CONF, .rule_line = (line)

static const struct story {
	const char *name;
	struct journal_entry entries[ENTRIES];	/* kind 0 ends them */
	const char *wanted[SENTENCES];
	const char *unwanted;
} stories[] = {
	{ "let_in", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "accept", .header_from = "a@ext.example", .tls = "TLSv1.3", .elapsed_ms = 212,
	      .message_id = "1@ext.example", .results = "gw.ours.example; spf=pass smtp.mailfrom=ext.example; dkim=none",
	      .dmarc = "result=pass", FOUND(SEEN("spf", "pass", "accept", "SPF pass: ok")) } },
	  { "7K3F-QX2M: a message from outside (inbound), let in.\n", "  The client was 203.0.113.9, by its name in the DNS mx.ext.example.\n",
	    "  It called itself \"mail.ext.example\" (HELO).\n", "  The connection was encrypted (TLSv1.3).\n",
	    "  spf=pass smtp.mailfrom=ext.example\n  dkim=none\n  DMARC: result=pass\n", "  Nothing that was found is a reason to stop it.\n",
	    "  The sender was told that it was taken (250).\n", "  <u@ours.example> was let in (ground domain): its domain is ours.\n" }, "Would change it" },
	{ "refused_at_connect", { { .kind = JOURNAL_SESSION, .id = "7K3F-QX2M", UNNAMED, .verdict = "reject", BY("session:denied", 12),
	      .reply = "554 5.7.1 sessions from 203.0.113.9 are not accepted here [7K3F-QX2M]",
	      FOUND(DECIDED("session", "denied", "reject", "sessions from 203.0.113.9 are not accepted here", 12)) } },
	  { "7K3F-QX2M: a session, which ended before anything was sent, refused (reject).\n",
	    "  The client was 203.0.113.9, which has no name in the DNS that leads back to it.\n",
	    "  session:denied: sessions from 203.0.113.9 are not accepted here   <-- this decided\n"
	    "      reject, by line 12 of " CONF ": line 12 of conf\n",
	    "  session:denied did: reject, by line 12 of " CONF ": line 12 of conf.\n", "  The sender was told: 554 5.7.1 sessions from",
	    "Would change it: taking the address out of session.deny, or into session.allow where only those may come.\n" }, "logged in" },
	{ "refused_at_helo", { { .kind = JOURNAL_SESSION, .id = "7K3F-QX2M", UNNAMED, .verdict = "reject", BY("helo:own", 0),
	      .reply = "550 5.7.1 HELO \"gw.ours.example\" is a name of ours [7K3F-QX2M]",
	      FOUND(DEFAULT("helo", "own", "reject", "HELO \"gw.ours.example\" is a name of ours")) } },
	  { "  helo:own did: reject, by default.\n", "      reject, by default\n", "Would change it: a client that does not use our name" }, NULL },
	{ "no_helo_at_all", { { .kind = JOURNAL_SESSION, .id = "7K3F-QX2M", .client = "203.0.113.9", .verdict = "reject", BY("helo:missing", 0) } },
	  { "  It had said neither HELO nor EHLO.\n", "Would change it: a client that says HELO or EHLO" }, NULL },
	{ "a_malformed_sender_at_mail", { { .kind = JOURNAL_TRANSACTION, .id = "7K3F-QX2M", STRANGER, .direction = "inbound", .verdict = "reject",
	      BY("limits:malformed_sender", 0), .reply = "501 5.1.7 sender address: two @ [7K3F-QX2M]",
	      FOUND(DEFAULT("limits", "malformed_sender", "reject", "sender address: two @")) } },
	  { "7K3F-QX2M: an attempt to send, which ended before there was a message, refused (reject).\n",
	    "Would change it: a correct address after MAIL FROM" }, "queue id" },
	{ "relaying_denied_at_rcpt", { { .kind = JOURNAL_RECIPIENT, .id = "7K3F-QX2M", STRANGER, INBOUND, .verdict = "reject", BY("relay:denied", 0),
	      REFUSED("v@other.example", "550 5.7.1 relaying denied: log in to send to other domains [7K3F-QX2M]"),
	      FOUND(DEFAULT("relay", "denied", "reject", "relaying denied: log in to send to other domains")) } },
	  { "7K3F-QX2M: a recipient of a message, refused (reject).\n", "  <v@other.example> was refused by relay:denied, by default.\n",
	    "      It was told: 550 5.7.1 relaying denied: log in to send to other domains [7K3F-QX2M]\n",
	    "      Because: relaying denied: log in to send to other domains\n",
	    "Would change it: logging in (SMTP AUTH), a grant (relay.grant) for a device that cannot" }, NULL },
	{ "one_recipient_refused_of_two", {
	    { .kind = JOURNAL_RECIPIENT, .id = "7K3F-QX2M", STRANGER, INBOUND, .verdict = "reject", BY("relay:denied", 0),
	      REFUSED("v@other.example", "550 5.7.1 relaying denied [7K3F-QX2M]") },
	    { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "accept", .refused = 1 } },
	  { "7K3F-QX2M: a message from outside (inbound), let in.\n", "  Of its recipients 1 was let in and 1 was refused.\n",
	    "  <v@other.example> was refused by relay:denied, by default.\n", "  <u@ours.example> was let in", "Would change it: logging in" }, NULL },
	{ "all_recipients_refused", {
	    { .kind = JOURNAL_RECIPIENT, .id = "7K3F-QX2M", STRANGER, INBOUND, .verdict = "reject", BY("relay:grant_scope", 0),
	      REFUSED("v@other.example", "550 5.7.1 relaying denied: grant \"printer\" does not cover it [7K3F-QX2M]") },
	    { .kind = JOURNAL_TRANSACTION, .id = "7K3F-QX2M", STRANGER, INBOUND, .verdict = "reject", BY("relay:grant_scope", 0), .refused = 1 } },
	  { "an attempt to send", "  Of its recipients 0 were let in and 1 was refused.\n", "<v@other.example> was refused by relay:grant_scope",
	    "Would change it: what the grant allows" }, NULL },
	{ "a_route_in_the_address", { { .kind = JOURNAL_RECIPIENT, .id = "7K3F-QX2M", STRANGER, INBOUND, .verdict = "reject", BY("relay:rerouted", 0),
	      REFUSED("u%ext.example@ours.example", "550 5.7.1 relaying denied [7K3F-QX2M]") } },
	  { "<u%ext.example@ours.example> was refused by relay:rerouted", "Would change it: the plain address of the recipient" }, NULL },
	{ "over_the_rate_of_a_grant", { { .kind = JOURNAL_RECIPIENT, .id = "7K3F-QX2M", STRANGER, .direction = "granted", .mailfrom = "p@ours.example",
	      .verdict = "defer", BY("relay:grant_rate", 0), REFUSED("v@other.example", "450 4.7.1 grant \"printer\" allows 50 [7K3F-QX2M]") } },
	  { "deferred: the sender was told to try again later", "Would change it: time, or a higher rate in the grant.\n" }, NULL },
	{ "an_address_that_is_listed", { { .kind = JOURNAL_RECIPIENT, .id = "7K3F-QX2M", STRANGER, INBOUND, .verdict = "reject", BY("dnsbl:listed", 20),
	      REFUSED("u@ours.example", "554 5.7.1 203.0.113.9 is listed by zen.example [7K3F-QX2M]"),
	      FOUND(DECIDED("dnsbl", "listed", "reject", "203.0.113.9 is listed by zen.example", 20)) } },
	  { "dnsbl:listed, by line 20 of " CONF ": line 20 of conf.\n", "Would change it: removal from the list" }, NULL },
	{ "spf_fail", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "reject", BY("spf:fail", 31), .reply = "550 5.7.23 SPF fail: no [7K3F-QX2M]",
	      FOUND(DECIDED("spf", "fail", "reject", "SPF fail: 203.0.113.9 is not permitted", 31)) } },
	  { "refused (reject).\n", "  spf:fail did: reject, by line 31 of " CONF ": line 31 of conf.\n", "  The sender was told: 550 5.7.23 SPF fail: no [7K3F-QX2M]\n",
	    "Would change it: the owner of the domain of the sender adds the client to its SPF record" }, NULL },
	{ "spf_could_not_tell", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "defer", BY("spf:temperror", 0), .reply = "451 4.3.0 x [7K3F-QX2M]" } },
	  { "deferred: the sender was told to try again later", "Would change it: a later try, which the sender makes by itself; if it lasts, see whether the DNS" },
	  NULL },
	{ "dkim_fail_by_weight", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "tag", BY("score", 50), .score = 6.5,
	      FOUND({ .scanner = "dkim", .outcome = "fail", .action = "weight", .weight = 2.5, .text = "DKIM fail: x", .rule_file = CONF, .rule_line = 40 },
		    { .scanner = "spf", .outcome = "softfail", .action = "weight", .weight = 4, .text = "SPF softfail: x" }) } },
	  { "let in with a mark (tag)", "      +2.5 points, by line 40 of " CONF ": line 40 of conf\n",
	    "  The points of all checks together: 6.5 (dkim:fail +2.5, spf:softfail +4.0). So many mean tag, by line 50 of " CONF,
	    "Would change it: fewer points: what gave them stands above; or another threshold in section score.\n" }, NULL },
	{ "points_that_are_not_enough", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "accept", .score = 2,
	      FOUND({ .scanner = "spf", .outcome = "softfail", .action = "weight", .weight = 2, .text = "SPF softfail: x" }) } },
	  { "  Nothing that was found is a reason to stop it, and 2.0 points are not enough for that.\n" }, "Would change it" },
	{ "dmarc_reject", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "reject", BY("dmarc:fail_reject", 0), .dmarc = "result=fail disposition=reject",
	      .reply = "550 5.7.1 DMARC: x [7K3F-QX2M]" } },
	  { "  DMARC: result=fail disposition=reject\n", "Would change it: SPF or DKIM that passes for the author's domain" }, NULL },
	{ "a_virus", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "reject", BY("antivirus:infected", 45),
	      .reply = "550 5.7.1 virus found: Test-Signature [7K3F-QX2M]",
	      .attachments = &(const struct journal_attachment){ "a.exe", "exe", "ab12", 68 }, .attachments_len = 1,
	      FOUND(DECIDED("antivirus", "infected", "reject", "virus found: Test-Signature", 45)) } },
	  { "  Attachment \"a.exe\": exe, 68 bytes, sha256:ab12.\n", "  antivirus:infected: virus found: Test-Signature   <-- this decided\n",
	    "  <u@ours.example> would have been let in (ground domain): its domain is ours.\n", "Would change it: a message without the virus" }, NULL },
	{ "held_because_nobody_could_look_into_it", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "quarantine", BY("antivirus:unscannable", 0) },
	      { .kind = JOURNAL_EVENT, .id = "7K3F-QX2M", .event = "quarantined", .subject_of = "quarantine:7K3F-QX2M", .operator = "octroi", .note = "in our own spool" },
	      { .kind = JOURNAL_EVENT, .id = "7K3F-QX2M", .event = "released", .subject_of = "quarantine:7K3F-QX2M", .operator = "alice", .note = "to u@ours.example" } },
	  { "held in quarantine.\n", "  The sender was told that it was taken (250), and nothing else.\n", "What happened to it\n",
	    ": quarantined by octroi: in our own spool\n", ": released by alice: to u@ours.example\n",
	    "Would change it: a message that can be scanned to its end" }, NULL },
	{ "the_scan_failed", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "defer", BY("antivirus:error", 0), .reply = "451 4.7.1 x [7K3F-QX2M]" } },
	  { "Would change it: a later try, which the sender makes by itself; if it lasts, see octroi status" }, NULL },
	{ "a_file_that_is_denied", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "reject", BY("attachment:denied", 60), .reply = "550 5.7.1 x [7K3F-QX2M]" } },
	  { "  attachment:denied did: reject, by line 60 of ", "Would change it: the file sent in another way, the type in attachment.allow_types" }, NULL },
	{ "read_in_two_ways", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "quarantine", BY("content:ambiguous", 0) } },
	  { "held in quarantine", "Would change it: a message that every program reads alike" }, NULL },
	{ "a_bomb", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "quarantine", BY("content:bomb", 0) } },
	  { "Would change it: a message without the archive that grows so much" }, NULL },
	{ "two_authors", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "reject", BY("headers:from_multiple", 0), .reply = "550 5.7.1 x [7K3F-QX2M]" } },
	  { "  Its author could not be told from the From field.\n", "Would change it: one From field instead of several" }, NULL },
	{ "a_foreign_sender_of_a_login", { { .kind = JOURNAL_RECIPIENT, .id = "7K3F-QX2M", .client = "192.0.2.20", .helo = "pc", .login = "bob", .tls = "TLSv1.2",
	      .direction = "submission", .mailfrom = "ceo@ours.example", .verdict = "reject", BY("account:foreign_sender", 0),
	      REFUSED("v@other.example", "553 5.7.1 login bob may not send as <ceo@ours.example> [7K3F-QX2M]") } },
	  { "  It had logged in as bob.\n", "Would change it: a sender address that account.senders allows this login" }, NULL },
	{ "a_submission", { { MESSAGE, .client = "192.0.2.20", .helo = "pc", .login = "bob", .direction = "submission", .mailfrom = "bob@ours.example",
	      .verdict = "accept", .recipients = &(const struct journal_recipient){ "v@other.example", "auth", "bob", "", true }, .recipients_len = 1,
	      .subject = "hello", FOUND(SEEN("sign", "signed", "accept", "signed for ours.example (s1)")) } },
	  { "a message of somebody who may send (submission), let in.\n", "  The connection was not encrypted.\n", "  Its subject was \"hello\".\n",
	    "  <v@other.example> was let in (ground auth): the client had logged in as bob.\n" }, NULL },
	{ "a_device_with_a_grant", { { MESSAGE, .client = "192.0.2.40", .helo = "printer", .direction = "granted", .mailfrom = "scanner@ours.example",
	      .verdict = "accept", .recipients = &(const struct journal_recipient){ "v@ours.example", "grant", "printer-2nd-floor", "", true },
	      .recipients_len = 1 } },
	  { "a message of a device with a grant, let in.\n", "(ground grant): the grant \"printer-2nd-floor\" allows it.\n", "  It had not logged in.\n" }, NULL },
	{ "a_client_certificate", { { MESSAGE, .client = "192.0.2.41", .helo = "app", .direction = "submission", .mailfrom = "app@ours.example",
	      .certificate = "CN=app", .tls = "TLSv1.3", .verdict = "accept",
	      .recipients = &(const struct journal_recipient){ "v@other.example", "cert", "CN=app", "", true }, .recipients_len = 1 } },
	  { "  It showed a client certificate of \"CN=app\".\n", "(ground cert): the client had shown the certificate of CN=app.\n" }, NULL },
	{ "local_mail", { { MESSAGE, .direction = "local", .mailfrom = "root@ours.example", .verdict = "accept",
	      .recipients = &(const struct journal_recipient){ "v@other.example", "local", "", "", true }, .recipients_len = 1 } },
	  { "a message of the MTA itself (local), let in.\n", "  It came from no network address", "(ground local): it is mail of the MTA itself.\n" }, "HELO" },
	{ "a_bounce", { { MESSAGE, STRANGER, .direction = "inbound", TO_U, .verdict = "accept", .tied_login = "bob" } },
	  { "the null sender <>", "  It was a report about a message that login bob had sent.\n" }, NULL },
	{ "only_observed", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "accept", .observed = "reject (spf:fail)",
	      FOUND({ .scanner = "spf", .outcome = "fail", .action = "reject", .text = "SPF fail: x", .observed = true, .rule_file = CONF, .rule_line = 31 }) } },
	  { "      would be reject, but is only observed, by line 31 of ", "  Only observed: had milter.conf not said observe, it would have been reject (spf:fail).\n",
	    "Would change it: the owner of the domain of the sender" }, NULL },
	{ "a_listed_link", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "reject", BY("links:listed", 70), .reply = "550 5.7.1 x [7K3F-QX2M]" } },
	  { "Would change it: removal of the host from the list" }, NULL },
	{ "too_large", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "reject", BY("limits:oversize", 0), .reply = "552 5.3.4 x [7K3F-QX2M]" } },
	  { "Would change it: a smaller message, or a larger limits.message_size" }, NULL },
	{ "no_reverse_name", { { .kind = JOURNAL_RECIPIENT, .id = "7K3F-QX2M", UNNAMED, INBOUND, .verdict = "reject", BY("iprev:missing", 9),
	      REFUSED("u@ours.example", "550 5.7.25 x [7K3F-QX2M]") } },
	  { "Would change it: a PTR record for the address" }, NULL },
	{ "not_signed", { { MESSAGE, .client = "192.0.2.20", .login = "bob", .direction = "submission", .mailfrom = "bob@ours.example", TO_U, .verdict = "defer",
	      BY("sign:error", 0), .reply = "451 4.3.0 x [7K3F-QX2M]" } },
	  { "Would change it: a later try, which the sender makes by itself; if it lasts, see the log for what is wrong with the key.\n" }, NULL },
	{ "over_a_rate", { { .kind = JOURNAL_RECIPIENT, .id = "7K3F-QX2M", .client = "192.0.2.20", .login = "bob", .direction = "submission",
	      .mailfrom = "bob@ours.example", .verdict = "defer", BY("rate:exceeded", 80), REFUSED("v@other.example", "450 4.7.1 until 14:20 UTC [7K3F-QX2M]") } },
	  { "It was told: 450 4.7.1 until 14:20 UTC [7K3F-QX2M]\n", "Would change it: time: the text says until when" }, NULL },
	{ "greylisted", { { .kind = JOURNAL_RECIPIENT, .id = "7K3F-QX2M", STRANGER, INBOUND, .verdict = "defer", BY("greylist:greylisted", 0),
	      REFUSED("u@ours.example", "450 4.7.1 x [7K3F-QX2M]") } },
	  { "Would change it: a later try, which the sender makes by itself, once the time in the text is over" }, NULL },
	{ "a_login_that_is_held", { { .kind = JOURNAL_TRANSACTION, .id = "7K3F-QX2M", .client = "192.0.2.20", .login = "bob", .direction = "submission",
	      .mailfrom = "bob@ours.example", .verdict = "defer", BY("held:held", 0), .reply = "450 4.7.1 held until 16:20 UTC [7K3F-QX2M]" } },
	  { "Would change it: octroi free SUBJECT, once it is known why (octroi who SUBJECT).\n" }, NULL },
	{ "no_ground_left", { { MESSAGE, STRANGER, INBOUND, .verdict = "defer", BY("policy:no_ground", 0), .reply = "451 4.7.1 x [7K3F-QX2M]" } },
	  { "  No recipient was left for which there was a ground, and nothing leaves without one.\n" }, NULL },
	{ "it_could_not_be_carried_out", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "defer", .failure = "the MTA did not take a header field" } },
	  { "  But this could not be carried out: the MTA did not take a header field.", "So the MTA was asked to let the sender try again.\n" },
	  "The sender was told" },
	{ "nothing_but_an_event_is_left", { { .kind = JOURNAL_EVENT, .id = "7K3F-QX2M", .event = "deleted", .operator = "alice", .note = "" } },
	  { "7K3F-QX2M: nothing is kept of it but what was done with it.\n", ": deleted by alice\n" }, "What came" },
	{ "hostile_text_LOG_01", { { MESSAGE, .client = "203.0.113.9", .helo = "\x1b]0;x\x07", INBOUND, TO_U, .verdict = "accept",
	      .subject = "a\xe2\x80\xae" "b\n  <x> was let in" } },
	  { "  It called itself \"\\x1b]0;x\\x07\" (HELO).\n", "  Its subject was \"a\\u202eb\\x0a  <x> was let in\".\n" }, "\x1b" },
	{ "a_reply_of_two_lines", { { MESSAGE, STRANGER, INBOUND, TO_U, .verdict = "reject", BY("spf:fail", 0), .reply = "550 5.7.1 one\ntwo [7K3F-QX2M]" } },
	  { "  The sender was told: 550 5.7.1 one two [7K3F-QX2M]\n" }, NULL },
};

static const char *line_of_conf(void *arg, const char *configuration, const char *file, unsigned line)
{
	(void)configuration, (void)file;
	return arena_printf(arg, "\t    line %u of conf", line);
}

static void check_story(void **state)
{
	const struct story *row = *state;
	struct arena *arena = arena_new();
	const struct show show = { .arena = arena, .columns = 1000 };
	struct journal_entry entries[ENTRIES];
	struct explain_story story = { .entries = entries, .line = line_of_conf, .line_arg = arena };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (; story.len < ENTRIES && row->entries[story.len].kind != 0; story.len++)
		entries[story.len] = entry_copy(arena, &row->entries[story.len]);
	explain_print(out, &show, &story);
	(void)fclose(out);
	for (size_t i = 0; i < SENTENCES && row->wanted[i] != NULL; i++)
		if (strstr(text, row->wanted[i]) == NULL)
			fail_msg("\"%s\" is not in:\n%s", row->wanted[i], text);
	if (row->unwanted != NULL && strstr(text, row->unwanted) != NULL)
		fail_msg("\"%s\" is in:\n%s", row->unwanted, text);
	free(text);
	arena_free(arena);
}

static const struct typed {
	const char *name, *text, *id;	/* NULL: none of ours */
} typed_table[] = {
	{ "id", "7K3F-QX2M", "7K3F-QX2M" },
	{ "id_in_brackets", "[7K3F-QX2M]", "7K3F-QX2M" },
	{ "id_in_lower_case", "7k3f-qx2m", "7K3F-QX2M" },
	{ "id_without_the_hyphen", "7k3fqx2m", "7K3F-QX2M" },
	{ "id_with_letters_for_digits", "oil0-OIL1", "0110-0111" },
	{ "id_with_spaces", " 7K3F-QX2M\n", "7K3F-QX2M" },
	{ "id_too_short", "7K3F-QX2", NULL },
	{ "id_too_long", "7K3F-QX2MM", NULL },
	{ "id_far_too_long", "7K3F-QX2M7K3F-QX2M7K3F-QX2M7K3F-QX2M", NULL },
	{ "id_with_a_letter_that_is_none", "7K3F-QX2U", NULL },
	{ "id_with_the_hyphen_elsewhere", "7K3-FQX2M", NULL },
	{ "id_with_two_hyphens", "7K3F--QX2M", "7K3F-QX2M" },
	{ "id_open_bracket_alone", "[7K3F-QX2M", NULL },
	{ "id_nothing", "", NULL },
	{ "id_brackets_alone", "[]", NULL },
	{ "a_queue_id", "4XkT2z1ABCz", NULL },
};

static void check_typed(void **state)
{
	const struct typed *row = *state;
	char id[EXPLAIN_ID_SIZE] = "";
	int r = explain_id(row->text, id);

	assert_int_equal(r, row->id == NULL ? -EINVAL : 0);
	if (row->id != NULL)
		assert_string_equal(id, row->id);
}

/* A long list of recipients does not fill screens, and says so. */
static void very_many_recipients(void **state)
{
	enum { MANY = 1000 };
	static struct journal_recipient recipients[MANY];
	struct arena *arena = arena_new();
	const struct show show = { .arena = arena, .columns = 100 };
	struct journal_entry entry = { MESSAGE, STRANGER, INBOUND, .verdict = "accept", .recipients = recipients, .recipients_len = MANY };
	struct explain_story story = { .entries = &entry, .len = 1 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		recipients[i] = (struct journal_recipient){ "u@ours.example", "domain", "", "", true };
	entry = entry_copy(arena, &entry);
	explain_print(out, &show, &story);
	(void)fclose(out);
	assert_non_null(strstr(text, "And 950 more (--json has all).\n"));
	free(text);
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, stories, check_story);
	rows_add(&rows, typed_table, check_typed);
	rows_add_one(&rows, "very_many_recipients", very_many_recipients, NULL);
	return rows_run(&rows, "explain");
}
