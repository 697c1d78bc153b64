/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_path.h - the rights of everything on the way to a file. */
#ifndef OCTROI_DOCTOR_PATH_H
#define OCTROI_DOCTOR_PATH_H

#include "milter/doctor_facts.h"

/* name is absolute, or relative to where we are (then only what is in it is looked at). */
struct path_facts doctor_path(struct arena *arena, const char *name);

#endif
