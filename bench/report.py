"""Judges the results of the benchmarks and lays them out as tables."""

MISSES = "misses"
MEETS = "meets"

# question: side: (what is compared, the most it may be).
# "extra" is the fallback of a ratio: nanoseconds more than the reference.
TARGETS = {
    "unassociated bind": {"hooked": {"ratio": 1.02, "extra": 15}},
    "associated bind": {
        "port 0": {"ratio": 1.10},
        "explicit": {"ratio": 1.10},
    },
    "exhausted block": {"exhausted": {"ratio": 0.5}},
    "exhausted block, kernel's search": {"exhausted": {"ratio": 0.001}},
    "acquire": {"10000 alive": {"ratio": 1.2}},
    "shared": {"registry": {"ratio": 3}},
}

VALUE_TARGETS = {
    ("per reservation of one port", "bytes written to"): 256,
    ("per port of a block of 16384", "bytes written to"): 4,
}


def judge_side(question, side):
    """Return (target, verdict) of a side; both empty where there is none.

    >>> judge_side("exhausted block", {"name": "exhausted", "ratio": 0.5})
    ('<= 0.5 x', 'meets')
    >>> judge_side("exhausted block", {"name": "exhausted", "ratio": 0.6})
    ('<= 0.5 x', 'misses')
    >>> hooked = {"name": "hooked", "ratio": 1.03, "extra": 14.9}
    >>> judge_side("unassociated bind", hooked)
    ('<= 1.02 x or 15 ns', 'meets')
    >>> judge_side("unassociated bind", dict(hooked, extra=15.1))
    ('<= 1.02 x or 15 ns', 'misses')
    >>> judge_side("unassociated bind", dict(hooked, ratio=1.02, extra=99))
    ('<= 1.02 x or 15 ns', 'meets')
    >>> judge_side("socket()", hooked)
    ('', '')
    """
    limits = TARGETS.get(question, {}).get(side["name"])
    if limits is None:
        return "", ""
    target = "<= %g x" % limits["ratio"]
    is_met = side["ratio"] <= limits["ratio"]
    if "extra" in limits:
        target += " or %g ns" % limits["extra"]
        is_met = is_met or side.get("extra", float("inf")) <= limits["extra"]
    return target, MEETS if is_met else MISSES


def judge_value(row):
    """Return (target, verdict) of a row that holds one value.

    >>> row = {"note": "per port of a block of 16384", "value": 4,
    ...        "name": "bytes written to"}
    >>> judge_value(row)
    ('<= 4', 'meets')
    >>> judge_value(dict(row, value=4.1))
    ('<= 4', 'misses')
    >>> judge_value(dict(row, name="bytes from malloc"))
    ('', '')
    """
    limit = VALUE_TARGETS.get((row.get("note"), row["name"]))
    if limit is None:
        return "", ""
    return "<= %g" % limit, MEETS if row["value"] <= limit else MISSES


def add_verdicts(rows):
    """Write target and verdict into the rows; return the verdicts given."""
    verdicts = []
    for row in rows:
        if "sides" in row:
            for side in row["sides"][1:]:
                side["target"], side["verdict"] = judge_side(
                    row["question"], side)
                verdicts.append(side["verdict"])
        elif "value" in row:
            row["target"], row["verdict"] = judge_value(row)
            verdicts.append(row["verdict"])
    return [verdict for verdict in verdicts if verdict]


def format_ns(ns):
    """Return nanoseconds in the figures that matter.

    >>> format_ns(7.24), format_ns(712.6), format_ns(5964674.0)
    ('7.2', '713', '5 964 674')
    """
    if abs(ns) < 100:
        return "%.1f" % ns
    return format(round(ns), ",").replace(",", " ")


def format_ratio(ratio):
    """Return a ratio, also one far below 1, in readable figures.

    >>> format_ratio(1.0123), format_ratio(0.0000712)
    ('1.012', '7.1e-05')
    """
    return "%.3f" % ratio if ratio >= 0.01 else "%.2g" % ratio


def case_of(row):
    """Return the words that tell rows of one question apart.

    >>> case_of({"protocol": "udp", "family": 6, "block": 16, "fill": 50})
    'udp6, 16 ports, 50 %'
    """
    words = ["%s%s" % (row.get("protocol", ""), row.get("family", ""))]
    if "block" in row:
        words.append("%d port%s" % (row["block"],
                                    "" if row["block"] == 1 else "s"))
    if "fill" in row:
        words.append("%d %%" % row["fill"])
    if "note" in row:
        words.append(row["note"])
    return ", ".join(words)


def lines_of_sides(row):
    """Return the table lines of one trial, the reference side first."""
    lines = []
    for number, side in enumerate(row["sides"]):
        compared = ["", "", "", ""]
        if number > 0:
            compared = [
                format_ratio(side["ratio"]),
                "%s-%s" % (format_ratio(side["ratio_low"]),
                           format_ratio(side["ratio_high"])),
                side["target"], side["verdict"]]
        lines.append([case_of(row) if number == 0 else "", side["name"],
                      format_ns(side["median"]), format_ns(side["p99"]),
                      format_ns(side["min"]), "%.0f %%" % (
                          100 * side["spread"]),
                      format_ns(side["extra"]) if "extra" in side and number
                      else ""] + compared)
    return lines


SIDE_HEAD = ["case", "side", "median ns", "p99", "min", "spread", "extra ns",
             "ratio", "of rounds", "target", "verdict"]
VALUE_HEAD = ["case", "what", "value", "target", "verdict"]


def align(head, lines, left_columns=2):
    """Return the lines as text, in columns.

    >>> print(align(["case", "side", "ns"], [["tcp", "a", "5"]]))
    case  side  ns
    tcp   a      5
    """
    table = [head] + lines
    widths = [max(len(line[i]) for line in table) for i in range(len(head))]
    texts = []
    for line in table:
        cells = [cell.ljust(width) if i < left_columns else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(line, widths))]
        texts.append("  ".join(cells).rstrip())
    return "\n".join(texts)


def table_of(question, rows):
    """Return the text of all results of one question."""
    sides, values, skipped = [], [], []
    for row in rows:
        if "sides" in row:
            sides += lines_of_sides(row)
        elif "value" in row:
            values.append([case_of(row), row["name"], "%.1f" % row["value"],
                           row["target"], row["verdict"]])
        else:
            skipped.append("%s: skipped, %s" % (case_of(row), row["skipped"]))
    parts = [question, "-" * len(question)]
    if sides:
        parts.append(align(SIDE_HEAD, sides))
    if values:
        parts.append(align(VALUE_HEAD, values))
    return "\n".join(parts + skipped)


def questions_of(rows):
    """Return the questions in the order they were answered."""
    return list(dict.fromkeys(row["question"] for row in rows))


def text_of(rows):
    """Return the whole report."""
    return "\n\n".join(
        table_of(question, [row for row in rows
                            if row["question"] == question])
        for question in questions_of(rows))


def judged_of(rows):
    """Yield (question, case, figure, target, verdict) of what has a target."""
    for row in rows:
        for side in row.get("sides", []):
            if side.get("verdict"):
                yield (row["question"], "%s, %s" % (case_of(row),
                                                    side["name"]),
                       side["ratio"], side["target"], side["verdict"])
        if row.get("verdict"):
            yield (row["question"], case_of(row), row["value"],
                   row["target"], row["verdict"])


def summary_of(rows):
    """Return one line for each target: how often it is met, and the worst.

    >>> rows = [{"question": "memory", "protocol": "tcp", "note": note,
    ...          "name": "bytes written to", "value": 5} for note in
    ...         ("per reservation of one port",
    ...          "per port of a block of 16384")]
    >>> len(add_verdicts(rows))
    2
    >>> for line in summary_of(rows): print(line)
    memory, <= 256: 1 of 1 met, worst 5.000 (tcp, per reservation of one port)
    memory, <= 4: 0 of 1 met, worst 5.000 (tcp, per port of a block of 16384)
    """
    groups = {}
    for question, case, figure, target, verdict in judged_of(rows):
        groups.setdefault((question, target), []).append(
            (verdict == MISSES, figure, case))
    return ["%s, %s: %d of %d met, worst %s (%s)" % (
        question, target, sum(not missed for missed, _, _ in judged),
        len(judged), format_ratio(max(judged)[1]), max(judged)[2])
            for (question, target), judged in groups.items()]
