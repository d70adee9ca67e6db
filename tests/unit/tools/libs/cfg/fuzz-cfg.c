/* SPDX-License-Identifier: MIT */
/* Fuzz entry: any bytes as a configuration text. */

#include <stdint.h>

#include <cfg.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *opaque, const char *line)
{
    (void)opaque;
    (void)line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cfg *cfg = cfg_new(ignore, NULL);
    const struct cfg_value *value;
    unsigned int cursor = 0;
    const char *text, *name;
    long long number;

    if ( !cfg )
        return 0;

    cfg_parse(cfg, "fuzz", (const char *)data, size);
    while ( (name = cfg_next_unused(cfg, &cursor, &value)) )
    {
        cfg_get_string(cfg, name, &text);
        cfg_get_number(cfg, name, &number);
        cfg_get_strings(cfg, name, &value);
    }
    cfg_warn_unused(cfg);
    cfg_free(cfg);

    return 0;
}
