/*
 * The commands that need nothing but the console.
 */
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <lib/string.h>

static void list_commands(void)
{
    section_for_each(struct command, command, commands)
        console_printf("  %-9s %-9s %s\n", command->name, command->parameters, command->summary);
}

COMMAND(help, "NAME", "list the commands, or describe NAME", .words = command_name,
        .details =
            "In the line that is typed: arrows, Home, End and Ctrl-A/B/E/F move (with Ctrl\n"
            "by words); Ctrl-W/U/K erase a word, to the start, to the end; up, down and\n"
            "Ctrl-P/N bring earlier lines; Tab completes; Ctrl-C drops the line and ends\n"
            "what runs; Ctrl-L clears the screen and asks a serial terminal how wide it is;\n"
            "Shift+PageUp and PageDown show what has scrolled away.\n")
{
    char name[COMMAND_WORD];
    if (!command_word(&arguments, name)) {
        list_commands();
        return;
    }
    if (command_refuse_rest("help", arguments))
        return;
    const struct command *command = command_find(name, strlen(name));
    if (command)
        console_printf("%s%s%s: %s\n%s", command->name, *command->parameters ? " " : "",
                       command->parameters, command->summary,
                       command->details ? command->details : "");
    else
        console_printf("help: no command is named '%s'; 'help' lists them\n", name);
}

COMMAND(echo, "TEXT", "print TEXT unchanged")
{
    console_printf("%s\n", arguments);
}

COMMAND(clear, "", "clear the screen")
{
    if (command_refuse_arguments("clear", arguments))
        return;
    command_stop();                                         /* it may use rows of the screen */
    static const char clear_and_home[] = "\033[2J\033[H\r"; /* \r: see console_fresh_line() */
    console_write(clear_and_home, sizeof(clear_and_home) - 1);
}

static void show_colour_row(unsigned background)
{
    console_printf("  \033[%um", background < 8 ? 40 + background : 92 + background);
    for (unsigned colour = 0; colour < 16; colour++)
        console_printf("\033[%um %2u ", colour < 8 ? 30 + colour : 82 + colour, colour);
    console_printf("\033[0m\n");
}

COMMAND(colors, "", "sixteen colours on sixteen, and text in many scripts")
{
    if (command_refuse_arguments("colors", arguments))
        return;
    for (unsigned background = 0; background < 16; background++)
        show_colour_row(background);
    console_printf("  Grüße éñå Ελληνικά русский 日本語 ╔═╗ ░▒▓█ π≈√∞ €£¥ →←↑↓ ☺♥♫\n");
}
