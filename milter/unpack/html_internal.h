/* SPDX-License-Identifier: GPL-2.0-or-later */
/* html_internal.h - what html.c asks of its parts: signs of a page that makes a file in the reader's browser (threats ATT-11). */
#ifndef OCTROI_UNPACK_HTML_INTERNAL_H
#define OCTROI_UNPACK_HTML_INTERNAL_H

#include "milter/unpack/unpack.h"

/* What one reading of a page has. */
struct html_signs {
	bool script;		/* a script element that is no mere data, an event handler or a javascript: address */
	bool frame;		/* iframe, object, embed, applet */
	bool download;		/* a link whose target is to be saved */
	bool refresh;		/* goes on by itself to data: or javascript: */
	bool data;		/* an address data: other than a picture */
};

/* html_signs.c */
void html_signs_read(struct str text, struct html_signs *ret_signs);
bool html_is_active(const struct html_signs *signs);
bool html_tag_has_code(struct str tag);		/* event handlers, javascript: addresses, a page in an attribute */

/* html_script.c: does script with this text make a file? Literals that hold files are shown as well. */
bool html_script_builds(struct unpack *unpack, const struct item *item, struct str text, const struct html_signs *signs);

/* html_data.c: shows what addresses data: hold. Returns true when one of them is a file or a page. */
bool html_data_show(struct unpack *unpack, const struct item *item, struct str text);

/* Is there an address of this scheme (lower case, without colon) whose colon is at at? */
bool html_is_scheme(struct str text, size_t at, struct str scheme);

#endif
