/* SPDX-License-Identifier: MIT */
/* Which mitigations a processor needs and has; pure. */

#include <xen/cmdline.h>
#include <xen/lib.h>
#include <asm/spec-ctrl.h>

/* CPUID leaf 7, EDX */
#define LEAF7_MD_CLEAR  (1u << 10)
#define LEAF7_IBRS_IBPB (1u << 26)
#define LEAF7_L1D_FLUSH (1u << 28)

/* IA32_ARCH_CAPABILITIES */
#define ARCH_RDCL_NO      (1ULL << 0)
#define ARCH_IBRS_ALL     (1ULL << 1)
#define ARCH_SKIP_L1DFL   (1ULL << 3)
#define ARCH_MDS_NO       (1ULL << 5)
#define ARCH_TAA_NO       (1ULL << 8)
#define ARCH_SBDR_SSDP_NO (1ULL << 13)
#define ARCH_FBSDP_NO     (1ULL << 14)
#define ARCH_PSDP_NO      (1ULL << 15)

/* A processor that is free of all of them needs no VERW. */
#define ARCH_BUFFERS_SAFE                                            \
    (ARCH_MDS_NO | ARCH_TAA_NO | ARCH_SBDR_SSDP_NO | ARCH_FBSDP_NO | \
     ARCH_PSDP_NO)

void spec_ctrl_choose(const struct spec_facts *facts,
                      const struct spec_options *options, struct spec_ctrl *out)
{
    uint64_t arch = facts->arch_caps;
    bool buffers_leak = (arch & ARCH_BUFFERS_SAFE) != ARCH_BUFFERS_SAFE;
    bool l1_leaks = !(arch & ARCH_RDCL_NO);

    *out = (struct spec_ctrl){
        /* Elsewhere it would be two MSR writes at each exit. */
        .ibrs = options->ibrs && (facts->leaf7_d & LEAF7_IBRS_IBPB) &&
                (arch & ARCH_IBRS_ALL),
        .ibpb = options->ibpb && (facts->leaf7_d & LEAF7_IBRS_IBPB),
        .verw = options->md_clear && buffers_leak &&
                (facts->leaf7_d & LEAF7_MD_CLEAR),
        /* A hypervisor below that flushes says so. */
        .l1d_flush = options->l1d_flush && l1_leaks &&
                     !(arch & ARCH_SKIP_L1DFL) &&
                     (facts->leaf7_d & LEAF7_L1D_FLUSH),
    };
    out->mds_open = buffers_leak && !out->verw;
    out->l1tf_open = l1_leaks && !(arch & ARCH_SKIP_L1DFL) && !out->l1d_flush;
}

static bool *find_part(struct spec_options *o, const char *s, size_t len)
{
    static const struct
    {
        const char *name;
        size_t offset;
    } parts[] = {
        { "ibrs", offsetof(struct spec_options, ibrs) },
        { "ibpb", offsetof(struct spec_options, ibpb) },
        { "md-clear", offsetof(struct spec_options, md_clear) },
        { "l1d-flush", offsetof(struct spec_options, l1d_flush) },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(parts); i++ )
        if ( strlen(parts[i].name) == len &&
             strncmp(parts[i].name, s, len) == 0 )
            return (bool *)((char *)o + parts[i].offset);

    return NULL;
}

/* One of the words: yes, no, PART, no-PART, PART=BOOL. */
static int parse_word(const char *s, size_t len, struct spec_options *o)
{
    size_t name_len = 0;
    int val = parse_bool(s, len);
    bool *part;

    if ( val >= 0 )
    {
        *o = (struct spec_options){ val, val, val, val };
        return 0;
    }
    val = 1;
    while ( name_len < len && s[name_len] != '=' )
        name_len++;
    if ( name_len < len )
        val = parse_bool(s + name_len + 1, len - name_len - 1);
    else if ( len > 3 && strncmp(s, "no-", 3) == 0 )
    {
        s += 3;
        name_len -= 3;
        val = 0;
    }
    part = find_part(o, s, name_len);
    if ( !part || val < 0 )
        return -EINVAL;
    *part = val;

    return 0;
}

int spec_ctrl_parse(const char *s, struct spec_options *options)
{
    struct spec_options o = *options;

    for ( ;; )
    {
        size_t len = 0;
        int rc;

        while ( s[len] && s[len] != ',' )
            len++;
        if ( (rc = parse_word(s, len, &o)) )
            return rc;
        if ( !s[len] )
            break;
        s += len + 1;
    }
    *options = o;

    return 0;
}
