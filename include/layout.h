/*
 * The map of virtual memory. Paging has four levels (Intel SDM 3A 4.5), so each window is aligned
 * to what an entry of a table maps. The lower half, below the non-canonical addresses, is for user
 * programs.
 *
 *     0x0000000000000000  user programs; page 0 is never mapped
 *     0xffff800000000000  the direct map: all physical memory, at this offset       64 TiB
 *     0xffffc00000000000  the heap's window                                          1 TiB
 *     0xffffd00000000000  stacks, each between two unmapped guard pages              1 TiB
 *     0xffffffff80000000  the kernel image, linked 1 MiB above its start             2 GiB
 *
 * A root table has one entry for each 512 GiB. All roots share the entries of these four windows,
 * which are made once, at boot: so a window costs a table for each 512 GiB, used or not.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <types.h>

#define PAGE_SIZE UINT64_C(4096)

/* User addresses end a page before the hole, so that no SYSCALL can be the last instruction before
 * it: SYSRET to a non-canonical address faults in the kernel (Intel SDM 2, SYSRET). */
#define USER_END UINT64_C(0x00007ffffffff000)

/* The host tests put their physical memory, and themselves, elsewhere. */
#ifndef DIRECT_MAP_BASE
#define DIRECT_MAP_BASE 0xffff800000000000u
#endif
#define DIRECT_MAP_SIZE 0x0000400000000000u
#define HEAP_BASE       0xffffc00000000000u
#define HEAP_WINDOW     0x0000010000000000u
#define STACKS_BASE     0xffffd00000000000u
#define STACKS_WINDOW   0x0000010000000000u
#ifndef KERNEL_BASE
#define KERNEL_BASE 0xffffffff80000000u
#endif
#define KERNEL_WINDOW 0x0000000080000000u

/* Are bits 63 to 47 all equal (Intel SDM 1 3.3.7.1)? That is so within 2^47 of 0 on either side. An
 * access to any other address faults. */
static inline bool is_canonical(virt_addr_t address)
{
    return address + (UINT64_C(1) << 47) < UINT64_C(1) << 48;
}

/* Where the direct map shows physical memory. `physical` is below DIRECT_MAP_SIZE. */
static inline void *phys_to_virt(phys_addr_t physical)
{
    return (void *)(DIRECT_MAP_BASE + physical);
}

/* The physical address behind a pointer into the direct map (not into the kernel image). */
static inline phys_addr_t virt_to_phys(const void *direct)
{
    return (virt_addr_t)direct - DIRECT_MAP_BASE;
}

/* The physical address behind a pointer into the kernel image (not into the direct map). */
static inline phys_addr_t image_to_phys(const void *symbol)
{
    return (virt_addr_t)symbol - KERNEL_BASE;
}

#endif
