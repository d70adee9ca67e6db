/* SPDX-License-Identifier: MIT */
/* Values of the store, which are any bytes, as printable text. */

#ifndef NIDUS_XENSTORE_ESCAPE_H
#define NIDUS_XENSTORE_ESCAPE_H

/* Memory for the caller to free; NULL without any. */
char *escape_value(const char *value, unsigned int len);
/* What the text stands for, with a NUL that *len does not count. */
char *unescape_value(const char *text, unsigned int *len);

#endif /* NIDUS_XENSTORE_ESCAPE_H */
