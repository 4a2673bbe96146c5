"""Draws the results of the benchmarks as SVG, with nothing but text."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 50, 50
# Okabe and Ito: told apart by colour-blind readers too.
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
           "#000000"]


class Scale:
    """Turns values into places on the picture."""

    def __init__(self, low, high, first, last, is_log=False):
        self.turn = math.log10 if is_log else float
        self.low, self.high = self.turn(low), self.turn(high)
        self.first, self.last = first, last

    def place(self, value):
        part = (self.turn(value) - self.low) / (self.high - self.low)
        return self.first + part * (self.last - self.first)


def ticks_between(low, high, is_log):
    """Return round values from low to high.

    >>> ticks_between(0, 10, False)
    [0, 2, 4, 6, 8, 10]
    >>> ticks_between(500, 20000, True)
    [1000, 10000]
    """
    if is_log:
        first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
        return [10 ** power for power in range(first, last + 1)]
    rough = (high - low) / 5
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * times for times in (1, 2, 5, 10)
                if size * times >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def spread_labels(places, distance=14):
    """Return places moved down until none covers another, in their order.

    >>> spread_labels([10, 12, 100])
    [10, 24, 100]
    """
    moved = list(places)
    order = sorted(range(len(places)), key=lambda i: places[i])
    for above, below in zip(order, order[1:]):
        moved[below] = max(moved[below], moved[above] + distance)
    return moved


def text(x, y, words, anchor="start", more=""):
    return '<text x="%.1f" y="%.1f" text-anchor="%s" %s>%s</text>' % (
        x, y, anchor, more, escape(str(words)))


def line(x1, y1, x2, y2, style):
    return '<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" %s/>' % (
        x1, y1, x2, y2, style)


def frame(title, y_title, x_title):
    return [
        '<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
        'font-family="sans-serif" font-size="12">' % (WIDTH, HEIGHT),
        '<rect width="100%" height="100%" fill="white"/>',
        text(LEFT, 22, title, more='font-size="15" font-weight="bold"'),
        text(LEFT, 40, y_title, more='fill="#555"'),
        text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x_title, "middle",
             'fill="#555"'),
    ]


def draw_axes(parts, xs, x_scale, y_scale, y_ticks):
    for value in y_ticks:
        y = y_scale.place(value)
        parts.append(line(LEFT, y, WIDTH - RIGHT, y, 'stroke="#ddd"'))
        parts.append(text(LEFT - 8, y + 4, "%g" % value, "end"))
    for number, x in enumerate(xs):
        parts.append(text(x_scale.place(number), HEIGHT - BOTTOM + 20, x,
                          "middle"))


def draw_limit(parts, y_scale, limit):
    y = y_scale.place(limit)
    parts.append(line(LEFT, y, WIDTH - RIGHT, y,
                      'stroke="#b00" stroke-dasharray="6 4"'))
    parts.append(text(LEFT + 4, y - 5, "target %g" % limit,
                      more='fill="#b00"'))


def draw_curves(parts, xs, x_scale, y_scale, curves):
    ends = []
    for number, (_, points) in enumerate(curves):
        colour = COLOURS[number % len(COLOURS)]
        places = [(x_scale.place(xs.index(x)), y_scale.place(y))
                  for x, y in points]
        parts.append('<polyline fill="none" stroke="%s" stroke-width="2" '
                     'points="%s"/>' % (
                         colour, " ".join("%.1f,%.1f" % p for p in places)))
        parts += ['<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>' % (
            x, y, colour) for x, y in places]
        ends.append(places[-1][1])
    for number, y in enumerate(spread_labels(ends)):
        name, points = curves[number]
        if len(points) < len(xs):
            name += " (to %s %%)" % points[-1][0]
        parts.append(text(WIDTH - RIGHT + 14, y + 4, name,
                          more='fill="%s"' % COLOURS[number % len(COLOURS)]))


def chart(title, y_title, x_title, curves, limit=None, is_log=False):
    """Return a line chart as SVG; curves are (name, [(x, y), ...])."""
    xs = sorted({x for _, points in curves for x, _ in points})
    ys = [y for _, points in curves for _, y in points]
    if limit is not None:
        ys.append(limit)
    low, high = min(ys), max(ys)
    room = (high - low) * 0.1 or high * 0.1
    if is_log:
        low, high = low / 1.5, high * 1.5
    else:
        low, high = (0 if limit is None else low - room), high + room
    x_scale = Scale(-0.2, max(len(xs) - 0.8, 0.2), LEFT, WIDTH - RIGHT)
    y_scale = Scale(low, high, HEIGHT - BOTTOM, TOP, is_log)
    parts = frame(title, y_title, x_title)
    draw_axes(parts, xs, x_scale, y_scale, ticks_between(low, high, is_log))
    if limit is not None:
        draw_limit(parts, y_scale, limit)
    draw_curves(parts, xs, x_scale, y_scale, curves)
    return "\n".join(parts + ["</svg>", ""])


def curves_by_block(rows, value_of):
    blocks = sorted({row["block"] for row in rows})
    return [("%d port%s" % (block, "" if block == 1 else "s"),
             [(row["fill"], value_of(row)) for row in rows
              if row["block"] == block]) for block in blocks]


def curves_by_side(rows):
    names = [side["name"] for side in rows[0]["sides"]]
    return [(name, [(row["fill"], row["sides"][number]["median"])
                    for row in rows]) for number, name in enumerate(names)]


def charts_of(rows):
    """Yield (file name, SVG) of everything the results allow to draw."""
    measured = [row for row in rows if "sides" in row and "fill" in row]
    transports = sorted({(row["protocol"], row["family"])
                         for row in measured})
    for protocol, family in transports:
        name = "%s%s" % (protocol, family)
        own = [row for row in measured
               if (row["protocol"], row["family"]) == (protocol, family)]
        binds = [row for row in own if row["question"] == "associated bind"]
        peers = [row for row in own if row["question"] == "side by side"]
        if binds:
            yield "ratio-%s.svg" % name, chart(
                "Associated bind, %s" % name, "times a naked bind",
                "ports in use, %", curves_by_block(
                    binds, lambda row: row["sides"][1]["ratio"]), 1.10)
            largest = max(row["block"] for row in binds)
            yield "bind-%s.svg" % name, chart(
                "Bind in a block of %d, %s" % (largest, name),
                "median, ns", "ports in use, %", curves_by_side(
                    [row for row in binds if row["block"] == largest]))
        if peers:
            yield "peers-%s.svg" % name, chart(
                "Ways to a port of a range, %s" % name,
                "median, ns (logarithmic)", "ports in use, %",
                curves_by_side(peers), is_log=True)
