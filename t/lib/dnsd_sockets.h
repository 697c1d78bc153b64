/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dnsd_sockets.h - the sockets of the scripted name server: UDP and TCP on several addresses, all with one port. */
#ifndef OCTROI_T_DNSD_SOCKETS_H
#define OCTROI_T_DNSD_SOCKETS_H

#include <stdint.h>

#include "t/lib/dnsd.h"

struct dnsd_sockets {
	size_t len;
	int udp[DNSD_ADDRESSES_MAX + 1], tcp[DNSD_ADDRESSES_MAX + 1];
	uint16_t port;
};

/* 127.0.0.1, and the others up to the first NULL. Aborts when the port is taken, or none is free. */
struct dnsd_sockets dnsd_sockets_open(uint16_t port, const char *const addresses[DNSD_ADDRESSES_MAX]);
void dnsd_sockets_close(struct dnsd_sockets *sockets);

#endif
