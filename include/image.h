/*
 * The kernel image's parts, as linker.ld lays them out; each begins and ends at a page boundary.
 * Only the addresses of these symbols have a meaning.
 */
#ifndef IMAGE_H
#define IMAGE_H

extern char kernel_image_start[], kernel_image_end[];
extern char text_start[], text_end[];
extern char rodata_start[], rodata_end[];
extern char ro_after_init_start[], ro_after_init_end[];
extern char data_start[], data_end[]; /* .data and .bss */

#endif
