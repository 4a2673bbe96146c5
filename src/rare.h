/* rare.h - marks what hardly ever runs, so that the compiler keeps it out of
 * the way of what does. */
#ifndef PORTRES_RARE_H
#define PORTRES_RARE_H

#define PORTRES__RARE __attribute__((cold, noinline))

#endif
