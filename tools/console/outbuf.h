/* SPDX-License-Identifier: MIT */
/* Guest output that nobody has read yet, up to a limit. */

#ifndef NIDUS_CONSOLE_OUTBUF_H
#define NIDUS_CONSOLE_OUTBUF_H

#include <stdbool.h>
#include <stddef.h>

struct outbuf
{
    char *data;
    size_t start, len, size;
    size_t limit; /* 0: none */
};

/* What is the oldest is dropped beyond the limit; false: out of memory. */
bool outbuf_add(struct outbuf *buf, const void *data, size_t len);
/* How many bytes can be added without that. */
size_t outbuf_room(const struct outbuf *buf);
/* The oldest bytes, contiguous. */
const char *outbuf_peek(const struct outbuf *buf, size_t *len);
void outbuf_drop(struct outbuf *buf, size_t len);
void outbuf_free(struct outbuf *buf);

#endif /* NIDUS_CONSOLE_OUTBUF_H */
