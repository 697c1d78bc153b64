/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/inventory.h"

#include <errno.h>

#include "milter/base/ip.h"
#include "milter/mail/domain.h"
#include "milter/mail/utf8.h"

#define NUMBER_BYTES sizeof(uint64_t)	/* of frame_put_u64 */
#define LENGTH_BYTES sizeof(uint32_t)	/* before a string */
#define DIGEST_BYTES 32u
#define EXTENSION_MAX 20u
#define EXTENSIONS_TEXT_MAX (INVENTORY_EXTENSIONS_MAX * (EXTENSION_MAX + 1))
#define SHARE_OF_HOSTS 4	/* hosts take no more than this part of the room: what is denied must not be pushed out by links */

/* One number says what an entry is; each field has its bits. */
enum { BITS_TYPE = 0, BITS_DECLARED = 8, BITS_MARKS = 16, BIT_IN_ARCHIVE = 48, BIT_IS_ATTACHMENT, BIT_HAS_ALSO, BITS_END };

/* --- text that people will see --- */

/* Controls, and what turns the reading direction or is not seen at all. */
static bool misleads(struct str s, size_t len)
{
	static const struct {
		unsigned first, last;
	} hidden[] = {
		{ 0x00, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c }, { 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
		{ 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff0, 0xfffb }, { 0xe0000, 0xe0fff },
	};
	unsigned c = (unsigned char)s.p[0];

	c = len == 1 ? c : c & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)s.p[i] & 0x3f);
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return true;
	return false;
}

static const char *printable(struct arena *arena, struct str text)
{
	char *copy = arena_alloc(arena, text.len + 1), *out = copy;

	while (text.len > 0) {
		size_t len = utf8_length(text);

		if (len == 0 || misleads(text, len)) {
			len = len == 0 ? 1 : len;
			*out++ = '?';
		} else {
			memcpy(out, text.p, len);
			out += len;
		}
		text = (struct str){ text.p + len, text.len - len };
	}
	return copy;
}

/* At most max bytes of text, no character cut in two. */
static struct str cut(const char *text, size_t max)
{
	struct str s = str_of(text == NULL ? "" : text);
	size_t len = max;

	if (s.len <= max)
		return s;
	while (len > 0 && ((unsigned char)s.p[len] & 0xc0) == 0x80)
		len--;
	return (struct str){ s.p, len };
}

/* --- writing --- */

static struct str extensions_text(const struct inventory_entry *entry, char text[EXTENSIONS_TEXT_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < entry->extensions_len && i < INVENTORY_EXTENSIONS_MAX; i++) {
		struct str extension = cut(entry->extensions[i], EXTENSION_MAX);

		if (len > 0)
			text[len++] = ' ';
		memcpy(text + len, extension.p, extension.len);
		len += extension.len;
	}
	return (struct str){ text, len };
}

static bool has_also(const struct inventory_entry *entry)
{
	return (entry->also.bits[0] | entry->also.bits[1] | entry->also.bits[2]) != 0;
}

static size_t entry_bytes(const struct inventory_entry *entry)
{
	char text[EXTENSIONS_TEXT_MAX];

	return 3 * NUMBER_BYTES + 4 * LENGTH_BYTES + DIGEST_BYTES + cut(entry->name, INVENTORY_NAME_MAX).len +
	       cut(entry->container, INVENTORY_NAME_MAX).len + extensions_text(entry, text).len + (has_also(entry) ? 3 * NUMBER_BYTES : 0);
}

static unsigned nibble(char c)
{
	return ascii_is_digit(c) ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10) & 15;
}

static void put_digest(struct frame *frame, const char digest[2 * DIGEST_BYTES + 1])
{
	char bytes[DIGEST_BYTES] = { 0 };

	for (size_t i = 0; i < DIGEST_BYTES && digest[2 * i] != '\0' && digest[2 * i + 1] != '\0'; i++)
		bytes[i] = (char)(nibble(digest[2 * i]) << 4 | nibble(digest[2 * i + 1]));
	frame_put_str(frame, (struct str){ bytes, sizeof(bytes) });
}

static void put_entry(struct frame *frame, const struct inventory_entry *entry)
{
	uint64_t what = (uint64_t)entry->type << BITS_TYPE | (uint64_t)entry->declared << BITS_DECLARED |
			(uint64_t)entry->marks << BITS_MARKS | (uint64_t)entry->in_archive << BIT_IN_ARCHIVE |
			(uint64_t)entry->is_attachment << BIT_IS_ATTACHMENT | (uint64_t)has_also(entry) << BIT_HAS_ALSO;
	char text[EXTENSIONS_TEXT_MAX];

	frame_put_u64(frame, what);
	for (size_t i = 0; has_also(entry) && i < 3; i++)
		frame_put_u64(frame, entry->also.bits[i]);
	frame_put_str(frame, cut(entry->name, INVENTORY_NAME_MAX));
	frame_put_str(frame, cut(entry->container, INVENTORY_NAME_MAX));
	frame_put_str(frame, extensions_text(entry, text));
	frame_put_u64(frame, entry->size_bytes);
	frame_put_u64(frame, entry->count);
	put_digest(frame, entry->digest);
}

static size_t host_bytes(const struct inventory_host *host)
{
	return 2 * LENGTH_BYTES + strlen(host->host) + strlen(host->shown);
}

static void put_hosts(struct frame *frame, const struct inventory *inventory, size_t len)
{
	frame_put_u64(frame, len);
	for (size_t i = 0; i < len; i++) {
		frame_put_str(frame, str_of(inventory->hosts[i].host));
		frame_put_str(frame, str_of(inventory->hosts[i].shown));
	}
}

static void put_details(struct frame *frame, uint64_t set, const char *const *details, size_t len)
{
	frame_put_u64(frame, set);
	for (size_t i = 0; i < len; i++)
		if ((set >> i & 1) != 0)
			frame_put_str(frame, cut(details[i], INVENTORY_DETAIL_MAX));
}

static void put_about(struct frame *frame, const struct inventory *inventory)
{
	frame_put_u64(frame, inventory->about_len);
	for (size_t i = 0; i < inventory->about_len; i++)
		frame_put_str(frame, str_of(inventory->about[i]));
}

/* What everything but hosts and entries may take. */
static size_t head_bytes(void)
{
	return 9 * NUMBER_BYTES + INVENTORY_ABOUT_MAX * (LENGTH_BYTES + INVENTORY_MESSAGE_ID_MAX) +
	       (UNPACK_LIMITS + AMBIGUITIES) * (LENGTH_BYTES + INVENTORY_DETAIL_MAX);
}

static size_t hosts_that_fit(const struct inventory *inventory, size_t room, size_t *ret_bytes)
{
	size_t len = 0, bytes = 0;

	while (len < inventory->hosts_len && len < INVENTORY_HOSTS_MAX && bytes + host_bytes(&inventory->hosts[len]) <= room)
		bytes += host_bytes(&inventory->hosts[len++]);
	*ret_bytes = bytes;
	return len;
}

static size_t entries_that_fit(const struct inventory *inventory, size_t room)
{
	size_t len = 0, bytes = 0;

	while (len < inventory->entries_len && bytes + entry_bytes(&inventory->entries[len]) <= room)
		bytes += entry_bytes(&inventory->entries[len++]);
	return len;
}

void inventory_write(struct frame *frame, const struct inventory *inventory, size_t room_bytes)
{
	size_t used = frame->len + head_bytes() + room_bytes, room = used > FRAME_MAX ? 0 : FRAME_MAX - used, bytes;
	size_t hosts_len = hosts_that_fit(inventory, room / SHARE_OF_HOSTS, &bytes);
	size_t entries_len = entries_that_fit(inventory, room - bytes);
	const char *limit_details[UNPACK_LIMITS];
	unsigned limits = inventory->limits;

	memcpy(limit_details, inventory->limit_details, sizeof(limit_details));
	if (entries_len < inventory->entries_len && (limits & 1u << UNPACK_NAMES) == 0) {
		limits |= 1u << UNPACK_NAMES;
		limit_details[UNPACK_NAMES] = "too many different things to tell of all";
	}
	frame_put_u64(frame, inventory->parts);
	frame_put_u64(frame, inventory->members);
	frame_put_u64(frame, inventory->contents);
	frame_put_u64(frame, inventory->bytes);
	put_details(frame, limits, limit_details, UNPACK_LIMITS);
	put_details(frame, inventory->ambiguities, inventory->ambiguity_details, AMBIGUITIES);
	put_about(frame, inventory);
	put_hosts(frame, inventory, hosts_len);
	frame_put_u64(frame, entries_len);
	for (size_t i = 0; i < entries_len; i++)
		put_entry(frame, &inventory->entries[i]);
}

/* --- reading: the frame goes bad at the first thing that cannot be --- */

static void reject(struct frame *frame)
{
	frame->bad = true;
}

static const char *get_text(struct arena *arena, struct frame *frame, size_t max)
{
	struct str text = frame_get_str(frame);

	if (text.len > max)
		reject(frame);
	return frame->bad ? "" : printable(arena, text);
}

static uint64_t get_details(struct arena *arena, struct frame *frame, const char **details, size_t len)
{
	uint64_t set = frame_get_u64(frame);

	if (set >> len != 0)
		reject(frame);
	for (size_t i = 0; i < len; i++)
		details[i] = !frame->bad && (set >> i & 1) != 0 ? get_text(arena, frame, INVENTORY_DETAIL_MAX) : "";
	return set;
}

/* A count of things each of which takes at least so many bytes: what is promised must be there, before memory is taken for it. */
static size_t get_count(struct frame *frame, size_t each_bytes)
{
	uint64_t count = frame_get_u64(frame);

	if (count > (frame->len - frame->at) / each_bytes)
		reject(frame);
	return frame->bad ? 0 : (size_t)count;
}

bool inventory_is_message_id(struct str id)
{
	for (size_t i = 0; i < id.len; i++)
		if (id.p[i] <= ' ' || id.p[i] > '~' || id.p[i] == '<' || id.p[i] == '>')
			return false;
	return id.len > 0 && id.len <= INVENTORY_MESSAGE_ID_MAX;
}

static void get_about(struct arena *arena, struct frame *frame, struct inventory *inventory)
{
	size_t len = get_count(frame, LENGTH_BYTES + 1);

	if (len > INVENTORY_ABOUT_MAX)
		reject(frame);
	while (!frame->bad && inventory->about_len < len) {
		struct str id = frame_get_str(frame);

		if (frame->bad || !inventory_is_message_id(id))
			reject(frame);
		else
			inventory->about[inventory->about_len++] = arena_strndup(arena, id.p, id.len);
	}
}

static bool is_host(struct arena *arena, const char *text)
{
	const char *domain;
	struct ip ip;

	if (ip_parse(text, &ip) == 0)
		return true;
	return domain_normalise(arena, str_of(text), &domain) == 0 && strcmp(domain, text) == 0;
}

static const char *get_host(struct arena *arena, struct frame *frame, bool may_be_empty)
{
	struct str text = frame_get_str(frame);
	const char *host = text.len > DOMAIN_MAX ? "" : arena_strndup(arena, text.p, text.len);

	if (text.len == 0 && may_be_empty)
		return "";
	if (!frame->bad && (strlen(host) != text.len || !is_host(arena, host)))
		reject(frame);
	return host;
}

static void get_hosts(struct arena *arena, struct frame *frame, struct inventory *inventory)
{
	size_t len = get_count(frame, 2 * LENGTH_BYTES + 1);

	if (len > INVENTORY_HOSTS_MAX)
		reject(frame);
	if (frame->bad)
		return;
	inventory->hosts = arena_array(arena, len, sizeof(*inventory->hosts));
	for (; !frame->bad && inventory->hosts_len < len; inventory->hosts_len++) {
		struct inventory_host *host = &inventory->hosts[inventory->hosts_len];

		host->host = get_host(arena, frame, false);
		host->shown = get_host(arena, frame, true);
	}
}

static bool is_extension(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!ascii_is_digit(text.p[i]) && !(text.p[i] >= 'a' && text.p[i] <= 'z') && text.p[i] != '-' && text.p[i] != '_')
			return false;
	return text.len >= 1 && text.len <= EXTENSION_MAX;
}

static void get_extensions(struct arena *arena, struct frame *frame, struct inventory_entry *entry)
{
	struct str rest = frame_get_str(frame);

	if (rest.len == 0)
		return;
	while (!frame->bad && rest.p != NULL) {
		struct str extension = str_split(&rest, " ");

		if (entry->extensions_len == INVENTORY_EXTENSIONS_MAX || !is_extension(extension))
			reject(frame);
		else
			entry->extensions[entry->extensions_len++] = arena_strndup(arena, extension.p, extension.len);
	}
}

static enum filetype get_type(struct frame *frame, uint64_t number)
{
	if ((number & 0xff) >= FILETYPES)
		reject(frame);
	return frame->bad ? FILETYPE_UNKNOWN : (enum filetype)(number & 0xff);
}

/* Bits that no type has must be zero. */
static void get_also(struct frame *frame, struct filetype_set *also)
{
	for (size_t i = 0; i < 3; i++) {
		size_t bits = FILETYPES <= 64 * i ? 0 : FILETYPES - 64 * i;

		also->bits[i] = frame_get_u64(frame);
		if (bits < 64 && also->bits[i] >> bits != 0)
			reject(frame);
	}
}

static void get_digest(struct frame *frame, char digest[2 * DIGEST_BYTES + 1])
{
	static const char digits[] = "0123456789abcdef";
	struct str bytes = frame_get_str(frame);

	if (bytes.len != DIGEST_BYTES)
		reject(frame);
	for (size_t i = 0; !frame->bad && i < DIGEST_BYTES; i++) {
		digest[2 * i] = digits[(unsigned char)bytes.p[i] >> 4];
		digest[2 * i + 1] = digits[(unsigned char)bytes.p[i] & 15];
	}
}

static void get_entry(struct arena *arena, struct frame *frame, struct inventory_entry *entry)
{
	uint64_t what = frame_get_u64(frame);

	if (what >> BITS_END != 0 || (what >> BITS_MARKS & 0xffffffff) >> MARKS != 0)
		reject(frame);
	entry->type = get_type(frame, what >> BITS_TYPE);
	entry->declared = get_type(frame, what >> BITS_DECLARED);
	entry->marks = (unsigned)(what >> BITS_MARKS);
	entry->in_archive = (what >> BIT_IN_ARCHIVE & 1) != 0;
	entry->is_attachment = (what >> BIT_IS_ATTACHMENT & 1) != 0;
	if ((what >> BIT_HAS_ALSO & 1) != 0)
		get_also(frame, &entry->also);
	entry->name = get_text(arena, frame, INVENTORY_NAME_MAX);
	entry->container = get_text(arena, frame, INVENTORY_NAME_MAX);
	get_extensions(arena, frame, entry);
	entry->size_bytes = frame_get_u64(frame);
	entry->count = frame_get_u64(frame);
	if (entry->count == 0)
		reject(frame);
	get_digest(frame, entry->digest);
}

static void get_entries(struct arena *arena, struct frame *frame, struct inventory *inventory)
{
	size_t len = get_count(frame, 3 * NUMBER_BYTES + 4 * LENGTH_BYTES + DIGEST_BYTES);

	inventory->entries = arena_array(arena, len, sizeof(*inventory->entries));
	for (; !frame->bad && inventory->entries_len < len; inventory->entries_len++)
		get_entry(arena, frame, &inventory->entries[inventory->entries_len]);
}

int inventory_read(struct arena *arena, struct frame *frame, struct inventory *ret_inventory)
{
	struct inventory inventory = { 0 };

	inventory.parts = frame_get_u64(frame);
	inventory.members = frame_get_u64(frame);
	inventory.contents = frame_get_u64(frame);
	inventory.bytes = frame_get_u64(frame);
	inventory.limits = (unsigned)get_details(arena, frame, inventory.limit_details, UNPACK_LIMITS);
	inventory.ambiguities = get_details(arena, frame, inventory.ambiguity_details, AMBIGUITIES);
	get_about(arena, frame, &inventory);
	if (!frame->bad)
		get_hosts(arena, frame, &inventory);
	if (!frame->bad)
		get_entries(arena, frame, &inventory);
	if (frame->bad)
		return -EBADMSG;
	*ret_inventory = inventory;
	return 0;
}
