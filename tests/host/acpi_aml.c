/*
 * The package \_S5_ in AML, in every encoding that firmware may use, and bytes that only look like
 * it.
 */
#include <drivers/acpi_tables.h>

#include "../test.h"
#include "fake_tables.h"

/* Searches these bytes for it. */
#define FIND_S5(type, ...)                                                                  \
    acpi_find_s5(                                                                           \
        exact_copy((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})), \
        sizeof((const uint8_t[]){__VA_ARGS__}), type)

TEST(acpi_aml, s5_is_found_in_every_encoding)
{
    struct acpi_sleep_type type;
    /* Name (_S5, Package () {Zero, Zero, Zero, Zero}), as QEMU has it */
    EXPECT_EQ(FIND_S5(&type, 0x08, '_', 'S', '5', '_', 0x12, 6, 4, 0, 0, 0, 0), OK);
    EXPECT(type.a == 0 && type.b == 0);
    /* with a backslash, bytes, and a length of two bytes */
    EXPECT_EQ(FIND_S5(&type, 0x10, 0x08, '\\', '_', 'S', '5', '_', 0x12, 0x4a, 0, 4, 0x0a, 5, 0x0a,
                      7, 0, 0),
              ERROR_NO_DEVICE); /* the package is said to be longer than it is */
    EXPECT_EQ(
        FIND_S5(&type, 0x10, 0x08, '\\', '_', 'S', '5', '_', 0x12, 0x47, 0, 2, 0x0a, 5, 0x0a, 7),
        OK);
    EXPECT(type.a == 5 && type.b == 7);
    /* words */
    EXPECT_EQ(FIND_S5(&type, 0x08, '_', 'S', '5', '_', 0x12, 9, 2, 0x0b, 6, 0, 0x0c, 1, 0, 0, 0),
              ERROR_NO_DEVICE); /* cut off */
    EXPECT_EQ(FIND_S5(&type, 0x08, '_', 'S', '5', '_', 0x12, 10, 2, 0x0b, 6, 0, 0x0c, 1, 0, 0, 0),
              OK);
    EXPECT(type.a == 6 && type.b == 1);
}

TEST(acpi_aml, bytes_that_only_look_like_s5_are_not_taken)
{
    struct acpi_sleep_type type;
    EXPECT_EQ(FIND_S5(&type, '_', 'S', '5', '_'), ERROR_NO_DEVICE);
    EXPECT_EQ(FIND_S5(&type, '_', 'S', '5', '_', 0x12, 6, 4, 0, 0, 0, 0), ERROR_NO_DEVICE);
    EXPECT_EQ(FIND_S5(&type, 0x70, '_', 'S', '5', '_', 0x60), ERROR_NO_DEVICE);
    EXPECT_EQ(FIND_S5(&type, 0x08, '_', 'S', '5', '_', 0x12, 3, 1, 0), ERROR_NO_DEVICE);
    /* a length of four bytes that is cut off */
    EXPECT_EQ(FIND_S5(&type, 0x08, '_', 'S', '5', '_', 0x12, 0xc2, 0, 0), ERROR_NO_DEVICE);
    /* no constant; a value that does not fit */
    EXPECT_EQ(FIND_S5(&type, 0x08, '_', 'S', '5', '_', 0x12, 4, 2, 'A', 0), ERROR_NO_DEVICE);
    EXPECT_EQ(FIND_S5(&type, 0x08, '_', 'S', '5', '_', 0x12, 5, 2, 0x0a, 8, 0), ERROR_NO_DEVICE);
    /* the first one is read only, the second one is the definition */
    EXPECT_EQ(FIND_S5(&type, 0x70, '_', 'S', '5', '_', 0x60, 0x08, '_', 'S', '5', '_', 0x12, 5, 2,
                      0x0a, 3, 1),
              OK);
    EXPECT(type.a == 3 && type.b == 1);
}

TEST(acpi_aml, s5_that_is_cut_off_is_not_found)
{
    static const uint8_t aml[] = {0x08, '\\', '_', 'S',  '5', '_', 0x12, 10, 2,
                                  0x0b, 6,    0,   0x0c, 1,   0,   0,    0};
    struct acpi_sleep_type type;
    for (size_t size = 0; size < sizeof(aml); size++)
        EXPECT_EQ(acpi_find_s5(exact_copy(aml, size), size, &type), ERROR_NO_DEVICE);
    EXPECT_EQ(acpi_find_s5(aml, sizeof(aml), &type), OK);
}
