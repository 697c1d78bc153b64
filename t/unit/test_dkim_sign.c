/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/dkim_sign.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "t/unit/rows.h"

/* RFC 8463 A: its Ed25519 key and its message. Ed25519 always signs the same way, and so must we. */
#define RFC8463_PEM "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"

static const struct dkim_sign_name some[] = {
	{ "From", DKIM_OVERSIGN_ALWAYS }, { "Subject", DKIM_OVERSIGN_ALWAYS }, { "Date", DKIM_OVERSIGN_PRESENT }, { "To",
	  DKIM_OVERSIGN_NEVER },
};

struct select_row {
	const char *name;
	const char *fields[8];		/* name, value, name, value ... */
	const char *h, *canonical;
	size_t longest;
};

static const struct select_row select_rows[] = {
	{ "each field, and those that are guarded once more", { "From", " a", "To", " b", "Date", " d", "Subject", " s" },
	  "From: From: Subject: Subject: Date: Date: To", "from:a\r\nsubject:s\r\ndate:d\r\nto:b\r\n", 10 },
	{ "what is missing is guarded when it always is (HDR-13)", { "From", " a" }, "From: From: Subject", "from:a\r\n", 7 },
	{ "repeated fields from the last to the first", { "To", " 1", "From", " a", "to", " 2", "TO", "3" },
	  "From: From: Subject: To: To: To",
	  "from:a\r\nto:3\r\nto:2\r\nto:1\r\n", 7 },
	{ "a second From is signed with the first (HDR-06)", { "From", " a", "From", " b" }, "From: From: From: Subject",
	  "from:b\r\nfrom:a\r\n", 7 },
	{ "names that mean the same are the same (HDR-03)", { "From ", " a", "FROM\t", " b" }, "From: From: From: Subject",
	  "from:b\r\nfrom:a\r\n", 8 },
	{ "nothing else is signed", { "Received", " x", "From", " a" }, "From: From: Subject", "from:a\r\n", 7 },
	{ "the longest line of a folded field", { "From", " a", "To", " x,\n\tyyyyyyyyyyy" }, "From: From: Subject: To",
	  "from:a\r\nto:x, yyyyyyyyyyy\r\n", 12 },
	{ "no header at all", { NULL }, "From: Subject", "", 0 },
};

static struct headers read_fields(struct arena *arena, const char *const *fields, size_t max)
{
	struct headers headers = { .len = 0 };

	for (size_t i = 0; i < max && fields[i] != NULL; i += 2)
		headers_add(arena, &headers, fields[i], fields[i + 1]);
	return headers;
}

static void check_select(void **state)
{
	const struct select_row *row = *state;
	struct arena *arena = arena_new();
	struct headers headers = read_fields(arena, row->fields, 8);
	struct dkim_sign_header header = dkim_sign_select(arena, &headers, some, 4);
	size_t colons = 1;

	assert_string_equal(header.h, row->h);
	for (const char *p = header.h; *p != '\0'; p++)
		colons += *p == ':';
	assert_int_equal(header.names, colons);
	assert_int_equal(header.canonical.len, strlen(row->canonical));
	assert_memory_equal(header.canonical.p, row->canonical, header.canonical.len);
	assert_int_equal(header.longest_line, row->longest);
	arena_free(arena);
}

static struct dkim_sign_key *rfc8463_key(void)
{
	struct dkim_sign_key *key;
	const char *problem;

	assert_int_equal(dkim_sign_key_read(str_of(RFC8463_PEM), &key, &problem), 0);
	return key;
}

static const char *const rfc8463_fields[] = {
	"From", " Joe SixPack <joe@football.example.com>", "To", " Suzie Q <suzie@shopping.example.net>", "Subject",
		" Is dinner ready?",
	"Date", " Fri, 11 Jul 2003 21:00:37 -0700 (PDT)",
};

static void the_value_has_its_tags_in_order(void **state)
{
	struct arena *arena = arena_new();
	struct dkim_sign_key *key = rfc8463_key();
	struct headers headers = read_fields(arena, rfc8463_fields, 8);
	struct dkim_sign_header header = dkim_sign_select(arena, &headers, some, 4);
	struct dkim_sign_task task = { "football.example.com", "brisbane", key, "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=",
		1528637909, 0 };
	static const char expected[] =
		"v=1; a=ed25519-sha256; c=relaxed/relaxed; d=football.example.com; s=brisbane; t=1528637909; "
		"h=From: From: Subject: Subject: Date: Date: To; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=";
	const char *value = dkim_sign_field(arena, &task, &header);

	(void)state;
	assert_memory_equal(value, expected, strlen(expected));
	assert_string_equal(value, dkim_sign_field(arena, &task, &header));
	task.expires_at_s = 1528724309;
	assert_non_null(strstr(dkim_sign_field(arena, &task, &header), "; t=1528637909; x=1528724309; h="));
	dkim_sign_key_free(key);
	arena_free(arena);
}

/* As a verifier would: the field with the value of b= cut out, white space reduced, in one line. */
static size_t canonical_by_hand(const char *folded, char *out)
{
	char *start = out;
	const char *b = strstr(folded, "b=");

	while (b[-1] != ' ' && b[-1] != '\t')
		b = strstr(b + 1, "b=");
	out = stpcpy(out, "dkim-signature:");
	for (const char *p = folded; p < b + 2; p++) {
		bool blank = *p == ' ' || *p == '\t' || *p == '\n';

		if (!blank)
			*out++ = *p;
		else if (out[-1] != ' ' && out[-1] != ':')
			*out++ = ' ';
		else if (out[-1] == ':' && out - start > 15)
			*out++ = ' ';
	}
	return (size_t)(out - start);
}

static size_t decode(const char *folded, unsigned char *bytes)
{
	const char *b = strstr(folded, "; b=") != NULL ? strstr(folded, "; b=") + 4 : strstr(folded, ";\n\tb=") + 5;
	char text[1024];
	size_t len = 0, padding = 0;

	for (; *b != '\0'; b++)
		if (*b != ' ' && *b != '\t' && *b != '\n')
			text[len++] = *b;
	text[len] = '\0';
	while (padding < 2 && text[len - 1 - padding] == '=')
		padding++;
	return (size_t)EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len) - padding;
}

static EVP_PKEY *public_of(const struct dkim_sign_key *key, struct arena *arena)
{
	const char *p = strstr(dkim_sign_key_record(arena, key), "p=") + 2;
	unsigned char der[1024];
	const unsigned char *at = der;
	int len = EVP_DecodeBlock(der, (const unsigned char *)p, (int)strlen(p));

	if (dkim_sign_key_type(key) == DKIM_KEY_ED25519)
		return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, der, 32);
	return d2i_PUBKEY(NULL, &at, len);
}

static bool verifies(const struct dkim_sign_key *key, struct arena *arena, struct str canonical, const char *folded)
{
	unsigned char signature[1024], hash[EVP_MAX_MD_SIZE];
	char data[8192];
	size_t signature_len = decode(folded, signature), len = canonical.len;
	EVP_PKEY *pkey = public_of(key, arena);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ed25519 = dkim_sign_key_type(key) == DKIM_KEY_ED25519, good;
	unsigned hash_len;

	memcpy(data, canonical.p, canonical.len);
	len += canonical_by_hand(folded, data + canonical.len);
	assert_int_equal(EVP_Digest(data, len, hash, &hash_len, EVP_sha256(), NULL), 1);
	assert_int_equal(EVP_DigestVerifyInit(context, NULL, ed25519 ? NULL : EVP_sha256(), NULL, pkey), 1);
	good = EVP_DigestVerify(context, signature, signature_len, ed25519 ? hash : (unsigned char *)data,
		ed25519 ? hash_len : len) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pkey);
	return good;
}

static void check_verifies(enum dkim_key_type type)
{
	struct arena *arena = arena_new();
	struct dkim_sign_key *key;
	struct headers headers = read_fields(arena, rfc8463_fields, 8);
	struct dkim_sign_header header = dkim_sign_select(arena, &headers, some, 4);
	struct dkim_sign_task task = { .domain = "a-rather-long-name-of-a-domain.football.example.com", .selector = "brisbane",
				       .body_hash = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=", .signed_at_s = 1528637909 };
	const char *folded;

	assert_int_equal(dkim_sign_key_make(type, 2048, &key), 0);
	task.key = key;
	folded = header_fold(arena, "DKIM-Signature", dkim_sign_field(arena, &task, &header));
	assert_true(verifies(key, arena, header.canonical, folded));
	assert_false(verifies(key, arena, (struct str){ header.canonical.p, header.canonical.len - 1 }, folded));
	for (const char *line = folded; line != NULL; line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1)
		assert_true(strcspn(line, "\n") <= 78);
	dkim_sign_key_free(key);
	arena_free(arena);
}

static void what_is_written_is_what_was_signed(void **state)
{
	(void)state;
	check_verifies(DKIM_KEY_RSA);
	check_verifies(DKIM_KEY_ED25519);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, select_rows, check_select);
	rows_add_one(&rows, "the value has its tags in order", the_value_has_its_tags_in_order, NULL);
	rows_add_one(&rows, "what is written, folded, is what was signed", what_is_written_is_what_was_signed, NULL);
	return rows_run(&rows, "dkim_sign");
}
