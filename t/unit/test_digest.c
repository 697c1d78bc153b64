/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/digest.h"

#include "t/unit/rows.h"

/* The examples of FIPS 180-4. */
static const struct sum {
	const char *name, *text;
	unsigned times;
	const char *expected;
} sum_table[] = {
	{ "nothing", "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "never_added", "", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "one_block", "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "two_blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "a_million_in_pieces", "aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
};

static void check_sum(void **state)
{
	const struct sum *row = *state;
	struct digest *digest = digest_new();
	char text[DIGEST_TEXT_SIZE];

	for (unsigned i = 0; i < row->times; i++)
		digest_add(digest, row->text, strlen(row->text));
	digest_end(digest, text);
	assert_string_equal(text, row->expected);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, sum_table, check_sum);
	return rows_run(&rows, "digest");
}
