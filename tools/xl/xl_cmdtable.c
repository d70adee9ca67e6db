/* SPDX-License-Identifier: MIT */
/* The commands of xl: one row says everything about one of them. */

#include <string.h>

#include "xl.h"
#include "xl_cmds.h"

const struct cmd_spec cmd_table[] = {
    {
        .name = "create",
        .run = main_create,
        .dry_run = true,
        .late_context = true,
        .summary = "Create a domain from config file <filename>",
        .arguments = "<ConfigFile> [options] [settings]",
        .options =
            "-f FILE, --defconfig=FILE\n"
            "                        Use this configuration file.\n"
            "-c                      Connect to the console.\n"
            "-p                      Leave the domain paused.\n"
            "-n, --dryrun            Only show the resulting configuration.\n"
            "-q, --quiet             Quiet.\n"
            "-F                      Stay in the foreground until the domain "
            "ends.\n"
            "-e                      Do not wait for its end at all.\n"
            "settings                Lines as in the file: memory=512\n",
    },
    {
        .name = "list",
        .run = main_list,
        .summary = "List information about all/some domains",
        .arguments = "[options] [Domain]",
        .options = "-l, --long              Output all details (JSON).\n"
                   "-v, --verbose           Output UUIDs and reasons.\n"
                   "-Z, --context           Output security labels.\n"
                   "-c, --cpupool           Output the CPU pool.\n"
                   "-n, --numa              Output the NUMA nodes.\n",
    },
    {
        .name = "info",
        .run = main_info,
        .summary = "Get information about Xen host",
        .arguments = "[options]",
        .options = "-n, --numa              List CPU topology and memory.\n",
    },
    {
        .name = "nested",
        .run = main_nested,
        .late_context = true,
        .summary = "Show nested virtualization, or check what it needs",
        .arguments = "[options] [Domain] | check [ConfigFile|Domain]",
        .options = "-j, --json              Output as JSON.\n"
                   "check                   Say in words whether a guest can "
                   "start guests.\n",
    },
    {
        .name = "destroy",
        .run = main_destroy,
        .summary = "Terminate a domain immediately",
        .arguments = "[options] <Domain>",
        .options =
            "-f                      Permit destroying domain 0, which "
            "will only succeed\n"
            "                        when using disaggregated domains.\n",
    },
    {
        .name = "shutdown",
        .run = main_shutdown,
        .summary = "Issue a shutdown signal to a domain",
        .arguments = "[options] <-a|Domain>",
        .options =
            "-a, --all               Shutdown all guest domains.\n"
            "-w, --wait              Wait for the guest(s) to go.\n"
            "-F                      Accepted; PVH has no ACPI button.\n",
    },
    {
        .name = "reboot",
        .run = main_reboot,
        .summary = "Issue a reboot signal to a domain",
        .arguments = "[options] <-a|Domain>",
        .options =
            "-a, --all               Reboot all guest domains.\n"
            "-w, --wait              Wait for the guest(s) to go down.\n"
            "-F                      Accepted; PVH has no ACPI button.\n",
    },
    {
        .name = "pause",
        .run = main_pause,
        .summary = "Pause execution of a domain",
        .arguments = "<Domain>",
    },
    {
        .name = "unpause",
        .run = main_unpause,
        .summary = "Unpause a paused domain",
        .arguments = "<Domain>",
    },
    {
        .name = "console",
        .run = main_console,
        .summary = "Attach to domain's console",
        .arguments = "[options] <Domain>",
        .options = "-t TYPE                 Console type: pv.\n"
                   "-n NUMBER               Console number.\n"
                   "-e ^C                   What ends the session (^]).\n",
    },
    {
        .name = "dmesg",
        .run = main_dmesg,
        .summary = "Read and/or clear dmesg buffer",
        .arguments = "[-c]",
        .options = "-c                      Clear it as well.\n",
    },
    {
        .name = "domid",
        .run = main_domid,
        .summary = "Convert a domain name to domain id",
        .arguments = "<DomainName>",
    },
    {
        .name = "domname",
        .run = main_domname,
        .summary = "Convert a domain id to domain name",
        .arguments = "<DomainId>",
    },
    {
        .name = "rename",
        .run = main_rename,
        .summary = "Rename a domain",
        .arguments = "<Domain> <NewDomainName>",
    },
    {
        .name = "uptime",
        .run = main_uptime,
        .summary = "Print uptime for all/some domains",
        .arguments = "[-s] [Domain]",
        .options = "-s                      In one line each, as uptime(1).\n",
    },
    {
        .name = "vm-list",
        .run = main_vm_list,
        .summary = "List guest domains, excluding dom0, stubdoms, etc.",
        .arguments = "",
    },
    {
        .name = "claims",
        .run = main_claims,
        .summary = "List outstanding claim information about all domains",
        .arguments = "",
    },
    {
        .name = "vcpu-list",
        .run = main_vcpu_list,
        .summary = "List the VCPUs for all/some domains",
        .arguments = "[Domain, ...]",
    },
    {
        .name = "vcpu-pin",
        .run = main_vcpu_pin,
        .summary = "Set which CPUs a VCPU can use",
        .arguments = "[option] <Domain> <VCPU|all> <Hard affinity|-|all> "
                     "[Soft affinity|-|all]",
        .options = "-f, --force             Undo a pin by the guest itself.\n",
    },
    {
        .name = "vcpu-set",
        .run = main_vcpu_set,
        .summary = "Set the number of active VCPUs allowed for the domain",
        .arguments = "[option] <Domain> <vCPUs>",
        .options = "-i, --ignore-host       Accepted for compatibility.\n",
    },
    {
        .name = "mem-set",
        .run = main_mem_set,
        .summary = "Set the current memory usage for a domain",
        .arguments = "<Domain> <MemMB['b'[bytes]|'k'[KB]|'m'[MB]|'g'[GB]|'t'"
                     "[TB]]>",
    },
    {
        .name = "mem-max",
        .run = main_mem_max,
        .summary = "Set the maximum amount reservation for a domain",
        .arguments = "<Domain> <MemMB['b'[bytes]|'k'[KB]|'m'[MB]|'g'[GB]|'t'"
                     "[TB]]>",
    },
    {
        .name = "trigger",
        .run = main_trigger,
        .summary = "Send a trigger to a domain",
        .arguments = "<Domain> <nmi|reset|init|power|sleep> [<VCPU>]",
    },
    {
        .name = "sysrq",
        .run = main_sysrq,
        .summary = "Send a sysrq to a domain",
        .arguments = "<Domain> <letter>",
    },
    {
        .name = "config-update",
        .run = main_config_update,
        .summary = "Update a running domain's saved configuration, used when "
                   "rebuilding the domain after reboot",
        .arguments = "<Domain> <ConfigFile> [settings]",
        .options = "settings                Lines as in the file: memory=512\n",
    },
    {
        .name = "dump-core",
        .run = main_dump_core,
        .summary = "Core dump a domain",
        .arguments = "<Domain> <filename>",
    },
    {
        .name = "top",
        .run = main_top,
        .summary = "Monitor a host and the domains in real time",
        .arguments = "[options]",
        .options = "-b                      Print lines, draw no screen.\n"
                   "-i N                    End after N rounds.\n"
                   "-d SECONDS              Time between rounds.\n"
                   "-f                      Full names of domains.\n"
                   "-n                      Networks.\n"
                   "-x                      Virtual block devices.\n"
                   "-v                      Virtual CPUs.\n"
                   "-r                      Repeat the heading each round.\n"
                   "-z                      Domain-0 first.\n",
    },
    {
        .name = "debug-keys",
        .run = main_debug_keys,
        .summary = "Send debug keys to Xen",
        .arguments = "<Keys>",
    },
    {
        .name = "set-parameters",
        .run = main_set_parameters,
        .summary = "Set hypervisor parameters",
        .arguments = "<Params>",
    },
    {
        .name = "block-attach",
        .run = main_block_attach,
        .summary = "Create a new virtual block device",
        .arguments = "<Domain> <disk-spec-component(s)>...",
    },
    {
        .name = "block-list",
        .run = main_block_list,
        .summary = "List virtual block devices for a domain",
        .arguments = "<Domain(s)>",
    },
    {
        .name = "block-detach",
        .run = main_block_detach,
        .summary = "Destroy a domain's virtual block device",
        .arguments = "[-f] <Domain> <DevId>",
        .options = "-f, --force             Even if the guest does not let go "
                   "of it.\n",
    },
    {
        .name = "network-attach",
        .run = main_network_attach,
        .summary = "Create a new virtual network device",
        .arguments = "<Domain> [vif-spec-component(s)]...",
    },
    {
        .name = "network-list",
        .run = main_network_list,
        .summary = "List virtual network interfaces for a domain",
        .arguments = "<Domain(s)>",
    },
    {
        .name = "network-detach",
        .run = main_network_detach,
        .summary = "Destroy a domain's virtual network device",
        .arguments = "[-f] <Domain> <DevId|mac>",
        .options = "-f, --force             Even if the guest does not let go "
                   "of it.\n",
    },
    {
        .name = "save",
        .run = main_save,
        .summary = "Save a domain state to restore later",
        .arguments = "[options] <Domain> <CheckpointFile> [<ConfigFile>]",
        .options = "-c                      Leave the domain running.\n"
                   "-p                      Leave the domain paused.\n",
    },
    {
        .name = "restore",
        .run = main_restore,
        .summary = "Restore a domain from a saved state",
        .arguments = "[options] [<ConfigFile>] <CheckpointFile>",
        .options = "-p                      Leave the domain paused.\n"
                   "-c                      Connect to the console.\n"
                   "-F                      Stay in the foreground until the "
                   "domain ends.\n"
                   "-e                      Do not wait for its end at all.\n",
    },
    {
        .name = "migrate",
        .run = main_migrate,
        .summary = "Migrate a domain to another host",
        .arguments = "[options] <Domain> <host>",
        .options = "-s SSH                  Use this instead of ssh; empty: "
                   "<host> is\n"
                   "                        a command that receives.\n"
                   "-e                      The target does not wait for the "
                   "domain's end.\n"
                   "-p                      Leave the domain paused there.\n"
                   "--debug                 Send all memory twice and "
                   "compare.\n",
    },
    {
        .name = "migrate-receive",
        .run = main_migrate_receive,
        .summary = "Receive a domain, at the other end of xl migrate",
        .arguments = "[-e] [-p]",
    },
    {
        .name = "sched-credit2",
        .run = main_sched_credit2,
        .summary = "Get/set credit2 scheduler parameters",
        .arguments = "[-d <Domain> [-w WEIGHT] [-c CAP]] [-s [-r RATELIMIT]] "
                     "[-p CPUPOOL]",
        .options = "-d, --domain=DOMAIN     Domain to modify.\n"
                   "-w, --weight=WEIGHT     Weight (int).\n"
                   "-c, --cap=CAP           Cap (int).\n"
                   "-s, --schedparam        Parameters of a pool.\n"
                   "-r, --ratelimit_us=US   Set its rate limit, in "
                   "microseconds.\n"
                   "-p, --cpupool=CPUPOOL   That pool, or the domains in it.\n",
    },
    {
        .name = "cpupool-list",
        .run = main_cpupool_list,
        .summary = "List CPU pools on host",
        .arguments = "[-c] [<CPU Pool>]",
        .options = "-c, --cpus              Output the list of CPUs.\n",
    },
    {
        .name = "cpupool-create",
        .run = main_cpupool_create,
        .dry_run = true,
        .summary = "Create a new CPU pool",
        .arguments = "[options] [<ConfigFile>] [Variable=value ...]",
        .options = "-f, --defconfig=FILE    Read the given file.\n"
                   "-n, --dryrun            Only check the configuration.\n",
    },
    {
        .name = "cpupool-destroy",
        .run = main_cpupool_destroy,
        .summary = "Deactivates a CPU pool",
        .arguments = "<CPU Pool>",
    },
    {
        .name = "cpupool-rename",
        .run = main_cpupool_rename,
        .summary = "Renames a CPU pool",
        .arguments = "<CPU Pool> <new name>",
    },
    {
        .name = "cpupool-cpu-add",
        .run = main_cpupool_cpu_add,
        .summary = "Adds a CPU to a CPU pool",
        .arguments = "<CPU Pool> <CPU nr>|node:<node nr>",
    },
    {
        .name = "cpupool-cpu-remove",
        .run = main_cpupool_cpu_remove,
        .summary = "Removes a CPU from a CPU pool",
        .arguments = "<CPU Pool> <CPU nr>|node:<node nr>",
    },
    {
        .name = "cpupool-migrate",
        .run = main_cpupool_migrate,
        .summary = "Moves a domain into a CPU pool",
        .arguments = "<Domain> <CPU Pool>",
    },
    {
        .name = "cpupool-numa-split",
        .run = main_cpupool_numa_split,
        .summary = "Splits up the machine into one CPU pool per NUMA node",
        .arguments = "",
    },
    {
        .name = "getenforce",
        .run = main_getenforce,
        .summary = "Returns the current enforcing mode of the Flask module",
        .arguments = "",
    },
    {
        .name = "help",
        .run = main_help,
        .late_context = true,
        .summary = "Show this, or the usage of one command",
        .arguments = "[command]",
    },
};

/* Commands of Xen's xl that are not served: better to say so and why. */
static const struct
{
    const char *name, *why;
} unsupported[] = {
    { "remus", "replication is not implemented" },
    { "devd", "driver domains are not supported" },
    { "pci-attach", "PCI passthrough needs VT-d, which is not supported" },
    { "pci-detach", "PCI passthrough needs VT-d, which is not supported" },
    { "pci-list", "PCI passthrough needs VT-d, which is not supported" },
    { "pci-assignable-add", "PCI passthrough is not supported" },
    { "pci-assignable-remove", "PCI passthrough is not supported" },
    { "pci-assignable-list", "PCI passthrough is not supported" },
    { "cd-insert", "needs an HVM domain" },
    { "cd-eject", "needs an HVM domain" },
    { "vncviewer", "needs an HVM domain" },
    { "qemu-monitor-command", "needs an HVM domain" },
    { "button-press", "needs an HVM domain" },
    { "sched-credit", "the scheduler is credit2: use sched-credit2" },
    { "sched-rtds", "the scheduler is credit2: use sched-credit2" },
    { "loadpolicy", "XSM is not supported" },
    { "setenforce", "XSM is not supported" },
    { "channel-list", "channels are not supported" },
};

const char *cmd_unsupported(const char *name)
{
    size_t i;

    for ( i = 0; i < sizeof(unsupported) / sizeof(unsupported[0]); i++ )
        if ( !strcmp(name, unsupported[i].name) )
            return unsupported[i].why;
    return NULL;
}

const unsigned int cmd_table_size = sizeof(cmd_table) / sizeof(cmd_table[0]);

const struct cmd_spec *cmd_lookup(const char *name)
{
    unsigned int i;

    for ( i = 0; i < cmd_table_size; i++ )
        if ( !strcmp(name, cmd_table[i].name) )
            return &cmd_table[i];
    return NULL;
}
