#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What can be checked of the documents without running anything.

They parse, their links lead to files, index.rst links every page, what the sources define
for users is described, and the commands of those that a user reads first are run by a test. Run from the top of the tree; prints a line
for each error. Needs docutils.
"""
import glob
import os
import re
import sys

import docutils.core
import docutils.nodes

errors = []


def bad(where, what):
    errors.append("%s: %s" % (where, what))


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def found(pattern, *paths):
    """What the group in pattern matches in these files; there must be something."""
    names = [name for path in paths for name in re.findall(pattern, read(path))]
    if not names:
        bad("check.py", "nothing matches %s in %s" % (pattern, " ".join(paths)))
    return names


def links(path):
    """The targets of a document's links; what does not parse is an error."""
    text = read(path)
    if path.endswith(".md"):
        return re.findall(r"\]\(([^)]+)\)", text)

    # Kept in the tree, not printed.
    settings = {"report_level": 5, "halt_level": 5, "_disable_config": True}
    tree = docutils.core.publish_doctree(text, path, settings_overrides=settings)
    for message in tree.findall(docutils.nodes.system_message):
        if message["level"] >= 2:
            errors.append(message.astext())
    return [n["refuri"] for n in tree.findall(docutils.nodes.reference) if "refuri" in n]


def run_nowhere(path):
    """
    The first lines of a document's blocks of commands that no test runs: neither
    check-quotes, by a comment "quoted:", nor a file that a comment names, "run by FILE".
    """
    command = r"(# |pfclass |make |sudo |insmod )"
    # A comment goes with the next block, whatever is in between.
    comment, block = None, False
    for line in read(path).split("\n"):
        found = re.match(r"(?:\.\.|<!--) (quoted:|run by (\S+))", line)
        if found:
            comment, block = found, False
            if found.group(2) and not os.path.exists(found.group(2)):
                yield "there is no " + found.group(2)
        elif line.startswith("    "):
            if not block and not comment and re.match(command, line.strip() + " "):
                yield line.strip()
            block = True
        elif line.strip() and block:
            comment, block = None, False


def main():
    included = {os.path.normpath(os.path.join(os.path.dirname(p), name))
                for p in glob.glob("Documentation/**/*.rst", recursive=True)
                for name in re.findall(r"^\.\. include:: (\S+)", read(p), re.M)}
    pages = sorted(glob.glob("*.md") + glob.glob("**/*.rst", recursive=True))
    linked = {}
    for page in pages:
        if page in included:
            continue
        linked[page] = set()
        for target in links(page):
            if re.match(r"[a-z]+:", target):
                continue
            path = os.path.normpath(os.path.join(os.path.dirname(page), target.split("#")[0]))
            linked[page].add(path)
            if target.split("#")[0] and not os.path.exists(path):
                bad(page, "the link to %s leads nowhere" % target)

    index = "Documentation/index.rst"
    for page in linked:
        if page != index and page not in linked[index]:
            bad(index, "does not link %s" % page)

    for page in ["README.md", "Documentation/tutorial.rst"] + glob.glob("Documentation/classes/*.rst"):
        for line in run_nowhere(page):
            bad(page, "no test runs: %s" % line)

    uapi = "include/uapi/pfclass.h"
    blocks = dict(re.findall(r"#define PFC_(\w+)\(X\) \\\n((?:\tX\(.*\n)+)", read(uapi)))

    def keys(block):
        names = re.findall(r'"([a-z_-]+)"', re.sub(r'("[^"]*")[^"]*"[^"]*"\)', r"\1)",
                                                   blocks.get(block, "")))
        if not names:
            bad("check.py", "%s has no list PFC_%s" % (uapi, block))
        return names

    files = "Documentation/debugfs.rst"
    wanted = [(files, "``%s``", keys("TOTALS")),
              (files, "%s ", found(r'#define PFC_FILE_\w+\s+"(\w+)"', uapi)),
              (files, "``%s``", keys("STATES")),
              ("Documentation/probe-points.rst", "``%s``", keys("METHODS")),
              ("Documentation/usage.rst", "%s ",
               found(r"module_param_named\((\w+),", "module/main.c"))]
    for key in keys("CLASSES"):
        page = "Documentation/classes/%s.rst" % key
        wanted.append((files, "classes/%s.rst", [key]))
        if not os.path.exists(page):
            bad(page, "does not exist")
            continue
        wanted.append((page, "``%s``", [k for k in keys("REFINEMENTS")
                                        if k.startswith(key + "_")]))
        # `pfclass list` prints the first paragraph.
        if not re.match(r"\.\. SPDX[^\n]*\n\n=+\n%s\n=+\n\n[A-Z][^:]" % key, read(page)):
            bad(page, "does not begin with SPDX, the key as its title, a paragraph")
    for page, form, names in wanted:
        text = read(page)
        for name in names:
            if form % name not in text and "``%s " % name not in text:
                bad(page, "does not describe %s" % name)

    # The lines of the chart of dependencies.
    page = "Documentation/architecture.rst"
    chart = read(page).partition("above it, never of those below::")[2].strip("\n")
    rank = {name: i for i, line in enumerate(chart.partition("\n\n")[0].split("\n"))
            for name in line.replace(",", " ").split()}
    for path in sorted(glob.glob("module/*.[ch]")):
        name = os.path.basename(path)[:-2]
        for other in re.findall(r'#include "(\w+)\.h"', read(path)):
            if rank.get(other, -1) > rank.get(name, len(rank)):
                bad(page, "%s includes %s.h, which is below it" % (path, other))
    if "hit" not in rank:
        bad(page, "has no chart of dependencies")

    # N, X and numa stand for what the module fills in.
    log = "".join(read(p) for p in glob.glob("module/*.c")).replace('" PFC_UNAVAILABLE "',
                                                                    "unavailable")
    table = read("Documentation/usage.rst").partition("\nin the log ")[2].partition("\n\n")[0]
    messages = re.findall(r"(?m)^``([^`]+)`` ", table)
    if not messages:
        bad("Documentation/usage.rst", "has no table of messages")
    for message in messages:
        for part in filter(None, re.split(r" ?\.\.\. ?", message)):
            if not re.search(re.sub(r"\b(N|X|numa)\b", r"%\\w+", re.escape(part)), log):
                bad("Documentation/usage.rst", "the module does not log: %s" % part)

    classes = "".join(read(p) for p in glob.glob("Documentation/classes/*.rst"))
    for row in found(r"(?m)^PFC_ROW\((\w+)", *glob.glob("selftests/*.c")):
        if "``%s``" % row not in classes:
            bad("Documentation/classes", "no page describes the row %s" % row)

    for error in errors:
        print(error)
    return bool(errors)


sys.exit(main())
