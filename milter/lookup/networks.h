/* SPDX-License-Identifier: GPL-2.0-or-later */
/* networks.h - a set of networks and addresses, as lists in milter.conf hold them. */
#ifndef OCTROI_LOOKUP_NETWORKS_H
#define OCTROI_LOOKUP_NETWORKS_H

#include "conf/option.h"
#include "milter/base/arena.h"
#include "milter/base/ip.h"

struct networks;

/* The set of a list whose entries passed networks_check; lives in arena, read-only. */
const struct networks *networks_new(struct arena *arena, const struct conf_list *list);

/* The network that holds ip (the smallest), or NULL. IP_NONE is in no network. */
const struct network *networks_find(const struct networks *networks, const struct ip *ip);

bool networks_empty(const struct networks *networks);

/* For rows of OPTION_LIST. Returns 0, or -EINVAL with the problem. */
int networks_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem);

#endif
