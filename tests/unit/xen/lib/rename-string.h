/* SPDX-License-Identifier: MIT */
/* Other names, so that the C library keeps its own functions. */
#define memcpy  hv_memcpy
#define memmove hv_memmove
#define memset  hv_memset
#define memcmp  hv_memcmp
#define memchr  hv_memchr
#define strlen  hv_strlen
#define strnlen hv_strnlen
#define strcmp  hv_strcmp
#define strncmp hv_strncmp
#define strchr  hv_strchr
#define strstr  hv_strstr
#define strlcpy hv_strlcpy
