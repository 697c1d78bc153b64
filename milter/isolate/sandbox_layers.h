/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox_layers.h - the layers of sandbox.h one by one; for the files sandbox*.c only.
 *
 * Each function returns 0 or a negative errno. */
#ifndef OCTROI_ISOLATE_SANDBOX_LAYERS_H
#define OCTROI_ISOLATE_SANDBOX_LAYERS_H

#include "milter/isolate/sandbox.h"

/* A user namespace in which we are only ourselves, and the others with it. */
int namespaces_enter(void);

/* A tmpfs of scratch_bytes on the scratch directory. */
int namespaces_mount_scratch(const struct sandbox *sandbox);

/* A root directory in which there is only the scratch directory, under its old path. */
int namespaces_change_root(const struct sandbox *sandbox);

/* *ret_abi is 0 when the kernel has no Landlock (not an error). */
int landlock_close(const char *scratch, int *ret_abi);

/* Needs /proc. */
int limits_close(const struct sandbox *sandbox);

/* All capabilities go, none comes back, nobody may look into our memory. */
int privileges_drop(void);

/* Needs no_new_privs. */
int seccomp_close(void);

#endif
