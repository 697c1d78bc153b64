/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that a text carries in itself (RFC 1741, POSIX uuencode, yEnc), base64 without a structure around it, armour (RFC 9580 6). */
#include "milter/unpack/handlers.h"

#include "milter/unpack/encodings.h"
#include "milter/unpack/octets.h"
#include "milter/unpack/pgp.h"
#include "milter/unpack/suspect.h"

#define WORDS_MIN 512		/* characters of a run, and how many of them are looked at */
#define WORDS_LOOK_MAX 2048
#define WORDS_JUNK_EVERY 24
#define RUN_CHARS_MIN 88	/* EICAR, the shortest thing that anybody objects to, has 92; most tokens in URLs are shorter */
#define ARMOUR_HEADER_MAX 512	/* bytes from the line that begins an armour to its base64 */

struct finder {
	struct unpack *unpack;
	const struct item *item;
	char *out;		/* as much as the text, taken when there is something to decode */
	size_t out_size, used;
};

static bool has_room(struct finder *finder)
{
	if (finder->out == NULL) {
		finder->out = unpack_take(finder->unpack, finder->item->bytes.len);
		finder->out_size = finder->item->bytes.len;
	}
	return finder->out != NULL;
}

static const struct content *found(struct finder *finder, struct str bytes, struct str name, unsigned marks)
{
	struct item item = { .parent = finder->item, .kind = ITEM_EMBEDDED, .bytes = bytes, .names = &name, .names_len = name.len > 0,
			     .charset = finder->item->charset, .is_attachment = name.len > 0, .marks = marks };

	return unpack_found(finder->unpack, &item);
}

/* A program that is stricter, or more lenient, gets something else of a broken one. */
static void judge_broken(struct finder *finder, const struct content *content, const char *what)
{
	if (content != NULL && suspect_matters(content))
		unpack_ambiguous(finder->unpack, AMBIGUITY_TEXT_ENCODING, "a broken %s file in a text", what);
}

static void found_file(struct finder *finder, const struct encoded_file *file, const char *out, const char *what, bool is_certain)
{
	unsigned marks = file->is_broken && is_certain ? 1u << MARK_UNREADABLE : 0;
	const struct content *content = found(finder, (struct str){ out + file->offset, file->len }, file->name, marks);

	if (file->is_broken)
		judge_broken(finder, content, what);
	if (file->resource_len > 0)
		(void)found(finder, (struct str){ out + file->resource_offset, file->resource_len }, (struct str){ NULL, 0 }, 0);
}

/* Does a full line of 45 bytes come first? So does every file of more; sentences that begin with "begin 644" do not. */
static bool has_full_line(struct str in, const struct encoded_file *file)
{
	size_t line_end = octets_find(in, file->start, STR("\n"));

	return line_end != SIZE_MAX && line_end + 1 < in.len && in.p[line_end + 1] == 'M';
}

static void find_uuencode(struct finder *finder)
{
	struct str in = finder->item->bytes;
	struct encoded_file file;
	size_t position = 0;

	if (!octets_has(in, STR("begin")) || !has_room(finder))
		return;
	while (!unpack_stopped(finder->unpack) && uuencode_next(in, &position, finder->out, &file))
		found_file(finder, &file, finder->out, "uuencoded", has_full_line(in, &file));
}

/* Consecutive parts of one file stand one behind the other in out: from its first part to its last it is the file. */
struct yenc_join {
	size_t start;
	struct str name;
	bool is_whole;
};

static void yenc_part(struct finder *finder, struct yenc_join *join, const struct encoded_file *file)
{
	if (file->is_first || !str_equal(file->name, join->name))
		*join = (struct yenc_join){ .start = finder->used, .name = file->name, .is_whole = file->is_first };
	join->is_whole &= !file->is_broken;
	if (file->is_last && !file->is_first && finder->used > join->start)
		(void)found(finder, (struct str){ finder->out + join->start, finder->used + file->len - join->start }, join->name, 0);
	/* What the other parts are is known to whoever gets them: as with message/partial. */
	if (file->is_last && !join->is_whole)
		unpack_ambiguous(finder->unpack, AMBIGUITY_TEXT_ENCODING, "a part of a yEnc file without the others");
}

static void find_yenc(struct finder *finder)
{
	struct yenc_join join = { .name = { NULL, 0 } };
	struct str in = finder->item->bytes;
	struct encoded_file file;
	bool is_open = false;
	size_t position = 0;

	if (!octets_has(in, STR("=ybegin ")) || !has_room(finder))
		return;
	while (!unpack_stopped(finder->unpack) && yenc_next(in, &position, finder->out + finder->used, &file)) {
		found_file(finder, &file, finder->out + finder->used, "yEnc", true);
		if (file.is_part)
			yenc_part(finder, &join, &file);
		is_open = file.is_part && !file.is_last;
		finder->used += file.len;
	}
	if (is_open)
		unpack_ambiguous(finder->unpack, AMBIGUITY_TEXT_ENCODING, "a part of a yEnc file without the others");
	finder->used = 0;
}

static void find_binhex(struct finder *finder)
{
	struct str in = finder->item->bytes;
	struct encoded_file file;
	size_t position = 0, room;

	while (!unpack_stopped(finder->unpack) && (room = binhex_room(in, position)) > 0) {
		char *out = unpack_take(finder->unpack, room);
		bool is_there = out != NULL && binhex_next(in, &position, out, room, &file);

		if (is_there)
			found_file(finder, &file, out, "BinHex", true);
		unpack_give_unused(finder->unpack, out, room, is_there ? file.len + file.resource_len : 0);
		if (!is_there)
			return;
	}
}

/* What stands before the base64 of a data: URL; in HTML these are looked into by html.c. */
static bool is_data_url(const struct finder *finder, struct str run)
{
	size_t at = (size_t)(run.p - finder->item->bytes.p);

	return content_type(finder->item->content) == FILETYPE_HTML && at >= 7 && octets_spell(finder->item->bytes, at - 7, STR("base64,"));
}

/* Keys, certificates and signatures are noise of any length; what programs make of their armour (certutil -decode) may be anything. */
static bool is_armoured(struct str in, struct str run)
{
	size_t at = (size_t)(run.p - in.p), from = at > ARMOUR_HEADER_MAX ? at - ARMOUR_HEADER_MAX : 0;
	struct str before = octets_sub(in, from, at - from);
	const char *begin = NULL;

	for (size_t found = 0; (found = octets_find(before, found, STR("-----BEGIN "))) != SIZE_MAX; found++)
		begin = before.p + found;
	return begin != NULL && !octets_has((struct str){ begin, (size_t)(run.p - begin) }, STR("-----END "));
}

/* Tables and lists have runs of words between their commas. Base64 with that much junk decodes for nobody who has not been told what it is, and a part
 * that says so is decoded by the readings of its header. */
static bool is_mere_words(struct str run)
{
	size_t looked_at = run.len < WORDS_LOOK_MAX ? run.len : WORDS_LOOK_MAX, junk = 0;

	if (run.len < WORDS_MIN)
		return false;
	for (size_t i = 0; i < looked_at; i++)
		junk += !ascii_is_alnum(run.p[i]) && !ascii_is_space(run.p[i]) && strchr("+/=-_", run.p[i]) == NULL;
	return junk > looked_at / WORDS_JUNK_EVERY;
}

static void find_base64(struct finder *finder)
{
	struct str in = finder->item->bytes, run;
	size_t position = 0;

	while (!unpack_stopped(finder->unpack) && base64_run_next(in, RUN_CHARS_MIN, &position, &run)) {
		if (!is_data_url(finder, run) && !is_mere_words(run))
			suspect_base64(finder->unpack, finder->item, ITEM_EMBEDDED, run, is_armoured(in, run) ? SUSPECT_NO_NOISE : SUSPECT_NOISE);
	}
}

void text_unpack(struct unpack *unpack, const struct item *item)
{
	struct finder finder = { .unpack = unpack, .item = item };

	find_uuencode(&finder);
	find_yenc(&finder);
	find_binhex(&finder);
	unpack_give_unused(unpack, finder.out, finder.out_size, 0);
	pgp_look(unpack, item);
	find_base64(&finder);
}
