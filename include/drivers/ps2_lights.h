/*
 * The lights of a PS/2 keyboard.
 */
#ifndef DRIVERS_PS2_LIGHTS_H
#define DRIVERS_PS2_LIGHTS_H

#include <kernel/task/executor.h>

/* Spawns the task that sets the lights. Once, after the keyboard's set-up has ended well: all
 * lights are off then. */
void ps2_lights_start(struct executor *executor);

/* Makes the task set the lights soon: bit 0 is Scroll Lock, 1 is Num Lock, 2 is Caps Lock. Does not
 * wait. In tasks. */
void ps2_lights_set(uint8_t lights);

#endif
