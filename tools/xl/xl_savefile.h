/* SPDX-License-Identifier: MIT */
/* What xl puts before a domain's image, in files and when it migrates. */
#ifndef XL_SAVEFILE_H
#define XL_SAVEFILE_H

#include "xl.h"

/* Write header and configuration; what: names fd in messages. */
bool savefile_write(int fd, const char *what,
                    const libxl_domain_config *config);
/*
 * Read them into an initialized configuration; false after a message. The
 * image follows on fd.
 */
bool savefile_read(int fd, const char *what, bool quiet,
                   libxl_domain_config *config);

#endif
