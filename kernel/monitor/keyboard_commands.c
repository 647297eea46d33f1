/*
 * What the keyboard's keys type.
 */
#include <drivers/layout.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <kernel/monitor/monitor.h>
#include <lib/format.h>
#include <lib/string.h>

COMMAND(keymap, "NAME", "have the keys type what a layout says", .words = layout_name)
{
    while (*arguments == ' ')
        arguments++;
    size_t length = strlen(arguments);
    while (length && arguments[length - 1] == ' ')
        length--;
    char name[32]; /* longer than any layout's */
    char names[LAYOUT_NAMES_MAX];
    snprintf(name, sizeof(name), "%.*s", (int)length, arguments);
    layout_list_names(names, sizeof(names));
    const struct layout *layout = layout_find(name);
    if (layout)
        monitor_set_layout(layout);
    else if (length)
        console_printf("keymap: '%s' is none of %s\n", name, names);
    else
        console_printf("keymap: it is %s, of %s\n", monitor_layout()->name, names);
}
