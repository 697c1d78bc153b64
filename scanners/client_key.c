/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/client_key.h"

#include <stddef.h>

const char *client_key(const struct ip *client, unsigned prefix_v4, unsigned prefix_v6, char text[NETWORK_TEXT_MAX])
{
	unsigned len = client->family == IP_V4 ? 4 : 16;
	struct network network = { .ip = *client, .prefix = client->family == IP_V4 ? prefix_v4 : prefix_v6 };

	if (client->family == IP_NONE)
		return NULL;
	if (network.prefix >= 8 * len)
		return ip_format(client, text);
	network.ip.bytes[network.prefix / 8] &= (uint8_t)(0xff00u >> network.prefix % 8);
	for (unsigned i = network.prefix / 8 + 1; i < len; i++)
		network.ip.bytes[i] = 0;
	return network_format(&network, text);
}
