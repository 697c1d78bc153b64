/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/handlers.h"

#include "t/unit/binhex_data.h"
#include "t/unit/text_data.h"
#include "t/unit/unpack_stage.h"

#define HQX "(This file must be converted with BinHex 4.0)\n\n:" HELLO_HQX

/* bytes of no known type */
#define NOISE "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\nMDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5f\n" \
	      "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn+AgYKDhIWGh4iJiouMjY6P\nkJGSk5SVlpeYmZqbnJ2en6ChoqOkpaanqKmqq6ytrq+wsbKztLW2t7i5uru8vb6/\n"

static const struct stage_row rows_table[] = {
	{ "plain_text", STR("Hello,\n\nsee you tomorrow.\n"), STAGE_NOTHING, 0, 0 },
	{ "uuencode_MIME_14", STR("Hi\n" DATA_UU "bye\n"), { { "a.pdf", STR(DATA_PDF) } }, 0, 0 },
	{ "uuencode_without_end_is_ambiguous_MIME_14", STR("Hi\n" DATA_UU_CUT), { { "a.pdf", STR(DATA_PDF) } }, STAGE_AMBIGUOUS(TEXT_ENCODING), 0 },
	{ "uuencode_of_text_without_end_is_not", STR("begin 644 a.txt\n$=&5X=`\n"), { { "a.txt", STR("text") } }, 0, 0 },
	{ "yenc_MIME_15", STR("=ybegin line=128 size=3 name=a.exe\n\x6d\x8b\x9e\n=yend size=3\n"), { { "a.exe", STR("Cat") } }, 0, 0 },
	{ "yenc_in_two_parts_is_put_together_MIME_15",
	  STR("=ybegin part=1 total=2 line=128 size=6 name=a\n=ypart begin=1 end=3\n\x6d\x8b\x9e\n=yend size=3 part=1\nand\n"
	      "=ybegin part=2 total=2 line=128 size=6 name=a\n=ypart begin=4 end=6\n\x6d\x8b\x9e\n=yend size=3 part=2\n"),
	  { { "a", STR("Cat") }, { "a", STR("Cat") }, { "a", STR("CatCat") } }, 0, 0 },
	{ "yenc_with_a_broken_part_is_ambiguous_MIME_15",
	  STR("=ybegin part=1 total=2 line=128 size=6 name=a\n=ypart begin=1 end=3\n\x6d\x8b\x9e\n=yend size=3 part=1 pcrc32=1\n"
	      "=ybegin part=2 total=2 line=128 size=6 name=a\n=ypart begin=4 end=6\n\x6d\x8b\x9e\n=yend size=3 part=2\n"),
	  { { "a", STR("Cat") }, { "a", STR("Cat") }, { "a", STR("CatCat") } }, STAGE_AMBIGUOUS(TEXT_ENCODING), 0 },
	{ "yenc_first_part_alone_is_ambiguous_MIME_15",
	  STR("=ybegin part=1 total=2 line=128 size=6 name=a\n=ypart begin=1 end=3\n\x6d\x8b\x9e\n=yend size=3 part=1\n"),
	  { { "a", STR("Cat") } }, STAGE_AMBIGUOUS(TEXT_ENCODING), 0 },
	{ "yenc_last_part_alone_is_ambiguous_MIME_15",
	  STR("=ybegin part=2 total=2 line=128 size=6 name=a\n=ypart begin=4 end=6\n\x6d\x8b\x9e\n=yend size=3 part=2\n"),
	  { { "a", STR("Cat") } }, STAGE_AMBIGUOUS(TEXT_ENCODING), 0 },
	{ "binhex_both_forks_MIME_16", STR("Hi\n" HQX), { { "hello.txt", STR("Hello, Mac!") }, { "", STR("rsrc") } }, 0, 0 },
	{ "base64_of_a_document", STR("See:\n\n" DATA_BASE64 "\nbye\n"), { { "", STR(DATA_PDF) } }, 0, 0 },
	{ "base64_of_a_document_as_a_certificate", STR("-----BEGIN CERTIFICATE-----\n" DATA_BASE64 "-----END CERTIFICATE-----\n"), { { "", STR(DATA_PDF) } },
	  0, 0 },
	{ "base64_of_noise_is_nothing", STR("token\n" NOISE), STAGE_NOTHING, 0, 0 },
	{ "pgp_key_is_nothing_ATT_14", STR("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" NOISE "=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n"),
	  STAGE_NOTHING, 0, 0 },
	{ "pgp_signature_is_nothing_ATT_14", STR("Hi\n-----BEGIN PGP SIGNATURE-----\n\n" NOISE "=abcd\n-----END PGP SIGNATURE-----\n"),
	  STAGE_NOTHING, 0, 0 },
	{ "pgp_encrypted_ATT_14", STR("-----BEGIN PGP MESSAGE-----\nVersion: x\n\nhQEMA0FBQUFBQUFB\n=abcd\n-----END PGP MESSAGE-----\n"),
	  STAGE_NOTHING, 0, STAGE_MARK(ENCRYPTED) },
	{ "pgp_literal_ATT_14", STR("-----BEGIN PGP MESSAGE-----\n\nyxFiBWEuZXhlAAAAAEhlbGxvIQ==\n=abcd\n-----END PGP MESSAGE-----\n"),
	  { { "a.exe", STR("Hello!") } }, 0, 0 },
	{ "pgp_literal_in_pieces_ATT_14", STR("-----BEGIN PGP MESSAGE-----\n\ny+RiAAAAAABIZWxsbywgd29yAmxk\n=abcd\n-----END PGP MESSAGE-----\n"),
	  { { "", STR("Hello, world") } }, 0, 0 },
	{ "pgp_compressed_ATT_14", STR("-----BEGIN PGP MESSAGE-----\n\n" DATA_PGP_ZIP "\n=abcd\n-----END PGP MESSAGE-----\n"),
	  { { "a.exe", STR("Hello!") } }, 0, 0 },
	{ "pgp_compressed_by_zlib_ATT_14", STR("-----BEGIN PGP MESSAGE-----\n\n" DATA_PGP_ZLIB "\n=abcd\n-----END PGP MESSAGE-----\n"),
	  { { "a.exe", STR("Hello!") } }, 0, 0 },
	{ "pgp_compressed_by_bzip2_is_unreadable_ATT_14", STR("-----BEGIN PGP MESSAGE-----\n\nyAMDQlo=\n=abcd\n-----END PGP MESSAGE-----\n"),
	  STAGE_NOTHING, 0, STAGE_MARK(UNREADABLE) },
	{ "pgp_compressed_in_compressed_ends_ATT_04", STR("-----BEGIN PGP MESSAGE-----\n\nyBsAyBgAyBUAyBIAyA8AyAwAyAkAywZiAAAAAAA=\n=abcd\n-----END PGP MESSAGE-----\n"),
	  STAGE_NOTHING, 0, STAGE_MARK(UNREADABLE) },
	{ "pgp_in_prose_is_nothing", STR("> -----BEGIN PGP MESSAGE-----\n>\n> hQEMA0FBQUFBQUFB\n"), STAGE_NOTHING, 0, 0 },
	{ "pgp_cut", STR("-----BEGIN PGP MESSAGE-----\n\nyw=="), STAGE_NOTHING, 0, 0 },
};

static void check(void **state)
{
	stage_check(*state, text_unpack, true);
	stage_cut(*state, text_unpack);
}

static void without_memory_a_limit_is_noted(void **state)
{
	struct unpack *unpack = stage_new();

	(void)state;
	unpack->memory_left = 10;
	stage_run(unpack, text_unpack, (struct item){ .bytes = STR(DATA_UU HQX DATA_BASE64) });
	assert_int_equal(unpack->found_len, 0);
	assert_int_equal(unpack->limits, 1u << UNPACK_SIZE);
	stage_free(unpack);
}

static void only_what_was_found_counts_as_decoded(void **state)
{
	struct unpack *unpack = stage_new();

	(void)state;
	stage_run(unpack, text_unpack, (struct item){ .bytes = STR("Hi\n" NOISE) });
	assert_true(unpack->decoded_bytes < sizeof(NOISE));
	stage_free(unpack);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, rows_table, check);
	rows_add_one(&rows, "without_memory_a_limit_is_noted_ATT_04", without_memory_a_limit_is_noted, NULL);
	rows_add_one(&rows, "only_what_was_found_counts_as_decoded", only_what_was_found_counts_as_decoded, NULL);
	return rows_run(&rows, "text");
}
