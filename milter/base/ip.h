/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ip.h - IP addresses and networks (RFC 4291, RFC 5952 text).
 *
 * An IPv4-mapped IPv6 address (::ffff:192.0.2.1) is the IPv4 address, everywhere and always. */
#ifndef OCTROI_BASE_IP_H
#define OCTROI_BASE_IP_H

#include <stdbool.h>
#include <stdint.h>

struct sockaddr;

enum ip_family { IP_NONE, IP_V4, IP_V6 };

struct ip {
	enum ip_family family;
	uint8_t bytes[16];	/* network order; the first 4 for IPv4 */
};

struct network {
	struct ip ip;		/* host bits are zero */
	unsigned prefix;	/* 0..32 or 0..128 */
};

#define IP_TEXT_MAX 46
#define NETWORK_TEXT_MAX 50

/* Strict text: dotted decimal without leading zeros, or RFC 4291 without a scope ("%eth0").
 * Returns 0, or -EINVAL. */
int ip_parse(const char *text, struct ip *ret_ip);

/* From an AF_INET or AF_INET6 socket address; any other family (or NULL) gives IP_NONE. */
struct ip ip_from_sockaddr(const struct sockaddr *addr);

/* Writes at most IP_TEXT_MAX bytes and returns text; IP_NONE is "unknown". */
const char *ip_format(const struct ip *ip, char text[IP_TEXT_MAX]);

bool ip_equal(const struct ip *a, const struct ip *b);
bool ip_is_loopback(const struct ip *ip);

/* 0.0.0.0 or ::, which no host has: a program that listens there says so of itself. */
bool ip_is_unspecified(const struct ip *ip);

/* "192.0.2.0/24", "2001:db8::/32" or a single address.
 * Returns 0, -EINVAL for what is no network, -ERANGE for a prefix that is too long,
 * -EDOM for host bits that are set: ret_network is then the network the writer probably meant. */
int network_parse(const char *text, struct network *ret_network);

bool network_contains(const struct network *network, const struct ip *ip);
const char *network_format(const struct network *network, char text[NETWORK_TEXT_MAX]);

#endif
