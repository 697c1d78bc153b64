/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages through unpack_message: what was found in some reading, and which ambiguities have been named. */
#include <stdlib.h>

#include "milter/unpack/prepare.h"
#include "milter/unpack/unpack.h"

#include "t/unit/rows.h"

#define EICAR "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
#define PDF "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"

#define IS(ambiguity) (UINT64_C(1) << AMBIGUITY_##ambiguity)
#define ANY UINT64_MAX		/* whichever; the payload is found */

/* In a message @E stands for EICAR, @B for that in base64, @Q in quoted-printable, @P for a PDF in base64, @q for the PDF in quoted-printable,
 * @L for base64 of it in lines of 75, @U for it in uuencode, @M for a part with it, encoded as a whole, @@ for @. */
#define HEAD "From: a@@example.org\r\nTo: b@@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
#define MIXED HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
#define TEXT "--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
#define PDF_FIELDS "Content-Type: application/pdf; name=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
#define PDF_PART "--b\r\n" PDF_FIELDS "@P\r\n"
#define EICAR_PART "--b\r\nContent-Type: application/octet-stream; name=\"a.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\n@B\r\n"
#define END "--b--\r\n"

static struct unpack_settings settings_default(void)
{
	return (struct unpack_settings){ .limits = { .depth = 20, .parts = 1000, .members = 10000, .names = 10000, .header_bytes = 65536,
		.decoded_bytes = 256 << 20, .member_bytes = 64 << 20, .ratio = 250, .memory_bytes = 64 << 20, .cpu_ms = 60000 } };
}

struct seen {
	bool has_eicar, has_pdf;
	size_t contents;
	size_t bytes;
};

static void visit(void *arg, struct str bytes, enum filetype type, const unsigned char digest[32])
{
	struct seen *seen = arg;

	(void)type;
	(void)digest;
	if (seen->contents++ == 0)
		return;		/* the message as a whole */
	seen->bytes += bytes.len;
	seen->has_eicar |= str_has_prefix(bytes, str_of(EICAR));
	seen->has_pdf |= str_has_prefix(bytes, str_of(PDF));
}

struct text {
	char *p;
	size_t len, size;
};

static void put(struct text *text, const char *bytes, size_t len)
{
	if (text->len + len + 1 > text->size) {
		text->size = 2 * (text->len + len) + 64;
		text->p = realloc(text->p, text->size);
		assert_non_null(text->p);
	}
	memcpy(text->p + text->len, bytes, len);
	text->len += len;
	text->p[text->len] = '\0';
}

static void put_string(struct text *text, const char *string)
{
	put(text, string, strlen(string));
}

static void put_base64(struct text *text, const char *string, size_t line)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strlen(string), column = 0;

	for (size_t i = 0; i < len; i += 3) {
		unsigned bits = 0;

		for (size_t j = 0; j < 3; j++)
			bits = bits << 8 | (i + j < len ? (unsigned char)string[i + j] : 0);
		for (size_t j = 0; j < 4; j++) {
			put(text, i + j > len ? "=" : &alphabet[bits >> (18 - 6 * j) & 63], 1);
			if (++column % line == 0)
				put(text, "\r\n", 2);
		}
	}
}

static void put_qp(struct text *text, const char *string)
{
	char escape[8];

	for (size_t i = 0; string[i] != '\0'; i++) {
		if (i % 24 == 23)
			put_string(text, "=\r\n");
		(void)snprintf(escape, sizeof(escape), "=%02X", (unsigned char)string[i]);
		put_string(text, escape);
	}
}

/* POSIX uuencode, lines of 45 bytes. */
static void put_uuencode(struct text *text, const char *string)
{
	size_t len = strlen(string);

	for (size_t i = 0; i < len; i++) {
		char group[4];
		unsigned bits = 0;

		if (i % 45 == 0) {
			put_string(text, i == 0 ? "" : "\r\n");
			put(text, &(char){ (char)(' ' + (len - i < 45 ? len - i : 45)) }, 1);
		}
		if (i % 3 != 0)
			continue;
		for (size_t j = 0; j < 3; j++)
			bits = bits << 8 | (i + j < len ? (unsigned char)string[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			group[j] = (char)((bits >> (18 - 6 * j) & 63) == 0 ? '`' : ' ' + (bits >> (18 - 6 * j) & 63));
		put(text, group, 4);
	}
}

static void put_template(struct text *text, struct str template)
{
	for (size_t i = 0; i < template.len; i++) {
		if (template.p[i] != '@') {
			put(text, template.p + i, 1);
			continue;
		}
		switch (template.p[++i]) {
		case 'E': put_string(text, EICAR); break;
		case 'B': put_base64(text, EICAR, 76); break;
		case 'Q': put_qp(text, EICAR); break;
		case 'P': put_base64(text, PDF, 76); break;
		case 'L': put_base64(text, PDF, 75); break;
		case 'M': put_base64(text, "--b\r\nContent-Type: application/pdf\r\n\r\n" PDF "\r\n--b--\r\n", 76); break;
		case 'U': put_uuencode(text, PDF); break;
		case 'q': put_qp(text, PDF); break;
		default: put(text, template.p + i, 1);
		}
	}
}

static void unpack_text(const struct text *text, struct unpack_settings settings, struct arena *arena, struct seen *ret_seen, struct inventory *ret_inventory)
{
	char *copy = malloc(text->len + 1);	/* of its size, so that a byte beyond it is seen */

	assert_non_null(copy);
	memcpy(copy, text->p, text->len);
	*ret_seen = (struct seen){ false };
	settings.visit = visit;
	settings.visit_arg = ret_seen;
	unpack_message(&settings, arena, (struct str){ copy, text->len }, ret_inventory);
	free(copy);
}

static void print_ambiguities(const struct inventory *inventory)
{
	for (unsigned i = 0; i < AMBIGUITIES; i++) {
		if ((inventory->ambiguities & UINT64_C(1) << i) != 0)
			print_message("# ambiguous: %s: %s\n", ambiguity_name(i), inventory->ambiguity_details[i]);
	}
	for (unsigned i = 0; i < UNPACK_LIMITS; i++) {
		if ((inventory->limits & 1u << i) != 0)
			print_message("# limit: %s: %s\n", unpack_limit_name(i), inventory->limit_details[i]);
	}
}

/* What a message hides is found or told of. */
static const struct hostile {
	const char *name;
	struct str message;
	uint64_t ambiguities;	/* one of them at least; ANY: whether or not, the payload is found. Not by salvage, which would call it hidden */
} hostile_table[] = {
	{ "two_encodings_base64_first_MIME_01", STR(HEAD "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
	  "Content-Transfer-Encoding: 7bit\r\n\r\n@P\r\n"), IS(ENCODING) },
	{ "two_encodings_base64_last_MIME_01", STR(HEAD "Content-Type: application/pdf\r\nContent-Transfer-Encoding: 8bit\r\n"
	  "Content-Transfer-Encoding: base64\r\n\r\n@P\r\n"), IS(ENCODING) },
	{ "two_encodings_base64_and_qp_MIME_01", STR(HEAD "Content-Type: application/pdf\r\nContent-Transfer-Encoding: quoted-printable\r\n"
	  "Content-Transfer-Encoding: base64\r\n\r\n@P\r\n"), IS(ENCODING) },
	{ "three_encodings_MIME_01", STR(MIXED TEXT "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: 7bit\r\n"
	  "Content-Transfer-Encoding: quoted-printable\r\nContent-Transfer-Encoding: base64\r\n\r\n@B\r\n" END), ANY },
	{ "encodings_as_a_list_MIME_02", STR(MIXED TEXT "--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: 7bit, base64\r\n\r\n@P\r\n" END),
	  IS(ENCODING) | IS(HEADER) },
	{ "encoding_in_a_comment_MIME_02", STR(MIXED "--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: (c) base64\r\n\r\n@P\r\n" END), ANY },
	{ "encoding_quoted_MIME_02", STR(MIXED "--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: \"base64\"\r\n\r\n@P\r\n" END), ANY },
	{ "encoding_with_more_letters_MIME_02", STR(MIXED "--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base645\r\n\r\n@P\r\n" END), ANY },
	{ "encoding_unknown_MIME_16", STR(MIXED "--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: x-gzip64\r\n\r\n!abc\r\n" END),
	  IS(ENCODING) },
	{ "encoding_unknown_of_clean_base64_MIME_16", STR(MIXED "--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: x-y\r\n\r\n@P\r\n" END), IS(ENCODING) },
	{ "space_before_the_colon_MIME_03", STR(MIXED "--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding : base64\r\n\r\n@P\r\n" END), ANY },
	{ "space_before_the_name_MIME_03", STR(MIXED "--b\r\nContent-Type: application/pdf\r\n Content-Transfer-Encoding: base64\r\n\r\n@P\r\n" END), ANY },
	{ "two_types_the_first_a_multipart_MIME_04", STR(HEAD "Content-Type: multipart/mixed; boundary=b\r\nContent-Type: text/plain\r\n\r\n" PDF_PART END),
	  IS(TYPE) | IS(HEADER) },
	{ "two_types_the_last_a_multipart_MIME_04", STR(HEAD "Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" PDF_PART END),
	  IS(TYPE) | IS(HEADER) },
	{ "boundary_of_a_text_MIME_04", STR(HEAD "Content-Type: text/plain; boundary=b\r\n\r\n" PDF_PART END), IS(TYPE) },
	{ "multipart_without_boundary_MIME_04", STR(HEAD "Content-Type: multipart/mixed\r\n\r\n" PDF_PART END), IS(BOUNDARY) },
	{ "multipart_with_another_boundary_MIME_04", STR(HEAD "Content-Type: multipart/mixed; boundary=other\r\n\r\n" PDF_PART END), IS(BOUNDARY) },
	{ "two_boundaries_the_last_MIME_05", STR(HEAD "Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n" PDF_PART END), ANY },
	{ "two_boundaries_the_first_MIME_05", STR(HEAD "Content-Type: multipart/mixed; boundary=b; boundary=a\r\n\r\n" EICAR_PART END), ANY },
	{ "two_boundaries_that_both_work_MIME_05", STR(HEAD "Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a\r\n\r\nHi\r\n" PDF_PART END
	  "--a--\r\n"), IS(BOUNDARY) | IS(HEADER) },
	{ "boundary_in_pieces_MIME_06", STR(HEAD "Content-Type: multipart/mixed; boundary*0=a; boundary*1=c\r\n\r\n--ac\r\n" PDF_FIELDS "@P\r\n--ac--\r\n"), ANY },
	{ "boundary_extended_MIME_06", STR(HEAD "Content-Type: multipart/mixed; boundary*=us-ascii''b\r\n\r\n" PDF_PART END), ANY },
	{ "boundary_behind_an_invalid_parameter_MIME_08", STR(HEAD "Content-Type: multipart/mixed; x:y=1; boundary=b\r\n\r\n" PDF_PART END), ANY },
	{ "boundary_empty_MIME_07", STR(HEAD "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n" PDF_FIELDS "@P\r\n----\r\n"), ANY },

	{ "delimiter_with_text_MIME_09", STR(MIXED TEXT "--b text\r\n" PDF_FIELDS "@P\r\n" END), IS(DELIMITER) },
	{ "delimiter_with_a_space_in_it_MIME_09", STR(MIXED TEXT "-- b\r\n" PDF_FIELDS "@P\r\n" END), IS(DELIMITER) },
	{ "delimiter_indented_MIME_09", STR(MIXED TEXT " --b\r\n" PDF_FIELDS "@P\r\n" END), IS(DELIMITER) },
	{ "delimiter_half_closed_MIME_09", STR(MIXED TEXT "--b-\r\n" PDF_FIELDS "@P\r\n" END), IS(DELIMITER) },
	{ "delimiter_with_nul_MIME_09", STR(MIXED TEXT "--b\0\r\n" PDF_FIELDS "@P\r\n" END), IS(NUL) },
	{ "delimiter_with_nul_inside_MIME_09", STR(MIXED TEXT "-\0-\0b\r\n" PDF_FIELDS "@P\r\n" END), IS(NUL) },
	{ "delimiter_ended_by_cr_MIME_09", STR(MIXED TEXT "--b\r" PDF_FIELDS "@P\r\n" END), IS(LINE_END) },
	{ "delimiter_behind_cr_MIME_09", STR(MIXED "--b\r\nContent-Type: text/plain\r\n\r\nHello\r--b\r\n" PDF_FIELDS "@P\r\n" END), IS(LINE_END) },
	{ "delimiter_in_a_prefix_of_another_MIME_09", STR(MIXED TEXT "--bb\r\n" PDF_FIELDS "@P\r\n" END), IS(DELIMITER) },
	{ "delimiter_padded_MIME_09", STR(MIXED TEXT "--b \t\r\n" PDF_FIELDS "@P\r\n" END), ANY },
	{ "delimiter_padded_within_base64_MIME_09", STR(MIXED "--b\r\n" PDF_FIELDS "JVBERi0xLjQK\r\n--b \r\nContent-Type: text/plain\r\n\r\nAAAA\r\n" END),
	  IS(DELIMITER) },
	{ "part_behind_the_end_MIME_10", STR(MIXED TEXT END PDF_PART END), IS(OUTSIDE) },
	{ "entity_behind_the_end_MIME_10", STR(MIXED TEXT END "\r\n" PDF_FIELDS "@P\r\n"), IS(OUTSIDE) },
	{ "entity_in_front_MIME_10", STR(MIXED PDF_FIELDS "@P\r\n" TEXT END), IS(OUTSIDE) },
	{ "entity_in_front_in_quoted_printable_MIME_10", STR(MIXED "Content-Type: application/pdf\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n@q\r\n"
	  TEXT END), IS(OUTSIDE) },
	{ "eicar_in_front_MIME_10", STR(MIXED "@E\r\n" TEXT END), ANY },
	{ "eicar_behind_the_end_MIME_10", STR(MIXED TEXT END "@E\r\n"), ANY },
	{ "message_in_front_MIME_23", STR(MIXED HEAD PDF_FIELDS "@P\r\n" TEXT END), IS(OUTSIDE) },
	{ "no_end_MIME_10", STR(MIXED TEXT PDF_PART), ANY },
	{ "inner_and_outer_boundary_the_same_MIME_10", STR(MIXED "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" PDF_PART END TEXT END), ANY },
	{ "outer_end_within_the_inner_MIME_10", STR(MIXED "--b\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nHi\r\n" END
	  "--i\r\n" PDF_FIELDS "@P\r\n--i--\r\n"), IS(DELIMITER) | IS(OUTSIDE) },
	{ "outer_delimiter_within_the_inner_MIME_10", STR(MIXED "--b\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nHi\r\n--b\r\n\r\nHo\r\n"
	  "--i\r\n" PDF_FIELDS "@P\r\n--i--\r\n" END), IS(DELIMITER) },
	{ "separator_cr_cr_MIME_11", STR("From: a\rContent-Type: application/pdf\rContent-Transfer-Encoding: base64\r\r@P"), ANY },
	{ "separator_cr_cr_in_a_part_MIME_11", STR(MIXED "--b\r\nContent-Type: application/pdf\rContent-Transfer-Encoding: base64\r\r@P\r\n" END), ANY },
	{ "separator_of_white_space_MIME_11", STR(MIXED "--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n \r\n@P\r\n" END), IS(SEPARATOR) | IS(HEADER) },
	{ "no_separator_MIME_11", STR(HEAD "Content-Type: multipart/mixed; boundary=b\r\n" PDF_PART END), IS(SEPARATOR) | IS(HEADER) },

	{ "base64_with_junk_MIME_12", STR(MIXED "--b\r\n" PDF_FIELDS "!!\r\n.!@P\r\n" END), ANY },
	{ "base64_behind_a_pad_MIME_12", STR(MIXED "--b\r\n" PDF_FIELDS "JVBERi0xLg==\r\n@P\r\n" END), IS(BASE64) },
	{ "eicar_in_base64_in_chunks_MIME_12", STR(MIXED "--b\r\nContent-Transfer-Encoding: base64\r\n\r\nWDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FS"
	  "LQ==U1RBTkRBUkQtQU5USVZJUlVTLVRFU1QtRklMRSEkSCtIKg==\r\n" END), ANY },
	{ "quoted_printable_lower_case_MIME_13", STR(MIXED "--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	  "=25=50=44=46-1=2e4=0a1 0 obj=0a<< /Type /Catalog >>=0aendobj=0atrailer=0a<< /Root 1 0 R >>=0a%%EOF=0a=\r\n" END), ANY },
	{ "uuencode_as_encoding_MIME_16", STR(MIXED "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n"
	  "begin 644 a.pdf\r\n@U\r\n`\r\nend\r\n" END), ANY },
	{ "multipart_in_base64_MIME_16", STR(HEAD "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n@M"), IS(ENCODING) | IS(HIDDEN) },

	{ "attached_message_MIME_17", STR(MIXED TEXT "--b\r\nContent-Type: message/rfc822\r\n\r\n" HEAD PDF_FIELDS "@P\r\n" END), ANY },
	{ "attached_global_message_MIME_17", STR(MIXED TEXT "--b\r\nContent-Type: message/global\r\n\r\n" HEAD PDF_FIELDS "@P\r\n" END), ANY },
	{ "message_of_a_digest_MIME_17", STR(HEAD "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n" HEAD PDF_FIELDS "@P\r\n" END), ANY },
	{ "attached_message_said_to_be_base64_MIME_17", STR(MIXED TEXT "--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	  HEAD PDF_FIELDS "@P\r\n" END), IS(ENCODING) },
	{ "attached_message_in_a_wrapper_in_qp_MIME_17", STR(MIXED TEXT "--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	  "Content-Type: application/pdf=0D=0AContent-Transfer-Encoding: base64=0D=0A=0D=0A@P\r\n" END), IS(QUOTED_PRINTABLE) | IS(HIDDEN) },
	{ "body_without_mime_version_MIME_23", STR("Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" PDF_PART END), ANY },
	{ "mime_version_twice_MIME_23", STR("MIME-Version: 2.0\r\n" MIXED PDF_PART END), ANY },
};

static void check_hostile(void **state)
{
	const struct hostile *row = *state;
	struct text text = { NULL, 0, 0 };
	struct arena *arena = arena_new();
	struct inventory inventory;
	struct seen seen;

	put_string(&text, "From x\n");
	put_template(&text, row->message);
	unpack_text(&text, settings_default(), arena, &seen, &inventory);
	print_ambiguities(&inventory);
	if (row->ambiguities == ANY)
		assert_true(seen.has_eicar || seen.has_pdf);
	else
		assert_true((inventory.ambiguities & row->ambiguities) != 0);
	assert_true((inventory.ambiguities & IS(HIDDEN)) == 0 || (row->ambiguities != ANY && (row->ambiguities & IS(HIDDEN)) != 0));
	free(text.p);
	arena_free(arena);
}

/* What real software sends: its content is found and nothing is ambiguous. */
static const struct benign {
	const char *name;
	struct str message;
	bool has_pdf;
} benign_table[] = {
	{ "plain", STR(HEAD "\r\nHello\r\n"), false },
	{ "no_header_at_all", STR("Hello\r\nthere\r\n"), false },
	{ "empty_body", STR(HEAD "\r\n"), false },
	{ "no_body", STR(HEAD), false },
	{ "attachment", STR(MIXED "This is a multi-part message in MIME format.\r\n" TEXT PDF_PART END), true },
	{ "attachment_with_lf_lines", STR("Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\n"
	  "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n@P\n--b--\n"), true },
	{ "footer_of_a_list_MIME_10", STR(MIXED TEXT PDF_PART END "_______________\r\nlist mailing list\r\nlist@@example.org\r\n"), true },
	{ "no_end", STR(MIXED TEXT PDF_PART), true },
	{ "no_line_end_at_the_end", STR(MIXED TEXT PDF_PART "--b--"), true },
	{ "alternative_in_mixed", STR(MIXED "--b\r\nContent-Type: multipart/alternative; boundary=\"i\"\r\n\r\n--i\r\nContent-Type: text/plain; charset=utf-8; "
	  "format=flowed\r\n\r\nHello \r\nthere\r\n--i\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>Hi=20\r\n=\r\n"
	  "--i--\r\n\r\n" PDF_PART END), true },
	{ "boundary_of_the_inner_begins_as_the_outer", STR(MIXED "--b\r\nContent-Type: multipart/related; boundary=\"b_i\"\r\n\r\n--b_i\r\nContent-Type: text/html\r\n"
	  "\r\n<p>Hi\r\n--b_i\r\n" PDF_FIELDS "@P\r\n--b_i--\r\n\r\n--b\r\nContent-Type: text/x-log; name=a.log\r\n\r\nlog\r\n" END), true },
	{ "encoding_twice_the_same", STR(HEAD "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: base64\r\n\r\n@P\r\n"),
	  true },
	{ "text_in_two_encodings", STR(HEAD "Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: 8bit\r\n\r\nHello\r\n"), false },
	{ "eight_bits_undeclared", STR(HEAD "Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xc3\xbc\xc3\x9f" "e\r\n"), false },
	{ "base64_in_lines_of_75", STR(MIXED TEXT "--b\r\n" PDF_FIELDS "@L\r\n" END), true },
	{ "base64_then_empty_lines", STR(MIXED TEXT "--b\r\n" PDF_FIELDS "@P\r\n\r\n\r\n" END), true },
	{ "quoted_printable_named_text", STR(MIXED "--b\r\nContent-Type: text/csv; name=a.csv\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	  "a;b=3bc=\r\n=e4;1\r\na=\r\n" END), false },
	{ "quoted_printable_broken_html", STR(HEAD "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<a href=\"x?a=b&c=d\">x</a> = \r\n"),
	  false },
	{ "forwarded", STR(MIXED TEXT "--b\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename=\"x.eml\"\r\n\r\n"
	  HEAD "Content-Type: multipart/mixed; boundary=\"=_c\"\r\n\r\n--=_c\r\nContent-Type: message/rfc822\r\n\r\n" HEAD PDF_FIELDS "@P\r\n--=_c--\r\n" END), true },
	{ "forwarded_from_a_mailbox_MIME_26", STR(MIXED TEXT "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom a@@example.org Mon Jan  1 00:00:00 2024\r\n" HEAD
	  PDF_FIELDS "@P\r\n" END), true },
	{ "delivery_report", STR(HEAD "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\nThis is a MIME-encapsulated message.\r\n\r\n"
	  "--b\r\nContent-Description: Notification\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nSorry\r\n\r\n--b\r\nContent-Description: Delivery report\r\n"
	  "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x.example\r\n\r\nFinal-Recipient: rfc822; a@@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
	  "--b\r\nContent-Description: Undelivered Message\r\nContent-Type: message/rfc822\r\n\r\n" HEAD "\r\nHello\r\n\r\n" END), false },
	{ "report_with_headers_alone", STR(HEAD "Content-Type: multipart/report; boundary=b\r\n\r\n" TEXT "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
	  HEAD "Content-Type: multipart/mixed; boundary=z\r\n\r\n" END), false },
	{ "signed_pgp", STR(HEAD "Content-Type: multipart/signed; micalg=pgp-sha256; protocol=\"application/pgp-signature\"; boundary=b\r\n\r\n"
	  "This is an OpenPGP/MIME signed message (RFC 4880 and 3156)\r\n" TEXT "--b\r\nContent-Type: application/pgp-signature; name=\"OpenPGP_signature.asc\"\r\n"
	  "Content-Description: OpenPGP digital signature\r\nContent-Disposition: attachment; filename=\"OpenPGP_signature\"\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\n"
	  "wsB5BAABCAAjFiEEabc=\r\n=abcd\r\n-----END PGP SIGNATURE-----\r\n\r\n" END), false },
	{ "invitation", STR(MIXED "--b\r\nContent-Type: text/calendar; charset=\"utf-8\"; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n" END),
	  false },
	{ "signature_dashes_in_text", STR(MIXED "--b\r\n\r\nHello\r\n-- \r\nAlice\r\n--\r\nmore\r\n---- Original ----\r\n--c\r\n" PDF_PART END), true },
	{ "odd_but_legal_boundary", STR(HEAD "Content-Type: multipart/mixed; boundary=\"=_(a)?:'+,./ =x\"\r\n\r\n--=_(a)?:'+,./ =x\r\n\r\nHi\r\n--=_(a)?:'+,./ =x\r\n"
	  PDF_FIELDS "@P\r\n--=_(a)?:'+,./ =x--\r\n"), true },
	{ "multipart_said_to_be_quoted_printable", STR(HEAD "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" TEXT PDF_PART
	  END), true },
	{ "mailbox_line_in_text_MIME_26", STR(HEAD "\r\n>From here\r\nFrom there\r\n"), false },
	{ "empty_parts", STR(MIXED "--b\r\n--b\r\n\r\n--b\r\n\r\n\r\n" END), false },
	{ "header_that_runs_into_the_first_delimiter", STR(MIXED TEXT "--b\r\nContent-Type: text/plain; name=a.txt\r\n\r\n" END), false },
};

static void check_benign(void **state)
{
	const struct benign *row = *state;
	struct text text = { NULL, 0, 0 };
	struct arena *arena = arena_new();
	struct inventory inventory;
	struct seen seen;

	put_string(&text, "From x\n");
	put_template(&text, row->message);
	unpack_text(&text, settings_default(), arena, &seen, &inventory);
	print_ambiguities(&inventory);
	assert_int_equal(inventory.ambiguities, 0);
	assert_int_equal(inventory.limits, 0);
	assert_int_equal(seen.has_pdf, row->has_pdf);
	free(text.p);
	arena_free(arena);
}

/* Bombs: head, then times a piece, then tail; a limit is noted, and no more bytes are looked at than some multiple of the message. */
static const struct bomb {
	const char *name;
	const char *head, *piece, *tail;
	size_t times;
	unsigned limits;	/* one of them at least; 0: none is needed */
} bomb_table[] = {
	{ "empty_parts_100000_MIME_19", "Content-Type: multipart/mixed; boundary=a\n\n", "--a\n", "", 100000, 1 << UNPACK_PARTS },
	{ "parts_100000_MIME_19", "Content-Type: multipart/mixed; boundary=a\n\n", "--a\n\nx\n", "", 100000, 1 << UNPACK_PARTS },
	{ "dashes_of_another_boundary_MIME_19", "Content-Type: multipart/mixed; boundary=a\n\n", "--\n", "", 1000000, 0 },
	{ "nested_multiparts_10000_MIME_19", "", "Content-Type: multipart/mixed; boundary=a\n\n--a\n", "x", 10000, 1 << UNPACK_DEPTH | 1 << UNPACK_PARTS },
	{ "nested_multiparts_30_MIME_19", "", "Content-Type: multipart/mixed; boundary=%\n\n--%\n", "x", 30, 1 << UNPACK_DEPTH },
	{ "nested_messages_5000_MIME_17", "", "Content-Type: message/rfc822\n\n", "x", 5000, 1 << UNPACK_DEPTH },
	{ "nested_messages_in_multiparts_MIME_17", "", "Content-Type: multipart/mixed; boundary=\"a\"\n\n--a\nContent-Type: message/rfc822\n\n", "x", 5000,
	  1 << UNPACK_DEPTH | 1 << UNPACK_PARTS },
	{ "bare_crs_MIME_11", "Content-Type: multipart/mixed; boundary=a\n\n", "\r", "", 2000000, 0 },
	{ "nuls_MIME_09", "Content-Type: multipart/mixed; boundary=a\n\n", "\0", "", 1, 0 },
	{ "one_long_line", "Content-Type: multipart/mixed; boundary=a\n\n--a", " ", "", 5000000, 0 },
	{ "prefixes_MIME_09", "Content-Type: multipart/mixed; boundary=a\n\n", "--ab\n --a\n-- a\n--a-\n--a--x\n", "", 20000, 1 << UNPACK_PARTS },
	{ "unfinished_comments_MIME_20", "Content-Type: multipart/mixed; ", "(", "\n\nx", 60000, 0 },
	{ "parameters_100000_MIME_19", "Content-Type: multipart/mixed", "; a=b", "\n\nx", 100000, 1 << UNPACK_NAMES | 1 << UNPACK_HEADER },
};

/* '%' stands for a number, another one each time, none the beginning of another. */
static void put_numbered(struct text *text, const char *piece, size_t number)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%zux", number);
	for (; *piece != '\0'; piece++)
		put(text, *piece == '%' ? digits : piece, *piece == '%' ? strlen(digits) : 1);
}

static void check_bomb(void **state)
{
	const struct bomb *row = *state;
	struct text text = { NULL, 0, 0 };
	struct arena *arena = arena_new();
	struct inventory inventory;
	struct seen seen;

	put_string(&text, "From x\n");
	put_string(&text, row->head);
	for (size_t i = 0; i < row->times; i++)
		put_numbered(&text, row->piece, i);
	put_string(&text, row->tail);
	unpack_text(&text, settings_default(), arena, &seen, &inventory);
	if (row->limits != 0)
		assert_true((inventory.limits & row->limits) != 0);
	assert_true(seen.bytes <= 32 * text.len + 4096);
	assert_true(arena_size_bytes(arena) <= 16 * text.len + (8 << 20));
	free(text.p);
	arena_free(arena);
}

/* Every truncation of a message with everything in it: no crash, no read beyond the end (MIME-27). */
static void truncated_anywhere_MIME_27(void **state)
{
	struct text text = { NULL, 0, 0 };

	(void)state;
	put_string(&text, "From x\n");
	put_template(&text, STR(MIXED "In front\r\n--b\r\nContent-Type: multipart/alternative; boundary=\"i\"\r\n\r\n--i\r\n\r\nHello\r\n--i \r\n\r\nHi\r\n--i--\r\n" PDF_PART
				"--b\r\nContent-Type: message/rfc822\r\n\r\n" HEAD "Content-Transfer-Encoding: quoted-printable\r\n\r\n@Q\r\n" EICAR_PART END "behind\r\n"));
	for (size_t len = 0; len <= text.len; len++) {
		const struct text part = { text.p, len, 0 };
		struct arena *arena = arena_new();
		struct inventory inventory;
		struct seen seen;

		unpack_text(&part, settings_default(), arena, &seen, &inventory);
		assert_true(seen.bytes <= 40 * len + 64);
		arena_free(arena);
	}
	free(text.p);
}

int main(void)
{
	static struct rows rows;
	char problem[UNPACK_PROBLEM_MAX];

	if (unpack_prepare(problem) < 0)
		return 1;
	rows_add(&rows, hostile_table, check_hostile);
	rows_add(&rows, benign_table, check_benign);
	rows_add(&rows, bomb_table, check_bomb);
	rows_add_one(&rows, "truncated_anywhere_MIME_27", truncated_anywhere_MIME_27, NULL);
	return rows_run(&rows, "mime");
}
