/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/filetype_internal.h"

#define DANGEROUS (FILEGROUP_PROGRAMS | FILEGROUP_SCRIPTS | FILEGROUP_SHORTCUTS | FILEGROUP_DISK_IMAGES)

/* Files of one family are opened by the same programs, so none of them is a disguise of another. */
enum family {
	FAMILY_NONE,
	FAMILY_TEXT,		/* and what is opened as text */
	FAMILY_MARKUP,		/* HTML, XML, saved pages, messages */
	FAMILY_OFFICE,		/* of Word, Excel and the like: these look at the bytes, not at the name */
	FAMILY_MACRO_FREE,	/* office documents whose ending promises that they have no macros */
	FAMILY_FIXED,		/* documents that only their own program opens */
	FAMILY_PICTURE,
	FAMILY_MEDIA,
	FAMILY_ARCHIVE,
	FAMILY_MAIL,
};

static enum family document_family(enum filetype type)
{
	switch (type) {
	case FILETYPE_HTML: case FILETYPE_XML: case FILETYPE_MHTML:
		return FAMILY_MARKUP;
	case FILETYPE_OLE2: case FILETYPE_DOC: case FILETYPE_XLS: case FILETYPE_PPT: case FILETYPE_PUB: case FILETYPE_OOXML: case FILETYPE_XLSB:
	case FILETYPE_VSDX: case FILETYPE_DOCM: case FILETYPE_XLSM: case FILETYPE_PPTM: case FILETYPE_ODF: case FILETYPE_RTF: case FILETYPE_SLK:
		return FAMILY_OFFICE;
	case FILETYPE_DOCX: case FILETYPE_XLSX: case FILETYPE_PPTX:
		return FAMILY_MACRO_FREE;
	default:
		return FAMILY_FIXED;
	}
}

static enum family family_of(enum filetype type)
{
	unsigned groups = filetype_groups(type);

	if (type == FILETYPE_X509 || type == FILETYPE_PGP)
		return FAMILY_TEXT;
	if ((groups & FILEGROUP_DOCUMENTS) != 0)
		return document_family(type);
	if ((groups & FILEGROUP_TEXT) != 0)
		return FAMILY_TEXT;
	if ((groups & FILEGROUP_IMAGES) != 0)
		return FAMILY_PICTURE;
	if ((groups & FILEGROUP_MEDIA) != 0)
		return FAMILY_MEDIA;
	if ((groups & FILEGROUP_MAIL) != 0)
		return FAMILY_MAIL;
	return (groups & FILEGROUP_ARCHIVES) != 0 ? FAMILY_ARCHIVE : FAMILY_NONE;
}

/* Scripts that are plain text do nothing under the name of a text. */
static bool is_source(enum filetype type)
{
	return type == FILETYPE_SHELL || type == FILETYPE_PYTHON || type == FILETYPE_BAT || type == FILETYPE_REG || type == FILETYPE_INF ||
		type == FILETYPE_APPLESCRIPT || type == FILETYPE_JS || type == FILETYPE_VBS || type == FILETYPE_PS1;
}

static bool hides_danger(enum filetype claimed, enum filetype real)
{
	unsigned claims = filetype_groups(claimed);

	if ((claims & DANGEROUS) != 0)
		return false;
	/* a package of programs is an archive, too, and often named so */
	if ((claims & FILEGROUP_ARCHIVES) != 0 && (filetype_groups(real) & FILEGROUP_ARCHIVES) != 0)
		return false;
	return !(family_of(claimed) == FAMILY_TEXT && is_source(real));
}

/* Documents that are compressed by gzip or kept in a cabinet under their own ending. */
static bool is_own_packing(enum filetype claimed, enum filetype real)
{
	if (real == FILETYPE_GZIP)
		return claimed == FILETYPE_SVG || claimed == FILETYPE_WMF || claimed == FILETYPE_EMF || claimed == FILETYPE_XML;
	if (real == FILETYPE_CAB)
		return claimed == FILETYPE_ONENOTE;
	if (real == FILETYPE_ZIP)
		return family_of(claimed) == FAMILY_MACRO_FREE || claimed == FILETYPE_OOXML || claimed == FILETYPE_XLSB || claimed == FILETYPE_VSDX ||
			claimed == FILETYPE_DOCM || claimed == FILETYPE_XLSM || claimed == FILETYPE_PPTM || claimed == FILETYPE_ODF ||
			claimed == FILETYPE_EPUB;
	return false;
}

static bool hides_archive(enum filetype claimed, enum filetype real)
{
	enum family family = family_of(claimed);

	return (filetype_groups(claimed) & (FILEGROUP_ARCHIVES | DANGEROUS)) == 0 && family != FAMILY_NONE && family != FAMILY_MAIL &&
		!is_own_packing(claimed, real);
}

static bool is_other_document(enum filetype claimed, enum filetype real)
{
	enum family c = family_of(claimed), r = family_of(real);

	switch (r) {
	case FAMILY_FIXED:
		return c == FAMILY_TEXT || c == FAMILY_MARKUP || c == FAMILY_OFFICE || c == FAMILY_MACRO_FREE || c == FAMILY_FIXED ||
			c == FAMILY_PICTURE || c == FAMILY_MEDIA;
	case FAMILY_OFFICE:
		if (c == FAMILY_MACRO_FREE)
			return (filetype_groups(real) & FILEGROUP_MACROS) != 0;
		/* tables are saved under .csv and letters under .txt whatever they are */
		if (c == FAMILY_TEXT)
			return claimed != FILETYPE_CSV && real != FILETYPE_RTF && real != FILETYPE_SLK;
		return c == FAMILY_MARKUP || c == FAMILY_FIXED || c == FAMILY_PICTURE || c == FAMILY_MEDIA;
	case FAMILY_MACRO_FREE:
		return c == FAMILY_MARKUP || c == FAMILY_FIXED || c == FAMILY_PICTURE || c == FAMILY_MEDIA ||
			(c == FAMILY_TEXT && claimed != FILETYPE_CSV);
	case FAMILY_MARKUP:
		return c == FAMILY_FIXED || c == FAMILY_MEDIA || (c == FAMILY_PICTURE && claimed != FILETYPE_SVG);
	default:
		return false;
	}
}

/* Two endings of one program. */
static bool is_same(enum filetype claimed, enum filetype real)
{
	return claimed == real || (claimed == FILETYPE_PDF && real == FILETYPE_PS) || (claimed == FILETYPE_PS && real == FILETYPE_PDF) ||
		(claimed == FILETYPE_MSG && real == FILETYPE_OLE2) || (claimed == FILETYPE_EPUB && real == FILETYPE_ODF) ||
		(claimed == FILETYPE_MDB && real == FILETYPE_OLE2) || (claimed == FILETYPE_PDF && real == FILETYPE_XML) ||
		(claimed == FILETYPE_OLE2 && real == FILETYPE_MSG);
}

bool filetype_deceives(enum filetype claimed, enum filetype real)
{
	if (claimed == FILETYPE_UNKNOWN || real == FILETYPE_UNKNOWN || claimed == FILETYPE_EMPTY || real == FILETYPE_EMPTY || is_same(claimed, real))
		return false;
	if ((filetype_groups(real) & DANGEROUS) != 0)
		return hides_danger(claimed, real);
	if ((filetype_groups(real) & FILEGROUP_ARCHIVES) != 0 && (filetype_groups(real) & FILEGROUP_MAIL) == 0)
		return hides_archive(claimed, real);
	return is_other_document(claimed, real);
}
