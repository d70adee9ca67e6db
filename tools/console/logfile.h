/* SPDX-License-Identifier: MIT */
/* A log of what went to a console, with times at the lines' starts if asked. */

#ifndef NIDUS_CONSOLE_LOGFILE_H
#define NIDUS_CONSOLE_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>

struct logfile
{
    char *path;
    int fd; /* -1: not open */
    bool timestamps;
    bool failing; /* the last write did, which was told */
    bool in_line; /* the last byte written was no newline */
    bool replace_escape;
};

void logfile_init(struct logfile *log);
/* Takes the path over.  False: cannot be opened, said so in syslog. */
bool logfile_open(struct logfile *log, char *path, bool timestamps);
/* Once more by its name, after somebody has moved it away. */
void logfile_reopen(struct logfile *log);
void logfile_write(struct logfile *log, const char *data, size_t len);
void logfile_close(struct logfile *log);

#endif /* NIDUS_CONSOLE_LOGFILE_H */
