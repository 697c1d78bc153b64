#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Verifies every DKIM-Signature of messages with dkimpy.

	dkim_verify.py KEYS FILE...

KEYS has lines "NAME RECORD". For each file a line "FILE SIGNATURES GOOD", and
lines with "#" that say what is wrong."""
import sys

import dkim


def main():
    records = {}
    with open(sys.argv[1], encoding="ascii") as keys:
        for line in keys:
            name, record = line.rstrip("\n").split(" ", 1)
            records[name.encode() + b"."] = record.encode()

    def lookup(name, timeout=5):
        return records.get(name)

    for path in sys.argv[2:]:
        with open(path, "rb") as message:
            verifier = dkim.DKIM(message.read())
        count = sum(1 for name, _ in verifier.headers if name.lower() == b"dkim-signature")
        good = 0
        for i in range(count):
            try:
                good += verifier.verify(idx=i, dnsfunc=lookup)
            except dkim.DKIMException as problem:
                print("#", path, problem)
        print(path, count, good)


main()
