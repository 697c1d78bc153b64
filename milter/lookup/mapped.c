/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"
#include "milter/base/clock.h"

enum {
	LOCKS = 64,
	SETS_MIN = 16,
	HEADER_BYTES = 4096,
	JOIN_TRIES = 100,	/* of 10 ms: whoever has it alone is only making its locks */
	TIME_STEP_MS = 100,	/* how exactly the file knows the time: not every call writes the one line of cache that all share */
};

/* What does not change while the file lives, and its check. */
struct shape {
	char magic[8];
	char name[8];
	uint64_t byte_order;
	uint32_t version, entry_size;
	uint64_t header_bytes, locks_bytes, sets;
	uint64_t secret[2];
	uint64_t check;
};

struct header {
	struct shape shape;
	_Atomic uint64_t offset_ms;	/* of the table's clock to the monotonic one, modulo 2^64 */
	_Atomic uint64_t now_ms;	/* the latest time it has shown */
	_Atomic uint64_t pushed_out;
	pthread_mutex_t locks[LOCKS];
};
_Static_assert(sizeof(struct header) <= HEADER_BYTES, "the entries begin on a page of their own");

struct mapped {
	struct header *header;
	unsigned char *entries;
	size_t size_bytes;
	size_t entry_size, sets;	/* as checked: what lies in the file may change under us */
};

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint64_t check_of(const struct shape *shape)
{
	const unsigned char *bytes = (const unsigned char *)shape;
	uint64_t check = 1;

	for (size_t i = 0; i < offsetof(struct shape, check); i++)
		check = mix(check ^ bytes[i]) + 1;
	return check;
}

/* Everything but the secret and the check. */
static int make_shape(const struct mapped_kind *kind, size_t keys, struct shape *ret_shape)
{
	size_t sets = SETS_MIN;

	if (keys > SIZE_MAX / 8 / kind->entry_size)
		return -ENOMEM;
	while (sets * MAPPED_WAYS < keys)
		sets *= 2;
	*ret_shape = (struct shape){
		.magic = { 'o', 'c', 't', 'r', 'o', 'i', '\r', '\n' },
		.byte_order = 0x0102030405060708,
		.version = kind->version, .entry_size = kind->entry_size,
		.header_bytes = HEADER_BYTES, .locks_bytes = sizeof(((struct header *)NULL)->locks), .sets = sets,
	};
	memcpy(ret_shape->name, kind->name, strnlen(kind->name, sizeof(ret_shape->name)));
	return 0;
}

static size_t size_of(const struct shape *shape)
{
	return HEADER_BYTES + shape->sets * MAPPED_WAYS * shape->entry_size;
}

static void init_locks(struct header *header)
{
	pthread_mutexattr_t attributes;

	(void)pthread_mutexattr_init(&attributes);
	(void)pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	(void)pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	memset(header->locks, 0, sizeof(header->locks));
	for (size_t i = 0; i < LOCKS; i++)
		(void)pthread_mutex_init(&header->locks[i], &attributes);
	(void)pthread_mutexattr_destroy(&attributes);
}

#define NO_TIME_MS UINT64_C(32503680000000)	/* the year 3000: only damage says so */

/* When the wall clock has gone back the table's time goes on from where it was: it does not stand still until the wall clock is there again. */
static void start_clock(struct header *header)
{
	uint64_t wall_ms = clock_wall_ms(), then_ms = atomic_load(&header->now_ms);
	uint64_t now_ms = wall_ms > then_ms || then_ms >= NO_TIME_MS ? wall_ms : then_ms;

	atomic_store(&header->now_ms, now_ms);
	atomic_store(&header->offset_ms, now_ms - clock_monotonic_ms());
}

static int failure(void)
{
	int error = errno;

	return error > 0 ? -error : -EIO;
}

static bool map(int fd, const struct shape *shape, struct mapped *mapped)
{
	int flags = fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
	void *memory = mmap(NULL, size_of(shape), PROT_READ | PROT_WRITE, flags, fd, 0);

	if (memory == MAP_FAILED)
		return false;
	*mapped = (struct mapped){
		.header = memory, .entries = (unsigned char *)memory + HEADER_BYTES, .size_bytes = size_of(shape),
		.entry_size = shape->entry_size, .sets = shape->sets,
	};
	return true;
}

/* The memory is all zeroes. */
static int begin(struct mapped *mapped, const struct shape *shape)
{
	struct shape whole = *shape;

	if (getrandom(whole.secret, sizeof(whole.secret), 0) != (ssize_t)sizeof(whole.secret))
		return -EIO;
	whole.check = check_of(&whole);
	mapped->header->shape = whole;
	init_locks(mapped->header);
	start_clock(mapped->header);
	return 0;
}

static int begin_file(int fd, const struct shape *shape, struct mapped *mapped)
{
	int r = flock(fd, LOCK_SH) < 0 ? failure() : -posix_fallocate(fd, 0, (off_t)size_of(shape));

	if (r < 0)
		return r;
	if (!map(fd, shape, mapped))
		return failure();
	r = begin(mapped, shape);
	if (r == 0 && fsync(fd) < 0)
		r = failure();
	if (r < 0)
		(void)munmap(mapped->header, mapped->size_bytes);
	return r;
}

/* Whoever has the old file mapped keeps it. */
static int replace_file(const char *path, const struct shape *shape, struct mapped *mapped)
{
	char next[PATH_MAX];
	int fd, r;

	if (snprintf(next, sizeof(next), "%s.new", path) >= (int)sizeof(next))
		return -ENAMETOOLONG;
	(void)unlink(next);
	fd = open(next, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return failure();
	r = begin_file(fd, shape, mapped);
	if (r == 0 && rename(next, path) < 0) {
		r = failure();
		(void)munmap(mapped->header, mapped->size_bytes);
	}
	if (r < 0)
		(void)unlink(next);
	(void)close(fd);
	return r;
}

/* Is it the table that is wanted? Then *shape gets the secret. */
static bool is_good(int fd, struct shape *shape)
{
	struct shape found;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != size_of(shape) ||
	    pread(fd, &found, sizeof(found), 0) != (ssize_t)sizeof(found))
		return false;
	if (memcmp(&found, shape, offsetof(struct shape, secret)) != 0 || found.check != check_of(&found))
		return false;
	*shape = found;
	return true;
}

/* Returns 1 when nobody else has the file, 0 when we share it, or a negative errno. Linux keeps the lock as long as anybody has the file
 * mapped, and no process needs a descriptor that a cage would inherit. */
static int lock_file(int fd)
{
	static const struct timespec pause = { .tv_nsec = 10000000 };

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 1;
	for (int i = 0; i < JOIN_TRIES; i++) {
		if (flock(fd, LOCK_SH | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK)
			return failure();
		(void)nanosleep(&pause, NULL);
	}
	return -EBUSY;
}

/* Returns 1 when the file was taken over, 0 when it is not what is wanted, or a negative errno. */
static int take_over(int fd, struct shape *shape, struct mapped *mapped)
{
	int alone;

	if (!is_good(fd, shape))
		return 0;
	alone = lock_file(fd);
	if (alone < 0)
		return alone;
	if (!map(fd, shape, mapped))
		return failure();
	if (alone) {	/* the locks were those of processes, perhaps of another boot, that do not live any more */
		init_locks(mapped->header);
		start_clock(mapped->header);
		(void)flock(fd, LOCK_SH);
	}
	return 1;
}

static int open_file(const char *path, struct shape *shape, struct mapped *mapped)
{
	int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), r;

	if (fd < 0 && errno != ENOENT && errno != ELOOP)
		return failure();
	r = fd < 0 ? 0 : take_over(fd, shape, mapped);
	(void)close_fd(fd);
	if (r == 0)
		return replace_file(path, shape, mapped);
	return r < 0 ? r : 0;
}

static int open_memory(const struct shape *shape, struct mapped *mapped)
{
	int r;

	if (!map(-1, shape, mapped))
		return failure();
	r = begin(mapped, shape);
	if (r < 0)
		(void)munmap(mapped->header, mapped->size_bytes);
	return r;
}

int mapped_open(const char *path, const struct mapped_kind *kind, size_t keys, struct mapped **ret_mapped)
{
	struct mapped mapped = { .header = NULL };
	struct shape shape;
	int r = make_shape(kind, keys, &shape);

	if (r == 0)
		r = path == NULL ? open_memory(&shape, &mapped) : open_file(path, &shape, &mapped);
	if (r < 0)
		return r;
	*ret_mapped = xcalloc(1, sizeof(**ret_mapped));
	**ret_mapped = mapped;
	return 0;
}

void mapped_close(struct mapped *mapped)
{
	if (mapped == NULL)
		return;
	(void)munmap(mapped->header, mapped->size_bytes);
	free(mapped);
}

/* Keyed, so that a stranger cannot choose keys that push another's entry out. */
uint64_t mapped_hash(const struct mapped *mapped, const char *key)
{
	const uint64_t *secret = mapped->header->shape.secret;
	uint64_t hash = secret[0];

	for (; *key != '\0'; key++)
		hash = mix(hash ^ (unsigned char)*key) + secret[1];
	return hash == 0 ? 1 : hash;
}

static size_t set_of(const struct mapped *mapped, uint64_t hash)
{
	return hash & (mapped->sets - 1);
}

/* Of one that died inside the lock is simply taken over. */
void *mapped_lock(struct mapped *mapped, uint64_t hash)
{
	size_t set = set_of(mapped, hash);
	pthread_mutex_t *lock = &mapped->header->locks[set % LOCKS];

	if (pthread_mutex_lock(lock) == EOWNERDEAD)
		(void)pthread_mutex_consistent(lock);
	return mapped->entries + set * MAPPED_WAYS * mapped->entry_size;
}

void mapped_unlock(struct mapped *mapped, uint64_t hash)
{
	(void)pthread_mutex_unlock(&mapped->header->locks[set_of(mapped, hash) % LOCKS]);
}

uint64_t mapped_now_ms(struct mapped *mapped)
{
	struct header *header = mapped->header;
	uint64_t now_ms = clock_monotonic_ms() + atomic_load_explicit(&header->offset_ms, memory_order_relaxed);
	uint64_t latest_ms = atomic_load_explicit(&header->now_ms, memory_order_relaxed);

	if ((int64_t)(now_ms - latest_ms) <= 0)
		return latest_ms;
	if (now_ms - latest_ms >= TIME_STEP_MS)
		(void)atomic_compare_exchange_strong(&header->now_ms, &latest_ms, now_ms);
	return now_ms;
}

void mapped_count_pushed_out(struct mapped *mapped)
{
	atomic_fetch_add_explicit(&mapped->header->pushed_out, 1, memory_order_relaxed);
}

uint64_t mapped_pushed_out(const struct mapped *mapped)
{
	return atomic_load_explicit(&mapped->header->pushed_out, memory_order_relaxed);
}
