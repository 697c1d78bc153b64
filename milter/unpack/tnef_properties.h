/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tnef_properties.h - MAPI properties as TNEF has them (MS-OXTNEF 2.1.3.4). */
#ifndef OCTROI_UNPACK_TNEF_PROPERTIES_H
#define OCTROI_UNPACK_TNEF_PROPERTIES_H

#include <stdint.h>

#include "milter/base/arena.h"
#include "milter/base/str.h"

enum tnef_type { TNEF_OBJECT = 0x000d, TNEF_STRING = 0x001e, TNEF_UNICODE = 0x001f, TNEF_BINARY = 0x0102 };

struct tnef_property {
	uint16_t type, id;
	struct str value;	/* raw; of several values each comes by itself. Empty for numbers */
};

/* Calls read for each value of variable length. Returns false when they do not end where the bytes do: then a last one may be cut. */
bool tnef_properties_read(struct str bytes, void (*read)(void *arg, const struct tnef_property *property), void *arg);

/* A string without the NUL that ends it, UTF-16 as UTF-8. */
struct str tnef_text(struct arena *arena, const struct tnef_property *property);

/* The same in lower case. */
struct str tnef_media_type(struct arena *arena, const struct tnef_property *property);

#endif
