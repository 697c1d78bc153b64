/* SPDX-License-Identifier: GPL-2.0-or-later */
/* magic.h - libmagic's opinion on bytes that no signature of ours knows; asked last, because it is slow. */
#ifndef OCTROI_UNPACK_MAGIC_H
#define OCTROI_UNPACK_MAGIC_H

#include "milter/unpack/filetype.h"

/* FILETYPE_UNKNOWN when libmagic does not know either, or failed. Looks at the first 64 KiB. */
enum filetype magic_look(struct str bytes);

#endif
