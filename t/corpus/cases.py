# SPDX-License-Identifier: GPL-2.0-or-later
"""The registry of hostile classes. A class is a function that yields its variants:

    @part(...)     entities that hide a load; they are put into a message as its only, first or later part
    @whole(...)    whole entities (a multipart that is itself odd, or a part of a message that must stand alone)
    @named(...)    (variant, fields): a harmless text under names that a filter must refuse
    @file(...)     (variant, file name, bytes, words): files, sent as an ordinary attachment

The first argument is the row of the catalogue of threats. A variant is a pair (name, bytes) or a Variant."""

import collections

import build
import payloads

part_classes, whole_classes, named_classes, file_classes = [], [], [], []

# no_client: why no mail program shows the payload to its user (then not finding it is no escape). words: what must be seen
# instead of what the payload says. full: the bytes are a message with its own head.
Variant = collections.namedtuple('Variant', 'name data no_client words full', defaults=('', None, False))


def _register(table, row, loads, encodings):
    def add(function):
        table.append((row, function, loads, encodings))
        return function

    return add


ALL_LOADS = ('eicar', 'exe', 'docm', 'hta', 'lnk', 'elf', 'zip', 'iso')
BOTH = ('base64', 'quoted-printable')


def part(row, loads=ALL_LOADS, encodings=BOTH):
    return _register(part_classes, row, loads, encodings)


def whole(row, loads=ALL_LOADS, encodings=BOTH):
    return _register(whole_classes, row, loads, encodings)


def named(row):
    return _register(named_classes, row, (), ())


def file(row):
    return _register(file_classes, row, (), ())


class Load:
    """A payload in a transfer encoding."""
    def __init__(self, name, encoding):
        self.name, self.encoding = name, encoding
        self.data, self.words = payloads.PAYLOADS[name]
        self.cte = encoding.encode()
        self.body = self.encode(self.data)
        self.type = b'Content-Type: application/octet-stream'
        self.cte_field = b'Content-Transfer-Encoding: ' + self.cte
        self.disposition = b'Content-Disposition: attachment; filename="report.dat"'

    def encode(self, data):
        if self.encoding == 'base64':
            return build.b64(data)
        return build.qp_all(data) if self.encoding == 'quoted-printable' else data

    def entity(self, *fields, body=None):
        """An ordinary part with other or more fields in place of Content-Transfer-Encoding."""
        return build.entity(self.body if body is None else body, self.type, *fields, self.disposition)

    def plain(self):
        return self.entity(self.cte_field)
