/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/spf_settings.h"

#include "milter/isolate/job.h"
#include "milter/lookup/networks.h"

static const struct option_word evaluators[] = { { "builtin", SPF_BUILTIN }, { "libspf2", SPF_LIBSPF2 }, { NULL, 0 } };

#define RULE(name_, identity, result, fallback_, ...) \
	{ name_, OPTION_CUSTOM, offsetof(struct spf_settings, rules[identity][result]), .fallback = (fallback_), .parse = rule_parse, \
	  __VA_ARGS__ }

static const struct option spf_options[] = {
	{ "enabled", OPTION_BOOL, offsetof(struct spf_settings, enabled), .fallback = "yes",
	  .summary = "ask the domain of the sender, and that of the HELO name, who may use them (RFC 7208)",
	  .text = "Inbound mail only: a login, a client certificate, a grant or the MTA itself vouches for other mail." },
	{ "evaluator", OPTION_WORD, offsetof(struct spf_settings, evaluator), .fallback = "builtin", .words = evaluators,
	  .summary = "what evaluates the records",
	  .text = "builtin follows RFC 7208 to the last test of its public suite. libspf2 is that library, in a cage, for those "
		  "who have to compare: it answers more than a quarter of these tests otherwise, lets every client on loopback "
		  "pass, and its results are only there at the end of the message. A record that crashes it is temperror." },
	{ "timeout", OPTION_DURATION, offsetof(struct spf_settings, timeout_ms), .fallback = "20s", .min = 1000, .max = 120000,
	  .summary = "time for all questions about one identity",
	  .text = "RFC 7208 section 4.6.4 asks for at least 20 seconds. They run from HELO or MAIL on, while the client goes "
		  "on; what has not been answered then is temperror, as is a record or address that the DNS could not tell." },
	{ "max_questions", OPTION_COUNT, offsetof(struct spf_settings, max_questions), .fallback = "120", .min = 12,
	  .max = EXAMINER_ASKS_MAX,
	  .summary = "questions to the DNS about one identity",
	  .text = "The limits of RFC 7208 allow a record to cause 111 (ten mx of ten hosts each). One more than this is "
		  "permerror." },
	{ "explain", OPTION_BOOL, offsetof(struct spf_settings, explain), .fallback = "no",
	  .summary = "quote in a refusal what the domain says about it (exp=)",
	  .text = "A stranger's text in our replies, printable ASCII and cut: off unless senders need it." },
	{ "trusted", OPTION_LIST, offsetof(struct spf_settings, trusted), .parse = networks_check,
	  .summary = "our own hosts that pass mail of strangers on to us, such as a secondary MX",
	  .text = "They are in nobody's SPF record. The client that is judged is the one named in the topmost Received field, "
		  "which such a host has written (and so on, while that one is trusted, too). The results are only there at the "
		  "end of the message. Where the field cannot be read the result is none, never pass.",
	  .example = "{ \"192.0.2.26\", \"2001:db8:25::/64\" }" },
	RULE("on_pass", SPF_MAILFROM, SPF_PASS, "accept", .summary = "what happens to mail whose sender's domain allows the client"),
	RULE("on_fail", SPF_MAILFROM, SPF_FAIL, "reject", .summary = "what happens to mail whose sender's domain forbids the client",
	     .text = "The domain says -all: mail of it from other hosts is not its own. The null sender is judged by the HELO "
		     "name (RFC 7208 section 2.4). Refusals are heard at RCPT when the answers are there by then, see "
		     "resolver.rcpt_wait, else at the end of the message."),
	RULE("on_softfail", SPF_MAILFROM, SPF_SOFTFAIL, "2.0", .summary = "what happens when it thinks the client is not allowed",
	     .text = "~all: RFC 7208 section 8.5 advises against a rejection on this alone."),
	RULE("on_neutral", SPF_MAILFROM, SPF_NEUTRAL, "accept", .summary = "what happens when it says nothing about the client",
	     .text = "To be treated as none (RFC 7208 section 8.2)."),
	RULE("on_none", SPF_MAILFROM, SPF_NONE, "accept", .summary = "what happens when it publishes nothing"),
	RULE("on_temperror", SPF_MAILFROM, SPF_TEMPERROR, "defer", .summary = "what happens when the DNS could not tell",
	     .text = "Else whoever can keep our questions from being answered could use any domain."),
	RULE("on_permerror", SPF_MAILFROM, SPF_PERMERROR, "2.0", .summary = "what happens when its records cannot be evaluated",
	     .text = "A faulty record, or one beyond the limits, authorises nobody, but many domains have one without knowing: "
		     "as suspicious as softfail, and no rejection by default."),
	RULE("on_helo_pass", SPF_HELO, SPF_PASS, "accept", .summary = "what happens to mail of a client that may use its HELO name"),
	RULE("on_helo_fail", SPF_HELO, SPF_FAIL, "reject", .summary = "what happens to mail of a client that may not",
	     .text = "The owner of that name says that this host is not his."),
	RULE("on_helo_softfail", SPF_HELO, SPF_SOFTFAIL, "1.0", .summary = "what happens when it probably may not"),
	RULE("on_helo_neutral", SPF_HELO, SPF_NEUTRAL, "accept",
	     .summary = "what happens when the name's owner says nothing about the client"),
	RULE("on_helo_temperror", SPF_HELO, SPF_TEMPERROR, "accept",
	     .summary = "what happens when the DNS could not tell about the HELO name",
	     .text = "A client is free to use another name: a deferral would only hit those who are honest. Of a null sender "
		     "on_temperror counts."),
	RULE("on_helo_permerror", SPF_HELO, SPF_PERMERROR, "accept",
	     .summary = "what happens when the records of the HELO name cannot be evaluated"),
	OPTION_END
};

const struct option_section spf_section = {
	.name = "spf",
	.options = spf_options,
	.settings_size = sizeof(struct spf_settings),
	.summary = "SPF: which hosts may send mail of a domain",
	.text = "The outcomes are pass, fail, softfail, neutral, none, temperror and permerror for the address of MAIL FROM, "
		"and the same but none with helo_ in front for the HELO name. A null sender is judged by the HELO name, with "
		"the outcomes of MAIL FROM (RFC 7208 section 2.4). What was found stands in Received-SPF and "
		"Authentication-Results.",
};
