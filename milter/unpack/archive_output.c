/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/archive_output.h"

#define FREE_OUT_BYTES ((uint64_t)16 << 20)
#define READINGS 4		/* of the whole archive: two views of each member, the search, and room for a few again */
#define FREE_IN_BYTES ((uint64_t)64 << 10)
#define FIRST_BYTES ((size_t)16 << 10)

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void archive_budget_start(struct archive_budget *budget, struct unpack *unpack, size_t archive_bytes)
{
	uint64_t ratio = unpack_limits_of(unpack)->ratio, out;

	if (__builtin_mul_overflow(ratio, archive_bytes, &out))
		out = UINT64_MAX;
	*budget = (struct archive_budget){
		.unpack = unpack, .out_left = out > FREE_OUT_BYTES ? out : FREE_OUT_BYTES,
		.in_left = (uint64_t)archive_bytes * READINGS + FREE_IN_BYTES,
	};
}

bool archive_budget_read(struct archive_budget *budget, uint64_t bytes)
{
	if (bytes > budget->in_left) {
		unpack_limit(budget->unpack, UNPACK_RATIO, "members of an archive that overlap too often");
		return false;
	}
	budget->in_left -= bytes;
	return true;
}

static void cut(struct archive_output *output)
{
	output->is_cut = true;
	if (output->limit == UNPACK_RATIO)
		unpack_limit(output->budget->unpack, UNPACK_RATIO, "an archive becomes too many times as large as it is");
	else
		unpack_limit(output->budget->unpack, UNPACK_SIZE, "a member of an archive is too large");
}

static bool take(struct archive_output *output, size_t size)
{
	char *bytes = unpack_take_more(output->budget->unpack, output->bytes, output->size, size);

	if (bytes == NULL) {
		output->is_cut = true;
		return false;
	}
	output->bytes = bytes;
	output->size = size;
	return true;
}

void archive_output_start(struct archive_output *output, struct archive_budget *budget, uint64_t expected_bytes)
{
	uint64_t member_bytes = unpack_limits_of(budget->unpack)->member_bytes;

	*output = (struct archive_output){ .budget = budget, .max = smaller(member_bytes, budget->out_left),
		.limit = budget->out_left < member_bytes ? UNPACK_RATIO : UNPACK_SIZE };
	if (expected_bytes > output->max) {
		cut(output);
		output->max = smaller(output->max, ARCHIVE_HEAD_BYTES);
	}
	if (output->max > 0 && expected_bytes > 0)
		(void)take(output, (size_t)smaller(expected_bytes, output->max));
}

bool archive_output_grow(struct archive_output *output)
{
	uint64_t size = output->size < FIRST_BYTES / 2 ? FIRST_BYTES : 2 * (uint64_t)output->size;

	if (output->len < output->size)
		return true;
	if (output->size >= output->max) {
		if (!output->is_cut)
			cut(output);
		return false;
	}
	return take(output, (size_t)smaller(size, output->max));
}

struct str archive_output_shown(const struct archive_output *output)
{
	return (struct str){ output->bytes == NULL ? "" : output->bytes,
		output->is_cut ? (size_t)smaller(output->len, ARCHIVE_HEAD_BYTES) : output->len };
}

void archive_output_end(struct archive_output *output)
{
	if (output->bytes != NULL)
		unpack_give_unused(output->budget->unpack, output->bytes, output->size, output->len);
	output->budget->out_left -= smaller(output->len, output->budget->out_left);
	*output = (struct archive_output){ .budget = output->budget };
}
