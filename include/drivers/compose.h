/*
 * Composes a dead key and the character after it.
 */
#ifndef DRIVERS_COMPOSE_H
#define DRIVERS_COMPOSE_H

#include <drivers/layout.h>

/* Is it the symbol of a dead key? */
static inline bool symbol_is_dead(uint16_t symbol)
{
    return symbol >= DEAD_FIRST && symbol <= DEAD_LAST;
}

/* Both take a dead symbol of a layout (enum dead_symbol). Any context. */

/* Returns the accent as a character on its own. */
uint16_t compose_alone(uint16_t dead);

/* Returns the character of `dead` and the `symbol` after it, which may be dead, too; 0 when they
 * make none. The same dead key twice makes the accent on its own. So does a blank after it, unless
 * the two make a quotation mark of ASCII. */
uint16_t compose(uint16_t dead, uint16_t symbol);

#endif
