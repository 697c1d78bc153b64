/* SPDX-License-Identifier: GPL-2.0-or-later */
/* alert_server.h - a mail server of a test on loopback, in a thread: plays a script, keeps what it was told. */
#ifndef OCTROI_UNIT_ALERT_SERVER_H
#define OCTROI_UNIT_ALERT_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "t/unit/rows.h"

#define SERVER_STEPS 10

/* What it answers to the connection, and to each command: a line without its end; "" closes the connection; NULL: as a good server does. */
struct server_script {
	const char *greeting, *ehlo, *mail, *rcpt, *data, *text;
};

struct server {
	const struct server_script *_Atomic script;	/* may be changed between connections */
	int listen_fd;
	char port[8];
	pthread_t thread;
	atomic_uint connections, accepted;	/* mails that got 250 */
	pthread_mutex_t lock;
	char commands[4000];			/* of all connections, "|" between */
	char mail[20000];			/* the last one, as it was sent */
};

static inline const char *server_or(const char *scripted, const char *good)
{
	return scripted != NULL ? scripted : good;
}

static inline bool server_say(FILE *stream, const char *line)
{
	if (line[0] == '\0')
		return false;
	(void)fprintf(stream, "%s\r\n", line);
	return fflush(stream) == 0;
}

static inline void server_note(struct server *server, const char *line)
{
	size_t len = strlen(server->commands);

	(void)pthread_mutex_lock(&server->lock);
	(void)snprintf(server->commands + len, sizeof(server->commands) - len, "%.*s|", (int)strcspn(line, "\r\n"), line);
	(void)pthread_mutex_unlock(&server->lock);
}

static inline bool server_take_mail(struct server *server, FILE *in)
{
	char line[2000];

	(void)pthread_mutex_lock(&server->lock);
	server->mail[0] = '\0';
	while (fgets(line, sizeof(line), in) != NULL && strcmp(line, ".\r\n") != 0)
		if (strlen(server->mail) + strlen(line) < sizeof(server->mail))
			(void)strcat(server->mail, line);
	(void)pthread_mutex_unlock(&server->lock);
	return strcmp(line, ".\r\n") == 0;
}

static inline bool server_answer(struct server *server, const char *line, FILE *in, FILE *out)
{
	const struct server_script *script = server->script;

	if (strncmp(line, "EHLO", 4) == 0)
		return server_say(out, server_or(script->ehlo, "250-server\r\n250 SIZE"));
	if (strncmp(line, "MAIL", 4) == 0)
		return server_say(out, server_or(script->mail, "250 ok"));
	if (strncmp(line, "RCPT", 4) == 0)
		return server_say(out, server_or(script->rcpt, "250 ok"));
	if (strncmp(line, "DATA", 4) == 0) {
		if (!server_say(out, server_or(script->data, "354 go on")))
			return false;
		if (script->data != NULL && script->data[0] != '3')
			return true;
		if (!server_take_mail(server, in))
			return false;
		if (server_or(script->text, "250")[0] == '2')
			(void)atomic_fetch_add(&server->accepted, 1);
		return server_say(out, server_or(script->text, "250 ok"));
	}
	return server_say(out, strncmp(line, "QUIT", 4) == 0 ? "221 bye" : "250 ok");
}

static inline void server_talk(struct server *server, int fd)
{
	FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
	char line[2000];

	if (server_say(out, server_or(server->script->greeting, "220 server")))
		while (fgets(line, sizeof(line), in) != NULL) {
			server_note(server, line);
			if (!server_answer(server, line, in, out))
				break;
		}
	(void)fclose(in);
	(void)fclose(out);
}

static inline void *server_thread(void *arg)
{
	struct server *server = arg;
	int fd;

	while ((fd = accept(server->listen_fd, NULL, NULL)) >= 0) {
		(void)atomic_fetch_add(&server->connections, 1);
		server_talk(server, fd);
	}
	return NULL;
}

static inline void server_start(struct server *server, const struct server_script *script)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	memset(server, 0, sizeof(*server));
	server->script = script;
	(void)pthread_mutex_init(&server->lock, NULL);
	server->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->listen_fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(server->listen_fd, 10), 0);
	assert_int_equal(getsockname(server->listen_fd, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(server->port, sizeof(server->port), "%u", ntohs(address.sin_port));
	assert_int_equal(pthread_create(&server->thread, NULL, server_thread, server), 0);
}

static inline void server_stop(struct server *server)
{
	(void)shutdown(server->listen_fd, SHUT_RDWR);
	(void)pthread_join(server->thread, NULL);
	(void)close(server->listen_fd);
	(void)pthread_mutex_destroy(&server->lock);
}

#endif
