/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/doctor_socket.h"

#include <string.h>

#include "milter/settings.h"

static const char *queue_directory(const struct doctor_facts *facts)
{
	const char *directory = postfix_get(&facts->postfix, NULL, "queue_directory");

	return directory == NULL ? "/var/spool/postfix" : directory;
}

static bool is_any(const char *host)
{
	return host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

static bool same_host(struct arena *arena, struct str host, const char *ours)
{
	const char *text = arena_strndup(arena, host.p, host.len);
	struct ip a, b;

	if (text[0] == '[')
		text = arena_strndup(arena, text + 1, strcspn(text + 1, "]"));
	if (ascii_equal(text, "localhost"))
		text = "127.0.0.1";
	if (ascii_equal(ours, "localhost"))
		ours = "127.0.0.1";
	if (is_any(ours))
		return true;
	return ascii_equal(text, ours) || (ip_parse(text, &a) == 0 && ip_parse(ours, &b) == 0 && ip_equal(&a, &b));
}

/* Postfix writes inet:host:port, libmilter inet:port@host. */
static bool inet_is_ours(struct arena *arena, struct str address, const struct listen_address *ours)
{
	const char *colon = memrchr(address.p, ':', address.len);
	unsigned long long port;

	if (colon == NULL || ours->family == LISTEN_UNIX ||
	    str_to_u64((struct str){ colon + 1, address.len - (size_t)(colon + 1 - address.p) }, &port) < 0)
		return false;
	return port == ours->port && same_host(arena, (struct str){ address.p, (size_t)(colon - address.p) }, ours->host);
}

/* { unix:path, command_timeout = 10s } has the address first. */
static struct str address_of(struct str word)
{
	return str_trim(str_split(&word, ","));
}

static const char *joined(const struct doctor_facts *facts, const char *path)
{
	return arena_printf(facts->arena, "%s%s%s", queue_directory(facts), path[0] == '/' ? "" : "/", path);
}

static bool word_is_ours(const struct doctor_facts *facts, struct str word, const struct listen_address *ours, const char **ret_path)
{
	struct str address = address_of(word), family = str_split(&address, ":");
	const char *path;

	if (address.p == NULL)
		return false;
	if (str_equal(family, STR("inet")) || str_equal(family, STR("inet6"))) {
		*ret_path = "";
		return inet_is_ours(facts->arena, address, ours);
	}
	*ret_path = path = arena_strndup(facts->arena, address.p, address.len);
	if (ours->family != LISTEN_UNIX || (!str_equal(family, STR("unix")) && !str_equal(family, STR("local"))))
		return false;
	return strcmp(path, ours->path) == 0 || strcmp(joined(facts, path), ours->path) == 0;
}

static bool find(const struct doctor_facts *facts, const char *value, const char **ret_path)
{
	struct str rest = str_of(value), word;
	struct listen_address ours;

	if (facts->filter.listen == NULL || listen_address_parse(facts->filter.listen, &ours) < 0)
		return false;
	while (postfix_word(&rest, &word))
		if (word_is_ours(facts, word, &ours, ret_path))
			return true;
	return false;
}

bool doctor_socket_among(const struct doctor_facts *facts, const char *value)
{
	const char *path;

	return find(facts, value, &path);
}

bool doctor_socket_path(const struct doctor_facts *facts, const struct postfix_service *service, const char *value, const char **ret_path)
{
	if (!find(facts, value, ret_path))
		return false;
	if ((*ret_path)[0] != '\0' && ((*ret_path)[0] != '/' || (service != NULL && service->is_chroot)))
		*ret_path = joined(facts, *ret_path);
	return true;
}

bool doctor_socket_is_ours(const struct doctor_facts *facts, const char *socket)
{
	struct listen_address ours, other;

	if (facts->filter.listen == NULL || listen_address_parse(facts->filter.listen, &ours) < 0 || listen_address_parse(socket, &other) < 0)
		return false;
	if (ours.family == LISTEN_UNIX || other.family == LISTEN_UNIX)
		return ours.family == other.family && strcmp(ours.path, other.path) == 0;
	return ours.port == other.port && (is_any(other.host) || same_host(facts->arena, str_of(other.host), ours.host));
}

const char *doctor_socket_for_postfix(struct arena *arena, const struct doctor_facts *facts)
{
	const char *queue = queue_directory(facts);
	struct listen_address ours;
	size_t len = strlen(queue);

	if (facts->filter.listen == NULL || listen_address_parse(facts->filter.listen, &ours) < 0)
		return "unix:octroi/octroi.sock";
	if (ours.family != LISTEN_UNIX)
		return arena_printf(arena, "inet:%s:%u", is_any(ours.host) ? "127.0.0.1" : ours.host, ours.port);
	if (strncmp(ours.path, queue, len) == 0 && ours.path[len] == '/')
		return arena_printf(arena, "unix:%s", ours.path + len + 1);
	return arena_printf(arena, "unix:%s", ours.path);
}
