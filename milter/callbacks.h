/* SPDX-License-Identifier: GPL-2.0-or-later */
/* callbacks.h - libmilter's events, translated: facts in, the engine's verdict out. */
#ifndef OCTROI_CALLBACKS_H
#define OCTROI_CALLBACKS_H

struct engine;
struct smfiDesc;

/* The descriptor for smfi_register. engine serves all sessions and must outlive them. */
struct smfiDesc callbacks_descriptor(struct engine *engine);

/* Milliseconds since the oldest callback that is still running was entered; 0 when none is (for the self-nudge). */
unsigned callbacks_oldest_ms(void);

/* End-of-message callbacks that wait for an examiner just now. */
unsigned callbacks_waiting(void);

/* What is due about once a minute beside the chores of scanners: what was held too long goes. After callbacks_descriptor. */
void callbacks_chore(void);

#endif
