/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A type is always one of the table, never among what else the bytes are; bytes are empty or they are not; what begins a file does not change
 * when the same is asked again. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/unpack/filetype.h"
#include "milter/unpack/ooxml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_ooxml(struct str bytes)
{
	static const char *const names[] = { "[Content_Types].xml", "word/document.xml", "a.rels", "mimetype", "META-INF/manifest.xml", "x" };
	struct ooxml ooxml = { .seen = 0 };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ooxml_member(&ooxml, str_of(names[i]), bytes);
	check((unsigned)ooxml_type(&ooxml) < FILETYPES && ooxml.marks < 1u << MARKS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data, size };
	struct filetype_set also, again;
	enum filetype type = filetype_sniff(bytes, &also);

	check((unsigned)type < FILETYPES);
	check((type == FILETYPE_EMPTY) == (size == 0));
	check(!filetype_set_has(&also, type));
	check(filetype_sniff(bytes, &again) == type && memcmp(&also, &again, sizeof(also)) == 0);
	check(!filetype_deceives(type, type));
	check_ooxml(bytes);
	return 0;
}
