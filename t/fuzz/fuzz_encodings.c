/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decoders: what comes out is never more than there is room for, each search moves on, and of clean input every reading is the same. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/unpack/encodings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_base64(struct str in, char *out, char *first)
{
	bool is_clean = base64_is_clean(in);
	size_t first_len = base64_decode(BASE64_SKIP_JUNK, in, first);

	must(first_len <= in.len / 4 * 3 + 3 && first_len <= in.len);
	for (unsigned i = 1; i < BASE64_READINGS; i++) {
		size_t len = base64_decode((enum base64_reading)i, in, out);

		must(len <= in.len);
		if (is_clean)
			must(len == first_len && memcmp(out, first, len) == 0);
	}
	if (in.len > 0)		/* into itself */
		memcpy(out, in.p, in.len);
	must(base64_decode(BASE64_SKIP_JUNK, (struct str){ out, in.len }, out) == first_len && memcmp(out, first, first_len) == 0);
}

static void check_qp(struct str in, char *out, char *first)
{
	bool is_clean = qp_is_clean(in);
	size_t first_len = qp_decode(QP_STRICT, in, first);

	must(first_len <= in.len);
	for (unsigned i = 1; i < QP_READINGS; i++) {
		size_t len = qp_decode((enum qp_reading)i, in, out);

		must(len <= in.len);
		if (is_clean)
			must(len == first_len && memcmp(out, first, len) == 0);
	}
}

static void check_files(struct str in, char *out, bool (*next)(struct str in, size_t *position, char *out, struct encoded_file *ret_file))
{
	size_t position = 0, before = 0, used = 0;
	struct encoded_file file;

	while (next(in, &position, out + used, &file)) {
		must(position > before && position <= in.len && file.start >= before && file.start < file.end && file.end <= position);
		must(file.name.len == 0 || (file.name.p >= in.p && file.name.p + file.name.len <= in.p + in.len));
		used += file.len;
		must(used <= position);
		before = position;
	}
	must(position == in.len);
}

static void check_binhex(struct str in, char *out)
{
	size_t position = 0, before = 0;
	struct encoded_file file;

	(void)binhex_room(in, 0);
	while (binhex_next(in, &position, out, in.len, &file)) {
		must(position > before && position <= in.len);
		must(file.len <= in.len && file.offset <= in.len - file.len);
		must(file.resource_len == 0 || (file.resource_len <= in.len && file.resource_offset <= in.len - file.resource_len));
		before = position;
	}
}

static void check_runs(struct str in)
{
	size_t position = 0, before = 0;
	struct str run;

	while (base64_run_next(in, 20, &position, &run)) {
		struct str trimmed = base64_run_trim(run);

		must(run.len >= 20 && position > before && position <= in.len);
		must(run.p >= in.p + before && run.p + run.len <= in.p + position);
		must(trimmed.p >= run.p && trimmed.p + trimmed.len == run.p + run.len);
		before = position;
	}
	must(position == in.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	char *out = malloc(size + 1), *first = malloc(size + 1);

	must(out != NULL && first != NULL);
	out = realloc(out, size == 0 ? 1 : size);
	first = realloc(first, size == 0 ? 1 : size);
	check_base64(in, out, first);
	check_qp(in, out, first);
	check_files(in, out, uuencode_next);
	check_files(in, out, yenc_next);
	check_binhex(in, out);
	check_runs(in);
	free(out);
	free(first);
	return 0;
}
