/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/model/message.h"

#include <stdlib.h>
#include <sys/random.h>

const char *direction_name(enum direction direction)
{
	static const char *const names[DIRECTIONS] = { "inbound", "submission", "granted", "local" };

	return names[direction];
}

const char *ground_name(enum ground ground)
{
	static const char *const names[] = { "none", "domain", "auth", "cert", "grant", "local" };

	return names[ground];
}

void message_id_make(char id[MESSAGE_ID_SIZE])
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t random[8];
	char *p = id;

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		abort();	/* eight bytes never fail once the system has booted */
	for (size_t i = 0; i < sizeof(random); i++) {
		if (i == 4)
			*p++ = '-';
		*p++ = letters[random[i] & 31];
	}
	*p = '\0';
}
