/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdio.h>

#include "milter/mail/utf8.h"
#include "milter/unpack/prepare.h"

enum kind { BY_ICONV, IS_UTF8, IS_UTF16, IS_UTF32, IS_HZ };

/* Names are compared by their letters and digits alone, without case. Where one charset contains another under whose name it is sent (GB 18030,
 * Windows-31J, UHC), the larger one reads both. */
static struct charset {
	const char *names;	/* with a space before and after each */
	const char *converter;	/* as iconv knows it */
	enum kind kind;
	bool hides_ascii;
	iconv_t handle;
	bool is_open;
} charsets[] = {
	{ " utf8 usascii ascii ansix341968 iso646us unicode11utf8 csutf8 utf8mb4 ", NULL, IS_UTF8, false, NULL, false },
	{ " iso88591 latin1 isolatin1 l1 cp819 ibm819 isoir100 ", "ISO-8859-1", BY_ICONV, false, NULL, false },
	{ " windows1252 cp1252 ansi ms1252 ", "WINDOWS-1252", BY_ICONV, false, NULL, false },
	{ " iso88592 latin2 isolatin2 l2 ", "ISO-8859-2", BY_ICONV, false, NULL, false },
	{ " iso88593 latin3 isolatin3 l3 ", "ISO-8859-3", BY_ICONV, false, NULL, false },
	{ " iso88594 latin4 isolatin4 l4 ", "ISO-8859-4", BY_ICONV, false, NULL, false },
	{ " iso88595 cyrillic isolatincyrillic ", "ISO-8859-5", BY_ICONV, false, NULL, false },
	{ " iso88596 iso88596i iso88596e arabic isolatinarabic ", "ISO-8859-6", BY_ICONV, false, NULL, false },
	{ " iso88597 greek greek8 isolatingreek ", "ISO-8859-7", BY_ICONV, false, NULL, false },
	{ " iso88598 iso88598i iso88598e hebrew logical visual isolatinhebrew ", "ISO-8859-8", BY_ICONV, false, NULL, false },
	{ " iso88599 latin5 isolatin5 l5 ", "ISO-8859-9", BY_ICONV, false, NULL, false },
	{ " iso885910 latin6 l6 ", "ISO-8859-10", BY_ICONV, false, NULL, false },
	{ " tis620 iso885911 windows874 cp874 dos874 ", "CP874", BY_ICONV, false, NULL, false },
	{ " iso885913 latin7 ", "ISO-8859-13", BY_ICONV, false, NULL, false },
	{ " iso885914 latin8 ", "ISO-8859-14", BY_ICONV, false, NULL, false },
	{ " iso885915 latin9 latin0 ", "ISO-8859-15", BY_ICONV, false, NULL, false },
	{ " iso885916 latin10 ", "ISO-8859-16", BY_ICONV, false, NULL, false },
	{ " windows1250 cp1250 ", "WINDOWS-1250", BY_ICONV, false, NULL, false },
	{ " windows1251 cp1251 ", "WINDOWS-1251", BY_ICONV, false, NULL, false },
	{ " windows1253 cp1253 ", "WINDOWS-1253", BY_ICONV, false, NULL, false },
	{ " windows1254 cp1254 ", "WINDOWS-1254", BY_ICONV, false, NULL, false },
	{ " windows1255 cp1255 ", "WINDOWS-1255", BY_ICONV, false, NULL, false },
	{ " windows1256 cp1256 ", "WINDOWS-1256", BY_ICONV, false, NULL, false },
	{ " windows1257 cp1257 ", "WINDOWS-1257", BY_ICONV, false, NULL, false },
	{ " windows1258 cp1258 ", "WINDOWS-1258", BY_ICONV, false, NULL, false },
	{ " koi8r koi8 ", "KOI8-R", BY_ICONV, false, NULL, false },
	{ " koi8u koi8ru ", "KOI8-U", BY_ICONV, false, NULL, false },
	{ " cp437 ibm437 ", "CP437", BY_ICONV, false, NULL, false },
	{ " cp850 ibm850 ", "CP850", BY_ICONV, false, NULL, false },
	{ " cp852 ibm852 ", "CP852", BY_ICONV, false, NULL, false },
	{ " cp866 ibm866 ", "CP866", BY_ICONV, false, NULL, false },
	{ " macintosh mac macroman ", "MACINTOSH", BY_ICONV, false, NULL, false },
	{ " maccyrillic macukrainian ", "MAC-CYRILLIC", BY_ICONV, false, NULL, false },
	{ " viscii ", "VISCII", BY_ICONV, false, NULL, false },
	{ " gb18030 gb2312 gb231280 euccn cngb gbk cp936 windows936 ms936 chinese ", "GB18030", BY_ICONV, false, NULL, false },
	{ " big5 cnbig5 big5hkscs cp950 ", "BIG5-HKSCS", BY_ICONV, false, NULL, false },
	{ " euctw ", "EUC-TW", BY_ICONV, false, NULL, false },
	{ " shiftjis sjis mskanji cp932 ms932 windows31j ", "CP932", BY_ICONV, false, NULL, false },
	{ " eucjp ujis extendedunixcodepackedformatforjapanese ", "EUC-JP-MS", BY_ICONV, false, NULL, false },
	{ " euckr ksc56011987 ksc56011989 ksc5601 korean cp949 uhc windows949 ms949 ", "UHC", BY_ICONV, false, NULL, false },
	{ " johab ", "JOHAB", BY_ICONV, false, NULL, false },
	{ " iso2022jp iso2022jp1 iso2022jp2 iso2022jpms cp50220 cp50221 jis ", "ISO-2022-JP-2", BY_ICONV, true, NULL, false },
	{ " iso2022jp3 iso2022jp2004 ", "ISO-2022-JP-3", BY_ICONV, true, NULL, false },
	{ " iso2022kr ", "ISO-2022-KR", BY_ICONV, true, NULL, false },
	{ " iso2022cn iso2022cnext ", "ISO-2022-CN-EXT", BY_ICONV, true, NULL, false },
	{ " hzgb2312 hz ", "GB18030", IS_HZ, true, NULL, false },
	{ " utf7 unicode11utf7 ", "UTF-7", BY_ICONV, true, NULL, false },
	{ " utf7imap ", "UTF-7-IMAP", BY_ICONV, true, NULL, false },
	{ " utf16 utf16le utf16be unicode ucs2 ucs2le ucs2be iso10646ucs2 unicodelittle unicodebig unicodefffe unicodefeff ", NULL, IS_UTF16, true,
	  NULL, false },
	{ " utf32 utf32le utf32be ucs4 ucs4le ucs4be iso10646ucs4 ", NULL, IS_UTF32, true, NULL, false },
	{ " ibm037 cp037 ebcdiccpus ebcdiccpca ebcdicus ", "IBM037", BY_ICONV, true, NULL, false },
	{ " ibm500 cp500 ebcdiccpbe ebcdicint ", "IBM500", BY_ICONV, true, NULL, false },
	{ " ibm1047 cp1047 ", "IBM1047", BY_ICONV, true, NULL, false },
	{ " ibm1140 cp1140 cp01140 ibm01140 ", "IBM1140", BY_ICONV, true, NULL, false },
	{ " ibm273 cp273 ibm1141 cp1141 ibm01141 ebcdicde ", "IBM1141", BY_ICONV, true, NULL, false },
	{ " ibm277 cp277 ibm1142 ibm01142 ", "IBM1142", BY_ICONV, true, NULL, false },
	{ " ibm278 cp278 ibm1143 ibm01143 ", "IBM1143", BY_ICONV, true, NULL, false },
	{ " ibm280 cp280 ibm1144 ibm01144 ebcdicit ", "IBM1144", BY_ICONV, true, NULL, false },
	{ " ibm284 cp284 ibm1145 ibm01145 ebcdices ", "IBM1145", BY_ICONV, true, NULL, false },
	{ " ibm285 cp285 ibm1146 ibm01146 ebcdicuk ", "IBM1146", BY_ICONV, true, NULL, false },
	{ " ibm297 cp297 ibm1147 ibm01147 ebcdicfr ", "IBM1147", BY_ICONV, true, NULL, false },
	{ " ibm1148 cp1148 ibm01148 ", "IBM1148", BY_ICONV, true, NULL, false },
	{ " ibm870 cp870 ", "IBM870", BY_ICONV, true, NULL, false },
	{ " ibm875 cp875 ", "IBM875", BY_ICONV, true, NULL, false },
	{ " ibm1025 cp1025 ", "IBM1025", BY_ICONV, true, NULL, false },
	{ " ibm1026 cp1026 ", "IBM1026", BY_ICONV, true, NULL, false },
};

#define CHARSETS (sizeof(charsets) / sizeof(charsets[0]))

enum { KEY_MAX = 48 };

static int open_converter(struct charset *charset, char problem[UNPACK_PROBLEM_MAX])
{
	if (charset->converter == NULL || charset->is_open)
		return 0;
	charset->handle = iconv_open("UTF-8", charset->converter);
	if (charset->handle == (iconv_t)-1) {
		int r = -errno;

		(void)snprintf(problem, UNPACK_PROBLEM_MAX, "iconv has no converter for %s (is libc-bin complete?)", charset->converter);
		return r;
	}
	charset->is_open = true;
	return 0;
}

int charset_prepare(char problem[UNPACK_PROBLEM_MAX])
{
	for (size_t i = 0; i < CHARSETS; i++) {
		int r = open_converter(&charsets[i], problem);

		if (r < 0)
			return r;
	}
	return 0;
}

/* " utf8 " of "UTF-8", and of "'utf-8*en'" (RFC 2231 5). Returns its length, 0 when there is no name or a longer one than any. */
static size_t make_key(struct str name, char key[KEY_MAX])
{
	size_t len = 1;

	key[0] = ' ';
	for (size_t i = 0; i < name.len && name.p[i] != '*'; i++) {
		if (!ascii_is_alnum(name.p[i]))
			continue;
		if (len >= KEY_MAX - 2)
			return 0;
		key[len++] = ascii_lower(name.p[i]);
	}
	key[len++] = ' ';
	key[len] = '\0';
	return len > 2 ? len : 0;
}

static const struct charset *find_key(const char *key)
{
	for (size_t i = 0; i < CHARSETS; i++)
		if (strstr(charsets[i].names, key) != NULL)
			return &charsets[i];
	return NULL;
}

/* No name is what RFC 2045 5.2 has for it: US-ASCII. "x-" and "cs" in front of a name change nothing. */
static const struct charset *find(struct str name)
{
	const struct charset *found;
	char key[KEY_MAX];
	size_t skip = 0;

	if (str_equal_nocase(name, STR("utf-8")) || str_trim(name).len == 0)
		return &charsets[0];
	if (make_key(name, key) == 0)
		return NULL;
	found = find_key(key);
	if (found == NULL && key[1] == 'x')
		skip = 1;
	else if (found == NULL && key[1] == 'c' && key[2] == 's')
		skip = 2;
	if (skip == 0)
		return found;
	key[skip] = ' ';
	return find_key(key + skip);
}

bool charset_hides_ascii(struct str name)
{
	const struct charset *charset = find(name);
	char key[KEY_MAX];

	if (charset != NULL)
		return charset->hides_ascii;
	if (make_key(name, key) == 0)
		return false;
	return strncmp(key, " ebcdic", 7) == 0 || strncmp(key, " utf7", 5) == 0 || strncmp(key, " utf16", 6) == 0 ||
	       strncmp(key, " iso2022", 8) == 0 || strstr(key, "utfebcdic") != NULL;
}

struct output {
	char *p;
	size_t len, size;
};

static bool put(struct output *output, uint32_t c)
{
	char bytes[4];
	size_t len = 0;

	if (c >= 0x110000 || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	if (c < 0x80) {
		bytes[len++] = (char)c;
	} else if (c < 0x800) {
		bytes[len++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		bytes[len++] = (char)(0xe0 | c >> 12);
		bytes[len++] = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		bytes[len++] = (char)(0xf0 | c >> 18);
		bytes[len++] = (char)(0x80 | (c >> 12 & 0x3f));
		bytes[len++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	if (c >= 0x80)
		bytes[len++] = (char)(0x80 | (c & 0x3f));
	if (output->size - output->len < len)
		return false;
	memcpy(output->p + output->len, bytes, len);
	output->len += len;
	return true;
}

static uint32_t unit_at(struct str in, size_t at, size_t width, bool little)
{
	uint32_t unit = 0;

	for (size_t i = 0; i < width; i++)
		unit = unit << 8 | (unsigned char)in.p[at + (little ? width - 1 - i : i)];
	return unit;
}

/* A byte order mark tells; else the name; else where the zeros of ASCII are; else RFC 2781 4.3: big-endian. */
static bool is_little(struct str name, struct str in, size_t width)
{
	size_t first = 0, last = 0;

	if (in.len >= width && unit_at(in, 0, width, false) == 0xfeff)
		return false;
	if (in.len >= width && unit_at(in, 0, width, true) == 0xfeff)
		return true;
	if (name.len > 2 && ascii_lower(name.p[name.len - 1]) == 'e' && strchr("lLbB", name.p[name.len - 2]) != NULL)
		return ascii_lower(name.p[name.len - 2]) == 'l';
	for (size_t i = 0; i + width <= in.len && i < 512; i += width) {
		first += in.p[i] == '\0';
		last += in.p[i + width - 1] == '\0';
	}
	return last > first;
}

static void from_wide(struct str name, struct str in, size_t width, struct output *output)
{
	bool little = is_little(name, in, width), fits = true;
	size_t at = in.len >= width && unit_at(in, 0, width, little) == 0xfeff ? width : 0;

	for (; fits && at + width <= in.len; at += width) {
		uint32_t c = unit_at(in, at, width, little);
		uint32_t low = c >= 0xd800 && c < 0xdc00 && at + 4 <= in.len ? unit_at(in, at + width, 2, little) : 0;

		if (width == 2 && low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			at += 2;
		}
		fits = put(output, c);
	}
	if (fits && at < in.len)
		(void)put(output, 0xfffd);
}

static void from_utf8(struct str in, struct output *output)
{
	while (in.len > 0) {
		size_t len = utf8_length(in);

		if (len == 0) {
			if (!put(output, 0xfffd))
				return;
			len = 1;
		} else {
			if (output->size - output->len < len)
				return;
			memcpy(output->p + output->len, in.p, len);
			output->len += len;
		}
		in = (struct str){ in.p + len, in.len - len };
	}
}

/* A handle keeps the state of the last text, also of one that was broken off. */
static void from_iconv(iconv_t handle, struct str in, struct output *output)
{
	char *from = (char *)(uintptr_t)in.p, *to = output->p;
	size_t left = in.len, room = output->size;

	(void)iconv(handle, NULL, NULL, NULL, NULL);
	while (left > 0 && iconv(handle, &from, &left, &to, &room) == (size_t)-1 && errno != E2BIG) {
		output->len = output->size - room;
		if (!put(output, 0xfffd))
			break;
		to = output->p + output->len;
		room = output->size - output->len;
		if (left > 0) {
			from++;
			left--;
		}
	}
	(void)iconv(handle, NULL, NULL, &to, &room);
	output->len = output->size - room;
}

/* RFC 1843: "~{" and "~}" around pairs of GB 2312 without their high bits. */
static struct str without_hz(struct arena *arena, struct str in)
{
	char *out = arena_alloc(arena, in.len + 1);
	bool shifted = false;
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++) {
		bool escape = in.p[i] == '~' && i + 1 < in.len && strchr("{}~\n", in.p[i + 1]) != NULL && in.p[i + 1] != '\0';

		if (escape && !(shifted && in.p[i + 1] != '}')) {
			i++;
			shifted = in.p[i] == '{' || (shifted && in.p[i] != '}');
			if (in.p[i] == '~')
				out[len++] = '~';
		} else {
			shifted = shifted && in.p[i] != '\n';
			out[len++] = (char)(shifted && in.p[i] > ' ' ? in.p[i] | 0x80 : in.p[i]);
		}
	}
	return (struct str){ out, len };
}

static void convert(struct arena *arena, const struct charset *charset, struct str name, struct str in, struct output *output)
{
	switch (charset->kind) {
	case IS_UTF8:
		from_utf8(in, output);
		break;
	case IS_UTF16:
		from_wide(name, in, 2, output);
		break;
	case IS_UTF32:
		from_wide(name, in, 4, output);
		break;
	case IS_HZ:
		from_iconv(charset->handle, without_hz(arena, in), output);
		break;
	case BY_ICONV:
		from_iconv(charset->handle, in, output);
		break;
	}
}

static bool is_ascii(struct str in)
{
	size_t i = 0;

	for (; i + 8 <= in.len; i += 8) {
		uint64_t word;

		memcpy(&word, in.p + i, 8);
		if ((word & UINT64_C(0x8080808080808080)) != 0)
			return false;
	}
	for (; i < in.len; i++)
		if ((unsigned char)in.p[i] >= 0x80)
			return false;
	return true;
}

bool charset_to_utf8(struct arena *arena, struct str name, struct str in, size_t max_bytes, struct str *ret_text)
{
	const struct charset *charset = find(name);
	struct output output = { .len = 0 };

	*ret_text = in;
	if (charset == NULL || (charset->converter != NULL && !charset->is_open))
		return false;
	if (!charset->hides_ascii && in.len <= max_bytes && (is_ascii(in) || (charset->kind == IS_UTF8 && utf8_is_valid(in))))
		return true;
	output.size = in.len < max_bytes / 3 ? in.len * 3 : max_bytes;
	output.p = arena_alloc(arena, output.size + 1);
	convert(arena, charset, name, in, &output);
	*ret_text = (struct str){ output.p, output.len };
	return true;
}
