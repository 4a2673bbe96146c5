/* story.h - what portserver does, told to somebody who watches. */
#ifndef PORTRES_EXAMPLES_STORY_H
#define PORTRES_EXAMPLES_STORY_H

#include "block.h"

enum { STORY_BLOCKS = 2 };

/**
 * Reserve the blocks (one of TCP, one of UDP, then one without a name), fill
 * them with servers, and talk to each. Ends the program when it goes wrong.
 */
void story_tell(struct block* blocks, uv_loop_t* loop);

/**
 * Give everything back.
 */
void story_end(struct block* blocks);

#endif
