/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dmarc_settings.h"

#include "milter/lookup/dmarc_walk.h"
#include "milter/lookup/names.h"
#include "milter/lookup/networks.h"

static const struct option_word methods[] = { { "treewalk", DMARC_TREEWALK }, { "psl", DMARC_PSL }, { NULL, 0 } };

#define RULE(name_, outcome, fallback_, ...) \
	{ name_, OPTION_CUSTOM, offsetof(struct dmarc_settings, rules[outcome]), .fallback = (fallback_), .parse = rule_parse, __VA_ARGS__ }

static const struct option dmarc_options[] = {
	{ "enabled", OPTION_BOOL, offsetof(struct dmarc_settings, enabled), .fallback = "yes",
	  .summary = "find out whether mail is from the domain that its From field names (RFC 9989)",
	  .text = "Inbound mail only. It rests on what SPF and DKIM find: with one of them off, honest mail fails that has nothing "
		  "else to show." },
	{ "method", OPTION_WORD, offsetof(struct dmarc_settings, method), .fallback = "treewalk", .words = methods,
	  .summary = "how it is found out which names belong to one organization",
	  .text = "treewalk asks the DNS at each name upwards, as RFC 9989 says; psl looks into the Public Suffix List, as RFC 7489 "
		  "did: fewer questions, but it knows no organization that the list does not know." },
	{ "suffix_list", OPTION_STRING, offsetof(struct dmarc_settings, suffix_list), .fallback = "",
	  .summary = "file with the Public Suffix List; \"\": that of the system",
	  .text = "As publicsuffix.org publishes it, or compiled (DAFSA). The system's is that of Debian's package publicsuffix, else the "
		  "one in libpsl. With method = treewalk it is a bound: below a name of the list each name is an organization of its "
		  "own unless the DNS says otherwise (psd=n). A file that is missing or cut short is an error at the start.",
	  .example = "/var/lib/octroi/public_suffix_list.dat" },
	RULE("on_pass", DMARC_PASS, "accept", .summary = "what happens to mail that is proven to be from the domain in From"),
	RULE("on_none", DMARC_NO_POLICY, "accept", .summary = "what happens to mail of domains that publish no policy"),
	RULE("on_fail_none", DMARC_FAIL_NONE, "accept",
	     .summary = "what happens when nothing proves it, and the domain asks for nothing to be done",
	     .text = "p=none: the owner is still finding out who sends in its name. Honest mail is among it."),
	RULE("on_fail_quarantine", DMARC_FAIL_QUARANTINE, "quarantine",
	     .summary = "what happens when nothing proves it, and the domain asks to treat such mail as suspicious",
	     .text = "t=y in a record makes reject count as quarantine, and quarantine as none."),
	RULE("on_fail_reject", DMARC_FAIL_REJECT, "reject",
	     .summary = "what happens when nothing proves it, and the domain asks to reject such mail",
	     .text = "Mailing lists that change messages break signatures: see exempt_lists for those that are wanted here."),
	RULE("on_temperror", DMARC_TEMPERROR, "defer", .summary = "what happens when the DNS could not tell",
	     .text = "Only where it matters: a policy that may be quarantine or reject, and nothing yet that proves the domain. Else whoever "
		     "can keep our questions from being answered could use any domain. Where nothing could be enforced the outcome is "
		     "unsure, and the mail goes on."),
	RULE("on_permerror", DMARC_PERMERROR, "2.0", .summary = "what happens when nobody can say for certain who the author is",
	     .text = "No From field, more than one, or one that can be read in several ways. Every domain that any reading finds is judged: "
		     "one that fails decides with its own policy, and this is for what is left. It is never a pass. Many an honest "
		     "program writes such fields, so no rejection by default; see also section headers."),
	RULE("on_many_authors", DMARC_MANY_AUTHORS, "reject", .summary = "what happens to mail with authors of more than 10 domains",
	     .text = "No honest mail has them. They are not looked up."),
	{ "exempt_domains", OPTION_LIST, offsetof(struct dmarc_settings, exempt_domains), .parse = domains_check,
	  .summary = "domains in From whose policy is not enforced",
	  .text = "\"example.com\" is that name alone, \".example.com\" every name below it. Anybody can write such a From field: name "
		  "domains whose owner cannot mend his mail, never our own.",
	  .example = "{ \"example.net\" }" },
	{ "exempt_clients", OPTION_LIST, offsetof(struct dmarc_settings, exempt_clients), .parse = networks_check,
	  .summary = "hosts and networks from which any mail is taken without regard to DMARC",
	  .text = "Our own forwarders, such as a secondary MX or the relay of another mailbox of our users.",
	  .example = "{ \"192.0.2.26\", \"2001:db8:25::/64\" }" },
	{ "exempt_lists", OPTION_LIST, offsetof(struct dmarc_settings, exempt_lists), .parse = domains_check,
	  .summary = "mailing lists from which any mail is taken without regard to DMARC",
	  .text = "What stands between < and > in List-Id, or with a dot in front the end of it. It counts with a passing DKIM signature "
		  "of that name or of a domain above it, which is no public suffix: a stranger cannot borrow the name.",
	  .example = "{ \"users.lists.example.org\", \".lists.example.net\" }" },
	OPTION_END
};

const struct option_section dmarc_section = {
	.name = "dmarc",
	.options = dmarc_options,
	.settings_size = sizeof(struct dmarc_settings),
	.summary = "DMARC: is mail from the domain that its From field names?",
	.text = "It is when SPF or a DKIM signature passes for that domain or another one of the same organization. If not, the domain's own "
		"policy says what it asks receivers to do. The outcomes are pass, none (no policy), fail_none, fail_quarantine, fail_reject, "
		"temperror, permerror, many_authors, unsure (it could not be told, and nothing depends on it) and excepted (an exemption "
		"below applies); the last two always go on. Of several authors the one that fares worst decides, and each of "
		"them must pass for a pass.",
};
