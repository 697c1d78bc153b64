/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a cage that has been taken over tells of a message: whatever is read can be put into a reply and a record, and comes back as it is when it is
 * written again. */
#include <stdlib.h>
#include <string.h>

#include "milter/mail/utf8.h"
#include "scanners/content_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct frame frame, again;

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_text(const char *text, size_t max)
{
	check(text != NULL && strlen(text) <= max && utf8_is_valid(str_of(text)));
	for (const char *p = text; *p != '\0'; p++)
		check((unsigned char)*p >= 0x20 && *p != 0x7f);
	check(strstr(text, "\xe2\x80\xae") == NULL && strstr(text, "\xc2\x85") == NULL);
}

static void check_entry(const struct inventory_entry *entry)
{
	check_text(entry->name, INVENTORY_NAME_MAX);
	check_text(entry->container, INVENTORY_NAME_MAX);
	check(entry->type < FILETYPES && entry->declared < FILETYPES && entry->marks < 1u << MARKS && entry->count > 0);
	check(entry->extensions_len <= INVENTORY_EXTENSIONS_MAX && strlen(entry->digest) == 64);
	for (size_t i = 0; i < entry->extensions_len; i++)
		check(strlen(entry->extensions[i]) >= 1 && strlen(entry->extensions[i]) <= 20);
	for (unsigned i = FILETYPES; i < 192; i++)
		check((entry->also.bits[i / 64] >> i % 64 & 1) == 0);
}

static void check_inventory(const struct inventory *inventory)
{
	check(inventory->limits < 1u << UNPACK_LIMITS && inventory->ambiguities < UINT64_C(1) << AMBIGUITIES);
	for (size_t i = 0; i < UNPACK_LIMITS; i++)
		check_text(inventory->limit_details[i], INVENTORY_DETAIL_MAX);
	for (size_t i = 0; i < AMBIGUITIES; i++)
		check_text(inventory->ambiguity_details[i], INVENTORY_DETAIL_MAX);
	check(inventory->hosts_len <= INVENTORY_HOSTS_MAX);
	for (size_t i = 0; i < inventory->hosts_len; i++)
		check(inventory->hosts[i].host[0] != '\0' && strlen(inventory->hosts[i].shown) <= 253);
	check(inventory->about_len <= INVENTORY_ABOUT_MAX);
	for (size_t i = 0; i < inventory->about_len; i++)
		check(inventory_is_message_id(str_of(inventory->about[i])));
	for (size_t i = 0; i < inventory->entries_len; i++)
		check_entry(&inventory->entries[i]);
}

/* Unless so much was in hosts that they do not get the room again. */
static void check_again(struct arena *arena, const struct content_answer *answer)
{
	struct content_answer second;

	frame_start(&again, 0);
	content_answer_write(&again, answer);
	check(!again.bad && content_answer_read(arena, &again, &second) == 0);
	check(second.has_antivirus == answer->has_antivirus && second.inventory.ambiguities == answer->inventory.ambiguities);
	check(second.inventory.about_len == answer->inventory.about_len);
	for (size_t i = 0; i < second.inventory.about_len; i++)
		check(strcmp(second.inventory.about[i], answer->inventory.about[i]) == 0);
	check(second.inventory.entries_len == answer->inventory.entries_len || (second.inventory.limits & 1u << UNPACK_NAMES) != 0);
	for (size_t i = 0; i < second.inventory.entries_len; i++) {
		check(strcmp(second.inventory.entries[i].digest, answer->inventory.entries[i].digest) == 0);
		check(second.inventory.entries[i].marks == answer->inventory.entries[i].marks);
		check(second.inventory.entries[i].extensions_len == answer->inventory.entries[i].extensions_len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct content_answer answer;
	struct content_question question;

	if (size > FRAME_MAX) {
		arena_free(arena);
		return 0;
	}
	frame_start(&frame, 0);
	memcpy(frame.data, data, size);
	frame.len = size;
	if (content_answer_read(arena, &frame, &answer) == 0) {
		check_inventory(&answer.inventory);
		check_again(arena, &answer);
	}
	frame.at = 0;
	frame.bad = false;
	(void)content_question_read(&frame, &question);
	arena_free(arena);
	return 0;
}
