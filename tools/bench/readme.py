# SPDX-License-Identifier: GPL-2.0
"""README.md's table of costs, from bench.json; with --write: put it there."""
import json
import sys

BEGIN, END = "<!-- costs: from bench.json -->\n", "<!-- costs end -->\n"
KIND = "zero"
# What the row says, whose row of the measurement it is, and of which kind of fault.
ROWS = [
    ("the fault itself", None, KIND),
    ("pfclass, `enabled=0`", "backend=kprobe enabled=0", "anon"),
    ("pfclass, `backend=ftrace account=0`", "backend=ftrace account=0", KIND),
    ("pfclass, `account=0`", "backend=kprobe account=0", KIND),
    ("pfclass, `backend=ftrace`", "backend=ftrace account=1", KIND),
    ("pfclass", "backend=kprobe account=1", KIND),
    ("bpftrace, fentry, `count()`", "bpftrace fentry, count()", KIND),
    ("bpftrace, kprobe, `count()`", "bpftrace kprobe, count()", KIND),
    ("perf stat, kprobe event", "perf stat -e probe:do_wp_page", KIND),
]


def cell(result, mode, kind):
    if mode is None:
        return "%.0f" % result["baseline"][kind]["cost"]
    for row in result["rows"]:
        if mode in (row["mode"], row["label"]):
            got = row["kinds"].get(kind, {})
            # Within the spread of what was compared there is no difference.
            if "added" in got:
                return "0" if abs(got["added"]) - got["spread"] < 0.5 \
                    else "%+.0f" % got["added"]
    return "–"


def table(data):
    results = data["kernels"]
    lines = ["| instructions | " + " | ".join(r["kernel"] for r in results) + " |",
             "|---|" + "---:|" * len(results)]
    for label, mode, kind in ROWS:
        lines.append("| %s | %s |" % (label, " | ".join(cell(r, mode, kind) for r in results)))
    return "\n".join(lines) + "\n"


def main():
    with open("bench.json") as f:
        want = table(json.load(f))
    with open("README.md") as f:
        text = f.read()
    before, begin, rest = text.partition(BEGIN)
    have, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit("README.md has no table between %s and %s" % (BEGIN.strip(), END.strip()))
    if "--write" in sys.argv:
        with open("README.md", "w") as f:
            f.write(before + begin + want + end + after)
    elif have != want:
        sys.exit("README.md's table of costs is not what Documentation/bench/bench.json says; "
                 "tools/bench/readme --write puts it right. It should be:\n" + want)


main()
