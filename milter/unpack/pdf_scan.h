/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pdf_scan.h - the words of a PDF one after the other, without trust in its cross-reference table: that is how readers repair broken ones, and
 * what an attacker hides from the table's readers is found, too. */
#ifndef OCTROI_UNPACK_PDF_SCAN_H
#define OCTROI_UNPACK_PDF_SCAN_H

#include "milter/unpack/pdf_filter.h"

#define PDF_NAME_MAX 31

/* What a dictionary in front of a stream says of it. */
struct pdf_stream {
	struct str data;
	struct pdf_filters filters;
	unsigned long object;		/* its number */
	bool is_objects;		/* ObjStm: further objects are in it */
	bool is_file;			/* EmbeddedFile */
	bool is_other;			/* a picture, a font, metadata, a table of objects */
	bool is_within;			/* the data of another, as it seems */
};

/* Called for each name (escapes of the form #xx resolved) with the place behind it, for each dictionary's "<<" and ">>" (name "<" and ">"), and for
 * each stream. Any may be NULL. */
struct pdf_visitor {
	void (*name)(void *arg, const char *name, struct str text, size_t behind);
	void (*bracket)(void *arg, bool opens);
	void (*stream)(void *arg, const struct pdf_stream *stream);
	void *arg;
};

/* Linear. */
void pdf_scan(struct str text, const struct pdf_visitor *visitor);

/* Reads the name at at, which is a '/'; returns the place behind it. A longer one is cut. */
size_t pdf_name(struct str text, size_t at, char name[PDF_NAME_MAX + 1]);

size_t pdf_skip_blank(struct str text, size_t at);

/* The number at at, moved behind it; false when there is none. */
bool pdf_number(struct str text, size_t *at, unsigned long *ret_number);

/* Reads "12 0 R" at at. */
bool pdf_reference(struct str text, size_t at, unsigned long *ret_object);

/* Reads a string "(...)" or "<...>" at at as bytes; from UTF-16 it becomes UTF-8. Returns its length, 0 when there is none. */
size_t pdf_string(struct str text, size_t at, char *out, size_t out_size);

#endif
