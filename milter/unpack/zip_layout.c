/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies between the members: every byte of a sound archive is claimed once, and no record is left over. */
#include <stdlib.h>

#include "milter/unpack/octets.h"
#include "milter/unpack/zip_internal.h"

#define SIGNATURE_BYTES 4
#define SALVAGE_BYTES 8		/* less is not worth a look of its own */

static int compare_starts(const void *a, const void *b)
{
	const struct zip_span *left = a, *right = b;

	return left->start < right->start ? -1 : left->start > right->start;
}

/* Programs have the signatures in their code: there, a header must look like one. */
static bool is_plausible(const struct zip *zip, const struct zip_header *local)
{
	bool is_known = local->method <= ZIP_LZMA || (local->method >= 16 && local->method <= 20) || (local->method >= 92 && local->method <= ZIP_AES);

	if (!is_known || !zip->is_program)
		return is_known;
	for (size_t i = 0; i < local->name.len; i++) {
		if (ascii_is_control(local->name.p[i]))
			return false;
	}
	return local->name.len > 0;
}

static void found_local(struct zip *zip, size_t at)
{
	struct zip_header local;

	if (!zip_local_read(zip->bytes, at, &local) || !is_plausible(zip, &local))
		return;
	zip_ambiguous(zip, "has a member that its directory does not name");
	zip_member_unpack_local(zip, &local);
}

static void found_central(struct zip *zip, size_t at)
{
	struct zip_header central;

	if (zip_in_directory(zip, at) || !zip_central_read(zip->bytes, at, &central) || !is_plausible(zip, &central))
		return;
	zip_ambiguous(zip, "has entries that are in no directory");
	zip_member_unpack(zip, &central, 0);
}

static void found_end(struct zip *zip, size_t at)
{
	struct zip_end end;

	for (size_t i = 0; i < zip->ends_len; i++) {
		if (zip->ends[i] == at)
			return;
	}
	if (!zip_end_read(zip->bytes, at, &end))
		return;
	if (zip->is_program && (end.directory_bytes > zip->bytes.len || end.directory_offset > zip->bytes.len))
		return;
	zip_ambiguous(zip, "has two ends");
	zip_end_follow(zip, at);
}

static void found_record(struct zip *zip, size_t at)
{
	if (octets_match(zip->bytes, at + 2, STR("\3\4")))
		found_local(zip, at);
	else if (octets_match(zip->bytes, at + 2, STR("\1\2")))
		found_central(zip, at);
	else if (octets_match(zip->bytes, at + 2, STR("\5\6")))
		found_end(zip, at);
	else if (octets_match(zip->bytes, at + 2, STR("\6\10")) && !zip->is_program)	/* APPNOTE 4.3.11: before an encrypted directory */
		unpack_mark(zip->unpack, zip->item, MARK_ENCRYPTED);
}

static void search(struct zip *zip, size_t start, size_t end)
{
	struct str range = octets_sub(zip->bytes, 0, end);

	for (size_t at = start; !zip->is_stopped && (at = octets_find(range, at, STR("PK"))) != ZIP_NOWHERE; at++)
		found_record(zip, at);
}

static bool is_blank(struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.p[i] != '\0' && !ascii_is_space(bytes.p[i]))
			return false;
	}
	return true;
}

/* Before the directory of an Android package, signatures of the whole. */
static bool is_signing_block(const struct zip *zip, struct str gap, size_t end)
{
	return gap.len >= 32 && zip_in_directory(zip, end) && octets_match(gap, gap.len - 16, STR("APK Sig Block 42")) &&
	       octets_le64(gap, 0) == gap.len - 8 && octets_le64(gap, gap.len - 24) == gap.len - 8;
}

/* What may stand between members without being anything. */
static bool is_innocent(const struct zip *zip, size_t start, size_t end)
{
	struct str gap = octets_sub(zip->bytes, start, end - start);

	/* A signature of its own: of volumes that are one after all, of Java modules. */
	if (start == 0 && (zip->is_program || end <= SIGNATURE_BYTES))
		return true;
	/* A descriptor that says other things than the directory. */
	if (gap.len >= 12 && gap.len <= 24 && octets_match(gap, 0, STR("PK\7\10")))
		return true;
	return is_blank(gap) || is_signing_block(zip, gap, end);
}

static void gap_look(struct zip *zip, size_t start, size_t end)
{
	struct str gap = octets_sub(zip->bytes, start, end - start);
	bool is_all = gap.len == zip->bytes.len;

	if (gap.len == 0 || zip->is_stopped)
		return;
	if (!is_innocent(zip, start, end)) {
		if (!is_all)
			zip_ambiguous(zip, end == zip->bytes.len ? "has something behind its end" :
				      start == 0 ? "has something in front of it" : "has something between its members");
		if (!is_all && gap.len >= SALVAGE_BYTES)
			(void)unpack_found(zip->unpack, &(struct item){ .parent = zip->item, .kind = ITEM_SALVAGED, .bytes = gap });
	}
	search(zip, start, end);
}

static void span_look(struct zip *zip, const struct zip_span *span, size_t claimed)
{
	if (span->start < claimed)
		zip_ambiguous(zip, "has members that overlap");
	search(zip, span->start + SIGNATURE_BYTES, span->data);
	search(zip, span->data_end, span->end);
}

/* Spans that the search adds come behind spans_len of the beginning: they were found in what is searched anyhow. */
void zip_layout_check(struct zip *zip)
{
	size_t claimed = 0, len = zip->spans_len;

	if (len > 1)
		qsort(zip->spans, len, sizeof(*zip->spans), compare_starts);
	for (size_t i = 0; i < len && !zip->is_stopped; i++) {
		struct zip_span span = zip->spans[i];	/* the array may move */

		if (span.start > claimed)
			gap_look(zip, claimed, span.start);
		span_look(zip, &span, claimed);
		if (span.end > claimed)
			claimed = span.end;
	}
	gap_look(zip, claimed, zip->bytes.len);
}
