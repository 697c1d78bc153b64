/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/explain_advice.h"

#include <string.h>

#define LATER "a later try, which the sender makes by itself"
#define DNS_AGAIN LATER "; if it lasts, see whether the DNS can be reached (octroi doctor)"
#define CONTENT_LIMIT(limit) "a larger content." limit ", if such mail is wanted and the machine can bear it"
#define SENDER_SIDE "the owner of the domain "

/* In the order of the table of scanners. */
static const struct explain_advice advices[] = {
	{ "session:denied", "taking the address out of session.deny, or into session.allow where only those may come", false },

	{ "limits:malformed_sender", "a correct address after MAIL FROM; the program that sends it is to be mended", false },
	{ "limits:unqualified_sender", "a sender address with a domain; the program that sends it is to be mended", false },
	{ "limits:malformed_recipient", "a correct address after RCPT TO", false },
	{ "limits:too_many_recipients", "sending to the others in another message, which mail servers do by themselves; or a larger limits.recipients", false },
	{ "limits:spool_full", LATER "; if it lasts, more memory or a larger limits.spool", true },
	{ "limits:oversize", "a smaller message, or a larger limits.message_size (the MTA has a limit of its own)", false },
	{ "limits:header", "fewer or shorter header fields, or a larger limits.header_size or limits.header_count", false },

	{ "relay:denied", "logging in (SMTP AUTH), a grant (relay.grant) for a device that cannot, or the domain in domains if it is ours", false },
	{ "relay:rerouted", "the plain address of the recipient, without a route in it", false },
	{ "relay:grant_scope", "what the grant allows: clients, senders, recipients and expires of that grant", false },
	{ "relay:unqualified", "a recipient address with a domain", false },
	{ "relay:grant_rate", "time, or a higher rate in the grant", false },
	{ "relay:grant_from", "an author (From) that the grant's senders cover", false },

	{ "account:foreign_sender", "a sender address that account.senders allows this login, or a line there that allows this one", false },
	{ "account:foreign_from", "an author (From) that account.senders allows this login, or a line there that allows this one", false },
	{ "account:exceeded", "time, or a higher account.rate", false },

	{ "headers:from_missing", "a From field with an address in the message; or another headers.on_from_missing", false },
	{ "headers:from_multiple", "one From field instead of several; or another headers.on_from_multiple", false },
	{ "headers:from_authors", "authors of one domain alone in From; or another headers.on_from_authors", false },
	{ "headers:from_ambiguous", "a From field that every program reads alike; or another headers.on_from_ambiguous", false },
	{ "headers:from_malformed", "a From field as RFC 5322 has it; or another headers.on_from_malformed", false },
	{ "headers:display_address", "a name in From without an address in it; or another headers.on_display_address", false },
	{ "headers:display_own", "a name in From that shows no address of ours; or another headers.on_display_own", false },
	{ "headers:duplicate", "each of these fields once; or another headers.on_duplicate", false },
	{ "headers:duplicate_mime", "one Content-Type and one Content-Transfer-Encoding; or another headers.on_duplicate_mime", false },
	{ "headers:odd_name", "a header without names that are none; or another headers.on_odd_name", false },
	{ "headers:nul", "a body without NUL bytes; or another headers.on_nul", false },
	{ "headers:loop", "mending the forwarding that sends this message round, or a larger headers.max_received", false },

	{ "helo:missing", "a client that says HELO or EHLO; or another helo.on_missing", false },
	{ "helo:malformed", "a client that names itself with a host name or [address]; or its address in helo.trusted", false },
	{ "helo:unqualified", "a client that says its full host name; or its address in helo.trusted", false },
	{ "helo:literal", "a client that says its own address or name; or its address in helo.trusted", false },
	{ "helo:own", "a client that does not use our name; if it is one of ours, its address in helo.trusted", false },
	{ "helo:unresolvable", "an A, AAAA or MX record for the name that the client says; or its address in helo.trusted", false },
	{ "helo:temperror", DNS_AGAIN, true },

	{ "iprev:pass", "another iprev.on_pass", false },
	{ "iprev:fail", "an A or AAAA record of the reverse name that leads back to the address; or the address in iprev.trusted", false },
	{ "iprev:missing", "a PTR record for the address, which its network's owner makes; or the address in iprev.trusted", false },
	{ "iprev:temperror", DNS_AGAIN, true },

	{ "dnsbl:listed", "removal from the list, which its operator does; an allow list that has the client (dnsbl, type = allow); "
	  "or another on_listed of that list", false },
	{ "dnsbl:allowed", "another on_listed of the allow list", false },
	{ "dnsbl:overruled", "taking out the allow list that overrules the other", false },
	{ "dnsbl:error", "another on_error of that list; if it lasts, see whether the list answers this host at all (octroi doctor)", true },

	{ "spf:pass", "another spf.on_pass", false },
	{ "spf:fail", SENDER_SIDE "of the sender adds the client to its SPF record; a forwarder rewrites the sender; a host of ours that passes mail "
	  "on belongs into spf.trusted; or another spf.on_fail", false },
	{ "spf:softfail", SENDER_SIDE "of the sender adds the client to its SPF record; or another spf.on_softfail", false },
	{ "spf:neutral", SENDER_SIDE "of the sender says in its SPF record which hosts may send; or another spf.on_neutral", false },
	{ "spf:none", SENDER_SIDE "of the sender publishes an SPF record; or another spf.on_none", false },
	{ "spf:temperror", DNS_AGAIN, true },
	{ "spf:permerror", SENDER_SIDE "of the sender mends its SPF record; or another spf.on_permerror", false },
	{ "spf:helo_pass", "another spf.on_helo_pass", false },
	{ "spf:helo_fail", SENDER_SIDE "of the HELO name adds the client to its SPF record, or the client says another name; "
	  "or another spf.on_helo_fail", false },
	{ "spf:helo_softfail", SENDER_SIDE "of the HELO name adds the client to its SPF record; or another spf.on_helo_softfail", false },
	{ "spf:helo_neutral", "another spf.on_helo_neutral", false },
	{ "spf:helo_temperror", DNS_AGAIN, true },
	{ "spf:helo_permerror", SENDER_SIDE "of the HELO name mends its SPF record; or another spf.on_helo_permerror", false },

	{ "dkim:pass", "another dkim.on_pass", false },
	{ "dkim:fail", "a message that nobody changes after it was signed; or another dkim.on_fail", false },
	{ "dkim:neutral", "a signature that verifies; or another dkim.on_neutral", false },
	{ "dkim:policy", "a signature that we accept: a longer key (dkim.min_key_bits), SHA-256; or another dkim.on_policy", false },
	{ "dkim:partial", "a signature of the whole body (no l=); or another dkim.on_partial", false },
	{ "dkim:uncovered", "a signature that covers the fields the message has; or another dkim.on_uncovered", false },
	{ "dkim:temperror", DNS_AGAIN, true },
	{ "dkim:permerror", "a signature and a key record that can be read; or another dkim.on_permerror", false },
	{ "dkim:none", "a signature of the sender; or another dkim.on_none", false },
	{ "dkim:too_many", "fewer signatures, or a larger dkim.max_signatures", false },

	{ "dmarc:pass", "another dmarc.on_pass", false },
	{ "dmarc:none", "a DMARC record of the author's domain; or another dmarc.on_none", false },
	{ "dmarc:unsure", DNS_AGAIN, true },
	{ "dmarc:fail_none", "SPF or DKIM that passes for the author's domain; or another dmarc.on_fail_none", false },
	{ "dmarc:permerror", "a From field from which the author can be told, and a DMARC record that can be read; or another dmarc.on_permerror", false },
	{ "dmarc:fail_quarantine", "SPF or DKIM that passes for the author's domain; for a mailing list or a forwarder dmarc.exempt_lists or "
	  "dmarc.exempt_clients; or another dmarc.on_fail_quarantine", false },
	{ "dmarc:temperror", DNS_AGAIN, true },
	{ "dmarc:fail_reject", "SPF or DKIM that passes for the author's domain; for a mailing list or a forwarder dmarc.exempt_lists or "
	  "dmarc.exempt_clients; or another dmarc.on_fail_reject", false },
	{ "dmarc:many_authors", "a From field with fewer authors; or another dmarc.on_many_authors", false },
	{ "dmarc:excepted", "taking the exception out: dmarc.exempt_domains, dmarc.exempt_clients, dmarc.exempt_lists", false },

	{ "sign:signed", "taking out the key of this domain", false },
	{ "sign:unsigned", "a key for the author's domain (sign.key, octroi dkim-key); or another sign.on_unsigned", false },
	{ "sign:error", LATER "; if it lasts, see the log for what is wrong with the key", true },

	{ "antivirus:clean", "nothing: no virus is what is wanted", false },
	{ "antivirus:infected", "a message without the virus. If this is a false alarm: report it to the makers of the signature, and have the "
	  "signature ignored (a file with its name, NAME.ign2, in antivirus.database)", false },
	{ "antivirus:unscannable", "a message that can be scanned to its end: without what is damaged or encrypted, or a larger limit of antivirus; "
	  "or another antivirus.on_unscannable", true },
	{ "antivirus:encrypted", "an attachment without a password; what happens to it is attachment.on_encrypted", false },
	{ "antivirus:error", LATER "; if it lasts, see octroi status and the log: are there signatures (freshclam), and do the examiners start", true },
	{ "antivirus:poison", "a newer ClamAV, or the message without the file that stops it; it is worth a report to its makers", true },

	{ "content:ambiguous", "a message that every program reads alike; an ambiguity that does no harm here belongs into "
	  "content.ambiguities_allowed; or another content.on_ambiguous", false },
	{ "content:too_deep", CONTENT_LIMIT("depth"), true },
	{ "content:too_many_parts", CONTENT_LIMIT("parts"), true },
	{ "content:too_many_members", CONTENT_LIMIT("members"), true },
	{ "content:too_many_names", CONTENT_LIMIT("names"), true },
	{ "content:header_too_large", CONTENT_LIMIT("header_size"), true },
	{ "content:too_large", "larger limits (content.decoded_size, content.member_size, content.memory, limits.message_size), if such mail is "
	  "wanted and the machine can bear it", true },
	{ "content:bomb", "a message without the archive that grows so much; or a larger content.ratio", true },
	{ "content:too_slow", CONTENT_LIMIT("cpu_time"), true },
	{ "content:error", LATER "; if it lasts, see octroi status and the log for why the examiners fail", true },
	{ "content:poison", "the message without the part that stops the examination; it is worth a report to us", true },

	{ "attachment:denied", "the file sent in another way, the type in attachment.allow_types, or a rule (attachment.rule) for those who need it", false },
	{ "attachment:encrypted", "the file without a password; or another attachment.on_encrypted", false },
	{ "attachment:mismatch", "a file whose name says what it is; or another attachment.on_mismatch", false },
	{ "attachment:active_content", "the document without macros or script; or another attachment.on_active_content", false },
	{ "attachment:unscannable", "an archive that is whole and can be read; or another attachment.on_unscannable", true },

	{ "links:listed", "removal of the host from the list, which its operator does; the host in links.trusted; or another on_listed of that list", false },
	{ "links:error", "another on_error of that list; if it lasts, see whether the list answers this host at all", true },
	{ "links:display_mismatch", "a link that shows where it leads; the host in links.trusted; or another links.on_display_mismatch", false },

	{ "rate:exceeded", "time: the text says until when; or a higher limit in that rate section", false },
	{ "greylist:greylisted", LATER ", once the time in the text is over; whoever we wrote to, and whoever passes SPF or DKIM, does not wait", false },
	{ "greylist:passed", "nothing: it has waited, or need not wait", false },
	{ "held:held", "octroi free SUBJECT, once it is known why (octroi who SUBJECT)", false },
	{ "behaviour:bounce", "another behaviour.on_bounce", false },
	{ "behaviour:note", "a higher behaviour.note_at, or octroi free SUBJECT once it is known why", false },
	{ "behaviour:tag", "a higher behaviour.tag_at, or octroi free SUBJECT once it is known why", false },
	{ "behaviour:slow", "a higher behaviour.slow_at, or octroi free SUBJECT once it is known why", false },
	{ "behaviour:hold", "a higher behaviour.hold_at, or octroi free SUBJECT once it is known why", false },
	{ "behaviour:suspended", "octroi free SUBJECT, once its owner has a new password or the host is clean", false },

	{ "score", "fewer points: what gave them stands above; or another threshold in section score", false },
	{ "policy:no_ground", "nothing: without a ground no mail leaves. No check has said why a recipient may be reached, which is a fault of the "
	  "program: please report it", true },
};

const struct explain_advice *explain_advice_find(const char *name)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (strcmp(advices[i].name, name) == 0)
			return &advices[i];
	return NULL;
}

const struct explain_advice *explain_advice_all(size_t *ret_len)
{
	*ret_len = sizeof(advices) / sizeof(advices[0]);
	return advices;
}
