/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pdf_filter.h - streams of a PDF, decoded (ISO 32000-1 7.4): FlateDecode, LZWDecode, ASCIIHexDecode, ASCII85Decode, RunLengthDecode and chains
 * of them. */
#ifndef OCTROI_UNPACK_PDF_FILTER_H
#define OCTROI_UNPACK_PDF_FILTER_H

#include "milter/unpack/unpack.h"

enum pdf_filter { PDF_FLATE, PDF_LZW, PDF_HEX, PDF_ASCII85, PDF_RUN_LENGTH, PDF_OTHER /* of pictures, or unknown */ };

#define PDF_FILTERS_MAX 8

struct pdf_filters {
	enum pdf_filter items[PDF_FILTERS_MAX];
	size_t len;
	unsigned predictor_columns;	/* of a predictor above 9; 0: none */
};

/* Decodes in with all filters up to the first PDF_OTHER. What could be decoded before an error is kept, as readers do. Returns false when memory
 * or the limits do not allow it (noted); *ret_taken of *ret_taken_size is to be given back, NULL when *ret_out is in itself. */
bool pdf_decode(struct unpack *unpack, const struct pdf_filters *filters, struct str in, struct str *ret_out, void **ret_taken, size_t *ret_taken_size);

#endif
