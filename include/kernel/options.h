/*
 * The kernel's options: the words on GRUB's command line, `key=value` or `key` alone, and after
 * them those in QEMU's fw_cfg file opt/cairn/cmdline. A file declares each key that it understands
 * with OPTION(); the linker collects these.
 */
#ifndef KERNEL_OPTIONS_H
#define KERNEL_OPTIONS_H

#include <boot/boot_info.h>

struct option {
    const char *key;
    const char **value;
};

/* Declares `option_KEY`, a string that lives for ever: the value of the last word with that key; ""
 * if that word is the key alone; NULL if there is no such word. */
#define OPTION(name)                                                           \
    static const char *option_##name RO_AFTER_INIT;                            \
    static const struct option option_entry_##name                             \
        __attribute__((used, section("options"), aligned(sizeof(void *)))) = { \
            .key = #name, .value = &option_##name}

/* Reads both lines and sets the options. Called once. */
void options_init(const struct boot_info *info);

/* Logs each word that is not an option. Once, after options_init(). */
void options_log_unknown(void);

/* The words behind `--`, which are for the first program; returns how many there are. After
 * options_init(). */
enum { OPTIONS_MAX_ARGUMENTS = 32 };
size_t options_arguments(const char *const **words);

/* Is an option's value this word? NULL, for an option that is not set, equals no word. */
bool option_is(const char *value, const char *word);

/* Is a switch on? `key` and `key=1` are on; `key=0` and NULL are off. */
bool option_is_on(const char *value);

#endif
