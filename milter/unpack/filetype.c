/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/filetype.h"

#include <assert.h>

#define PROGRAMS FILEGROUP_PROGRAMS
#define SCRIPTS FILEGROUP_SCRIPTS
#define SHORTCUTS FILEGROUP_SHORTCUTS
#define DISK_IMAGES FILEGROUP_DISK_IMAGES
#define ARCHIVES FILEGROUP_ARCHIVES
#define DOCUMENTS FILEGROUP_DOCUMENTS
#define MACROS FILEGROUP_MACROS
#define ENCRYPTED FILEGROUP_ENCRYPTED
#define FRAGMENTS FILEGROUP_FRAGMENTS
#define IMAGES FILEGROUP_IMAGES
#define MEDIA FILEGROUP_MEDIA
#define TEXT FILEGROUP_TEXT
#define MAIL FILEGROUP_MAIL

static const struct row {
	const char *name, *title;
	unsigned groups;
	const char *extensions;		/* separated by spaces */
	const char *media_types;	/* likewise; the first type that claims one has it */
} rows[FILETYPES] = {
	[FILETYPE_UNKNOWN] = { "unknown", "unknown bytes", 0, "", "" },
	[FILETYPE_EMPTY] = { "empty", "empty file", 0, "", "" },

	[FILETYPE_EXE] = { "exe", "Windows program", PROGRAMS, "exe dll sys ocx drv efi mui ax acm vxd pyd node",
		"application/x-msdownload application/x-dosexec application/x-msdos-program application/exe application/x-exe "
		"application/vnd.microsoft.portable-executable application/x-winexe" },
	[FILETYPE_ELF] = { "elf", "Unix program", PROGRAMS, "elf so ko o appimage",
		"application/x-executable application/x-elf application/x-sharedlib application/x-object application/x-pie-executable" },
	[FILETYPE_MACHO] = { "macho", "macOS program", PROGRAMS, "dylib bundle macho", "application/x-mach-binary" },
	[FILETYPE_COM] = { "com", "DOS program", PROGRAMS, "com", "" },
	[FILETYPE_JAR] = { "jar", "Java program", PROGRAMS | ARCHIVES, "jar war ear jnlp",
		"application/java-archive application/x-java-archive application/x-java-jnlp-file" },
	[FILETYPE_CLASS] = { "class", "Java class", PROGRAMS, "class", "application/java-vm application/x-java-applet" },
	[FILETYPE_APK] = { "apk", "Android program", PROGRAMS | ARCHIVES, "apk xapk apks aab", "application/vnd.android.package-archive" },
	[FILETYPE_MSI] = { "msi", "Windows installer package", PROGRAMS, "msi msp mst", "application/x-msi application/x-ms-installer" },
	[FILETYPE_MSIX] = { "msix", "Windows app package", PROGRAMS | ARCHIVES, "msix appx msixbundle appxbundle appinstaller",
		"application/msix application/appx application/msixbundle application/appxbundle application/appinstaller" },
	[FILETYPE_DEX] = { "dex", "Android bytecode", PROGRAMS, "dex odex", "" },
	[FILETYPE_DEB] = { "deb", "Debian package", PROGRAMS | ARCHIVES, "deb udeb", "application/vnd.debian.binary-package application/x-debian-package" },
	[FILETYPE_RPM] = { "rpm", "RPM package", PROGRAMS | ARCHIVES, "rpm", "application/x-rpm application/x-redhat-package-manager" },
	[FILETYPE_WASM] = { "wasm", "WebAssembly program", PROGRAMS, "wasm", "application/wasm" },
	[FILETYPE_PIF] = { "pif", "DOS program information", PROGRAMS, "pif shs shb", "" },
	[FILETYPE_SCR] = { "scr", "Windows screen saver", PROGRAMS, "scr", "" },
	[FILETYPE_CPL] = { "cpl", "Windows control panel program", PROGRAMS, "cpl", "application/cpl+xml" },
	[FILETYPE_XLL] = { "xll", "Excel add-in program", PROGRAMS, "xll", "" },
	[FILETYPE_WLL] = { "wll", "Word add-in program", PROGRAMS, "wll", "" },
	[FILETYPE_APPREF] = { "appref", "ClickOnce program", PROGRAMS, "appref-ms application xbap vsto", "application/x-ms-application application/x-ms-xbap "
		"application/x-ms-vsto" },
	[FILETYPE_PYC] = { "pyc", "Python bytecode", PROGRAMS, "pyc pyo", "application/x-python-code application/x-bytecode.python" },
	[FILETYPE_SWF] = { "swf", "Flash program", PROGRAMS, "swf", "application/x-shockwave-flash application/vnd.adobe.flash.movie" },

	[FILETYPE_JS] = { "js", "JavaScript", SCRIPTS, "js mjs cjs", "text/javascript application/javascript application/x-javascript application/ecmascript" },
	[FILETYPE_VBS] = { "vbs", "Visual Basic script", SCRIPTS, "vbs vb vbscript", "text/vbscript text/vbs application/x-vbs" },
	[FILETYPE_ENCODED_SCRIPT] = { "encoded_script", "encoded Windows script", SCRIPTS, "jse vbe", "" },
	[FILETYPE_WSF] = { "wsf", "Windows script file", SCRIPTS, "wsf ws wsc wsh", "" },
	[FILETYPE_HTA] = { "hta", "HTML application", SCRIPTS, "hta gadget", "application/hta" },
	[FILETYPE_BAT] = { "bat", "batch file", SCRIPTS, "bat cmd btm", "application/bat application/x-bat" },
	[FILETYPE_PS1] = { "ps1", "PowerShell script", SCRIPTS,
		"ps1 ps1xml ps2 ps2xml psc1 psc2 psm1 psd1 pssc cdxml msh msh1 msh2 mshxml msh1xml msh2xml", "application/x-powershell" },
	[FILETYPE_SCT] = { "sct", "Windows scriptlet", SCRIPTS, "sct", "text/scriptlet" },
	[FILETYPE_REG] = { "reg", "registry entries", SCRIPTS, "reg", "text/x-ms-regedit" },
	[FILETYPE_INF] = { "inf", "setup information", SCRIPTS, "inf ins isp", "" },
	[FILETYPE_SHELL] = { "shell", "shell script", SCRIPTS, "sh bash csh ksh zsh fish command tool run pl rb php",
		"application/x-sh text/x-sh application/x-shellscript text/x-shellscript application/x-csh text/x-perl" },
	[FILETYPE_AUTOIT] = { "autoit", "AutoIt or AutoHotkey script", SCRIPTS, "au3 a3x ahk", "" },
	[FILETYPE_APPLESCRIPT] = { "applescript", "AppleScript", SCRIPTS, "scpt applescript scptd workflow terminal", "application/x-applescript" },
	[FILETYPE_CHM] = { "chm", "compiled help", SCRIPTS, "chm", "application/vnd.ms-htmlhelp application/x-chm" },
	[FILETYPE_HLP] = { "hlp", "Windows help", SCRIPTS, "hlp", "application/winhlp" },
	[FILETYPE_MSC] = { "msc", "management console", SCRIPTS, "msc", "" },
	[FILETYPE_SETTINGCONTENT] = { "settingcontent", "settings shortcut", SCRIPTS | SHORTCUTS, "settingcontent-ms appcontent-ms", "" },
	[FILETYPE_DIAGCAB] = { "diagcab", "troubleshooter", SCRIPTS, "diagcab diagcfg diagpkg", "" },
	[FILETYPE_PYTHON] = { "python", "Python program", SCRIPTS, "py pyw pyz pyzw", "text/x-python application/x-python" },

	[FILETYPE_LNK] = { "lnk", "Windows shortcut", SHORTCUTS, "lnk xnk", "application/x-ms-shortcut application/x-mslink" },
	[FILETYPE_URL] = { "url", "internet shortcut", SHORTCUTS, "url website", "application/internet-shortcut application/x-mswinurl" },
	[FILETYPE_WEBLOC] = { "webloc", "macOS internet location", SHORTCUTS, "webloc inetloc fileloc", "application/x-apple-weblocation" },
	[FILETYPE_SCF] = { "scf", "Explorer command", SHORTCUTS, "scf", "" },
	[FILETYPE_SEARCH_MS] = { "search_ms", "saved search", SHORTCUTS, "search-ms searchconnector-ms", "" },
	[FILETYPE_LIBRARY_MS] = { "library_ms", "Windows library", SHORTCUTS, "library-ms", "" },
	[FILETYPE_DESKTOP] = { "desktop", "desktop entry", SHORTCUTS, "desktop", "application/x-desktop application/x-gnome-app-info" },
	[FILETYPE_RDP] = { "rdp", "remote desktop connection", SHORTCUTS, "rdp", "application/rdp application/x-rdp" },
	[FILETYPE_THEME] = { "theme", "Windows theme", SHORTCUTS, "theme themepack deskthemepack msstyles", "" },
	[FILETYPE_IQY] = { "iqy", "Office web query", SHORTCUTS, "iqy oqy dqy rqy odc udl", "text/x-ms-iqy text/x-ms-odc text/x-ms-rqy" },

	[FILETYPE_ISO] = { "iso", "CD image", DISK_IMAGES, "iso isz nrg", "application/x-iso9660-image application/x-cd-image application/vnd.efi.iso" },
	[FILETYPE_UDF] = { "udf", "DVD image", DISK_IMAGES, "udf", "" },
	[FILETYPE_IMG] = { "img", "disk image", DISK_IMAGES, "img ima dsk flp vfd vdi", "application/x-raw-disk-image application/vnd.efi.img" },
	[FILETYPE_VHD] = { "vhd", "virtual disk", DISK_IMAGES, "vhd", "application/x-vhd application/x-vhd-disk" },
	[FILETYPE_VHDX] = { "vhdx", "virtual disk", DISK_IMAGES, "vhdx avhdx", "application/x-vhdx application/x-vhdx-disk" },
	[FILETYPE_DMG] = { "dmg", "macOS disk image", DISK_IMAGES, "dmg sparseimage smi", "application/x-apple-diskimage" },
	[FILETYPE_WIM] = { "wim", "Windows image", DISK_IMAGES, "wim esd swm ppkg", "application/x-ms-wim" },
	[FILETYPE_VMDK] = { "vmdk", "virtual disk", DISK_IMAGES, "vmdk", "application/x-vmdk-disk" },
	[FILETYPE_QCOW] = { "qcow", "virtual disk", DISK_IMAGES, "qcow qcow2", "application/x-qemu-disk" },

	[FILETYPE_ZIP] = { "zip", "ZIP archive", ARCHIVES, "zip zipx", "application/zip application/x-zip-compressed application/x-zip" },
	[FILETYPE_7Z] = { "7z", "7-Zip archive", ARCHIVES, "7z", "application/x-7z-compressed" },
	[FILETYPE_RAR] = { "rar", "RAR archive", ARCHIVES, "rar r00 r01 r02 rev cbr",
		"application/vnd.rar application/x-rar-compressed application/x-rar application/rar" },
	[FILETYPE_TAR] = { "tar", "tar archive", ARCHIVES, "tar", "application/x-tar application/x-gtar" },
	[FILETYPE_GZIP] = { "gzip", "gzip compressed file", ARCHIVES, "gz tgz gzip", "application/gzip application/x-gzip application/x-gtar-compressed" },
	[FILETYPE_BZIP2] = { "bzip2", "bzip2 compressed file", ARCHIVES, "bz2 tbz tbz2 bz", "application/x-bzip2 application/x-bzip" },
	[FILETYPE_XZ] = { "xz", "xz compressed file", ARCHIVES, "xz txz", "application/x-xz" },
	[FILETYPE_LZMA] = { "lzma", "lzma compressed file", ARCHIVES, "lzma tlz lz", "application/x-lzma application/x-lzip" },
	[FILETYPE_ZSTD] = { "zstd", "zstd compressed file", ARCHIVES, "zst tzst", "application/zstd" },
	[FILETYPE_LZ4] = { "lz4", "lz4 compressed file", ARCHIVES, "lz4", "application/x-lz4" },
	[FILETYPE_COMPRESS] = { "compress", "compressed file", ARCHIVES, "z taz", "application/x-compress" },
	[FILETYPE_CAB] = { "cab", "Windows cabinet", ARCHIVES, "cab", "application/vnd.ms-cab-compressed application/x-cab" },
	[FILETYPE_ARJ] = { "arj", "ARJ archive", ARCHIVES, "arj", "application/x-arj" },
	[FILETYPE_LZH] = { "lzh", "LZH archive", ARCHIVES, "lzh lha", "application/x-lzh-compressed application/x-lzh application/x-lha" },
	[FILETYPE_ACE] = { "ace", "ACE archive", ARCHIVES, "ace", "application/x-ace-compressed" },
	[FILETYPE_CPIO] = { "cpio", "cpio archive", ARCHIVES, "cpio", "application/x-cpio" },
	[FILETYPE_AR] = { "ar", "ar archive", ARCHIVES, "ar", "application/x-archive" },
	[FILETYPE_XAR] = { "xar", "macOS installer package", ARCHIVES | PROGRAMS, "xar pkg mpkg", "application/x-xar" },
	[FILETYPE_BROTLI] = { "brotli", "brotli compressed file", ARCHIVES, "br", "" },
	[FILETYPE_ZOO] = { "zoo", "zoo archive", ARCHIVES, "zoo", "application/x-zoo" },
	[FILETYPE_ARC] = { "arc", "ARC archive", ARCHIVES, "arc", "application/x-arc" },

	[FILETYPE_OLE2] = { "ole2", "compound document", DOCUMENTS, "vsd vst vss mpp wps", "application/vnd.visio application/vnd.ms-project" },
	[FILETYPE_DOC] = { "doc", "Word 97 document", DOCUMENTS, "doc dot wbk", "application/msword application/vnd.ms-word" },
	[FILETYPE_XLS] = { "xls", "Excel 97 workbook", DOCUMENTS, "xls xlt xla xlm xlw xlc", "application/vnd.ms-excel application/x-excel application/msexcel" },
	[FILETYPE_PPT] = { "ppt", "PowerPoint 97 presentation", DOCUMENTS, "ppt pot pps ppa", "application/vnd.ms-powerpoint application/mspowerpoint" },
	[FILETYPE_MSG] = { "msg", "Outlook message", DOCUMENTS | MAIL, "msg oft", "application/vnd.ms-outlook" },
	[FILETYPE_PUB] = { "pub", "Publisher document", DOCUMENTS, "pub", "application/x-mspublisher application/vnd.ms-publisher" },
	[FILETYPE_ONENOTE] = { "onenote", "OneNote section", DOCUMENTS, "one onetoc onetoc2 onepkg", "application/onenote application/msonenote" },
	[FILETYPE_MDB] = { "mdb", "Access database", DOCUMENTS | MACROS,
		"mdb accdb accde accdr accdt accda ade adp mad maf mag mam maq mar mas mat mau mav maw mda mde mdn mdt mdw mdz",
		"application/vnd.ms-access application/x-msaccess application/msaccess" },
	[FILETYPE_OOXML] = { "ooxml", "Office document", DOCUMENTS, "xps oxps", "application/vnd.ms-xpsdocument application/oxps" },
	[FILETYPE_DOCX] = { "docx", "Word document", DOCUMENTS, "docx dotx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document "
		"application/vnd.openxmlformats-officedocument.wordprocessingml.template" },
	[FILETYPE_XLSX] = { "xlsx", "Excel workbook", DOCUMENTS, "xlsx xltx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet "
		"application/vnd.openxmlformats-officedocument.spreadsheetml.template" },
	[FILETYPE_XLSB] = { "xlsb", "binary Excel workbook", DOCUMENTS, "xlsb", "application/vnd.ms-excel.sheet.binary.macroenabled.12" },
	[FILETYPE_PPTX] = { "pptx", "PowerPoint presentation", DOCUMENTS, "pptx potx ppsx sldx thmx",
		"application/vnd.openxmlformats-officedocument.presentationml.presentation "
		"application/vnd.openxmlformats-officedocument.presentationml.slideshow "
		"application/vnd.openxmlformats-officedocument.presentationml.template" },
	[FILETYPE_VSDX] = { "vsdx", "Visio drawing", DOCUMENTS, "vsdx vstx vssx vsdm vstm vssm", "application/vnd.ms-visio.drawing "
		"application/vnd.ms-visio.drawing.main+xml application/vnd.ms-visio.viewer" },
	[FILETYPE_DOCM] = { "docm", "Word document for macros", DOCUMENTS | MACROS, "docm dotm",
		"application/vnd.ms-word.document.macroenabled.12 application/vnd.ms-word.template.macroenabled.12" },
	[FILETYPE_XLSM] = { "xlsm", "Excel workbook for macros", DOCUMENTS | MACROS, "xlsm xltm xlam",
		"application/vnd.ms-excel.sheet.macroenabled.12 application/vnd.ms-excel.template.macroenabled.12 "
		"application/vnd.ms-excel.addin.macroenabled.12" },
	[FILETYPE_PPTM] = { "pptm", "PowerPoint presentation for macros", DOCUMENTS | MACROS, "pptm potm ppam ppsm sldm",
		"application/vnd.ms-powerpoint.presentation.macroenabled.12 application/vnd.ms-powerpoint.slideshow.macroenabled.12 "
		"application/vnd.ms-powerpoint.addin.macroenabled.12 application/vnd.ms-powerpoint.template.macroenabled.12" },
	[FILETYPE_ODF] = { "odf", "OpenDocument", DOCUMENTS, "odt ods odp odg odf odb odc ott ots otp otg sxw sxc sxi oxt",
		"application/vnd.oasis.opendocument.text application/vnd.oasis.opendocument.spreadsheet "
		"application/vnd.oasis.opendocument.presentation application/vnd.oasis.opendocument.graphics" },
	[FILETYPE_EPUB] = { "epub", "electronic book", DOCUMENTS, "epub", "application/epub+zip" },
	[FILETYPE_PDF] = { "pdf", "PDF document", DOCUMENTS, "pdf fdf xfdf xdp", "application/pdf application/x-pdf application/acrobat text/pdf "
		"application/vnd.fdf application/vnd.adobe.xdp+xml" },
	[FILETYPE_PS] = { "ps", "PostScript document", DOCUMENTS, "ps eps epsf", "application/postscript" },
	[FILETYPE_RTF] = { "rtf", "rich text document", DOCUMENTS, "rtf", "text/rtf application/rtf text/richtext application/x-rtf" },
	[FILETYPE_HTML] = { "html", "HTML document", DOCUMENTS | TEXT, "html htm xhtml xht shtml shtm htmls", "text/html application/xhtml+xml" },
	[FILETYPE_MHTML] = { "mhtml", "saved web page", DOCUMENTS, "mht mhtml", "application/x-mimearchive application/x-mhtml" },
	[FILETYPE_SVG] = { "svg", "SVG picture", IMAGES, "svg svgz", "image/svg+xml" },
	[FILETYPE_XML] = { "xml", "XML document", DOCUMENTS | TEXT, "xml xsd xsl xslt rdf rss atom gpx kml",
		"text/xml application/xml application/rss+xml application/atom+xml" },
	[FILETYPE_SLK] = { "slk", "symbolic link spreadsheet", DOCUMENTS | MACROS, "slk sylk", "application/x-sylk text/spreadsheet" },
	[FILETYPE_CSV] = { "csv", "table as text", TEXT, "csv tsv tab", "text/csv application/csv text/tab-separated-values text/comma-separated-values" },
	[FILETYPE_TEXT] = { "text", "text", TEXT, "txt text log md markdown ini conf cfg diff patch srt tex c h cpp hpp java go rs css yaml yml toml nfo po",
		"text/plain text/enriched text/css text/markdown text/x-diff text/x-patch text/x-c text/x-csrc text/x-log text/x-amp-html" },
	[FILETYPE_JSON] = { "json", "JSON data", TEXT, "json ndjson geojson", "application/json text/json" },
	[FILETYPE_ICAL] = { "ical", "calendar entry", TEXT, "ics ical ifb icalendar", "text/calendar application/ics" },
	[FILETYPE_VCARD] = { "vcard", "business card", TEXT, "vcf vcard", "text/vcard text/x-vcard text/directory" },

	[FILETYPE_MAIL] = { "mail", "mail message", MAIL, "eml nws mbox", "message/rfc822 message/global application/mbox" },
	[FILETYPE_TNEF] = { "tnef", "Outlook rich mail", MAIL | ARCHIVES, "tnef", "application/ms-tnef application/vnd.ms-tnef" },
	[FILETYPE_SMIME_SIGNED] = { "smime_signed", "signed mail", MAIL, "p7s", "application/pkcs7-signature application/x-pkcs7-signature" },
	[FILETYPE_SMIME_ENCRYPTED] = { "smime_encrypted", "encrypted mail", MAIL | ENCRYPTED, "", "" },
	[FILETYPE_PGP] = { "pgp", "OpenPGP data", MAIL, "pgp gpg asc", "application/pgp-encrypted application/pgp-signature application/pgp-keys application/pgp" },
	[FILETYPE_PKCS7] = { "pkcs7", "PKCS #7 data", MAIL, "p7m p7z p7b p7c", "application/pkcs7-mime application/x-pkcs7-mime "
		"application/x-pkcs7-certificates" },
	[FILETYPE_X509] = { "x509", "certificate", 0, "cer crt der pem p12 pfx csr p10",
		"application/x-x509-ca-cert application/pkix-cert application/x-pkcs12 application/x-pem-file" },
	[FILETYPE_PARTIAL] = { "partial", "fragment of a mail", MAIL | FRAGMENTS, "", "message/partial" },
	[FILETYPE_EXTERNAL_BODY] = { "external_body", "mail content kept elsewhere", MAIL | FRAGMENTS, "", "message/external-body" },
	[FILETYPE_APPLEDOUBLE] = { "appledouble", "macOS file with attributes", ARCHIVES, "", "application/applefile" },
	[FILETYPE_BINHEX] = { "binhex", "BinHex file", ARCHIVES, "hqx", "application/mac-binhex40 application/mac-binhex" },
	[FILETYPE_UUENCODE] = { "uuencode", "uuencoded file", ARCHIVES, "uu uue xxe", "text/x-uuencode application/x-uuencode" },
	[FILETYPE_YENC] = { "yenc", "yEnc file", ARCHIVES, "yenc", "application/x-yencoded" },

	[FILETYPE_PNG] = { "png", "PNG picture", IMAGES, "png apng", "image/png image/x-png image/apng" },
	[FILETYPE_JPEG] = { "jpeg", "JPEG picture", IMAGES, "jpg jpeg jpe jfif jif", "image/jpeg image/jpg image/pjpeg" },
	[FILETYPE_GIF] = { "gif", "GIF picture", IMAGES, "gif", "image/gif" },
	[FILETYPE_BMP] = { "bmp", "BMP picture", IMAGES, "bmp dib", "image/bmp image/x-bmp image/x-ms-bmp" },
	[FILETYPE_TIFF] = { "tiff", "TIFF picture", IMAGES, "tif tiff", "image/tiff" },
	[FILETYPE_WEBP] = { "webp", "WebP picture", IMAGES, "webp", "image/webp" },
	[FILETYPE_ICO] = { "ico", "icon", IMAGES, "ico cur ani", "image/x-icon image/vnd.microsoft.icon" },
	[FILETYPE_HEIC] = { "heic", "HEIF or JPEG 2000 picture", IMAGES, "heic heif avif jp2 j2k jxl", "image/heic image/heif image/avif image/jp2 image/jxl" },
	[FILETYPE_PSD] = { "psd", "Photoshop picture", IMAGES, "psd psb", "image/vnd.adobe.photoshop" },
	[FILETYPE_WMF] = { "wmf", "Windows metafile", IMAGES, "wmf wmz", "image/wmf image/x-wmf" },
	[FILETYPE_EMF] = { "emf", "Windows metafile", IMAGES, "emf emz", "image/emf image/x-emf" },
	[FILETYPE_AUDIO] = { "audio", "sound", MEDIA, "mp3 wav ogg oga flac m4a aac wma aif aiff mid midi opus amr au",
		"audio/mpeg audio/mp3 audio/wav audio/x-wav audio/ogg audio/mp4 audio/x-m4a audio/aac audio/flac audio/amr audio/midi audio/basic audio/webm" },
	[FILETYPE_VIDEO] = { "video", "film", MEDIA, "mp4 m4v mov avi mkv webm wmv mpg mpeg mpe flv 3gp 3g2 asf ogv",
		"video/mp4 video/quicktime video/x-msvideo video/mpeg video/webm video/x-matroska video/x-ms-wmv video/3gpp" },
	[FILETYPE_FONT] = { "font", "font", MEDIA, "ttf otf ttc woff woff2 eot",
		"font/ttf font/otf font/woff font/woff2 application/font-woff application/x-font-ttf" },
	[FILETYPE_SQLITE] = { "sqlite", "SQLite database", DOCUMENTS, "sqlite sqlite3", "application/vnd.sqlite3 application/x-sqlite3" },
};

static const struct {
	const char *name;
	unsigned group;
} groups[] = {
	{ "programs", PROGRAMS }, { "scripts", SCRIPTS }, { "shortcuts", SHORTCUTS }, { "disk_images", DISK_IMAGES }, { "archives", ARCHIVES },
	{ "documents", DOCUMENTS }, { "macros", MACROS }, { "encrypted", ENCRYPTED }, { "fragments", FRAGMENTS }, { "images", IMAGES },
	{ "media", MEDIA }, { "texts", TEXT }, { "mails", MAIL },
};

void filetype_set_add(struct filetype_set *set, enum filetype type)
{
	assert((unsigned)type < FILETYPES);
	set->bits[type / 64] |= UINT64_C(1) << (type % 64);
}

bool filetype_set_has(const struct filetype_set *set, enum filetype type)
{
	return (unsigned)type < FILETYPES && (set->bits[type / 64] >> (type % 64) & 1) != 0;
}

const char *filetype_name(enum filetype type)
{
	return (unsigned)type < FILETYPES ? rows[type].name : rows[FILETYPE_UNKNOWN].name;
}

const char *filetype_title(enum filetype type)
{
	return (unsigned)type < FILETYPES ? rows[type].title : rows[FILETYPE_UNKNOWN].title;
}

unsigned filetype_groups(enum filetype type)
{
	return (unsigned)type < FILETYPES ? rows[type].groups : 0;
}

static bool list_has(const char *list, const char *word, size_t len)
{
	while (*list != '\0') {
		size_t n = strcspn(list, " ");

		if (n == len && memcmp(list, word, len) == 0)
			return true;
		list += n + (list[n] == ' ');
	}
	return false;
}

enum filetype filetype_of_extension(const char *extension)
{
	size_t len = strlen(extension);

	for (int i = 0; len > 0 && i < FILETYPES; i++) {
		if (list_has(rows[i].extensions, extension, len))
			return (enum filetype)i;
	}
	return FILETYPE_UNKNOWN;
}

static enum filetype filetype_of_whole_family(const char *media_type)
{
	if (strncmp(media_type, "video/", 6) == 0)
		return FILETYPE_VIDEO;
	if (strncmp(media_type, "audio/", 6) == 0)
		return FILETYPE_AUDIO;
	if (strncmp(media_type, "font/", 5) == 0)
		return FILETYPE_FONT;
	return strncmp(media_type, "application/vnd.oasis.opendocument.", 35) == 0 ? FILETYPE_ODF : FILETYPE_UNKNOWN;
}

enum filetype filetype_of_media_type(const char *media_type)
{
	size_t len = strlen(media_type);

	for (int i = 0; len > 0 && i < FILETYPES; i++) {
		if (list_has(rows[i].media_types, media_type, len))
			return (enum filetype)i;
	}
	return filetype_of_whole_family(media_type);
}

static bool word_is_extension(const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < len; i++) {
		if (!ascii_is_alnum(word[i]) && word[i] != '-' && word[i] != '_')
			return false;
	}
	return len >= 1 && len <= 20;
}

static bool read_group(const char *word, struct filetype_word *ret_word)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (ascii_equal(word, groups[i].name)) {
			ret_word->is_group = true;
			ret_word->group = groups[i].group;
			return true;
		}
	}
	return false;
}

bool filetype_read_word(const char *word, struct filetype_word *ret_word)
{
	bool has_dot = word[0] == '.';

	memset(ret_word, 0, sizeof(*ret_word));
	if (!has_dot && read_group(word, ret_word))
		return true;
	word += has_dot;
	if (!word_is_extension(word))
		return false;
	for (size_t i = 0; word[i] != '\0'; i++)
		ret_word->extension[i] = ascii_lower(word[i]);
	for (int i = 0; i < FILETYPES; i++) {
		if (strcmp(rows[i].name, ret_word->extension) == 0) {
			ret_word->is_type = true;
			ret_word->type = (enum filetype)i;
		}
	}
	return true;
}
