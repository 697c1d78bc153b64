/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ole2_internal.h - what ole2.c asks of the readers of single kinds of streams. */
#ifndef OCTROI_UNPACK_OLE2_INTERNAL_H
#define OCTROI_UNPACK_OLE2_INTERNAL_H

#include "milter/unpack/ole2_file.h"

void ole2_word(struct ole2_file *file, const struct item *item, const struct ole2_entry *entry);	/* MS-DOC: encryption, DDE fields */
void ole2_excel(struct ole2_file *file, const struct item *item, const struct ole2_entry *entry);	/* MS-XLS: encryption, macro sheets, DDE */
void ole2_powerpoint(struct ole2_file *file, const struct item *item, const struct ole2_entry *entry);	/* MS-PPT: objects, macros */
void ole2_property(struct ole2_file *file, const struct item *item, const struct ole2_entry *entry);	/* MS-OXMSG: bodies, attachments */

#endif
