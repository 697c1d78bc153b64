/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with the header: an author that nobody can tell, fields that are there twice, a loop (threats HDR-03 to HDR-08, HDR-17,
 * ID-11, ID-12). */
#include <unistd.h>

#include "milter/lookup/names.h"
#include "milter/mail/authors.h"
#include "milter/mail/domain.h"
#include "scanners/headers_once.h"
#include "scanners/headers_settings.h"
#include "scanners/scanners.h"

/* Are both of one house? Names below another are its own to give. */
static bool is_related(const char *domain, const char *other)
{
	return strcmp(domain, other) == 0 || domain_is_below(domain, other) || domain_is_below(other, domain);
}

static bool is_of_an_author(const struct mailboxes *authors, const char *domain)
{
	for (size_t i = 0; i < authors->len; i++)
		if (is_related(domain, authors->items[i].domain))
			return true;
	return false;
}

/* --- the author --- */

static const struct address *author_of_another_domain(const struct mailboxes *authors)
{
	for (size_t i = 1; i < authors->len; i++)
		if (!is_related(authors->items[0].domain, authors->items[i].domain))
			return &authors->items[i];
	return NULL;
}

static void report_fields(struct scan *scan, const struct authors *authors)
{
	const struct address *other = author_of_another_domain(&authors->mailboxes);

	if (authors->fields > 1 && authors->fields_differ)
		finding_add(scan, "from_multiple", "there are several From fields with different addresses");
	else if (authors->state == AUTHORS_TOLD && other != NULL)
		finding_add(scan, "from_authors", "the From field names <%s> and <%s>", authors->mailboxes.items[0].text, other->text);
}

static void report_state(struct scan *scan, const struct authors *authors)
{
	switch (authors->state) {
	case AUTHORS_TOLD:
		break;
	case AUTHORS_MALFORMED:
		finding_add(scan, "from_malformed", "%s", authors->problem);
		break;
	case AUTHORS_MISSING:
		finding_add(scan, "from_missing", "%s", authors->problem);
		break;
	case AUTHORS_AMBIGUOUS:
		finding_add(scan, "from_ambiguous", "%s", authors->problem);
		break;
	}
}

static bool is_ours(const struct scan *scan, const char *domain)
{
	return names_find_domain(scan->services->domains, domain) != NULL;
}

static bool is_one_of_us(const struct scan *scan, const struct mailboxes *authors)
{
	for (size_t i = 0; i < authors->len; i++)
		if (is_ours(scan, authors->items[i].domain))
			return true;
	return false;
}

/* An address that is shown beside the authors' own: one of ours, or else the first. We may show each other. */
static const struct address *address_in_name(const struct scan *scan, const struct mailboxes *shown, const struct mailboxes *authors)
{
	const struct address *found = NULL;
	bool one_of_us = is_one_of_us(scan, authors);

	for (size_t i = 0; i < shown->len; i++) {
		const struct address *address = &shown->items[i];

		bool ours = is_ours(scan, address->domain);

		if (is_of_an_author(authors, address->domain) || (ours && one_of_us))
			continue;
		if (ours)
			return address;
		if (found == NULL)
			found = address;
	}
	return found;
}

static const struct address *shown_by(const struct scan *scan, const struct authors *authors)
{
	const struct headers *headers = &scan->message->headers;
	const struct address *address = NULL;
	const struct header *from;
	struct mailboxes shown;
	size_t position = 0;

	while (address == NULL && (from = headers_next(headers, "From", &position)) != NULL) {
		mailboxes_find_shown(scan->arena, str_of(from->value), &shown);
		address = address_in_name(scan, &shown, &authors->mailboxes);
	}
	return address;
}

/* Where nobody can tell the author from what is only shown, from_ambiguous says so. */
static void report_name(struct scan *scan, const struct authors *authors)
{
	const struct address *address = authors->state > AUTHORS_MALFORMED ? NULL : shown_by(scan, authors);

	if (address == NULL)
		return;
	finding_add(scan, is_ours(scan, address->domain) ? "display_own" : "display_address",
		    "the name in From shows <%s>, the author is <%s>", address->text, authors->mailboxes.items[0].text);
}

/* --- the fields --- */

static void report_repeated(struct scan *scan, const struct authors *authors)
{
	struct headers_once once = headers_once_read(scan->arena, &scan->message->headers);
	bool from = authors->fields > 1 && !authors->fields_differ;

	if (from || once.repeated[0] != '\0')
		finding_add(scan, "duplicate", "more than one %s%s%s", from ? "From" : "", from && once.repeated[0] != '\0' ? ", " : "",
			    once.repeated);
	if (once.differing != NULL)
		finding_add(scan, "duplicate_mime", "there are several %s fields that say different things", once.differing);
}

static void report_names(struct scan *scan)
{
	const struct headers *headers = &scan->message->headers;

	for (size_t i = 0; i < headers->len; i++) {
		if (!header_name_is_odd(headers->items[i].name))
			continue;
		finding_add(scan, "odd_name", "\"%.60s\" is no name of a field", headers->items[i].name);
		return;
	}
}

static void report_loop(struct scan *scan)
{
	const struct headers_settings *settings = scan->settings;
	uint64_t received = 0;
	size_t position = 0;

	while (headers_next(&scan->message->headers, "Received", &position) != NULL)
		received++;
	if (received > settings->max_received)
		finding_add(scan, "loop", "mail loop: more than %llu Received fields", (unsigned long long)settings->max_received);
}

static void headers_eoh(struct scan *scan)
{
	const struct headers_settings *settings = scan->settings;
	struct authors authors;

	if (!settings->enabled)
		return;
	authors_judge(scan->arena, &scan->message->headers, &authors);
	report_fields(scan, &authors);
	report_state(scan, &authors);
	report_name(scan, &authors);
	report_repeated(scan, &authors);
	report_names(scan);
	report_loop(scan);
}

/* --- the body --- */

static bool holds_nul(int fd, uint64_t offset)
{
	char block[65536];
	ssize_t len;

	while ((len = pread(fd, block, sizeof(block), (off_t)offset)) > 0) {
		if (memchr(block, '\0', (size_t)len) != NULL)
			return true;
		offset += (uint64_t)len;
	}
	return false;
}

/* The header is not in it as it came: what a NUL cut off is gone (HDR-17). */
static void headers_eom(struct scan *scan)
{
	const struct headers_settings *settings = scan->settings;
	const struct message *message = scan->message;

	if (settings->enabled && message->body_fd >= 0 && holds_nul(message->body_fd, message->body_offset))
		finding_add(scan, "nul", "the body holds a NUL");
}

#define OUTCOME(name, reply_code, reply_status) \
	{ #name, REFUSE_CONTENT, offsetof(struct headers_settings, on_##name), .code = (reply_code), .status = "5." reply_status, \
	  .defer_code = 451, .defer_status = "4." reply_status }

static const struct outcome headers_outcomes[] = {
	OUTCOME(from_missing, 550, "7.1"),
	OUTCOME(from_multiple, 550, "7.1"),
	OUTCOME(from_authors, 550, "7.1"),
	OUTCOME(from_ambiguous, 550, "7.1"),
	OUTCOME(from_malformed, 550, "6.0"),
	OUTCOME(display_address, 550, "7.1"),
	OUTCOME(display_own, 550, "7.1"),
	OUTCOME(duplicate, 550, "6.0"),
	OUTCOME(duplicate_mime, 550, "6.0"),
	OUTCOME(odd_name, 550, "6.0"),
	OUTCOME(nul, 550, "6.0"),
	OUTCOME(loop, 554, "4.6"),	/* RFC 3463 3.5: routing loop detected */
	{ .name = NULL },
};

static const struct option_section *const headers_sections[] = { &headers_section, NULL };

const struct scanner scanner_headers = {
	.name = "headers",
	.summary = "the header of the message: its author, fields that cannot be",
	.sections = headers_sections,
	.outcomes = headers_outcomes,
	.eoh = headers_eoh,
	.eom = headers_eom,
};
