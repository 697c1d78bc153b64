/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/archive_names.h"

static const struct {
	struct str ending, inside;
} endings[] = {
	{ { ".gz", 3 }, { "", 0 } }, { { ".gzip", 5 }, { "", 0 } }, { { ".z", 2 }, { "", 0 } }, { { "-gz", 3 }, { "", 0 } }, { { "-z", 2 }, { "", 0 } },
	{ { ".bz2", 4 }, { "", 0 } }, { { ".bz", 3 }, { "", 0 } }, { { ".xz", 3 }, { "", 0 } }, { { ".lzma", 5 }, { "", 0 } }, { { ".lz", 3 }, { "", 0 } },
	{ { ".zst", 4 }, { "", 0 } }, { { ".zstd", 5 }, { "", 0 } }, { { ".lz4", 4 }, { "", 0 } }, { { ".br", 3 }, { "", 0 } },
	{ { ".tgz", 4 }, { ".tar", 4 } }, { { ".taz", 4 }, { ".tar", 4 } }, { { ".tz", 3 }, { ".tar", 4 } }, { { ".tbz", 4 }, { ".tar", 4 } },
	{ { ".tbz2", 5 }, { ".tar", 4 } }, { { ".tb2", 4 }, { ".tar", 4 } }, { { ".txz", 4 }, { ".tar", 4 } }, { { ".tlz", 4 }, { ".tar", 4 } },
	{ { ".tzst", 5 }, { ".tar", 4 } }, { { ".cpgz", 5 }, { ".cpio", 5 } }, { { ".svgz", 5 }, { ".svg", 4 } }, { { ".emz", 4 }, { ".emf", 4 } },
	{ { ".wmz", 4 }, { ".wmf", 4 } }, { { ".adz", 4 }, { ".adf", 4 } },
};

bool archive_name_inside(struct arena *arena, struct str name, struct str *ret_name)
{
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		struct str ending = endings[i].ending, inside = endings[i].inside;
		size_t stem;
		char *made;

		if (name.len <= ending.len)
			continue;
		stem = name.len - ending.len;
		if (!str_equal_nocase((struct str){ name.p + stem, ending.len }, ending))
			continue;
		made = arena_alloc(arena, stem + inside.len + 1);
		memcpy(made, name.p, stem);
		memcpy(made + stem, inside.p, inside.len);
		*ret_name = (struct str){ made, stem + inside.len };
		return true;
	}
	return false;
}
