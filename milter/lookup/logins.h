/* SPDX-License-Identifier: GPL-2.0-or-later */
/* logins.h - which senders a login may use: lines "LOGIN  ADDRESS[, ADDRESS or @DOMAIN ...]". */
#ifndef OCTROI_LOOKUP_LOGINS_H
#define OCTROI_LOOKUP_LOGINS_H

#include "conf/option.h"
#include "milter/base/arena.h"
#include "milter/mail/address.h"

struct logins;

/* The table of a list whose entries passed logins_check; several lines of one login add up. Lives in arena, read-only. */
const struct logins *logins_new(struct arena *arena, const struct conf_list *list);

/* Is the login in the table at all? Logins are compared as they are, but for the case of what follows a last "@". */
bool logins_known(const struct logins *logins, const char *login);

/* May it use this address? */
bool logins_may_use(const struct logins *logins, const char *login, const struct address *address);

/* For rows of OPTION_LIST. Returns 0, or -EINVAL with the problem. */
int logins_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem);

#endif
