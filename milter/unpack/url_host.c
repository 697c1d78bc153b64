/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/url_host.h"

#include <stdint.h>

#include "milter/base/ip.h"
#include "milter/mail/domain.h"
#include "milter/unpack/filetype.h"
#include "milter/unpack/references.h"

#define HOST_RAW_MAX 1024	/* a name of DOMAIN_MAX characters, each of them escaped */
#define SCHEME_MAX 8
#define LABELS_KEPT 5	/* of a name that is none */

/* The characters of a URL, one after the other, decoded. */
struct reader {
	enum url_place place;
	const char *p, *end;
	char pending[REFERENCE_UTF8_MAX];
	size_t pending_at, pending_len;
};

#define READER_END (-1)

static bool ends_text(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f || strchr("<>\"'`(){}|^,;&", c) != NULL;
}

/* The next byte, and nothing of what a browser drops. */
static int reader_next(struct reader *reader)
{
	while (reader->pending_at < reader->pending_len || reader->p < reader->end) {
		size_t used;
		char c;

		if (reader->pending_at < reader->pending_len) {
			c = reader->pending[reader->pending_at++];
		} else {
			used = *reader->p != '&' || reader->place == URL_TEXT ? 0 :
			       reference_decode((struct str){ reader->p, (size_t)(reader->end - reader->p) }, reader->pending, &reader->pending_len);
			reader->pending_at = 0;
			if (used > 0) {
				reader->p += used;
				continue;
			}
			reader->pending_len = 0;
			c = *reader->p++;
		}
		if (reader->place != URL_ATTRIBUTE && ends_text(c)) {
			reader->p = reader->pending_len > 0 ? reader->p : reader->p - 1;
			reader->end = reader->p;
			return READER_END;
		}
		if (c != '\t' && c != '\r' && c != '\n' && c != '\0')
			return (unsigned char)c;
	}
	return READER_END;
}

static bool is_slash(int c)
{
	return c == '/' || c == '\\';
}

static bool scheme_has_host(const char *scheme)
{
	static const char *const schemes[] = { "http", "https", "ftp", "ws", "wss" };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (ascii_equal(schemes[i], scheme))
			return true;
	return false;
}

/* Reads up to the authority and one character of it. "http:/host", "http:\\host" and "//host" are all the same to a browser. */
static bool find_authority(struct reader *reader, int *ret_first)
{
	char scheme[SCHEME_MAX + 1] = "";
	size_t len = 0;
	int c = reader_next(reader);

	while (c != READER_END && c <= ' ')
		c = reader_next(reader);
	if (is_slash(c)) {
		if (!is_slash(reader_next(reader)))
			return false;
	} else {
		for (; c != READER_END && c != ':' && ascii_is_alpha((char)c) && len < SCHEME_MAX; c = reader_next(reader))
			scheme[len++] = (char)c;
		if (c != ':' || !scheme_has_host(scheme))
			return false;
	}
	do {
		c = reader_next(reader);
	} while (is_slash(c));
	*ret_first = c;
	return c != READER_END;
}

/* Up to the path; what stands before the last '@' is a name of a user. */
static struct str read_authority(struct reader *reader, int first, char host[HOST_RAW_MAX])
{
	size_t len = 0;

	for (int c = first; c != READER_END && !is_slash(c) && c != '?' && c != '#'; c = reader_next(reader)) {
		if (c == '@')
			len = 0;
		else if (len < HOST_RAW_MAX)
			host[len++] = (char)c;
	}
	return (struct str){ host, len == HOST_RAW_MAX ? 0 : len };
}

/* --- from the bytes to a host --- */

static int hex_of(char c)
{
	c = ascii_lower(c);
	return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "%2e"; -1: it is none. */
static int escaped_byte(struct str in)
{
	int high = in.len > 2 && in.p[0] == '%' ? hex_of(in.p[1]) : -1;
	int low = high < 0 ? -1 : hex_of(in.p[2]);

	return low < 0 ? -1 : high * 16 + low;
}

static struct str percent_decode(struct str in, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++) {
		int byte = escaped_byte((struct str){ in.p + i, in.len - i });

		out[len++] = byte < 0 ? in.p[i] : (char)byte;
		i += byte < 0 ? 0 : 2;
	}
	return (struct str){ out, len };
}

static bool number_read(struct str text, uint64_t *ret_number)
{
	unsigned base = 10;
	uint64_t number = 0;

	if (text.len == 0 || text.len > 20)
		return false;
	if (text.len > 1 && text.p[0] == '0') {
		base = ascii_lower(text.p[1]) == 'x' ? 16 : 8;
		text = (struct str){ text.p + (base == 16 ? 2 : 1), text.len - (base == 16 ? 2 : 1) };
	}
	for (size_t i = 0; i < text.len; i++) {
		int digit = hex_of(text.p[i]);

		if (digit < 0 || (unsigned)digit >= base || number > UINT32_MAX)
			return false;
		number = number * base + (unsigned)digit;
	}
	*ret_number = number;
	return true;
}

/* "127.1", "0x7f000001", "017700000001": as inet_aton and browsers have it. The last number fills all that is left. */
static const char *address_v4(struct arena *arena, struct str host)
{
	struct str rest = host;
	uint64_t address = 0, number;
	unsigned parts = 0;

	while (rest.p != NULL) {
		bool is_last;

		if (++parts > 4 || !number_read(str_split(&rest, "."), &number))
			return NULL;
		is_last = rest.p == NULL;
		if (number > (is_last ? UINT64_C(0xffffffff) >> 8 * (parts - 1) : 255))
			return NULL;
		address |= is_last ? number : number << 8 * (4 - parts);
	}
	return arena_printf(arena, "%u.%u.%u.%u", (unsigned)(address >> 24), (unsigned)(address >> 16 & 255), (unsigned)(address >> 8 & 255),
			    (unsigned)(address & 255));
}

static const char *address_v6(struct arena *arena, struct str host)
{
	const char *end = memchr(host.p, ']', host.len);
	char text[IP_TEXT_MAX];
	struct ip ip;

	if (end == NULL || end - host.p - 1 >= IP_TEXT_MAX)
		return NULL;
	memcpy(text, host.p + 1, (size_t)(end - host.p - 1));
	text[end - host.p - 1] = '\0';
	return ip_parse(text, &ip) < 0 ? NULL : arena_strdup(arena, ip_format(&ip, text));
}

/* The last labels of a name. */
static struct str last_labels(struct str host, unsigned labels)
{
	size_t at = host.len;

	while (at > 0 && (host.p[at - 1] != '.' || --labels > 0))
		at--;
	return (struct str){ host.p + at, host.len - at };
}

/* A label that no domain may have (such as "-a") does not hide the domain below which it stands. */
static const char *domain_of(struct arena *arena, struct str host)
{
	const char *domain;

	if (domain_normalise(arena, host, &domain) == 0)
		return domain;
	for (unsigned labels = LABELS_KEPT; labels >= 2; labels--)
		if (domain_normalise(arena, last_labels(host, labels), &domain) == 0)
			return domain;
	return NULL;
}

static struct str without_port(struct str host)
{
	const char *colon = memchr(host.p, ':', host.len);

	return colon == NULL ? host : (struct str){ host.p, (size_t)(colon - host.p) };
}

/* Dots at the end are a full stop or the root. */
static struct str without_dots(struct str host)
{
	while (host.len > 0 && (host.p[host.len - 1] == '.' || host.p[host.len - 1] == '!' || host.p[host.len - 1] == ']'))
		host.len--;
	return host;
}

/* Only what has a dot in it leads anywhere outside. */
static const char *host_of(struct arena *arena, struct str raw)
{
	char decoded[HOST_RAW_MAX];
	const char *host;

	if (raw.len == 0)
		return NULL;
	if (raw.p[0] == '[')
		return address_v6(arena, raw);
	raw = without_dots(without_port(percent_decode(raw, decoded)));
	if (raw.len == 0)
		return NULL;
	host = address_v4(arena, raw);
	if (host == NULL)
		host = domain_of(arena, raw);
	return host == NULL || strchr(host, '.') == NULL ? NULL : host;
}

const char *url_host_bare(struct arena *arena, enum url_place place, struct str text, size_t *ret_used)
{
	struct reader reader = { .place = place, .p = text.p, .end = text.p + text.len };
	char raw[HOST_RAW_MAX];
	struct str host = read_authority(&reader, reader_next(&reader), raw);

	if (ret_used != NULL)
		*ret_used = (size_t)(reader.p - text.p);
	return host_of(arena, host);
}

const char *url_host(struct arena *arena, enum url_place place, struct str text, size_t *ret_used)
{
	struct reader reader = { .place = place, .p = text.p, .end = text.p + text.len };
	struct str host = { NULL, 0 };
	char raw[HOST_RAW_MAX];
	int first;

	if (find_authority(&reader, &first))
		host = read_authority(&reader, first, raw);
	if (ret_used != NULL)
		*ret_used = (size_t)(reader.p - text.p);
	return host_of(arena, host);
}

/* --- what a reader sees --- */

/* "invoice.pdf" is a file; of the endings that are domains as well the domain is what is meant. */
static bool is_top_level(const char *host)
{
	static const char *const domains[] = { "com", "pl", "sh", "py", "app", "ps", "zip", "mov", "md", "rs" };
	const char *last = strrchr(host, '.') + 1;

	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
		if (strcmp(domains[i], last) == 0)
			return true;
	return strlen(last) >= 2 && !ascii_is_digit(last[0]) && filetype_of_extension(last) == FILETYPE_UNKNOWN;
}

const char *url_host_shown(struct arena *arena, struct str text)
{
	struct ip ip;
	const char *host;

	text = str_trim(text);
	for (size_t i = 0; i < text.len; i++)
		if (ascii_is_space(text.p[i]) || text.p[i] == '@')
			return NULL;	/* words, or an address of mail */
	host = url_host(arena, URL_TEXT, text, NULL);
	if (host != NULL)
		return host;
	host = url_host_bare(arena, URL_TEXT, text, NULL);
	if (host == NULL)
		return NULL;
	if (ip_parse(host, &ip) == 0)
		return str_has_prefix(text, str_of(host)) ? host : NULL;	/* "1.5" is a number, whatever browsers make of it */
	return is_top_level(host) ? host : NULL;
}
