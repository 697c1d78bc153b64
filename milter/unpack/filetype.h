/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filetype.h - kinds of files by what they are: names, groups, the endings and media types that claim them, and their signatures.
 *
 * The table is read on both sides of the cage; filetype_sniff looks at a stranger's bytes and is called in the cage only. */
#ifndef OCTROI_UNPACK_FILETYPE_H
#define OCTROI_UNPACK_FILETYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/base/str.h"

/* The rows of the table in filetype.c; the word that milter.conf uses is the lower-case name. */
enum filetype {
	FILETYPE_UNKNOWN,	/* bytes of which nothing is known */
	FILETYPE_EMPTY,
	/* programs */
	FILETYPE_EXE,		/* PE, NE, LE, MZ: exe, dll, scr, cpl, sys, ocx, xll ... */
	FILETYPE_ELF, FILETYPE_MACHO, FILETYPE_COM, FILETYPE_JAR, FILETYPE_CLASS, FILETYPE_APK, FILETYPE_MSI, FILETYPE_MSIX, FILETYPE_DEX,
	FILETYPE_DEB, FILETYPE_RPM, FILETYPE_WASM, FILETYPE_PIF, FILETYPE_SCR, FILETYPE_CPL, FILETYPE_XLL, FILETYPE_WLL, FILETYPE_APPREF,
	FILETYPE_PYC, FILETYPE_SWF,
	/* scripts that a system runs when they are opened */
	FILETYPE_JS, FILETYPE_VBS, FILETYPE_ENCODED_SCRIPT /* jse, vbe */, FILETYPE_WSF, FILETYPE_HTA, FILETYPE_BAT, FILETYPE_PS1, FILETYPE_SCT,
	FILETYPE_REG, FILETYPE_INF, FILETYPE_SHELL, FILETYPE_AUTOIT, FILETYPE_APPLESCRIPT, FILETYPE_CHM, FILETYPE_HLP, FILETYPE_MSC,
	FILETYPE_SETTINGCONTENT, FILETYPE_DIAGCAB, FILETYPE_PYTHON,
	/* shortcuts */
	FILETYPE_LNK, FILETYPE_URL, FILETYPE_WEBLOC, FILETYPE_SCF, FILETYPE_SEARCH_MS, FILETYPE_LIBRARY_MS, FILETYPE_DESKTOP, FILETYPE_RDP,
	FILETYPE_THEME, FILETYPE_IQY,
	/* disk images */
	FILETYPE_ISO, FILETYPE_UDF, FILETYPE_IMG, FILETYPE_VHD, FILETYPE_VHDX, FILETYPE_DMG, FILETYPE_WIM, FILETYPE_VMDK, FILETYPE_QCOW,
	/* archives */
	FILETYPE_ZIP, FILETYPE_7Z, FILETYPE_RAR, FILETYPE_TAR, FILETYPE_GZIP, FILETYPE_BZIP2, FILETYPE_XZ, FILETYPE_LZMA, FILETYPE_ZSTD, FILETYPE_LZ4,
	FILETYPE_COMPRESS, FILETYPE_CAB, FILETYPE_ARJ, FILETYPE_LZH, FILETYPE_ACE, FILETYPE_CPIO, FILETYPE_AR, FILETYPE_XAR, FILETYPE_BROTLI,
	FILETYPE_ZOO, FILETYPE_ARC,
	/* documents */
	FILETYPE_OLE2,		/* a compound file of no known kind */
	FILETYPE_DOC, FILETYPE_XLS, FILETYPE_PPT, FILETYPE_MSG, FILETYPE_PUB, FILETYPE_ONENOTE, FILETYPE_MDB,
	FILETYPE_OOXML,		/* a package of no known kind */
	FILETYPE_DOCX, FILETYPE_XLSX, FILETYPE_XLSB, FILETYPE_PPTX, FILETYPE_VSDX,
	FILETYPE_DOCM, FILETYPE_XLSM, FILETYPE_PPTM,	/* the same that declare themselves as made for macros */
	FILETYPE_ODF, FILETYPE_EPUB, FILETYPE_PDF, FILETYPE_PS, FILETYPE_RTF, FILETYPE_HTML, FILETYPE_MHTML, FILETYPE_SVG, FILETYPE_XML, FILETYPE_SLK,
	FILETYPE_CSV, FILETYPE_TEXT, FILETYPE_JSON, FILETYPE_ICAL, FILETYPE_VCARD,
	/* mail */
	FILETYPE_MAIL, FILETYPE_TNEF, FILETYPE_SMIME_SIGNED, FILETYPE_SMIME_ENCRYPTED, FILETYPE_PGP, FILETYPE_PKCS7, FILETYPE_X509,
	FILETYPE_PARTIAL, FILETYPE_EXTERNAL_BODY,	/* message/partial and message/external-body: what they stand for is elsewhere */
	FILETYPE_APPLEDOUBLE, FILETYPE_BINHEX, FILETYPE_UUENCODE, FILETYPE_YENC,
	/* pictures, sound, film, fonts */
	FILETYPE_PNG, FILETYPE_JPEG, FILETYPE_GIF, FILETYPE_BMP, FILETYPE_TIFF, FILETYPE_WEBP, FILETYPE_ICO, FILETYPE_HEIC, FILETYPE_PSD, FILETYPE_WMF,
	FILETYPE_EMF, FILETYPE_AUDIO, FILETYPE_VIDEO, FILETYPE_FONT, FILETYPE_SQLITE,
	FILETYPES
};
_Static_assert(FILETYPES <= 192, "a set of types has room for 192");

/* Groups with a plain name, for milter.conf. A type may be in several. */
enum filegroup {
	FILEGROUP_PROGRAMS = 1 << 0,
	FILEGROUP_SCRIPTS = 1 << 1,
	FILEGROUP_SHORTCUTS = 1 << 2,
	FILEGROUP_DISK_IMAGES = 1 << 3,
	FILEGROUP_ARCHIVES = 1 << 4,
	FILEGROUP_DOCUMENTS = 1 << 5,
	FILEGROUP_MACROS = 1 << 6,	/* also what has content marks with macros in them, whatever its type */
	FILEGROUP_ENCRYPTED = 1 << 7,	/* likewise */
	FILEGROUP_FRAGMENTS = 1 << 8,	/* message/partial, message/external-body */
	FILEGROUP_IMAGES = 1 << 9,
	FILEGROUP_MEDIA = 1 << 10,	/* sound, film, fonts */
	FILEGROUP_TEXT = 1 << 11,
	FILEGROUP_MAIL = 1 << 12,
};

struct filetype_set {
	uint64_t bits[3];
};
void filetype_set_add(struct filetype_set *set, enum filetype type);
bool filetype_set_has(const struct filetype_set *set, enum filetype type);

const char *filetype_name(enum filetype type);		/* "exe", "disk image"-like words nowhere: one lower-case word, for milter.conf */
const char *filetype_title(enum filetype type);		/* for people: "Windows program" */
unsigned filetype_groups(enum filetype type);		/* of enum filegroup */

/* A word of milter.conf: the name of a type, of a group ("programs"), or any ending of a file name ("exe", "scr"), without case,
 * with or without a dot in front. A word can be a type and an ending both: then it stands for both. Returns false when it is none of them
 * (an ending is 1 to 20 letters, digits, '-' or '_'; any such word is at least an ending). */
struct filetype_word {
	bool is_type, is_group;
	enum filetype type;
	unsigned group;
	char extension[21];	/* lower case; "" for groups */
};
bool filetype_read_word(const char *word, struct filetype_word *ret_word);

/* What a file with this ending (lower case, no dot) is taken for by the system that opens it, or FILETYPE_UNKNOWN. */
enum filetype filetype_of_extension(const char *extension);

/* What a part with this media type ("application/zip", lower case) claims to be, or FILETYPE_UNKNOWN. */
enum filetype filetype_of_media_type(const char *media_type);

/* Is real so unlike what the name claims that somebody is being deceived? A GIF named .jpg is not, an archive or a program named .jpg is;
 * unknown on either side is not. */
bool filetype_deceives(enum filetype claimed, enum filetype real);

/* The type that the bytes show by themselves, by signature and shape. In doubt FILETYPE_UNKNOWN (binary) or FILETYPE_TEXT. Looks at no more than
 * the first and last 64 KiB. A signature that takes effect at another place than the start (PDF within 1024 bytes, ISO at 32 KiB, a ZIP that ends
 * where the bytes end, TAR at 257, a HTA or HTML after white space or a BOM, UTF-16 text) counts too. Every further type that the bytes could be
 * opened as goes into *ret_also (zeroed by the callee): GIF and JAR, PDF and ZIP (threats ATT-12). */
enum filetype filetype_sniff(struct str bytes, struct filetype_set *ret_also);

#endif
