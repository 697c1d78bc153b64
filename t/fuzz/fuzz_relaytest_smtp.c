/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever a server says: a reply has a code and printable lines that all begin with it, or there is an error and nothing more. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "milter/relaytest_smtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
	if (!good)
		abort();
}

static void check(const struct smtp_reply *reply)
{
	char code[4];

	must(reply->code >= 200 && reply->code <= 599 && strlen(reply->text) < SMTP_TEXT_MAX);
	(void)snprintf(code, sizeof(code), "%03u", reply->code % 1000);
	for (const char *line = reply->text; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
		line += *line == '\n';
		must(strncmp(line, code, 3) == 0);
	}
	for (const char *c = reply->text; *c != '\0'; c++)
		must(*c == '\n' || (*c >= ' ' && *c <= '~'));
	(void)smtp_offers(reply, "SMTPUTF8");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_reply reply;
	struct smtp_client *client;
	int fds[2];

	if (size > 16384 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		return 0;
	must(send(fds[1], data, size, MSG_DONTWAIT) == (ssize_t)size);
	(void)close(fds[1]);
	client = smtp_adopt(fds[0], 1000, clock_monotonic_ms() + 1000);
	while (smtp_read(client, &reply) == 0)
		check(&reply);
	must(smtp_read(client, &reply) == -ECONNRESET);
	smtp_close(client);
	return 0;
}
