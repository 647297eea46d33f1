#include <boot/boot_info.h>
#include <boot/multiboot2.h>
#include <image.h>
#include <layout.h>

const struct boot_info *boot_info_collect(uint32_t information)
{
    static struct boot_info info;
    info.reserved[info.reserved_count++] = (struct phys_range){
        image_to_phys(kernel_image_start),
        image_to_phys(kernel_image_end),
    };
    const uint32_t *size = phys_to_virt(information); /* the first field (Multiboot2 3.6.1) */
    multiboot2_read(&info, size, MIN(*size, GIB(4) - information), information);
    return &info;
}
