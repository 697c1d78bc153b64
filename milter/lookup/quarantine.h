/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quarantine.h - our own spool of held messages: one file for each, named by its id, durable before anybody is told that it is there.
 *
 * The directory is opened once and everything in it by openat2(2) with RESOLVE_BENEATH and without symbolic links: nothing outside can be
 * read or written, whatever somebody put there. */
#ifndef OCTROI_LOOKUP_QUARANTINE_H
#define OCTROI_LOOKUP_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "milter/base/arena.h"

struct quarantine_attachment {
	const char *name, *type;	/* printable UTF-8 */
	uint64_t size_bytes;
};

/* What is kept beside the bytes. Strings never NULL. */
struct quarantine_item {
	const char *id;			/* of the message: "7K3F-QX2M", the name of the file */
	int64_t time_ms;		/* wall clock */
	const char *held_by;		/* "antivirus:unscannable": the outcome that a release spares, or "score"; several with spaces between
					 * for a message that was released and then held by another check */
	const char *because;		/* its text */
	const char *client, *helo, *login, *direction, *queue_id;
	const char *mailfrom;		/* "" for the null sender */
	const char *const *recipients;	/* as they stand after RCPT TO:, without brackets */
	size_t recipients_len;
	const char *header_from, *subject;	/* for people: printable UTF-8, at most 200 bytes */
	const char *digest;		/* what the mark of a release is tied to (quarantine_digest.h) */
	const struct quarantine_attachment *attachments;
	size_t attachments_len;
	uint64_t size_bytes;		/* of the message; quarantine_put counts them itself */
};

struct quarantine;

/* directory must exist, belong to us (or root) and be writable by nobody else. Returns 0, or a negative errno with a sentence in problem. */
int quarantine_open(const char *directory, struct quarantine **ret_quarantine, char *problem);
void quarantine_close(struct quarantine *quarantine);

/* From now on quarantine_put says -EDQUOT rather than let all messages together grow over so many bytes. What others put or remove is
 * noticed within a minute. */
void quarantine_limit(struct quarantine *quarantine, uint64_t size_bytes);

/* Writes the item: header bytes (as they would leave, with our edits) and then the body from body_fd at body_offset. Only after 0 is
 * returned it is durable (file and directory synced) and visible; on an error nothing of it remains. */
int quarantine_put(struct quarantine *quarantine, const struct quarantine_item *item, const void *header, size_t header_len, int body_fd,
		   uint64_t body_offset);

/* Reads one; *ret_fd stands at the first byte of the message. -ENOENT: there is none; -EBADMSG: it is damaged. */
int quarantine_get(struct quarantine *quarantine, struct arena *arena, const char *id, struct quarantine_item *ret_item, int *ret_fd);

/* Calls fn for the newest so many (0: all) until it returns false; a damaged one is given with its id and time alone. What it is given lives
 * until it returns. Returns how many there are in all, or a negative errno. */
int64_t quarantine_list(struct quarantine *quarantine, size_t limit, bool (*fn)(void *arg, const struct quarantine_item *item), void *arg);

/* Removes it for good (synced). -ENOENT: it is not there; -EALREADY: it is just being released. */
int quarantine_delete(struct quarantine *quarantine, const char *id);

/* Removes what was held before before_ms (wall clock), and what an interrupted work of ours left behind. Calls fn (may be NULL) for each item
 * that is gone. Returns how many, or a negative errno. */
int64_t quarantine_expire(struct quarantine *quarantine, int64_t before_ms, void (*fn)(void *arg, const char *id), void *arg);

/* A mark for the release of an item: a secret that the message carries in X-Octroi-Release and that lets it pass what held it, once. The
 * item is then being released: a second release is told -EALREADY until quarantine_release_end, or the end of the process, makes it held
 * again, or deletes it (done: the MTA has the message; the mark stays for it). -ENOENT: there is no such item, or not any more;
 * -EBADMSG: it is damaged. */
#define QUARANTINE_MARK_SIZE 64
int quarantine_release_begin(struct quarantine *quarantine, const char *id, char ret_mark[QUARANTINE_MARK_SIZE]);
int quarantine_release_end(struct quarantine *quarantine, const char *id, bool done);

/* For the filter: what the value of X-Octroi-Release is good for: the outcomes it spares, if it is the message of that digest. -ENOENT: it
 * is no mark, or it is spent. Cheap for what is none. */
struct quarantine_mark {
	const char *held_by;
	const char *digest;
};
int quarantine_mark_look(struct quarantine *quarantine, struct arena *arena, const char *value, struct quarantine_mark *ret_mark);

/* The message goes its way: only the first one to ask gets 0, the others -ENOENT. */
int quarantine_mark_spend(struct quarantine *quarantine, const char *value);

#endif
