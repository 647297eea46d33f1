/*
 * `keymap`: shows or changes the keyboard's layout.
 */
#include <drivers/layout.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <kernel/monitor/monitor.h>

COMMAND(keymap, "NAME", "choose the keyboard's layout; without NAME, list them",
        .words = layout_name)
{
    char name[COMMAND_WORD], names[LAYOUT_NAMES_MAX];
    bool given = command_word(&arguments, name);
    if (command_refuse_rest("keymap", arguments))
        return;
    layout_list_names(names, sizeof(names));
    const struct layout *layout = layout_find(name);
    if (layout)
        monitor_set_layout(layout);
    else if (given)
        console_printf("keymap: '%s' is none of %s\n", name, names);
    else
        console_printf("keymap: %s is in use; there are %s\n", monitor_layout()->name, names);
}
