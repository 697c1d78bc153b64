/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dnsbl_codes.h"

#include <errno.h>
#include <stdio.h>

#include "milter/base/ip.h"
#include "milter/base/str.h"

static uint32_t number_of(const struct ip *ip)
{
	return (uint32_t)ip->bytes[0] << 24 | (uint32_t)ip->bytes[1] << 16 | (uint32_t)ip->bytes[2] << 8 | ip->bytes[3];
}

static int address_parse_v4(struct str text, uint32_t *ret_address)
{
	char copy[IP_TEXT_MAX];
	struct ip ip;

	if (text.len >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	if (ip_parse(copy, &ip) < 0 || ip.family != IP_V4)
		return -EINVAL;
	*ret_address = number_of(&ip);
	return 0;
}

static int network_code(const char *text, struct dnsbl_code *code)
{
	struct network network;

	if (network_parse(text, &network) < 0 || network.ip.family != IP_V4)
		return -EINVAL;
	code->first = number_of(&network.ip);
	code->last = network.prefix == 32 ? code->first : code->first | UINT32_MAX >> network.prefix;
	return 0;
}

static int range_code(struct str first, struct str last, struct dnsbl_code *code)
{
	if (address_parse_v4(first, &code->first) < 0 || address_parse_v4(last, &code->last) < 0 || code->first > code->last)
		return -EINVAL;
	return 0;
}

/* "127.0.0." and "12" */
static int mask_code(struct str head, struct str bits, struct dnsbl_code *code)
{
	char network[IP_TEXT_MAX];
	unsigned long long mask;

	if (head.len == 0 || head.len > strlen("127.255.255.") || head.p[head.len - 1] != '.')
		return -EINVAL;
	if (bits.len > 3 || str_to_u64(bits, &mask) < 0 || mask == 0 || mask > 255)
		return -EINVAL;
	(void)snprintf(network, sizeof(network), "%.*s0/24", (int)head.len, head.p);
	code->mask = (uint32_t)mask;
	return network_code(network, code);
}

static int shape_parse(const char *text, struct dnsbl_code *code)
{
	struct str rest = str_of(text), head = str_split(&rest, "&-");

	if (strchr(text, ':') != NULL)
		return -EINVAL;		/* ::ffff:127.0.0.2 would be read as an IPv4 address */
	if (rest.p == NULL)
		return network_code(text, code);
	return rest.p[-1] == '&' ? mask_code(head, rest, code) : range_code(str_trim(head), str_trim(rest), code);
}

int dnsbl_code_parse(const char *text, struct dnsbl_code *ret_code, char *problem)
{
	struct dnsbl_code code = { 0 };

	if (shape_parse(text, &code) < 0) {
		(void)snprintf(problem, CONF_PROBLEM_MAX,
			       "\"%.60s\" is no answer of a list (127.0.0.2, 127.0.0.4-127.0.0.7, 127.0.1.0/24, or 127.0.0.&12 for any of "
			       "these bits)", text);
		return -EINVAL;
	}
	if (code.first >> 24 != 127 || code.last >> 24 != 127) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" is no answer of a list: all of them are in 127.0.0.0/8", text);
		return -EINVAL;
	}
	*ret_code = code;
	return 0;
}

bool dnsbl_code_is_error(uint32_t address)
{
	return address >> 8 == 0x7fffff;
}

int dnsbl_codes_check_any(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	struct dnsbl_code code;

	(void)conf, (void)where, (void)field;
	return dnsbl_code_parse(text, &code, problem);
}

int dnsbl_codes_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	struct dnsbl_code code;

	(void)conf, (void)where, (void)field;
	if (dnsbl_code_parse(text, &code, problem) < 0)
		return -EINVAL;
	if (!dnsbl_code_is_error(code.first))
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" is how a list says that it does not answer (127.255.255.0/24)", text);
	return -EINVAL;
}

struct dnsbl_codes dnsbl_codes_new(struct arena *arena, const struct conf_list *list)
{
	struct dnsbl_code *items = arena_array(arena, list->len, sizeof(*items));
	char problem[CONF_PROBLEM_MAX];

	for (size_t i = 0; i < list->len; i++)
		(void)dnsbl_code_parse(list->items[i].text, &items[i], problem);
	return (struct dnsbl_codes){ items, list->len };
}

static bool code_matches(const struct dnsbl_code *code, uint32_t address)
{
	return address >= code->first && address <= code->last && (code->mask == 0 || (address & code->mask) != 0);
}

bool dnsbl_codes_match(const struct dnsbl_codes *codes, uint32_t address)
{
	for (size_t i = 0; i < codes->len; i++)
		if (code_matches(&codes->items[i], address))
			return true;
	return false;
}

static bool covers(const char *outer_text, const char *inner_text)
{
	struct dnsbl_code outer, inner;
	char problem[CONF_PROBLEM_MAX];

	return dnsbl_code_parse(outer_text, &outer, problem) == 0 && dnsbl_code_parse(inner_text, &inner, problem) == 0 &&
	       outer.mask == 0 && outer.first <= inner.first && outer.last >= inner.last;
}

const char *dnsbl_codes_hidden(const struct conf_list *list, const struct conf_list *other)
{
	for (size_t i = 0; i < list->len; i++)
		for (size_t k = 0; k < other->len; k++)
			if (covers(other->items[k].text, list->items[i].text))
				return list->items[i].text;
	return NULL;
}
