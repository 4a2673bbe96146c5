/* rare.h - marks what hardly ever runs, so that the compiler keeps it out of
 * the way of what does; and what is read in each bind, so that it lies together
 * and a bind finds the caches colder by a few lines only. */
#ifndef PORTRES_RARE_H
#define PORTRES_RARE_H

#define PORTRES__RARE __attribute__((cold, noinline))
#define PORTRES__HOT __attribute__((section("portres_hot")))

#endif
