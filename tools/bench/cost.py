# SPDX-License-Identifier: GPL-2.0
"""TAP: no figure of bench.csv is above that of committed.csv by more than one percent, and
watches and control groups add no more than the limits of targets allow."""
import sys

import figures

PERCENT = 1
# Another build of the kernel: what the kernel itself adds to a hit may differ.
PERCENT_OTHER = 10
# A word of a mode: as many of the watches that the word before it asks for.
TIMES = "+watches="


def judge(row, old):
    """Whether a fault costs no more than it did, and the figures in words."""
    if not row or figures.added(row) is None or figures.added(old) is None:
        return False, "not measured: %s" % (row["reason"] if row else "no such row")
    if row["counted"] != old["counted"]:
        return False, "%s, committed as %s" % (row["counted"], old["counted"])
    percent = PERCENT if row["release"] == old["release"] else PERCENT_OTHER
    # Measurements of one thing agree within their spread and one instruction.
    limit = figures.added(old) * (1 + percent / 100) + 1 + \
        max(float(row["spread"]), float(old["spread"]))
    return figures.added(row) <= limit, "%s instructions, committed %s, limit %.2f" % (
        row["added"], old["added"], limit)


def judge_added(row, alone, most):
    """Whether a mode adds no more than it may, and the figures in words."""
    if not all(figures.added(r) is not None for r in (row, alone)):
        return False, "not measured: %s" % (row["reason"] if row else "no such row")
    more = figures.added(row) - figures.added(alone)
    return more <= most, "adds %.2f instructions, limit %d" % (more, most)


def main():
    _, now = figures.read("bench.csv")
    _, committed = figures.read("committed.csv")
    limits = figures.read_limits("targets")
    # Words that have a limit of their own.
    adding = {mode for mode, _, _ in limits if " " not in mode}
    modes = {(row["kernel"], row["mode"]) for row in now if row["group"] != figures.BASELINE}
    results = []
    for kernel, mode in sorted(modes):
        words = [word for word in mode.split() if word in adding or word.startswith(TIMES)]
        alone = " ".join(word for word in mode.split() if word not in words)
        for kind in figures.KINDS:
            row = figures.find(now, kernel, mode, kind)
            old = figures.find(committed, kernel, mode, kind)
            if words:
                times = int(words[1][len(TIMES):]) if len(words) > 1 else 1
                well, text = judge_added(row, figures.find(now, kernel, alone, kind),
                                         times * limits[words[0], kernel, kind])
            else:
                well, text = judge(row, old) if old else (False, "no figure is committed")
            results.append(well)
            print("%sok %d - %s, %s: %s" % ("" if well else "not ", len(results), mode, kind,
                                            text))
    print("1..%d" % len(results))
    sys.exit(0 if results and all(results) else 1)


main()
