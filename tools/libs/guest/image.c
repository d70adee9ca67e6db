/* SPDX-License-Identifier: MIT */
/* Open kernel and ramdisk files, unpacking the kernel as needed. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "private.h"

static int open_file(const char *what, const char *path, int *fd,
                     uint64_t *size, struct xg_error *err)
{
    struct stat st;

    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if ( *fd < 0 || fstat(*fd, &st) )
        return xg_fail(err, "%s \"%s\": %s", what, path, strerror(errno));
    if ( !S_ISREG(st.st_mode) )
        return xg_fail(err, "%s \"%s\": not a regular file", what, path);
    if ( !st.st_size )
        return xg_fail(err, "%s \"%s\": empty file", what, path);
    *size = st.st_size;
    return 0;
}

/* Down to the ELF file, through bzImage and packing. */
static int find_elf(struct xg_image *image, struct xg_error *err)
{
    const uint8_t *data = image->map;
    size_t size = image->map_size, offset, unpacked_size;
    uint8_t *unpacked;

    if ( xg_is_bzimage(data, size) && !xg_is_elf(data, size) )
    {
        if ( xg_bzimage_payload(data, size, &offset, &size, err) )
            return -1;
        data += offset;
    }
    if ( !xg_is_elf(data, size) )
    {
        if ( !xg_packing(data, size) )
            return xg_fail(err, "neither an ELF file nor a bzImage");
        if ( xg_unpack(data, size, &unpacked, &unpacked_size, err) )
            return -1;
        image->unpacked = unpacked;
        data = unpacked;
        size = unpacked_size;
    }
    return xg_elf_parse(data, size, &image->kernel, err);
}

int xg_image_open(struct xg_image *image, const char *kernel,
                  const char *ramdisk, struct xg_error *err)
{
    struct xg_error inner;
    uint64_t size;
    int fd = -1, ret = -1;

    memset(image, 0, sizeof(*image));
    image->ramdisk_fd = -1;

    if ( open_file("kernel", kernel, &fd, &size, err) )
        goto out;
    image->map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if ( image->map == MAP_FAILED )
    {
        image->map = NULL;
        xg_fail(err, "kernel \"%s\": %s", kernel, strerror(errno));
        goto out;
    }
    image->map_size = size;
    if ( find_elf(image, &inner) )
    {
        xg_fail(err, "kernel \"%s\": %s", kernel, inner.text);
        goto out;
    }

    if ( ramdisk )
    {
        if ( open_file("ramdisk", ramdisk, &image->ramdisk_fd,
                       &image->ramdisk_size, err) )
            goto out;
        image->ramdisk_path = strdup(ramdisk);
        if ( !image->ramdisk_path )
        {
            xg_fail(err, "out of memory");
            goto out;
        }
    }
    ret = 0;

out:
    if ( fd >= 0 )
        close(fd);
    if ( ret )
        xg_image_close(image);
    return ret;
}

void xg_image_close(struct xg_image *image)
{
    if ( image->map )
        munmap(image->map, image->map_size);
    free(image->unpacked);
    free(image->ramdisk_path);
    if ( image->ramdisk_fd >= 0 )
        close(image->ramdisk_fd);
    memset(image, 0, sizeof(*image));
    image->ramdisk_fd = -1;
}
