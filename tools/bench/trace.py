# SPDX-License-Identifier: GPL-2.0
"""The host's part of `tools/bench/trace`: KERNEL KIND.

Reads what the guest prints, has QEMU log every instruction while faults are
taken, and writes where-KIND-KERNEL.txt and a listing a mode. The log is
of one instruction a translation block, so that it repeats nothing and leaves
nothing out.
"""
import bisect
import collections
import os
import re
import socket
import sys
import time

import figures

MONITOR, LOG = "monitor", "exec.log"
LOG_BYTES = 160 << 20
LOG_SECONDS = 120
LISTING_MAX = 450  # instructions: of more, what is the kernel's own is left out
KERNEL_SPACE = 1 << 63

# What a fault of a kind must go through, and must not.
PATH = {
    "anon": ({"handle_mm_fault"}, r"^(do_wp_page|do_swap_page|.*set_access_flags)"),
    "zero": ({"do_wp_page"}, r"^do_swap_page"),
    "reuse": ({"do_wp_page"}, r"^do_swap_page"),
    "af": ({"handle_mm_fault"}, r"^(do_wp_page|do_swap_page|do_anonymous_page|.*add_new_anon_rmap)"),
}
NEEDS_SETTER = {"af", "reuse"}

# Part of a hit, by the name of a function; the first that matches.
PARTS = [
    ("exception entry and return",
     r"^(vectors|el1h?_|el1_|ret_to_kernel|finish_ret|kernel_|enter_from_kernel|exit_to_kernel"
     r"|arm64_(enter|exit)|__?(enter|exit)_|lockdep_|rcu_nmi|ct_nmi|irqentry|cortex|tramp|bp_hardening"
     r"|arm64_.*el1|do_el1|_?mte_|__switch_|uaccess_ttbr|rcu_dynticks|ct_kernel|ct_irq|context_tracking)"),
    ("dispatch of the breakpoint",
     r"(debug_exception|brk|break_hook|debug_fault|do_debug|hw_break|aarch64_insn|die_notif)"),
    ("kprobes", r"kprobe|kretprobe|trampoline|simulate_|arch_(prepare|uprobe)|insn_slot|rethook|objpool"),
    ("ftrace", r"ftrace"),
]


def part_of(symbol):
    if symbol.module:
        return "[%s]" % symbol.module
    for part, pattern in PARTS:
        if re.search(pattern, symbol.name):
            return part
    return "other functions of the kernel"


Symbol = collections.namedtuple("Symbol", "start name module")


class Symbols:
    def __init__(self):
        self.by_start = {}
        self.starts = None

    def add(self, line):
        words = line.split()
        if len(words) < 3 or words[1] not in "tTwW" or words[2].startswith(("$", ".")):
            return
        start = int(words[0], 16)
        module = words[3].strip("[]") if len(words) > 3 else ""
        self.by_start.setdefault(start, Symbol(start, words[2], module))
        self.starts = None

    def forget_modules(self):
        self.by_start = {s: y for s, y in self.by_start.items() if not y.module}
        self.starts = None

    def at(self, pc):
        if self.starts is None:
            self.starts = sorted(self.by_start)
        i = bisect.bisect_right(self.starts, pc) - 1
        return self.by_start[self.starts[i]] if i >= 0 else Symbol(pc, "?", "")


class Monitor:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(MONITOR)
        self.wait()

    def wait(self):
        got = b""
        while not got.rstrip().endswith(b"(qemu)"):
            more = self.socket.recv(65536)
            if not more:
                sys.exit("trace: QEMU is gone")
            got += more
        return got

    def say(self, command):
        self.socket.sendall(command.encode() + b"\n")
        return self.wait()


def watch(monitor):
    """One window of the guest's instructions, in LOG."""
    monitor.say("logfile " + os.path.abspath(LOG))
    # In this order, so that each instruction's translation is in the log.
    monitor.say("log exec,nochain,in_asm")
    monitor.say("one-insn-per-tb on")
    end = time.monotonic() + LOG_SECONDS
    while time.monotonic() < end:
        time.sleep(0.1)
        if os.path.exists(LOG) and os.path.getsize(LOG) > LOG_BYTES:
            break
    monitor.say("log none")
    monitor.say("one-insn-per-tb off")


def read_log(asm):
    """Stretches of the kernel's instructions between two of user mode."""
    stretches, now, last = [], [], None
    whole = False
    with open(LOG, errors="replace") as lines:
        for line in lines:
            if line.startswith("Trace"):
                pc = int(line.split("/", 2)[1], 16)
                # Left before it was executed, because the budget was used up.
                if pc == last:
                    continue
                last = pc
                if pc >= KERNEL_SPACE:
                    now.append(pc)
                    continue
                if now and whole:
                    stretches.append(tuple(now))
                whole = True
                now = []
            elif line.startswith("0x"):
                where, _, text = line.partition(":")
                asm[int(where, 16)] = " ".join(text.split()[1:])
    os.unlink(LOG)
    return stretches


def frequent(stretches, kind, symbols):
    """Paths of faults of the kind, the most frequent one first: (path, times)."""
    names, (must, must_not) = {}, PATH[kind]
    counts = collections.Counter()
    for stretch in stretches:
        key = frozenset(stretch)
        for pc in key:
            if pc not in names:
                names[pc] = symbols.at(pc).name
        seen = {names[pc] for pc in key}
        if not must <= seen or any(re.search(must_not, name) for name in seen):
            continue
        if kind in NEEDS_SETTER and not any("set_access_flags" in n for n in seen):
            continue
        counts[stretch] += 1
    if not counts:
        sys.exit("trace: no %s fault among %d exceptions" % (kind, len(stretches)))
    return counts.most_common()


def inserted(base, path):
    """
    What PATH has and BASE has not: stretches of instructions, in order; None if
    it does not go by all of BASE.
    """
    out, i, j = [], 0, 0
    while j < len(path):
        if i < len(base) and path[j] == base[i]:
            i, j = i + 1, j + 1
            continue
        k = j
        while k < len(path) and path[k:k + 3] != base[i:i + 3]:
            k += 1
        out.append(path[j:k])
        j = k
    return out if i == len(base) else None


class Mode:
    def __init__(self, name):
        self.name = name
        self.functions = collections.OrderedDict()  # (part, function): instructions
        self.total = 0
        self.text = ""


def count(mode, stretches, symbols):
    for stretch in stretches:
        for pc in stretch:
            symbol = symbols.at(pc)
            key = (part_of(symbol), symbol.name)
            mode.functions[key] = mode.functions.get(key, 0) + 1
            mode.total += 1


def listing(path, kernel, kind, mode, stretches, symbols, asm):
    with open(path, "w") as f:
        whole = mode.total <= LISTING_MAX
        f.write("# %s, %s: the %d instructions that it adds to a fault of kind %s,\n"
                "# in the order of execution%s\n" % (
                    kernel, mode.name, mode.total, kind,
                    "" if whole else "; the kernel's own are left out"))
        for stretch in stretches:
            last = None
            for pc in stretch:
                symbol = symbols.at(pc)
                if not whole and not symbol.module:
                    last = None
                    continue
                if symbol != last:
                    f.write("\n%s%s\n" % (symbol.name, " [%s]" % symbol.module
                                          if symbol.module else ""))
                last = symbol
                f.write("    +0x%03x  %s\n" % (pc - symbol.start, asm.get(pc, "?")))


def write(kernel, release, kind, modes, base):
    """The table of what each mode inserts, by part and function."""
    parts = [part for part, _ in PARTS] + ["other functions of the kernel"]
    keys = list(dict.fromkeys(key for mode in modes for key in mode.functions))
    parts += list(dict.fromkeys(part for part, _ in keys if part not in parts))
    sums = [("all", keys), ("the kernel's own", [k for k in keys if not k[0].startswith("[")])]
    for part in parts:
        mine = [key for key in keys if key[0] == part]
        if mine:
            sums += [(part, mine)] + [("  " + key[1], [key]) for key in mine]
    rows = [[name] + [str(sum(m.functions.get(k, 0) for k in of)) for m in modes]
            for name, of in sums]
    with open("where-%s-%s.txt" % (kind, kernel), "w") as f:
        f.write("Linux %s: instructions inserted into a fault of kind %s, which takes %d "
                "without\n" % (release, kind, base))
        for i, mode in enumerate(modes):
            f.write("%d: %s\n" % (i + 1, mode.name))
        f.write("\n".join(figures.table(
            ["function"] + [str(i + 1) for i in range(len(modes))], rows)) + "\n")


def main():
    kernel, kind = sys.argv[1:3]
    symbols, asm, modes, monitor = Symbols(), {}, [], None
    mode, base, release, done = None, None, kernel, False
    for line in sys.stdin:
        line = line.rstrip("\n")
        if line.startswith("@release "):
            release = line.split(" ", 1)[1]
        elif line.startswith("@mode "):
            mode = Mode(line.split(" ", 1)[1])
            symbols.forget_modules()
        elif line == "@observe":
            monitor = monitor or Monitor()
            watch(monitor)
            paths = frequent(read_log(asm), kind, symbols)
            stretches = None
            for path, times in paths:
                # Now and then another one is more frequent: an allocation's, say.
                stretches = inserted(base, path) if base else []
                if stretches is not None:
                    break
            else:
                sys.exit("trace: %s: no fault took the path that most took without"
                         % mode.name)
            print("%s, %s: %d instructions; %d of %d faults took just these"
                  % (kernel, mode.name, len(path), times,
                     sum(n for _, n in paths)), flush=True)
            if base is None:
                base = path
                continue
            count(mode, stretches, symbols)
            listing("where-%s-%s-%d.txt" % (kind, kernel, len(modes) + 1), release, kind, mode,
                    stretches, symbols, asm)
            modes.append(mode)
        elif line == "@done":
            done = True
        elif not line.startswith("@"):
            symbols.add(line)
    if not done:
        sys.exit("trace: the guest ended early")
    write(kernel, release, kind, modes, len(base))
    for mode in modes:
        print("%s, %s: %d inserted" % (kernel, mode.name, mode.total))
        by_part = collections.OrderedDict()
        for (part, _), n in mode.functions.items():
            by_part[part] = by_part.get(part, 0) + n
        for part, n in by_part.items():
            print("    %5d  %s" % (n, part))


main()
