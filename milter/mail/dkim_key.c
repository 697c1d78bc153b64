/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/dkim_key.h"

#include <errno.h>

#define ED25519_KEY_SIZE 32	/* RFC 8032 5.1.5 */

enum der { DER_INTEGER = 0x02, DER_BIT_STRING = 0x03, DER_SEQUENCE = 0x30 };

/* Takes one element of that tag from the start of *in. */
static bool der_take(struct str *in, enum der tag, struct str *ret_content)
{
	size_t at = 2, len, bytes;

	if (in->len < 2 || (unsigned char)in->p[0] != (unsigned)tag)
		return false;
	len = (unsigned char)in->p[1];
	if (len >= 0x80) {
		bytes = len & 0x7f;
		if (bytes == 0 || bytes > 2 || in->len < 2 + bytes)
			return false;
		for (len = 0; at < 2 + bytes; at++)
			len = len << 8 | (unsigned char)in->p[at];
	}
	if (len > in->len - at)
		return false;
	*ret_content = (struct str){ in->p + at, len };
	*in = (struct str){ in->p + at + len, in->len - at - len };
	return true;
}

/* A positive number, without the zero that keeps it so. */
static bool der_take_number(struct str *in, struct str *ret_number)
{
	if (!der_take(in, DER_INTEGER, ret_number) || ret_number->len == 0 || (ret_number->p[0] & 0x80) != 0)
		return false;
	while (ret_number->len > 0 && ret_number->p[0] == 0) {
		ret_number->p++;
		ret_number->len--;
	}
	return ret_number->len > 0;
}

static unsigned bits_of(struct str number)
{
	unsigned bits = (unsigned)number.len * 8;

	for (unsigned top = 0x80; top > 0 && ((unsigned char)number.p[0] & top) == 0; top >>= 1)
		bits--;
	return bits;
}

static bool is_odd(struct str number)
{
	return (number.p[number.len - 1] & 1) != 0;
}

/* RSAPublicKey: its numbers, and nothing after them. */
static const char *read_rsa(struct str der, struct dkim_key *key)
{
	struct str content, modulus, exponent;

	key->bytes = der;
	if (!der_take(&der, DER_SEQUENCE, &content) || der.len != 0 || !der_take_number(&content, &modulus) ||
	    !der_take_number(&content, &exponent) || content.len != 0)
		return "tag p is no RSA key";
	key->bits = bits_of(modulus);
	if (!is_odd(modulus) || !is_odd(exponent) || bits_of(exponent) < 2 || bits_of(exponent) > 32)
		return "tag p is an RSA key with odd numbers";
	return NULL;
}

/* RFC 6376 3.6.1 says RSAPublicKey, its example and nearly everybody have it inside a SubjectPublicKeyInfo. */
static struct str without_info(struct str der)
{
	static const char algorithm[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";	/* rsaEncryption */
	struct str rest = der, content, identifier, bits;

	if (!der_take(&rest, DER_SEQUENCE, &content) || rest.len != 0 || !der_take(&content, DER_SEQUENCE, &identifier) ||
	    !str_has_prefix(identifier, STR(algorithm)) || !der_take(&content, DER_BIT_STRING, &bits) || content.len != 0 || bits.len == 0 ||
	    bits.p[0] != 0)
		return der;
	return (struct str){ bits.p + 1, bits.len - 1 };
}

static const char *read_bytes(struct arena *arena, struct str p, struct dkim_key *key)
{
	size_t size = p.len / 4 * 3 + 3, len;
	uint8_t *bytes = arena_alloc(arena, size);

	if (p.len == 0)
		return "the key is revoked";	/* RFC 6376 3.6.1: p= */
	if (dkim_base64_decode(p, bytes, size, &len) < 0)
		return "tag p is no base64";
	key->bytes = (struct str){ (const char *)bytes, len };
	if (key->type == DKIM_KEY_RSA)
		return read_rsa(without_info(key->bytes), key);
	key->bits = 256;
	return len == ED25519_KEY_SIZE ? NULL : "tag p is no Ed25519 key";
}

static const char *read_type(const struct dkim_tags *tags, struct dkim_key *key)
{
	const struct dkim_tag *k = dkim_tags_find(tags, "k");

	key->type = k != NULL && str_equal_nocase(k->value, STR("ed25519")) ? DKIM_KEY_ED25519 : DKIM_KEY_RSA;
	return k == NULL || key->type == DKIM_KEY_ED25519 || str_equal_nocase(k->value, STR("rsa")) ? NULL : "tag k is no known type of key";
}

static const char *read_uses(const struct dkim_tags *tags, struct dkim_key *key)
{
	const struct dkim_tag *h = dkim_tags_find(tags, "h"), *s = dkim_tags_find(tags, "s"), *t = dkim_tags_find(tags, "t");

	key->sha256 = h == NULL || dkim_list_has(h->value, "sha256");
	key->testing = t != NULL && dkim_list_has(t->value, "y");
	key->same_domain = t != NULL && dkim_list_has(t->value, "s");
	if (s != NULL && !dkim_list_has(s->value, "*") && !dkim_list_has(s->value, "email"))
		return "tag s says that the key is not for mail";
	return NULL;
}

static const char *read_record(struct arena *arena, const struct dkim_tags *tags, struct dkim_key *key)
{
	const struct dkim_tag *v = dkim_tags_find(tags, "v"), *p = dkim_tags_find(tags, "p");
	const char *problem = NULL;

	if (v != NULL && !dkim_tag_is(v, "DKIM1"))
		return "tag v is not DKIM1";
	if (v != NULL && v != &tags->items[0])
		return "tag v is not the first tag";	/* RFC 6376 3.6.1 */
	if (p == NULL)
		return "tag p is missing";
	problem = read_type(tags, key);
	if (problem == NULL)
		problem = read_uses(tags, key);
	return problem != NULL ? problem : read_bytes(arena, p->value, key);
}

bool dkim_key_is_one(struct str record)
{
	const struct dkim_tag *version;
	struct dkim_tags tags;
	const char *problem;

	if (record.len > DKIM_KEY_RECORD_MAX)
		return true;
	(void)dkim_tags_parse(record, &tags, &problem);
	version = dkim_tags_find(&tags, "v");
	return version != NULL ? str_has_prefix(version->value, STR("DKIM")) : dkim_tags_find(&tags, "p") != NULL;
}

int dkim_key_parse(struct arena *arena, struct str record, struct dkim_key *ret_key, const char **ret_problem)
{
	struct dkim_tags tags;
	const char *problem;

	*ret_key = (struct dkim_key){ .bits = 0 };
	if (record.len > DKIM_KEY_RECORD_MAX) {
		*ret_problem = "the record is too long";
		return -EINVAL;
	}
	if (dkim_tags_parse(record, &tags, ret_problem) < 0)
		return -EINVAL;
	problem = read_record(arena, &tags, ret_key);
	if (problem != NULL)
		*ret_problem = problem;
	return problem == NULL ? 0 : -EINVAL;
}

const char *dkim_key_unfit(const struct dkim_key *key, const struct dkim_signature *signature)
{
	enum dkim_key_type needed = signature->algorithm == DKIM_ED25519_SHA256 ? DKIM_KEY_ED25519 : DKIM_KEY_RSA;

	if (key->type != needed)
		return "the key is of another type than the signature";
	if (!key->sha256)
		return "the key does not allow SHA-256";
	if (key->same_domain && strcmp(signature->identity_domain, signature->domain) != 0)
		return "the key does not allow names below tag d in tag i";
	return NULL;
}
