/*
 * The address space of the kernel itself. Set-up only, unless said otherwise.
 */
#ifndef MM_KERNEL_SPACE_H
#define MM_KERNEL_SPACE_H

#include <boot/boot_info.h>
#include <mm/paging.h>

extern struct page_tables kernel_space;

/* Turns on the processor's protections (missing ones are logged), builds the kernel's
 * own page tables and switches from those of the boot to them. Panics when memory runs out. Comes
 * after frames_init(). Pointers into the direct map stay valid, for memory and for the framebuffer
 * of `info`; the identity mapping is gone. */
void kernel_space_init(const struct boot_info *info);

/* Makes .ro_after_init read-only. */
void kernel_space_seal(void);

/* Maps a device's memory, for phys_to_virt(); see direct_map_device(). ERROR_INVALID also for what
 * the processor cannot address. Not in an interrupt handler. */
enum error mmio_map(phys_addr_t address, uint64_t size, uint64_t caching);

#endif
