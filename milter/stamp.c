/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/stamp.h"

#include "milter/mail/authres.h"
#include "milter/model/scanner.h"
#include "milter/settings.h"

/* Names that speak for a gateway: what arrives under them is forged, or was written on an earlier pass and is out of date, and
 * the mail programs behind us cannot tell (threats HDR-02). */
static const char *const own_prefixes[] = { "X-Octroi-", "X-Virus-", "X-Spam-", "X-Quarantine-", NULL };

static bool begins_with(const char *name, const char *prefix)
{
	while (*name != '\0' && (*name == ' ' || ascii_is_control(*name)))
		name++;
	return strnlen(name, strlen(prefix)) == strlen(prefix) &&
	       str_equal_nocase((struct str){ name, strlen(prefix) }, str_of(prefix));
}

static bool is_own_name(const char *name)
{
	for (size_t i = 0; own_prefixes[i] != NULL; i++)
		if (begins_with(name, own_prefixes[i]))
			return true;
	return header_name_equal(name, "Received-SPF");
}

static bool is_forged(struct arena *arena, const struct header *header, const char *host)
{
	if (is_own_name(header->name))
		return true;
	return header_name_equal(header->name, "Authentication-Results") && authres_claims(arena, str_of(header->value), host);
}

static struct edit *add(struct arena *arena, struct edits *edits)
{
	return arena_push(arena, (void **)&edits->items, &edits->len, sizeof(struct edit));
}

/* What a release brings back from our own quarantine is what we found out when it came; nobody can find it out again. */
static bool was_ours(const struct message *message, const struct header *header)
{
	return message->spared != NULL && (header_name_equal(header->name, "Authentication-Results") ||
					   header_name_equal(header->name, "Received-SPF"));
}

/* From the last field to the first, so that no removal moves one that is still to be removed (CVE-2022-48521). */
static void remove_forged(struct edits *edits, const struct message *message, const char *host)
{
	for (size_t i = message->headers.len; i-- > 0;) {
		const struct header *header = &message->headers.items[i];

		if (is_forged(message->arena, header, host) && !was_ours(message, header))
			*add(message->arena, edits) = (struct edit){ EDIT_REMOVE, header->name, header->index, NULL };
	}
}

void edits_insert(struct edits *edits, struct arena *arena, const char *name, const char *value)
{
	*add(arena, edits) = (struct edit){ EDIT_INSERT, name, 0, arena_printf(arena, " %s", header_fold(arena, name, value)) };
}

static const char *expand_stamp(struct arena *arena, const char *value, const char *host, const char *text)
{
	const char *percent = strchr(value, '%');

	if (percent == NULL || percent[1] == '\0')
		return value;
	return arena_printf(arena, "%.*s%s%s", (int)(percent - value), value, percent[1] == 'h' ? host : text, percent + 2);
}

static void insert_stamps(struct edits *edits, const struct message *message, const char *host)
{
	for (size_t i = message->findings.len; i-- > 0;) {
		const struct finding *finding = &message->findings.items[i];
		const struct outcome_stamp *stamp = finding->outcome->stamps;

		for (; stamp != NULL && stamp->name != NULL; stamp++)
			edits_insert(edits, message->arena, stamp->name, expand_stamp(message->arena, stamp->value, host, finding->text));
	}
}

/* What scanners wrote themselves; RFC 7208 9.1 wants Received-SPF above the Received fields, where all of ours go. */
static void insert_scanners_stamps(struct edits *edits, const struct message *message)
{
	for (size_t i = message->stamps.len; i-- > 0;)
		edits_insert(edits, message->arena, message->stamps.items[i].name, message->stamps.items[i].value);
}

static void insert_results(struct edits *edits, const struct message *message, const char *host)
{
	if (message->direction == DIRECTION_INBOUND && message->results_len > 0)
		edits_insert(edits, message->arena, "Authentication-Results",
		       authres_format(message->arena, host, message->results, message->results_len));
}

static const char *ground_text(struct arena *arena, const struct recipient *recipient)
{
	/* a login is nobody's business but ours: it is in the log */
	if (recipient->ground_detail[0] == '\0' || recipient->ground == GROUND_AUTH)
		return arena_printf(arena, "ground=%s", ground_name(recipient->ground));
	return arena_printf(arena, "ground=%s (%s)", ground_name(recipient->ground), recipient->ground_detail);
}

/* Each ground once: the recipients themselves do not belong into a header that all of them can read. */
static void insert_grounds(struct edits *edits, const struct message *message)
{
	const char *text = "";

	for (size_t i = 0; i < message->recipients_len; i++) {
		const struct recipient *recipient = &message->recipients[i];
		const char *ground;

		if (recipient->ground == GROUND_DOMAIN)
			continue;
		ground = ground_text(message->arena, recipient);
		if (strstr(text, ground) == NULL)
			text = text[0] == '\0' ? ground : arena_printf(message->arena, "%s; %s", text, ground);
	}
	if (text[0] != '\0')
		edits_insert(edits, message->arena, "X-Octroi-Relay", text);
}

static void insert_verdict(struct edits *edits, const struct message *message, const struct verdict *verdict)
{
	const char *observed = verdict->observed[0] == '\0' ? "" : arena_printf(message->arena, "; observed=%s", verdict->observed);
	const char *by = verdict->by_name[0] == '\0' ? "none" : verdict->by_name;

	edits_insert(edits, message->arena, "X-Octroi-Verdict",
	       arena_printf(message->arena, "%s; id=%s; score=%.1f; by=%s%s", action_name(verdict->action), message->id, verdict->score,
			    by, observed));
}

/* A value as it arrived, with nothing in it that could end the field: line ends and the white space behind them become one fold
 * each, with something visible on both sides (threats MLT-08, HDR-10). value begins with neither. */
static const char *refold(struct arena *arena, const char *prefix, const char *value)
{
	char *text = arena_alloc(arena, strlen(prefix) + 2 * strlen(value) + 2), *out = stpcpy(stpcpy(text, " "), prefix);

	for (const char *p = value; *p != '\0';) {
		if (*p != '\r' && *p != '\n') {
			*out++ = *p++;
			continue;
		}
		p += strspn(p, " \t\r\n");
		if (*p != '\0')
			out = stpcpy(out, "\n\t");
	}
	*out = '\0';
	return text;
}

static void tag_subject(struct edits *edits, const struct message *message, const char *prefix)
{
	size_t position = 0;
	const struct header *subject = headers_next(&message->headers, "Subject", &position);

	if (prefix[0] == '\0')
		return;
	if (subject == NULL)
		edits_insert(edits, message->arena, "Subject", prefix);
	else
		*add(message->arena, edits) = (struct edit){
			EDIT_CHANGE, subject->name, subject->index,
			refold(message->arena, prefix, subject->value + strspn(subject->value, " \t\r\n")),
		};
}

struct edits stamp_edits(const struct conf *conf, const char *host, const struct message *message, const struct verdict *verdict)
{
	const struct tag_settings *tag = conf_settings(conf, "tag");
	struct edits edits = { .len = 0 };

	remove_forged(&edits, message, host);
	if (verdict->action == ACTION_TAG)
		tag_subject(&edits, message, tag->subject);
	if (verdict->action == ACTION_TAG)
		edits_insert(&edits, message->arena, "X-Spam-Flag", "YES");
	insert_stamps(&edits, message, host);
	insert_grounds(&edits, message);
	insert_verdict(&edits, message, verdict);
	insert_scanners_stamps(&edits, message);
	insert_results(&edits, message, host);
	return edits;
}
