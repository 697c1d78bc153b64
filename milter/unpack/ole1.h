/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ole1.h - objects as they are embedded in documents: the packager's native data (MS-OLEDS 2.3.6), OLE 1.0 objects of RTF (2.2). */
#ifndef OCTROI_UNPACK_OLE1_H
#define OCTROI_UNPACK_OLE1_H

#include "milter/unpack/unpack.h"

/* A packaged file behind its flags (2 bytes): label, path, data. Shows it; returns false when it is no package. */
bool ole1_package(struct unpack *unpack, const struct item *item, struct str native);

/* What is at the start of an embedded object's data, or anywhere in it: shows a package, a compound file, or else the whole of it. */
void ole1_object(struct unpack *unpack, const struct item *item, struct str object);

#endif
