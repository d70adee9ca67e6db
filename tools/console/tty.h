/* SPDX-License-Identifier: MIT */
/* The pseudo terminal that makes a guest's console available. */

#ifndef NIDUS_CONSOLE_TTY_H
#define NIDUS_CONSOLE_TTY_H

#include <stdbool.h>

struct tty
{
    int master; /* ours; -1: none */
    int slave;  /* held open, so that it outlives its users */
    char *name;
};

void tty_init(struct tty *tty);
bool tty_open(struct tty *tty);
void tty_close(struct tty *tty);
/* Has what was written been read on the other side? */
bool tty_is_drained(const struct tty *tty);

#endif /* NIDUS_CONSOLE_TTY_H */
