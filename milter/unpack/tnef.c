/* SPDX-License-Identifier: GPL-2.0-or-later */
/* winmail.dat (MS-OXTNEF): a row of attributes, of the message and then of each attachment; MAPI properties within two of them (tnef_properties.h). */
#include "milter/unpack/handlers.h"
#include "milter/unpack/lzfu.h"
#include "milter/unpack/octets.h"
#include "milter/unpack/suspect.h"
#include "milter/unpack/tnef_properties.h"

#define SIGNATURE 0x223e9f78
#define FIRST_ATTRIBUTE 6	/* behind signature and key */
#define ATTRIBUTE_HEAD 9	/* level, id, length */
#define CHECKSUM_LEN 2

#define NAMES_MAX 8
#define DATA_MAX 4		/* of one attachment: an attribute and a property, usually one of them */

enum attribute { ATTRIBUTE_BODY = 0x0002800c, ATTRIBUTE_RENDER_DATA = 0x00069002, ATTRIBUTE_TITLE = 0x00018010, ATTRIBUTE_DATA = 0x0006800f,
		 ATTRIBUTE_TRANSPORT_NAME = 0x00069001, ATTRIBUTE_ATTACHMENT = 0x00069005, ATTRIBUTE_MESSAGE = 0x00069003 };

/* MS-OXPROPS */
enum property { PROPERTY_BODY = 0x1000, PROPERTY_RTF = 0x1009, PROPERTY_HTML = 0x1013, PROPERTY_DISPLAY_NAME = 0x3001, PROPERTY_DATA = 0x3701,
		PROPERTY_FILE_NAME = 0x3704, PROPERTY_LONG_NAME = 0x3707, PROPERTY_TRANSPORT_NAME = 0x370c, PROPERTY_MEDIA_TYPE = 0x370e };

struct tnef {
	struct unpack *unpack;
	const struct item *item;
	bool is_broken;

	/* of the attachment that is being read */
	struct str names[NAMES_MAX], data[DATA_MAX], media_type;
	size_t names_len, data_len;
};

static void broken(struct tnef *tnef, const char *why)
{
	tnef->is_broken = true;
	unpack_mark(tnef->unpack, tnef->item, MARK_UNREADABLE);
	unpack_ambiguous(tnef->unpack, AMBIGUITY_TNEF, "winmail.dat: %s", why);
}

static const struct content *found(struct tnef *tnef, struct str bytes, struct str media_type, bool is_attachment)
{
	return unpack_found(tnef->unpack, &(struct item){ .parent = tnef->item, .kind = ITEM_EMBEDDED, .bytes = bytes, .names = tnef->names,
							  .names_len = is_attachment ? tnef->names_len : 0, .media_type = media_type,
							  .is_attachment = is_attachment });
}

/* All names come before any data is shown: an attachment's attributes have no order. */
static void attachment_end(struct tnef *tnef)
{
	const struct content *first = NULL;

	for (size_t i = 0; i < tnef->data_len; i++) {
		const struct content *content = found(tnef, tnef->data[i], tnef->media_type, true);

		if (content == NULL)
			break;
		if (first != NULL && !content_equal(first, content) && suspect_matters(first) && suspect_matters(content))
			broken(tnef, "one attachment with two contents");
		first = first == NULL ? content : first;
	}
	if (tnef->data_len == 0 && tnef->names_len > 0)		/* a name that policy may want to see */
		(void)found(tnef, STR(""), tnef->media_type, true);
	tnef->names_len = tnef->data_len = 0;
	tnef->media_type = STR("");
}

static void add_name(struct tnef *tnef, struct str name)
{
	const char *nul = name.len == 0 ? NULL : memchr(name.p, '\0', name.len);

	/* The bytes behind a NUL are another reading of the name, and filename.h has one for NUL; those that merely end it are none. */
	while (nul != NULL && name.len > 0 && name.p[name.len - 1] == '\0')
		name.len--;
	if (name.len > 0 && tnef->names_len < NAMES_MAX)
		tnef->names[tnef->names_len++] = name;
	else if (name.len > 0)
		unpack_limit(tnef->unpack, UNPACK_NAMES, "an attachment with more than %d names in winmail.dat", NAMES_MAX);
}

static void add_data(struct tnef *tnef, struct str data)
{
	if (tnef->data_len == DATA_MAX) {
		broken(tnef, "one attachment with many contents");
		attachment_end(tnef);
	}
	tnef->data[tnef->data_len++] = data;
}

/* An object begins with the id of its interface; what follows is a TNEF again, an OLE2 file or a stream: its own bytes tell. */
static struct str behind_interface(const struct tnef_property *property)
{
	return property->type == TNEF_OBJECT ? octets_from(property->value, 16) : property->value;
}

static void read_attachment_property(void *arg, const struct tnef_property *property)
{
	struct tnef *tnef = arg;

	switch (property->id) {
	case PROPERTY_DATA:
		add_data(tnef, behind_interface(property));
		break;
	case PROPERTY_FILE_NAME:
	case PROPERTY_LONG_NAME:
	case PROPERTY_DISPLAY_NAME:
	case PROPERTY_TRANSPORT_NAME:
		add_name(tnef, tnef_text(unpack_arena(tnef->unpack), property));
		break;
	case PROPERTY_MEDIA_TYPE:
		tnef->media_type = tnef_media_type(unpack_arena(tnef->unpack), property);
		break;
	default:
		break;
	}
}

static void read_rtf(struct tnef *tnef, struct str compressed)
{
	size_t size = lzfu_room(compressed);
	char *out = size == 0 ? NULL : unpack_take(tnef->unpack, size);
	bool is_whole = true;
	size_t len = 0;

	if (out != NULL)
		len = lzfu_decode(compressed, out, size, &is_whole);
	if (len > 0)
		(void)found(tnef, (struct str){ out, len }, STR("application/rtf"), false);
	if (!is_whole || (size == 0 && compressed.len > 16))
		broken(tnef, "RTF that cannot be decompressed");
	unpack_give_unused(tnef->unpack, out, size, len);
}

static void read_message_property(void *arg, const struct tnef_property *property)
{
	struct tnef *tnef = arg;

	if (property->value.len == 0)
		return;
	if (property->id == PROPERTY_RTF)
		read_rtf(tnef, property->value);
	else if (property->id == PROPERTY_HTML)
		(void)found(tnef, property->value, STR("text/html"), false);
	else if (property->id == PROPERTY_BODY)
		(void)found(tnef, tnef_text(unpack_arena(tnef->unpack), property), STR("text/plain"), false);
	else if (property->type == TNEF_OBJECT)
		(void)found(tnef, behind_interface(property), STR(""), true);
}

static void read_properties(struct tnef *tnef, struct str data, void (*read)(void *arg, const struct tnef_property *property))
{
	if (!tnef_properties_read(data, read, tnef))
		broken(tnef, "properties that cannot be read");
}

static void read_attribute(struct tnef *tnef, uint32_t id, struct str data)
{
	switch (id) {
	case ATTRIBUTE_RENDER_DATA:
		attachment_end(tnef);
		break;
	case ATTRIBUTE_TITLE:
	case ATTRIBUTE_TRANSPORT_NAME:
		add_name(tnef, data);
		break;
	case ATTRIBUTE_DATA:
		add_data(tnef, data);
		break;
	case ATTRIBUTE_ATTACHMENT:
		read_properties(tnef, data, read_attachment_property);
		break;
	case ATTRIBUTE_MESSAGE:
		read_properties(tnef, data, read_message_property);
		break;
	case ATTRIBUTE_BODY:
		(void)found(tnef, data, STR("text/plain"), false);
		break;
	default:
		break;
	}
}

static uint16_t checksum_of(struct str data)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < data.len; i++)
		sum += (uint8_t)data.p[i];
	return (uint16_t)sum;
}

/* Reads one and moves *rest behind it. What has no end is taken as far as it goes. */
static void next_attribute(struct tnef *tnef, struct str *rest)
{
	uint8_t level = octets_u8(*rest, 0);
	uint32_t id = octets_le32(*rest, 1), len = octets_le32(*rest, 5);
	struct str data = octets_sub(*rest, ATTRIBUTE_HEAD, len);

	if (level != 1 && level != 2)
		broken(tnef, "an attribute of nothing");
	if (data.len < len || !octets_within(*rest, ATTRIBUTE_HEAD + (uint64_t)len, CHECKSUM_LEN))
		broken(tnef, len > INT32_MAX ? "a negative length" : "an attribute without end");
	else if (checksum_of(data) != octets_le16(*rest, ATTRIBUTE_HEAD + (uint64_t)len))
		broken(tnef, "a wrong checksum");
	read_attribute(tnef, id, data);
	*rest = octets_from(*rest, ATTRIBUTE_HEAD + (uint64_t)len + CHECKSUM_LEN);
}

void tnef_unpack(struct unpack *unpack, const struct item *item)
{
	struct tnef tnef = { .unpack = unpack, .item = item, .media_type = STR("") };
	struct str rest = octets_from(item->bytes, FIRST_ATTRIBUTE);

	if (octets_le32(item->bytes, 0) != SIGNATURE)
		return;
	while (rest.len >= ATTRIBUTE_HEAD && !unpack_stopped(unpack))
		next_attribute(&tnef, &rest);
	attachment_end(&tnef);
}
