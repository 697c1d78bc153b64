/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "milter/unpack/handlers.h"
#include "milter/unpack/octets.h"
#include "milter/unpack/pdf_scan.h"

#define FILES_MAX 64
#define FILE_NAME_MAX 256
#define ACTION_LOOKED_AT 512	/* bytes of an action's dictionary */
#define STREAMS_MAX 100000U	/* that are decoded */
#define STREAMS_WITHIN_MAX 32U
#define ACTIONS_MAX 8		/* objects that are looked up because the document opens with them */

/* A file specification (7.11.3): the name of an embedded file and the stream that has it. */
struct file {
	char name[FILE_NAME_MAX];
	size_t name_len;
	unsigned long object;
};

struct pdf {
	struct unpack *unpack;
	const struct item *item;
	bool has_files;
	struct file files[FILES_MAX];
	size_t files_len;
	struct file current;		/* of the dictionary that is being read */
	unsigned depth;			/* of dictionaries */
	const char *string_text;	/* the text with the last name, and where that ends at the earliest: none begins in it */
	size_t string_end;
	unsigned long actions[ACTIONS_MAX];
	size_t actions_len;
	unsigned streams, within;
	bool acts;			/* something in it is an action that is more than going to a page */
};

static const struct {
	const char *name;
	enum mark mark;
	bool is_action;
} words[] = {
	{ "JS", MARK_SCRIPT, true }, { "JavaScript", MARK_SCRIPT, true }, { "XFA", MARK_SCRIPT, false }, { "Launch", MARK_LAUNCH, true },
	{ "RichMedia", MARK_OBJECT, false }, { "GoToR", MARK_EXTERNAL, true }, { "GoToE", MARK_EXTERNAL, true }, { "SubmitForm", MARK_EXTERNAL, true },
	{ "ImportData", MARK_EXTERNAL, true }, { "Encrypt", MARK_ENCRYPTED, false },
};

/* Is the action in this dictionary more than a place in the document? */
static bool is_more_than_going(struct str dictionary)
{
	size_t at = 0, end = octets_find(dictionary, 0, STR("endobj"));
	char name[PDF_NAME_MAX + 1];

	dictionary = octets_sub(dictionary, 0, end);
	while ((at = octets_find(dictionary, at, STR("/"))) != (size_t)-1) {
		at = pdf_name(dictionary, at, name);
		if (strcmp(name, "S") != 0)
			continue;
		at = pdf_skip_blank(dictionary, at);
		if (octets_u8(dictionary, at) != '/')
			continue;
		(void)pdf_name(dictionary, at, name);
		return strcmp(name, "GoTo") != 0 && strcmp(name, "Named") != 0;
	}
	return false;
}

static void open_action(struct pdf *pdf, struct str text, size_t behind)
{
	size_t at = pdf_skip_blank(text, behind);
	unsigned long object;

	if (octets_match(text, at, STR("<<"))) {
		if (is_more_than_going(octets_sub(text, at, ACTION_LOOKED_AT)))
			unpack_mark(pdf->unpack, pdf->item, MARK_LAUNCH);
	} else if (pdf_reference(text, at, &object) && pdf->actions_len < ACTIONS_MAX) {
		pdf->actions[pdf->actions_len++] = object;
	}
}

static void file_end(struct pdf *pdf)
{
	if (pdf->current.object != 0 && pdf->files_len < FILES_MAX)
		pdf->files[pdf->files_len++] = pdf->current;
	pdf->current.object = 0;
	pdf->current.name_len = 0;
}

/* A name counts when it is a string; the same word names a stream within EF. */
static void file_word(struct pdf *pdf, const char *name, struct str text, size_t behind)
{
	unsigned long object;

	if (strcmp(name, "EF") == 0) {
		pdf->has_files = true;
	} else if (strcmp(name, "F") == 0 || strcmp(name, "UF") == 0) {
		char read[FILE_NAME_MAX];
		size_t len = text.p == pdf->string_text && behind < pdf->string_end ? 0 : pdf_string(text, behind, read, sizeof(read));

		pdf->string_text = text.p;
		if (len > 0) {
			pdf->string_end = behind + len;
			memcpy(pdf->current.name, read, len);
			pdf->current.name_len = len;
		} else if (pdf_reference(text, behind, &object)) {
			pdf->current.object = object;
		}
	}
}

static void name_seen(void *arg, const char *name, struct str text, size_t behind)
{
	struct pdf *pdf = arg;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(name, words[i].name) == 0) {
			unpack_mark(pdf->unpack, pdf->item, words[i].mark);
			pdf->acts |= words[i].is_action;
		}
	}
	if (strcmp(name, "OpenAction") == 0)
		open_action(pdf, text, behind);
	else if (name[0] == 'E' || name[0] == 'F' || name[0] == 'U')
		file_word(pdf, name, text, behind);
}

static void bracket_seen(void *arg, bool opens)
{
	struct pdf *pdf = arg;

	if (opens)
		pdf->depth++;
	else if (pdf->depth > 0 && --pdf->depth == 0)
		file_end(pdf);
}

/* Streams that seem to be within others are decoded a few times only: each could be as long as the file. Without a filter they have been read as
 * part of the outer one. */
static bool may_decode(struct pdf *pdf, const struct pdf_stream *stream)
{
	if (unpack_stopped(pdf->unpack) || (stream->is_within && stream->filters.len == 0))
		return false;
	if (++pdf->streams <= STREAMS_MAX && (!stream->is_within || ++pdf->within <= STREAMS_WITHIN_MAX))
		return true;
	unpack_limit(pdf->unpack, UNPACK_MEMBERS, "a PDF with too many streams");
	return false;
}

static void objects_seen(struct pdf *pdf, const struct pdf_stream *stream)
{
	const struct pdf_visitor visitor = { .name = name_seen, .bracket = bracket_seen, .arg = pdf };
	struct str objects;
	void *taken;
	size_t taken_size;

	if (!pdf_decode(pdf->unpack, &stream->filters, stream->data, &objects, &taken, &taken_size))
		return;
	pdf->depth = 0;
	pdf_scan(objects, &visitor);
	pdf->depth = 0;
	if (taken != NULL)
		unpack_give_unused(pdf->unpack, taken, taken_size, objects.len);
}

static void stream_seen(void *arg, const struct pdf_stream *stream)
{
	struct pdf *pdf = arg;

	/* nothing behind an object's stream belongs to the dictionary before it */
	pdf->depth = 0;
	file_end(pdf);
	pdf->has_files |= stream->is_file;
	if (stream->is_objects && may_decode(pdf, stream))
		objects_seen(pdf, stream);
}

/* --- embedded files --- */

static const struct file *file_of(const struct pdf *pdf, unsigned long object)
{
	for (size_t i = 0; i < pdf->files_len; i++) {
		if (pdf->files[i].object == object)
			return &pdf->files[i];
	}
	return NULL;
}

/* Invoices carry themselves as XML, and papers their data: that is no reason to call a document active. */
static bool is_harmless(enum filetype type)
{
	unsigned groups = filetype_groups(type);

	return (groups & (FILEGROUP_TEXT | FILEGROUP_IMAGES | FILEGROUP_MEDIA)) != 0 || type == FILETYPE_PDF || type == FILETYPE_EMPTY;
}

static void file_show(struct pdf *pdf, const struct file *file, struct str bytes)
{
	struct item inner = { .parent = pdf->item, .kind = ITEM_EMBEDDED, .bytes = bytes, .is_attachment = true };
	struct str name = { file == NULL ? NULL : file->name, file == NULL ? 0 : file->name_len };
	const struct content *content;

	inner.names = &name;
	inner.names_len = name.len > 0;
	content = unpack_found(pdf->unpack, &inner);
	if (content != NULL && !is_harmless(content_type(content)))
		unpack_mark(pdf->unpack, pdf->item, MARK_OBJECT);
}

/* What its dictionary calls a file, or a specification refers to; the type of a stream is optional, so others are shown when they are plainly files. */
static bool is_plainly_file(struct str bytes)
{
	struct filetype_set also;
	enum filetype type = filetype_sniff(bytes, &also);

	return (filetype_groups(type) & (FILEGROUP_PROGRAMS | FILEGROUP_SCRIPTS | FILEGROUP_SHORTCUTS | FILEGROUP_DISK_IMAGES | FILEGROUP_ARCHIVES)) != 0 ||
		((filetype_groups(type) & FILEGROUP_DOCUMENTS) != 0 && (filetype_groups(type) & FILEGROUP_TEXT) == 0);
}

static void file_stream(void *arg, const struct pdf_stream *stream)
{
	struct pdf *pdf = arg;
	const struct file *file = file_of(pdf, stream->object);
	bool is_file = stream->is_file || file != NULL;
	struct str bytes;
	void *taken;
	size_t taken_size;

	if ((!is_file && (stream->is_other || stream->is_objects || stream->is_within)) || !may_decode(pdf, stream))
		return;
	if (!pdf_decode(pdf->unpack, &stream->filters, stream->data, &bytes, &taken, &taken_size))
		return;
	if (is_file || is_plainly_file(bytes))
		file_show(pdf, file, bytes);
	if (taken != NULL)
		unpack_give_unused(pdf->unpack, taken, taken_size, bytes.len);
}

static void open_actions_follow(struct pdf *pdf)
{
	struct str text = pdf->item->bytes;

	for (size_t i = 0; i < pdf->actions_len; i++) {
		char word[32];
		int len = snprintf(word, sizeof(word), "%lu 0 obj", pdf->actions[i]);
		size_t at = octets_find(text, 0, (struct str){ word, (size_t)len });

		/* in a stream of objects it is not found by its number: then any action that there is may be it */
		if (at == (size_t)-1 ? pdf->acts : is_more_than_going(octets_sub(text, at, ACTION_LOOKED_AT)))
			unpack_mark(pdf->unpack, pdf->item, MARK_LAUNCH);
	}
}

static bool is_pdf(struct str bytes)
{
	struct str head = octets_sub(bytes, 0, 2048);

	return octets_has(head, STR("%PDF-")) || octets_has(head, STR("%FDF-")) || octets_has(head, STR("%!PS-Adobe"));
}

void pdf_unpack(struct unpack *unpack, const struct item *item)
{
	struct pdf *pdf;
	struct pdf_visitor visitor = { .name = name_seen, .bracket = bracket_seen, .stream = stream_seen };

	if (!is_pdf(item->bytes) || (pdf = unpack_take(unpack, sizeof(*pdf))) == NULL)
		return;
	memset(pdf, 0, sizeof(*pdf));
	pdf->unpack = unpack;
	pdf->item = item;
	visitor.arg = pdf;
	pdf_scan(item->bytes, &visitor);
	open_actions_follow(pdf);
	if (pdf->has_files)
		pdf_scan(item->bytes, &(struct pdf_visitor){ .stream = file_stream, .arg = pdf });
	unpack_give(unpack, pdf, sizeof(*pdf));
}
