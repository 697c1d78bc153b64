/* SPDX-License-Identifier: GPL-2.0-or-later */
/* running.h - which libmilter callbacks are running, and since when: what the self-nudge needs to know (facts about
 * libmilter: sessions that become ready together wait until some callback returns). */
#ifndef OCTROI_RUNNING_H
#define OCTROI_RUNNING_H

/* At the beginning and at the end of each callback, on its thread. Costs a clock reading and no lock. */
void running_enter(void);
void running_leave(void);

/* Milliseconds since the oldest running callback began; 0 when none runs. Any thread. */
unsigned running_oldest_ms(void);

#endif
