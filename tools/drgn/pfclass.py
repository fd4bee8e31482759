#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
What pfclass counted, from a live kernel or a vmcore, by drgn:

    tools/drgn/pfclass.py [-c VMCORE] [-s FILE]... [stats|percpu|probes|frames]...

stats, percpu and probes are what the files of those names would have said, without what only
the running module can find out: whether a probe is still in the text, and why a class is
unavailable. frames are the faults in flight, with their tasks. Without a word: stats and
frames. FILE has debugging information: vmlinux, pfclass.ko. The keys and their order are
those of the module's own tables.
"""
import argparse
import re
import struct

from drgn import FaultError, Object, Program, offsetof, sizeof
from drgn.helpers.linux.cpumask import for_each_possible_cpu
from drgn.helpers.linux.percpu import per_cpu, per_cpu_ptr


def show_page_table(program):
    """
    Make arm64's kernel page table readable in a dump of QEMU's, which has physical addresses
    only: drgn 0.0.31 looks for the table by its virtual address.
    """
    info = dict(re.findall(r"^(\S+)=(\S+)$", program["VMCOREINFO"].string_().decode(), re.M))
    table = int(info["SYMBOL(swapper_pg_dir)"], 16)
    if "NUMBER(kimage_voffset)" not in info:
        return
    try:
        program.read(table, 8)
    except FaultError:
        offset = int(info["NUMBER(kimage_voffset)"], 16)
        program.add_memory_segment(
            table, int(info["PAGESIZE"]), lambda address, count, _offset, _physical:
            program.read(address - offset, count, True))


def open_program(arguments):
    program = Program()
    if arguments.core:
        program.set_core_dump(arguments.core)
        show_page_table(program)
    else:
        program.set_kernel()
    program.load_debug_info(arguments.symbols, default=not arguments.symbols)
    return program


WORDS = ("stats", "percpu", "probes", "frames")
parser = argparse.ArgumentParser(description="What pfclass counted, by drgn.")
parser.add_argument("-c", "--core", metavar="VMCORE", help="default: the running kernel")
parser.add_argument("-s", "--symbols", metavar="FILE", action="append", default=[],
                    help="vmlinux, pfclass.ko with debugging information")
parser.add_argument("words", nargs="*", metavar="WORD",
                    help="%s (default: stats frames)" % ", ".join(WORDS))
options = parser.parse_args()
for word in options.words:
    if word not in WORDS:
        parser.error("unknown word %s" % word)
prog = open_program(options)

UNAVAILABLE = "unavailable"


def constant(name, otherwise=None):
    try:
        return prog.constant(name).value_()
    except LookupError:
        if otherwise is None:
            raise
        return otherwise


def text(pointer):
    return pointer.string_().decode() if pointer else ""


def strings(name):
    return [text(pointer) for pointer in prog[name]]


CPUS = list(for_each_possible_cpu(prog))
COUNTERS = prog.type("struct pfc_counters")
NR_VARIANTS = prog.type("struct pfc_probe_counters").member("hit").type.length
NR_CLASSES = constant("PFC_NR_CLASSES")
NR_SEEN_MARKS, MARK_AF = constant("PFC_NR_SEEN_MARKS"), constant("PFC_MARK_AF")
MARK_REFUSED = constant("PFC_MARK_REFUSED")
CLASSES, REFINEMENTS = strings("pfc_class_keys"), strings("pfc_refinement_keys")
CLASS_OF_REFINEMENT = [int(x) for x in prog["pfc_refinement_to_class"]]
CLASS_OF_MARK = [int(x) for x in prog["pfc_mark_to_class"]]
# As in module/classify.h.
LEAF_UNCLASSIFIED = NR_CLASSES + len(REFINEMENTS)
LEAF_REFUSED = LEAF_UNCLASSIFIED + 1
SWAP_WP = constant("PFC_SWAP_WP")
PROBES = [prog["pfc_probes"][i] for i in range(prog["pfc_nr_probes"])]
ROOT = prog["pfc_root"]
ACCOUNT, ARMED = bool(prog["pfc_account"]), bool(prog["pfc_armed"])


def kind_is(probe, kind):
    return probe.kind == constant("PFC_KIND_" + kind)


def class_of_leaf(leaf):
    """The class whose faults a leaf holds; None: they are in another leaf too, or in none."""
    if leaf < NR_CLASSES:
        return leaf
    if leaf == LEAF_REFUSED:
        return constant("PFC_ERROR")
    if leaf in (NR_CLASSES + SWAP_WP, LEAF_UNCLASSIFIED):
        return None
    return CLASS_OF_REFINEMENT[leaf - NR_CLASSES]


class Counters:
    """struct pfc_counters, nothing but u64: of one CPU or of all, since the last reset."""

    def __init__(self, cpus):
        self.ever = False
        self.numbers = [0] * (sizeof(COUNTERS) // 8)
        for cpu in cpus:
            now = self.read(per_cpu_ptr(prog["pfc_counters"], cpu))
            then = self.read(ROOT.set.baseline + cpu)
            self.ever |= any(now)
            self.numbers = [(sum_ + new - old) % 2**64
                            for sum_, new, old in zip(self.numbers, now, then)]

    @staticmethod
    def read(pointer):
        data = prog.read(pointer.value_(), sizeof(COUNTERS))
        return struct.unpack("%dQ" % (len(data) // 8), data)

    def get(self, member):
        return self.numbers[offsetof(COUNTERS, member) // 8]

    def splits(self, leaf):
        row = COUNTERS.member("cell").type.type
        at = (offsetof(COUNTERS, "cell") + leaf * sizeof(row)) // 8
        return self.numbers[at:at + row.length]

    def leaf(self, leaf):
        return sum(self.splits(leaf))

    def class_splits(self, class_):
        """The splits of a class, added up over its leaves."""
        return [sum(column) for column in zip(*(self.splits(leaf) for leaf in range(
            LEAF_REFUSED + 1) if class_of_leaf(leaf) == class_))]

    def hit(self, probe, variant):
        return self.get("probe[%d].hit[%d]" % (probe.index, variant))

    def class_(self, class_):
        """Completed faults; with account=0, hits of the class's probes."""
        if ACCOUNT:
            return sum(self.class_splits(class_))
        return sum(self.hit(probe, variant) for probe in PROBES for variant in range(NR_VARIANTS)
                   if probe.mark + variant < len(CLASS_OF_MARK) and
                   CLASS_OF_MARK[probe.mark + variant] == class_)

    def refinement(self, refinement):
        refused = self.leaf(LEAF_REFUSED) if refinement == constant("PFC_ERROR_SEGV") else 0
        return self.leaf(NR_CLASSES + refinement) + refused

    def faults(self):
        return self.leaf(LEAF_UNCLASSIFIED) + sum(sum(self.class_splits(class_))
                                                  for class_ in range(NR_CLASSES))

    def visits(self):
        return self.faults() + self.get("retries") - self.leaf(LEAF_REFUSED)

    def hits(self, probe):
        begins = kind_is(probe, "ENTRY") or kind_is(probe, "VISIT")
        hits = (self.get("probe[%d].ignored" % probe.index) +
                self.get("probe[%d].lost" % probe.index) +
                sum(self.hit(probe, variant) for variant in range(NR_VARIANTS)))
        if begins or (kind_is(probe, "EXIT") and not probe.counts):
            hits += self.visits() + self.get("filtered")
        if begins:
            hits += self.get("lost_ends")
        return hits

    def lost_hits(self, probe):
        lost = self.get("probe[%d].lost" % probe.index) - probe.missed_base.value_()
        if text(probe.backend.name) == "kprobe":
            lost += probe.rp.kp.nmissed.value_()
            if kind_is(probe, "VISIT"):
                lost += probe.rp.nmissed.value_()
        return lost

    def lost_visits(self):
        return self.get("lost") + self.get("lost_ends")

    def missed(self, probe):
        begins = kind_is(probe, "ENTRY") or kind_is(probe, "VISIT")
        return self.lost_hits(probe) + (self.lost_visits() if begins else 0)

    def all_missed(self):
        return self.lost_visits() + sum(self.lost_hits(probe) for probe in PROBES)


def why_not_mark(mark):
    return bool(prog["pfc_why_not_mark"][mark])


def is_available(class_):
    """As the module found when its files were read last."""
    if prog["pfc_why_none"]:
        return False
    if not ACCOUNT and CLASSES[class_] in ("thp", "none", "error"):
        return False
    if CLASSES[class_] == "error" and why_not_mark(MARK_REFUSED):
        return False
    for mark in range(NR_SEEN_MARKS):
        # The access-flag update has three marks, seen by the same probes.
        seen = MARK_AF if MARK_AF <= mark < MARK_AF + 3 else mark
        covered = bool(prog["pfc_cover"][seen].covered)
        if CLASS_OF_MARK[mark] == class_ and (why_not_mark(seen) or not covered):
            return False
        if CLASSES[class_] == "none" and not covered:
            return False
    return True


def refines(refinement):
    wp = any(kind_is(probe, "WP") for probe in PROBES)
    swap = any(kind_is(probe, "SWAP") for probe in PROBES)
    class_ = CLASSES[CLASS_OF_REFINEMENT[refinement]]
    return (ACCOUNT and (class_ != "wp" or wp) and (class_ != "swap" or swap) and
            (refinement != SWAP_WP or wp))


def pgfault():
    event = constant("PGFAULT")
    return sum(per_cpu(prog["vm_event_states"], cpu).event[event].value_()
               for cpu in CPUS) - ROOT.set.pgfault_baseline.value_()


def value(available, number):
    return number if available else UNAVAILABLE


def print_stats():
    counters = Counters(CPUS)
    visible = ACCOUNT and not prog["pfc_why_none"]
    refused = ACCOUNT and not prog["pfc_no_refused"] and not why_not_mark(MARK_REFUSED)
    totals = {
        "faults": value(visible, counters.faults()),
        "visits": value(visible, counters.visits()),
        "retries": value(visible, counters.get("retries")),
        "unclassified": value(visible, counters.leaf(LEAF_UNCLASSIFIED)),
        "missed": counters.all_missed(),
        "refused": value(refused, counters.leaf(LEAF_REFUSED)),
        "pgfault": pgfault(),
    }
    for key in strings("pfc_total_keys"):
        print(key, totals.get(key, "?"))
    available = [is_available(class_) for class_ in range(NR_CLASSES)]
    for class_, key in enumerate(CLASSES):
        print(key, value(available[class_], counters.class_(class_)))
    for refinement, key in enumerate(REFINEMENTS):
        print(key, value(available[CLASS_OF_REFINEMENT[refinement]] and refines(refinement),
                         counters.refinement(refinement)))
    for class_, key in enumerate(CLASSES):
        splits = counters.class_splits(class_)
        for suffix in prog["pfc_suffixes"]:
            name = key + text(suffix.suffix)
            # Where a refinement has the name of a split, there is no split.
            if name not in REFINEMENTS:
                print(name, value(available[class_] and ACCOUNT, select(splits, suffix)))


def select(splits, suffix):
    """The sum of the splits that have the suffix's access, origin or outcome (-1: any)."""
    origins, outcomes = constant("PFC_NR_ORIGINS"), constant("PFC_NR_OUTCOMES")
    wanted = [int(x) for x in (suffix.access, suffix.origin, suffix.outcome)]
    return sum(number for at, number in enumerate(splits)
               if all(want in (-1, got) for want, got in zip(
                   wanted, (at // outcomes // origins, at // outcomes % origins, at % outcomes))))


def print_percpu():
    print("cpu", *CLASSES)
    for cpu in CPUS:
        counters = Counters([cpu])
        if counters.ever:
            print(cpu, *(value(is_available(class_), counters.class_(class_))
                         for class_ in range(NR_CLASSES)))


def print_probes():
    counters = Counters(CPUS)
    methods = strings("pfc_method_words")
    print("class how place backend state hits missed")
    for probe in PROBES:
        if kind_is(probe, "UPDATE"):
            key = ",".join(CLASSES[CLASS_OF_MARK[MARK_AF + i]] for i in range(3))
        elif any(kind_is(probe, kind) for kind in ("ENTRY", "VISIT", "EXIT")):
            key = "visit"
        else:
            key = CLASSES[CLASS_OF_MARK[probe.mark]]
        address = probe.addr.value_()
        symbol = prog.symbol(address)
        print(key, methods[probe.method], "%s+0x%x" % (symbol.name, address - symbol.address),
              text(probe.backend.name), "armed" if ARMED else "disarmed",
              counters.hits(probe), counters.missed(probe))


def print_frames():
    slots = prog["pfc_slots"]
    write, fetch = constant("FAULT_FLAG_WRITE", 1), constant("FAULT_FLAG_INSTRUCTION", 0x100)
    print("pid comm address access seen")
    for i in range(slots.mask + 1):
        slot = slots.slot[i]
        address = slot.task.value_() & ~3  # flags: struct pfc_slot
        if not address:
            continue
        task = Object(prog, "struct task_struct *", address)
        facts = slot.frame.facts
        access = "write" if facts.flags & write else "exec" if facts.flags & fetch else "read"
        seen = [CLASSES[class_] for mark, class_ in enumerate(CLASS_OF_MARK)
                if facts.marks.value_() >> mark & 1]
        print(task.pid.value_(), task.comm.string_().decode(errors="replace"),
              "0x%x" % slot.frame.address, access, ",".join(seen) or "-")


for word in options.words or ("stats", "frames"):
    globals()["print_" + word]()
