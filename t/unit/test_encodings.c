/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/encodings.h"

#include <stdlib.h>

#include "t/unit/rows.h"

#define EICAR "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

/* What a test decodes lies in memory of its own size, so that a sanitizer sees what goes too far. */
struct buffers {
	char *in, *out;
};

static struct str put_in(struct buffers *buffers, struct str in)
{
	buffers->in = malloc(in.len + 1);
	buffers->out = malloc(in.len + 1);
	assert_non_null(buffers->in);
	assert_non_null(buffers->out);
	memcpy(buffers->in, in.p, in.len);
	buffers->in = realloc(buffers->in, in.len == 0 ? 1 : in.len);
	buffers->out = realloc(buffers->out, in.len == 0 ? 1 : in.len);
	return (struct str){ buffers->in, in.len };
}

static void take_out(struct buffers *buffers)
{
	free(buffers->in);
	free(buffers->out);
}

#define SAME STR("\1same")	/* as under the reading before */

static const struct base64_row {
	const char *name;
	struct str in;
	struct str out[BASE64_READINGS];	/* in the order of the readings */
	bool is_clean;
} base64_rows[] = {
	{ "base64_nothing", STR(""), { STR(""), SAME, SAME, SAME, SAME, SAME }, true },
	{ "base64_RFC_4648_f", STR("Zg=="), { STR("f"), SAME, SAME, SAME, SAME, SAME }, true },
	{ "base64_RFC_4648_fo", STR("Zm8="), { STR("fo"), SAME, SAME, SAME, SAME, SAME }, true },
	{ "base64_RFC_4648_foobar", STR("Zm9vYmFy"), { STR("foobar"), SAME, SAME, SAME, SAME, SAME }, true },
	{ "base64_lines", STR("Zm9v\r\nYmFy\r\nZg==\r\n"), { STR("foobarf"), SAME, SAME, SAME, SAME, SAME }, true },
	{ "base64_all_bytes_of_the_alphabet", STR("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
	  { STR("\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f\x41\x14\x93\x51\x55\x97\x61\x96\x9b\x71\xd7\x9f\x82\x18\xa3\x92\x59\xa7\xa2\x9a\xab\xb2"
		"\xdb\xaf\xc3\x1c\xb3\xd3\x5d\xb7\xe3\x9e\xbb\xf3\xdf\xbf"), SAME, SAME, SAME, SAME, SAME }, true },
	{ "base64_blanks_MIME_12", STR("Zm 9v\tYm Fy"), { STR("foobar"), SAME, SAME, SAME, SAME, SAME }, true },
	{ "base64_junk_MIME_12", STR("Zm!9v\x80YmF\0y"), { STR("foobar"), SAME, SAME, SAME, SAME, STR("f") }, false },
	{ "base64_dots_MIME_12", STR("Zm9v.YmFy"), { STR("foobar"), SAME, SAME, SAME, SAME, STR("foo") }, false },
	{ "base64_pad_in_the_middle_MIME_12", STR("Zm8=YmFy"), { STR("\x66\x6f\x18\x98\x5c"), STR("fo"), STR("fobar"), STR("\x66\x6f\x18\x98\x5c"), SAME, SAME }, false },
	{ "base64_pad_per_chunk_MIME_12", STR("UEs=AwQ="), { STR("PK\x00\xc1"), STR("PK"), STR("PK\3\4"), STR("PK\x00\xc1"), SAME, SAME }, false },
	{ "base64_two_pads_per_chunk_MIME_12", STR("Zg==bw=="), { STR("f\x06\xf0"), STR("f"), STR("fo"), STR("f\x06\xf0"), SAME, SAME }, false },
	{ "base64_pad_that_ends_no_quantum_MIME_12", STR("Zm9v=YmFy"), { STR("foobar"), SAME, SAME, SAME, SAME, SAME }, false },
	{ "base64_pad_after_one_character_MIME_12", STR("Zm9vY=mFy"), { STR("foobar"), SAME, STR("foo\x98\x5c"), STR("foobar"), SAME, SAME }, false },
	{ "base64_line_per_chunk_MIME_12", STR("UEs=\r\nAwQ="), { STR("PK\x00\xc1"), STR("PK"), STR("PK\3\4"), SAME, STR("PK\x00\xc1"), SAME }, false },
	{ "base64_lines_of_two_MIME_12", STR("Zm\r\n9v\r\nYm\r\nFy"), { STR("foobar"), SAME, SAME, STR("f\xf6" "b\x17"), STR("foobar"), SAME }, false },
	{ "base64_lines_of_one_MIME_12", STR("Z\nm\n9\nv\n"), { STR("foo"), SAME, SAME, STR(""), STR("foo"), SAME }, false },
	{ "base64_pad_missing_MIME_12", STR("Zm9vYg"), { STR("foob"), SAME, SAME, SAME, SAME, SAME }, true },
	{ "base64_one_character_too_many", STR("Zm9vY"), { STR("foo"), SAME, SAME, SAME, SAME, SAME }, true },
	{ "base64_url_MIME_12", STR("-_-_"), { STR(""), SAME, SAME, SAME, STR("\xfb\xff\xbf"), STR("") }, false },
	{ "base64_text_behind_MIME_12", STR("Zm9vYg==\r\nbar!"), { STR("\x66\x6f\x6f\x62\x06\xda"), STR("foob"), STR("\x66\x6f\x6f\x62\x6d\xaa"), STR("\x66\x6f\x6f\x62\x6d\xaa"), STR("\x66\x6f\x6f\x62\x06\xda"), STR("\x66\x6f\x6f\x62\x06\xda") }, false },
	{ "base64_wrong_number_of_pads", STR("Zm8=="), { STR("fo"), SAME, SAME, SAME, SAME, SAME }, false },
	{ "base64_pads_alone", STR("===="), { STR(""), SAME, SAME, SAME, SAME, SAME }, false },
};

static void check_base64(void **state)
{
	const struct base64_row *row = *state;
	struct buffers buffers;
	struct str in = put_in(&buffers, row->in), expected = { NULL, 0 };

	for (unsigned reading = 0; reading < BASE64_READINGS; reading++) {
		size_t len = base64_decode((enum base64_reading)reading, in, buffers.out);

		if (!str_equal(row->out[reading], SAME))
			expected = row->out[reading];
		assert_int_equal(len, expected.len);
		assert_memory_equal(buffers.out, expected.p, len);
	}
	assert_int_equal(base64_is_clean(in), row->is_clean);
	take_out(&buffers);
}

static const struct qp_row {
	const char *name;
	struct str in;
	struct str out[QP_READINGS];
	bool is_clean;
} qp_rows[] = {
	{ "qp_nothing", STR(""), { STR(""), SAME, SAME, SAME, SAME, SAME, SAME }, true },
	{ "qp_plain", STR("text\r\nmore\r\n"), { STR("text\r\nmore\r\n"), SAME, SAME, SAME, SAME, SAME, SAME }, true },
	{ "qp_escapes", STR("=41=20=3D=0D=0A\r\n"), { STR("A =\r\n\r\n"), SAME, SAME, SAME, SAME, SAME, SAME }, true },
	{ "qp_soft_break", STR("a=\r\nb=\nc"), { STR("abc"), SAME, SAME, SAME, SAME, SAME, SAME }, true },
	{ "qp_lower_case_MIME_13", STR("=4d=5a=fF"), { STR("MZ\xff"), SAME, SAME, SAME, SAME, SAME, SAME }, true },
	{ "qp_blank_at_the_end_of_a_line", STR("a \t\r\nb \nc "), { STR("a\r\nb\nc "), STR("a \t\r\nb \nc "), SAME, SAME, SAME, SAME, SAME }, false },
	{ "qp_blank_before_LF", STR("a \nb"), { STR("a\nb"), STR("a \nb"), SAME, SAME, SAME, SAME, SAME }, false },
	{ "qp_escaped_blank_at_the_end_of_a_line", STR("a=20\r\n"), { STR("a \r\n"), SAME, SAME, SAME, SAME, SAME, SAME }, true },
	{ "qp_blanks_behind_a_soft_break_MIME_13", STR("a= \t\r\nb"), { STR("ab"), SAME, SAME, SAME, SAME, SAME, SAME }, false },
	{ "qp_soft_break_of_CR_MIME_13", STR("a=\rb"), { STR("a=\rb"), STR("ab"), SAME, SAME, SAME, SAME, SAME }, false },
	{ "qp_soft_break_of_CR_CR_LF_MIME_13", STR("a=\r\r\nb"), { STR("a=\r\r\nb"), STR("ab"), SAME, SAME, SAME, SAME, SAME }, false },
	{ "qp_escape_broken_in_two_MIME_13", STR("=5=\n0=4=\nB"),
	  { STR("=50=4B"), SAME, STR("504B"), STR("0B"), STR("\n0\nB"), STR("6\n0&\nB"), STR("=50=4B"), STR("PK") }, false },
	{ "qp_escape_broken_behind_the_equals_MIME_13", STR("==\r\n50"),
	  { STR("=50"), STR("=50"), STR("50"), STR("\r\n50"), STR("\n50"), STR("=50"), STR("=50"), STR("P") }, false },
	{ "qp_equals_at_the_end_MIME_13", STR("ab="), { STR("ab="), STR("ab"), SAME, SAME, SAME, SAME, SAME }, false },
	{ "qp_equals_and_blank_at_the_end_MIME_13", STR("ab= "), { STR("ab= "), STR("ab"), SAME, SAME, SAME, SAME, SAME }, false },
	{ "qp_half_an_escape_at_the_end_MIME_13", STR("ab=4"), { STR("ab=4"), SAME, STR("ab4"), STR("ab"), SAME, STR("ab=4"), SAME }, false },
	{ "qp_illegal_digits_MIME_13", STR("a=XYb"), { STR("a=XYb"), SAME, STR("aXYb"), STR("aYb"), STR("ab"), STR("a\x32" "b"), STR("a=XYb") }, false },
	{ "qp_zero_MIME_13", STR("a=0b="), { STR("a\x0b="), STR("a\x0b"), SAME, SAME, SAME, SAME, SAME }, false },
	{ "qp_zero_and_no_digit_MIME_13", STR("a=0z"), { STR("a=0z"), SAME, STR("a0z"), STR("az"), STR("a"), STR("a\x23"), STR("a=0z") }, false },
	{ "qp_two_equals_MIME_13", STR("a==41b"), { STR("a=Ab"), SAME, STR("aAb"), STR("a41b"), STR("a1b"), STR("a\x64" "1b"), STR("a=Ab") }, false },
	{ "qp_at_MIME_13", STR("a=@b"), { STR("a=@b"), SAME, STR("a@b"), STR("ab"), STR("a"), STR("a\x9b"), STR("a=@b") }, false },
	{ "qp_NUL_MIME_13", STR("a\0b"), { STR("a\0b"), SAME, STR("ab"), STR("a\0b"), SAME, SAME, STR("ab") }, false },
	{ "qp_8_bits_MIME_13", STR("a\xc3\xa4"), { STR("a\xc3\xa4"), SAME, SAME, SAME, SAME, SAME, STR("a") }, false },
	{ "qp_soft_break_after_an_equals_MIME_13", STR("a==\r\nb"), { STR("a=b"), SAME, STR("ab"), STR("a\r\nb"), STR("a\nb"), STR("a=b"), SAME }, false },
	{ "qp_line_ends_are_no_digits", STR("a=4\r\nb"), { STR("a=4\r\nb"), SAME, STR("a4\r\nb"), STR("a\r\nb"), STR("a\nb"), STR("a=4\r\nb"), SAME }, false },
	{ "qp_CR_alone_is_kept", STR("a\rb"), { STR("a\rb"), SAME, SAME, SAME, SAME, SAME, SAME }, false },
};

static void check_qp(void **state)
{
	const struct qp_row *row = *state;
	struct buffers buffers;
	struct str in = put_in(&buffers, row->in), expected = { NULL, 0 }, lenient = { NULL, 0 };

	for (unsigned reading = 0; reading < QP_READINGS; reading++) {
		size_t len = qp_decode((enum qp_reading)reading, in, buffers.out);

		if (reading == QP_JOIN)		/* nothing is written where it is as LENIENT */
			expected = row->out[reading].p != NULL ? row->out[reading] : lenient;
		else if (!str_equal(row->out[reading], SAME))
			expected = row->out[reading];
		lenient = reading == QP_LENIENT ? expected : lenient;
		assert_int_equal(len, expected.len);
		assert_memory_equal(buffers.out, expected.p, len);
	}
	assert_int_equal(qp_is_clean(in), row->is_clean);
	take_out(&buffers);
}

/* EICAR written in a way that some program decodes: one reading at least must give it. */
static const struct eicar_row {
	const char *name;
	struct str in;
} eicar_rows[] = {
#define HALF "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR"
#define REST "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
	{ "eicar_soft_break_MIME_13", STR(HALF "=\r\n" REST) },
	{ "eicar_soft_break_of_LF_MIME_13", STR(HALF "=\n" REST) },
	{ "eicar_soft_break_of_CR_MIME_13", STR(HALF "=\r" REST) },
	{ "eicar_soft_break_and_blanks_MIME_13", STR(HALF "=  \t \r\n" REST) },
	{ "eicar_soft_break_and_blanks_and_CR_MIME_13", STR(HALF "= \r" REST) },
	{ "eicar_lower_case_MIME_13", STR("X5O!P%@AP=5b4\\PZX54(P^)7CC)7=7d$EICAR" REST) },
	{ "eicar_mixed_case_MIME_13", STR("X5O!P%@AP=5B4\\PZX54(P^)7CC)7=7d$EICAR" REST) },
	{ "eicar_equals_dropped_MIME_13", STR(HALF "=" REST) },
	{ "eicar_two_equals_dropped_MIME_13", STR(HALF "==" REST) },
	{ "eicar_equals_before_letters_dropped_MIME_13", STR("X5O!P%@AP[4\\PZX54(P^)7CC)7}$E=ICAR" "-STANDARD=-ANTIVIRUS-TEST-FILE!$H+H*=") },
	{ "eicar_equals_at_dropped_MIME_13", STR(HALF "=@" REST) },
	{ "eicar_illegal_escape_dropped_MIME_13", STR(HALF "=ZZ" REST) },
	{ "eicar_half_illegal_escape_dropped_MIME_13", STR(HALF "=0@" REST) },
	{ "eicar_digits_beyond_F_MIME_13", STR("=4O5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" REST) },
	{ "eicar_NUL_MIME_13", STR(HALF "\0" REST) },
	{ "eicar_control_MIME_13", STR(HALF "\x01\x1f" REST) },
	{ "eicar_8_bits_MIME_13", STR(HALF "\xff" REST) },
	{ "eicar_trailing_equals_MIME_13", STR(HALF REST "=") },
	{ "eicar_trailing_equals_and_blank_MIME_13", STR(HALF REST "= \t") },
};

static bool has_eicar(const char *out, size_t len)
{
	return len >= strlen(EICAR) && memcmp(out, EICAR, strlen(EICAR)) == 0;
}

static void check_eicar(void **state)
{
	const struct eicar_row *row = *state;
	struct buffers buffers;
	struct str in = put_in(&buffers, row->in);
	unsigned readings = 0;

	for (unsigned reading = 0; reading < QP_READINGS; reading++)
		readings += has_eicar(buffers.out, qp_decode((enum qp_reading)reading, in, buffers.out));
	assert_true(readings > 0);
	take_out(&buffers);
}

#define BROKEN true
#define WHOLE false

static const struct file_row {
	const char *name;
	struct str in;
	struct {
		const char *name;
		struct str bytes;
		bool is_broken;
	} files[3];
} uuencode_rows[] = {
	{ "uuencode_one_MIME_14", STR("hello\nbegin 644 a.txt\n#0V%T\n`\nend\n"), { { "a.txt", STR("Cat"), WHOLE } } },
	{ "uuencode_CRLF_MIME_14", STR("begin 644 a b.exe\r\n#0V%T\r\n`\r\nend\r\nbye"), { { "a b.exe", STR("Cat"), WHOLE } } },
	{ "uuencode_CR_MIME_14", STR("begin 644 a.exe\r#0V%T\r`\rend\r"), { { "a.exe", STR("Cat"), WHOLE } } },
	{ "uuencode_blank_for_nothing_MIME_14", STR("begin 0755 a\n#0V%T\n \nend"), { { "a", STR("Cat"), WHOLE } } },
	{ "uuencode_missing_end_MIME_14", STR("begin 644 a\n#0V%T\n"), { { "a", STR("Cat"), BROKEN } } },
	{ "uuencode_short_line_MIME_14", STR("begin 644 a\n$0V%T\nend\n"), { { "a", STR("Cat\0"), BROKEN } } },
	{ "uuencode_trimmed_zeros_MIME_14", STR("begin 644 a\n*0V%T\nend\n"), { { "a", STR("Cat\0\0\0\0\0\0\0"), BROKEN } } },
	{ "uuencode_checksum_character", STR("begin 644 a\n#0V%TX\n`\nend\n"), { { "a", STR("Cat"), WHOLE } } },
	{ "uuencode_line_of_junk_MIME_14", STR("begin 644 a\n#0V%T\n{junk}\n#0V%T\nend\n"), { { "a", STR("CatCat"), BROKEN } } },
	{ "uuencode_two_begins_MIME_14", STR("begin 644 a\nbegin 644 b\n#0V%T\nend\n"), { { "b", STR("Cat"), WHOLE } } },
	{ "uuencode_begin_in_the_middle_MIME_14", STR("begin 644 a\n#0V%T\nbegin 644 b\n#0V%T\nend\n"),
	  { { "a", STR("Cat"), BROKEN }, { "b", STR("Cat"), WHOLE } } },
	{ "uuencode_two_files_MIME_14", STR("begin 644 a\n#0V%T\n`\nend\nx\nbegin 644 b\n#0V%T\n`\nend\n"),
	  { { "a", STR("Cat"), WHOLE }, { "b", STR("Cat"), WHOLE } } },
	{ "uuencode_indented_MIME_14", STR("  begin 644 a\n#0V%T\n`\nend\n"), { { "a", STR("Cat"), WHOLE } } },
	{ "uuencode_no_mode_MIME_14", STR("begin  a.exe\n#0V%T\n`\nend\n"), { { "a.exe", STR("Cat"), WHOLE } } },
	{ "uuencode_no_name_MIME_14", STR("begin 644\n#0V%T\n`\nend\n"), { { "", STR("Cat"), WHOLE } } },
	{ "uuencode_prose", STR("begin the day\nwith a song\nend\n"), { { NULL, { NULL, 0 }, WHOLE } } },
	{ "uuencode_prose_with_a_mode", STR("begin 100 pages\nwith a song\nend\n"), { { NULL, { NULL, 0 }, WHOLE } } },
	{ "uuencode_in_the_middle_of_a_line", STR("x begin 644 a\n#0V%T\n`\nend\n"), { { NULL, { NULL, 0 }, WHOLE } } },
	{ "uuencode_base64_MIME_14", STR("begin-base64 644 a.exe\nQ2F0\nQ2F0\n====\n"), { { "a.exe", STR("CatCat"), WHOLE } } },
	{ "uuencode_base64_without_end_MIME_14", STR("begin-base64 644 a.exe\nQ2F0\n"), { { "a.exe", STR("Cat"), BROKEN } } },
	{ "uuencode_only_begin", STR("begin"), { { NULL, { NULL, 0 }, WHOLE } } },
}, yenc_rows[] = {
	{ "yenc_one_MIME_15", STR("=ybegin line=128 size=3 name=a b.exe\r\n\x6d\x8b\x9e\r\n=yend size=3 crc32=DAEAF4F5\r\n"), { { "a b.exe", STR("Cat"), BROKEN } } },
	{ "yenc_right_crc_MIME_15", STR("x\n=ybegin line=128 size=3 name=a.exe\n\x6d\x8b\x9e\n=yend size=3 crc32=a6130548\n"), { { "a.exe", STR("Cat"), WHOLE } } },
	{ "yenc_no_crc_MIME_15", STR("=ybegin line=128 size=3 name=a.exe\n\x6d\x8b\x9e\n=yend size=3\n"), { { "a.exe", STR("Cat"), WHOLE } } },
	{ "yenc_escapes_MIME_15", STR("=ybegin line=128 size=4 name=a\n=n=}\x2a=@\n=yend size=4\n"), { { "a", STR("\x04\x13\x00\xd6"), WHOLE } } },
	{ "yenc_lines_MIME_15", STR("=ybegin line=2 size=3 name=a\n\x6d\x8b\n\x9e\n=yend size=3\n"), { { "a", STR("Cat"), WHOLE } } },
	{ "yenc_wrong_size_MIME_15", STR("=ybegin line=128 size=4 name=a\n\x6d\x8b\x9e\n=yend size=3\n"), { { "a", STR("Cat"), BROKEN } } },
	{ "yenc_no_end_MIME_15", STR("=ybegin line=128 size=3 name=a\n\x6d\x8b\x9e"), { { "a", STR("Cat"), BROKEN } } },
	{ "yenc_parts_MIME_15", STR("=ybegin part=1 total=2 line=128 size=6 name=a\n=ypart begin=1 end=3\n\x6d\x8b\x9e\n=yend size=3 part=1\n"
				    "=ybegin part=2 total=2 line=128 size=6 name=a\n=ypart begin=4 end=6\n\x6d\x8b\x9e\n=yend size=3 part=2\n"),
	  { { "a", STR("Cat"), WHOLE }, { "a", STR("Cat"), WHOLE } } },
	{ "yenc_part_of_another_length_MIME_15", STR("=ybegin part=1 line=128 size=9 name=a\n=ypart begin=1 end=9\n\x6d\x8b\x9e\n=yend size=3 part=1\n"),
	  { { "a", STR("Cat"), BROKEN } } },
	{ "yenc_no_name", STR("=ybegin line=128 size=3\n\x6d\x8b\x9e\n=yend size=3\n"), { { "", STR("Cat"), WHOLE } } },
	{ "yenc_not_at_the_start_of_a_line", STR("x =ybegin line=128 size=3 name=a\n\x6d\x8b\x9e\n=yend size=3\n"), { { NULL, { NULL, 0 }, WHOLE } } },
	{ "yenc_equals_at_the_end", STR("=ybegin size=1 name=a\n="), { { "a", STR("\x13"), BROKEN } } },
};

static void check_files(const struct file_row *row, bool (*next)(struct str in, size_t *position, char *out, struct encoded_file *ret_file))
{
	struct buffers buffers;
	struct str in = put_in(&buffers, row->in);
	struct encoded_file file;
	size_t position = 0, used = 0;

	for (size_t i = 0; i < 3 && row->files[i].name != NULL; i++) {
		size_t before = position;

		assert_true(next(in, &position, buffers.out + used, &file));
		assert_int_equal(file.len, row->files[i].bytes.len);
		assert_memory_equal(buffers.out + used, row->files[i].bytes.p, file.len);
		assert_true(str_equal(file.name, str_of(row->files[i].name)));
		assert_int_equal(file.is_broken, row->files[i].is_broken);
		assert_true(position > before && position <= in.len && file.start >= before && file.end <= in.len);
		used += file.len;
	}
	assert_false(next(in, &position, buffers.out + used, &file));
	take_out(&buffers);
}

static void check_uuencode(void **state)
{
	check_files(*state, uuencode_next);
}

static void check_yenc(void **state)
{
	check_files(*state, yenc_next);
}

/* The name, forks and CRCs were made by a program of its own: "hello.txt" with the data "Hello, Mac!" and the resources "rsrc". */
#define BINHEX "(This file must be converted with BinHex 4.0)\n\n:"
#include "t/unit/binhex_data.h"

static const struct binhex_row {
	const char *name;
	struct str in;
	const char *file;	/* NULL: there is none */
	struct str data, resource;
	bool is_broken;
} binhex_rows[] = {
	{ "binhex_MIME_16", STR(BINHEX HELLO_HQX), "hello.txt", STR("Hello, Mac!"), STR("rsrc"), WHOLE },
	{ "binhex_text_around_MIME_16", STR("Hi\n\n" BINHEX HELLO_HQX "\nbye"), "hello.txt", STR("Hello, Mac!"), STR("rsrc"), WHOLE },
	{ "binhex_without_a_banner_MIME_16", STR("\n:" HELLO_HQX), "hello.txt", STR("Hello, Mac!"), STR("rsrc"), WHOLE },
	{ "binhex_runs_MIME_16", STR(BINHEX RUNS_HQX), "runs", STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x90z"), STR(""), WHOLE },
	{ "binhex_wrong_crc_MIME_16", STR(BINHEX WRONG_HQX), "hello.txt", STR("Hello, Mac?"), STR("rsrc"), BROKEN },
	{ "binhex_cut_MIME_16", STR(BINHEX CUT_HQX), "hello.txt", STR("Hello"), STR(""), BROKEN },
	{ "binhex_not_a_header", STR(BINHEX "!!!!:"), NULL, STR(""), STR(""), WHOLE },
	{ "binhex_only_the_banner", STR("(This file must be converted with BinHex 4.0)\n"), NULL, STR(""), STR(""), WHOLE },
	{ "binhex_colon_alone", STR(":"), NULL, STR(""), STR(""), WHOLE },
};

static void check_binhex(void **state)
{
	const struct binhex_row *row = *state;
	size_t room = binhex_room(row->in, 0), position = 0;
	struct encoded_file file;
	char *out = malloc(room + 1);

	assert_non_null(out);
	assert_int_equal(binhex_next(row->in, &position, out, room, &file), row->file != NULL);
	assert_true(position <= row->in.len);
	if (row->file != NULL) {
		assert_true(str_equal(file.name, str_of(row->file)));
		assert_true(str_equal((struct str){ out + file.offset, file.len }, row->data));
		assert_true(str_equal((struct str){ out + file.resource_offset, file.resource_len }, row->resource));
		assert_int_equal(file.is_broken, row->is_broken);
		assert_false(binhex_next(row->in, &position, out, room, &file));
	}
	free(out);
}

static void binhex_with_too_little_room_is_broken(void **state)
{
	struct encoded_file file;
	size_t position = 0;
	char out[48];

	(void)state;
	assert_true(binhex_next(STR(BINHEX RUNS_HQX), &position, out, sizeof(out), &file));
	assert_true(file.is_broken);
	assert_true(file.offset + file.len <= sizeof(out));
}

#define LINE "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0"

static const struct run_row {
	const char *name, *in, *runs[3];
} run_rows[] = {
	{ "run_of_lines", "Hello you,\n\n" LINE "\n" LINE "\nAA==\n\nRegards, me", { LINE "\n" LINE "\nAA==" } },
	{ "run_of_one_line", LINE, { LINE } },
	{ "run_over_an_empty_line", LINE "\n\n" LINE "\n", { LINE "\n\n" LINE } },
	{ "run_ends_before_a_word_behind_an_empty_line", LINE "\n\nbye\n", { LINE } },
	{ "run_begins_behind_a_word_and_an_empty_line", "See:\n\n" LINE "\n", { LINE } },
	{ "run_begins_behind_an_armour", "-----BEGIN CERTIFICATE-----\n" LINE "\n-----END CERTIFICATE-----\n", { LINE } },
	{ "run_begins_behind_a_short_word", "bye\n" LINE "\n", { "bye\n" LINE } },
	{ "run_ends_at_a_delimiter", LINE "\n--b\n" LINE, { LINE, LINE } },
	{ "run_within_a_line", "var x of it = \"" LINE "\";\n", { "var x of it = \"" LINE "\";" } },
	{ "run_within_a_line_of_prose", "It has been said by some of them that this is the key to all the secrets of the world at large, which nobody has ever "
	  "opened before, or since, whatever they say: \"" LINE "\".\n", { LINE } },
	{ "run_at_the_end_of_a_line", "src=\"data:;base64," LINE "\n" LINE "\">", { "src=\"data:;base64," LINE "\n" LINE "\">" } },
	{ "run_of_short_lines_MIME_12", "a b.\nQUJD\nREVG\nR0hJ\nSktM\nTU5P\nUFFS\nU1RV\nVldY\nWVph\nYmNk\nZWZn\naGlq\nx. y.\n",
	  { "QUJD\nREVG\nR0hJ\nSktM\nTU5P\nUFFS\nU1RV\nVldY\nWVph\nYmNk\nZWZn\naGlq" } },
	{ "run_with_blanks_MIME_12", "Q U J D R E V G R 0 h J S k t M T U 5 P U F F S U 1 R V V l d Y W V p h Y m N k\n",
	  { "Q U J D R E V G R 0 h J S k t M T U 5 P U F F S U 1 R V V l d Y W V p h Y m N k" } },
	{ "run_with_junk_MIME_12", "QUJD.REVG.R0hJ.SktM!TU5P!UFFS!U1RV!VldY!\n", { "QUJD.REVG.R0hJ.SktM!TU5P!UFFS!U1RV!VldY!" } },
	{ "run_with_pads_MIME_12", "QUI=QUI=QUI=QUI=QUI=QUI=QUI=QUI=QUI=QUI=QUI=\n", { "QUI=QUI=QUI=QUI=QUI=QUI=QUI=QUI=QUI=QUI=QUI=" } },
	{ "no_run_of_prose", "The quick brown fox jumps over the lazy dog and is never seen again by any of them all.\nSo it goes with foxes.\n", { NULL } },
	{ "no_run_of_markup", "<TD WIDTH=100 HEIGHT=200><IMG SRC=A12><B>SALE 2026</B> 50 OFF</TD></TR><TR><TD>\n<TD WIDTH=100 HEIGHT=200><IMG SRC=B12></TD>\n", { NULL } },
	{ "no_run_of_a_short_word", "QUJDREVGR0hJ\n", { NULL } },
	{ "no_run_of_nothing", "", { NULL } },
	{ "no_run_of_pads", "====\n====\n====\n====\n====\n====\n====\n====\n====\n====\n", { NULL } },
};

static void check_run(void **state)
{
	const struct run_row *row = *state;
	struct str in = str_of(row->in), run;
	size_t position = 0;

	for (size_t i = 0; i < 3 && row->runs[i] != NULL; i++) {
		assert_true(base64_run_next(in, 30, &position, &run));
		if (!str_equal(run, str_of(row->runs[i])))
			fail_msg("%.*s", (int)run.len, run.p);
	}
	assert_false(base64_run_next(in, 30, &position, &run));
	assert_int_equal(position, in.len);
}

static void run_is_trimmed_to_its_first_long_word(void **state)
{
	(void)state;
	assert_true(str_equal(base64_run_trim(STR("src=\"data:;base64," LINE "\n" LINE)), STR(LINE "\n" LINE)));
	assert_true(str_equal(base64_run_trim(STR(LINE)), STR(LINE)));
	assert_true(str_equal(base64_run_trim(STR("QUJD\nREVG")), STR("QUJD\nREVG")));
}

/* A few MiB of one byte: an algorithm that is not linear would not come back. */
#define LONG ((size_t)2 << 20)

static const struct long_row {
	const char *name;
	struct str pattern;
} long_rows[] = {
	{ "long_line_of_base64_MIME_12", STR("A") }, { "long_row_of_equals_MIME_20", STR("=") }, { "long_row_of_backslashes_MIME_20", STR("\\") },
	{ "long_row_of_NUL_MIME_20", STR("\0") }, { "long_row_of_CR_MIME_20", STR("\r") }, { "long_row_of_LF_MIME_20", STR("\n") },
	{ "long_row_of_delimiters_MIME_20", STR("--\n") }, { "long_row_of_parentheses_MIME_20", STR("(") }, { "long_row_of_blanks_MIME_20", STR(" ") },
	{ "long_row_of_begins_MIME_14", STR("begin 644 a\n") }, { "long_row_of_begins_and_CR_MIME_14", STR("begin 644 a\r#") },
	{ "long_row_of_words_MIME_14", STR("begin") }, { "long_row_of_indented_begins_MIME_14", STR("  begin\n") },
	{ "long_row_of_ybegins_MIME_15", STR("=ybegin \n") }, { "long_row_of_yparts_MIME_15", STR("=ybegin \n=ypart \n") },
	{ "long_row_of_banners_MIME_16", STR("(This file must be converted with BinHex:") },
	{ "long_row_of_colons_MIME_16", STR("(This file must be converted with BinHex 4.0):!!") },
	{ "long_row_of_soft_breaks_MIME_13", STR("= \r\n") }, { "long_row_of_blanks_and_CR_MIME_13", STR("=   \r") },
	{ "long_row_of_words_in_prose", STR("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVph it has been said that the fox jumps over all of the lazy dogs again and again ,;.") },
	{ "long_row_of_words_of_base64", STR("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVph ,;.") },
};

static void decode_all(struct str in, char *out)
{
	struct encoded_file file;
	struct str run;
	size_t position;

	for (unsigned i = 0; i < BASE64_READINGS; i++)
		assert_true(base64_decode((enum base64_reading)i, in, out) <= in.len / 4 * 3 + 3);
	for (unsigned i = 0; i < QP_READINGS; i++)
		assert_true(qp_decode((enum qp_reading)i, in, out) <= in.len);
	(void)base64_is_clean(in);
	(void)qp_is_clean(in);
	for (position = 0; uuencode_next(in, &position, out, &file);)
		;
	for (position = 0; yenc_next(in, &position, out, &file);)
		;
	for (position = 0; binhex_next(in, &position, out, in.len, &file);)
		;
	for (position = 0; base64_run_next(in, 30, &position, &run);)
		;
}

static void check_long(void **state)
{
	const struct long_row *row = *state;
	char *in = malloc(LONG), *out = malloc(LONG);

	assert_non_null(in);
	assert_non_null(out);
	for (size_t i = 0; i < LONG; i++)
		in[i] = row->pattern.p[i % row->pattern.len];
	decode_all((struct str){ in, LONG }, out);
	free(in);
	free(out);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, base64_rows, check_base64);
	rows_add(&rows, qp_rows, check_qp);
	rows_add(&rows, eicar_rows, check_eicar);
	rows_add(&rows, uuencode_rows, check_uuencode);
	rows_add(&rows, yenc_rows, check_yenc);
	rows_add(&rows, binhex_rows, check_binhex);
	rows_add_one(&rows, "binhex_with_too_little_room_is_broken_ATT_04", binhex_with_too_little_room_is_broken, NULL);
	rows_add(&rows, run_rows, check_run);
	rows_add_one(&rows, "run_is_trimmed_to_its_first_long_word", run_is_trimmed_to_its_first_long_word, NULL);
	rows_add(&rows, long_rows, check_long);
	return rows_run(&rows, "encodings");
}
