# SPDX-License-Identifier: GPL-2.0-or-later
"""A compound file (MS-CFB, version 3) from a tree of names: streams are bytes, storages are dicts."""

import struct

FREE, END, FAT_SECTOR = 0xffffffff, 0xfffffffe, 0xfffffffd
SECTOR = 512


def _flatten(tree, entries):
    """Siblings hang in a chain to the right: a legal, if unbalanced, tree. Returns the first one's number."""
    first = previous = None
    for name, value in sorted(tree.items(), key=lambda item: (len(item[0]), item[0].upper())):
        number = len(entries)
        entries.append({'name': name, 'value': value, 'right': FREE, 'child': FREE})
        if previous is None:
            first = number
        else:
            entries[previous]['right'] = number
        previous = number
        if isinstance(value, dict):
            child = _flatten(value, entries)
            entries[number]['child'] = FREE if child is None else child
    return first


def compound(tree, clsid=bytes(16)):
    entries = [{'name': 'Root Entry', 'value': None, 'right': FREE, 'child': FREE}]
    child = _flatten(tree, entries)
    entries[0]['child'] = FREE if child is None else child
    sectors, chains = [], []

    def store(data):
        start = len(sectors)
        sectors.extend(data[i:i + SECTOR].ljust(SECTOR, b'\0') for i in range(0, len(data), SECTOR))
        chains.append((start, len(sectors)))
        return start

    directory = b''
    for number, item in enumerate(entries):
        value = item['value']
        stream = isinstance(value, bytes)
        data = value.ljust(4096, b'\0') if stream else b''  # no mini stream: those begin below 4096 bytes
        name = item['name'].encode('utf-16-le') + b'\0\0'
        kind = 5 if number == 0 else 2 if stream else 1
        directory += struct.pack('<64sHBBIII16sIQQIQ', name, len(name), kind, 1, FREE, item['right'], item['child'],
                                 clsid if number == 0 else bytes(16), 0, 0, 0,
                                 store(data) if stream else END if number == 0 else 0, len(data))
    directory += b''.join(
        struct.pack('<64sHBBIII16sIQQIQ', b'', 0, 0, 0, FREE, FREE, FREE, bytes(16), 0, 0, 0, 0, 0)
        for _ in range(-len(entries) % 4))
    directory_at = store(directory)

    fat_count = 1
    while (len(sectors) + fat_count) > fat_count * 128:
        fat_count += 1
    fat = []
    for start, end in chains:
        fat.extend(list(range(start + 1, end)) + [END] if end > start else [])
    fat_at = len(fat)
    fat += [FAT_SECTOR] * fat_count
    fat += [FREE] * (fat_count * 128 - len(fat))
    header = struct.pack('<8s16sHHHHH6sIIIIIIIII', bytes.fromhex('d0cf11e0a1b11ae1'), bytes(16), 0x3e, 3, 0xfffe, 9, 6, bytes(6),
                         0, fat_count, directory_at, 0, 4096, END, 0, END, 0)
    difat = list(range(fat_at, fat_at + fat_count)) + [FREE] * (109 - fat_count)
    return header + struct.pack('<109I', *difat) + b''.join(sectors) + struct.pack('<%dI' % len(fat), *fat)
