/* SPDX-License-Identifier: MIT */
/* Existing domains: their names, and an interrupted request to suspend. */
/* TEST-SOURCES: tools/libxl/libxl_save.c tools/libxl/libxl_dom.c */
/* TEST-SOURCES: tools/libxl/libxl_xs.c tools/libxl/libxl.c */
/* TEST-SOURCES: tests/unit/tools/libxl/fake-xs.c */
/* TEST-CFLAGS: -Itools/libxl */
/* TEST-LIBS: -luuid */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/hvm/params.h>

#include "fake-xs.h"
#include "libxl_internal.h"
#include "libxl_stream.h"

#define DOM     7
#define REQUEST "/local/domain/7/control/shutdown"

static libxl_ctx ctx;
static xc_domaininfo_t domain;
static unsigned int rounds;

int xc_domain_getinfo_single(xc_interface *xch, uint32_t domid,
                             xc_domaininfo_t *info)
{
    *info = domain;
    return 0;
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first, unsigned int max,
                          xc_domaininfo_t *info)
{
    return 0;
}

int xc_domain_pause(xc_interface *xch, uint32_t domid)
{
    return 0;
}

int xc_domain_unpause(xc_interface *xch, uint32_t domid)
{
    return 0;
}

int xc_domain_send_trigger(xc_interface *xch, uint32_t domid, uint32_t trigger,
                           uint32_t vcpu)
{
    return 0;
}

int xg_dump_core(xc_interface *xch, uint32_t domid, const char *file,
                 struct xg_error *err)
{
    return 0;
}

int xc_hvm_param_get(xc_interface *xch, uint32_t domid, uint32_t param,
                     uint64_t *value)
{
    *value = 1;
    return 0;
}

int xc_domain_resume(xc_interface *xch, uint32_t domid, int fast)
{
    domain.flags = 0;
    return 0;
}

char *xs_control_command(struct xs_handle *h, const char *cmd, void *data,
                         unsigned int len)
{
    return NULL;
}

bool xs_resume_domain(struct xs_handle *h, unsigned int domid)
{
    return true;
}

int libxl__stream_begin(int fd, struct xg_error *err)
{
    return 0;
}

int libxl__stream_end(int fd, struct xg_error *err)
{
    return 0;
}

/* As the real one: stop it, then write it unless interrupted. */
int xg_save(xc_interface *xch, uint32_t domid, int fd,
            const struct xg_save_options *options, xentoollog_logger *logger,
            struct xg_error *err)
{
    err->text[0] = '\0';
    return options->suspend(options->opaque, err) || *options->aborted ? -1 : 0;
}

static void stop(void)
{
    domain.flags = XEN_DOMINF_shutdown | SHUTDOWN_suspend
                                             << XEN_DOMINF_shutdownshift;
}

static int setup(void **state)
{
    fake_reset();
    memset(&domain, 0, sizeof(domain));
    domain.domain = DOM;
    domain.max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
    rounds = 0;
    ctx.aborted = 0;
    return 0;
}

static void guest_suspends(void)
{
    fake_write(REQUEST, "");
    stop();
}

static void undisturbed(void **state)
{
    libxl_dominfo info;

    fake_drivers = guest_suspends;
    assert_int_equal(libxl_domain_suspend(&ctx, DOM, -1, 0), 0);
    assert_int_equal(libxl_domain_info(&ctx, &info, DOM), 0);
    assert_true(info.shutdown);
    assert_int_equal(info.nr_vcpus, 0);
}

static void guest_is_deaf(void)
{
    ctx.aborted = 1;
}

/* It must not suspend itself when nobody waits for that any more. */
static void interrupted_before_the_guest_listens(void **state)
{
    fake_drivers = guest_is_deaf;
    assert_int_not_equal(libxl_domain_suspend(&ctx, DOM, -1, 0), 0);
    assert_string_equal(fake_read(REQUEST), "");
    assert_int_equal(libxl_domain_resume(&ctx, DOM), 0);
}

static void guest_is_slow(void)
{
    fake_write(REQUEST, "");
    if ( rounds++ == 1 )
        ctx.aborted = 1;
    if ( rounds == 5 )
        stop();
}

/* What has begun to suspend itself is waited for, so that it can go on. */
static void interrupted_while_the_guest_suspends(void **state)
{
    fake_drivers = guest_is_slow;
    assert_int_not_equal(libxl_domain_suspend(&ctx, DOM, -1, 0), 0);
    assert_int_equal(rounds, 5);
    assert_int_equal(ctx.aborted, 1);
    assert_int_equal(libxl_domain_resume(&ctx, DOM), 0);
    assert_int_equal(domain.flags, 0);
}

/* What no domain can be created with none can be renamed to. */
static void names(void **state)
{
    fake_write("/local/domain/7/vm", "/vm/v");
    fake_write("/local/domain/7/name", "old");
    assert_int_equal(libxl_domain_rename(&ctx, DOM, ""), ERROR_INVAL);
    assert_int_equal(libxl_domain_rename(&ctx, DOM, "../x"), ERROR_INVAL);
    assert_string_equal(fake_read("/local/domain/7/name"), "old");
    assert_int_equal(libxl_domain_rename(&ctx, DOM, "new"), 0);
    assert_string_equal(fake_read("/local/domain/7/name"), "new");
    assert_string_equal(fake_read("/vm/v/name"), "new");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(names, setup),
        cmocka_unit_test_setup(undisturbed, setup),
        cmocka_unit_test_setup(interrupted_before_the_guest_listens, setup),
        cmocka_unit_test_setup(interrupted_while_the_guest_suspends, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
