/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/utf8.h"
#include "milter/unpack/filename_readings.h"

/* Runs of characters and what each becomes; '\0' below stands for nothing to be seen. */
struct run {
	uint32_t first, last;
	const char *plain;	/* one for each; '~': none. NULL: those below apply */
	unsigned char start;	/* with step: start, start + 1 ..., modulo modulus; without: start for all */
	unsigned char modulus;
};

static const struct run runs[] = {
	{ 0x0085, 0x0085, NULL, ' ', 0 },
	{ 0x00a0, 0x00a0, NULL, ' ', 0 },
	{ 0x00ad, 0x00ad, NULL, 0, 0 },
	{ 0x00c0, 0x017f, "aaaaaa~ceeeeiiiidnooooo~ouuuuy~~aaaaaa~ceeeeiiii~nooooo~ouuuuy~yaaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii~~jjkkkllllll"
			  "~~llnnnnnn~nnoooooo~~rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs", 0, 0 },
	{ 0x01cd, 0x01dc, "aaiioouuuuuuuuuu", 0, 0 },
	{ 0x0200, 0x021b, "aaaaeeeeiiiioooorrrruuuusstt", 0, 0 },
	{ 0x0226, 0x0233, "aaeeooooooooyy", 0, 0 },
	{ 0x02b0, 0x02b8, "h~jr~~~wy", 0, 0 },
	{ 0x02e1, 0x02e3, "lsx", 0, 0 },
	{ 0x0300, 0x036f, NULL, 0, 0 },
	{ 0x061c, 0x061c, NULL, 0, 0 },
	{ 0x1680, 0x1680, NULL, ' ', 0 },
	{ 0x180b, 0x180f, NULL, 0, 0 },
	{ 0x1ab0, 0x1aff, NULL, 0, 0 },
	{ 0x1d40, 0x1d66, "tuwa~~~bde~~~g~km~o~~~ptu~v~~~~~~iruv~~", 0, 0 },
	{ 0x1d9c, 0x1d9c, NULL, 'c', 0 },
	{ 0x1da0, 0x1da0, NULL, 'f', 0 },
	{ 0x1dbb, 0x1dbb, NULL, 'z', 0 },
	{ 0x1dc0, 0x1dff, NULL, 0, 0 },
	{ 0x1e00, 0x1eff, "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv"
			  "wwwwwwwwwwxxxxyyzzzzzzhtwy~s~~~~aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy~~~~~~", 0, 0 },
	{ 0x2000, 0x200a, NULL, ' ', 0 },
	{ 0x200b, 0x200f, NULL, 0, 0 },
	{ 0x2010, 0x2015, NULL, '-', 0 },
	{ 0x2024, 0x2026, NULL, '.', 0 },
	{ 0x2028, 0x2029, NULL, ' ', 0 },
	{ 0x202a, 0x202e, NULL, 0, 0 },
	{ 0x202f, 0x202f, NULL, ' ', 0 },
	{ 0x205f, 0x205f, NULL, ' ', 0 },
	{ 0x2060, 0x206f, NULL, 0, 0 },
	{ 0x2070, 0x2079, "0i~~456789", 0, 0 },
	{ 0x207f, 0x2089, "n0123456789", 0, 0 },
	{ 0x2090, 0x209c, "aeox~hklmnpst", 0, 0 },
	{ 0x20d0, 0x20ff, NULL, 0, 0 },
	{ 0x2100, 0x2149, "~~c~~~~~~~ghhhh~iill~n~~~pqrrr~~~~~~z~~~z~kabc~eef~mo~~~~i~~~~~~~~~~~~ddeij", 0, 0 },
	{ 0x2160, 0x217f, "i~~~v~~~~x~~lcdmi~~~v~~~~x~~lcdm", 0, 0 },
	{ 0x2215, 0x2215, NULL, '/', 0 },
	{ 0x2460, 0x2468, NULL, '1', 9 },
	{ 0x24b6, 0x24cf, NULL, 'a', 26 },
	{ 0x24d0, 0x24e9, NULL, 'a', 26 },
	{ 0x3000, 0x3000, NULL, ' ', 0 },
	{ 0x3002, 0x3002, NULL, '.', 0 },
	{ 0xfe00, 0xfe0f, NULL, 0, 0 },
	{ 0xfe20, 0xfe2f, NULL, 0, 0 },
	{ 0xfe50, 0xfe6b, ",~.~;:?!-(){}~~#&*+-<>=~\\$%@", 0, 0 },
	{ 0xfeff, 0xfeff, NULL, 0, 0 },
	{ 0xff01, 0xff20, NULL, '!', 32 },
	{ 0xff21, 0xff3a, NULL, 'a', 26 },
	{ 0xff3b, 0xff5e, NULL, '[', 36 },
	{ 0xff61, 0xff61, NULL, '.', 0 },
	{ 0xfff9, 0xfffb, NULL, 0, 0 },
	{ 0x1d400, 0x1d6a3, NULL, 'a', 26 },	/* capitals and small letters, 13 alphabets of them, 26 each */
	{ 0x1d7ce, 0x1d7ff, NULL, '0', 10 },
	{ 0x1f130, 0x1f149, NULL, 'a', 26 },
	{ 0x1f150, 0x1f169, NULL, 'a', 26 },
	{ 0xe0000, 0xe0fff, NULL, 0, 0 },
};

/* Ordered, so that a name in any script costs a few comparisons for each character. */
static const struct run *find(uint32_t c)
{
	size_t low = 0, high = sizeof(runs) / sizeof(runs[0]);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c > runs[middle].last)
			low = middle + 1;
		else if (c < runs[middle].first)
			high = middle;
		else
			return &runs[middle];
	}
	return NULL;
}

unsigned char filename_plain_character(uint32_t c)
{
	const struct run *run;

	if (c >= '\t' && c <= '\r')
		return ' ';
	if (c < 0x80)
		return c < ' ' || c == 0x7f ? 0 : (unsigned char)ascii_lower((char)c);
	run = find(c);
	if (run == NULL)
		return FILENAME_OTHER;
	if (run->plain != NULL)
		return run->plain[c - run->first] == '~' ? FILENAME_OTHER : (unsigned char)run->plain[c - run->first];
	return (unsigned char)(run->start + (run->modulus == 0 ? 0 : (c - run->first) % run->modulus));
}

bool filename_is_invisible(uint32_t c)
{
	return c == 0xad || c == 0x61c || (c >= 0x180b && c <= 0x180f) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

bool filename_is_override(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

uint32_t filename_next_character(struct str *rest)
{
	size_t len = utf8_length(*rest);
	unsigned char first = (unsigned char)rest->p[0];
	uint32_t c = first;

	if (len > 1)
		c = first & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)rest->p[i] & 0x3f);
	if (len == 0) {
		c = 0xfffd;
		len = 1;
	}
	*rest = (struct str){ rest->p + len, rest->len - len };
	return c;
}
