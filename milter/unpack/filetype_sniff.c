/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/filetype_internal.h"

#define PDF_HEADER_WITHIN 1024		/* as readers take it (PDF 32000-1 H.3) */

/* A header of PDF somewhere near the start, and objects. A letter that tells of such a header has none. */
static bool is_late_pdf(struct str bytes)
{
	struct str head = octets_sub(bytes, 0, PDF_HEADER_WITHIN + 8);
	size_t at = octets_find(head, 0, STR("%PDF-"));

	if (at == (size_t)-1 || !ascii_is_digit((char)octets_u8(bytes, at + 5)))
		return false;
	return octets_has(octets_sub(bytes, at, FILETYPE_WINDOW), STR(" obj")) ||
		octets_has(octets_from(bytes, bytes.len > FILETYPE_WINDOW ? bytes.len - FILETYPE_WINDOW : 0), STR("startxref"));
}

static enum filetype start_of(struct str bytes)
{
	enum filetype type = filetype_signature(bytes);

	if (type == FILETYPE_UNKNOWN)
		type = filetype_binary(bytes);
	return type;
}

static enum filetype text_of(struct str bytes, struct filetype_set *ret_also)
{
	char room[FILETYPE_NARROW];
	struct str text = filetype_narrow(bytes, room);
	enum filetype words = filetype_words(text), markup = FILETYPE_UNKNOWN;

	if (words == FILETYPE_UNKNOWN || words == FILETYPE_JSON)
		markup = filetype_markup(text, ret_also);
	if (markup != FILETYPE_UNKNOWN)
		return markup;
	return words == FILETYPE_UNKNOWN ? FILETYPE_TEXT : words;
}

/* Containers that hold others as they are: a ZIP within them ends somewhere, now and then where they end. */
static bool is_plain_container(enum filetype type)
{
	unsigned groups = filetype_groups(type);

	return (groups & (FILEGROUP_ARCHIVES | FILEGROUP_DISK_IMAGES | FILEGROUP_MAIL)) != 0 || type == FILETYPE_OLE2 || type == FILETYPE_DOC ||
		type == FILETYPE_XLS || type == FILETYPE_PPT || type == FILETYPE_MSI || type == FILETYPE_ONENOTE || type == FILETYPE_UNKNOWN;
}

static bool is_zip_behind(struct str bytes, enum filetype type)
{
	bool to_end;
	size_t end = filetype_zip_end(bytes, &to_end);

	return end != (size_t)-1 && (to_end || !is_plain_container(type));
}

static bool is_zip(enum filetype type)
{
	return type == FILETYPE_ZIP;
}

/* Pictures, sound, programs and unknown bytes have no HTML of their own at their start; what has is opened as that, too, under its name. */
static bool may_hide_script(enum filetype type)
{
	return (filetype_groups(type) & (FILEGROUP_IMAGES | FILEGROUP_MEDIA | FILEGROUP_ARCHIVES)) != 0 || type == FILETYPE_UNKNOWN;
}

static void add_others(struct str bytes, enum filetype type, struct filetype_set *ret_also)
{
	enum filetype disk = filetype_disk(bytes);

	if (disk != FILETYPE_UNKNOWN && disk != type)
		filetype_set_add(ret_also, disk);
	if (!is_zip(type) && is_zip_behind(bytes, type))
		filetype_set_add(ret_also, FILETYPE_ZIP);
	if (type != FILETYPE_PDF && is_late_pdf(bytes))
		filetype_set_add(ret_also, FILETYPE_PDF);
	if (type != FILETYPE_TAR && octets_match(bytes, 257, STR("ustar")) && filetype_is_tar(bytes))
		filetype_set_add(ret_also, FILETYPE_TAR);
	if (may_hide_script(type) && type != FILETYPE_SVG && filetype_has_script(bytes))
		filetype_set_add(ret_also, filetype_has_hta(bytes) ? FILETYPE_HTA : FILETYPE_HTML);
}

/* Nothing at the start: what else it is becomes its type. */
static enum filetype promote(struct filetype_set *also)
{
	static const enum filetype order[] = { FILETYPE_ISO, FILETYPE_UDF, FILETYPE_VHD, FILETYPE_DMG, FILETYPE_PDF, FILETYPE_ZIP };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (filetype_set_has(also, order[i])) {
			also->bits[order[i] / 64] &= ~(UINT64_C(1) << (order[i] % 64));
			return order[i];
		}
	}
	return FILETYPE_UNKNOWN;
}

enum filetype filetype_sniff(struct str bytes, struct filetype_set *ret_also)
{
	enum filetype type;

	memset(ret_also, 0, sizeof(*ret_also));
	if (bytes.len == 0)
		return FILETYPE_EMPTY;
	type = start_of(bytes);
	if (type == FILETYPE_UNKNOWN && filetype_is_tar(bytes))
		type = FILETYPE_TAR;
	/* a script may have an archive behind it */
	if (type == FILETYPE_UNKNOWN && (filetype_is_text(bytes) || octets_match(bytes, 0, STR("#!/"))))
		type = text_of(bytes, ret_also);
	add_others(bytes, type, ret_also);
	if (type == FILETYPE_UNKNOWN || type == FILETYPE_TEXT) {
		enum filetype other = promote(ret_also);

		type = other != FILETYPE_UNKNOWN ? other : type;
	}
	return type == FILETYPE_UNKNOWN ? filetype_boot(bytes) : type;
}
