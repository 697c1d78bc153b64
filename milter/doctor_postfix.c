/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/doctor_postfix.h"

#include <stdlib.h>

#include "conf/conf.h"
#include "milter/base/ip.h"

static struct str next_line(struct str *rest)
{
	return str_split(rest, "\n");
}

static const char *copy(struct arena *arena, struct str text)
{
	return arena_strndup(arena, text.p == NULL ? "" : text.p, text.len);
}

/* "name = value" in each line. */
static void read_settings(struct arena *arena, const char *text, struct postfix_settings *settings)
{
	struct str rest = str_of(text);

	while (rest.p != NULL) {
		struct str value = next_line(&rest), name = str_trim(str_split(&value, "="));
		struct postfix_setting *setting;

		if (name.len == 0 || value.p == NULL)
			continue;
		setting = arena_push(arena, (void **)&settings->items, &settings->len, sizeof(*setting));
		setting->name = copy(arena, name);
		setting->value = copy(arena, str_trim(value));
	}
}

static const struct {
	const char *name;
	unsigned port;
} ports[] = { { "smtp", 25 }, { "submission", 587 }, { "submissions", 465 }, { "smtps", 465 } };

static unsigned port_of(struct str port)
{
	unsigned long long number;

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		if (str_equal(port, str_of(ports[i].name)))
			return ports[i].port;
	return str_to_u64(port, &number) == 0 && number <= UINT16_MAX ? (unsigned)number : 0;
}

static bool is_loopback(struct arena *arena, struct str host)
{
	struct ip ip;

	if (host.len > 2 && host.p[0] == '[')
		host = (struct str){ host.p + 1, host.len - 2 };
	return str_equal(host, STR("localhost")) || (ip_parse(copy(arena, host), &ip) == 0 && ip_is_loopback(&ip));
}

/* "25", "smtp", "192.0.2.25:smtp", "[::1]:10025" */
static void read_endpoint(struct arena *arena, struct postfix_service *service)
{
	struct str name = str_of(service->name), host = { NULL, 0 };
	const char *colon = strrchr(service->name, ':');

	if (colon != NULL) {
		host = (struct str){ name.p, (size_t)(colon - name.p) };
		name = str_of(colon + 1);
	}
	service->port = port_of(name);
	service->is_local = host.len > 0 && is_loopback(arena, host);
}

/* service type private unpriv chroot wakeup maxproc command ... */
enum { SERVICE_FIELDS = 8, FIELD_CHROOT = 4, FIELD_PROGRAM = 7 };

static bool split_service(struct str line, struct str fields[SERVICE_FIELDS])
{
	size_t len = 0;

	while (line.p != NULL && len < SERVICE_FIELDS) {
		fields[len] = str_split(&line, " \t");
		if (fields[len].len > 0)
			len++;
	}
	return len == SERVICE_FIELDS;
}

static void read_services(struct arena *arena, const char *text, struct postfix *postfix)
{
	struct str rest = str_of(text), fields[SERVICE_FIELDS];

	while (rest.p != NULL) {
		struct postfix_service *service;

		if (!split_service(next_line(&rest), fields))
			continue;
		service = arena_push(arena, (void **)&postfix->services, &postfix->services_len, sizeof(*service));
		service->name = copy(arena, fields[0]);
		service->type = copy(arena, fields[1]);
		service->program = copy(arena, fields[FIELD_PROGRAM]);
		service->is_chroot = str_equal(fields[FIELD_CHROOT], STR("y"));
		if (strcmp(service->type, "inet") == 0)
			read_endpoint(arena, service);
		else if (strcmp(service->type, "pass") == 0)
			service->port = 25;
	}
}

void postfix_read(struct arena *arena, const char *main, const char *written, const char *services, const char *overrides,
		  struct postfix *ret_postfix)
{
	*ret_postfix = (struct postfix){ .is_there = true, .warnings = "" };
	read_settings(arena, main, &ret_postfix->main);
	read_settings(arena, written, &ret_postfix->written);
	read_settings(arena, overrides, &ret_postfix->overrides);
	read_services(arena, services, ret_postfix);
}

static const char *find(const struct postfix_settings *settings, const char *name)
{
	for (size_t i = settings->len; i-- > 0;)
		if (strcmp(settings->items[i].name, name) == 0)
			return settings->items[i].value;
	return NULL;
}

static const char *find_override(const struct postfix *postfix, const struct postfix_service *service, const char *name)
{
	size_t service_len = service == NULL ? 0 : strlen(service->name), type_len = service == NULL ? 0 : strlen(service->type);

	for (size_t i = postfix->overrides.len; service != NULL && i-- > 0;) {
		const char *p = postfix->overrides.items[i].name;

		if (strncmp(p, service->name, service_len) == 0 && p[service_len] == '/' &&
		    strncmp(p + service_len + 1, service->type, type_len) == 0 && p[service_len + 1 + type_len] == '/' &&
		    strcmp(p + service_len + type_len + 2, name) == 0)
			return postfix->overrides.items[i].value;
	}
	return NULL;
}

const char *postfix_get(const struct postfix *postfix, const struct postfix_service *service, const char *name)
{
	const char *value = find_override(postfix, service, name);

	return value != NULL ? value : find(&postfix->main, name);
}

bool postfix_is_yes(const struct postfix *postfix, const struct postfix_service *service, const char *name)
{
	const char *value = postfix_get(postfix, service, name);

	return value != NULL && ascii_equal(value, "yes");
}

bool postfix_is_overridden(const struct postfix *postfix, const struct postfix_service *service, const char *name)
{
	return find_override(postfix, service, name) != NULL;
}

bool postfix_is_written(const struct postfix *postfix, const char *name)
{
	return find(&postfix->written, name) != NULL;
}

uint64_t postfix_number(const char *value)
{
	unsigned long long number;

	return value == NULL || str_to_u64(str_of(value), &number) < 0 ? UINT64_MAX : number;
}

uint64_t postfix_duration_ms(const char *value)
{
	uint64_t number = postfix_number(value), ms;

	if (number != UINT64_MAX)
		return number > UINT64_MAX / 1000 ? UINT64_MAX : number * 1000;
	if (value != NULL && strlen(value) > 1 && value[strlen(value) - 1] == 'w')
		return UINT64_MAX;
	return value != NULL && conf_parse_duration(value, &ms) == 0 ? ms : UINT64_MAX;
}

const struct postfix_service *postfix_next_smtpd(const struct postfix *postfix, size_t *i)
{
	while (*i < postfix->services_len) {
		const struct postfix_service *service = &postfix->services[(*i)++];

		if (strcmp(service->program, "smtpd") == 0)
			return service;
	}
	return NULL;
}

static bool is_separator(char c)
{
	return ascii_is_space(c) || c == ',';
}

/* The closing brace of the one s begins with, or its end: postconf has balanced them. */
static size_t braced_len(struct str s)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '{')
			depth++;
		else if (s.p[i] == '}' && --depth == 0)
			return i + 1;
	}
	return s.len;
}

bool postfix_word(struct str *rest, struct str *ret_word)
{
	size_t len = 0;

	while (rest->len > 0 && is_separator(rest->p[0]))
		*rest = (struct str){ rest->p + 1, rest->len - 1 };
	if (rest->len == 0)
		return false;
	/* also "cidr:{...}" is one word */
	while (len < rest->len && !is_separator(rest->p[len]))
		len += rest->p[len] == '{' ? braced_len((struct str){ rest->p + len, rest->len - len }) : 1;
	*ret_word = (struct str){ rest->p, len };
	if (rest->p[0] == '{' && rest->p[len - 1] == '}')
		*ret_word = str_trim((struct str){ rest->p + 1, len - 2 });
	*rest = (struct str){ rest->p + len, rest->len - len };
	return true;
}

bool postfix_has_word(const char *value, const char *word)
{
	struct str rest = str_of(value), next;

	while (postfix_word(&rest, &next))
		if (str_equal_nocase(next, str_of(word)))
			return true;
	return false;
}

/* "inline:{ {a = b}, {c = d} }" as lines "a = b". */
static const char *read_inline(struct arena *arena, struct str name)
{
	const char *brace = memchr(name.p, '{', name.len), *text = "";
	struct str rest = { brace + 1, name.len - (size_t)(brace + 1 - name.p) }, entry;

	if (rest.len > 0 && rest.p[rest.len - 1] == '}')
		rest.len--;
	while (postfix_word(&rest, &entry))
		text = arena_printf(arena, "%s%.*s\n", text, (int)entry.len, entry.p);
	return text;
}

const char *postfix_table(struct arena *arena, const struct postfix *postfix, struct str name)
{
	if (memchr(name.p, '{', name.len) != NULL)
		return read_inline(arena, name);
	for (size_t i = 0; i < postfix->tables_len; i++)
		if (str_equal(name, str_of(postfix->tables[i].name)))
			return postfix->tables[i].text;
	return NULL;
}

unsigned postfix_version(const struct postfix *postfix)
{
	const char *text = find(&postfix->main, "mail_version");
	unsigned version = 0;
	char *end = NULL;

	for (unsigned part = 0; text != NULL && part < 3; part++) {
		unsigned long number = strtoul(text, &end, 10);

		if (end == text || number > 999)
			return part < 2 ? 0 : version * 1000;
		version = version * 1000 + (unsigned)number;
		text = *end == '.' ? end + 1 : end;
	}
	return version;
}
