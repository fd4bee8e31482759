# SPDX-License-Identifier: GPL-2.0
"""Turns what the guest wrote into tables."""
import sys

KINDS = ["anon", "zero", "reuse", "af", "swap", "file", "numa"]


def read_modes(path):
    rows = [{"group": "baseline", "setup": "module not loaded", "label": ""}]
    for line in open(path):
        if line.startswith("#") or not line.strip():
            continue
        group, kinds, setup, label = [w.strip() for w in line.split("|")]
        rows.append({"group": group, "setup": setup, "label": label})
    return rows


def read_out(path, rows):
    now = None
    base = []
    for line in open(path):
        words = line.split()
        if not words:
            continue
        if words[0] == "@row":
            n = int(words[1])
            now = {"kinds": {}, "read": {}}
            if n:
                rows[n]["got"] = now
            else:
                base.append(now)
        elif words[0] == "@insmod":
            now["insmod"] = int(words[1])
        elif words[0] == "@read":
            now["read"][words[1]] = int(words[2])
        elif words[0] in ("@left-out", "@failed"):
            now[words[0][1:]] = " ".join(words[1:])
        elif words[0] in KINDS and words[1] == "-":
            now["kinds"][words[0]] = {"why": " ".join(words[2:])}
        elif words[0] in KINDS:
            pages = int(words[2])
            now["kinds"][words[0]] = {
                "cost": int(words[4]) / pages,
                "spread": abs(int(words[5]) - int(words[6])) / pages,
                "exact": words[9]}
    return base


def main():
    kernel = sys.argv[1]
    rows = read_modes("modes")
    base = read_out(kernel + ".out", rows)
    width = max(len(r["setup"]) for r in rows)
    print("%-*s" % (width, kernel) + "".join("%13s" % k for k in KINDS))
    mean = {}
    line = "%-*s" % (width, "not loaded")
    for k in KINDS:
        costs = [b["kinds"][k]["cost"] for b in base if "cost" in b["kinds"].get(k, {})]
        if not costs:
            line += "%13s" % "-"
            continue
        mean[k] = sum(costs) / len(costs)
        line += "%13s" % ("%.0f ±%.1f" % (mean[k], (max(costs) - min(costs)) / 2))
    print(line)
    bad = False
    for r in rows[1:]:
        got = r.get("got")
        if not got:
            continue
        line = "%-*s" % (width, r["setup"])
        if "left-out" in got:
            print(line + "  left out: " + got["left-out"])
            continue
        for k in KINDS:
            c = got["kinds"].get(k)
            if not c or "cost" not in c or k not in mean:
                line += "%13s" % "-"
                continue
            mark = {"exact": "", "uncounted": "?", "unchecked": "*"}[c["exact"]]
            line += "%13s" % ("%+.0f ±%.1f%s" % (c["cost"] - mean[k], c["spread"], mark))
        if "insmod" in got:
            line += "  insmod %.1f ms, stats %d" % (got["insmod"] / 1e6, got["read"].get("stats", 0))
        print(line)
        if "failed" in got:
            print("    FAILED: " + got["failed"])
            bad = True
    sys.exit(bad)


main()
