# SPDX-License-Identifier: GPL-2.0
"""What the programs that read or write bench.csv share.

Knows the file, the limits and how a figure is written; not how it is measured.
"""
import csv
import glob
import hashlib
import os
import re

KINDS = ["anon", "zero", "reuse", "af", "swap", "file", "numa"]
FIELDS = ["kernel", "release", "group", "mode", "label", "kind", "statistic", "pages",
          "passes", "instructions", "added", "spread", "counted", "module", "reason"]
BASELINE = "baseline"


def read(path):
    """The comments of a file of figures, and its rows."""
    with open(path, newline="") as f:
        lines = f.readlines()
    comments = [line.rstrip("\n") for line in lines if line.startswith("#")]
    return comments, list(csv.DictReader(line for line in lines if not line.startswith("#")))


def write(path, comments, rows):
    with open(path, "w", newline="") as f:
        f.writelines(line + "\n" for line in comments)
        out = csv.DictWriter(f, FIELDS, restval="", lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def kernels_of(rows):
    return list(dict.fromkeys(row["kernel"] for row in rows))


def compared(rows):
    """The kernels on which other tools were measured, too."""
    return [k for k in kernels_of(rows)
            if any(row["kernel"] == k and row["group"] == "peer" for row in rows)]


def find(rows, kernel, mode, kind):
    """The row of a mode, which its set-up or its label names; "" is the baseline."""
    for row in rows:
        if (row["kernel"], row["kind"]) == (kernel, kind) and mode in (
                (row["mode"], row["label"]) if row["group"] != BASELINE else ("",)):
            return row
    return None


def added(row):
    """Instructions added, or None where the row has no such figure."""
    return float(row["added"]) if row and row["added"] else None


def number(row):
    """A figure for a reader: nothing added if it is within the spread."""
    if not row or not row["instructions"]:
        return "–"
    if row["group"] == BASELINE:
        return "%.0f" % float(row["instructions"])
    if not row["added"] or row["counted"] == "uncounted":
        return "–"
    value = added(row)
    return "0" if abs(value) - float(row["spread"]) < 0.5 else "%+.0f" % value


def data_lines(path):
    """The fields of a file in which bars separate them."""
    with open(path) as lines:
        for line in lines:
            if not line.startswith("#") and line.strip():
                yield [word.strip() for word in line.split("|")]


def read_limits(path):
    """Of each mode, kernel and kind the instructions that it may add."""
    limits = {}
    for mode, kernels, kinds, limit in data_lines(path):
        for kernel in kernels.split():
            for kind in KINDS if kinds == "all" else kinds.split(","):
                limits[mode, kernel, kind] = int(limit)
    return limits


def is_over(row, limits):
    """Whether a figure is over its limit by more than its spread."""
    limit = limits.get((row["mode"], row["kernel"], row["kind"])) if row else None
    return limit is not None and row["counted"] == "exact" and \
        added(row) - float(row["spread"]) >= limit + 0.5


def table(header, rows):
    """The lines of a simple table of reStructuredText."""
    width = [max(len(line[i]) for line in [header] + rows) for i in range(len(header))]
    rule = "  ".join("=" * w for w in width)

    def text(line):
        return "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w)
                         for i, (cell, w) in enumerate(zip(line, width))).rstrip()

    return [rule, text(header), rule] + [text(line) for line in rows] + [rule]


def without_comments(text):
    """C without comments and blanks: what they say costs nothing."""
    strings = r'("(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\')'
    text = re.sub(strings + r"|/\*.*?\*/|//[^\n]*", lambda m: m[1] or " ", text, flags=re.S)
    return " ".join(text.split())


def module_version(top):
    """The module's version and a hash of its code."""
    paths = [os.path.join(top, "Kbuild")] + sorted(
        glob.glob(top + "/module/**/*.[ch]", recursive=True) +
        glob.glob(top + "/include/uapi/*.h"))
    code, version = hashlib.sha256(), ""
    for path in paths:
        # Unit tests are not in the module whose cost is measured.
        if re.search(r"_kunit\.[ch]$|/module/tests/", path):
            continue
        with open(path) as f:
            text = f.read()
        if path.endswith("Kbuild"):
            text = "".join(line for line in text.splitlines(True)
                           if not re.match("#|.*kunit", line, re.I))
        found = re.search(r'#define PFC_VERSION\s+"(.*)"', text)
        version = found[1] if found else version
        code.update((os.path.relpath(path, top) + "\n" + without_comments(text)).encode())
    return "%s-%s" % (version, code.hexdigest()[:12])
