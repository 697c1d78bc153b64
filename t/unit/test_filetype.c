/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/filetype.h"

#include "t/unit/rows.h"

#define BYTES(literal) { literal, sizeof(literal) - 1 }

/* What stands at some offsets of a file of so many bytes, the rest being fill. */
struct piece {
	size_t at;
	struct str bytes;
};

static const struct sniff {
	const char *name;
	size_t size;			/* 0: as much as the pieces need */
	struct piece pieces[6];
	enum filetype type;
	const char *also;		/* names, separated by spaces */
	char fill;
} sniff_table[] = {
	{ "empty", 0, { { 0, BYTES("") } }, FILETYPE_EMPTY, "", 0 },
	{ "pe_MIME_22", 512, { { 0, BYTES("MZ\x90\0") }, { 0x3c, BYTES("\x80\0\0\0") }, { 0x80, BYTES("PE\0\0") } }, FILETYPE_EXE, "", 0 },
	{ "pe_header_within_the_dos_header", 256, { { 0, BYTES("MZ") }, { 4, BYTES("PE\0\0") }, { 0x3c, BYTES("\4\0\0\0") } }, FILETYPE_EXE, "", 0 },
	{ "pe_at_100000", 100100, { { 0, BYTES("MZ") }, { 0x3c, BYTES("\xa0\x86\1\0") }, { 100000, BYTES("PE\0\0") } }, FILETYPE_EXE, "", 'x' },
	{ "ne", 256, { { 0, BYTES("MZ") }, { 0x3c, BYTES("\x40\0\0\0") }, { 0x40, BYTES("NE\5\0") } }, FILETYPE_EXE, "", 'x' },
	{ "dos_program", 64, { { 0, BYTES("MZ\x50\0\2\0\0\0\4\0\x0f\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40\0\x1a\0") } }, FILETYPE_EXE, "", 0 },
	{ "a_text_that_begins_with_MZ", 0, { { 0, BYTES("MZ is a district of Tanzania, and this is a letter about it and nothing else.\n") } },
	  FILETYPE_TEXT, "", 0 },
	{ "elf", 64, { { 0, BYTES("\x7f" "ELF\2\1\1") } }, FILETYPE_ELF, "", 0 },
	{ "macho", 64, { { 0, BYTES("\xcf\xfa\xed\xfe\7\0\0\1") } }, FILETYPE_MACHO, "", 0 },
	{ "macho_for_two_processors", 64, { { 0, BYTES("\xca\xfe\xba\xbe\0\0\0\2") } }, FILETYPE_MACHO, "", 0 },
	{ "java_class", 64, { { 0, BYTES("\xca\xfe\xba\xbe\0\0\0\x34") } }, FILETYPE_CLASS, "", 0 },
	{ "shortcut_ATT_06", 100, { { 0, BYTES("\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46\x9b") } }, FILETYPE_LNK, "", 0 },
	{ "compiled_help_ATT_05", 100, { { 0, BYTES("ITSF\3\0\0\0\x60\0\0\0") } }, FILETYPE_CHM, "", 0 },
	{ "iso_ATT_05", 40000, { { 32769, BYTES("CD001\1") } }, FILETYPE_ISO, "", 0 },
	{ "raw_cd_sectors_ATT_05", 60000, { { 37657, BYTES("CD001\1") } }, FILETYPE_ISO, "", 0 },
	{ "udf_ATT_05", 40000, { { 32769, BYTES("BEA01\1") }, { 34817, BYTES("NSR02\1") } }, FILETYPE_UDF, "", 0 },
	{ "iso_behind_a_zip_ATT_12", 40000, { { 0, BYTES("PK\3\4\x14\0\0\0\0\0") }, { 32769, BYTES("CD001\1") } }, FILETYPE_ZIP, "iso", 0 },
	{ "iso_behind_text_ATT_12", 40000, { { 0, BYTES("hello") }, { 32769, BYTES("CD001\1") } }, FILETYPE_ISO, "", ' ' },
	{ "fat_image_ATT_05", 1474, { { 0, BYTES("\xeb\x3c\x90MSDOS5.0\0\2\1\1\0\2\xe0\0\x40\x0b\xf0\x09\0") }, { 510, BYTES("\x55\xaa") } },
	  FILETYPE_IMG, "", 0 },
	{ "partition_table_ATT_05", 1024, { { 446, BYTES("\x80\1\1\0\7\xfe\xff\xff\x3f\0\0\0\x10\x27\0\0") }, { 510, BYTES("\x55\xaa") } },
	  FILETYPE_IMG, "", 0 },
	{ "ntfs_ATT_05", 1024, { { 0, BYTES("\xeb\x52\x90NTFS    \0\2") } }, FILETYPE_IMG, "", 0 },
	{ "vhd_by_its_footer_ATT_05", 4096, { { 3584, BYTES("conectix") } }, FILETYPE_VHD, "", 0 },
	{ "vhdx_ATT_05", 600, { { 0, BYTES("vhdxfile") } }, FILETYPE_VHDX, "", 0 },
	{ "dmg_by_its_trailer_ATT_05", 4096, { { 3584, BYTES("koly\0\0\0\4\0\0\2\0") } }, FILETYPE_DMG, "", 0 },
	{ "wim_ATT_05", 600, { { 0, BYTES("MSWIM\0\0\0") } }, FILETYPE_WIM, "", 0 },
	{ "onenote_whatever_its_name_ATT_10", 600, { { 0, BYTES("\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3") } },
	  FILETYPE_ONENOTE, "", 0 },
	{ "msi_by_its_class_ATT_05", 1536, { { 0, BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") }, { 0x1e, BYTES("\x09\0\6\0") }, { 0x30, BYTES("\0\0\0\0") },
	  { 512, BYTES("R\0o\0o\0t\0") }, { 592, BYTES("\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46") } }, FILETYPE_MSI, "", 0 },
	{ "compound_file", 1536, { { 0, BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") }, { 0x1e, BYTES("\x09\0\6\0") } }, FILETYPE_OLE2, "", 0 },
	{ "seven_zip", 64, { { 0, BYTES("7z\xbc\xaf\x27\x1c\0\4") } }, FILETYPE_7Z, "", 0 },
	{ "rar_4", 64, { { 0, BYTES("Rar!\x1a\7\0") } }, FILETYPE_RAR, "", 0 },
	{ "rar_5", 64, { { 0, BYTES("Rar!\x1a\7\1\0") } }, FILETYPE_RAR, "", 0 },
	{ "ace", 64, { { 7, BYTES("**ACE**") } }, FILETYPE_ACE, "", 1 },
	{ "lzh", 64, { { 0, BYTES("\x2d\x7f-lh5-") }, { 20, BYTES("\1") } }, FILETYPE_LZH, "", 0 },
	{ "gzip", 64, { { 0, BYTES("\x1f\x8b\x08\0\0\0\0\0\0\3") } }, FILETYPE_GZIP, "", 0 },
	{ "bzip2", 64, { { 0, BYTES("BZh91AY&SY") } }, FILETYPE_BZIP2, "", 0 },
	{ "xz", 64, { { 0, BYTES("\xfd" "7zXZ\0") } }, FILETYPE_XZ, "", 0 },
	{ "cab", 64, { { 0, BYTES("MSCF\0\0\0\0") } }, FILETYPE_CAB, "", 0 },
	{ "tar_of_version_7", 1024, { { 0, BYTES("a.txt") }, { 100, BYTES("0000644\0" "0000000\0" "0000000\0" "00000000000\0" "00000000000\0") },
	  { 148, BYTES("005475\0 0") } }, FILETYPE_TAR, "", 0 },
	{ "tar_with_a_wrong_checksum", 1024, { { 0, BYTES("a.txt") }, { 100, BYTES("0000644\0" "0000000\0" "0000000\0" "00000000000\0" "00000000000\0") },
	  { 148, BYTES("006000\0 0") } }, FILETYPE_UNKNOWN, "", 0 },
	{ "pdf_ATT_09", 0, { { 0, BYTES("%PDF-1.7\n1 0 obj\n") } }, FILETYPE_PDF, "", 0 },
	{ "pdf_at_1000_ATT_09", 2000, { { 1000, BYTES("%PDF-1.7\n1 0 obj\n") } }, FILETYPE_PDF, "", '\n' },
	{ "pdf_behind_a_picture_ATT_12", 2000, { { 0, BYTES("GIF89a") }, { 500, BYTES("%PDF-1.7\n1 0 obj\n") } }, FILETYPE_GIF, "pdf", 0 },
	{ "a_letter_about_pdf", 0, { { 0, BYTES("Dear all,\nthe file should begin with %PDF-1.4 and yours does not.\n") } }, FILETYPE_TEXT, "", 0 },
	{ "rtf", 0, { { 0, BYTES("{\\rt hello}") } }, FILETYPE_RTF, "", 0 },
	{ "rtf_behind_white_space", 0, { { 0, BYTES("\r\n {\\rtf1 hello}") } }, FILETYPE_RTF, "", 0 },
	{ "postscript", 0, { { 0, BYTES("%!PS-Adobe-3.0\n") } }, FILETYPE_PS, "", 0 },
	{ "tnef", 64, { { 0, BYTES("\x78\x9f\x3e\x22\1\0") } }, FILETYPE_TNEF, "", 0 },
	{ "signed_der_MIME_18", 64, { { 0, BYTES("\x30\x82\1\0\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0") } }, FILETYPE_SMIME_SIGNED, "", 0 },
	{ "enveloped_der_MIME_18", 64, { { 0, BYTES("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0") } }, FILETYPE_SMIME_ENCRYPTED, "", 0 },
	{ "gif_jar_ATT_12", 0, { { 0, BYTES("GIF89a\1\0\1\0\0\0\0") }, { 20, BYTES("PK\3\4\x14\0") }, { 60, BYTES("PK\1\2\x14\0\x14\0") },
	  { 110, BYTES("PK\5\6\0\0\0\0\1\0\1\0\x32\0\0\0\x28\0\0\0\0\0") } }, FILETYPE_GIF, "zip", 0 },
	{ "pdf_and_zip_ATT_12", 0, { { 0, BYTES("%PDF-1.7\n1 0 obj\n") }, { 60, BYTES("PK\1\2\x14\0\x14\0") },
	  { 110, BYTES("PK\5\6\0\0\0\0\1\0\1\0\x32\0\0\0\x3c\0\0\0\0\0") } }, FILETYPE_PDF, "zip", 0 },
	{ "zip_behind_junk_ATT_01", 0, { { 0, BYTES("\1\2\3\4\5\6\7\x08") }, { 60, BYTES("PK\1\2\x14\0\x14\0") },
	  { 110, BYTES("PK\5\6\0\0\0\0\1\0\1\0\x32\0\0\0\x3c\0\0\0\0\0") } }, FILETYPE_ZIP, "", 1 },
	{ "words_of_a_zip_alone_are_none", 0, { { 0, BYTES("GIF89a\1\0\1\0\0\0\0") }, { 110, BYTES("PK\5\6\0\0\0\0\1\0\1\0\x32\0\0\0\x28\0\0\0\0\0") } },
	  FILETYPE_GIF, "", 0 },
	{ "jpeg_hta_ATT_12", 500, { { 0, BYTES("\xff\xd8\xff\xe0") }, { 200, BYTES("<hta:application><script>x()</script>") } }, FILETYPE_JPEG, "hta", 1 },
	{ "png", 64, { { 0, BYTES("\x89PNG\r\n\x1a\n") } }, FILETYPE_PNG, "", 0 },
	{ "webp", 64, { { 0, BYTES("RIFF\x20\0\0\0WEBPVP8 ") } }, FILETYPE_WEBP, "", 0 },
	{ "heic", 64, { { 0, BYTES("\0\0\0\x18" "ftypheic") } }, FILETYPE_HEIC, "", 0 },
	{ "film", 64, { { 0, BYTES("\0\0\0\x18" "ftypisom") } }, FILETYPE_VIDEO, "", 0 },

	{ "text", 0, { { 0, BYTES("Hello, this is a letter.\nBest regards\n") } }, FILETYPE_TEXT, "", 0 },
	{ "latin_1", 0, { { 0, BYTES("Gr\xfc\xdf" "e aus M\xfcnchen, sch\xf6ne Tage\n") } }, FILETYPE_TEXT, "", 0 },
	{ "utf_8", 0, { { 0, BYTES("\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82\n") } }, FILETYPE_TEXT, "", 0 },
	{ "iso_2022_jp", 0, { { 0, BYTES("\x1b$B$3$s$K$A$O\x1b(B\n") } }, FILETYPE_TEXT, "", 0 },
	{ "shift_jis", 0, { { 0, BYTES("\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd\r\n") } }, FILETYPE_TEXT, "", 0 },
	{ "gb_18030", 0, { { 0, BYTES("\xc4\xe3\xba\xc3\xa3\xac\xca\xc0\xbd\xe7\r\n") } }, FILETYPE_TEXT, "", 0 },
	{ "utf_16_with_bom", 0, { { 0, BYTES("\xff\xfeH\0e\0l\0l\0o\0") } }, FILETYPE_TEXT, "", 0 },
	{ "utf_16_chinese_with_bom", 0, { { 0, BYTES("\xff\xfe\x60\x4f\x7d\x59\x0c\xff\x16\x4e\x4c\x75") } }, FILETYPE_TEXT, "", 0 },
	{ "utf_16_without_bom", 0, { { 0, BYTES("H\0e\0l\0l\0o\0 \0y\0o\0u\0") } }, FILETYPE_TEXT, "", 0 },
	{ "numbers_in_angle_brackets", 0, { { 0, BYTES("Write to <joe@example.org> or <a@b.example>; 1 < 2 > 0.\n") } }, FILETYPE_TEXT, "", 0 },
	{ "html", 0, { { 0, BYTES("<!DOCTYPE html><html><body>Hi</body></html>") } }, FILETYPE_HTML, "", 0 },
	{ "html_behind_a_comment", 0, { { 0, BYTES("\n<!-- x --> <TABLE border=0><tr>") } }, FILETYPE_HTML, "", 0 },
	{ "html_with_bom_MIME_24", 0, { { 0, BYTES("\xef\xbb\xbf<html>hi") } }, FILETYPE_HTML, "", 0 },
	{ "html_in_utf_16_MIME_24", 0, { { 0, BYTES("\xff\xfe<\0h\0t\0m\0l\0>\0") } }, FILETYPE_HTML, "", 0 },
	{ "html_in_utf_16_without_bom_MIME_24", 0, { { 0, BYTES("\0<\0s\0c\0r\0i\0p\0t\0>\0a\0(\0)") } }, FILETYPE_HTML, "", 0 },
	{ "html_in_utf_7_MIME_24", 0, { { 0, BYTES("Hi +ADw-script+AD4-alert(1)+ADw-/script+AD4-\n") } }, FILETYPE_TEXT, "html", 0 },
	{ "html_that_begins_as_text", 0, { { 0, BYTES("Hello,<br>this is <b>bold</b> news") } }, FILETYPE_HTML, "", 0 },
	{ "script_behind_text", 6000, { { 0, BYTES("Just some text") }, { 5000, BYTES("<script>alert(1)</script>") } }, FILETYPE_TEXT, "html", ' ' },
	{ "script_amid_controls", 500, { { 100, BYTES("<script>alert(1)</script>") } }, FILETYPE_UNKNOWN, "html", 1 },
	{ "hta_ATT_06", 0, { { 0, BYTES("<html><head><HTA:APPLICATION id=x></head>") } }, FILETYPE_HTA, "", 0 },
	{ "svg_ATT_11", 0, { { 0, BYTES("<?xml version=\"1.0\"?>\n<!-- x -->\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>") } }, FILETYPE_SVG, "", 0 },
	{ "xml", 0, { { 0, BYTES("<?xml version=\"1.0\"?><rss><channel/></rss>") } }, FILETYPE_XML, "", 0 },
	{ "settings_shortcut_ATT_06", 0, { { 0, BYTES("<?xml version=\"1.0\"?>\n<PCSettings><SearchableContent>") } }, FILETYPE_SETTINGCONTENT, "", 0 },
	{ "library_ATT_06", 0, { { 0, BYTES("<?xml version=\"1.0\"?>\n<libraryDescription xmlns=\"x\">") } }, FILETYPE_LIBRARY_MS, "", 0 },
	{ "search_ATT_06", 0, { { 0, BYTES("<?xml version=\"1.0\"?>\n<persistedQuery version=\"1.0\">") } }, FILETYPE_SEARCH_MS, "", 0 },
	{ "scriptlet_ATT_06", 0, { { 0, BYTES("<?XML version=\"1.0\"?>\n<scriptlet><script language=\"JScript\">") } }, FILETYPE_SCT, "", 0 },
	{ "script_file_ATT_06", 0, { { 0, BYTES("<job id=\"x\"><script language=\"VBScript\">") } }, FILETYPE_WSF, "", 0 },
	{ "encoded_script_ATT_06", 0, { { 0, BYTES("#@~^FAAAAA==\\ko$K6,J4rJ@#@&3QMAAA==^#~@") } }, FILETYPE_ENCODED_SCRIPT, "", 0 },
	{ "console_ATT_06", 0, { { 0, BYTES("<?xml version=\"1.0\"?>\n<MMC_ConsoleFile ConsoleVersion=\"3.0\">") } }, FILETYPE_MSC, "", 0 },
	{ "url_ATT_06", 0, { { 0, BYTES("[InternetShortcut]\r\nURL=file://x/y\r\n") } }, FILETYPE_URL, "", 0 },
	{ "url_behind_another_section_ATT_06", 0, { { 0, BYTES("[{000214A0}]\r\nProp3=19,2\r\n[InternetShortcut]\r\nURL=x\r\n") } }, FILETYPE_URL, "", 0 },
	{ "url_in_utf_16_ATT_06", 0, { { 0, BYTES("\xff\xfe[\0I\0n\0t\0e\0r\0n\0e\0t\0S\0h\0o\0r\0t\0c\0u\0t\0]\0\n\0") } }, FILETYPE_URL, "", 0 },
	{ "a_letter_about_shortcuts", 0, { { 0, BYTES("Hi Joe,\nthe file must have a line\n[InternetShortcut]\nin it. Best\n") } }, FILETYPE_TEXT, "", 0 },
	{ "explorer_command_ATT_06", 0, { { 0, BYTES("[Shell]\r\nCommand=2\r\nIconFile=\\\\x\\y\r\n") } }, FILETYPE_SCF, "", 0 },
	{ "remote_desktop_ATT_06", 0, { { 0, BYTES("screen mode id:i:2\r\nfull address:s:evil.example\r\n") } }, FILETYPE_RDP, "", 0 },
	{ "registry_ATT_06", 0, { { 0, BYTES("Windows Registry Editor Version 5.00\r\n") } }, FILETYPE_REG, "", 0 },
	{ "setup_information_ATT_06", 0, { { 0, BYTES("; x\r\n[Version]\r\nSignature=\"$Windows NT$\"\r\n") } }, FILETYPE_INF, "", 0 },
	{ "web_query_ATT_06", 0, { { 0, BYTES("WEB\r\n1\r\nhttp://x.example/\r\n") } }, FILETYPE_IQY, "", 0 },
	{ "slk_ATT_06", 0, { { 0, BYTES("ID;P\r\nO;E\r\n") } }, FILETYPE_SLK, "", 0 },
	{ "shell_script", 0, { { 0, BYTES("#!/bin/sh\necho hi\n") } }, FILETYPE_SHELL, "", 0 },
	{ "python_script", 0, { { 0, BYTES("#!/usr/bin/env python3\n") } }, FILETYPE_PYTHON, "", 0 },
	{ "mail", 0, { { 0, BYTES("Received: from x\r\n\tby y\r\nFrom: a@b.example\r\nSubject: x\r\n\r\nhi\r\n") } }, FILETYPE_MAIL, "", 0 },
	{ "mail_of_mbox", 0, { { 0, BYTES("From a@b.example Mon Jan  1\nFrom: a@b.example\nMIME-Version: 1.0\n\nhi\n") } }, FILETYPE_MAIL, "", 0 },
	{ "saved_page_ATT_11", 0, { { 0, BYTES("MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\n") } }, FILETYPE_MHTML, "", 0 },
	{ "a_list_that_is_no_mail", 0, { { 0, BYTES("From: here\nTo: there\nand back\n") } }, FILETYPE_TEXT, "", 0 },
	{ "calendar", 0, { { 0, BYTES("BEGIN:VCALENDAR\r\n") } }, FILETYPE_ICAL, "", 0 },
	{ "json", 0, { { 0, BYTES("{ \"a\": 1 }\n") } }, FILETYPE_JSON, "", 0 },
	{ "pgp", 0, { { 0, BYTES("-----BEGIN PGP MESSAGE-----\n") } }, FILETYPE_PGP, "", 0 },
};

static size_t sniff_bytes(const struct sniff *row, char *out, size_t max)
{
	size_t size = row->size;

	for (size_t i = 0; i < 6; i++) {
		size_t end = row->pieces[i].at + row->pieces[i].bytes.len;

		if (size < end)
			size = end;
	}
	assert_true(size <= max);
	memset(out, row->fill, size);
	for (size_t i = 0; i < 6; i++) {
		if (row->pieces[i].bytes.len > 0)
			memcpy(out + row->pieces[i].at, row->pieces[i].bytes.p, row->pieces[i].bytes.len);
	}
	return size;
}

static void names_of(const struct filetype_set *set, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (int i = 0; i < FILETYPES; i++) {
		if (filetype_set_has(set, (enum filetype)i))
			len += (size_t)snprintf(out + len, size - len, "%s%s", len == 0 ? "" : " ", filetype_name((enum filetype)i));
	}
}

static void check_sniff(void **state)
{
	static char bytes[200000];
	const struct sniff *row = *state;
	struct filetype_set also;
	char names[256];
	size_t len = sniff_bytes(row, bytes, sizeof(bytes));

	assert_string_equal(filetype_name(filetype_sniff((struct str){ bytes, len }, &also)), filetype_name(row->type));
	names_of(&also, names, sizeof(names));
	assert_string_equal(names, row->also);
}

/* Bytes without any sense are nothing that a policy denies. */
static void check_noise(void **state)
{
	const unsigned denied = FILEGROUP_PROGRAMS | FILEGROUP_SCRIPTS | FILEGROUP_SHORTCUTS | FILEGROUP_DISK_IMAGES;
	uint64_t seed = 88172645463325252U;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		char bytes[4096];
		struct filetype_set also;

		for (size_t i = 0; i < sizeof(bytes); i += 8) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			memcpy(bytes + i, &seed, 8);
		}
		assert_int_equal(filetype_groups(filetype_sniff((struct str){ bytes, sizeof(bytes) }, &also)) & denied, 0);
		assert_int_equal(also.bits[0] | also.bits[1] | also.bits[2], 0);
	}
}

static const struct claim {
	const char *name;
	const char *extension;
	enum filetype real;
	bool deceives;
} claim_table[] = {
	{ "program_named_as_picture", "jpg", FILETYPE_EXE, true },
	{ "program_named_as_text", "txt", FILETYPE_EXE, true },
	{ "program_named_as_pdf", "pdf", FILETYPE_EXE, true },
	{ "program_named_as_zip", "zip", FILETYPE_EXE, true },
	{ "program_named_as_itself", "exe", FILETYPE_EXE, false },
	{ "program_named_as_saver", "scr", FILETYPE_EXE, false },
	{ "program_named_dat", "dat", FILETYPE_EXE, false },
	{ "shortcut_named_as_document", "docx", FILETYPE_LNK, true },
	{ "hta_named_as_text", "txt", FILETYPE_HTA, true },
	{ "image_named_as_pdf", "pdf", FILETYPE_ISO, true },
	{ "archive_named_as_picture", "png", FILETYPE_RAR, true },
	{ "archive_named_as_other_archive", "zip", FILETYPE_RAR, false },
	{ "onenote_named_as_text_ATT_10", "txt", FILETYPE_ONENOTE, true },
	{ "pdf_named_as_picture", "jpg", FILETYPE_PDF, true },
	{ "html_named_as_pdf", "pdf", FILETYPE_HTML, true },
	{ "html_named_as_picture", "png", FILETYPE_HTML, true },
	{ "macros_named_docx_ATT_07", "docx", FILETYPE_DOCM, true },
	{ "macros_named_docm", "docm", FILETYPE_DOCM, false },
	{ "doc_that_is_rtf", "doc", FILETYPE_RTF, false },
	{ "doc_that_is_html", "doc", FILETYPE_HTML, false },
	{ "doc_that_is_docx", "doc", FILETYPE_DOCX, false },
	{ "doc_that_is_a_zip", "doc", FILETYPE_ZIP, true },
	{ "docx_that_is_a_zip", "docx", FILETYPE_ZIP, false },
	{ "xls_that_is_html", "xls", FILETYPE_HTML, false },
	{ "xls_that_is_text", "xls", FILETYPE_TEXT, false },
	{ "xls_that_is_xml", "xls", FILETYPE_XML, false },
	{ "csv_that_is_xlsx", "csv", FILETYPE_XLSX, false },
	{ "jpg_that_is_png", "jpg", FILETYPE_PNG, false },
	{ "txt_that_is_html", "txt", FILETYPE_HTML, false },
	{ "txt_that_is_a_script", "txt", FILETYPE_SHELL, false },
	{ "eml_that_is_text", "eml", FILETYPE_TEXT, false },
	{ "html_that_is_xml", "html", FILETYPE_XML, false },
	{ "svgz", "svgz", FILETYPE_GZIP, false },
	{ "zip_that_is_a_jar", "zip", FILETYPE_JAR, false },
	{ "zip_that_is_docx", "zip", FILETYPE_DOCX, false },
	{ "p7m_that_is_signed", "p7m", FILETYPE_SMIME_SIGNED, false },
	{ "crt_that_is_text", "crt", FILETYPE_TEXT, false },
	{ "unknown_real", "jpg", FILETYPE_UNKNOWN, false },
};

static void check_claim(void **state)
{
	const struct claim *row = *state;

	assert_int_equal(filetype_deceives(filetype_of_extension(row->extension), row->real), row->deceives);
}

static const struct word {
	const char *name, *word;
	bool is_word;
	const char *type;	/* or NULL */
	unsigned group;
	const char *extension;
} word_table[] = {
	{ "word_exe", "exe", true, "exe", 0, "exe" },
	{ "word_with_dot", ".EXE", true, "exe", 0, "exe" },
	{ "word_group", "Programs", true, NULL, FILEGROUP_PROGRAMS, "" },
	{ "word_group_of_two", "disk_images", true, NULL, FILEGROUP_DISK_IMAGES, "" },
	{ "word_ending_alone", "dll", true, NULL, 0, "dll" },
	{ "word_any_ending", "xyz123", true, NULL, 0, "xyz123" },
	{ "word_with_hyphen", "search-ms", true, NULL, 0, "search-ms" },
	{ "word_empty", "", false, NULL, 0, "" },
	{ "word_of_a_dot", ".", false, NULL, 0, "" },
	{ "word_too_long", "abcdefghijklmnopqrstu", false, NULL, 0, "" },
	{ "word_of_16", "abcdefghijklmnop", true, NULL, 0, "abcdefghijklmnop" },
	{ "word_with_slash", "a/b", false, NULL, 0, "" },
	{ "word_with_two_dots", "tar.gz", false, NULL, 0, "" },
};

static void check_word(void **state)
{
	const struct word *row = *state;
	struct filetype_word word;

	assert_int_equal(filetype_read_word(row->word, &word), row->is_word);
	if (!row->is_word)
		return;
	assert_int_equal(word.is_type, row->type != NULL);
	if (row->type != NULL)
		assert_string_equal(filetype_name(word.type), row->type);
	assert_int_equal(word.is_group, row->group != 0);
	assert_int_equal(word.group, row->group);
	assert_string_equal(word.extension, row->extension);
}

/* Each row is whole, its name is a word that names it, and no two rows claim one name. */
static void check_table(void **state)
{
	(void)state;
	for (int i = 0; i < FILETYPES; i++) {
		struct filetype_word word;
		const char *name = filetype_name((enum filetype)i);

		assert_true(strlen(filetype_title((enum filetype)i)) > 0);
		assert_true(filetype_read_word(name, &word) && word.is_type);
		assert_int_equal(word.type, i);
	}
}

static const struct media {
	const char *name, *media_type, *type;
} media_table[] = {
	{ "media_zip", "application/zip", "zip" }, { "media_word", "application/msword", "doc" }, { "media_plain", "text/plain", "text" },
	{ "media_other_video", "video/x-flv", "video" }, { "media_octets", "application/octet-stream", "unknown" }, { "media_none", "", "unknown" },
	{ "media_macro", "application/vnd.ms-word.document.macroenabled.12", "docm" },
};

static void check_media(void **state)
{
	const struct media *row = *state;

	assert_string_equal(filetype_name(filetype_of_media_type(row->media_type)), row->type);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, sniff_table, check_sniff);
	rows_add(&rows, claim_table, check_claim);
	rows_add(&rows, word_table, check_word);
	rows_add(&rows, media_table, check_media);
	rows_add_one(&rows, "noise_is_no_program", check_noise, NULL);
	rows_add_one(&rows, "table_is_whole", check_table, NULL);
	return rows_run(&rows, "filetype");
}
