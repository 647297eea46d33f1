/*
 * What drivers under test need from below, for fuzzers: a panic ends the program.
 */
#include <drivers/block/start.h>
#include <drivers/irq.h>
#include <drivers/local_apic.h>
#include <kernel/cpu/cpu.h>
#include <kernel/log/log.h>
#include <kernel/log/panic.h>
#include <kernel/log/symbols.h>
#include <mm/kernel_space.h>

struct page_tables kernel_space;
bool host_masked;
void (*host_interrupt)(void);
uint64_t host_tsc, host_tsc_step;
struct cpu host_cpu = {.self = &host_cpu};

enum error block_read_partitions(struct block_device *disk, struct executor *of,
                                 void (*add)(struct block_device *disk,
                                             const struct partition *partition))
{
    (void)add;
    (void)disk;
    (void)of;
    return OK;
}

enum error mmio_map(phys_addr_t address, uint64_t size, uint64_t caching)
{
    (void)address;
    (void)size;
    (void)caching;
    return OK;
}

void log_write(enum log_level level, const char *format, ...)
{
    (void)level;
    (void)format;
}

struct symbol_place symbol_place(virt_addr_t address)
{
    (void)address;
    return (struct symbol_place){0};
}

/* Controllers have neither messages nor a line. */
enum error irq_allocate_vector(struct irq_handler *handler, unsigned *vector)
{
    (void)handler;
    *vector = 0;
    return ERROR_UNSUPPORTED;
}

void irq_start(const struct irq_controller *controller)
{
    (void)controller;
}

enum error irq_add_handler(unsigned line, struct irq_handler *handler)
{
    (void)line;
    (void)handler;
    return ERROR_NO_DEVICE;
}

uint64_t local_apic_msi_address(void)
{
    return 0;
}

uint32_t local_apic_msi_data(unsigned vector)
{
    return vector;
}

void panic_at(const char *file, int line, const char *format, ...)
{
    (void)file;
    (void)line;
    (void)format;
    __builtin_trap();
}
