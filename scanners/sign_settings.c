/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/sign_settings.h"

#include <errno.h>
#include <stdio.h>

#include "milter/mail/dkim_sign_name.h"

enum { FIELD_NAME_MAX = 76 };

/* MTAs remove these, change them or put more of them on top (RFC 6376 5.4); some are ours. */
static const char *const unstable[] = {
	"Received", "Return-Path", "Delivered-To", "Bcc", "Resent-Bcc", "Content-Length", "Status", "DKIM-Signature",
	"Authentication-Results", "Received-SPF", "ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results", NULL,
};
static const char *const unstable_prefixes[] = { "X-Octroi-", "X-Virus-", "X-Spam-", "X-Quarantine-", NULL };

/* An MTA on the way adds these where they are missing (RFC 5321 6.4, RFC 6409 8). */
static const char *const added_later[] = { "Date", "Message-ID", NULL };

static bool is_in(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (ascii_equal(name, *names))
			return true;
	return false;
}

static bool is_unstable(const char *name)
{
	for (size_t i = 0; unstable_prefixes[i] != NULL; i++) {
		size_t len = strlen(unstable_prefixes[i]);

		if (strnlen(name, len) == len && str_equal_nocase((struct str){ name, len }, str_of(unstable_prefixes[i])))
			return true;
	}
	return is_in(name, unstable);
}

static bool is_field_name(const char *name)
{
	size_t len = 0;

	while (ascii_is_alnum(name[len]) || name[len] == '-' || name[len] == '_')
		len++;
	return len > 0 && len <= FIELD_NAME_MAX && name[len] == '\0';
}

static int field_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	(void)conf, (void)where, (void)field;
	if (is_field_name(text) && !is_unstable(text))
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, is_field_name(text)
		       ? "\"%.76s\" is changed, removed or added by MTAs: a signature over it would not hold"
		       : "\"%.76s\" is no name of a header field", text);
	return -EINVAL;
}

static bool find_direction(const char *word, enum direction *ret_direction)
{
	for (int direction = DIRECTION_SUBMISSION; direction < DIRECTIONS; direction++) {
		*ret_direction = (enum direction)direction;
		if (strcmp(direction_name(*ret_direction), word) == 0)
			return true;
	}
	return false;
}

static int direction_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	enum direction direction;

	(void)conf, (void)where, (void)field;
	if (find_direction(text, &direction))
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.40s\" is none of submission, granted and local", text);
	return -EINVAL;
}

#define FIELD(name) offsetof(struct sign_settings, name)

#define SINGLETONS \
	"From, Reply-To, Subject, Date, To, Cc, Message-ID, In-Reply-To, References, MIME-Version, Content-Type, Content-Transfer-Encoding"

static const struct option sign_options[] = {
	{ "enabled", OPTION_BOOL, FIELD(enabled), .fallback = "yes",
	  .summary = "sign mail of domains for which there is a key",
	  .text = "Without a section key nothing is signed." },
	{ "directions", OPTION_LIST, FIELD(directions), .fallback = "submission, granted, local", .parse = direction_check,
	  .summary = "which mail is signed: submission (a login or a client certificate), granted (a device), local (the MTA's own)",
	  .text = "Mail of strangers that claims to be ours is never signed." },
	{ "headers", OPTION_LIST, FIELD(headers), .parse = field_check,
	  .fallback = SINGLETONS ", Sender, Content-ID, Content-Description, Resent-Date, Resent-From, Resent-To, Resent-Cc, "
		      "Resent-Message-ID, List-Id, List-Help, List-Unsubscribe, List-Unsubscribe-Post, List-Subscribe, List-Post, "
		      "List-Owner, List-Archive",
	  .summary = "header fields that are signed where they are present (RFC 6376 section 5.4.1)",
	  .text = "From always is. Names that MTAs change or add on the way are refused." },
	{ "oversign", OPTION_LIST, FIELD(oversign), .parse = field_check, .fallback = SINGLETONS,
	  .summary = "header fields of which nobody may add another one without breaking the signature (RFC 6376 section 8.15)",
	  .text = "From always is one of them. A second Subject or Content-Type would show the reader something else under our "
		  "signature. Date and Message-ID are only guarded when the message has one: MTAs add them where they are missing." },
	{ "expire", OPTION_DURATION, FIELD(expire_ms), .fallback = "0s", .min = 0, .max = 31536000000,
	  .summary = "how long a signature holds; 0s: for ever",
	  .text = "At least an hour. Somebody who replays a message of ours has only so long, but mail that waits in queues longer "
		  "than this arrives with a signature that has expired: no less than a week is wise." },
	{ "on_unsigned", OPTION_CUSTOM, FIELD(on_unsigned), .fallback = "accept", .parse = rule_parse,
	  .summary = "what happens to a message that is not to be signed",
	  .text = "Its From names a domain that is not ours or for which there is no key, or nobody can say who the author is. Signing "
		  "by the envelope sender instead would lend our name to whatever the reader sees in From, and DMARC would not "
		  "count it." },
	{ "on_error", OPTION_CUSTOM, FIELD(on_error), .fallback = "defer", .parse = rule_parse,
	  .summary = "what happens to a message that should be signed and could not be",
	  .text = "No memory for the message, mostly; the next try will do. With accept it leaves unsigned, and where our DMARC policy "
		  "says reject, recipients may refuse it for good." },
	OPTION_END
};

static int sign_check(const void *section, char *problem)
{
	const struct sign_settings *settings = section;

	if (settings->expire_ms == 0 || settings->expire_ms >= 3600000)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "expire is below an hour: mail would arrive with a signature that has expired");
	return -EINVAL;
}

const struct option_section sign_section = {
	.name = "sign",
	.options = sign_options,
	.settings_size = sizeof(struct sign_settings),
	.summary = "DKIM signatures on mail of our domains (RFC 6376, RFC 8463)",
	.text = "The outcomes are signed, unsigned and error. What is signed is the message as this gateway lets it go, relaxed/relaxed, "
		"with each key of the author's domain. What an MTA changes after that breaks the signature: in Postfix "
		"smtp_generic_maps, smtp_header_checks on signed fields, the cutting of lines over 998 octets, and the conversion "
		"of 8-bit text for a next hop without 8BITMIME (disable_mime_output_conversion = yes prevents it); in Sendmail "
		"masquerading. A message that comes with a signature of its author's keeps that one, too.",
	.check = sign_check,
};

static int file_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	(void)conf, (void)where, (void)field;
	if (text[0] == '/')
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.80s\" is no absolute path", text);
	return -EINVAL;
}

static const struct option sign_key_options[] = {
	{ "file", OPTION_STRING, offsetof(struct sign_key_settings, file), .required = true, .parse = file_check,
	  .summary = "private key in PEM, without a passphrase: RSA of 1024 to 4096 bits, or Ed25519",
	  .text = "octroi dkim-key makes one. It is read as the account that user names, at the start and at each reload, and must "
		  "belong to it or to root; nobody else may read it, apart from the account's own group. Symbolic links are refused, "
		  "and so is a directory in which others could exchange the file. With a key that cannot be used the service does not "
		  "start, and a reload keeps what was there before.",
	  .example = "/etc/octroi/dkim/s2026._domainkey.example.com.pem" },
	{ "subdomains", OPTION_BOOL, offsetof(struct sign_key_settings, subdomains), .fallback = "yes",
	  .summary = "sign mail of names below the domain that have no key of their own, too",
	  .text = "Those among our domains (option domains). Such a signature counts for DMARC unless the domain's record says adkim=s." },
	OPTION_END
};

static int sign_key_check(const void *section, char *problem)
{
	const struct sign_key_settings *settings = section;
	struct dkim_sign_record_name name;
	struct arena *arena = arena_new();
	const char *what;
	int r = dkim_sign_name_parse(arena, str_of(settings->title), &name, &what);

	if (r < 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "the title %s", what);
	arena_free(arena);
	return r;
}

const struct option_section sign_key_section = {
	.name = "key",
	.parent = "sign",
	.titled = true,
	.options = sign_key_options,
	.settings_size = sizeof(struct sign_key_settings),
	.summary = "a key; the title is the name of its record in the DNS",
	.text = "SELECTOR._domainkey.DOMAIN. Several of one domain sign side by side: an RSA key, which all understand, and an Ed25519 "
		"key; or the old and the new one while keys are changed.",
	.example_title = "s2026._domainkey.example.com",
	.check = sign_key_check,
};

bool sign_settings_active(const struct conf *conf)
{
	const struct sign_settings *settings = conf_settings(conf, "sign");

	return settings->enabled && settings->directions.len > 0 && conf_count(conf, "sign.key") > 0;
}

bool sign_settings_in(const struct sign_settings *settings, enum direction direction)
{
	enum direction listed;

	for (size_t i = 0; i < settings->directions.len; i++)
		if (find_direction(settings->directions.items[i].text, &listed) && listed == direction)
			return true;
	return false;
}

/* The entry of that name, a new one if there is none. items has room. */
static struct dkim_sign_name *entry(struct dkim_sign_name *items, size_t *len, const char *name)
{
	for (size_t i = 0; i < *len; i++)
		if (ascii_equal(items[i].name, name))
			return &items[i];
	items[*len] = (struct dkim_sign_name){ .name = name };
	return &items[(*len)++];
}

const struct dkim_sign_name *sign_settings_names(struct arena *arena, const struct sign_settings *settings, size_t *ret_len)
{
	struct dkim_sign_name *items = arena_array(arena, 1 + settings->headers.len + settings->oversign.len, sizeof(*items));
	size_t len = 0;

	entry(items, &len, "From")->oversign = DKIM_OVERSIGN_ALWAYS;
	for (size_t i = 0; i < settings->headers.len; i++)
		(void)entry(items, &len, settings->headers.items[i].text);
	for (size_t i = 0; i < settings->oversign.len; i++) {
		const char *name = settings->oversign.items[i].text;

		entry(items, &len, name)->oversign = is_in(name, added_later) ? DKIM_OVERSIGN_PRESENT : DKIM_OVERSIGN_ALWAYS;
	}
	*ret_len = len;
	return items;
}
