# SPDX-License-Identifier: GPL-2.0
"""Turns what the guests wrote into bench.csv, and prints it: KERNEL...

Run in a directory that holds modes, targets, src (the module's sources), versions,
for each kernel one or more KERNEL.BOOT.out, and perhaps an older bench.csv: what was
not measured now is kept from it. Exits with 1 when a row failed.
"""
import glob
import os
import re
import sys

import figures
from figures import BASELINE, KINDS

GROUPS = {
    "pfclass": "pfclass",
    "floor": "Floors: one empty probe that counts",
    "tracefs": "The kernel's own tracing",
    "peer": "Other tools",
}


def read_modes():
    return [{"group": group, "mode": setup, "label": label}
            for group, _, setup, label in figures.data_lines("modes")]


def read_kind(words):
    """One line of faultcost, in instructions a fault."""
    if words[1] == "-":
        return {"reason": " ".join(words[2:])}
    pages = int(words[2])
    value, first, second = [int(w) / pages for w in words[4:7]]
    return {"statistic": words[1], "pages": pages, "passes": int(words[3]),
            "instructions": value, "spread": abs(first - second), "counted": words[9]}


def read_boot(path):
    boot = {"meta": {}, "baseline": [], "rows": {}, "done": False}
    now = None
    with open(path) as lines:
        for line in lines:
            words = line.split()
            if not words:
                continue
            if words[0] == "@meta":
                boot["meta"][words[1]] = " ".join(words[2:])
            elif words[0] == "@row":
                now = {"kinds": {}}
                if words[1] == "0":
                    boot["baseline"].append(now)
                else:
                    boot["rows"][int(words[1])] = now
            elif words[0] in ("@left-out", "@failed", "@note"):
                now[words[0][1:]] = " ".join(words[1:])
            elif words[0] == "@done":
                boot["done"] = True
            elif words[0] in KINDS and now is not None:
                now["kinds"][words[0]] = read_kind(words)
    return boot


def baseline_of(boot):
    """The mean of before and after, and how far they are apart."""
    base = {}
    for kind in KINDS:
        got = [b["kinds"][kind] for b in boot["baseline"] if kind in b["kinds"]]
        cells = [g for g in got if "instructions" in g]
        if cells:
            costs = [c["instructions"] for c in cells]
            base[kind] = dict(cells[0], instructions=sum(costs) / len(costs),
                              spread=max([max(costs) - min(costs)] +
                                         [c["spread"] for c in cells]))
        elif got:
            base[kind] = got[0]
    return base


def measure(kernel, modes, module):
    """The rows of a kernel, what the guest tells of itself, and whether all went well."""
    rows, meta, well = {}, {}, True

    def add(group, mode, label, kind, cell):
        row = {"kernel": kernel, "release": meta.get("release", ""), "group": group,
               "mode": mode, "label": label, "kind": kind,
               "module": module if group == "pfclass" else ""}
        row.update({k: "%.2f" % v if isinstance(v, float) else str(v)
                    for k, v in cell.items()})
        for field in figures.FIELDS:
            row.setdefault(field, "")
        rows.setdefault((group, mode, kind), row)

    for path in sorted(glob.glob(kernel + ".*.out")):
        boot = read_boot(path)
        base = baseline_of(boot)
        meta.update(boot["meta"])
        if not boot["done"]:
            print("%s: INCOMPLETE: the guest ended early" % path)
            well = False
        for kind, cell in base.items():
            add(BASELINE, "", "not instrumented", kind, cell)
        for number, got in sorted(boot["rows"].items()):
            mode = modes[number - 1]
            what = (mode["group"], mode["mode"], mode["label"])
            if "failed" in got:
                print("%s: %s: FAILED: %s" % (kernel, mode["mode"], got["failed"]))
                well = False
            if "left-out" in got:
                add(*what, "", {"reason": got["left-out"]})
            for kind, cell in got["kinds"].items():
                if "instructions" in cell and "instructions" in base.get(kind, {}):
                    cell["added"] = cell["instructions"] - base[kind]["instructions"]
                    cell["spread"] = max(cell["spread"], base[kind]["spread"])
                add(*what, kind, dict({"reason": got.get("note", "")}, **cell))
    return list(rows.values()), meta, well


def merge(old, new, modes):
    """@new, and the rows of @old that @new lacks, in the order of the modes."""
    order = {(m["group"], m["mode"]): i for i, m in enumerate(modes)}
    order[BASELINE, ""] = -1
    kernels = figures.kernels_of(old + new)
    measured = {(row["kernel"], row["group"], row["mode"]) for row in new}
    rows = new + [row for row in old
                  if (row["kernel"], row["group"], row["mode"]) not in measured and
                  (row["group"], row["mode"]) in order]
    return sorted(rows, key=lambda row: (
        kernels.index(row["kernel"]), order[row["group"], row["mode"]],
        KINDS.index(row["kind"]) if row["kind"] else -1))


def cell_text(row, limits):
    if not row:
        return ""
    value = row["instructions"] if row["group"] == BASELINE else row["added"]
    if not value:
        return "–"
    text = ("%.0f" if row["group"] == BASELINE else "%+.0f") % float(value)
    if float(row["spread"]) >= 1:
        text += " ±%.0f" % float(row["spread"])
    return text + ("?" if row["counted"] == "uncounted" else "") + \
        ("!" if figures.is_over(row, limits) else "")


def print_table(kernel, rows, limits):
    mine = [row for row in rows if row["kernel"] == kernel]
    lines, notes, seen = [], [], []
    for row in mine:
        what = (row["group"], row["mode"])
        if what in seen:
            continue
        if row["group"] in GROUPS and row["group"] not in [g for g, _ in seen]:
            lines.append([GROUPS[row["group"]]] + [""] * len(KINDS))
        seen.append(what)
        cells = {r["kind"]: r for r in mine if (r["group"], r["mode"]) == what}
        name = row["mode"] if row["group"] == "pfclass" else row["label"] or row["mode"]
        lines.append([name] + [cell_text(cells.get(k), limits) for k in KINDS])
        notes += ["%s: %s" % (name, text) for text in
                  dict.fromkeys(r["reason"] for r in cells.values()) if text]
    print("\nLinux %s: instructions a fault, and instructions added" % mine[0]["release"])
    print("\n".join(figures.table(["mode"] + KINDS, lines)))
    if any(row["counted"] == "uncounted" for row in mine):
        print("?: this mode cannot count that class on this kernel, and reports it")
    for row in mine:
        if figures.is_over(row, limits):
            print("!: %s, %s: %+.0f; the limit is %d" % (
                row["mode"], row["kind"], figures.added(row),
                limits[row["mode"], kernel, row["kind"]]))
    for note in notes:
        print(note)


def main():
    kernels, modes, limits = sys.argv[1:], read_modes(), figures.read_limits("targets")
    with open("versions") as f:
        comments = ["# SPDX-License-Identifier: GPL-2.0", "# " + "; ".join(f.read().split("\n")[:-1])]
    old_comments, old = figures.read("bench.csv") if os.path.exists("bench.csv") else ([], [])
    found = [re.match(r"# (\S+ (?:version|perf|bpftrace)): (.*)", c) for c in old_comments]
    versions = {match[1]: match[2] for match in found if match}
    module = figures.module_version("src")
    new, status = [], 0
    for kernel in kernels:
        rows, meta, well = measure(kernel, modes, module)
        new += rows
        status |= not well
        versions.update({"%s %s" % (kernel, key): meta[key]
                         for key in ("version", "perf", "bpftrace") if key in meta})
    comments += ["# %s: %s" % item for item in versions.items()]
    rows = merge(old, new, modes)
    for kernel in kernels:
        print_table(kernel, [row for row in rows if row in new], limits)
    figures.write("bench.csv", comments, rows)
    sys.exit(status)


main()
