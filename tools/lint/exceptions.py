# SPDX-License-Identifier: GPL-2.0
"""Takes from complaints, written as checkpatch does, what a list excuses: LIST TOP <COMPLAINTS

Prints the rest, and what of the list excuses nothing.
"""
import fnmatch
import os
import re
import sys


class Excuse:
    def __init__(self, number, line):
        fields = [field.strip() for field in re.split(r"(?<= )\| ", line, maxsplit=3)]
        if len(fields) != 4 or not all((fields[0], fields[1], fields[3])):
            sys.exit("exceptions:%d: not TYPE,... | glob ... | regexp | reason" % number)
        self.number = number
        self.unused = {*fields[0].split(","), *fields[1].split()}
        self.types, self.globs = fields[0].split(","), fields[1].split()
        self.regexp = re.compile(fields[2])

    def excuses(self, path, text, kind):
        globs = [glob for glob in self.globs if fnmatch.fnmatch(path, glob)]
        if kind not in self.types or not globs or not self.regexp.search(text):
            return False
        self.unused -= {kind, *globs}
        return True


def main():
    name, top = sys.argv[1:]
    with open(name) as f:
        exceptions = [Excuse(i + 1, line) for i, line in enumerate(f)
                      if line.strip() and not line.startswith("#")]
    for line in sys.stdin:
        found = re.match(r"([^:]+):(\d+): (?:ERROR|WARNING|CHECK):([\w.-]+):", line)
        if found:
            path = os.path.normpath(found[1])
            with open(os.path.join(top, path)) as f:
                text = f.read().split("\n")[int(found[2]) - 1]
            if any([e.excuses(path, text, found[3]) for e in exceptions]):
                continue
        print(line, end="")
    for e in exceptions:
        for what in sorted(e.unused):
            print("%s:%d: %s excuses nothing any more" % (name, e.number, what))


main()
