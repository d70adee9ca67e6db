/* SPDX-License-Identifier: MIT */
/* What programs do that stay in the background. */
#ifndef DAEMONIZE_H
#define DAEMONIZE_H

/*
 * Go to the background. The parent waits until the child can be talked to, so
 * that a script's next line may do so, and ends with the child's failure if it
 * ends before. Returns in the child, what daemon_ready() wants; -1 with errno.
 */
int daemon_fork(void);

/* Let go of terminal and directory, and let the parent end. */
void daemon_ready(int ready_fd);

/*
 * Write our process id to a file and lock it, which says that a daemon runs.
 * The file, to be left open; -1 if another one runs or it cannot be written,
 * which program's name on standard error says.
 */
int daemon_pid_file(const char *program, const char *path);

/*
 * SIGTERM, SIGINT and those named, up to a 0, as reads from the file returned
 * (or -1); SIGPIPE is ignored.
 */
int daemon_signals(const int *more);

#endif
