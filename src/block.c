#include "block.h"

bool portres__block_fits(struct portres_range range) {
  return range.count > 0 &&
         (uint32_t)range.start + range.count - 1 <= PORTRES__PORT_MAX;
}

uint16_t portres__block_last(struct portres_range range) {
  return (uint16_t)(range.start + range.count - 1);
}

struct portres_range portres__block_meet(struct portres_range range,
                                         struct portres_range area) {
  struct portres_range meet = {0, 0};
  uint32_t start = range.start > area.start ? range.start : area.start;
  uint32_t range_end = (uint32_t)range.start + range.count;
  uint32_t area_end = (uint32_t)area.start + area.count;
  uint32_t end = range_end < area_end ? range_end : area_end;

  if (start < end) {
    meet.start = (uint16_t)start;
    meet.count = (uint16_t)(end - start);
  }
  return meet;
}

uint32_t portres__block_align(uint32_t port, uint16_t alignment) {
  uint32_t unit = alignment == 0 ? 1 : alignment;
  return (port + unit - 1) / unit * unit;
}
