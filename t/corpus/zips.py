# SPDX-License-Identifier: GPL-2.0-or-later
"""ZIP archives record by record (APPNOTE.TXT 4.3), so that the records can disagree; and other containers small enough to write
by hand."""

import struct
import zlib


class Member:
    """One member; local_* and central_* override what the local header and the directory say of it."""
    def __init__(self, name, data=b'', method=8, **other):
        self.name, self.data, self.method, self.other = name, data, method, other
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.packed = deflate.compress(data) + deflate.flush() if method == 8 else data
        self.packed = other.get('packed', self.packed)

    def fields(self, side):
        values = {
            'name': self.name, 'method': self.method, 'flags': 0, 'crc': zlib.crc32(self.data), 'csize': len(self.packed),
            'size': len(self.data), 'extra': b''
        }
        values.update({key: value for key, value in self.other.items() if key in values})
        values.update({key[len(side) + 1:]: value for key, value in self.other.items() if key.startswith(side + '_')})
        return values

    def local(self):
        f = self.fields('local')
        return struct.pack('<4sHHHHHIIIHH', b'PK\3\4', 20, f['flags'], f['method'], 0, 0x5c21, f['crc'], f['csize'], f['size'],
                           len(f['name']), len(f['extra'])) + f['name'] + f['extra'] + self.packed + self.other.get(
                               'descriptor', b'')

    def central(self, offset):
        f = self.fields('central')
        return struct.pack('<4sHHHHHHIIIHHHHHII', b'PK\1\2', 20 | 3 << 8, 20, f['flags'], f['method'], 0, 0x5c21, f['crc'],
                           f['csize'], f['size'], len(f['name']), len(f['extra']), 0, 0, 0,
                           self.other.get('attributes', 0o100644) << 16, self.other.get('offset',
                                                                                        offset)) + f['name'] + f['extra']


def end_record(count, size, offset, comment=b'', total=None):
    return struct.pack('<4sHHHHIIH', b'PK\5\6', 0, 0, count, count if total is None else total, size, offset,
                       len(comment)) + comment


def archive(members, base=0, listed=None, comment=b'', offset_error=0, end=True, directory=True, gap=b''):
    """listed: the members that the directory names (default: all); base: what stands before it and is counted in offsets."""
    body, at = b'', {}
    for member in members:
        at[id(member)] = base + len(body)
        body += member.local() + gap
    shown = members if listed is None else listed
    central = b''.join(member.central(at.get(id(member), 0)) for member in shown) if directory else b''
    return body + central + (end_record(len(shown), len(central), base + len(body) + offset_error, comment) if end else b'')


def simple(*pairs):
    return archive([Member(name, data) for name, data in pairs])


def zipcrypto(data, password=b'secret'):
    """The traditional encryption (APPNOTE 6.1): 12 bytes of header, then the data."""
    table = [0] * 256
    for i in range(256):
        value = i
        for _ in range(8):
            value = value >> 1 ^ 0xedb88320 if value & 1 else value >> 1
        table[i] = value
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte):
        keys[0] = keys[0] >> 8 ^ table[(keys[0] ^ byte) & 0xff]
        keys[1] = ((keys[1] + (keys[0] & 0xff)) * 134775813 + 1) & 0xffffffff
        keys[2] = keys[2] >> 8 ^ table[(keys[2] ^ keys[1] >> 24) & 0xff]

    for byte in password:
        update(byte)
    out = bytearray()
    for byte in bytes(11) + bytes([zlib.crc32(data) >> 24]) + data:
        t = (keys[2] | 2) & 0xffff
        out.append(byte ^ (t * (t ^ 1) >> 8 & 0xff))
        update(byte)
    return bytes(out)


def tar(*pairs, kind=b'0'):
    out = b''
    for name, data in pairs:
        header = struct.pack('<100s8s8s8s12s12s8s1s100s6s2s32s32s8s8s155s12x', name, b'0000644\0', b'0000000\0', b'0000000\0',
                             b'%011o\0' % len(data), b'07346545000\0', b' ' * 8, kind, b'', b'ustar\0', b'00', b'root', b'root',
                             b'0000000\0', b'0000000\0', b'')
        header = header[:148] + b'%06o\0 ' % sum(header) + header[156:]
        out += header + data + bytes(-len(data) % 512)
    return out + bytes(1024)


def cpio(*pairs):
    out = b''
    for name, data in pairs + ((b'TRAILER!!!', b''), ):
        header = b'070701' + b''.join(b'%08X' % n for n in (1, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0))
        out += (header + name + b'\0').ljust((len(header) + len(name) + 4) // 4 * 4, b'\0') + data + bytes(-len(data) % 4)
    return out


def rar4(name, data, flags=0):
    """RAR 1.5 to 4 with one stored member."""
    def block(kind, flag, body, size):
        head = struct.pack('<BHH', kind, flag, size) + body
        return struct.pack('<H', zlib.crc32(head) & 0xffff) + head

    file = struct.pack('<IIBIIBBHI', len(data), len(data), 2, zlib.crc32(data), 0x5c210000, 20, 0x30, len(name), 0x20) + name
    return (b'Rar!\x1a\x07\x00' + block(0x73, 0, bytes(6), 13) + block(0x74, 0x8000 | flags, file, 7 + len(file)) + data +
            block(0x7b, 0x4000, b'', 7))


def _vint(number):
    out = b''
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def rar5(name, data):
    def block(kind, flags, body, size=None):
        head = _vint(kind) + _vint(flags) + (_vint(size) if size is not None else b'') + body
        head = _vint(len(head)) + head
        return struct.pack('<I', zlib.crc32(head)) + head

    file = _vint(4) + _vint(len(data)) + _vint(0o100644) + struct.pack('<I', zlib.crc32(data)) + _vint(0) + _vint(1) + _vint(
        len(name)) + name
    return b'Rar!\x1a\x07\x01\x00' + block(1, 0, _vint(0)) + block(2, 2, file, len(data)) + data + block(5, 0, _vint(0))


def lzh(name, data):
    """LHA level 0, stored."""
    body = b'-lh0-' + struct.pack('<III', len(data), len(data), 0x5c210000) + b'\x20\x00' + bytes([len(name)]) + name
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xa001 if crc & 1 else crc >> 1
    body += struct.pack('<H', crc)
    return bytes([len(body), sum(body) & 0xff]) + body + data + b'\0'


def arj(name, data):
    """ARJ, stored."""
    def header(body):
        return b'\x60\xea' + struct.pack('<H', len(body)) + body + struct.pack('<I', zlib.crc32(body)) + b'\0\0'

    first = struct.pack('<BBBBBBBBIIIIHHHBB', 30, 11, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) + name + b'\0\0'
    file = struct.pack('<BBBBBBBBIIIIHHHBB', 30, 11, 1, 0, 0, 0, 0, 0, 0x5c210000, len(data), len(data), zlib.crc32(data), 0,
                       0x20, 0, 0, 0)
    return header(first) + header(file + name + b'\0\0') + data + b'\x60\xea\0\0'


def cab(name, data):
    """Cabinet (MS-CAB), stored."""
    file = struct.pack('<IIHHHH', len(data), 0, 0, 0x5c21, 0, 0x20) + name + b'\0'
    at = 36 + 8 + len(file)
    folder = struct.pack('<IHH', at, 1, 0)
    block = struct.pack('<IHH', 0, len(data), len(data)) + data
    return struct.pack('<4sIIIIIBBHHHHH', b'MSCF', 0, at + len(block), 0, 44, 0, 3, 1, 1, 1, 0, 1, 0) + folder + file + block


def seven_zip(name, data):
    """7z with one member, copied and not packed."""
    wide = name.decode().encode('utf-16-le') + b'\0\0'
    header = (b'\x01\x04\x06\x00\x01\x09' + _seven_number(len(data)) + b'\x00' + b'\x07\x0b\x01\x00\x01\x01\x00\x0c' +
              _seven_number(len(data)) + b'\x00' + b'\x08\x0a\x01' + struct.pack('<I', zlib.crc32(data)) + b'\x00\x00' +
              b'\x05\x01\x11' + _seven_number(len(wide) + 1) + b'\x00' + wide + b'\x00\x00')
    start = struct.pack('<QQI', len(data), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf'\x1c\x00\x04" + struct.pack('<I', zlib.crc32(start)) + start + data + header


def _seven_number(number):
    return bytes([number]) if number < 128 else bytes([0x80 | number >> 8, number
                                                       & 0xff]) if number < 0x4000 else b'\xe0' + struct.pack('<I', number)[:3]


def iso(name, data):
    """ISO 9660 with one file in its root."""
    def both(number, size):
        return number.to_bytes(size, 'little') + number.to_bytes(size, 'big')

    def record(ident, sector, size, flags):
        body = bytes([0]) + both(sector, 4) + both(size, 4) + bytes([126, 1, 3, 10, 0, 0, 0, flags, 0, 0]) + both(1, 2) + bytes(
            [len(ident)]) + ident
        body += bytes((len(body) + 1) % 2)
        return bytes([len(body) + 1]) + body

    root = record(b'\0', 18, 2048, 2)
    volume = (b'\1CD001\1\0' + b' ' * 32 + b'REPORT'.ljust(32) + bytes(8) + both(20, 4) + bytes(32) + both(1, 2) + both(1, 2) +
              both(2048, 2) + both(10, 4) + (19).to_bytes(4, 'little') + bytes(4) + (19).to_bytes(4, 'big') + bytes(4) + root)
    volume = volume.ljust(881, b' ') + b'\1'
    table = root + record(b'\1', 18, 2048, 2) + record(name + b';1', 20, len(data), 0)
    return (bytes(32768) + volume.ljust(2048, b'\0') + b'\xffCD001\1'.ljust(2048, b'\0') + table.ljust(2048, b'\0') +
            (b'\1\0' + (18).to_bytes(4, 'little') + b'\1\0\0\0').ljust(2048, b'\0') + data.ljust(
                (len(data) + 2047) // 2048 * 2048, b'\0'))
