/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quarantine_internal.h - the files of the spool, and what the parts of the quarantine share.
 *
 *   ID        a held message: lines about it, an empty line, the message as it is (sed '1,/^$/d' gives it back without us)
 *   ID.new    one that is being written; left over after a crash
 *   ID.mark   it is being released, or was: the mark that lets the message pass, for as long as an MTA may keep it
 *   ID.spent  the message of that mark came and went its way
 *
 * Whoever releases or deletes an item holds flock(2) on it. */
#ifndef OCTROI_LOOKUP_QUARANTINE_INTERNAL_H
#define OCTROI_LOOKUP_QUARANTINE_INTERNAL_H

#include <pthread.h>

#include "milter/base/digest.h"
#include "milter/base/str.h"
#include "milter/lookup/quarantine.h"

enum {
	QUARANTINE_ID_LEN = 9,			/* "7K3F-QX2M" */
	QUARANTINE_NAME_SIZE = 24,		/* with a suffix */
	QUARANTINE_TEXT_MAX = 64 << 20,		/* of the lines about it */
};

struct quarantine {
	int dir;
	uid_t owner;			/* of the directory */
	pthread_mutex_t lock;		/* for what follows */
	uint64_t limit_bytes;		/* 0: none */
	uint64_t used_bytes;		/* when it was last counted, and what we have put since */
	uint64_t counted_ms;		/* monotonic; 0: never */
	struct releasing *releasing;
};

/* The descriptor, which its owner then does not close any more. */
static inline int quarantine_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

bool quarantine_is_id(const char *text);

/* id and suffix (".new") in name. */
void quarantine_name(char name[QUARANTINE_NAME_SIZE], const char *id, const char *suffix);

/* openat2(2) in the directory; never follows a link, never waits for the other end of a FIFO. With O_CREAT the mode is 0600. Returns the
 * descriptor or a negative errno. */
int quarantine_openat(const struct quarantine *quarantine, const char *name, int flags);

/* A regular file of ours, to be read: -EBADMSG for anything else. Returns the descriptor. */
int quarantine_open_file(const struct quarantine *quarantine, const char *name);

int quarantine_write(int fd, const void *bytes, size_t len);
int quarantine_sync(int fd);

/* Removes a name; -ENOENT when there was none. */
int quarantine_unlink(const struct quarantine *quarantine, const char *name);

/* Opens the item and takes its lock: -ENOENT, -EALREADY when somebody has it. The lock goes with the descriptor. */
int quarantine_lock_item(const struct quarantine *quarantine, const char *id);

/* The lines about an item, "octroi-quarantine 1 ..." to the empty line, and back. sha256: of the message's bytes. The first line says how long
 * they are and what their SHA-256 is. */
struct str quarantine_text_write(struct arena *arena, const struct quarantine_item *item, const char *sha256);
/* len of the file says whether all of it is there. Returns 0 or -EBADMSG. */
int quarantine_text_read(struct arena *arena, struct str text, struct quarantine_item *ret_item, const char **ret_sha256);
/* How long the text is that begins like this, or -EBADMSG; first needs QUARANTINE_FIRST_LINE bytes. */
enum { QUARANTINE_FIRST_LINE = 96 };
int64_t quarantine_text_len(struct str first);

/* Reads the lines about an item; the descriptor then stands at the message. -EBADMSG also when the file is shorter or longer than they say. */
int quarantine_read_item(struct arena *arena, int fd, const char *id, struct quarantine_item *ret_item, const char **ret_sha256);

/* SHA-256 of header and what fd holds from offset, and how many bytes that is. */
int quarantine_digest_message(int fd, uint64_t offset, const void *header, size_t header_len, char sha256[DIGEST_TEXT_SIZE],
			      uint64_t *ret_size_bytes);

/* Lets go of all items that are being released. */
void quarantine_forget_releases(struct quarantine *quarantine);

/* What lies in the spool, by readdir(3) and fstatat(2) alone. */
struct quarantine_entry {
	char id[QUARANTINE_ID_LEN + 1];
	int64_t time_ms;
	uint64_t size_bytes;
};
/* Items, in no order; the caller frees them. others (may be NULL) is called for every other name. Returns how many or a negative errno. */
int64_t quarantine_scan(const struct quarantine *quarantine, struct quarantine_entry **ret_entries,
			void (*others)(const struct quarantine *quarantine, const char *name, void *arg), void *arg);

/* May so many bytes more lie there? Counts again when that is due. 0, -EDQUOT or another negative errno. */
int quarantine_reserve(struct quarantine *quarantine, uint64_t size_bytes);

#endif
