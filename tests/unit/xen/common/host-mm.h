/* SPDX-License-Identifier: MIT */
/* Between the stand-ins for domains and for memory. */
#ifndef TEST_HOST_MM_H
#define TEST_HOST_MM_H

struct domain;

/* Take everything out of d's map and free its RAM. */
void test_p2m_destroy(struct domain *d);
/* Then what it had that was not in its map. */
void test_release_pages(struct domain *d);

#endif
