/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/antivirus_known.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "milter/base/arena.h"

#define WAYS 4
#define SETS (KNOWN_MAX / WAYS)

struct file {
	unsigned char digest[DIGEST_SIZE];
	char *virus;			/* NULL: clean */
};

struct known {
	struct file files[SETS][WAYS];
	uint8_t taken[SETS];		/* ways in use */
	uint8_t next[SETS];		/* the way that goes when all are in use */
};

struct known *known_new(void)
{
	return xcalloc(1, sizeof(struct known));
}

void known_free(struct known *known)
{
	if (known == NULL)
		return;
	for (size_t set = 0; set < SETS; set++) {
		for (size_t way = 0; way < known->taken[set]; way++)
			free(known->files[set][way].virus);
	}
	free(known);
}

/* Who makes files that fall into one set only throws his own out of it. */
static size_t set_of(const unsigned char digest[DIGEST_SIZE])
{
	uint64_t bits;

	memcpy(&bits, digest, sizeof(bits));
	return bits % SETS;
}

static const struct file *find(const struct known *known, const unsigned char digest[DIGEST_SIZE])
{
	size_t set = set_of(digest);

	for (size_t way = 0; way < known->taken[set]; way++) {
		if (memcmp(known->files[set][way].digest, digest, DIGEST_SIZE) == 0)
			return &known->files[set][way];
	}
	return NULL;
}

enum known_verdict known_find(const struct known *known, const unsigned char digest[DIGEST_SIZE], const char **ret_name)
{
	const struct file *file = find(known, digest);

	if (file == NULL)
		return KNOWN_NOTHING;
	if (file->virus == NULL)
		return KNOWN_CLEAN;
	*ret_name = file->virus;
	return KNOWN_INFECTED;
}

static struct file *place_for(struct known *known, size_t set)
{
	struct file *file;

	if (known->taken[set] < WAYS)
		return &known->files[set][known->taken[set]++];
	file = &known->files[set][known->next[set]];
	known->next[set] = (uint8_t)((known->next[set] + 1) % WAYS);
	free(file->virus);
	return file;
}

void known_add(struct known *known, const unsigned char digest[DIGEST_SIZE], const char *virus)
{
	struct file *file;

	if (find(known, digest) != NULL)
		return;
	file = place_for(known, set_of(digest));
	memcpy(file->digest, digest, DIGEST_SIZE);
	file->virus = virus == NULL ? NULL : xstrdup(virus);
}
