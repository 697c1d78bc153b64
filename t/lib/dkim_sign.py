#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Signs messages in place with dkimpy, with two keys each.

	dkim_sign.py RSA.pem ED25519.pem FILE...

Key files are named SELECTOR._domainkey.DOMAIN.pem. The canonicalization changes from file to file."""
import base64
import os
import sys

import dkim


def read_key(path, algorithm):
    selector, domain = os.path.basename(path)[: -len(".pem")].split("._domainkey.")
    with open(path, "rb") as file:
        pem = file.read()
    if algorithm == b"ed25519-sha256":
        # the seed is the end of the PKCS#8 structure (RFC 8410 7)
        pem = base64.b64encode(base64.b64decode(b"".join(pem.split(b"\n")[1:-2]))[-32:])
    return selector.encode(), domain.encode(), pem


def main():
    canonicalizations = [(a, b) for a in (b"relaxed", b"simple") for b in (b"relaxed", b"simple")]
    keys = [(algorithm, read_key(path, algorithm)) for algorithm, path in zip((b"rsa-sha256", b"ed25519-sha256"), sys.argv[1:3])]
    for number, path in enumerate(sys.argv[3:]):
        with open(path, "rb") as file:
            message = file.read()
        fields = b""
        for algorithm, (selector, domain, key) in keys:
            fields += dkim.sign(message, selector, domain, key, signature_algorithm=algorithm, canonicalize=canonicalizations[number % 4])
        with open(path, "wb") as file:
            file.write(fields + message)


main()
