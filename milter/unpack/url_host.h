/* SPDX-License-Identifier: GPL-2.0-or-later */
/* url_host.h - the host that a browser would go to for a URL as it stands in HTML or text (WHATWG URL, RFC 3986). Pure functions, linear. */
#ifndef OCTROI_UNPACK_URL_HOST_H
#define OCTROI_UNPACK_URL_HOST_H

#include "milter/base/arena.h"
#include "milter/base/str.h"

enum url_place {
	URL_ATTRIBUTE,	/* the value of an attribute: character references are decoded, line ends and tabs dropped */
	URL_TEXT,	/* in plain text: it ends at white space, quotes and brackets */
	URL_MARKUP,	/* in the text of HTML: the same, with character references */
};

/* "https://user@www.Example.com:8/x" is "www.example.com", "http://0x7f.1/" is "127.0.0.1", "//b\u00fccher.example" is
 * "xn--bcher-kva.example", "mailto:a@b.example" is none. What no host name may hold is cut off from the left, label by label, as long as two
 * labels are left. Returns the host (domain_parse's form, or an address) in arena, or NULL; *ret_used (may be NULL) is how much of text was read. */
const char *url_host(struct arena *arena, enum url_place place, struct str text, size_t *ret_used);

/* The same for what begins with a host: "www.example.com/x". */
const char *url_host_bare(struct arena *arena, enum url_place place, struct str text, size_t *ret_used);

/* The text of a link, as it is shown: does it name a host, with or without a scheme? NULL when it is anything else, such as words or the name of a
 * file. */
const char *url_host_shown(struct arena *arena, struct str text);

#endif
