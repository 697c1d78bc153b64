/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words for what an inventory holds: in logs, replies and milter.conf. */
#include <assert.h>

#include "milter/unpack/inventory.h"

static const struct {
	const char *name, *title;
} marks[MARKS] = {
	[MARK_ENCRYPTED] = { "encrypted", "is encrypted" },
	[MARK_MACROS] = { "macros", "contains macros" },
	[MARK_EXTERNAL] = { "external", "opens something elsewhere when it is opened" },
	[MARK_OBJECT] = { "object", "contains an embedded object" },
	[MARK_SCRIPT] = { "script", "contains script" },
	[MARK_LAUNCH] = { "launch", "does something by itself when it is opened" },
	[MARK_BUILDS_FILE] = { "builds-file", "builds a file for the reader to save" },
	[MARK_UNREADABLE] = { "unreadable", "could not be read to its end" },
	[MARK_NAME_DISGUISED] = { "disguised-name", "has a name made to mislead" },
};

static const char *const limits[UNPACK_LIMITS] = {
	[UNPACK_DEPTH] = "depth",
	[UNPACK_PARTS] = "parts",
	[UNPACK_MEMBERS] = "members",
	[UNPACK_NAMES] = "names",
	[UNPACK_HEADER] = "header",
	[UNPACK_SIZE] = "size",
	[UNPACK_RATIO] = "ratio",
	[UNPACK_TIME] = "time",
};

static const char *const ambiguities[AMBIGUITIES] = {
	[AMBIGUITY_TYPE] = "content-type",
	[AMBIGUITY_ENCODING] = "transfer-encoding",
	[AMBIGUITY_BOUNDARY] = "boundary",
	[AMBIGUITY_HEADER] = "header",
	[AMBIGUITY_SEPARATOR] = "separator",
	[AMBIGUITY_DELIMITER] = "delimiter",
	[AMBIGUITY_OUTSIDE] = "outside",
	[AMBIGUITY_BASE64] = "base64",
	[AMBIGUITY_QUOTED_PRINTABLE] = "quoted-printable",
	[AMBIGUITY_TEXT_ENCODING] = "text-encoding",
	[AMBIGUITY_CHARSET] = "charset",
	[AMBIGUITY_NUL] = "nul",
	[AMBIGUITY_LINE_END] = "line-end",
	[AMBIGUITY_NAME] = "name",
	[AMBIGUITY_ZIP] = "zip",
	[AMBIGUITY_ARCHIVE] = "archive",
	[AMBIGUITY_TNEF] = "tnef",
	[AMBIGUITY_HIDDEN] = "hidden",
};

const char *mark_name(enum mark mark)
{
	assert(mark < MARKS);
	return marks[mark].name;
}

const char *mark_title(enum mark mark)
{
	assert(mark < MARKS);
	return marks[mark].title;
}

const char *unpack_limit_name(enum unpack_limit limit)
{
	assert(limit < UNPACK_LIMITS);
	return limits[limit];
}

const char *ambiguity_name(enum ambiguity ambiguity)
{
	assert(ambiguity < AMBIGUITIES);
	return ambiguities[ambiguity];
}
