#include "fake_tables.h"

#include <stdlib.h>
#include <string.h>

uint8_t table[4096];
size_t table_size;

void table_put(uint64_t value, unsigned bytes)
{
    for (; bytes; bytes--, value >>= 8)
        table[table_size++] = (uint8_t)value;
}

void table_put_bytes(const void *bytes, size_t size)
{
    memcpy(table + table_size, bytes, size);
    table_size += size;
}

void table_put_at(size_t offset, uint64_t value, unsigned bytes)
{
    size_t end = table_size;
    table_size = offset;
    table_put(value, bytes);
    table_size = end;
}

uint8_t byte_sum(const uint8_t *bytes, size_t size)
{
    uint8_t total = 0;
    for (; size; size--)
        total = (uint8_t)(total + *bytes++);
    return total;
}

void table_begin(const char *signature, uint8_t revision)
{
    memset(table, 0, sizeof(table));
    table_size = 0;
    table_put_bytes(signature, 4);
    table_put(0, 4);
    table_put(revision, 1);
    table_put(0, 1);
    table_put_bytes("CAIRN TESTTABL", 14);
    table_put(0, 12);
}

void table_end(void)
{
    table_put_at(4, table_size, 4);
    table[9] = (uint8_t)(table[9] - byte_sum(table, table_size));
}

void table_make_fadt(uint8_t revision, size_t size)
{
    table_begin("FACP", revision);
    table_size = size;
    table_put_at(40, 0x7fe0040, 4); /* DSDT */
    table_put_at(48, 0xb2, 4);      /* SMI command, and what enables ACPI */
    table_put_at(52, 0x02, 1);
    table_put_at(64, 0x604, 4);    /* PM1a control */
    table_put_at(76, 0x608, 4);    /* PM timer */
    table_put_at(108, 0x32, 1);    /* the CMOS clock's century */
    table_put_at(112, 1 << 10, 4); /* flags: reset register */
    if (size >= 129) {
        table_put_at(116, 1, 1); /* in I/O space */
        table_put_at(120, 0xcf9, 8);
        table_put_at(128, 0x0f, 1);
    }
    table_end();
}

void table_make_rsdp(uint8_t revision, uint32_t rsdt, uint64_t xsdt)
{
    memset(table, 0, sizeof(table));
    table_size = 0;
    table_put_bytes("RSD PTR ", 8);
    table_put(0, 1);
    table_put_bytes("CAIRN ", 6);
    table_put(revision, 1);
    table_put(rsdt, 4);
    table[8] = (uint8_t)(0 - byte_sum(table, 20));
    table_put(36, 4);
    table_put(xsdt, 8);
    table_put(0, 4);
    table[32] = (uint8_t)(0 - byte_sum(table, 36));
}

void table_make_madt(void)
{
    static const uint8_t entries[] = {
        0,    8,  0,    0, 1,  0, 0,    0,                  /* a processor */
        0,    8,  1,    1, 1,  0, 0,    0,                  /* another */
        0,    8,  2,    2, 0,  0, 0,    0,                  /* an unusable one */
        1,    12, 7,    0, 0,  0, 0xc0, 0xfe, 0,   0, 0, 0, /* an I/O APIC */
        2,    10, 0,    0, 2,  0, 0,    0,    0,   0, /* line 0 is interrupt 2, signalled ISA's way
                                                       */
        2,    10, 0,    9, 20, 0, 0,    0,    0xf, 0, /* line 9 is interrupt 20, level, low */
        2,    10, 0,    3, 3,  0, 0,    0,    5,   0, /* line 3 is interrupt 3, high edge: an entry
                                                         that changes nothing */
        4,    6,  0xff, 0, 0,  1, /* local input 1 of all processors is the NMI */
        0x7f, 5,  0,    0, 0,     /* an unknown type */
        9,    16, 0,    0, 44, 1, 0,    0,    1,   0, 0, 0,
        44,   1,  0,    0, /* a processor with an x2APIC */
    };
    table_begin("APIC", 3);
    table_put(0xfee00000, 4);
    table_put(1, 4); /* has 8259s */
    table_put_bytes(entries, sizeof(entries));
    table_end();
}

const uint8_t *exact_copy(const void *bytes, size_t size)
{
    static uint8_t *copy;
    free(copy);
    copy = malloc(size);
    memcpy(copy, bytes, size);
    return copy;
}
