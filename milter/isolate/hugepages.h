/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hugepages.h - large pages for what all examiners share: a fork copies fewer page tables, and a scan misses the TLB less. */
#ifndef OCTROI_ISOLATE_HUGEPAGES_H
#define OCTROI_ISOLATE_HUGEPAGES_H

#include <stddef.h>

/* Asks the kernel to put the large private anonymous memory of this process into huge pages now. Returns the bytes it did so with;
 * 0 where it has none to give: nothing depends on it. Single-threaded. */
size_t hugepages_collapse(void);

#endif
