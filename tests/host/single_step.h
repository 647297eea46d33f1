/*
 * Runs a check before every instruction, for what must hold at any moment because an interrupt, a
 * panic or the processor itself may look at it then.
 */
#ifndef TESTS_HOST_SINGLE_STEP_H
#define TESTS_HOST_SINGLE_STEP_H

#include <types.h>

/* Calls `look` before each instruction from now on, with the instruction's address; NULL ends that,
 * also during `look`. False where the host cannot. */
bool single_step(void (*look)(uintptr_t instruction));

#endif
