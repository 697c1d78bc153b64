/* SPDX-License-Identifier: GPL-2.0-or-later */
/* client_key.h - under which name a client is counted: one who can choose among many addresses must not get a counter for each. */
#ifndef OCTROI_SCANNERS_CLIENT_KEY_H
#define OCTROI_SCANNERS_CLIENT_KEY_H

#include "milter/base/ip.h"

/* The network of client with that prefix (IPv4 or IPv6), or the address alone where it is all of it. Returns text, or NULL for a client
 * without an address. */
const char *client_key(const struct ip *client, unsigned prefix_v4, unsigned prefix_v6, char text[NETWORK_TEXT_MAX]);

#endif
