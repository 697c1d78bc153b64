/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_processes.h - what /proc tells of the running daemon and of freshclam. */
#ifndef OCTROI_DOCTOR_PROCESSES_H
#define OCTROI_DOCTOR_PROCESSES_H

#include "milter/doctor_facts.h"

/* config: the milter.conf that the daemon must have been started with. Its children have what it has, and nothing more. */
void doctor_gather_processes(struct arena *arena, const char *config, struct system_facts *system);

#endif
