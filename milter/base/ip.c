/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "milter/base/str.h"

static struct ip from_v4(const void *bytes)
{
	struct ip ip = { .family = IP_V4 };

	memcpy(ip.bytes, bytes, 4);
	return ip;
}

static struct ip from_v6(const void *bytes)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	struct ip ip = { .family = IP_V6 };

	if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return from_v4((const uint8_t *)bytes + sizeof(mapped));
	memcpy(ip.bytes, bytes, 16);
	return ip;
}

int ip_parse(const char *text, struct ip *ret_ip)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		*ret_ip = from_v4(bytes);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		*ret_ip = from_v6(bytes);
	else
		return -EINVAL;
	return 0;
}

struct ip ip_from_sockaddr(const struct sockaddr *addr)
{
	if (addr != NULL && addr->sa_family == AF_INET)
		return from_v4(&((const struct sockaddr_in *)(const void *)addr)->sin_addr);
	if (addr != NULL && addr->sa_family == AF_INET6)
		return from_v6(&((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr);
	return (struct ip){ .family = IP_NONE };
}

const char *ip_format(const struct ip *ip, char text[IP_TEXT_MAX])
{
	if (ip->family == IP_NONE || inet_ntop(ip->family == IP_V4 ? AF_INET : AF_INET6, ip->bytes, text, IP_TEXT_MAX) == NULL)
		(void)snprintf(text, IP_TEXT_MAX, "unknown");
	return text;
}

static unsigned family_bits(enum ip_family family)
{
	return family == IP_V4 ? 32 : 128;
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, family_bits(a->family) / 8) == 0;
}

bool ip_is_loopback(const struct ip *ip)
{
	static const uint8_t v6_loopback[16] = { [15] = 1 };

	if (ip->family == IP_V4)
		return ip->bytes[0] == 127;
	return ip->family == IP_V6 && memcmp(ip->bytes, v6_loopback, 16) == 0;
}

bool ip_is_unspecified(const struct ip *ip)
{
	static const uint8_t zero[16];

	return ip->family != IP_NONE && memcmp(ip->bytes, zero, family_bits(ip->family) / 8) == 0;
}

static bool clear_host_bits(struct network *network)
{
	unsigned bits = family_bits(network->ip.family);
	bool had_some = false;

	for (unsigned bit = network->prefix; bit < bits; bit++) {
		uint8_t mask = (uint8_t)(0x80u >> (bit % 8));

		had_some |= (network->ip.bytes[bit / 8] & mask) != 0;
		network->ip.bytes[bit / 8] &= (uint8_t)~mask;
	}
	return had_some;
}

/* A prefix is written for the text as it stands: ::ffff:10.0.0.0/104 is 10.0.0.0/8. */
static int prefix_parse(const char *digits, bool written_as_v6, struct network *network)
{
	unsigned long long prefix;
	unsigned offset = written_as_v6 && network->ip.family == IP_V4 ? 96 : 0;

	if (strlen(digits) > 3 || (digits[0] == '0' && digits[1] != '\0') || str_to_u64(str_of(digits), &prefix) < 0)
		return -EINVAL;
	if (prefix < offset || prefix > family_bits(network->ip.family) + offset)
		return -ERANGE;
	network->prefix = (unsigned)prefix - offset;
	return 0;
}

int network_parse(const char *text, struct network *ret_network)
{
	const char *slash = strchr(text, '/');
	char address[IP_TEXT_MAX];
	struct network network;
	size_t len = slash == NULL ? strlen(text) : (size_t)(slash - text);
	int r;

	if (len >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, len);
	address[len] = '\0';
	r = ip_parse(address, &network.ip);
	if (r < 0)
		return r;
	network.prefix = family_bits(network.ip.family);
	if (slash != NULL)
		r = prefix_parse(slash + 1, strchr(address, ':') != NULL, &network);
	if (r < 0)
		return r;
	if (clear_host_bits(&network))
		r = -EDOM;
	*ret_network = network;
	return r;
}

bool network_contains(const struct network *network, const struct ip *ip)
{
	unsigned whole = network->prefix / 8, rest = network->prefix % 8;

	if (network->ip.family != ip->family || memcmp(network->ip.bytes, ip->bytes, whole) != 0)
		return false;
	return rest == 0 || ((network->ip.bytes[whole] ^ ip->bytes[whole]) & (0xffu << (8 - rest)) & 0xffu) == 0;
}

const char *network_format(const struct network *network, char text[NETWORK_TEXT_MAX])
{
	char address[IP_TEXT_MAX];

	(void)snprintf(text, NETWORK_TEXT_MAX, "%s/%u", ip_format(&network->ip, address), network->prefix);
	return text;
}
