/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/reputation_lists.h"

#include <string.h>

#include "milter/mail/domain.h"

/* A zone, or one above it: zones with a customer's key stand below, too. */
static const struct {
	const char *zone, *page;
} pages[] = {
	{ "spamhaus.org", "https://check.spamhaus.org/" },
	{ "spamhaus.net", "https://check.spamhaus.org/" },
	{ "abuseat.org", "https://check.spamhaus.org/" },
	{ "spamcop.net", "https://www.spamcop.net/bl.shtml" },
	{ "barracudacentral.org", "https://www.barracudacentral.org/rbl/removal-request" },
	{ "psbl.surriel.com", "https://psbl.org/" },
	{ "uceprotect.net", "https://www.uceprotect.net/en/rblcheck.php" },
	{ "backscatterer.org", "https://www.backscatterer.org/" },
	{ "dronebl.org", "https://dronebl.org/lookup" },
	{ "mailspike.net", "https://mailspike.org/" },
	{ "mailspike.org", "https://mailspike.org/" },
	{ "spamrats.com", "https://www.spamrats.com/removal.php" },
	{ "spameatingmonkey.net", "https://spameatingmonkey.com/lookup" },
	{ "blocklist.de", "https://www.blocklist.de/en/delist.html" },
	{ "surbl.org", "https://surbl.org/surbl-analysis" },
	{ "uribl.com", "https://admin.uribl.com/" },
	{ "invaluement.com", "https://www.invaluement.com/" },
};

/* Where the TXT of a list says no more than "listed". */
static const struct {
	const char *zone;
	uint32_t first, last;
	const char *meaning;
} meanings[] = {
	{ "zen", 0x7f000002, 0x7f000002, "SBL: a source of spam, entered by hand" },
	{ "zen", 0x7f000003, 0x7f000003, "CSS: a source of spam, found automatically" },
	{ "zen", 0x7f000004, 0x7f000007, "XBL: a host that is infected or abused" },
	{ "zen", 0x7f000009, 0x7f000009, "DROP: a network in criminal hands" },
	{ "zen", 0x7f00000a, 0x7f00000b, "PBL: a network that should send no mail to others directly" },
	{ "dbl", 0x7f000102, 0x7f000102, "a domain of spam" },
	{ "dbl", 0x7f000104, 0x7f000104, "a domain of phishing" },
	{ "dbl", 0x7f000105, 0x7f000105, "a domain of malware" },
	{ "dbl", 0x7f000106, 0x7f000106, "a domain that controls infected hosts" },
	{ "dbl", 0x7f000166, 0x7f00016a, "a legitimate domain that is abused" },
};

static bool is_at(const char *zone, const char *known)
{
	return strcmp(zone, known) == 0 || domain_is_below(zone, known);
}

static bool has_label(const char *zone, const char *label)
{
	size_t len = strlen(label);

	for (const char *p = zone; p != NULL; p = strchr(p, '.')) {
		p += *p == '.';
		if (strncmp(p, label, len) == 0 && p[len] == '.')
			return true;
	}
	return false;
}

const char *reputation_meaning(const char *zone, uint32_t address)
{
	if (!is_at(zone, "spamhaus.org") && !is_at(zone, "spamhaus.net"))
		return "";
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (has_label(zone, meanings[i].zone) && address >= meanings[i].first && address <= meanings[i].last)
			return meanings[i].meaning;
	return "";
}

static const char *first_url(struct arena *arena, const char *text)
{
	const char *start = strstr(text, "https://"), *plain = strstr(text, "http://");
	size_t len;

	if (start == NULL || (plain != NULL && plain < start))
		start = plain;
	if (start == NULL)
		return "";
	len = strcspn(start, " '\"<>()[]{}|\\^`");
	while (len > 0 && strchr(".,;:!?", start[len - 1]) != NULL)
		len--;
	return arena_strndup(arena, start, len);
}

const char *reputation_removal(struct arena *arena, const char *zone, const char *reason)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (is_at(zone, pages[i].zone))
			return pages[i].page;
	return first_url(arena, reason);
}
