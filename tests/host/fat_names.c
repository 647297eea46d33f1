/*
 * The names of files on FAT, short and long; and dates.
 */
#include <drivers/time_of_day.h>
#include <fs/fat/fat.h>
#include <lib/string.h>

#include "../test.h"

static uint8_t made[FAT_SHORT], cases;

static bool is_whole(const char *name, unsigned number)
{
    return fat_make_short(name, strlen(name), number, made, &cases);
}

static bool is_made(const char *short_name)
{
    return memcmp(made, short_name, FAT_SHORT) == 0;
}

TEST(fat_names, short_ones_are_whole)
{
    EXPECT(is_whole("README.TXT", 1) && is_made("README  TXT") && cases == 0);
    EXPECT(is_whole("readme.txt", 1) && is_made("README  TXT") && cases == 24);
    EXPECT(is_whole("README.txt", 1) && is_made("README  TXT") && cases == 16);
    EXPECT(is_whole("noext", 1) && is_made("NOEXT      ") && cases == 8);
    EXPECT(is_whole("12345678.123", 1) && is_made("12345678123") && cases == 0);
}

TEST(fat_names, others_get_a_number)
{
    EXPECT(!is_whole("Readme.txt", 1) && is_made("README~1TXT") && cases == 0);
    EXPECT(!is_whole("a long name.text", 12) && is_made("ALONG~12TEX"));
    EXPECT(!is_whole("x y", 54321) && is_made("XY~54321   "));
    EXPECT(!is_whole(".profile", 1) && is_made("PROFIL~1   "));
    EXPECT(!is_whole("a+b.c", 3) && is_made("A_B~3   C  "));
    EXPECT(!is_whole("ab.tar.gz", 1) && is_made("ABTAR~1 GZ "));
}

TEST(fat_names, short_ones_are_shown)
{
    char name[FAT_SHORT_SHOWN];
    EXPECT_EQ(fat_show_short((const uint8_t *)"README  TXT", 0, name), 10);
    EXPECT(memcmp(name, "README.TXT", 10) == 0);
    EXPECT_EQ(fat_show_short((const uint8_t *)"README  TXT", 24, name), 10);
    EXPECT(memcmp(name, "readme.txt", 10) == 0);
    EXPECT_EQ(fat_show_short((const uint8_t *)".          ", 0, name), 1);
    EXPECT_EQ(fat_show_short((const uint8_t *)"\x9a"
                                              "BC     \xa0  ",
                             0, name),
              7);
    EXPECT(memcmp(name, "ÜBC.á", 7) == 0);
    EXPECT_EQ(fat_show_short((const uint8_t *)"\x9a"
                                              "BC     TXT",
                             24, name),
              8);
    EXPECT(memcmp(name, "übc.txt", 8) == 0);
    EXPECT_EQ(fat_show_short((const uint8_t *)"\x05"
                                              "BC        ",
                             0, name),
              4);
    EXPECT(memcmp(name, "σBC", 4) == 0);
}

TEST(fat_names, long_ones_come_back_as_they_were)
{
    static const char *const names[] = {"a", "über", "日本", "\xf0\x9f\x98\x80 smile"};
    uint16_t units[FAT_NAME_UNITS];
    char back[FAT_NAME_MAX];
    size_t count;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        EXPECT(fat_name_to_units(names[i], strlen(names[i]), units, &count));
        EXPECT_EQ(fat_name_from_units(units, count, back), strlen(names[i]));
        EXPECT(memcmp(back, names[i], strlen(names[i])) == 0);
    }
    EXPECT_EQ(fat_name_from_units((const uint16_t[]){0xd800, 'x'}, 2, back), 4);
}

TEST(fat_names, names_that_no_file_can_have_are_refused)
{
    static const char *const names[] = {"a?",   "a:b",  "a\\b",  "end.",
                                        "end ", "\x01", "a\xff", "\xc3"};
    uint16_t units[FAT_NAME_UNITS];
    char longest[FAT_NAME_UNITS + 1];
    size_t count;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        EXPECT(!fat_name_to_units(names[i], strlen(names[i]), units, &count));
    memset(longest, 'x', sizeof(longest));
    EXPECT(fat_name_to_units(longest, FAT_NAME_UNITS, units, &count));
    EXPECT(!fat_name_to_units(longest, FAT_NAME_UNITS + 1, units, &count));
}

TEST(fat_names, letters_may_be_large_or_small)
{
    EXPECT(fat_names_equal("ReadMe", 6, "rEADmE", 6));
    EXPECT(!fat_names_equal("ReadMe", 6, "Readme2", 7));
    EXPECT(!fat_names_equal("a@", 2, "a`", 2));
}

TEST(fat_names, dates_come_back_from_their_seconds)
{
    for (int64_t seconds = 0; seconds < INT64_C(253402300800); seconds += 86399 * 7 + 1234) {
        struct date_time time = date_time_from_seconds(seconds);
        EXPECT_EQ(date_time_to_seconds(&time), seconds);
        EXPECT(time.month >= 1 && time.month <= 12 && time.day >= 1 && time.day <= 31);
    }
    struct date_time leap = date_time_from_seconds(951782400);
    EXPECT(leap.year == 2000 && leap.month == 2 && leap.day == 29);
}
