/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/domain.h"

#include <errno.h>
#include <idn2.h>
#include <string.h>

#include "milter/mail/utf8.h"

enum {
	LABEL_MAX = 63,
	U_LABEL_MAX = 4 * LABEL_MAX,		/* octets of a label before it is encoded */
	INPUT_MAX = 4 * (DOMAIN_MAX + 1),	/* octets of a name before it is encoded */
};

/* The name as it grows, label by label; text is terminated by domain_normalise. */
struct name {
	char text[DOMAIN_MAX + 2];	/* one more for the dot that the last label leaves */
	size_t len;
};

/* Length in bytes of the label separator that s begins with (UTS 46 2.3), or 0. */
static size_t dot_length(struct str s)
{
	static const struct str dots[] = {
		{ ".", 1 }, { "\xe3\x80\x82", 3 }, { "\xef\xbc\x8e", 3 }, { "\xef\xbd\xa1", 3 },
	};

	for (size_t i = 0; i < sizeof(dots) / sizeof(dots[0]); i++)
		if (str_has_prefix(s, dots[i]))
			return dots[i].len;
	return 0;
}

/* Takes the first label off *rest with the dot behind it. */
static struct str label_next(struct str *rest, bool *ret_had_dot)
{
	struct str label = { rest->p, 0 };
	size_t dot = 0;

	while (label.len < rest->len) {
		char c = rest->p[label.len];

		if (c == '.' || (unsigned char)c >= 0x80)
			dot = dot_length((struct str){ rest->p + label.len, rest->len - label.len });
		if (dot != 0)
			break;
		label.len++;
	}
	*rest = (struct str){ rest->p + label.len + dot, rest->len - label.len - dot };
	*ret_had_dot = dot != 0;
	return label;
}

static bool is_label_byte(char c)
{
	return ascii_is_alnum(c) || c == '-' || c == '_';
}

static bool label_is_clean(struct str label)
{
	if (label.len == 0 || label.len > LABEL_MAX || label.p[0] == '-' || label.p[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!is_label_byte(label.p[i]))
			return false;
	return true;
}

static bool label_is_encoded(struct str label)
{
	return label.len >= 4 && str_equal_nocase((struct str){ label.p, 4 }, STR("xn--"));
}

static bool label_is_ascii(struct str label)
{
	for (size_t i = 0; i < label.len; i++)
		if ((unsigned char)label.p[i] >= 0x80)
			return false;
	return true;
}

/* Writes the A-label of a label in UTF-8 (or of an A-label) to out. Returns a code of libidn2. */
static int idna_lookup(struct str label, char out[LABEL_MAX + 1])
{
	char in[U_LABEL_MAX + 1];
	uint8_t *found = NULL;
	int r;

	if (label.len > U_LABEL_MAX || memchr(label.p, '\0', label.len) != NULL || !utf8_is_valid(label))
		return IDN2_ENCODING_ERROR;
	memcpy(in, label.p, label.len);
	in[label.len] = '\0';
	r = idn2_lookup_u8((const uint8_t *)in, &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (r != IDN2_OK)
		return r;
	if (strlen((const char *)found) > LABEL_MAX)
		r = IDN2_TOO_BIG_LABEL;
	else
		memcpy(out, found, strlen((const char *)found) + 1);
	idn2_free(found);
	return r;
}

/* Is this lower-case label what its own decoding encodes to? Symbols that IDNA2008 no longer allows stand in names that
 * are in use (registered under IDNA2003, emoji): as an A-label such a name is unmistakable, so it passes. */
static bool a_label_is_true(struct str label)
{
	char again[LABEL_MAX + 1];
	int r = idna_lookup(label, again);

	if (r == IDN2_DISALLOWED || r == IDN2_UNASSIGNED)
		return true;
	return r == IDN2_OK && str_equal(str_of(again), label);
}

static int name_append(struct name *name, struct str label)
{
	char *start = name->text + name->len;

	if (!label_is_clean(label) || name->len + label.len > DOMAIN_MAX)
		return -EINVAL;
	for (size_t i = 0; i < label.len; i++)
		start[i] = ascii_lower(label.p[i]);
	start[label.len] = '.';
	name->len += label.len + 1;
	if (label_is_encoded(label) && !a_label_is_true((struct str){ start, label.len }))
		return -EINVAL;
	return 0;
}

static int name_append_any(struct name *name, struct str label)
{
	char encoded[LABEL_MAX + 1];

	if (label_is_ascii(label))
		return name_append(name, label);
	if (idna_lookup(label, encoded) != IDN2_OK)
		return -EINVAL;
	return name_append(name, str_of(encoded));	/* the mapping can make any ASCII: U+2100 is "a/c" */
}

/* What inet_aton(3) takes for a number: decimal, octal, or hexadecimal after 0x. */
static bool label_is_number(struct str label)
{
	bool hex = label.len >= 2 && label.p[0] == '0' && label.p[1] == 'x';

	for (size_t i = hex ? 2 : 0; i < label.len; i++)
		if (!ascii_is_digit(label.p[i]) && !(hex && label.p[i] >= 'a' && label.p[i] <= 'f'))
			return false;
	return true;
}

static struct str name_last_label(const struct name *name)
{
	const char *dot = memrchr(name->text, '.', name->len);
	const char *start = dot == NULL ? name->text : dot + 1;

	return (struct str){ start, (size_t)(name->text + name->len - start) };
}

int domain_normalise(struct arena *arena, struct str in, const char **ret_domain)
{
	struct name name = { .len = 0 };
	bool more = true;

	if (in.len == 0 || in.len > INPUT_MAX)
		return -EINVAL;
	while (more) {
		struct str label = label_next(&in, &more);

		if (!more && label.len == 0 && name.len > 0)
			break;		/* the root's label behind a trailing dot */
		if (name_append_any(&name, label) < 0)
			return -EINVAL;
	}
	name.len--;
	if (label_is_number(name_last_label(&name)))
		return -EINVAL;
	*ret_domain = arena_strndup(arena, name.text, name.len);
	return 0;
}

bool domain_is_below(const char *domain, const char *parent)
{
	size_t domain_len = strlen(domain), parent_len = strlen(parent);

	if (parent_len == 0 || domain_len < parent_len + 2)
		return false;
	domain += domain_len - parent_len;
	return domain[-1] == '.' && strcmp(domain, parent) == 0;
}

bool domain_matches(const char *domain, const char *entry)
{
	if (strcmp(entry, "*") == 0)
		return true;
	if (entry[0] == '.')
		return domain_is_below(domain, entry + 1);
	return strcmp(domain, entry) == 0;
}
