/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the antivirus job says about messages: the fail-open rows of libclamav, one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <clamav.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "scanners/antivirus_job.h"
#include "t/lib/antivirus_bench.h"
#include "t/lib/skip.h"

#define KIB ((size_t)1024)
#define MAX_FILE (512 * KIB)
#define MAX_HTML (128 * KIB)
#define MAX_FILES 40

static struct pack letter_eicar_plain(void)
{
	struct pack letter = { NULL, 0 };

	letter.len = (size_t)asprintf(&letter.data, "From x\nFrom: a@example.org\n\n%s\n", pack_eicar());
	return letter;
}

static struct pack letter_eicar_after_text(void)
{
	struct pack letter = { NULL, 0 };

	letter.len = (size_t)asprintf(&letter.data, "From x\nFrom: a@example.org\n\nhere it comes: %s ...\n", pack_eicar());
	return letter;
}

static struct pack attached(const char *type, struct pack file)
{
	struct pack letter = pack_letter_of(type, file);

	pack_free(&file);
	return letter;
}

static struct pack zip_of(struct pack file)
{
	struct pack zip = pack_zip_of(file);

	pack_free(&file);
	return zip;
}

static struct pack letter_eicar_attached(void)
{
	return attached("application/octet-stream", pack_of(pack_eicar()));
}

static struct pack letter_marker(void)
{
	return attached("text/plain", pack_of("some text and OCTROI-TEST-MARKER-1"));
}

static struct pack letter_zip(void)
{
	return attached("application/zip", zip_of(pack_of(pack_eicar())));
}

static struct pack letter_zip_stored(void)
{
	struct pack file = pack_of(pack_eicar());
	struct pack zip = pack_zip(&(struct pack_member){ .name = "file", .file = file, .method = PACK_STORED }, 1);

	pack_free(&file);
	return attached("application/zip", zip);
}

static struct pack letter_zip_in_zip(void)
{
	return attached("application/zip", zip_of(zip_of(pack_of(pack_eicar()))));
}

static struct pack letter_in_letter(void)
{
	struct pack inner = letter_zip();
	struct pack body = { inner.data + strlen("From x\n"), inner.len - strlen("From x\n") };
	struct pack letter = pack_letter_of("message/rfc822", body);

	pack_free(&inner);
	return letter;
}

static struct pack letter_gzip(void)
{
	struct pack file = pack_of(pack_eicar());
	struct pack gzip = pack_gzip(file);

	pack_free(&file);
	return attached("application/gzip", gzip);
}

/* text with each "\n" as the given line end, but for the first line, which is ours. */
static struct pack with_line_ends(struct pack message, const char *line_end)
{
	struct pack ret = { NULL, 0 };
	FILE *out = open_memstream(&ret.data, &ret.len);
	size_t ours = strlen("From x\n");

	assert_non_null(out);
	(void)fwrite(message.data, 1, ours, out);
	for (size_t i = ours; i < message.len; i++) {
		if (message.data[i] == '\n')
			(void)fputs(line_end, out);
		else
			(void)fputc(message.data[i], out);
	}
	(void)fclose(out);
	pack_free(&message);
	return ret;
}

static struct pack letter_crlf(void)
{
	return with_line_ends(letter_zip(), "\r\n");
}

static struct pack letter_bare_cr(void)
{
	return with_line_ends(letter_zip(), "\r");
}

static struct pack letter_first_field(const char *field)
{
	struct pack_letter letter;
	struct pack file = pack_of(pack_eicar());

	pack_letter_start(&letter, field);
	pack_letter_attach(&letter, "application/octet-stream", file);
	pack_free(&file);
	return pack_letter_end(&letter);
}

static struct pack letter_first_field_zip(void)
{
	return letter_first_field("PK\3\4: x\n");
}

static struct pack letter_first_field_pdf(void)
{
	return letter_first_field("%PDF-1.4: x\n");
}

static struct pack letter_clean(void)
{
	return attached("text/plain", pack_of("nothing here"));
}

static struct pack letter_clean_zip(void)
{
	return attached("application/zip", zip_of(pack_of("nothing here")));
}

static struct pack letter_clean_bare_cr(void)
{
	return with_line_ends(letter_clean(), "\r");
}

static struct pack letter_clean_html(void)
{
	return attached("text/html", pack_padded(0, 0, "<html><body><p>Good day</p><script>var a = 1;</script></body></html>"));
}

static struct pack letter_html(void)
{
	struct pack html = { NULL, 0 };

	html.len = (size_t)asprintf(&html.data, "<html><body><p>%s</p><script>var a = 1;</script></body></html>", pack_eicar());
	return attached("text/html", html);
}

static struct pack encrypted_zip(void)
{
	struct pack file = pack_of(pack_eicar());
	struct pack zip = pack_zip(&(struct pack_member){ .name = "secret.exe", .file = file, .encrypted = true }, 1);

	pack_free(&file);
	return zip;
}

static struct pack letter_encrypted(void)
{
	return attached("application/zip", encrypted_zip());
}

static struct pack letter_of_two(struct pack first, struct pack second)
{
	struct pack_letter letter;

	pack_letter_start(&letter, "");
	pack_letter_attach(&letter, "application/octet-stream", first);
	pack_letter_attach(&letter, "application/octet-stream", second);
	pack_free(&first);
	pack_free(&second);
	return pack_letter_end(&letter);
}

static struct pack letter_encrypted_then_virus(void)
{
	return letter_of_two(encrypted_zip(), pack_of(pack_eicar()));
}

static struct pack letter_virus_then_encrypted(void)
{
	return letter_of_two(pack_of(pack_eicar()), encrypted_zip());
}

/* A virus behind more bytes than may be unpacked, with the size that the ZIP declares. */
static struct pack large_zip(uint32_t claimed_size)
{
	struct pack file = pack_padded(MAX_FILE + 64 * KIB, '\0', pack_eicar());
	struct pack zip = pack_zip(&(struct pack_member){ .name = "big", .file = file, .method = PACK_DEFLATED,
							  .claimed_size = claimed_size }, 1);

	pack_free(&file);
	return zip;
}

static struct pack letter_large_member(void)
{
	return attached("application/zip", large_zip(0));
}

static struct pack letter_large_member_lies(void)
{
	return attached("application/zip", large_zip(100));
}

static struct pack letter_large_member_then_virus(void)
{
	return letter_of_two(large_zip(0), pack_of(pack_eicar()));
}

static struct pack letter_virus_then_large_member(void)
{
	return letter_of_two(pack_of(pack_eicar()), large_zip(0));
}

static struct pack letter_large_gzip(void)
{
	struct pack file = pack_padded(MAX_FILE + 64 * KIB, '\0', pack_eicar());
	struct pack gzip = pack_gzip(file);

	pack_free(&file);
	return attached("application/gzip", gzip);
}

static struct pack zip_of_many(size_t members_len, size_t each, const char *last_text)
{
	struct pack_member members[256];
	struct pack zip, clean = pack_padded(each, 'x', ""), last = pack_padded(each, 'x', last_text);

	assert_true(members_len <= 256);
	for (size_t i = 0; i < members_len; i++)
		members[i] = (struct pack_member){ .name = "member", .file = i + 1 < members_len ? clean : last,
						   .method = PACK_DEFLATED };
	zip = pack_zip(members, members_len);
	pack_free(&clean);
	pack_free(&last);
	return zip;
}

static struct pack letter_many_files(void)
{
	return attached("application/zip", zip_of_many(MAX_FILES + 10, 20, pack_eicar()));
}

static struct pack letter_much_data(void)
{
	return attached("application/zip", zip_of_many(10, 300 * KIB, pack_eicar()));
}

static struct pack nested(unsigned levels)
{
	struct pack zip = pack_of(pack_eicar());

	for (unsigned i = 0; i < levels; i++)
		zip = zip_of(zip);
	return zip;
}

static struct pack letter_nested(void)
{
	return attached("application/zip", nested(20));
}

static struct pack letter_nested_then_virus(void)
{
	return letter_of_two(nested(20), pack_of(pack_eicar()));
}

static struct pack letter_large_html(void)
{
	struct pack html = { NULL, 0 };
	FILE *out = open_memstream(&html.data, &html.len);

	assert_non_null(out);
	(void)fputs("<html><head><title>t</title></head><body>\n", out);
	for (size_t i = 0; i < MAX_HTML / 16; i++)
		(void)fputs("<p>paragraph</p>\n", out);
	(void)fputs("</body></html>\n", out);
	(void)fclose(out);
	return attached("text/html", html);
}

/* A RAR of version 5: the signature and a header; what would follow does not matter here. */
static struct pack letter_rar(void)
{
	struct pack rar = pack_padded(8, 0, "\x33\x92\xb5\xe5\x0a\x01\x05\x06 nothing that is known");

	memcpy(rar.data, "Rar!\x1a\x07\x01", 8);
	return attached("application/vnd.rar", rar);
}

static struct pack letter_too_large(void)
{
	return attached("text/plain", pack_padded(MAX_FILE, 'x', ""));
}

struct row {
	const char *name;
	struct pack (*letter)(void);
	enum antivirus_outcome outcome;
	const char *text;		/* what the answer's text begins with */
};

#define FOUND "Octroi.Test.EICAR"

static const struct row rows[] = {
	{ "eicar_in_the_body_is_infected", letter_eicar_plain, ANTIVIRUS_INFECTED, FOUND },
	{ "eicar_inside_a_text_is_infected", letter_eicar_after_text, ANTIVIRUS_INFECTED, FOUND },
	{ "eicar_attached_in_base64_is_infected", letter_eicar_attached, ANTIVIRUS_INFECTED, FOUND },
	{ "eicar_in_a_zip_is_infected", letter_zip, ANTIVIRUS_INFECTED, FOUND },
	{ "eicar_stored_in_a_zip_is_infected", letter_zip_stored, ANTIVIRUS_INFECTED, FOUND },
	{ "eicar_in_a_zip_in_a_zip_is_infected", letter_zip_in_zip, ANTIVIRUS_INFECTED, FOUND },
	{ "eicar_in_a_gzip_is_infected", letter_gzip, ANTIVIRUS_INFECTED, FOUND },
	{ "html_is_also_matched_as_it_is", letter_html, ANTIVIRUS_INFECTED, FOUND },
	{ "eicar_in_a_letter_in_a_letter_is_infected", letter_in_letter, ANTIVIRUS_INFECTED, FOUND },
	{ "a_marker_of_the_test_database_is_infected", letter_marker, ANTIVIRUS_INFECTED, "Octroi.Test.Marker" },
	{ "a_letter_with_crlf_is_read_the_same", letter_crlf, ANTIVIRUS_INFECTED, FOUND },
	{ "smtp03_mime11_bare_cr_is_a_second_reading", letter_bare_cr, ANTIVIRUS_INFECTED, FOUND },
	{ "first_field_cannot_make_the_message_a_zip", letter_first_field_zip, ANTIVIRUS_INFECTED, FOUND },
	{ "first_field_cannot_make_the_message_a_pdf", letter_first_field_pdf, ANTIVIRUS_INFECTED, FOUND },

	{ "a_letter_is_clean", letter_clean, ANTIVIRUS_CLEAN, "" },
	{ "a_clean_zip_is_clean", letter_clean_zip, ANTIVIRUS_CLEAN, "" },
	{ "clean_html_is_clean", letter_clean_html, ANTIVIRUS_CLEAN, "" },
	{ "a_clean_letter_with_bare_cr_is_clean", letter_clean_bare_cr, ANTIVIRUS_CLEAN, "" },

	{ "att03_an_encrypted_zip_is_unscannable", letter_encrypted, ANTIVIRUS_UNSCANNABLE, "encrypted: " },
	{ "a_virus_after_an_encrypted_zip_wins", letter_encrypted_then_virus, ANTIVIRUS_INFECTED, FOUND },
	{ "a_virus_before_an_encrypted_zip_wins", letter_virus_then_encrypted, ANTIVIRUS_INFECTED, FOUND },

	{ "att04_a_member_over_max_file_size_is_unscannable", letter_large_member, ANTIVIRUS_UNSCANNABLE, "limits: " },
	{ "att04_a_member_that_lies_about_its_size_is_unscannable", letter_large_member_lies, ANTIVIRUS_UNSCANNABLE,
	  "limits: " },
	{ "att04_a_gzip_over_max_file_size_is_unscannable", letter_large_gzip, ANTIVIRUS_UNSCANNABLE, "limits: " },
	{ "a_virus_after_a_limit_wins", letter_large_member_then_virus, ANTIVIRUS_INFECTED, FOUND },
	{ "a_virus_before_a_limit_wins", letter_virus_then_large_member, ANTIVIRUS_INFECTED, FOUND },
	{ "att04_more_than_max_files_is_unscannable", letter_many_files, ANTIVIRUS_UNSCANNABLE, "limits: " },
	{ "att04_more_than_max_scan_size_is_unscannable", letter_much_data, ANTIVIRUS_UNSCANNABLE, "limits: " },
	{ "att04_deeper_than_max_recursion_is_unscannable", letter_nested, ANTIVIRUS_UNSCANNABLE, "limits: " },
	{ "a_virus_after_the_depth_limit_wins", letter_nested_then_virus, ANTIVIRUS_INFECTED, FOUND },
	{ "html_too_large_to_normalise_is_unscannable", letter_large_html, ANTIVIRUS_UNSCANNABLE, "limits: HTML" },
	{ "a_message_over_max_file_size_is_unscannable", letter_too_large, ANTIVIRUS_UNSCANNABLE, "limits: message" },
};

static void check_answer(const struct row *row, const struct antivirus_answer *answer)
{
	if (answer->outcome != row->outcome || strncmp(answer->text, row->text, strlen(row->text)) != 0)
		fail_msg("%s: outcome %d \"%s\"", row->name, (int)answer->outcome, answer->text);
	assert_true(answer->signatures >= 3);
}

static void check_row(void **state)
{
	const struct antivirus_bench *bench = antivirus_bench();
	const struct row *row = *state;
	struct pack letter = row->letter();
	struct antivirus_answer answer;

	/* Twice: what is remembered from the first scan must not change the second. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(antivirus_bench_ask(bench->shared, letter, 60000, &answer), 0);
		check_answer(row, &answer);
	}
	pack_free(&letter);
}

/* Debian's libclamav cannot read RAR unless libclamunrar is installed, and passes it. */
static void a_rar_is_never_passed_unread(void **state)
{
	const struct antivirus_bench *bench = antivirus_bench();
	static const struct row row = { "rar", letter_rar, ANTIVIRUS_UNSCANNABLE, "unsupported: RAR" };
	struct pack letter;
	struct antivirus_answer answer;

	(void)state;
	if (strstr(bench->status, "cannot read RAR") == NULL)
		SKIP("this libclamav reads RAR");
	letter = letter_rar();
	assert_int_equal(antivirus_bench_ask(bench->shared, letter, 60000, &answer), 0);
	check_answer(&row, &answer);
	pack_free(&letter);
}

static void a_message_without_our_first_line_is_refused(void **state)
{
	const struct antivirus_bench *bench = antivirus_bench();
	static const char *const texts[] = { "", "From", "PK\3\4", "Received: x\n\n" };
	struct antivirus_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct pack message = pack_of(texts[i]);

		assert_int_equal(antivirus_bench_ask(bench->shared, message, 60000, &answer), -EINVAL);
		pack_free(&message);
	}
}

static void a_question_without_a_time_limit_is_refused(void **state)
{
	const struct antivirus_bench *bench = antivirus_bench();
	struct pack letter = letter_clean();
	struct antivirus_answer answer;

	(void)state;
	assert_int_equal(antivirus_bench_ask(bench->shared, letter, 0, &answer), -EBADMSG);
	pack_free(&letter);
}

/* ATT-17: all values there are, and some that there are not. */
static void att17_every_status_has_an_outcome(void **state)
{
	static const int unscannable[] = { CL_ETIMEOUT, CL_EMAXREC, CL_EMAXSIZE, CL_EMAXFILES, CL_EUNPACK, CL_EFORMAT,
					   CL_EPARSE };

	(void)state;
	for (int status = -3; status <= CL_ELAST_ERROR + 10; status++) {
		enum antivirus_outcome want = status == CL_CLEAN ? ANTIVIRUS_CLEAN :
					      status == CL_VIRUS ? ANTIVIRUS_INFECTED : ANTIVIRUS_ERROR;

		for (size_t i = 0; i < sizeof(unscannable) / sizeof(unscannable[0]); i++) {
			if (status == unscannable[i])
				want = ANTIVIRUS_UNSCANNABLE;
		}
		if (antivirus_job_outcome(status) != want)
			fail_msg("status %d has outcome %d", status, (int)antivirus_job_outcome(status));
	}
}

#define ROWS_LEN (sizeof(rows) / sizeof(rows[0]))

int main(void)
{
	struct CMUnitTest tests[ROWS_LEN + 4] = {
		cmocka_unit_test(a_rar_is_never_passed_unread),
		cmocka_unit_test(a_message_without_our_first_line_is_refused),
		cmocka_unit_test(a_question_without_a_time_limit_is_refused),
		cmocka_unit_test(att17_every_status_has_an_outcome),
	};

	for (size_t i = 0; i < ROWS_LEN; i++)
		tests[4 + i] = (struct CMUnitTest){ .name = rows[i].name, .test_func = check_row,
						    .initial_state = (void *)&rows[i] };
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("antivirus_job", tests, antivirus_bench_setup, antivirus_bench_teardown);
}
