/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/filetype_internal.h"

struct signature {
	unsigned at;
	struct str bytes;
	enum filetype type;
};

#define SIGNATURE(literal) { literal, sizeof(literal) - 1 }

/* At the start: found by their first byte. A shorter one that begins like a longer one stands behind it. */
static const struct signature starts[] = {
	{ 0, SIGNATURE("\x7f" "ELF"), FILETYPE_ELF },
	{ 0, SIGNATURE("\xfe\xed\xfa\xce"), FILETYPE_MACHO },
	{ 0, SIGNATURE("\xfe\xed\xfa\xcf"), FILETYPE_MACHO },
	{ 0, SIGNATURE("\xce\xfa\xed\xfe"), FILETYPE_MACHO },
	{ 0, SIGNATURE("\xcf\xfa\xed\xfe"), FILETYPE_MACHO },
	{ 0, SIGNATURE("dex\n0"), FILETYPE_DEX },
	{ 0, SIGNATURE("!<arch>\ndebian"), FILETYPE_DEB },
	{ 0, SIGNATURE("!<arch>\n"), FILETYPE_AR },
	{ 0, SIGNATURE("!<thin>\n"), FILETYPE_AR },
	{ 0, SIGNATURE("\xed\xab\xee\xdb"), FILETYPE_RPM },
	{ 0, SIGNATURE("\0asm\1\0\0\0"), FILETYPE_WASM },
	{ 0, SIGNATURE("ITSF\3\0\0\0"), FILETYPE_CHM },
	{ 0, SIGNATURE("ITSF\2\0\0\0"), FILETYPE_CHM },
	{ 0, SIGNATURE("?_\3\0"), FILETYPE_HLP },
	{ 0, SIGNATURE("FasdUAS "), FILETYPE_APPLESCRIPT },
	{ 0, SIGNATURE("#@~^"), FILETYPE_ENCODED_SCRIPT },
	{ 0, SIGNATURE("\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"), FILETYPE_LNK },
	{ 0, SIGNATURE("vhdxfile"), FILETYPE_VHDX },
	{ 0, SIGNATURE("conectix"), FILETYPE_VHD },
	{ 0, SIGNATURE("encrcdsa"), FILETYPE_DMG },
	{ 0, SIGNATURE("MSWIM\0\0\0"), FILETYPE_WIM },
	{ 0, SIGNATURE("WLPWM\0\0\0"), FILETYPE_WIM },
	{ 0, SIGNATURE("KDMV"), FILETYPE_VMDK },
	{ 0, SIGNATURE("COWD"), FILETYPE_VMDK },
	{ 0, SIGNATURE("# Disk DescriptorFile"), FILETYPE_VMDK },
	{ 0, SIGNATURE("QFI\xfb"), FILETYPE_QCOW },
	{ 0, SIGNATURE("hsqs"), FILETYPE_IMG },
	{ 0, SIGNATURE("PK\3\4"), FILETYPE_ZIP },
	{ 0, SIGNATURE("PK\5\6"), FILETYPE_ZIP },
	{ 0, SIGNATURE("PK\7\x08PK\3\4"), FILETYPE_ZIP },
	{ 0, SIGNATURE("PK00PK\3\4"), FILETYPE_ZIP },
	{ 0, SIGNATURE("7z\xbc\xaf\x27\x1c"), FILETYPE_7Z },
	{ 0, SIGNATURE("Rar!\x1a\7\0"), FILETYPE_RAR },
	{ 0, SIGNATURE("Rar!\x1a\7\1"), FILETYPE_RAR },
	{ 0, SIGNATURE("RE~^"), FILETYPE_RAR },
	{ 0, SIGNATURE("\xfd" "7zXZ\0"), FILETYPE_XZ },
	{ 0, SIGNATURE("LZIP\1"), FILETYPE_LZMA },
	{ 0, SIGNATURE("LZIP\0"), FILETYPE_LZMA },
	{ 0, SIGNATURE("\x28\xb5\x2f\xfd"), FILETYPE_ZSTD },
	{ 0, SIGNATURE("\x04\x22\x4d\x18"), FILETYPE_LZ4 },
	{ 0, SIGNATURE("\x02\x21\x4c\x18"), FILETYPE_LZ4 },
	{ 0, SIGNATURE("MSCF\0\0\0\0"), FILETYPE_CAB },
	{ 0, SIGNATURE("ISc("), FILETYPE_CAB },
	{ 0, SIGNATURE("070701"), FILETYPE_CPIO },
	{ 0, SIGNATURE("070702"), FILETYPE_CPIO },
	{ 0, SIGNATURE("070707"), FILETYPE_CPIO },
	{ 0, SIGNATURE("xar!"), FILETYPE_XAR },
	{ 0, SIGNATURE("ZOO "), FILETYPE_ZOO },
	{ 0, SIGNATURE("\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"), FILETYPE_ONENOTE },
	{ 0, SIGNATURE("\xa1\x2f\xff\x43\xd9\xef\x76\x4c\x9e\xe2\x10\xea\x57\x22\x76\x5f"), FILETYPE_ONENOTE },
	{ 0, SIGNATURE("\0\1\0\0Standard Jet DB"), FILETYPE_MDB },
	{ 0, SIGNATURE("\0\1\0\0Standard ACE DB"), FILETYPE_MDB },
	{ 0, SIGNATURE("%PDF-"), FILETYPE_PDF },
	{ 0, SIGNATURE("%!PS"), FILETYPE_PS },
	{ 0, SIGNATURE("\xc5\xd0\xd3\xc6"), FILETYPE_PS },
	{ 0, SIGNATURE("{\\rt"), FILETYPE_RTF },
	{ 0, SIGNATURE("\x78\x9f\x3e\x22"), FILETYPE_TNEF },
	{ 0, SIGNATURE("\0\5\x16\7"), FILETYPE_APPLEDOUBLE },
	{ 0, SIGNATURE("\0\5\x16\0"), FILETYPE_APPLEDOUBLE },
	{ 0, SIGNATURE("\x89PNG\r\n\x1a\n"), FILETYPE_PNG },
	{ 0, SIGNATURE("\xff\xd8\xff"), FILETYPE_JPEG },
	{ 0, SIGNATURE("GIF87a"), FILETYPE_GIF },
	{ 0, SIGNATURE("GIF89a"), FILETYPE_GIF },
	{ 0, SIGNATURE("II*\0"), FILETYPE_TIFF },
	{ 0, SIGNATURE("MM\0*"), FILETYPE_TIFF },
	{ 0, SIGNATURE("II+\0"), FILETYPE_TIFF },
	{ 0, SIGNATURE("MM\0+"), FILETYPE_TIFF },
	{ 0, SIGNATURE("8BPS\0"), FILETYPE_PSD },
	{ 0, SIGNATURE("\xd7\xcd\xc6\x9a"), FILETYPE_WMF },
	{ 0, SIGNATURE("\1\0\x09\0\0\3"), FILETYPE_WMF },
	{ 0, SIGNATURE("\0\0\0\x0cjP  \r\n\x87\n"), FILETYPE_HEIC },
	{ 0, SIGNATURE("\0\0\0\x0cJXL \r\n\x87\n"), FILETYPE_HEIC },
	{ 0, SIGNATURE("\xff\x4f\xff\x51\0"), FILETYPE_HEIC },
	{ 0, SIGNATURE("ID3\2"), FILETYPE_AUDIO },
	{ 0, SIGNATURE("ID3\3"), FILETYPE_AUDIO },
	{ 0, SIGNATURE("ID3\4"), FILETYPE_AUDIO },
	{ 0, SIGNATURE("OggS\0"), FILETYPE_AUDIO },
	{ 0, SIGNATURE("fLaC\0"), FILETYPE_AUDIO },
	{ 0, SIGNATURE("MThd\0\0\0\6"), FILETYPE_AUDIO },
	{ 0, SIGNATURE("#!AMR"), FILETYPE_AUDIO },
	{ 0, SIGNATURE(".snd\0"), FILETYPE_AUDIO },
	{ 0, SIGNATURE("\x1a\x45\xdf\xa3"), FILETYPE_VIDEO },
	{ 0, SIGNATURE("FLV\1"), FILETYPE_VIDEO },
	{ 0, SIGNATURE("\0\0\1\xba"), FILETYPE_VIDEO },
	{ 0, SIGNATURE("\0\0\1\xb3"), FILETYPE_VIDEO },
	{ 0, SIGNATURE("\x30\x26\xb2\x75\x8e\x66\xcf\x11"), FILETYPE_VIDEO },
	{ 0, SIGNATURE("OTTO\0"), FILETYPE_FONT },
	{ 0, SIGNATURE("ttcf\0"), FILETYPE_FONT },
	{ 0, SIGNATURE("true\0"), FILETYPE_FONT },
	{ 0, SIGNATURE("wOFF"), FILETYPE_FONT },
	{ 0, SIGNATURE("wOF2"), FILETYPE_FONT },
	{ 0, SIGNATURE("SQLite format 3\0"), FILETYPE_SQLITE },
};

/* Somewhere else: asked one after the other. */
static const struct signature elsewhere[] = {
	{ 7, SIGNATURE("**ACE**"), FILETYPE_ACE },
	{ 4, SIGNATURE("ftypheic"), FILETYPE_HEIC },
	{ 4, SIGNATURE("ftypheix"), FILETYPE_HEIC },
	{ 4, SIGNATURE("ftyphevc"), FILETYPE_HEIC },
	{ 4, SIGNATURE("ftypmif1"), FILETYPE_HEIC },
	{ 4, SIGNATURE("ftypmsf1"), FILETYPE_HEIC },
	{ 4, SIGNATURE("ftypavi"), FILETYPE_HEIC },
	{ 4, SIGNATURE("ftypM4A"), FILETYPE_AUDIO },
	{ 4, SIGNATURE("ftypM4B"), FILETYPE_AUDIO },
	{ 4, SIGNATURE("ftyp"), FILETYPE_VIDEO },
	{ 4, SIGNATURE("moov\0"), FILETYPE_VIDEO },
	{ 4, SIGNATURE("mdat"), FILETYPE_VIDEO },
	{ 40, SIGNATURE(" EMF\0\0"), FILETYPE_EMF },
	{ 8, SIGNATURE("ACON"), FILETYPE_ICO },
	{ 8, SIGNATURE("WEBPVP8"), FILETYPE_WEBP },
	{ 8, SIGNATURE("WAVEfmt"), FILETYPE_AUDIO },
	{ 8, SIGNATURE("AVI LIST"), FILETYPE_VIDEO },
	{ 8, SIGNATURE("AIFF"), FILETYPE_AUDIO },
	{ 8, SIGNATURE("AIFCFVER"), FILETYPE_AUDIO },
	{ 20, SIGNATURE("\xdc\xa7\xc4\xfd"), FILETYPE_ZOO },
	{ 64, SIGNATURE("\x7f\x10\xda\xbe"), FILETYPE_IMG },	/* VirtualBox */
};

/* Words of which an ordinary text could consist need binary company. */
static bool is_plausible(struct str bytes, const struct signature *signature)
{
	switch (signature->type) {
	case FILETYPE_AUDIO:
	case FILETYPE_ICO:
	case FILETYPE_VIDEO:
	case FILETYPE_WEBP:
		if (signature->at == 8)
			return octets_match(bytes, 0, STR("RIFF")) || octets_match(bytes, 0, STR("FORM"));
		return signature->at != 4 || octets_u8(bytes, 0) == 0;
	case FILETYPE_VMDK:
		return signature->bytes.len > 4 || octets_le32(bytes, 4) < 8;
	case FILETYPE_IMG:
		return signature->at != 0 || (octets_le16(bytes, 28) == 4 && octets_le16(bytes, 30) == 0);
	case FILETYPE_XAR:
		return octets_be16(bytes, 4) < 4096;
	case FILETYPE_ZOO:
		return octets_match(bytes, 20, STR("\xdc\xa7\xc4\xfd"));
	case FILETYPE_CAB:
		return signature->bytes.len > 4 || octets_u8(bytes, 7) < 4;
	case FILETYPE_FONT:
		return octets_u8(bytes, 4) < 9 || octets_match(bytes, 4, STR("OTTO")) || octets_match(bytes, 4, STR("true"));
	default:
		return true;
	}
}

static enum filetype search(const struct signature *list, size_t len, struct str bytes)
{
	for (size_t i = 0; i < len; i++) {
		if (octets_match(bytes, list[i].at, list[i].bytes) && is_plausible(bytes, &list[i]))
			return list[i].type;
	}
	return FILETYPE_UNKNOWN;
}

enum filetype filetype_signature(struct str bytes)
{
	enum filetype type = search(starts, sizeof(starts) / sizeof(starts[0]), bytes);

	return type != FILETYPE_UNKNOWN ? type : search(elsewhere, sizeof(elsewhere) / sizeof(elsewhere[0]), bytes);
}
