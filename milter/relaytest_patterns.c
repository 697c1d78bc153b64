/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/relaytest_patterns.h"

#include <string.h>

#include "milter/base/str.h"

#define SENDER "<relaytest@$F>"
#define X8 "xxxxxxxx"
#define X64 X8 X8 X8 X8 X8 X8 X8 X8
#define D16 "x.x.x.x.x.x.x.x."
#define D64 D16 D16 D16 D16
#define D256 D64 D64 D64 D64

#define FROM(id, mailfrom) { id, RELAYTEST_FOREIGN, mailfrom, "<$U@$X>", NULL, NULL, RELAYTEST_NO_PRELUDE, NULL, false }
#define TO(id, rcpt) { id, RELAYTEST_FOREIGN, SENDER, rcpt, NULL, NULL, RELAYTEST_NO_PRELUDE, NULL, false }
#define TO_UTF8(id, rcpt) { id, RELAYTEST_FOREIGN, SENDER, rcpt, NULL, NULL, RELAYTEST_NO_PRELUDE, NULL, true }
#define BELOW(id, rcpt) { id, RELAYTEST_BELOW, SENDER, rcpt, NULL, NULL, RELAYTEST_NO_PRELUDE, NULL, false }
#define NOWHERE(id, rcpt) { id, RELAYTEST_NOWHERE, SENDER, rcpt, NULL, NULL, RELAYTEST_NO_PRELUDE, NULL, false }
#define AFTER(id, first) { id, RELAYTEST_FOREIGN, SENDER, "<$U@$X>", first, NULL, RELAYTEST_NO_PRELUDE, NULL, false }
#define HELO(id, helo) { id, RELAYTEST_FOREIGN, SENDER, "<$U@$X>", NULL, helo, RELAYTEST_NO_PRELUDE, NULL, false }
#define PRELUDE(id, prelude, words) { id, RELAYTEST_FOREIGN, SENDER, "<$U@$X>", NULL, NULL, prelude, words, false }

/* Of the catalogue these cannot be played from outside without sending a message: R22 to R24 and R37 (mail to ours, judged by where it
 * goes), R26 and R27 (limits), R33, R34 and R40 (need an address of the LAN or a grant), R35 and R36 (DATA), R39 (needs the DNS of a
 * stranger). R20 is the control. */
static const struct relaytest_pattern patterns[] = {
	{ "R20", RELAYTEST_CONTROL, SENDER, "<$M>", NULL, NULL, RELAYTEST_NO_PRELUDE, NULL, false },
	FROM("R01", "<>"),
	TO("R02", "<$U@$X>"),
	FROM("R03", "<relaytest@$O>"),
	FROM("R03", "<$M>"),
	FROM("R04", "<relaytest@$G>"),
	FROM("R05", "<relaytest@$L>"),
	FROM("R05", "<relaytest@[IPv6:2001:db8::25]>"),
	FROM("R06", "<relaytest@localhost>"),
	FROM("R06", "<relaytest@127.0.0.1>"),
	FROM("R07", "<relaytest>"),
	FROM("R07", "<postmaster>"),
	TO("R08", "<$U%$X@$O>"),
	TO("R08", "<$U%$X@$G>"),
	TO("R08", "<$U%$X@$L>"),
	TO("R09", "<$U%$X>"),
	TO("R09", "<\"$U%$X\">"),
	TO("R10", "<$U@$X@$O>"),
	TO("R10", "<$U@$X@$L>"),
	TO("R11", "<\"$U@$X\">"),
	TO("R11", "<\"$U@$X\"@$O>"),
	TO("R11", "<\"$U@$X\"@$L>"),
	TO("R12", "<@$O:$U@$X>"),
	TO("R12", "<@$L:$U@$X>"),
	TO("R12", "<@a.example,@b.example:$U@$X>"),
	TO("R13", "<$X!$U>"),
	TO("R13", "<$X!$U@$O>"),
	TO("R13", "<$X!$U@$L>"),
	TO("R13", "<a!$X!$U>"),
	TO("R14", "<$U%$X%$O@$G>"),
	TO("R14", "<$X!$U%x@$O>"),
	TO("R15", "<$U@[203.0.113.9]>"),
	TO("R15", "<$U@203.0.113.9>"),
	TO("R15", "<$U@[IPv6:2001:db8::9]>"),
	TO("R15", "<$U@#3405803785>"),
	TO("R15", "<$U@0xcb007109>"),
	TO("R16", "<$U@$X.>"),
	TO("R17", "<$U@$Y>"),
	BELOW("R18", "<relaytest@relaytest.$O>"),
	TO("R18", "<$U@$O.$X>"),
	TO("R18", "<$U@x$O>"),
	TO("R18", "<$U@$S>"),
	TO("R19", "<$U@xn--exmple-cua.$X>"),
	TO_UTF8("R19", "<$U@$O\xef\xbc\x8e$X>"),	/* a full stop of full width */
	{ "R19", RELAYTEST_NOWHERE, SENDER, "<$U\xef\xbc\xa0$X>", NULL, NULL, RELAYTEST_NO_PRELUDE, NULL, true },	/* an @ of full width */
	TO("R21", "<postmaster@$X>"),
	AFTER("R25", "<$M>"),
	TO("R28", "$U@$X"),
	TO("R28", "   <$U@$X>   "),
	TO("R28", "<$U@$X> ORCPT=rfc822;$M NOTIFY=NEVER"),
	FROM("R29", "<relaytest@$O> AUTH=$M"),
	HELO("R30", "localhost"),
	HELO("R30", "$G"),
	HELO("R30", "$L"),
	HELO("R30", "$O"),
	PRELUDE("R31", RELAYTEST_AUTH, "PLAIN AHJlbGF5dGVzdAByZWxheXRlc3Q="),	/* relaytest, relaytest */
	PRELUDE("R31", RELAYTEST_AUTH, "PLAIN"),
	PRELUDE("R31", RELAYTEST_AUTH, "ANONYMOUS cmVsYXl0ZXN0"),
	PRELUDE("R31", RELAYTEST_AUTH, "EXTERNAL ="),
	{ "R32", RELAYTEST_FOREIGN, "<$M>", "<$U@$X>", NULL, NULL, RELAYTEST_XCLIENT, "LOGIN=$M", false },
	PRELUDE("R32", RELAYTEST_XCLIENT, "ADDR=127.0.0.1 NAME=localhost"),
	PRELUDE("R32", RELAYTEST_XFORWARD, "ADDR=127.0.0.1 NAME=localhost"),
	PRELUDE("R32", RELAYTEST_PROXY, "TCP4 127.0.0.1 127.0.0.1 40000 25"),
	NOWHERE("R38", "<>"),
	NOWHERE("R38", "<@>"),
	NOWHERE("R38", "<relaytest@>"),
	NOWHERE("R38", "<@$O>"),
	NOWHERE("R38", "<" X64 "x@$O>"),
	NOWHERE("R38", "<relaytest@" D256 "$O>"),
	NOWHERE("R38", "<relaytest\x01@$O>"),
	NOWHERE("R38", "<relaytest\xff@$O>"),
};

const struct relaytest_pattern *relaytest_patterns(size_t *ret_len)
{
	*ret_len = sizeof(patterns) / sizeof(patterns[0]);
	return patterns;
}

static const char *name_of(const struct relaytest_names *names, char letter)
{
	switch (letter) {
	case 'O': return names->ours;
	case 'S': return names->ours_short;
	case 'G': return names->gateway;
	case 'L': return names->literal;
	case 'X': return names->foreign;
	case 'Y': return names->foreign_upper;
	case 'U': return names->user;
	case 'M': return names->mailbox;
	case 'F': return names->sender_domain;
	default: return "";
	}
}

const char *relaytest_expand(struct arena *arena, const struct relaytest_names *names, const char *template)
{
	const char *dollar = strchr(template, '$'), *text = "";

	for (; dollar != NULL && dollar[1] != '\0'; dollar = strchr(template, '$')) {
		text = arena_printf(arena, "%s%.*s%s", text, (int)(dollar - template), template, name_of(names, dollar[1]));
		template = dollar + 2;
	}
	return arena_printf(arena, "%s%s", text, template);
}
