/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read as an address is its own normal form, within its limits, and holds no control byte; an entry that is
 * made of it matches it. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/mail/address.h"
#include "milter/mail/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_address(struct arena *arena, const struct address *address)
{
	const char *problem, *entry, *at = strrchr(address->text, '@');
	struct address again;

	check(strlen(address->text) <= ADDRESS_MAX && utf8_is_valid(str_of(address->text)));
	for (const char *p = address->text; *p != '\0'; p++)
		check(!ascii_is_control(*p));
	(void)address_reroutes(address);
	(void)address_is_postmaster(address);
	if (address->text[0] == '\0')
		return;
	/* as a sender: a recipient's local part is bounded more tightly */
	check(address_parse(arena, str_of(address->text), ADDRESS_SENDER, &again, &problem) == 0);
	check(strcmp(again.text, address->text) == 0 && strcmp(again.localpart, address->localpart) == 0);
	if (address->domain == NULL)
		return;
	check(at != NULL && strcmp(at + 1, address->domain) == 0 && strcmp(again.domain, address->domain) == 0);
	check(address_entry_normalise(arena, str_of(address->text), &entry) == 0 && address_matches(address, entry));
	check(address_entry_normalise(arena, str_of(at), &entry) == 0 && address_matches(address, entry));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct str in = { (const char *)data, size };
	struct address address;
	const char *problem = NULL, *entry, *again;

	for (enum address_kind kind = ADDRESS_SENDER; kind <= ADDRESS_RECIPIENT; kind++) {
		if (address_parse(arena, in, kind, &address, &problem) == 0)
			check_address(arena, &address);
		else
			check(problem != NULL);
	}
	if (address_entry_normalise(arena, in, &entry) == 0)
		check(address_entry_normalise(arena, str_of(entry), &again) == 0 && strcmp(entry, again) == 0);
	arena_free(arena);
	return 0;
}
