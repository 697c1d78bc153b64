/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pgp.h - an OpenPGP message (RFC 9580), armoured or not, as far as it can be read without a key: is it encrypted, and what is in it when it is not? */
#ifndef OCTROI_UNPACK_PGP_H
#define OCTROI_UNPACK_PGP_H

#include "milter/unpack/unpack.h"

/* Marks MARK_ENCRYPTED; finds literal data, compressed or not. Keys and detached signatures are nothing. */
void pgp_look(struct unpack *unpack, const struct item *item);

#endif
