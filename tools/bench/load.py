# SPDX-License-Identifier: GPL-2.0
"""Turns what load-guest.sh wrote, KERNEL.CPUS.out, into tables: KERNEL...

Exits with 1 when something failed or a limit is exceeded.
"""
import collections
import glob
import sys

import figures

LIMITS_MS = {"6.12": 100}


def read_parts():
    """Functions, and the part that each is of."""
    parts = {}
    with open("load-steps") as lines:
        for line in lines:
            if not line.startswith("#") and "|" in line:
                part, function = [word.strip() for word in line.split("|")]
                parts[function] = part
    return parts


def read(path):
    boot = {"release": "", "modes": [], "done": False, "failed": []}
    mode = None
    with open(path) as lines:
        for line in lines:
            words = line.split()
            if not words:
                continue
            if words[0] == "@release":
                boot["release"] = words[1]
            elif words[0] == "@mode":
                mode = {"name": " ".join(words[1:]), "read": {}, "steps": {}}
                boot["modes"].append(mode)
            elif words[0] in ("@insmod", "@rmmod", "@traced"):
                mode[words[0][1:]] = int(words[1])
            elif words[0] == "@read":
                mode["read"][words[1]] = (int(words[2]), int(words[3]))
            elif words[0] == "@step":
                mode["steps"][words[1]] = [int(w) for w in words[2:5]]
            elif words[0] == "@failed":
                boot["failed"].append(" ".join(words[1:]))
            elif words[0] == "@done":
                boot["done"] = True
    return boot


def print_table(title, header, rows):
    print("\n" + title)
    print("\n".join(figures.table(header, rows)))


def main():
    status = 0
    part_of = read_parts()
    for kernel in sys.argv[1:]:
        boots = {int(p.split(".")[-2]): read(p) for p in glob.glob(kernel + ".*.out")
                 if p[len(kernel) + 1:-4].isdigit()}
        for cpus, boot in boots.items():
            if not boot["done"] or boot["failed"]:
                print("%s, %d CPUs: FAILED: %s" % (
                    kernel, cpus, "; ".join(boot["failed"]) or "the guest ended early"))
                status = 1
        one = boots[1]
        title = "Linux " + one["release"]
        names = [m["name"] for m in one["modes"]]
        parts = collections.OrderedDict()
        for n, mode in enumerate(one["modes"]):
            total = 0
            for function, (calls, _, own) in mode["steps"].items():
                if not calls:
                    continue
                cell = parts.setdefault(part_of[function], [[0, 0] for _ in one["modes"]])[n]
                cell[0] += own
                cell[1] += calls
                total += own
            cells = parts.setdefault("the system call around it", [[0, 0] for _ in one["modes"]])
            cells[n] = [mode.get("traced", 0) - total, 1]
        rows = [["insmod"] + ["%.1f" % (m.get("insmod", 0) / 1e6) for m in one["modes"]],
                ["insmod, with a probe on each step"] +
                ["%.1f" % (m.get("traced", 0) / 1e6) for m in one["modes"]]]
        for part, cells in parts.items():
            rows.append([part] + ["%.2f (%d)" % (c[0] / 1e6, c[1]) if c[1] else "" for c in cells])
        rows.append(["rmmod"] + ["%.1f" % (m.get("rmmod", 0) / 1e6) for m in one["modes"]])
        print_table("%s: milliseconds of the guest, and calls" % title, ["step"] + names, rows)
        limit = LIMITS_MS.get(kernel)
        for mode in one["modes"]:
            if limit and "insmod" in mode:
                over = mode["insmod"] > limit * 1e6
                status = 1 if over else status
                print("%s, %s: insmod at most %d ms: %s" % (
                    kernel, mode["name"], limit, "OVER" if over else "PASS"))
        rows = []
        for cpus in sorted(boots):
            for mode in boots[cpus]["modes"]:
                if mode["read"]:
                    rows.append([str(cpus), mode["name"]] +
                                ["%d" % mode["read"][f][0] for f in ("stats", "percpu")])
        print_table("%s: instructions to open, read and close" % title,
                    ["possible CPUs", "mode", "stats", "percpu"], rows)
    sys.exit(status)


main()
