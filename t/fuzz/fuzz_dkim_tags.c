/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tag lists and base64: what is read lies within what was given, names are there once, and what decodes fits. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/mail/dkim_tags.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tags(struct str in)
{
	struct dkim_tags tags;
	const char *problem = NULL;
	int r = dkim_tags_parse(in, &tags, &problem);

	if (tags.len > DKIM_TAGS_MAX || (r < 0) != (problem != NULL))
		abort();
	for (size_t i = 0; i < tags.len; i++) {
		const struct dkim_tag *tag = &tags.items[i];

		if (tag->name.len == 0 || tag->name.p < in.p || tag->value.p < tag->name.p || tag->value.p + tag->value.len > in.p + in.len)
			abort();
		for (size_t j = 0; j < i; j++)
			if (str_equal(tags.items[j].name, tag->name))
				abort();
		(void)dkim_list_has(tag->value, "x");
	}
}

static void check_base64(struct str in)
{
	size_t size = in.len / 2, len = 0;
	uint8_t *out = malloc(size + 1);

	if (out == NULL)
		return;
	if (dkim_base64_decode(in, out, size, &len) == 0 && (len > size || len > in.len / 4 * 3 + 2))
		abort();
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };

	check_tags(in);
	check_base64(in);
	return 0;
}
