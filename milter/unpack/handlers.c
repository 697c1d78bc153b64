/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is asked to look into what. */
#include "milter/unpack/handlers.h"

#include "milter/unpack/prepare.h"
#include "milter/unpack/unpack_internal.h"

/* Types for which a handler is asked. FILETYPE_UNKNOWN ends them (it is 0). */
#define TYPES(...) (const enum filetype[]){ __VA_ARGS__, FILETYPE_UNKNOWN }

struct handler_row {
	unpack_handler *look;
	const enum filetype *types;
	bool only_top;		/* not on what lies as it is in bytes that it has already seen */
};

/* Within a row of types the order is that of the table. Readings of the structure come before salvage, which looks for what they have not shown. */
static const struct handler_row rows[] = {
	{ mime_unpack, TYPES(FILETYPE_MAIL, FILETYPE_MHTML), false },
	{ gmime_unpack, TYPES(FILETYPE_MAIL), true },
	{ tnef_unpack, TYPES(FILETYPE_TNEF), false },
	{ smime_unpack, TYPES(FILETYPE_SMIME_SIGNED, FILETYPE_SMIME_ENCRYPTED, FILETYPE_PKCS7), false },
	{ appledouble_unpack, TYPES(FILETYPE_APPLEDOUBLE), false },
	{ calendar_unpack, TYPES(FILETYPE_ICAL, FILETYPE_VCARD), false },
	{ zip_unpack, TYPES(FILETYPE_ZIP, FILETYPE_JAR, FILETYPE_APK, FILETYPE_MSIX, FILETYPE_OOXML, FILETYPE_DOCX, FILETYPE_XLSX, FILETYPE_XLSB,
			    FILETYPE_PPTX, FILETYPE_VSDX, FILETYPE_DOCM, FILETYPE_XLSM, FILETYPE_PPTM, FILETYPE_ODF, FILETYPE_EPUB), false },
	{ archive_unpack, TYPES(FILETYPE_7Z, FILETYPE_RAR, FILETYPE_TAR, FILETYPE_CAB, FILETYPE_ARJ, FILETYPE_LZH, FILETYPE_ACE, FILETYPE_CPIO,
				FILETYPE_AR, FILETYPE_XAR, FILETYPE_ZOO, FILETYPE_ARC, FILETYPE_DEB, FILETYPE_RPM, FILETYPE_DIAGCAB, FILETYPE_ISO,
				FILETYPE_UDF, FILETYPE_IMG, FILETYPE_VHD, FILETYPE_VHDX, FILETYPE_DMG, FILETYPE_WIM, FILETYPE_VMDK,
				FILETYPE_QCOW), false },
	{ compressed_unpack, TYPES(FILETYPE_GZIP, FILETYPE_BZIP2, FILETYPE_XZ, FILETYPE_LZMA, FILETYPE_ZSTD, FILETYPE_LZ4, FILETYPE_COMPRESS,
				   FILETYPE_BROTLI), false },
	{ ole2_unpack, TYPES(FILETYPE_OLE2, FILETYPE_DOC, FILETYPE_XLS, FILETYPE_PPT, FILETYPE_MSG, FILETYPE_PUB, FILETYPE_MSI), false },
	{ pdf_unpack, TYPES(FILETYPE_PDF), false },
	{ html_unpack, TYPES(FILETYPE_HTML, FILETYPE_HTA), false },
	{ svg_unpack, TYPES(FILETYPE_SVG), false },
	{ xml_unpack, TYPES(FILETYPE_XML), false },
	{ rtf_unpack, TYPES(FILETYPE_RTF), false },
	{ onenote_unpack, TYPES(FILETYPE_ONENOTE), false },
	{ text_unpack, TYPES(FILETYPE_TEXT, FILETYPE_HTML, FILETYPE_UUENCODE, FILETYPE_YENC, FILETYPE_BINHEX, FILETYPE_PGP, FILETYPE_JS, FILETYPE_VBS,
			     FILETYPE_PS1, FILETYPE_BAT, FILETYPE_HTA, FILETYPE_WSF, FILETYPE_XML, FILETYPE_CSV, FILETYPE_JSON), false },
	{ links_unpack, TYPES(FILETYPE_TEXT, FILETYPE_HTML), false },
	{ appended_unpack, TYPES(FILETYPE_EXE, FILETYPE_ELF, FILETYPE_PDF, FILETYPE_PNG, FILETYPE_JPEG, FILETYPE_GIF, FILETYPE_BMP, FILETYPE_TIFF,
				 FILETYPE_WEBP, FILETYPE_ICO, FILETYPE_AUDIO, FILETYPE_VIDEO, FILETYPE_SHELL), false },
	{ salvage_unpack, TYPES(FILETYPE_MAIL), true },
};
_Static_assert(sizeof(rows) / sizeof(rows[0]) <= HANDLERS_MAX, "a bit for each");

static bool is_for(const struct handler_row *row, const struct filetype_set *types)
{
	for (const enum filetype *type = row->types; *type != FILETYPE_UNKNOWN; type++) {
		if (filetype_set_has(types, *type))
			return true;
	}
	return false;
}

/* A message within a message, not decoded: whoever reads the outer one has read it. */
static bool is_slice(const struct item *item)
{
	for (const struct item *above = item->parent; above != NULL; above = above->parent) {
		if (item->bytes.p >= above->bytes.p && item->bytes.p < above->bytes.p + above->bytes.len)
			return true;
	}
	return false;
}

static bool wants(const struct handler_row *row, const struct item *item, const struct filetype_set *types)
{
	if ((item->content->handled & 1u << (row - rows)) != 0)
		return false;
	/* What is a mail is text in its parts: all of it as one text, encoded things and fields in a row, is read by nobody but salvage. */
	if (row->look == text_unpack && filetype_set_has(types, FILETYPE_MAIL))
		return false;
	/* Bytes that nobody knows could be anything with something behind it. */
	if (row->look == appended_unpack && item->content->type == FILETYPE_UNKNOWN)
		return true;
	return is_for(row, types) && !(row->only_top && is_slice(item));
}

bool handlers_want(const struct item *item, const struct filetype_set *types)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].look != text_unpack && rows[i].look != links_unpack && rows[i].look != appended_unpack && wants(&rows[i], item, types))
			return true;
	}
	return false;
}

void handlers_run(struct unpack *unpack, const struct item *item, const struct filetype_set *types)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && !unpack_stopped(unpack); i++) {
		if (!wants(&rows[i], item, types))
			continue;
		item->content->handled |= 1u << i;	/* before: it may find itself in itself */
		rows[i].look(unpack, item);
	}
	if (!is_slice(item))
		uncover(unpack, item->bytes);
}

int unpack_prepare(char problem[UNPACK_PROBLEM_MAX])
{
	int r = magic_prepare(problem);

	if (r == 0)
		r = charset_prepare(problem);
	if (r == 0)
		r = gmime_prepare(problem);
	if (r == 0)
		r = archive_prepare(problem);
	return r;
}
