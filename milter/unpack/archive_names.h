/* SPDX-License-Identifier: GPL-2.0-or-later */
/* archive_names.h - what a compressed file is called when it is unpacked. */
#ifndef OCTROI_UNPACK_ARCHIVE_NAMES_H
#define OCTROI_UNPACK_ARCHIVE_NAMES_H

#include "milter/base/arena.h"
#include "milter/base/str.h"

/* "x.gz" gives "x", "x.tgz" "x.tar", "x.svgz" "x.svg". Returns false when the name has no such ending. */
bool archive_name_inside(struct arena *arena, struct str name, struct str *ret_name);

#endif
