/* SPDX-License-Identifier: GPL-2.0-or-later */
/* encodings.h - transfer encodings as strict and as lenient programs decode them (RFC 2045 6.7, 6.8 and what is done in practice).
 *
 * Pure functions: out has room for in.len bytes (base64: 3/4 of it would do), the number of bytes written is returned. All are linear. Two readings
 * of clean input give the same bytes; the caller compares. */
#ifndef OCTROI_UNPACK_ENCODINGS_H
#define OCTROI_UNPACK_ENCODINGS_H

#include <stdbool.h>

#include "milter/base/str.h"

enum base64_reading {
	BASE64_SKIP_JUNK,	/* bytes outside the alphabet are passed over, also '=' : it goes on after it as if nothing was there */
	BASE64_STOP_AT_PAD,	/* everything after the first '=' that ends a quantum is left */
	BASE64_RESTART_AT_PAD,	/* at '=' the quantum ends and a new one begins: chunks with padding of their own */
	BASE64_BY_LINE,		/* each line is decoded by itself */
	BASE64_URL,		/* as SKIP_JUNK, '-' and '_' being 62 and 63 */
	BASE64_STOP_AT_JUNK,	/* everything after the first byte that is neither alphabet, '=' nor white space is left */
	BASE64_READINGS
};
/* out may be in.p. */
size_t base64_decode(enum base64_reading reading, struct str in, char *out);

/* Is every reading sure to give the same bytes: only the alphabet and white space, lines of whole quanta but the last, padding at the end alone? Then one
 * decoding is enough. Lines of another length (75, say) are legal and not clean, because BASE64_BY_LINE makes noise of them. */
bool base64_is_clean(struct str in);

enum qp_reading {
	QP_STRICT,		/* RFC 2045 6.7: what is no escape stays as it is; white space at the end of lines goes. CRLF and LF end a line. Digits may
				 * be in lower case: nobody leaves these as they are */
	QP_LENIENT,		/* "=" before white space and a line end, "=" at the end, CR alone as a line end; white space stays */
	QP_DROP,		/* as LENIENT, but a '=' that starts no escape goes, what follows it stays; NUL goes */
	QP_DROP_ONE,		/* ... the byte behind such a '=' goes too */
	QP_DROP_TWO,		/* ... the two bytes behind it: an escape that means nothing */
	QP_ANY_DIGIT,		/* as LENIENT, whatever follows '=' is taken for two digits, counted on from '0' and 'A' without a look; a CR or LF is none */
	QP_PRINTABLE,		/* as LENIENT, bytes that may not stand there (controls, 8 bits) go: RFC 2045 6.7 (4) allows it */
	QP_JOIN,		/* soft line breaks are taken away first, as LENIENT then: an escape may be broken in two */
	QP_READINGS
};
size_t qp_decode(enum qp_reading reading, struct str in, char *out);
bool qp_is_clean(struct str in);

/* What a Content-Transfer-Encoding value (any of the readings of a header) names. */
enum transfer_encoding { ENCODING_IDENTITY /* 7bit, 8bit, binary */, ENCODING_BASE64, ENCODING_QP, ENCODING_UUENCODE, ENCODING_YENC, ENCODING_BINHEX,
	ENCODING_UNKNOWN };

/* uuencode (POSIX; also "begin-base64"), yEnc, BinHex 4: each finds the next file in in at or after *position, moves *position behind it, and gives its
 * name (raw) and decoded bytes; returns false when there is no more. out has room for in.len - *position bytes; files found one after the other may be put
 * one behind the other into the same in.len bytes.
 * is_broken: no end, a wrong checksum or size, a line that is none or too short, a part of a file (yEnc) whose rest is not here. */
struct encoded_file {
	struct str name;	/* into in; BinHex: into out */
	size_t len;		/* bytes written to out */
	size_t start, end;	/* where it stood in in */
	bool is_broken;
	bool is_part, is_first, is_last;	/* yEnc: one of several parts of a file; it begins, it ends with it */
	size_t offset;		/* BinHex: where in out the len bytes of the data fork begin; else 0 */
	size_t resource_offset, resource_len;	/* BinHex: the resource fork; else 0 */
};
bool uuencode_next(struct str in, size_t *position, char *out, struct encoded_file *ret_file);
bool yenc_next(struct str in, size_t *position, char *out, struct encoded_file *ret_file);

/* BinHex has runs ("90 ff" stands for 254 bytes more), so out needs a size: what does not fit is left, and the file broken. binhex_room tells how
 * much the next file needs, 0 when there is none. */
size_t binhex_room(struct str in, size_t position);
bool binhex_next(struct str in, size_t *position, char *out, size_t out_size, struct encoded_file *ret_file);

/* The next run of what looks like base64 (at least min_chars of the alphabet, line ends and a little junk between) at or after *position, which is moved
 * behind it. Runs are of whole lines, or of one long word within a line of other things; a line that begins with "--" ends one. What base64_run_trim cuts
 * from the first line, all before its first long word, may be junk to pass over, or no part of it: "src='data:...;base64,AAAA". */
bool base64_run_next(struct str in, size_t min_chars, size_t *position, struct str *ret_run);
struct str base64_run_trim(struct str run);

#endif
