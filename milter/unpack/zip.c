/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ZIP: the directory's view and that of the local headers, and what both do not show. */
#include <stdlib.h>

#include "milter/unpack/filetype.h"
#include "milter/unpack/handlers.h"
#include "milter/unpack/octets.h"
#include "milter/unpack/zip_internal.h"

#define SPANS_FIRST 32
#define EXTENSION_MAX 16

void zip_ambiguous(struct zip *zip, const char *why)
{
	if (zip->item->shown != NULL && zip->item->shown[0] != '\0')
		unpack_ambiguous(zip->unpack, AMBIGUITY_ZIP, "the archive %.40s %s", zip->item->shown, why);
	else
		unpack_ambiguous(zip->unpack, AMBIGUITY_ZIP, "an archive %s", why);
}

static void spans_end(struct zip *zip)
{
	unpack_give_unused(zip->unpack, zip->spans, zip->spans_size * sizeof(*zip->spans), 0);
}

bool zip_span_add(struct zip *zip, const struct zip_span *span)
{
	if (zip->spans_len == zip->spans_size) {
		size_t size = zip->spans_size == 0 ? SPANS_FIRST : 2 * zip->spans_size;
		struct zip_span *spans = unpack_take(zip->unpack, size * sizeof(*spans));

		if (spans == NULL) {
			zip->is_stopped = true;
			return false;
		}
		if (zip->spans_len > 0)
			memcpy(spans, zip->spans, zip->spans_len * sizeof(*spans));
		spans_end(zip);
		zip->spans = spans;
		zip->spans_size = size;
	}
	zip->spans[zip->spans_len++] = *span;
	return true;
}

static int compare_names(const void *a, const void *b)
{
	const struct zip_span *left = a, *right = b;

	return left->name_hash < right->name_hash ? -1 : left->name_hash > right->name_hash;
}

/* Text under a name that no system does anything with. */
static bool is_harmless(const struct content *content, struct str name)
{
	const char *dot = memrchr(name.p, '.', name.len);
	size_t len = dot == NULL ? 0 : name.len - (size_t)(dot + 1 - name.p);
	char extension[EXTENSION_MAX + 1] = "";
	enum filetype type;

	if (len > EXTENSION_MAX || !content_is_text(content))
		return false;
	for (size_t i = 0; i < len; i++)
		extension[i] = ascii_lower(dot[1 + i]);
	type = filetype_of_extension(extension);
	return type == FILETYPE_UNKNOWN || (filetype_groups(type) & FILEGROUP_TEXT) != 0;
}

/* The directory names two members alike: one of them is what a program would put in the place of the other. */
static bool is_twice(const struct zip *zip, const struct zip_span *a, const struct zip_span *b)
{
	struct zip_header first, second;

	if (a->central == ZIP_NOWHERE || b->central == ZIP_NOWHERE || a->central == b->central || a->name_hash != b->name_hash)
		return false;
	if (a->content == NULL || b->content == NULL || content_equal(a->content, b->content))
		return false;
	if (!zip_central_read(zip->bytes, a->central, &first) || !zip_central_read(zip->bytes, b->central, &second))
		return false;
	return str_equal(first.name, second.name) && !(is_harmless(a->content, first.name) && is_harmless(b->content, first.name));
}

static void names_check(struct zip *zip)
{
	if (zip->spans_len > 1)
		qsort(zip->spans, zip->spans_len, sizeof(*zip->spans), compare_names);
	for (size_t i = 1; i < zip->spans_len; i++) {
		if (is_twice(zip, &zip->spans[i - 1], &zip->spans[i]))
			zip_ambiguous(zip, "has two members of the same name");
	}
}

static bool is_zip(enum filetype type)
{
	return type == FILETYPE_ZIP || type == FILETYPE_OOXML || type == FILETYPE_UNKNOWN;
}

/* What kind of ZIP it is. When it begins as something else (a stub, a picture) it stays that as well. */
static void tell_kind(const struct zip *zip)
{
	enum filetype type = ooxml_type(&zip->ooxml), known = content_type(zip->item->content);

	for (enum mark mark = 0; mark < MARKS; mark++) {
		if ((zip->ooxml.marks & 1u << mark) != 0)
			unpack_mark(zip->unpack, zip->item, mark);
	}
	if (zip->members == 0)
		return;
	if (is_zip(known))
		unpack_retype(zip->unpack, zip->item, type);
	else
		unpack_also(zip->unpack, zip->item, type);
}

/* Whatever is named like a ZIP comes here; what is not known to be anything else is one that cannot be read. */
static void no_end(struct zip *zip)
{
	enum filetype type = content_type(zip->item->content);

	if (type != FILETYPE_ZIP && type != FILETYPE_UNKNOWN && zip->members == 0)
		return;
	if (zip->item->kind != ITEM_SALVAGED)
		unpack_mark(zip->unpack, zip->item, MARK_UNREADABLE);
	if (zip->members > 0)
		zip_ambiguous(zip, "has no directory");
}

static bool is_program(enum filetype type)
{
	return type != FILETYPE_JAR && type != FILETYPE_APK && type != FILETYPE_MSIX &&
	       (filetype_groups(type) & (FILEGROUP_PROGRAMS | FILEGROUP_SCRIPTS)) != 0;
}

/* What lies as it is in a ZIP, outside of what its directory claims, has been searched there. */
static bool is_searched(const struct item *item)
{
	const struct item *above = item->parent;

	if (above == NULL || content_type(above->content) != FILETYPE_ZIP || item->bytes.p < above->bytes.p ||
	    item->bytes.p >= above->bytes.p + above->bytes.len)
		return false;
	return item->kind == ITEM_SALVAGED || zip_end_find(above->bytes) == ZIP_NOWHERE;
}

void zip_unpack(struct unpack *unpack, const struct item *item)
{
	struct zip zip = { .unpack = unpack, .item = item, .bytes = item->bytes, .is_program = is_program(content_type(item->content)) };
	size_t end = zip_end_find(zip.bytes);

	if (end == ZIP_NOWHERE && is_searched(item))
		return;
	archive_budget_start(&zip.budget, unpack, zip.bytes.len);
	if (end != ZIP_NOWHERE)
		zip_end_follow(&zip, end);
	if (!zip.is_stopped)
		zip_layout_check(&zip);
	if (end == ZIP_NOWHERE)
		no_end(&zip);
	if (!zip.is_stopped)
		names_check(&zip);
	tell_kind(&zip);
	spans_end(&zip);
}
