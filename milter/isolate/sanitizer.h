/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sanitizer.h - was this built with AddressSanitizer or ThreadSanitizer? */
#ifndef OCTROI_ISOLATE_SANITIZER_H
#define OCTROI_ISOLATE_SANITIZER_H

#include <stdbool.h>

#ifdef __has_feature
#define HAS_FEATURE(x) __has_feature(x)
#else
#define HAS_FEATURE(x) 0
#endif

/* Its runtime reserves terabytes of address space and makes calls of its own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || HAS_FEATURE(address_sanitizer) || \
	HAS_FEATURE(thread_sanitizer)
static const bool under_sanitizer = true;
#else
static const bool under_sanitizer = false;
#endif

#endif
