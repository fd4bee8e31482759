# SPDX-License-Identifier: GPL-2.0
"""bench.svg: bars, one panel a kernel, of what one kind of fault costs with each tool."""
from xml.sax.saxutils import escape

import figures

KIND = "zero"
TITLE = "Instructions added to one copy-on-write fault of the zero page"
NOTE = ("arm64, cortex-a57; the fault itself takes %s instructions. "
        "pfclass counts all classes at once, the other tools one function.")
# The label of a bar, and the mode or label of its row of bench.csv
ROWS = [
    ("pfclass, kprobe, account=1", "backend=kprobe account=1"),
    ("pfclass, kprobe, account=0", "backend=kprobe account=0"),
    ("pfclass, ftrace, account=1", "backend=ftrace account=1"),
    ("pfclass, ftrace, account=0", "backend=ftrace account=0"),
    ("bpftrace, fentry", "bpftrace fentry, count()"),
    ("bpftrace, kprobe", "bpftrace kprobe, count()"),
    ("perf stat, kprobe event", "perf stat -e probe:do_wp_page"),
]
OURS, OTHERS = "#2a6496", "#a8a8a8"
LEFT, PANEL, GAP, TOP, STEP, BAR = 210, 190, 14, 84, 26, 18
# Room for a figure to the right of the longest bar.
FIGURE = 48


def draw(rows):
    kernels = figures.compared(rows)
    values = {(label, k): figures.find(rows, k, mode, KIND)
              for label, mode in ROWS for k in kernels}
    longest = max(figures.added(row) or 0 for row in values.values())
    width = LEFT + len(kernels) * (PANEL + GAP) + GAP
    height = TOP + len(ROWS) * STEP + 16
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
           'viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">' %
           (width, height, width, height),
           '<rect width="100%" height="100%" fill="white"/>']

    def text(x, y, what, more=""):
        out.append('<text x="%d" y="%d"%s>%s</text>' % (x, y, more, escape(what)))

    def bar(x, y, w, color):
        out.append('<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>' %
                   (x, y, w, BAR, color))

    text(GAP, 24, TITLE, ' font-size="16" font-weight="bold"')
    own = sorted(float(figures.find(rows, k, "", KIND)["instructions"]) for k in kernels)
    text(GAP, 45, NOTE % ("%.0f to %.0f" % (own[0], own[-1])), ' fill="#555"')
    for i, (label, _) in enumerate(ROWS):
        text(LEFT - 8, TOP + i * STEP + 14, label, ' text-anchor="end"')
    for n, kernel in enumerate(kernels):
        x = LEFT + n * (PANEL + GAP)
        text(x, TOP - 10, "Linux " + kernel, ' font-weight="bold"')
        for i, (label, _) in enumerate(ROWS):
            y = TOP + i * STEP
            value = figures.added(values[label, kernel])
            if value is None:
                text(x + 6, y + 14, "not possible", ' fill="#777" font-style="italic"')
                continue
            length = max(value, 0) * (PANEL - FIGURE) / longest
            bar(x, y, length, OURS if label.startswith("pfclass") else OTHERS)
            text(x + length + 5, y + 14, "%.0f" % value)
        out.append('<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="#333"/>' %
                   (x, TOP - 4, x, TOP + len(ROWS) * STEP))
    return "\n".join(out + ["</svg>"]) + "\n"
