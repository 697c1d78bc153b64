/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filetype_internal.h - the parts that filetype_sniff is made of. Each returns FILETYPE_UNKNOWN when it knows nothing. */
#ifndef OCTROI_UNPACK_FILETYPE_INTERNAL_H
#define OCTROI_UNPACK_FILETYPE_INTERNAL_H

#include "milter/unpack/filetype.h"
#include "milter/unpack/octets.h"

#define FILETYPE_WINDOW 65536		/* how much of each end is looked at */

/* filetype_signature.c: fixed bytes at fixed places. */
enum filetype filetype_signature(struct str bytes);

/* filetype_binary.c: headers that must agree with themselves. */
enum filetype filetype_binary(struct str bytes);
bool filetype_is_program(struct str bytes);	/* MZ with PE, NE, LE, LX, or a DOS header that makes sense */
bool filetype_is_pe(struct str bytes);		/* MZ and PE, NE, LE or LX */
bool filetype_is_tar(struct str bytes);

/* filetype_disk.c: images of disks; what they hold before their first structure may be another type. */
enum filetype filetype_disk(struct str bytes);	/* ISO, UDF, by their volume descriptors; VHD and DMG by their last sector */
enum filetype filetype_boot(struct str bytes);	/* boot sectors, partition tables, file systems without one */

/* filetype_zip.c: the position of an end record whose directory is where it should be, or -1. ret_to_end: its comment ends where the bytes end. */
size_t filetype_zip_end(struct str bytes, bool *ret_to_end);

/* filetype_text.c: is it text in some charset; what its first words say. */
bool filetype_is_text(struct str bytes);
enum filetype filetype_words(struct str text);

/* The first 4 KiB in ASCII without a BOM, from UTF-8, UTF-16 or UTF-32; other characters as '?'. Returns what is in room, or bytes themselves. */
#define FILETYPE_NARROW 4096
struct str filetype_narrow(struct str bytes, char room[FILETYPE_NARROW]);

/* filetype_markup.c: text that begins with markup or has some. HTML that stands further behind goes into ret_also. */
enum filetype filetype_markup(struct str text, struct filetype_set *ret_also);
bool filetype_has_script(struct str bytes);	/* <script, <html, <hta: and the like in the first window, whatever stands around it */
bool filetype_has_hta(struct str bytes);

#endif
