# SPDX-License-Identifier: GPL-2.0
"""Turns what the guests wrote into the tables of `make bench`.

Run in a directory that holds modes, targets, and for each kernel one or more
KERNEL.BOOT.out; writes bench.csv, bench.json, bench.rst, plot.dat and prints
the table. Exits with 1 when a row failed.
"""
import csv
import glob
import json
import sys

from rst import rst_table

KINDS = ["anon", "zero", "reuse", "af", "swap", "file", "numa"]
WHAT = {
    "anon": "anon: write to a fresh page",
    "zero": "zero: write to a page that was only read, the zero page (COW)",
    "reuse": "reuse: write to a page that a child shared and gave up (COW, reused)",
    "af": "af: read of a page whose access flag was cleared",
    "swap": "swap: read of a page in zram",
    "file": "file: read of a page of a shared memory file, no fault-around",
    "numa": "numa: read of a page of the other node, which migrates",
}
GROUPS = {
    "pfclass": "pfclass",
    "floor": "Floors: one empty probe that counts",
    "tracefs": "The kernel's own tracing",
    "peer": "Other tools",
}
PLOT_KIND = "zero"


def table_lines(path):
    with open(path) as lines:
        for line in lines:
            if not line.startswith("#") and line.strip():
                yield [word.strip() for word in line.split("|")]


def read_modes():
    rows = []
    for group, kinds, setup, label in table_lines("modes"):
        rows.append({"group": group, "setup": setup, "label": label,
                     "kinds": KINDS if kinds == "all" else kinds.split(",")})
    return rows


def read_kind(words):
    """One line of faultcost, in instructions a fault."""
    if words[1] == "-":
        return {"reason": " ".join(words[2:])}
    pages = int(words[2])
    value, odd, even, low, high = [int(w) / pages for w in words[4:9]]
    return {"statistic": words[1], "pages": pages, "passes": int(words[3]),
            "cost": value, "spread": abs(odd - even), "min": low, "max": high,
            "counted": words[9]}


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
                now = {"kinds": {}, "read": {}}
                if words[1] == "0":
                    boot["baseline"].append(now)
                else:
                    boot["rows"][int(words[1])] = now
            elif words[0] == "@insmod":
                now["insmod"] = int(words[1])
            elif words[0] == "@read":
                now["read"][words[1]] = {"cost": int(words[2]), "bytes": int(words[3])}
            elif words[0] in ("@left-out", "@failed", "@note"):
                now[words[0][1:]] = " ".join(words[1:])
            elif words[0] == "@done":
                boot["done"] = True
            elif words[0] in KINDS and now is not None:
                now["kinds"][words[0]] = read_kind(words)
    return boot


def baseline_of(boot):
    """Mean of before and after, and how far they are apart."""
    base = {}
    for kind in KINDS:
        got = [b["kinds"][kind] for b in boot["baseline"] if kind in b["kinds"]]
        costs = [g["cost"] for g in got if "cost" in g]
        if costs:
            base[kind] = dict(got[0])
            base[kind]["cost"] = sum(costs) / len(costs)
            base[kind]["spread"] = max([max(costs) - min(costs)] +
                                       [g["spread"] for g in got if "cost" in g])
        elif got:
            base[kind] = got[0]
    return base


def measure(kernel, modes):
    result = {"kernel": kernel, "meta": {}, "baseline": {}, "rows": [],
              "complete": True}
    for path in sorted(glob.glob(kernel + ".*.out")):
        boot = read_boot(path)
        base = baseline_of(boot)
        result["meta"].update(boot["meta"])
        result["complete"] &= boot["done"]
        if not result["baseline"]:
            result["baseline"] = base
        for number, got in sorted(boot["rows"].items()):
            mode = modes[number - 1]
            row = {"group": mode["group"], "mode": mode["setup"],
                   "label": mode["label"], "kinds": {}, "order": number}
            for key in ("insmod", "read", "left-out", "failed", "note"):
                if got.get(key):
                    row[key] = got[key]
            for kind, cell in got["kinds"].items():
                if "cost" in cell and "cost" in base.get(kind, {}):
                    cell["added"] = cell["cost"] - base[kind]["cost"]
                    cell["spread"] = max(cell["spread"], base[kind]["spread"])
                row["kinds"][kind] = cell
            result["rows"].append(row)
    result["rows"].sort(key=lambda row: row["order"])
    return result


def judge(results):
    """Every target: the worst kind of those that it is for."""
    verdicts = []
    for mode, kernels, kinds, limit, *remark in table_lines("targets"):
        for result in results:
            if result["kernel"] not in kernels.split():
                continue
            verdict = {"mode": mode, "kernel": result["kernel"],
                       "limit": int(limit), "remark": " ".join(remark)}
            row = next((r for r in result["rows"] if r["mode"] == mode), None)
            if row is None:
                continue
            cells = {k: c["added"] for k, c in row["kinds"].items()
                     if c.get("counted") == "exact" and "added" in c and
                     (kinds == "all" or k in kinds.split(","))}
            if not cells and not row.get("left-out") and not row.get("failed"):
                # Of other kinds only, or of a class that the mode cannot count.
                continue
            if cells:
                spread = {k: row["kinds"][k]["spread"] for k in cells}
                # Rounded to the instruction, as the tables are.
                over = sorted(k for k in cells
                              if cells[k] - spread[k] >= int(limit) + 0.5)
                worst = max(over or cells, key=lambda k: cells[k])
                if over:
                    word = "over"
                elif cells[worst] < int(limit) + 0.5:
                    word = "PASS"
                else:
                    word = "within the spread, ±%.0f" % spread[worst]
                verdict.update(kind=worst, added=cells[worst], verdict=word, over=over)
            else:
                verdict.update(verdict="not measured",
                               reason=row.get("left-out", row.get("failed", "")))
            verdicts.append(verdict)
    return verdicts


def cell_text(cell):
    if cell is None:
        return ""
    if "added" not in cell:
        return "–"
    mark = {"exact": "", "uncounted": "?", "unchecked": ""}[cell["counted"]]
    spread = "" if cell["spread"] < 1 else " ±%.0f" % cell["spread"]
    return "%+.0f%s%s" % (cell["added"], spread, mark)


def base_text(cell):
    if "cost" not in cell:
        return "–"
    return "%.0f" % cell["cost"] + ("" if cell["spread"] < 1 else " ±%.0f" % cell["spread"])


def name_of(row):
    if row["group"] in ("pfclass",):
        return row["mode"]
    return row["label"] or row["mode"]


def print_table(result):
    rows = result["rows"]
    width = max([len(name_of(r)) for r in rows] + [20])

    def line(name, cells):
        print(name.ljust(width) + "".join(c.rjust(12) for c in cells))

    print()
    line("Linux " + result["meta"].get("release", result["kernel"]), KINDS)
    line("instructions a fault",
         [base_text(result["baseline"].get(k, {})) for k in KINDS])
    group = None
    for row in rows:
        if row["group"] != group:
            group = row["group"]
            print("%s: instructions added" % GROUPS[group])
        if "left-out" in row:
            print(name_of(row).ljust(width) + "  left out: " + row["left-out"])
            continue
        line(name_of(row), [cell_text(row["kinds"].get(k)) for k in KINDS])
        if "note" in row:
            print("".ljust(width) + "  it said: " + row["note"])
        if "failed" in row:
            print("".ljust(width) + "  FAILED: " + row["failed"])
    if any(c.get("counted") == "uncounted" for r in rows for c in r["kinds"].values()):
        print("?: this mode cannot count that class on this kernel, and says so")
    for kind in KINDS:
        cell = result["baseline"].get(kind)
        if cell and "reason" in cell:
            print("%s: not measured: %s" % (kind, cell["reason"]))
    for row in rows:
        if row["group"] == "pfclass" and "insmod" in row and "label" in row and row["label"]:
            read = row.get("read", {}).get("stats")
            print("%s: insmod %.1f ms%s" % (
                row["mode"], row["insmod"] / 1e6,
                "; reading stats %d instructions" % read["cost"] if read else ""))
    if not result["complete"]:
        print("INCOMPLETE: the guest ended early")


def print_verdicts(verdicts):
    if not verdicts:
        return
    print("\nTargets")
    for v in verdicts:
        line = "%-26s %-5s at most %4d: " % (v["mode"], v["kernel"], v["limit"])
        if "added" in v:
            line += "%-4s  %s %+.0f" % (v["verdict"], v["kind"], v["added"])
            if v["verdict"] == "over" and len(v["over"]) > 1:
                line += " (over: %s)" % " ".join(v["over"])
            if v["remark"]:
                line += " (%s)" % v["remark"]
        else:
            line += "%s: %s" % (v["verdict"], v["reason"])
        print(line)


def write_rst(results, verdicts, versions):
    out = [".. SPDX-License-Identifier: GPL-2.0", "",
           ".. Written by `make bench`.", ""]
    out += ["Measured with " + "; ".join(versions) + ".", ""]
    if verdicts:
        rows = []
        for v in verdicts:
            if "added" in v:
                rows.append(["``%s``" % v["mode"], v["kernel"], str(v["limit"]),
                             "%+.0f" % v["added"], v["kind"],
                             v["verdict"] + (" (%s)" % ", ".join(v["over"]) if v["over"] else "") +
                             (": " + v["remark"] if v["remark"] else
                              ": see `Where the instructions go`_" if v["over"] else "")])
            else:
                rows.append(["``%s``" % v["mode"], v["kernel"], str(v["limit"]),
                             "", "", v["verdict"] + ": " + v["reason"]])
        out += rst_table("Targets: instructions added at most, and the worst kind",
                         ["mode", "kernel", "limit", "measured", "kind", ""],
                         rows, [30, 8, 8, 10, 8, 30])
    for result in results:
        title = "Linux " + result["meta"].get("release", result["kernel"])
        out += [title, "-" * len(title), ""]
        tools = [result["meta"][k] for k in ("version", "perf", "bpftrace")
                 if k in result["meta"]]
        out += ["; ".join(tools) + ".", ""]
        rows = [["*not instrumented*"] +
                [base_text(result["baseline"].get(k, {})) for k in KINDS]]
        notes = []
        group = None
        for row in result["rows"]:
            if row["group"] != group:
                group = row["group"]
                rows.append(["**%s**" % GROUPS[group]] + [""] * len(KINDS))
            name = name_of(row)
            if row["group"] == "pfclass":
                name = "``%s``" % name
            if "left-out" in row:
                notes.append("* %s: left out: ``%s``" % (name, row["left-out"]))
                rows.append([name] + ["–"] * len(KINDS))
                continue
            rows.append([name] + [cell_text(row["kinds"].get(k)) for k in KINDS])
            if "note" in row:
                notes.append("* %s: it said: ``%s``" % (name, row["note"]))
        out += rst_table("Instructions a fault, and instructions added",
                         ["mode"] + KINDS, rows, [40] + [10] * len(KINDS))
        for kind in KINDS:
            cell = result["baseline"].get(kind)
            if cell and "reason" in cell:
                notes.append("* %s: not measured: %s" % (kind, cell["reason"]))
        if notes:
            out += notes + [""]
        rows = []
        for row in result["rows"]:
            if row["group"] != "pfclass" or "insmod" not in row:
                continue
            read = row.get("read", {})
            rows.append(["``%s``" % row["mode"], "%.1f" % (row["insmod"] / 1e6)] +
                        ["%d" % read[f]["cost"] if f in read else ""
                         for f in ("stats", "percpu")])
        if rows:
            out += rst_table("Loading, in milliseconds of the guest, and reading, in instructions",
                             ["mode", "insmod", "cat stats", "cat percpu"],
                             rows, [40, 12, 12, 12])
    with open("bench.rst", "w") as f:
        f.write("\n".join(out).rstrip() + "\n")


def write_csv(results):
    with open("bench.csv", "w", newline="") as f:
        f.write("# SPDX-License-Identifier: GPL-2.0\n")
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["kernel", "group", "mode", "label", "kind", "statistic", "pages",
                    "passes", "instructions", "added", "spread", "counted", "reason"])

        def cell_row(result, group, mode, label, kind, c):
            w.writerow([result["meta"].get("release", result["kernel"]), group, mode,
                        label, kind, c.get("statistic", ""), c.get("pages", ""),
                        c.get("passes", ""), number(c, "cost"), number(c, "added"),
                        number(c, "spread"), c.get("counted", ""), c.get("reason", "")])

        def number(c, key):
            return "%.2f" % c[key] if key in c else ""

        for result in results:
            for kind, cell in result["baseline"].items():
                cell_row(result, "baseline", "", "not instrumented", kind, cell)
            for row in result["rows"]:
                for kind, cell in row["kinds"].items():
                    cell_row(result, row["group"], row["mode"], row["label"], kind, cell)
                if "left-out" in row:
                    cell_row(result, row["group"], row["mode"], row["label"], "",
                             {"reason": row["left-out"]})


def write_plot(results, modes):
    """A block of the modes that have the kind, one column a kernel."""
    with open("plot.dat", "w") as f:
        f.write("mode\t" + "\t".join(r["kernel"] for r in results) + "\n")
        for mode in modes:
            if PLOT_KIND not in mode["kinds"]:
                continue
            cells = []
            for result in results:
                row = next((r for r in result["rows"] if r["mode"] == mode["setup"]), {})
                cell = row.get("kinds", {}).get(PLOT_KIND, {})
                cells.append("%.1f" % cell["added"] if "added" in cell else "NaN")
            if any(c != "NaN" for c in cells):
                name = mode["label"] or mode["setup"]
                if mode["group"] == "pfclass":
                    name = "pfclass " + mode["setup"].replace("backend=", "")
                f.write(name + "\t" + "\t".join(cells) + "\n")


def main():
    modes = read_modes()
    with open("versions") as f:
        versions = [line.strip() for line in f if line.strip()]
    results = [measure(kernel, modes) for kernel in sys.argv[1:]]
    verdicts = judge(results)
    for result in results:
        print_table(result)
    print_verdicts(verdicts)
    write_csv(results)
    write_rst(results, verdicts, versions)
    write_plot(results, modes)
    with open("bench.json", "w") as f:
        json.dump({"unit": "instructions a fault", "kinds": WHAT, "versions": versions,
                   "kernels": results, "targets": verdicts}, f, indent=1,
                  ensure_ascii=False)
        f.write("\n")
    failed = any("failed" in row for result in results for row in result["rows"])
    sys.exit(1 if failed or not all(r["complete"] for r in results) else 0)


main()
