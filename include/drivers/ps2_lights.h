/*
 * The lights of a PS/2 keyboard.
 */
#ifndef DRIVERS_PS2_LIGHTS_H
#define DRIVERS_PS2_LIGHTS_H

#include <kernel/task/executor.h>

/* Spawns the task that sets the lights. Once, after the keyboard's set-up has ended well: all
 * lights are off then. */
void ps2_lights_start(struct executor *executor);

/* Has the lights set soon: bit 0 is Scroll Lock, 1 is Num Lock, 2 is Caps Lock. Costs next to
 * nothing, and waits for nothing. In tasks. */
void ps2_lights_set(uint8_t lights);

#endif
