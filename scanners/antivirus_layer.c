/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the things that libclamav takes out of a message are scanned there just as they would be by themselves. */
#include <stdlib.h>
#include <string.h>

#include "scanners/antivirus_engine_internal.h"

/* The place of type among types, or -1. */
static int place_among(const char *type, const char *const *types, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (strcmp(type, types[i]) == 0)
			return (int)i;
	}
	return -1;
}

/* Parsers that write out what is in a message or an archive and have it scanned for whatever it is: a number for each, or -1. */
static int taker(const char *type)
{
	static const char *const types[] = {
		"CL_TYPE_MAIL", "CL_TYPE_ZIP", "CL_TYPE_OOXML_WORD", "CL_TYPE_OOXML_PPT", "CL_TYPE_OOXML_XL", "CL_TYPE_POSIX_TAR",
		"CL_TYPE_OLD_TAR", "CL_TYPE_GZ", "CL_TYPE_BZ", "CL_TYPE_XZ", "CL_TYPE_7Z",
	};

	return place_among(type, types, sizeof(types) / sizeof(types[0]));
}

/* A type that was found by looking at the bytes with the whole table of signatures: in a partition of a disk image libclamav looks for file systems
 * alone, and scans what else there is as unknown. */
static bool is_a_type_of_its_own(const char *type)
{
	static const char *const types[] = {
		"CL_TYPE_TEXT_ASCII", "CL_TYPE_TEXT_UTF8", "CL_TYPE_HTML", "CL_TYPE_PDF", "CL_TYPE_RTF", "CL_TYPE_PNG", "CL_TYPE_JPEG", "CL_TYPE_GIF",
		"CL_TYPE_TIFF", "CL_TYPE_GRAPHICS", "CL_TYPE_MSOLE2", "CL_TYPE_MAIL", "CL_TYPE_ZIP", "CL_TYPE_OOXML_WORD", "CL_TYPE_OOXML_PPT",
		"CL_TYPE_OOXML_XL", "CL_TYPE_POSIX_TAR", "CL_TYPE_GZ", "CL_TYPE_BZ", "CL_TYPE_XZ", "CL_TYPE_7Z", "CL_TYPE_MSEXE", "CL_TYPE_ELF",
	};

	return place_among(type, types, sizeof(types) / sizeof(types[0])) >= 0;
}

static bool is_text(const char *type)
{
	static const char *const types[] = { "CL_TYPE_TEXT_ASCII", "CL_TYPE_TEXT_UTF8", "CL_TYPE_HTML" };

	return place_among(type, types, sizeof(types) / sizeof(types[0])) >= 0;
}

static size_t without_cr(struct str text, char *ret_text)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] != '\r' || i + 1 == text.len || text.p[i + 1] != '\n')
			ret_text[len++] = text.p[i];
	}
	return len;
}

static bool digest_without_cr(struct str text, unsigned char ret_digest[DIGEST_SIZE])
{
	char *copy = malloc(text.len + 1);	/* never zero bytes */

	if (copy == NULL)
		return false;
	digest_of(copy, without_cr(text, copy), ret_digest);
	free(copy);
	return true;
}

bool antivirus_text_digest(struct str text, unsigned char ret_digest[DIGEST_SIZE])
{
	unsigned char tagged[DIGEST_SIZE + 1] = { 0 };	/* one byte more: never the digest of a file */

	while (text.len > 0 && (text.p[text.len - 1] == '\n' || text.p[text.len - 1] == '\r'))
		text.len--;
	if (memchr(text.p, '\r', text.len) == NULL)
		digest_of(text.p, text.len, tagged);
	else if (!digest_without_cr(text, tagged))
		return false;
	digest_of(tagged, sizeof(tagged), ret_digest);
	return true;
}

/* Written to a file (fd), unlike what is found in the midst of something else; not made by libclamav itself (attributes); and in nothing but messages
 * and archives. A layer that was entered without a word (an archive behind a picture) shows by its size. */
static bool is_file_of_its_own(const struct examination *examination, const struct layer *layer)
{
	if (layer->level == 0 || layer->fd < 0 || layer->attributes != LAYER_ATTRIBUTES_NONE || layer->data == NULL)
		return false;
	if (layer->parent_bytes != examination->layers[layer->level - 1].bytes || !is_a_type_of_its_own(layer->type))
		return false;
	for (uint32_t i = 0; i < layer->level; i++) {
		if (examination->layers[i].taker < 0)
			return false;
	}
	return true;
}

static void digests_write(const struct examination *examination, const struct layer *layer, struct examined_file *ret_file)
{
	unsigned char place[DIGEST_SIZE + EXAMINATION_LEVELS_MAX];

	digest_of(layer->data, layer->bytes, ret_file->digest);
	memcpy(place, ret_file->digest, DIGEST_SIZE);
	for (uint32_t i = 0; i < layer->level; i++)
		place[DIGEST_SIZE + i] = (unsigned char)examination->layers[i].taker;
	digest_of(place, DIGEST_SIZE + layer->level, ret_file->place);
	ret_file->is_text = is_text(layer->type) && antivirus_text_digest((struct str){ layer->data, layer->bytes }, ret_file->text);
}

/* What was noted may be a limit that ended the scan of some file half-way. */
static bool is_clean_so_far(const struct examination *examination)
{
	const char *text;

	return evidence_outcome(&examination->evidence, &text) == ANTIVIRUS_CLEAN && !examination->is_malformed;
}

bool antivirus_layer_is_known(struct examination *examination, const struct layer *layer)
{
	struct examined_file *file;
	const char *virus;

	if (layer->level >= EXAMINATION_LEVELS_MAX)
		return false;
	examination->layers[layer->level].taker = taker(layer->type);
	examination->layers[layer->level].bytes = layer->bytes;
	if (examination->files_len >= EXAMINATION_FILES_MAX || !is_file_of_its_own(examination, layer) || !is_clean_so_far(examination))
		return false;
	file = &examination->files[examination->files_len];
	digests_write(examination, layer, file);
	if (known_find(examination->antivirus->known, file->place, &virus) == KNOWN_CLEAN)
		return true;
	examination->files_len++;
	return false;
}
