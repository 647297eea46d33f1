/*
 * What the keyboard's keys type.
 */
#include <drivers/layout.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <kernel/monitor/monitor.h>

COMMAND(keymap, "NAME", "have the keys type what a layout says", .words = layout_name)
{
    while (*arguments == ' ')
        arguments++;
    char names[LAYOUT_NAMES_MAX];
    layout_list_names(names, sizeof(names));
    const struct layout *layout = layout_find(arguments);
    if (layout)
        monitor_set_layout(layout);
    else if (*arguments)
        console_printf("keymap: '%s' is none of %s\n", arguments, names);
    else
        console_printf("keymap: it is %s, of %s\n", monitor_layout()->name, names);
}
