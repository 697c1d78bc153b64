/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/spf_record.h"

#include <arpa/inet.h>
#include <errno.h>

#include "milter/mail/spf_macro.h"

static const struct str version = { "v=spf1", 6 };

bool spf_record_is_spf(struct str text)
{
	if (text.len < version.len || !str_equal_nocase((struct str){ text.p, version.len }, version))
		return false;
	return text.len == version.len || text.p[version.len] == ' ';
}

static struct str skip(struct str s, size_t len)
{
	return (struct str){ s.p + len, s.len - len };
}

/* Terms are separated by spaces and nothing else (RFC 7208 4.6.1). */
static struct str next_term(struct str *rest)
{
	size_t start = 0, end;

	while (start < rest->len && rest->p[start] == ' ')
		start++;
	for (end = start; end < rest->len && rest->p[end] != ' ';)
		end++;
	*rest = (struct str){ rest->p + end, rest->len - end };
	return (struct str){ rest->p - (end - start), end - start };
}

/* Octets up to the first of these. */
static size_t length_before(struct str s, const char *stops)
{
	size_t len = 0;

	while (len < s.len && (s.p[len] == '\0' || strchr(stops, s.p[len]) == NULL))
		len++;
	return len;
}

/* "/" and digits, without leading zeros, at the end of *s: takes them off. Returns 0, also when there are none, or -EINVAL. */
static int take_prefix(struct str *s, unsigned max, unsigned *ret_prefix)
{
	unsigned long long prefix;
	size_t start = s->len;
	struct str digits;

	while (start > 0 && ascii_is_digit(s->p[start - 1]))
		start--;
	if (start == 0 || s->p[start - 1] != '/' || start == s->len)
		return 0;
	digits = skip(*s, start);
	if ((digits.len > 1 && digits.p[0] == '0') || str_to_u64(digits, &prefix) < 0 || prefix > max)
		return -EINVAL;
	*ret_prefix = (unsigned)prefix;
	s->len = start - 1;
	return 0;
}

/* dual-cidr-length: "/24", "//64" or "/24//64". */
static int take_prefixes(struct str *s, struct spf_directive *directive)
{
	size_t digits = 0;

	while (digits < s->len && ascii_is_digit(s->p[s->len - 1 - digits]))
		digits++;
	if (digits > 0 && s->len >= digits + 2 && s->p[s->len - digits - 1] == '/' && s->p[s->len - digits - 2] == '/') {
		if (take_prefix(s, 128, &directive->prefix6) < 0)
			return -EINVAL;
		s->len--;
	}
	return take_prefix(s, 32, &directive->prefix4);
}

static const char *read_domain(struct str rest, struct spf_directive *directive)
{
	if (rest.len == 0)
		return NULL;
	if (rest.p[0] != ':' || !spf_macro_is_domain_spec(skip(rest, 1)))
		return "invalid domain-spec";
	directive->target = skip(rest, 1);
	return NULL;
}

static const char *read_all(struct str rest, struct spf_directive *directive)
{
	(void)directive;
	return rest.len == 0 ? NULL : "\"all\" takes no argument";
}

static const char *read_optional_domain(struct str rest, struct spf_directive *directive)
{
	return read_domain(rest, directive);
}

static const char *read_required_domain(struct str rest, struct spf_directive *directive)
{
	return rest.len == 0 ? "a domain-spec is missing" : read_domain(rest, directive);
}

static const char *read_domain_and_prefixes(struct str rest, struct spf_directive *directive)
{
	return take_prefixes(&rest, directive) < 0 ? "invalid prefix length" : read_domain(rest, directive);
}

/* Not ip_parse: for it an IPv4-mapped address is the IPv4 one. */
static bool read_address(struct str rest, int family, struct ip *ret_ip)
{
	char text[IP_TEXT_MAX];

	if (rest.len < 2 || rest.len > sizeof(text) || rest.p[0] != ':' || memchr(rest.p, '\0', rest.len) != NULL)
		return false;
	memcpy(text, rest.p + 1, rest.len - 1);
	text[rest.len - 1] = '\0';
	*ret_ip = (struct ip){ .family = family == AF_INET ? IP_V4 : IP_V6 };
	return inet_pton(family, text, ret_ip->bytes) == 1;
}

static const char *read_ip4(struct str rest, struct spf_directive *directive)
{
	if (take_prefix(&rest, 32, &directive->prefix4) < 0)
		return "invalid prefix length";
	return read_address(rest, AF_INET, &directive->ip) ? NULL : "invalid IPv4 network";
}

static const char *read_ip6(struct str rest, struct spf_directive *directive)
{
	if (take_prefix(&rest, 128, &directive->prefix6) < 0)
		return "invalid prefix length";
	return read_address(rest, AF_INET6, &directive->ip) ? NULL : "invalid IPv6 network";
}

/* Reads what follows the name of a mechanism; returns NULL, or what is wrong. */
typedef const char *(*argument_reader)(struct str rest, struct spf_directive *directive);

static const struct mechanism {
	struct str name;
	argument_reader read;
} mechanisms[] = {
	[SPF_ALL] = { { "all", 3 }, read_all },
	[SPF_INCLUDE] = { { "include", 7 }, read_required_domain },
	[SPF_A] = { { "a", 1 }, read_domain_and_prefixes },
	[SPF_MX] = { { "mx", 2 }, read_domain_and_prefixes },
	[SPF_PTR] = { { "ptr", 3 }, read_optional_domain },
	[SPF_IP4] = { { "ip4", 3 }, read_ip4 },
	[SPF_IP6] = { { "ip6", 3 }, read_ip6 },
	[SPF_EXISTS] = { { "exists", 6 }, read_required_domain },
};

static bool is_qualifier(char c)
{
	return c == '+' || c == '-' || c == '~' || c == '?';
}

static const char *read_directive(struct str term, struct spf_directive *ret_directive)
{
	const bool qualified = is_qualifier(term.p[0]);
	struct str rest = skip(term, qualified ? 1 : 0);
	struct str name = { rest.p, length_before(rest, ":/") };

	*ret_directive = (struct spf_directive){ .text = term, .qualifier = qualified ? term.p[0] : '+', .prefix4 = 32, .prefix6 = 128 };
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
		if (!str_equal_nocase(name, mechanisms[i].name))
			continue;
		ret_directive->mechanism = (enum spf_mechanism)i;
		return mechanisms[i].read(skip(rest, name.len), ret_directive);
	}
	return "unknown mechanism";
}

/* A modifier has a "=" before any ":" and "/" (RFC 7208 4.6.1). */
static bool is_modifier(struct str term, struct str *ret_name, struct str *ret_value)
{
	size_t len = length_before(term, "=:/");

	if (len == term.len || term.p[len] != '=')
		return false;
	*ret_name = (struct str){ term.p, len };
	*ret_value = skip(term, len + 1);
	return true;
}

static bool is_modifier_name(struct str name)
{
	if (name.len == 0 || !ascii_is_alpha(name.p[0]))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!ascii_is_alnum(name.p[i]) && (name.p[i] == '\0' || strchr("-_.", name.p[i]) == NULL))
			return false;
	return true;
}

/* RFC 7208 6: redirect and exp may stand once each. */
static const char *read_once(struct str value, struct str *once)
{
	if (once->p != NULL)
		return "modifier given twice";
	*once = value;
	return spf_macro_is_domain_spec(value) ? NULL : "invalid domain-spec";
}

static const char *read_modifier(struct str name, struct str value, struct spf_record *record)
{
	if (!is_modifier_name(name))
		return "invalid name of a modifier";
	if (str_equal_nocase(name, STR("redirect")))
		return read_once(value, &record->redirect);
	if (str_equal_nocase(name, STR("exp")))
		return read_once(value, &record->exp);
	return spf_macro_is_string(value, SPF_MACRO_TERM) ? NULL : "invalid macro string";
}

int spf_record_read(struct str text, struct spf_record *ret_record, struct spf_problem *ret_problem)
{
	struct spf_record record = { .terms = skip(text, version.len) };
	struct spf_directive directive;
	struct str rest = record.terms, term, name, value;
	bool has_all = false;

	while ((term = next_term(&rest)).len > 0) {
		const char *what;

		if (is_modifier(term, &name, &value)) {
			what = read_modifier(name, value, &record);
		} else {
			what = read_directive(term, &directive);
			has_all |= what == NULL && directive.mechanism == SPF_ALL;
		}
		if (what != NULL) {
			*ret_problem = (struct spf_problem){ .what = what, .term = term };
			return -EINVAL;
		}
	}
	if (has_all)
		record.redirect = (struct str){ NULL, 0 };
	*ret_record = record;
	return 0;
}

bool spf_record_next(struct str *terms, struct spf_directive *ret_directive)
{
	struct str term, name, value;

	while ((term = next_term(terms)).len > 0)
		if (!is_modifier(term, &name, &value))
			return read_directive(term, ret_directive) == NULL;
	return false;
}
