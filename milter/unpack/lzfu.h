/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lzfu.h - compressed RTF of mail from Outlook (MS-OXRTFCP). */
#ifndef OCTROI_UNPACK_LZFU_H
#define OCTROI_UNPACK_LZFU_H

#include "milter/base/str.h"

/* An upper bound of what comes out: at most 136 bytes of 17, and no more than the header says; 0 when it is none. */
size_t lzfu_room(struct str in);

/* Decompresses into out, which has lzfu_room(in) bytes; returns how many were written. *ret_whole: no error, as many as the header says. */
size_t lzfu_decode(struct str in, char *out, size_t out_size, bool *ret_whole);

#endif
