# SPDX-License-Identifier: GPL-2.0
"""What the scripts write into Documentation/bench."""


def rst_table(title, header, rows, widths):
    """Lines of a list-table; @title may be empty, @widths are relative."""
    out = [".. list-table:: " + title if title else ".. list-table::",
           "   :header-rows: 1", "   :widths: " + " ".join(map(str, widths)), ""]
    for row in [header] + rows:
        for i, cell in enumerate(row):
            out.append(("   * - " if i == 0 else "     - ") + cell)
    return out + [""]
