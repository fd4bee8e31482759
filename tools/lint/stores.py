# SPDX-License-Identifier: GPL-2.0
"""Where the handlers' stores go: KERNEL..., with KERNEL.asm from objdump -dtr and
KERNEL.jumps, the relocations of what the kernel patches (static branches,
alternatives): either side is followed.

Follows every value from where it comes (an argument, the CPU's offset, the
running task, a symbol) through registers and the stack to the address of each
store, in every handler and everything that it calls in the module, along every
path. Writes stores-KERNEL.txt. Exits with 1 if a store goes to
memory that CPUs share, or to an address that it cannot follow.
"""
import collections
import re
import sys

# The arguments of the handlers.
HANDLERS = [
    (r"^pfc_kprobe_on_", {"x0": "probe", "x1": "regs"}),
    (r"^pfc_kretprobe_on_", {"x0": "instance", "x1": "regs"}),
    (r"^pfc_ftrace_on_", {"x2": "probe", "x3": "regs"}),
]
# Where one callback serves all probes, it calls these, by a pointer.
SHARED_HANDLER = "pfc_ftrace_on_any"
CALLED_HANDLERS = (r"^pfc_ftrace_on_", {"x0": "probe", "x2": "regs"})

# What an address is derived from, and what is written there; the first that is in it.
CLASSES = [
    ("cpu", "per-cpu"),         # the counters of the CPU that runs
    ("*pfc_cgroup_hint", "per-cpu"),    # likewise: that CPU put it there
    ("stack", "stack"),         # the stack of the CPU that runs
    ("*pfc_slots", "visit"),    # the slot of the task that faults
    ("regs", "registers"),      # the saved registers of the hit, on the stack
    ("instance", "instance"),   # the kretprobe's instance of this call
    ("task", "task"),           # the running task: whether it may be preempted
]
# Functions that claim a row for a control group, once a group: what they write, all share.
CLAIMS = r"^pfc_cgroups_(claim|row)$"
# Functions that may call through a pointer.
INDIRECT = r"^(pfc_event_emit|pfc_ftrace_on_any)$"
CALLER_SAVED = ["x%d" % i for i in range(19)] + ["x30"]
CONDITIONAL = re.compile(r"^(b\.\w+|cbn?z|tbn?z)$")
STORE = re.compile(r"^(st(r|ur|p|lr|lur|np|tr|lxr|xr|xp|lxp|gp?)[bh]?|(ld|st)(add|clr|eor|set|"
                   r"smax|smin|umax|umin)a?l?[bh]?|swpa?l?[bh]?|casp?a?l?[bh]?)$")
LOAD = re.compile(r"^(ld(r|ur|p|ar|apr|xr|axr|np|xp|axp)(b|h|sb|sh|sw)?)$")

Insn = collections.namedtuple("Insn", "addr op args target reloc")


def parse(path):
    """Functions, each a list of instructions; their names by address; other symbols."""
    functions, starts, now, objects = collections.OrderedDict(), {}, None, {}
    section = ""
    with open(path) as lines:
        for line in lines:
            match = re.match(r"^Disassembly of section (.*):", line)
            if match:
                section = match[1]
                continue
            match = re.match(r"^([0-9a-f]{16}) .{7} (\.\S+)\t([0-9a-f]+) (\w\S*)$", line)
            if match:
                objects.setdefault(match[2], []).append(
                    (int(match[1], 16), int(match[3], 16), match[4]))
                continue
            match = re.match(r"^([0-9a-f]+) <(.+)>:$", line)
            if match:
                name = match[2]
                # Exported or not, what is in other sections never runs in a handler.
                now = functions.setdefault(name, []) if section.startswith(".text") else None
                if now is not None:
                    starts[int(match[1], 16)] = name
                continue
            match = re.match(r"^\s+([0-9a-f]+): (R_AARCH64_\w+)\s+(\S+)$", line)
            if match and now:
                now[-1] = now[-1]._replace(reloc=match[3])
                continue
            match = re.match(r"^\s+([0-9a-f]+):\s+(\S+)\s*(.*)$", line)
            if match and now is not None:
                text = re.sub(r"\s*//.*", "", match[3]).strip()
                target = re.search(r"(?:^|, )([0-9a-f]+) <", text)
                now.append(Insn(int(match[1], 16), match[2], text,
                                int(target[1], 16) if target else None, None))
    return functions, starts, objects


def parse_jumps(path):
    """What the kernel may make of an instruction: address: where it may go instead."""
    table, section = {}, None
    with open(path) as lines:
        for line in lines:
            match = re.match(r"^RELOCATION RECORDS FOR \[(.*)\]:", line)
            if match:
                section = table.setdefault(match[1], [])
                continue
            match = re.match(r"^[0-9a-f]+ R_AARCH64_PREL(32|64)\s+(\S+)$", line)
            if match:
                section.append((match[1], match[2]))

    def offset(what):
        return int(what.partition("+")[2] or "0", 0) if what.startswith(".text") else None

    jumps = collections.defaultdict(set)
    rows = [w for size, w in table.get("__jump_table", []) if size == "32"]
    for at, to in zip(rows[::2], rows[1::2]):
        if offset(at) is not None:
            jumps[offset(at)].add(offset(to))
    rows = [w for _, w in table.get(".altinstructions", [])]
    alternatives = {offset(at): offset(to) for at, to in zip(rows[::2], rows[1::2])
                    if offset(at) is not None}
    return jumps, alternatives


def reg(name):
    name = name.strip(" !")
    if re.match(r"^w\d+$", name):
        return "x" + name[1:]
    return name


def split_args(text):
    """Operands; an address in brackets is one."""
    out, depth, now = [], 0, ""
    for c in text:
        depth += (c == "[") - (c == "]")
        if c == "," and not depth:
            out.append(now.strip())
            now = ""
        else:
            now += c
    if now.strip():
        out.append(now.strip())
    return out


def number(text):
    match = re.search(r"#(-?(?:0x)?[0-9a-f]+)", text)
    return int(match[1], 0) if match else 0


def through_pointer(caller):
    """What is called there."""
    return ("the handler of the probe" if caller == SHARED_HANDLER else
            "whoever listens to the trace events")


EMPTY = frozenset()         # a constant
UNKNOWN = frozenset(["?"])


class State:
    """Of each register where its value comes from; SP as a distance; the stack."""

    def __init__(self, regs=None, sp=0, frame=None, stack=None):
        self.regs, self.sp = dict(regs or {}), sp
        self.frame = frame      # x29's distance, while it is the frame pointer
        self.stack = dict(stack or {})

    def copy(self):
        return State(self.regs, self.sp, self.frame, self.stack)

    def get(self, name):
        name = reg(name)
        if name == "sp":
            return frozenset(["stack"])
        if name in ("xzr", "wzr"):
            return EMPTY
        return self.regs.get(name, UNKNOWN)

    def join(self, other):
        """True if that added anything."""
        changed = False
        for mine, theirs in ((self.regs, other.regs), (self.stack, other.stack)):
            for key, value in theirs.items():
                if not value <= mine.get(key, EMPTY):
                    mine[key] = mine.get(key, EMPTY) | value
                    changed = True
        return changed


class Analysis:
    def __init__(self, kernel):
        self.kernel = kernel
        self.functions, self.starts, self.objects = parse(kernel + ".asm")
        self.jumps, self.alternatives = parse_jumps(kernel + ".jumps")
        self.insn_at = {i.addr: i for f in self.functions.values() for i in f}
        self.entry = {}         # function: registers on entry, of all callers
        self.returns = {}       # function: registers at its end
        self.writes = {}        # function: registers that it may change
        self.callers = collections.defaultdict(set)
        self.stores = {}        # (function, address): class
        self.outside = collections.defaultdict(set)
        self.trouble = set()
        self.todo = []

    def symbol(self, reloc):
        """The object that a relocation names by its section."""
        section, _, offset = reloc.partition("+")
        for start, size, name in self.objects.get(section, []):
            if size and start <= int(offset or "0", 0) < start + size:
                return name
        return section

    def callee(self, insn):
        """The function that a bl goes to; None for one outside the module."""
        if insn.reloc:
            name, _, off = insn.reloc.partition("+")
            if name.startswith(".text"):
                return self.starts.get(int(off or "0", 0))
            return name if self.functions.get(name) else None
        return self.starts.get(insn.target)

    def need(self, name, regs):
        entry = self.entry.setdefault(name, None)
        state = State(regs)
        if entry is None:
            self.entry[name] = state
            self.todo.append(name)
        elif entry.join(state) and name not in self.todo:
            self.todo.append(name)

    def run(self):
        for name in self.functions:
            handlers = list(HANDLERS)
            if SHARED_HANDLER in self.functions and name != SHARED_HANDLER:
                handlers[-1] = CALLED_HANDLERS
            for pattern, args in handlers:
                if re.match(pattern, name):
                    self.need(name, {r: frozenset([t]) for r, t in args.items()})
        if not self.entry:
            sys.exit("stores: %s has no handlers" % self.kernel)
        while self.todo:
            self.function(self.todo.pop())

    def function(self, name):
        insns = self.functions[name]
        index = {insn.addr: i for i, insn in enumerate(insns)}
        states = {0: self.entry[name].copy()}
        todo = [0]

        def go(i, state):
            if i >= len(insns):
                return
            if i not in states:
                states[i] = state.copy()
                todo.append(i)
            elif states[i].join(state):
                todo.append(i)

        while todo:
            i = todo.pop()
            insn, state = insns[i], states[i].copy()
            op = insn.op
            for to in self.jumps.get(insn.addr, ()):
                go(index[to], state)
            if insn.addr in self.alternatives:
                other = self.insn_at.get(self.alternatives[insn.addr])
                if other and other.op == "b" and other.target in index:
                    go(index[other.target], state)
                elif op == "b" or op in ("nop",):
                    go(i + 1, state)
            # What is jumped over while the key is off.
            if op == "b" and insn.addr in self.jumps:
                go(i + 1, state)
            if op in ("ret", "retaa", "retab"):
                self.returned(name, state)
            elif op == "brk" or op == "udf":
                pass
            elif op == "b" and insn.target in index and not (
                    insn.reloc and not insn.reloc.startswith(".text")):
                go(index[insn.target], state)
            elif op == "b":
                if self.call(name, insn, state):
                    self.returned(name, state)
            elif CONDITIONAL.match(op):
                if insn.target in index:
                    go(index[insn.target], state)
                go(i + 1, state)
            elif op == "br" and re.match(INDIRECT, name):
                self.outside[through_pointer(name)].add(name)   # and does not come back
            elif op == "br":
                self.trouble.add("%s+0x%x: an indirect branch" % (name, insn.addr - insns[0].addr))
            else:
                if self.step(name, insns[0].addr, insn, state):
                    go(i + 1, state)

    def written(self, name):
        """Registers that a call may change: the compiler knows those of its own functions."""
        if name in self.writes:
            return self.writes[name]
        self.writes[name] = set(CALLER_SAVED)   # meanwhile: recursion
        out = {"x30"}
        for insn in self.functions[name]:
            if insn.op in ("bl", "blr") or (insn.op == "b" and insn.reloc):
                callee = self.callee(insn)
                out |= self.written(callee) if callee else set(CALLER_SAVED)
                continue
            args = split_args(insn.args)
            if not args or CONDITIONAL.match(insn.op) or insn.op in ("cmp", "cmn", "tst", "b"):
                continue
            if STORE.match(insn.op) and insn.op.startswith("st") and "x" not in insn.op[2:]:
                continue
            out |= {reg(a) for a in args if re.match(r"^[xw]\d+$", a)}
        self.writes[name] = out & set(CALLER_SAVED)
        return self.writes[name]

    def returned(self, name, state):
        known = self.returns.get(name)
        if known is None:
            self.returns[name] = state.copy()
        elif not known.join(state):
            return
        for caller in self.callers[name]:
            if caller not in self.todo:
                self.todo.append(caller)

    def call(self, name, insn, state):
        callee = self.callee(insn)
        if callee:
            self.callers[callee].add(name)
            self.need(callee, {"x%d" % i: state.get("x%d" % i) for i in range(8)})
            end = self.returns.get(callee)
            if end is None:
                return False    # nothing comes after it, as far as is known yet
            for r in self.written(callee):
                state.regs[r] = end.get(r)
            return True
        if insn.reloc == "__stack_chk_fail":
            return False
        self.outside[insn.reloc or through_pointer(name)].add(name)
        for r in CALLER_SAVED:
            state.regs[r] = UNKNOWN
        state.regs["x0"] = frozenset(["what the kernel returned"])
        return True

    def address(self, text, state):
        """Where [...] points to, and its distance from SP if that is it."""
        inner = re.match(r"\[([^\]]*)\]", text)[1]
        parts = [p.strip() for p in inner.split(",")]
        tags = EMPTY
        for part in parts:
            if re.match(r"^([xw]\d+|sp)$", part):
                tags |= state.get(part)
        where = None
        if parts[0] == "sp":
            where = state.sp + number(text.split("]")[0])
        elif parts[0] == "x29" and state.frame is not None:
            where = state.frame + number(text.split("]")[0])
        return tags, where

    def step(self, name, start, insn, state):
        """One instruction; False if what follows it is not reached."""
        op, args = insn.op, split_args(insn.args)
        if op in ("bl", "blr"):
            if op == "blr" and not re.match(INDIRECT, name):
                self.trouble.add("%s+0x%x: an indirect call" % (name, insn.addr - start))
            return self.call(name, insn, state)
        memory = next((a for a in args if a.startswith("[")), None)
        if memory and (STORE.match(op) or LOAD.match(op)):
            after = args[args.index(memory) + 1:]
            if memory.startswith("[sp") and memory.endswith("!"):
                state.sp += number(memory)
                tags, where = frozenset(["stack"]), state.sp
            else:
                tags, where = self.address(memory, state)
            width = 4 if args[0].startswith("w") else 8
            names = [reg(a) for a in args[:args.index(memory)]]
            if STORE.match(op):
                self.store(name, start, insn, tags)
                if op.startswith(("stx", "stlx")):
                    state.regs[names[0]] = EMPTY
                    names = names[1:]
                if where is not None and op.startswith("st"):
                    for n, r in enumerate(names):
                        state.stack[where + n * width] = state.get(r)
                elif not op.startswith("st"):
                    # An atomic operation also loads.
                    for r in names:
                        state.regs[r] = state.get(r) | self.loaded(tags)
            else:
                for n, r in enumerate(names):
                    if where is not None:
                        state.regs[r] = state.stack.get(where + n * width, UNKNOWN)
                    elif insn.reloc:
                        state.regs[r] = frozenset(["*" + self.symbol(insn.reloc)])
                    else:
                        state.regs[r] = self.loaded(tags)
                    if r == "x29":
                        state.frame = None
            if memory.startswith("[sp]") and after:
                state.sp += number(after[0])
            return True
        if op == "mrs":
            source = {"tpidr_el1": "cpu", "tpidr_el2": "cpu", "sp_el0": "task"}.get(args[1])
            state.regs[reg(args[0])] = frozenset([source]) if source else UNKNOWN
            return True
        if op in ("cmp", "cmn", "tst", "ccmp", "ccmn", "nop", "msr", "isb", "dsb", "dmb",
                  "prfm", "hint", "bti", "paciasp", "autiasp", "xpaclri", "clrex") or not args:
            return True
        if args[0] == "sp":
            if op == "mov" and args[1] == "x29" and state.frame is not None:
                state.sp = state.frame
            else:
                state.sp += number(insn.args) * (-1 if op == "sub" else 1)
            return True
        into = reg(args[0])
        if not re.match(r"^x\d+$", into):
            return True
        tags = EMPTY
        for arg in args[1:]:
            if re.match(r"^([xw]\d+|sp)$", arg):
                tags |= state.get(arg)
        if insn.reloc:
            symbol = self.symbol(insn.reloc)
            tags = frozenset(["&" + symbol]) if op in ("adrp", "adr") else tags | {"&" + symbol}
        if op in ("movk", "bfi", "bfxil"):
            tags |= state.get(into)
        # Of an array, what is at &symbol stays so when an index is added.
        state.regs[into] = tags
        if into == "x29":
            state.frame = state.sp + number(insn.args) if "sp" in args else None
        return True

    def loaded(self, tags):
        """Where a value comes from that is loaded from there."""
        out = set()
        for tag in tags:
            if tag.startswith("&"):
                out.add("*" + tag[1:])
            elif tag.startswith("*pfc_slots"):
                # Only the array's address is reached through it, and facts.
                out.add("what a visit holds")
            else:
                out.add("what %s holds" % tag if not tag.startswith("what ") else tag)
        return frozenset(out)

    def store(self, name, start, insn, tags):
        """The last time that it is seen, everything is known of it."""
        what = "SHARED: " + (", ".join(sorted(tags)) or "?")
        if "?" not in tags:
            if re.match(CLAIMS, name):
                what = "claim"
            what = next((w for tag, w in CLASSES if tag in tags), what)
        self.stores[name, insn.addr - start] = (what, "%s %s" % (insn.op, insn.args))


def main():
    names = list(dict.fromkeys(what for _, what in CLASSES)) + ["claim"]
    status = 0
    for kernel in sys.argv[1:]:
        a = Analysis(kernel)
        a.run()
        counts = collections.Counter(what if not what.startswith("SHARED") else "shared"
                                     for what, _ in a.stores.values())
        handlers = sum(any(re.match(p, n) for p, _ in HANDLERS) for n in a.entry)
        print("%s: %d handlers, %d functions, %d stores: %s" % (
            kernel, handlers, len(a.entry), len(a.stores),
            ", ".join("%s %d" % (n, counts[n]) for n in names + ["shared"])))
        with open("stores-%s.txt" % kernel, "w") as f:
            f.write("# pfclass.ko for %s: every store that a handler can reach\n" % kernel)
            last = None
            for (function, offset), (what, text) in sorted(a.stores.items()):
                if function != last:
                    f.write("\n%s\n" % function)
                    last = function
                f.write("    +0x%03x  %-42s %s\n" % (offset, re.sub(r"\s+", " ", text), what))
            f.write("\nFunctions of the kernel that they call\n")
            for symbol, callers in sorted(a.outside.items()):
                f.write("    %-34s from %s\n" % (symbol, ", ".join(sorted(callers))))
        for (function, offset), (what, text) in sorted(a.stores.items()):
            if what.startswith("SHARED"):
                print("    %s+0x%x: %s: %s" % (function, offset, text, what))
                status = 1
        for line in sorted(a.trouble):
            print("    " + line)
            status = 1
    sys.exit(status)


main()
