/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What GMime shows to unpack_found, which is a double here: GMime's reading alone, beside what "our" reading has said it knows. */
#include <stdarg.h>
#include <stdlib.h>

#include "milter/unpack/handlers.h"
#include "milter/unpack/prepare.h"
#include "t/unit/rows.h"

struct content {
	bool is_text;
};

struct unpack {
	struct arena *arena;
	struct unpack_limits limits;
	const char *found;		/* "type name bytes|" for each */
	const char *covered;		/* a part of the message that was read already */
	bool is_known;			/* our reading has had all of it */
	unsigned ambiguities;
	size_t taken;
};

const struct content *unpack_found(struct unpack *unpack, const struct item *item)
{
	struct content *content = arena_new_of(unpack->arena, struct content);

	content->is_text = item->bytes.len < 5 || memcmp(item->bytes.p, "%PDF-", 5) != 0;
	assert_true(item->parent != NULL && item->kind == ITEM_SALVAGED);
	unpack->found = arena_printf(unpack->arena, "%s%.*s %.*s %.*s|", unpack->found, (int)item->media_type.len, item->media_type.p,
				     item->names_len == 0 ? 1 : (int)item->names[0].len, item->names_len == 0 ? "-" : item->names[0].p,
				     (int)item->bytes.len, item->bytes.p);
	content->is_text |= unpack->is_known;
	return content;
}

bool content_is_salvaged_only(const struct content *content)
{
	return !content->is_text;
}

bool content_is_text(const struct content *content)
{
	return content->is_text;
}

enum filetype content_type(const struct content *content)
{
	return content->is_text ? FILETYPE_TEXT : FILETYPE_PDF;
}

bool unpack_covered(const struct unpack *unpack, struct str range)
{
	size_t len = unpack->covered == NULL ? 0 : strlen(unpack->covered);

	return len > 0 && range.len >= len && memcmp(range.p, unpack->covered, len) == 0;
}

bool unpack_stopped(const struct unpack *unpack)
{
	(void)unpack;
	return false;
}

const struct unpack_limits *unpack_limits_of(const struct unpack *unpack)
{
	return &unpack->limits;
}

struct arena *unpack_arena(struct unpack *unpack)
{
	return unpack->arena;
}

void unpack_ambiguous(struct unpack *unpack, enum ambiguity ambiguity, const char *format, ...)
{
	(void)format;
	unpack->ambiguities |= 1u << ambiguity;
}

void *unpack_take(struct unpack *unpack, size_t size)
{
	unpack->taken += size;
	return malloc(size + 1);
}

void unpack_give_unused(struct unpack *unpack, void *bytes, size_t size, size_t used)
{
	assert_true(used <= size);
	unpack->taken -= size;
	free(bytes);
}

static struct unpack read_message(struct arena *arena, const char *message, size_t len, struct unpack unpack)
{
	struct item item = { .kind = ITEM_MESSAGE, .bytes = { malloc(len + 1), len } };

	assert_non_null(item.bytes.p);
	memcpy((char *)(uintptr_t)item.bytes.p, message, len);
	unpack.arena = arena;
	unpack.found = "";
	unpack.limits.parts = 1000;
	unpack.limits.depth = 20;
	gmime_unpack(&unpack, &item);
	assert_int_equal(unpack.taken, 0);
	free((char *)(uintptr_t)item.bytes.p);
	return unpack;
}

#define HEAD "From x\nFrom: a@example.org\nMIME-Version: 1.0\n"
#define PDF_BASE64 "JVBERi0xLjQ="

static const struct reading {
	const char *name;
	const char *message;
	const char *found;
	const char *covered;
	bool is_known;
	bool is_hidden;
} readings[] = {
	{ "plain_text", HEAD "\nHello\n", "text/plain - Hello\n|", NULL, false, false },
	{ "without_our_line_in_front", "Subject: x\n\nHello\n", "text/plain - Hello\n|", NULL, false, false },
	{ "crlf", "From x\nSubject: x\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n", "text/plain - Hello|", NULL, false, false },
	{ "base64_that_we_have_too", HEAD "Content-Type: Application/PDF; name=a.pdf\nContent-Transfer-Encoding: base64\n\n" PDF_BASE64 "\n",
	  "application/pdf a.pdf %PDF-1.4|", NULL, true, false },
	{ "base64_that_we_have_not_is_hidden", HEAD "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n" PDF_BASE64 "\n",
	  "application/pdf a.pdf %PDF-1.4|", NULL, false, true },
	{ "text_that_we_have_not_is_not_hidden", HEAD "Content-Transfer-Encoding: quoted-printable\n\nHe=6Clo\n", "text/plain - Hello\n|", NULL, false, false },
	{ "what_was_decoded_cleanly_is_passed_over", HEAD "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n" PDF_BASE64 "\n", "",
	  PDF_BASE64, false, false },
	{ "parts", HEAD "Content-Type: multipart/mixed; boundary=b\n\nin front\n--b\n\nHello\n--b\nContent-Type: text/html\n"
	  "Content-Transfer-Encoding: quoted-printable\n\n<p>=48i\n--b--\nbehind\n", "text/plain - Hello|text/html - <p>Hi|", NULL, false, false },
	{ "name_in_encoded_words_NAME_03", HEAD "Content-Disposition: attachment; filename=\"=?utf-8?q?a=2Eexe?=\"\n\nHello", "text/plain a.exe Hello|", NULL, false,
	  false },
	{ "name_in_pieces_NAME_04", HEAD "Content-Disposition: attachment; filename*0*=utf-8''a%2E; filename*1=exe\n\nHello", "text/plain a.exe Hello|", NULL,
	  false, false },
	{ "attached_message_MIME_17", HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: y\n"
	  "Content-Transfer-Encoding: base64\n\nSGVsbG8=\n--b--\n", "text/plain - Hello|", NULL, false, false },
	{ "uuencode_MIME_16", HEAD "Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n%2&5L;&\\`\n`\nend\n", "text/plain - Hello|", NULL, false, false },
	{ "no_body", HEAD, "text/plain - |", NULL, false, false },
};

static void check_reading(void **state)
{
	const struct reading *row = *state;
	struct arena *arena = arena_new();
	struct unpack unpack = read_message(arena, row->message, strlen(row->message),
					    (struct unpack){ .covered = row->covered, .is_known = row->is_known });

	assert_string_equal(unpack.found, row->found);
	assert_int_equal(unpack.ambiguities, row->is_hidden ? 1u << AMBIGUITY_HIDDEN : 0);
	arena_free(arena);
}

/* Messages that GMime would read by calling itself too often, or slowly: left to mime.c. */
static const struct heavy {
	const char *name;
	const char *piece;
	size_t times;
	bool is_read;
} heavy_table[] = {
	{ "messages_in_messages_100_MIME_17", "Content-Type: message/rfc822\n\n", 100, true },
	{ "messages_in_messages_5000_MIME_17", "Content-Type: message/rfc822\n\n", 5000, false },
	{ "multiparts_in_multiparts_10000_MIME_19", "content-type: MULTIPART/mixed; boundary=a\n\n--a\n", 10000, false },
	{ "parts_100000_MIME_19", "--a\n", 100000, false },
	{ "fields_100000", "X: y\n", 100000, false },
};

static void check_heavy(void **state)
{
	const struct heavy *row = *state;
	struct arena *arena = arena_new();
	size_t len = strlen(row->piece);
	char *message = malloc(row->times * len + sizeof(HEAD "\nHello"));
	struct unpack unpack;

	assert_non_null(message);
	for (size_t i = 0; i < row->times; i++)
		memcpy(message + i * len, row->piece, len);
	memcpy(message + row->times * len, HEAD "\nHello", sizeof(HEAD "\nHello"));
	unpack = read_message(arena, message, strlen(message), (struct unpack){ .is_known = true });
	assert_int_equal(unpack.found[0] != '\0', row->is_read);
	free(message);
	arena_free(arena);
}

static void truncated_anywhere_MIME_27(void **state)
{
	static const char message[] = HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: =?utf-8?q?x?=\n"
		"Content-Transfer-Encoding: base64\n\nSGVsbG8=\n--b\nContent-Disposition: attachment; filename*0*=utf-8''a%2E; filename*1=exe\n"
		"Content-Transfer-Encoding: quoted-printable\n\n=48=\n=49\n--b--\n";

	(void)state;
	for (size_t len = 0; len < sizeof(message); len++) {
		struct arena *arena = arena_new();

		(void)read_message(arena, message, len, (struct unpack){ .is_known = true });
		arena_free(arena);
	}
}

int main(void)
{
	static struct rows rows;
	char problem[UNPACK_PROBLEM_MAX];

	if (gmime_prepare(problem) < 0 || gmime_prepare(problem) < 0)
		return 1;
	rows_add(&rows, readings, check_reading);
	rows_add(&rows, heavy_table, check_heavy);
	rows_add_one(&rows, "truncated_anywhere_MIME_27", truncated_anywhere_MIME_27, NULL);
	return rows_run(&rows, "gmime_reading");
}
