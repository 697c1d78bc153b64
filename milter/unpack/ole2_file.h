/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ole2_file.h - streams of a compound file (MS-CFB), read without trust: chains that loop or leave the file end there. */
#ifndef OCTROI_UNPACK_OLE2_FILE_H
#define OCTROI_UNPACK_OLE2_FILE_H

#include "milter/unpack/unpack.h"

#define OLE2_NAME_MAX 32	/* characters of UTF-16 */
#define OLE2_NONE UINT32_MAX

enum ole2_kind { OLE2_UNUSED, OLE2_STORAGE = 1, OLE2_STREAM = 2, OLE2_ROOT = 5 };

struct ole2_entry {
	char name[OLE2_NAME_MAX + 1];	/* as ASCII; other characters are '?', controls stay */
	const char *clsid;		/* 16 bytes of the file */
	uint32_t left, right, child;	/* places of other entries, as the file has them */
	uint32_t parent;		/* the storage it stands in, OLE2_NONE of the root and of what no storage lists */
	uint32_t inside, beside;	/* the first entry of a storage, the next one of the same storage: lists that parents make */
	uint32_t start;			/* first sector */
	uint64_t size;
	enum ole2_kind kind;
};

struct ole2_file {
	struct unpack *unpack;
	struct str bytes;
	unsigned sector_shift, mini_shift;
	uint32_t mini_cutoff;
	bool is_broken;			/* something was not as it must be, now or in a later read */

	struct ole2_entry *entries;
	size_t entries_len, entries_size;
	uint64_t read_bytes;		/* by ole2_read_all */

	/* private: sectors of the FAT, of the mini FAT and of the mini stream, in order */
	uint32_t *fat, *mini_fat, *mini_stream;
	size_t fat_len, mini_fat_len, mini_stream_len, taken_len;
};

/* Returns false when the bytes are no compound file, or memory lacks (then that is noted). ole2_close whatever it returned. */
bool ole2_open(struct unpack *unpack, struct str bytes, struct ole2_file *ret_file);
void ole2_close(struct ole2_file *file);

/* Reads the first max bytes of a stream into out; returns how many there were. */
size_t ole2_read(struct ole2_file *file, const struct ole2_entry *entry, char *out, size_t max);

/* The whole stream in memory from unpack_take, *ret_size to be given back; .p is NULL when it is empty or too large (noted). All
 * streams together are not larger than the file: when they are, entries share sectors, and the file is broken. */
struct str ole2_read_all(struct ole2_file *file, const struct ole2_entry *entry, size_t *ret_size);

/* The entry with this name (ASCII, without case) in the storage at parent, among the first thousands of it; OLE2_NONE: in any. NULL when
 * there is none. */
const struct ole2_entry *ole2_find(const struct ole2_file *file, const char *name, uint32_t parent);

#endif
