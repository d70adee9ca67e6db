/* SPDX-License-Identifier: MIT */
/* The commands of xl, for their table. */
#ifndef XL_CMDS_H
#define XL_CMDS_H

typedef int xl_command(int argc, char **argv);

xl_command main_block_attach, main_block_detach, main_block_list, main_claims,
    main_config_update, main_console, main_cpupool_cpu_add,
    main_cpupool_cpu_remove, main_cpupool_create, main_cpupool_destroy,
    main_cpupool_list, main_cpupool_migrate, main_cpupool_numa_split,
    main_cpupool_rename, main_create, main_debug_keys, main_destroy, main_dmesg,
    main_domid, main_domname, main_dump_core, main_getenforce, main_help,
    main_info, main_list, main_mem_max, main_mem_set, main_migrate,
    main_migrate_receive, main_nested, main_network_attach, main_network_detach,
    main_network_list, main_pause, main_reboot, main_rename, main_restore,
    main_save, main_sched_credit2, main_set_parameters, main_shutdown,
    main_sysrq, main_top, main_trigger, main_unpause, main_uptime,
    main_vcpu_list, main_vcpu_pin, main_vcpu_set, main_vm_list;

#endif
