/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/dkim_signature.h"

#include <errno.h>

#include "milter/mail/domain.h"

#define SHA1_SIZE 20
#define SHA256_SIZE 32
#define ED25519_SIZE 64		/* RFC 8032 5.1.6 */

/* What reads a tag: it returns NULL or what is wrong. */
struct reading {
	struct arena *arena;
	const struct dkim_tags *tags;
	struct dkim_signature *signature;
};

static const struct dkim_tag *find(const struct reading *reading, const char *name)
{
	return dkim_tags_find(reading->tags, name);
}

static const char *read_version(const struct reading *reading)
{
	const struct dkim_tag *tag = find(reading, "v");

	if (tag == NULL)
		return "tag v is missing";
	return dkim_tag_is(tag, "1") ? NULL : "tag v is not 1";
}

static const char *read_algorithm(const struct reading *reading)
{
	static const char *const names[] = {
		[DKIM_RSA_SHA256] = "rsa-sha256", [DKIM_ED25519_SHA256] = "ed25519-sha256", [DKIM_RSA_SHA1] = "rsa-sha1" };
	const struct dkim_tag *tag = find(reading, "a");

	if (tag == NULL)
		return "tag a is missing";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!str_equal_nocase(tag->value, str_of(names[i])))
			continue;
		reading->signature->algorithm = (enum dkim_algorithm)i;
		reading->signature->algorithm_name = names[i];
		return NULL;
	}
	return "tag a is no known algorithm";
}

static bool read_canon(struct str word, bool *ret_relaxed)
{
	*ret_relaxed = str_equal_nocase(word, STR("relaxed"));
	return *ret_relaxed || str_equal_nocase(word, STR("simple"));
}

static const char *read_canonicalization(const struct reading *reading)
{
	const struct dkim_tag *tag = find(reading, "c");
	struct str body, header;

	if (tag == NULL)
		return NULL;	/* simple/simple */
	body = tag->value;
	header = str_split(&body, "/");
	if (!read_canon(header, &reading->signature->header_relaxed))
		return "tag c is no known canonicalization";
	if (body.p != NULL && !read_canon(body, &reading->signature->body_relaxed))
		return "tag c is no known canonicalization";
	return NULL;
}

/* A name of the DNS in ASCII. Nothing is dropped from it: a trailing dot, a NUL or a comment would be, by somebody. */
static bool is_plain(struct str name, bool underscores)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];

		if (!ascii_is_alnum(c) && c != '-' && c != '.' && !(underscores && c == '_'))
			return false;
	}
	return name.len > 0 && name.p[name.len - 1] != '.';
}

static const char *read_domain(const struct reading *reading)
{
	const struct dkim_tag *tag = find(reading, "d");
	const char *domain;

	if (tag == NULL)
		return "tag d is missing";
	if (!is_plain(tag->value, false) || domain_normalise(reading->arena, tag->value, &domain) < 0)
		return "tag d is no domain name";
	reading->signature->domain = domain;
	return NULL;
}

static bool is_selector(struct str selector)
{
	struct str rest = selector;

	if (!is_plain(selector, true))
		return false;
	while (rest.p != NULL) {
		struct str label = str_split(&rest, ".");

		if (label.len == 0 || label.len > 63)
			return false;
	}
	return true;
}

/* Selectors may be numbers, which no domain name may end in. */
static const char *read_selector(const struct reading *reading)
{
	const struct dkim_tag *tag = find(reading, "s");
	char *selector;

	if (tag == NULL)
		return "tag s is missing";
	if (!is_selector(tag->value))
		return "tag s is no selector";
	if (tag->value.len + strlen("._domainkey.") + strlen(reading->signature->domain) > DOMAIN_MAX)
		return "tags s and d are too long";
	selector = arena_strndup(reading->arena, tag->value.p, tag->value.len);
	for (char *p = selector; *p != '\0'; p++)
		*p = ascii_lower(*p);
	reading->signature->selector = selector;
	return NULL;
}

static const char *read_identity(const struct reading *reading)
{
	const struct dkim_tag *tag = find(reading, "i");
	const char *identity, *at, *domain = reading->signature->domain;
	struct str host;

	reading->signature->identity_domain = domain;
	if (tag == NULL)
		return NULL;
	at = memrchr(tag->value.p, '@', tag->value.len);	/* the last one: a quoted local part may hold some */
	if (at == NULL)
		return "tag i is no address";
	host = (struct str){ at + 1, tag->value.len - (size_t)(at + 1 - tag->value.p) };
	if (!is_plain(host, false) || domain_normalise(reading->arena, host, &identity) < 0)
		return "tag i is no address";
	if (strcmp(identity, domain) != 0 && !domain_is_below(identity, domain))
		return "tag i is not within tag d";
	reading->signature->identity_domain = identity;
	return NULL;
}

/* RFC 6376 3.5: h=; a field's name as RFC 5322 2.2 has it. */
static bool is_field_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] < '!' || name.p[i] > '~')
			return false;
	return name.len > 0;
}

static const char *read_fields(const struct reading *reading)
{
	const struct dkim_tag *tag = find(reading, "h");
	struct dkim_signature *signature = reading->signature;
	struct str *fields, rest;

	if (tag == NULL)
		return "tag h is missing";
	if (tag->value.len > DKIM_H_MAX)
		return "tag h is too long";
	fields = arena_array(reading->arena, DKIM_FIELDS_MAX, sizeof(*fields));
	signature->fields = fields;
	rest = tag->value;
	while (rest.p != NULL) {
		struct str name = str_trim(str_split(&rest, ":"));

		if (!is_field_name(name))
			return "tag h holds what is no field name";
		if (signature->fields_len == DKIM_FIELDS_MAX)
			return "tag h is too long";
		fields[signature->fields_len++] = name;
	}
	return dkim_signature_signs(signature, "From") > 0 ? NULL : "tag h does not hold From";
}

static void keep_b_start(struct dkim_signature *signature, struct str b)
{
	size_t len = 0;

	for (size_t i = 0; i < b.len && len < sizeof(signature->b_start) - 1; i++)
		if (!ascii_is_space(b.p[i]))
			signature->b_start[len++] = b.p[i];
}

static bool decode(struct arena *arena, struct str text, size_t max, struct str *ret_bytes)
{
	size_t size = text.len / 4 * 3 + 3;
	uint8_t *bytes = arena_alloc(arena, size);

	if (dkim_base64_decode(text, bytes, size, &ret_bytes->len) < 0 || ret_bytes->len == 0 || ret_bytes->len > max)
		return false;
	ret_bytes->p = (const char *)bytes;
	return true;
}

static const char *read_hashes(const struct reading *reading)
{
	const struct dkim_tag *b = find(reading, "b"), *bh = find(reading, "bh");
	struct dkim_signature *signature = reading->signature;

	if (b == NULL || bh == NULL)
		return b == NULL ? "tag b is missing" : "tag bh is missing";
	keep_b_start(signature, b->value);
	if (!decode(reading->arena, b->value, DKIM_B_MAX, &signature->b))
		return "tag b is no signature";
	if (signature->algorithm == DKIM_ED25519_SHA256 && signature->b.len != ED25519_SIZE)
		return "tag b is no Ed25519 signature";
	if (!decode(reading->arena, bh->value, SHA256_SIZE, &signature->bh) ||
	    signature->bh.len != (signature->algorithm == DKIM_RSA_SHA1 ? SHA1_SIZE : SHA256_SIZE))
		return "tag bh is no hash";
	return NULL;
}

static const char *read_query(const struct reading *reading)
{
	const struct dkim_tag *tag = find(reading, "q");

	return tag == NULL || dkim_list_has(tag->value, "dns/txt") ? NULL : "tag q knows no way to the key that is ours, dns/txt";
}

/* 1 to max digits; what is beyond 64 bits is UINT64_MAX. */
static bool read_number(struct str text, size_t max, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (text.len == 0 || text.len > max)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!ascii_is_digit(text.p[i]))
			return false;
		if (__builtin_mul_overflow(number, 10u, &number) || __builtin_add_overflow(number, (uint64_t)(text.p[i] - '0'), &number))
			number = UINT64_MAX;
	}
	*ret_number = number;
	return true;
}

static const char *read_length(const struct reading *reading)
{
	const struct dkim_tag *tag = find(reading, "l");

	if (tag == NULL)
		return NULL;
	reading->signature->has_length = true;
	return read_number(tag->value, 76, &reading->signature->length) ? NULL : "tag l is no number";
}

static const char *read_times(const struct reading *reading)
{
	const struct dkim_tag *t = find(reading, "t"), *x = find(reading, "x");
	struct dkim_signature *signature = reading->signature;

	signature->has_timestamp = t != NULL;
	signature->has_expiry = x != NULL;
	if (t != NULL && !read_number(t->value, 76, &signature->timestamp))
		return "tag t is no time";
	if (x != NULL && !read_number(x->value, 76, &signature->expiry))
		return "tag x is no time";
	return t != NULL && x != NULL && signature->expiry <= signature->timestamp ? "tag x is not later than tag t" : NULL;
}

/* What names the signature comes first, so that the others' faults can be told with its name. */
static const char *(*const readings[])(const struct reading *) = {
	read_domain, read_selector, read_version, read_algorithm, read_hashes, read_canonicalization, read_identity, read_fields, read_query,
	read_length, read_times,
};

int dkim_signature_parse(struct arena *arena, struct str value, struct dkim_signature *ret_signature, const char **ret_problem)
{
	struct dkim_tags *tags = arena_new_of(arena, struct dkim_tags);
	const struct reading reading = { arena, tags, ret_signature };
	const char *problem = NULL;
	int r;

	*ret_signature = (struct dkim_signature){ .algorithm_name = "", .domain = "", .selector = "", .identity_domain = "" };
	if (value.len > DKIM_SIGNATURE_MAX) {
		*ret_problem = "the field is too long";
		return -EINVAL;
	}
	value.p = arena_strndup(arena, value.p, value.len);
	r = dkim_tags_parse(value, tags, ret_problem);
	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]) && r == 0; i++) {
		problem = readings[i](&reading);
		r = problem == NULL ? 0 : -EINVAL;
	}
	if (problem != NULL)
		*ret_problem = problem;
	return r;
}

const char *dkim_signature_untimely(const struct dkim_signature *signature, uint64_t now_s)
{
	if (signature->has_timestamp && signature->timestamp > now_s + DKIM_SKEW_S)
		return "the signature is from the future";
	if (signature->has_expiry && signature->expiry < now_s && now_s - signature->expiry > DKIM_SKEW_S)
		return "the signature has expired";
	return NULL;
}

size_t dkim_signature_signs(const struct dkim_signature *signature, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < signature->fields_len; i++)
		count += str_equal_nocase(signature->fields[i], str_of(name));
	return count;
}
