/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine says about messages: the fail-open rows of libclamav, one by one; and about what readings of ours find in them. */
#include "t/unit/rows.h"

#include <clamav.h>
#include <stdlib.h>

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
		answer = antivirus_bench_scan(bench->engine, letter, 60000);
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
	answer = antivirus_bench_scan(bench->engine, letter, 60000);
	check_answer(&row, &answer);
	pack_free(&letter);
}

/* ---- files that are known ---- */

/* Bytes of a type of their own, so that they can become known. */
static struct pack picture(void)
{
	struct pack file = pack_padded(2000, 'p', "");

	memcpy(file.data, "\x89PNG\r\n\x1a\n", 8);
	return file;
}

static struct pack zip_of_two(struct pack first, struct pack second)
{
	struct pack_member members[] = {
		{ .name = "first", .file = first, .method = PACK_DEFLATED }, { .name = "second", .file = second, .method = PACK_DEFLATED },
	};
	struct pack zip = pack_zip(members, 2);

	pack_free(&first);
	pack_free(&second);
	return zip;
}

static struct pack forwarded(struct pack letter)
{
	struct pack body = { letter.data + strlen("From x\n"), letter.len - strlen("From x\n") };
	struct pack outer = pack_letter_of("message/rfc822", body);

	pack_free(&letter);
	return outer;
}

static struct pack place_after(struct pack file)
{
	return letter_of_two(picture(), file);
}

static struct pack place_before(struct pack file)
{
	return letter_of_two(file, picture());
}

static struct pack place_in_zip_after(struct pack file)
{
	return attached("application/zip", zip_of_two(picture(), file));
}

static struct pack place_in_zip_before(struct pack file)
{
	return attached("application/zip", zip_of_two(file, picture()));
}

static struct pack place_in_zip_in_zip(struct pack file)
{
	return attached("application/zip", zip_of_two(picture(), zip_of_two(picture(), file)));
}

static struct pack place_forwarded(struct pack file)
{
	return forwarded(letter_of_two(picture(), file));
}

static struct pack place_after_gzip(struct pack file)
{
	struct pack shown = picture(), gzip = pack_gzip(shown);

	pack_free(&shown);
	return letter_of_two(gzip, file);
}

static struct pack place_behind_the_picture(struct pack file)
{
	struct pack zip = zip_of_two(picture(), file), both = { NULL, 0 }, shown = picture();
	FILE *out = open_memstream(&both.data, &both.len);

	assert_non_null(out);
	(void)fwrite(shown.data, 1, shown.len, out);
	(void)fwrite(zip.data, 1, zip.len, out);
	(void)fclose(out);
	pack_free(&shown);
	pack_free(&zip);
	return letter_of_two(picture(), both);
}

static const struct place {
	const char *name;
	struct pack (*letter)(struct pack file);
} places[] = {
	{ "a_virus_after_a_known_file_is_found", place_after },
	{ "a_virus_before_a_known_file_is_found", place_before },
	{ "a_virus_after_a_known_member_is_found", place_in_zip_after },
	{ "a_virus_before_a_known_member_is_found", place_in_zip_before },
	{ "a_virus_beside_known_files_in_a_zip_in_a_zip_is_found", place_in_zip_in_zip },
	{ "a_virus_beside_a_known_file_of_a_forwarded_letter_is_found", place_forwarded },
	{ "a_virus_after_a_gzip_of_a_known_file_is_found", place_after_gzip },
	{ "a_virus_behind_a_known_file_is_found", place_behind_the_picture },
};

/* The file is known clean in just this place when the virus comes. */
static void check_place(void **state)
{
	const struct place *place = *state;
	struct pack clean = place->letter(pack_of("nothing")), infected = place->letter(pack_of(pack_eicar()));
	static const enum antivirus_outcome outcomes[] = { ANTIVIRUS_CLEAN, ANTIVIRUS_CLEAN, ANTIVIRUS_INFECTED, ANTIVIRUS_CLEAN, ANTIVIRUS_INFECTED };

	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		bool is_infected = outcomes[i] == ANTIVIRUS_INFECTED;
		struct antivirus_answer answer = antivirus_bench_scan(antivirus_bench()->engine, is_infected ? infected : clean, 60000);

		if (answer.outcome != outcomes[i])
			fail_msg("%s: scan %zu: outcome %d \"%s\"", place->name, i, (int)answer.outcome, answer.text);
	}
	pack_free(&clean);
	pack_free(&infected);
}

/* ---- contents of other readings ---- */

static struct pack content_eicar(void)
{
	return pack_of(pack_eicar());
}

static struct pack content_eicar_zip(void)
{
	return zip_of(pack_of(pack_eicar()));
}

static struct pack content_clean(void)
{
	return pack_of("a text that no other test has");
}

static struct pack content_empty(void)
{
	return pack_of("");
}

static struct pack content_large(void)
{
	return pack_padded(MAX_FILE + 1, 'x', "");
}

static struct pack content_large_zip(void)
{
	return large_zip(0);
}

/* A PDF cut off in the middle, as a reading that stops at a pad may have it. */
static struct pack content_cut(void)
{
	return pack_of("%PDF-1.4\n1 0 obj\n<< /Length 100 /Filter /FlateDecode >>\nstream\nx\x9c\x01");
}

static const struct content {
	const char *name;
	struct pack (*content)(void);
	enum antivirus_outcome outcome;
	const char *text;
} contents[] = {
	{ "a_virus_in_another_reading_is_found", content_eicar, ANTIVIRUS_INFECTED, FOUND },
	{ "a_virus_in_an_archive_of_another_reading_is_found", content_eicar_zip, ANTIVIRUS_INFECTED, FOUND },
	{ "a_clean_content_is_clean", content_clean, ANTIVIRUS_CLEAN, "" },
	{ "an_empty_content_is_clean", content_empty, ANTIVIRUS_CLEAN, "" },
	{ "a_cut_off_content_is_clean", content_cut, ANTIVIRUS_CLEAN, "" },
	{ "an_encrypted_content_is_unscannable", encrypted_zip, ANTIVIRUS_UNSCANNABLE, "encrypted: " },
	{ "a_content_over_max_file_size_is_unscannable", content_large, ANTIVIRUS_UNSCANNABLE, "limits: content" },
	{ "a_content_with_a_member_over_max_file_size_is_unscannable", content_large_zip, ANTIVIRUS_UNSCANNABLE, "limits: " },
};

static void check_content(void **state)
{
	const struct content *row = *state;
	struct pack letter = letter_clean(), content = row->content();

	/* Twice: the second time it is known. */
	for (int i = 0; i < 2; i++) {
		struct antivirus_scan *scan = antivirus_scan_begin(antivirus_bench()->engine, 60000);
		struct antivirus_answer answer;

		antivirus_scan_message(scan, (struct str){ letter.data, letter.len });
		antivirus_bench_show(scan, content, false);
		antivirus_scan_end(scan, &answer);
		if (answer.outcome != row->outcome || strncmp(answer.text, row->text, strlen(row->text)) != 0)
			fail_msg("%s: outcome %d \"%s\"", row->name, (int)answer.outcome, answer.text);
	}
	pack_free(&letter);
	pack_free(&content);
}

/* The answer to a content when there is no time left to scan it: clean only when nothing needs to be scanned. */
static enum antivirus_outcome outcome_without_time(struct pack message, struct pack content, bool is_text)
{
	struct antivirus_answer answer = antivirus_bench_scan(antivirus_bench()->engine, message, 60000);
	struct antivirus_scan *scan = antivirus_scan_begin(antivirus_bench()->engine, 0);

	assert_int_equal(answer.outcome, ANTIVIRUS_CLEAN);
	antivirus_bench_show(scan, content, is_text);
	antivirus_scan_end(scan, &answer);
	return answer.outcome;
}

static void a_content_that_libclamav_has_scanned_itself_is_not_scanned_again(void **state)
{
	struct pack file = pack_padded(1000, 'a', " attached"), letter = pack_letter_of("text/plain", file);
	struct pack zip = pack_zip_of(file), zip_letter = pack_letter_of("application/zip", zip), other = pack_padded(1000, 'b', "");

	(void)state;
	assert_int_equal(outcome_without_time(letter, other, false), ANTIVIRUS_UNSCANNABLE);
	assert_int_equal(outcome_without_time(letter, file, false), ANTIVIRUS_CLEAN);
	assert_int_equal(outcome_without_time(zip_letter, zip, false), ANTIVIRUS_CLEAN);
	pack_free(&file);
	pack_free(&letter);
	pack_free(&zip);
	pack_free(&zip_letter);
	pack_free(&other);
}

/* libclamav reads lines of text without their CR and puts a line end behind the last. */
static void only_a_text_may_differ_in_its_line_ends(void **state)
{
	struct pack letter = pack_of("From x\nFrom: a@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
				     "--b\nContent-Type: text/plain\n\nfirst line of two\nsecond line of two\n\n--b--\n");
	struct pack text = pack_of("first line of two\r\nsecond line of two"), other = pack_of("first line of two\r\nsecond line of twO");

	(void)state;
	assert_int_equal(outcome_without_time(letter, text, false), ANTIVIRUS_UNSCANNABLE);
	assert_int_equal(outcome_without_time(letter, text, true), ANTIVIRUS_CLEAN);
	assert_int_equal(outcome_without_time(letter, other, true), ANTIVIRUS_UNSCANNABLE);
	pack_free(&letter);
	pack_free(&text);
	pack_free(&other);
}

/* What stands in the midst of a disk image or document libclamav does not scan as it would a file. */
static void a_content_of_no_type_of_its_own_is_scanned_again(void **state)
{
	struct pack file = pack_padded(1000, '\x01', ""), letter = pack_letter_of("application/octet-stream", file);

	(void)state;
	assert_int_equal(outcome_without_time(letter, file, false), ANTIVIRUS_UNSCANNABLE);
	pack_free(&file);
	pack_free(&letter);
}

static void all_contents_share_one_time(void **state)
{
	struct antivirus_scan *scan = antivirus_scan_begin(antivirus_bench()->engine, 0);
	struct pack letter = letter_clean();
	struct antivirus_answer answer;

	(void)state;
	antivirus_scan_message(scan, (struct str){ letter.data, letter.len });
	antivirus_scan_end(scan, &answer);
	assert_int_equal(answer.outcome, ANTIVIRUS_UNSCANNABLE);
	assert_string_equal(answer.text, "limits: no time for every reading");
	pack_free(&letter);
}

/* max_scan_size (2 MiB) bounds what is unpacked from all contents together. */
static void all_contents_share_one_scan_size(void **state)
{
	struct antivirus_scan *scan = antivirus_scan_begin(antivirus_bench()->engine, 60000);
	struct antivirus_answer answer;

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct pack content = pack_padded(MAX_FILE - KIB, (char)('a' + i), "");

		antivirus_bench_show(scan, content, false);
		pack_free(&content);
	}
	antivirus_scan_end(scan, &answer);
	assert_int_equal(answer.outcome, ANTIVIRUS_UNSCANNABLE);
	assert_int_equal(strncmp(answer.text, "limits: ", 8), 0);
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
		if (antivirus_engine_outcome(status) != want)
			fail_msg("status %d has outcome %d", status, (int)antivirus_engine_outcome(status));
	}
}

int main(void)
{
	static struct rows tests;
	int r;

	if (antivirus_bench_setup(NULL) < 0)
		return 1;
	rows_add(&tests, rows, check_row);
	rows_add(&tests, places, check_place);
	rows_add(&tests, contents, check_content);
	rows_add_one(&tests, "a_rar_is_never_passed_unread", a_rar_is_never_passed_unread, NULL);
	rows_add_one(&tests, "att17_every_status_has_an_outcome", att17_every_status_has_an_outcome, NULL);
	rows_add_one(&tests, "a_content_that_libclamav_has_scanned_itself_is_not_scanned_again",
		     a_content_that_libclamav_has_scanned_itself_is_not_scanned_again, NULL);
	rows_add_one(&tests, "only_a_text_may_differ_in_its_line_ends", only_a_text_may_differ_in_its_line_ends, NULL);
	rows_add_one(&tests, "a_content_of_no_type_of_its_own_is_scanned_again", a_content_of_no_type_of_its_own_is_scanned_again, NULL);
	rows_add_one(&tests, "all_contents_share_one_time", all_contents_share_one_time, NULL);
	rows_add_one(&tests, "all_contents_share_one_scan_size", all_contents_share_one_scan_size, NULL);
	r = rows_run(&tests, "antivirus_engine");
	return antivirus_bench_teardown(NULL) < 0 ? 1 : r;
}
