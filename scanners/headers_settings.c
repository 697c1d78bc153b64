/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/headers_settings.h"

/* What a device or a program of our own gets wrong is for its owner to mend, and its mail is wanted: by default only strangers are
 * held to it. */
#define STRANGERS ", submission: accept, granted: accept, local: accept"

#define ON_ROW(field, action) \
	#field, OPTION_CUSTOM, offsetof(struct headers_settings, field), .fallback = (action), .parse = rule_parse

static const struct option headers_options[] = {
	{ "enabled", OPTION_BOOL, offsetof(struct headers_settings, enabled), .fallback = "yes",
	  .summary = "look at the header of messages" },
	{ ON_ROW(on_from_missing, "2" STRANGERS),
	  .summary = "no From field, or no address in it",
	  .text = "RFC 5322 demands one, the large receivers of mail refuse what has none, and DMARC cannot say anything about it. "
		  "Some monitors and web forms write such mail." },
	{ ON_ROW(on_from_multiple, "reject" STRANGERS),
	  .summary = "several From fields with different addresses",
	  .text = "RFC 5322 allows one field. With two, a filter may check one and the reader be shown the other: no honest program "
		  "writes that, and the large receivers refuse it, too. Two fields with the same address are only a duplicate." },
	{ ON_ROW(on_from_authors, "2" STRANGERS),
	  .summary = "one From field with addresses of several domains",
	  .text = "Allowed by RFC 5322, but hardly ever written: most programs show the first address alone. DMARC looks at each "
		  "of the domains." },
	{ ON_ROW(on_from_ambiguous, "quarantine" STRANGERS),
	  .summary = "a From field in which one program finds another author than the next",
	  .text = "For example \"<a@evil.example>ceo@ours.example\", or an address that only appears when the name is decoded: written "
		  "so that a filter checks one address and the reader sees the other. Now and then a program just writes it badly "
		  "(\"ceo@ours.example via list <list@x.example>\" without quotes): for its sake such mail is held and not refused." },
	{ ON_ROW(on_from_malformed, "accept" STRANGERS),
	  .summary = "a From field against the grammar that has only one meaning all the same",
	  .text = "\"Doe, Jane <jane@x.example>\" without quotes, \"jane@x.example <jane@x.example>\", a name in Latin-1: careless "
		  "programs, many of them of honest senders." },
	{ ON_ROW(on_display_address, "1" STRANGERS),
	  .summary = "the name in From shows an address of another domain than the author's",
	  .text = "\"ceo@bank.example\" <x@evil.example>: many programs show the name and hide the address. Mailing lists and "
		  "services that send for others do it, too." },
	{ ON_ROW(on_display_own, "4" STRANGERS),
	  .summary = "the name in From shows an address of ours, and the author is not of ours",
	  .text = "Typical of letters that pretend to come from a colleague. Honest: mailing lists outside that send what one of us "
		  "has written (\"jane@example.com via list\")." },
	{ ON_ROW(on_duplicate, "1" STRANGERS),
	  .summary = "a field twice that may be there once",
	  .text = "Date, From (with the same address), Sender, Reply-To, To, Cc, Bcc, Subject, Message-ID, In-Reply-To, References, "
		  "MIME-Version, Content-Type, Content-Transfer-Encoding, Content-Disposition, Content-ID (RFC 5322 3.6, RFC 2045). "
		  "Careless programs do it; so does who puts a second Subject above one that was signed." },
	{ ON_ROW(on_duplicate_mime, "4" STRANGERS),
	  .summary = "two Content-Type or Content-Transfer-Encoding fields that say different things",
	  .text = "One program then finds an attachment where another finds none: a way around filters. The virus scanner looks at "
		  "both readings." },
	{ ON_ROW(on_odd_name, "2" STRANGERS),
	  .summary = "a field name that is none",
	  .text = "A space before the colon or bytes outside of ASCII: some programs take \"From :\" for From and some do not. Whatever "
		  "a name could be taken for is checked here as if it were that." },
	{ ON_ROW(on_nul, "2" STRANGERS),
	  .summary = "a NUL in the body",
	  .text = "Forbidden in mail; programs written in C end a text there and see less than the others. To Postfix a NUL in the name of "
		  "a field ends the header, so that it stands in the body, too; what is behind one in a value it throws away. It can "
		  "remove them all: message_strip_characters = \\0." },
	{ "max_received", OPTION_COUNT, offsetof(struct headers_settings, max_received), .fallback = "40", .min = 5, .max = 1000,
	  .summary = "Received fields from which a message is in a loop",
	  .text = "Honest mail has seldom more than 15. Postfix gives up at 50 by itself (hopcount_limit), Sendmail at 25 "
		  "(MaxHopCount)." },
	{ ON_ROW(on_loop, "reject"),
	  .summary = "a message with more Received fields than max_received",
	  .text = "Two servers that send it to each other for ever; only a refusal ends that." },
	OPTION_END
};

const struct option_section headers_section = {
	.name = "headers",
	.options = headers_options,
	.settings_size = sizeof(struct headers_settings),
	.summary = "the header of the message: its author, fields that cannot be",
	.text = "The outcomes are from_missing, from_multiple, from_authors, from_ambiguous, from_malformed, display_address, display_own, "
		"duplicate, duplicate_mime, odd_name, nul and loop, each at most once for a message. All of it is told at the end of "
		"the message.",
};
