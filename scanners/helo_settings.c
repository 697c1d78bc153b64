/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/helo_settings.h"

#include "milter/lookup/networks.h"

#define ON_ROW(field, action) \
	#field, OPTION_CUSTOM, offsetof(struct helo_settings, field), .fallback = (action), .parse = rule_parse

static const struct option helo_options[] = {
	{ "enabled", OPTION_BOOL, offsetof(struct helo_settings, enabled), .fallback = "yes",
	  .summary = "judge what strangers say at HELO or EHLO" },
	{ "trusted", OPTION_LIST, offsetof(struct helo_settings, trusted), .parse = networks_check,
	  .summary = "hosts and networks whose HELO is not judged",
	  .text = "Hosts of our own that call themselves as they like: an internal server, devices, a second gateway of the same "
		  "name. Programs on this host are never judged.",
	  .example = "{ \"192.0.2.0/28\" }" },
	{ ON_ROW(on_missing, "accept"),
	  .summary = "a client that says neither HELO nor EHLO",
	  .text = "Scripts that somebody wrote in an afternoon, and some spam. Postfix refuses it by itself with "
		  "smtpd_helo_required = yes." },
	{ ON_ROW(on_malformed, "3"),
	  .summary = "what is said is neither a host name nor an address",
	  .text = "Spaces, control characters, a single dot, a literal that holds no address, a name over 253 octets. Mostly "
		  "malware; sometimes a scanner or printer that says its label. Names with an underscore are let pass, as "
		  "Postfix does." },
	{ ON_ROW(on_unqualified, "1"),
	  .summary = "a name without a dot, or the client's own address without brackets",
	  .text = "\"localhost\", \"WIN-7QK2\": home computers with malware, and quite a few small servers and web shops that "
		  "were never given their name." },
	{ ON_ROW(on_literal, "2"),
	  .summary = "an address that is not the client's",
	  .text = "Forged, or a server behind a router that says its inner address." },
	{ ON_ROW(on_own, "reject"),
	  .summary = "our own name or address, said by somebody else",
	  .text = "authserv_id, the MTA's name ($myhostname), an entry of domains (that name itself, not those below it), or "
		  "the address that the client has connected to. No honest stranger says that. A client that has one of the "
		  "name's own A or AAAA records is no stranger; a second gateway with the same name and another address belongs "
		  "into trusted." },
	{ ON_ROW(on_unresolvable, "1"),
	  .summary = "a name that has no A, AAAA or MX record",
	  .text = "Common in spam, and among honest small senders (\"server.local\", a name that was never entered): a refusal "
		  "here loses mail." },
	{ ON_ROW(on_temperror, "accept"),
	  .summary = "the DNS did not answer about the name",
	  .text = "Nothing is known then, so it counts as none of the others. defer makes the sender wait until its name "
		  "servers, or ours, answer again." },
	OPTION_END
};

const struct option_section helo_section = {
	.name = "helo",
	.options = helo_options,
	.settings_size = sizeof(struct helo_settings),
	.summary = "what a client calls itself",
	.text = "Only mail from strangers is judged (direction inbound), by the last HELO or EHLO before it. The outcomes are "
		"missing, malformed, unqualified, literal, own, unresolvable and temperror. Where the action is reject or defer, "
		"RCPT waits for a late answer of the DNS as long as resolver.rcpt_wait says; what is not there then is told at the "
		"end of the message.",
};
