#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes hostile messages (the classes of *_classes.py, each in several encodings, positions, payloads and depths) as DIR/NNNNN.eml, and
DIR/index.jsonl with one line about each: file, class, variant, payload, encoding, position, depth, words (what must be seen), no_client (why
its payload reaches nobody). The same seed gives the same messages.

    hostile.py [--seed N] [--combinations N] [--class ROW] DIR"""

import argparse
import hashlib
import json
import os
import random
import sys

sys.dont_write_bytecode = True

import build
import cases
import file_classes  # noqa: F401  (these register their classes)
import mime_body_classes  # noqa: F401
import mime_header_classes  # noqa: F401
import name_classes  # noqa: F401
from cases import Load, Variant

POSITIONS = ('only', 'first', 'later')
DEPTHS = (0, 1, 2)


def place(entity, position):
    if position == 'only':
        return entity
    parts = [entity, build.TEXT_PART] if position == 'first' else [build.TEXT_PART, entity]
    return build.multipart(parts, 'placed')


def sink(entity, depth):
    """One deeper is a multipart around it, two a message in one."""
    if depth == 0:
        return entity
    if depth == 2:
        entity = build.entity(build.head(2) + entity, 'Content-Type: message/rfc822')
    return build.multipart([build.TEXT_PART, entity], 'deep')


class Writer:
    def __init__(self, directory):
        self.directory, self.count, self.seen = directory, 0, set()
        self.index = open(os.path.join(directory, 'index.jsonl'), 'w', encoding='utf-8')

    def add(self, row, variant, message, **about):
        digest = hashlib.sha256(message).digest()
        if digest in self.seen:
            return
        self.seen.add(digest)
        self.count += 1
        name = f'{self.count:05}.eml'
        with open(os.path.join(self.directory, name), 'wb') as out:
            out.write(message)
        words = variant.words if variant.words is not None else about.pop('said', [])
        about.pop('said', None)
        self.index.write(
            json.dumps(
                {'file': name, 'class': row, 'variant': variant.name, 'words': words, 'no_client': variant.no_client, **about}) +
            '\n')


def entities(writer, rng, wanted, combinations):
    """Each variant once in each encoding, and so many random combinations of load, encoding, position and depth more."""
    for table, positions in ((cases.part_classes, POSITIONS), (cases.whole_classes, ('only', ))):
        for row, function, loads, encodings in table:
            if wanted not in ('', row):
                continue
            axes = [(loads[0], encoding, rng.choice(positions), rng.choice(DEPTHS)) for encoding in encodings]
            axes += [tuple(rng.choice(axis) for axis in (loads, encodings, positions, DEPTHS)) for _ in range(combinations)]
            for load_name, encoding, position, depth in dict.fromkeys(axes):
                load = Load(load_name, encoding)
                for variant in map(as_variant, function(load)):
                    message = variant.data if variant.full else build.head() + sink(place(variant.data, position), depth)
                    writer.add(row, variant, message, payload=load_name, encoding=encoding, position=position, depth=depth,
                               said=load.words)


class DoubleLoad(Load):
    """One whose ordinary part is an odd one itself."""
    def __init__(self, name, encoding, entity):
        super().__init__(name, encoding)
        self.entity_data = entity

    def plain(self):
        return self.entity_data


def pairs(writer, rng, count):
    """Attackers use two tricks at once: odd parts in odd multiparts."""
    small = lambda table: [entry for entry in table if entry[0] not in ('MIME-17', 'MIME-19', 'MIME-20')]
    for _ in range(count):
        row, function, loads, encodings = rng.choice(small(cases.part_classes))
        load = Load(rng.choice(loads), rng.choice(encodings))
        inner = rng.choice([value for value in map(as_variant, function(load)) if value.words != ['type:external_body']])
        outer_row, outer_function, _, _ = rng.choice(small(cases.whole_classes))
        variants = [as_variant(value) for value in outer_function(DoubleLoad(load.name, load.encoding, inner.data))]
        variant = rng.choice([value for value in variants if inner.data in value.data] or variants)
        no_client = variant.no_client or inner.no_client
        # What is encoded a reader could cut out and decode; of bytes as they are a text shows rubbish, and nothing starts where the file does.
        if inner.name.endswith('the bytes as they are') and variant.name in ('no type at all', 'a message in the body of a text'):
            no_client = no_client or 'the bytes stand somewhere in a text'
        both = Variant(f'{row} {inner.name} in {outer_row} {variant.name}', variant.data, no_client, inner.words)
        depth = rng.choice(DEPTHS)
        message = variant.data if variant.full else build.head() + sink(variant.data, depth)
        writer.add('MIME, two at once', both, message, payload=load.name, encoding=load.encoding, position='only', depth=depth,
                   said=load.words)


def as_variant(value):
    return value if isinstance(value, Variant) else Variant(*value)


def files(writer, rng, wanted, combinations):
    for row, function, _, _ in cases.file_classes:
        if wanted not in ('', row):
            continue
        for variant in function():
            name, data = variant.data
            big = len(data) > 100000
            for number in range(1 if big else 1 + combinations):
                position, depth = rng.choice(POSITIONS), 0 if number == 0 else rng.choice(DEPTHS)
                encoding = 'base64' if number % 2 == 0 else 'quoted-printable'
                body = build.b64(data) if encoding == 'base64' else build.qp_all(data)
                entity = build.entity(body, f'Content-Type: application/octet-stream; name="{name}"',
                                      f'Content-Transfer-Encoding: {encoding}',
                                      f'Content-Disposition: attachment; filename="{name}"')
                writer.add(row, variant,
                           build.head() + sink(place(entity, position), depth), payload='file', encoding=encoding,
                           position=position, depth=depth)


NAME_WORDS = [f'ending:{ending}' for ending in file_classes.ENDINGS + ['clsid']] + ['mark:disguised-name', 'type:exe']


def names(writer, rng, wanted):
    for row, function, _, _ in cases.named_classes:
        if wanted not in ('', row):
            continue
        for variant in map(as_variant, function(b'')):
            position, depth = rng.choice(POSITIONS), rng.choice(DEPTHS)
            entity = build.entity(b'hello, this is a harmless text\r\n', *variant.data)
            writer.add(row, variant._replace(words=NAME_WORDS),
                       build.head() + sink(place(entity, position), depth), payload='name', encoding='7bit', position=position,
                       depth=depth)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--combinations', type=int, default=1,
                        help='random combinations of axes for each variant, beside the first')
    parser.add_argument('--pairs', type=int, default=400, help='messages with two tricks at once')
    parser.add_argument('--class', dest='row', default='', help='this row of the catalogue alone, as in MIME-05, or "pairs"')
    parser.add_argument('directory')
    args = parser.parse_args()
    os.makedirs(args.directory, exist_ok=True)
    rng = random.Random(args.seed)
    writer = Writer(args.directory)
    entities(writer, rng, args.row, args.combinations)
    files(writer, rng, args.row, args.combinations)
    names(writer, rng, args.row)
    if args.row in ('', 'pairs'):
        pairs(writer, rng, args.pairs)
    print(f'{writer.count} messages')


if __name__ == '__main__':
    main()
