# SPDX-License-Identifier: GPL-2.0
"""The tables and the picture that are made from bench.csv.

Run in a directory that holds README.md, index.rst, bench.csv, bench.svg, targets and
src, the module's sources. Compares; with --write writes; with --module checks instead
whether bench.csv was measured with this module.
"""
import sys

import figures
import picture

MODES = ["backend=kprobe account=1", "backend=kprobe account=0",
         "backend=ftrace account=1", "backend=ftrace account=0"]
# The label of a row, the mode or label of its row of bench.csv, and the kind of fault.
README = [
    ("the fault itself", "", "zero"),
    ("pfclass, `enabled=0`", "backend=kprobe enabled=0", "anon"),
    ("pfclass, `backend=ftrace account=0`", "backend=ftrace account=0", "zero"),
    ("pfclass, `account=0`", "backend=kprobe account=0", "zero"),
    ("pfclass, `backend=ftrace`", "backend=ftrace account=1", "zero"),
    ("pfclass", "backend=kprobe account=1", "zero"),
    ("bpftrace, fentry, `count()`", "bpftrace fentry, count()", "zero"),
    ("bpftrace, kprobe, `count()`", "bpftrace kprobe, count()", "zero"),
    ("perf stat, kprobe event", "perf stat -e probe:do_wp_page", "zero"),
]
OPTIONS = [
    ("``account=0``", "backend=%s account=0"),
    ("``account=0``, a filter that does not match", "backend=%s account=0 +filter=other"),
    ("``account=0``, a filter by process", "backend=%s account=0 +filter=tgid"),
    ("``account=0``, by process and address", "backend=%s account=0 +filter=tgid,addr"),
    ("``account=1``", "backend=%s account=1"),
    ("``account=1``, a filter that does not match", "backend=%s account=1 +filter=other"),
    ("``account=1``, a filter by process", "backend=%s account=1 +filter=tgid"),
    ("``account=1``, a watch that does not match", "backend=%s account=1 +watch=other"),
    ("``account=1``, a watch by process", "backend=%s account=1 +watch=tgid"),
    ("``account=1``, 16 watches that do not match",
     "backend=%s account=1 +watch=other +watches=16"),
    ("``account=1``, 16 watches by process", "backend=%s account=1 +watch=tgid +watches=16"),
    ("``account=1 latency=1``", "backend=%s account=1 latency=1"),
    ("``account=1`` and trace events", "backend=%s account=1 +events"),
]
FLOORS = ["an empty kprobe", "an empty kprobe, its instruction emulated",
          "an empty kretprobe", "an empty ftrace_ops"]
HINT = "tools/bench/quote --write puts it right"


def readme_table(rows, _):
    kernels = figures.compared(rows)
    lines = ["| instructions | " + " | ".join(kernels) + " |",
             "|---|" + "---:|" * len(kernels)]
    for label, mode, kind in README:
        cells = [figures.number(figures.find(rows, k, mode, kind)) for k in kernels]
        lines.append("| %s | %s |" % (label, " | ".join(cells)))
    return lines


def modes_table(rows, limits):
    lines = []
    for mode in ["", *MODES]:
        for kernel in figures.kernels_of(rows):
            cells = []
            for kind in figures.KINDS:
                row = figures.find(rows, kernel, mode, kind)
                over = figures.is_over(row, limits)
                cells.append(("**%s**" if over else "%s") % figures.number(row))
            limit = {limits[m, k, i] for m, k, i in limits if (m, k) == (mode, kernel)}
            lines.append(["``%s``" % mode if mode else "*the fault itself*", kernel] + cells +
                         [" ".join(map(str, limit)) or "–"])
    return [""] + figures.table(["mode", "kernel"] + figures.KINDS + ["limit"], lines) + [""]


def options_table(rows, _):
    # Where the CPU sets the access flag, touching a page is no such fault.
    kernels = [k for k in figures.kernels_of(rows)
               if figures.number(figures.find(rows, k, "", "af")) != "–"]
    columns = [(backend, k) for backend in ("kprobe", "ftrace") for k in kernels]
    lines = [[label] + [figures.number(figures.find(rows, k, mode % backend, "af"))
                        for backend, k in columns] for label, mode in OPTIONS]
    return [""] + figures.table(["option"] + ["%s %s" % c for c in columns], lines) + [""]


def floors_table(rows, _):
    kernels = figures.kernels_of(rows)
    lines = [[floor] + [figures.number(figures.find(rows, k, floor, "reuse")) for k in kernels]
             for floor in FLOORS]
    return [""] + figures.table(["one probe"] + kernels, lines) + [""]


# Where a table stands: between a line with this and a line with "end of" this.
TABLES = [
    ("README.md", "costs from bench.csv", readme_table),
    ("index.rst", "modes from bench.csv", modes_table),
    ("index.rst", "options from bench.csv", options_table),
    ("index.rst", "floors from bench.csv", floors_table),
]


def documents(rows, limits):
    """Of each file what it holds, and what it should."""
    have, want = {}, {}
    for name, _, _ in TABLES:
        with open(name) as f:
            have[name] = want[name] = f.read()
    for name, mark, make in TABLES:
        lines = want[name].split("\n")
        ends = [i for i, line in enumerate(lines) if mark in line]
        if len(ends) != 2 or "end of " + mark not in lines[ends[1]]:
            sys.exit("%s has no table between \"%s\" and \"end of %s\"" % (name, mark, mark))
        lines[ends[0] + 1:ends[1]] = make(rows, limits)
        want[name] = "\n".join(lines)
    with open("bench.svg") as f:
        have["bench.svg"], want["bench.svg"] = f.read(), picture.draw(rows)
    return have, want


def check_module(rows):
    """Whether the module's figures were measured with the module as it is."""
    module = figures.module_version("src")
    mine = [row for row in rows if row["group"] == "pfclass"]
    old = [row for row in mine if row["module"] != module]
    if old:
        sys.exit("%d of %d figures of Documentation/bench/bench.csv are of %s; this is %s.\n"
                 "Measure again: make bench COMMIT=1 GROUPS=pfclass KERNELS=\"%s\"" % (
                     len(old), len(mine), old[0]["module"], module,
                     " ".join(figures.kernels_of(old))))


def main():
    _, rows = figures.read("bench.csv")
    if "--module" in sys.argv:
        check_module(rows)
        return
    have, want = documents(rows, figures.read_limits("targets"))
    for name in want:
        if have[name] == want[name]:
            continue
        if "--write" not in sys.argv:
            sys.exit("%s does not agree with Documentation/bench/bench.csv; %s" % (name, HINT))
        with open(name, "w") as f:
            f.write(want[name])


main()
