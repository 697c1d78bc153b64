/* SPDX-License-Identifier: GPL-2.0-or-later */
/* archive_reader.h - archives member by member, by libarchive: one format at a time, nothing is guessed, no file is touched. */
#ifndef OCTROI_UNPACK_ARCHIVE_READER_H
#define OCTROI_UNPACK_ARCHIVE_READER_H

#include "milter/unpack/archive_output.h"

struct archive_reader;

struct archive_member {
	struct str name;		/* UTF-8 or as it stood; until the next call */
	uint64_t size_bytes;		/* 0 when it is not said */
	struct str link;		/* where a symbolic link leads, likewise; what else may have been its bytes is lost */
	bool is_link, is_directory;	/* symbolic; else there may be bytes, whatever it says it is */
	bool is_encrypted;
};

enum archive_next {
	ARCHIVE_NEXT_MEMBER,
	ARCHIVE_NEXT_END,
	ARCHIVE_NEXT_BROKEN,	/* this member cannot be read, the next may */
	ARCHIVE_NEXT_FAILED,	/* nothing more can be read */
};
enum archive_read {
	ARCHIVE_READ_END,	/* the whole member */
	ARCHIVE_READ_CUT,	/* no more room in output; it has been noted */
	ARCHIVE_READ_BROKEN,
};

/* Is there a reader for this type: an archive, or a single compressed stream (which has one member without a name)? */
bool archive_reader_knows(enum filetype type);

/* The readings of an ISO 9660 image, which has up to three trees of names. */
enum archive_view { ARCHIVE_VIEW_ALL, ARCHIVE_VIEW_ROCK_RIDGE, ARCHIVE_VIEW_PLAIN, ARCHIVE_VIEWS };

/* bytes must live as long as the reader. view: ARCHIVE_VIEW_ALL but for images. NULL: cannot even be opened,
 * and *ret_encrypted says whether that is for want of a password. */
struct archive_reader *archive_reader_open(enum filetype type, struct str bytes, enum archive_view view, bool *ret_encrypted);

/* The data of a member of a ZIP in a method that zlib does not know; NULL when libarchive does not know it either. */
struct archive_reader *archive_reader_open_zipped(unsigned method, struct str data, uint64_t size_bytes, uint32_t crc);

enum archive_next archive_reader_next(struct archive_reader *reader, struct archive_member *ret_member);

/* Appends the data of the member to output. */
enum archive_read archive_reader_read(struct archive_reader *reader, struct archive_output *output);

/* Something in it (as far as it was read) is encrypted. */
bool archive_reader_is_encrypted(const struct archive_reader *reader);

/* It failed for want of memory: a dictionary that is too large. */
bool archive_reader_is_out_of_memory(const struct archive_reader *reader);

/* Bytes of the archive that were needed so far: after the end, what follows is not part of it. */
size_t archive_reader_used(const struct archive_reader *reader, bool is_stream);

void archive_reader_close(struct archive_reader *reader);

#endif
