/*
 * What a dead key and a character become.
 */
#ifndef DRIVERS_COMPOSE_H
#define DRIVERS_COMPOSE_H

#include <drivers/layout.h>

/* Is the symbol of a key that of a dead one? */
static inline bool symbol_is_dead(uint16_t symbol)
{
    return symbol >= DEAD_FIRST && symbol <= DEAD_LAST;
}

/* Both take a dead symbol of a layout (enum dead_symbol). Any context. */

/* The accent by itself, as a character that stands alone. */
uint16_t compose_alone(uint16_t dead);

/* The dead key `dead` and then `symbol`, which may be dead itself: a code point, or 0 when the two
 * make none. A blank gives the accent by itself, or the ASCII character that is wanted in its
 * place; the same dead key again gives the accent by itself. */
uint16_t compose(uint16_t dead, uint16_t symbol);

#endif
