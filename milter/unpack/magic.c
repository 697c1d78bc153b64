/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/magic.h"

#include <errno.h>
#include <magic.h>
#include <stdio.h>

#include "milter/unpack/octets.h"
#include "milter/unpack/prepare.h"

#define LOOKED_AT 65536
#define REGEX_LOOKED_AT 1024		/* expressions over more cost more than the answer is worth */

static magic_t database;

int magic_prepare(char problem[UNPACK_PROBLEM_MAX])
{
	size_t bytes_max = LOOKED_AT, regex_max = REGEX_LOOKED_AT;
	/* what has signatures of its own here is not asked for; the rest of libmagic's checks open files or fork */
	int flags = MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_CDF | MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_TEXT |
		MAGIC_NO_CHECK_TOKENS | MAGIC_NO_CHECK_ENCODING | MAGIC_NO_CHECK_CSV | MAGIC_NO_CHECK_JSON;
	magic_t magic;

	if (database != NULL)
		return 0;
	magic = magic_open(flags);
	if (magic == NULL || magic_load(magic, NULL) != 0) {
		(void)snprintf(problem, UNPACK_PROBLEM_MAX, "libmagic: %s", magic == NULL ? "no memory" : magic_error(magic));
		if (magic != NULL)
			magic_close(magic);
		return -ENOENT;
	}
	(void)magic_setparam(magic, MAGIC_PARAM_BYTES_MAX, &bytes_max);
	(void)magic_setparam(magic, MAGIC_PARAM_REGEX_MAX, &regex_max);
	database = magic;
	return 0;
}

/* Of types for which there are signatures here, libmagic's looser ones would only add false alarms: two bytes make a DOS program there. */
static bool is_wanted(enum filetype type)
{
	return type == FILETYPE_PGP || (filetype_groups(type) & ~(unsigned)(FILEGROUP_IMAGES | FILEGROUP_MEDIA)) == 0;
}

enum filetype magic_look(struct str bytes)
{
	struct str head = octets_sub(bytes, 0, LOOKED_AT);
	const char *media_type;
	enum filetype type;

	if (database == NULL || head.len == 0)
		return FILETYPE_UNKNOWN;
	media_type = magic_buffer(database, head.p, head.len);
	if (media_type == NULL)
		return FILETYPE_UNKNOWN;
	type = filetype_of_media_type(media_type);
	return is_wanted(type) ? type : FILETYPE_UNKNOWN;
}
