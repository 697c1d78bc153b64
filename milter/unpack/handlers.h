/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handlers.h - those who look into things (unpack.h); each file has one, the table in handlers.c says who is asked about what. */
#ifndef OCTROI_UNPACK_HANDLERS_H
#define OCTROI_UNPACK_HANDLERS_H

#include "milter/unpack/unpack.h"

typedef void unpack_handler(struct unpack *unpack, const struct item *item);

unpack_handler mime_unpack;		/* a message or MHTML: its entities in every reading (mime.c) */
unpack_handler gmime_unpack;		/* the same as GMime reads it (gmime_reading.c) */
unpack_handler text_unpack;		/* text: uuencode, yEnc, BinHex, runs of base64, armour (text.c) */
unpack_handler salvage_unpack;		/* the message as a mere sequence of bytes: what no structure shows (salvage.c) */
unpack_handler tnef_unpack;		/* tnef.c */
unpack_handler smime_unpack;		/* PKCS#7 signed data: what was signed (smime.c) */
unpack_handler appledouble_unpack;	/* appledouble.c */
unpack_handler calendar_unpack;		/* iCalendar and vCard: inline ATTACH, PHOTO and the like (calendar.c) */
unpack_handler zip_unpack;		/* both views of a ZIP, and what kind of ZIP it is (zip.c) */
unpack_handler archive_unpack;		/* everything that libarchive reads (archive.c) */
unpack_handler compressed_unpack;	/* a single compressed stream: gzip, bzip2, xz ... (archive.c) */
unpack_handler ole2_unpack;		/* ole2.c: its kind, macros, objects, encryption, attachments of .msg */
unpack_handler pdf_unpack;		/* pdf.c */
unpack_handler html_unpack;		/* html.c: smuggling, data: URLs; and SVG */
unpack_handler svg_unpack;
unpack_handler xml_unpack;		/* flat OOXML, Word 2003 XML with macros, XML that is SVG or HTML after all */
unpack_handler rtf_unpack;		/* rtf.c */
unpack_handler onenote_unpack;		/* onenote.c: embedded files */
unpack_handler links_unpack;		/* hosts of URLs in text and HTML (links.c) */
unpack_handler appended_unpack;		/* programs and archives that begin or end somewhere else than the file (appended.c) */

#endif
