/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolver_open.h - the resolver of this program: the cache of lookup/resolver.h over libunbound, as milter.conf says. */
#ifndef OCTROI_RESOLVER_OPEN_H
#define OCTROI_RESOLVER_OPEN_H

#include "conf/conf.h"
#include "milter/lookup/resolver.h"

/* NULL with a sentence in problem. Ends with resolver_free. */
struct resolver *resolver_open(const struct conf *conf, char problem[CONF_PROBLEM_MAX]);

/* Asks one question at once, and says in the log when no answer can be had: mail would be deferred for hours before anybody wonders (threats
 * DNS-18). Nobody waits for it. To be dropped with pursuit_drop. */
struct pursuit *resolver_probe(struct resolver *resolver);

#endif
