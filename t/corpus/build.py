# SPDX-License-Identifier: GPL-2.0-or-later
"""What messages are built of: entities, encodings, DER; bytes in, bytes out, the same ones each time."""

import base64
import binascii
import zlib

CRLF = b'\r\n'
TEXT_PART = b'Content-Type: text/plain; charset=us-ascii\r\n\r\nGood morning, please see the other part.\r\n'


def to_bytes(text):
    return text if isinstance(text, bytes) else text.encode('latin-1')


def entity(body, *fields):
    """Header fields ("Name: value"), the empty line, the body."""
    return b''.join(to_bytes(field) + CRLF for field in fields) + CRLF + body


def multipart(parts, boundary='outer', subtype='mixed', preamble=b'', epilogue=b''):
    mark = b'--' + to_bytes(boundary)
    body = b''.join(mark + CRLF + part + CRLF for part in parts)
    return entity(preamble + body + mark + b'--' + CRLF + epilogue,
                  b'Content-Type: multipart/%s; boundary="%s"' % (to_bytes(subtype), to_bytes(boundary)))


def head(number=1):
    return (b'From: Alice <alice@ext.example>\r\nTo: u@ours.example\r\nSubject: The report\r\n'
            b'Date: Sat, 03 Jan 2026 10:00:00 +0000\r\nMessage-ID: <c%d@ext.example>\r\nMIME-Version: 1.0\r\n' % number)


def lines(data, width):
    return b''.join(data[i:i + width] + CRLF for i in range(0, len(data), width))


def b64(data, width=76):
    return lines(base64.b64encode(data), width)


def qp_all(data, per_line=24):
    """Every byte as =XX, so that nothing of it stands in the open."""
    cells = [b'=%02X' % byte for byte in data]
    rows = [b''.join(cells[i:i + per_line]) for i in range(0, len(cells), per_line)]
    return b''.join(row + b'=\r\n' for row in rows)


def uu(data, name=b'report.dat', begin=b'begin 644 ', end=b'`\r\nend\r\n', eol=CRLF):
    rows = [binascii.b2a_uu(data[i:i + 45], backtick=True).rstrip(b'\n') + eol for i in range(0, len(data), 45)]
    return begin + name + eol + b''.join(rows) + end


def yenc(data, name=b'report.dat', part=b'', crc=None, end=True):
    out, row = [], b''
    for byte in data:
        cell = bytes([(byte + 42) % 256])
        if cell in b'\0\n\r=':
            cell = b'=' + bytes([(cell[0] + 64) % 256])
        row += cell
        if len(row) >= 128:
            out.append(row)
            row = b''
    out.append(row)
    crc = zlib.crc32(data) if crc is None else crc
    begin = b'=ybegin %sline=128 size=%d name=%s\r\n' % (b'part=1 total=1 ' if part else b'', len(data), name)
    begin += b'=ypart begin=1 end=%d\r\n' % len(data) if part else b''
    return begin + CRLF.join(out) + CRLF + (b'=yend size=%d crc32=%08x\r\n' % (len(data), crc) if end else b'')


def _crc16(data):
    crc = 0
    for byte in data + b'\0\0':
        for bit in range(7, -1, -1):
            high = crc & 0x8000
            crc = (crc << 1 & 0xffff) | (byte >> bit & 1)
            crc ^= 0x1021 if high else 0
    return crc.to_bytes(2, 'big')


def binhex(data, name=b'report.dat'):
    """BinHex 4 (RFC 1741) of a data fork."""
    header = bytes([len(name)]) + name + b'\0BINAhalC\0\0' + len(data).to_bytes(4, 'big') + b'\0\0\0\0'
    raw = header + _crc16(header) + data + _crc16(data) + _crc16(b'')
    raw = raw.replace(b'\x90', b'\x90\x00')
    plain = b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    hqx = b'!"#$%&\'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr'
    text = b':' + base64.b64encode(raw).rstrip(b'=').translate(bytes.maketrans(plain, hqx)) + b':'
    return b'(This file must be converted with BinHex 4.0)\r\n\r\n' + lines(text, 64)


def applesingle(data, name=b'report.dat', double=False):
    parts = [(3, name), (2 if double else 1, data)]
    at, table, blob = 26 + 12 * len(parts), b'', b''
    for kind, part in parts:
        table += kind.to_bytes(4, 'big') + (at + len(blob)).to_bytes(4, 'big') + len(part).to_bytes(4, 'big')
        blob += part
    magic = b'\x00\x05\x16\x07' if double else b'\x00\x05\x16\x00'
    return magic + b'\x00\x02\x00\x00' + bytes(16) + len(parts).to_bytes(2, 'big') + table + blob


def tnef(data, name=b'report.dat', checksum=None, message=b'', length=None):
    """winmail.dat with one attachment (MS-OXTNEF)."""
    def attribute(level, ident, value, size=None):
        size = len(value) if size is None else size
        check = sum(value) & 0xffff if checksum is None else checksum
        return bytes([level]) + ident.to_bytes(4, 'little') + (size & 0xffffffff).to_bytes(4, 'little') + value + check.to_bytes(
            2, 'little')

    out = b'\x78\x9f\x3e\x22' + b'\x01\x00' + attribute(1, 0x00089006, b'\x00\x00\x01\x00')
    if message:
        out += attribute(1, 0x0002800c, message)
    out += attribute(2, 0x00069002, b'\x01\x00\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00')
    return out + attribute(2, 0x00018010, name + b'\0') + attribute(2, 0x0006800f, data, length)


def der(tag, *values):
    body = b''.join(values)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, 'big')
    return bytes([tag, 0x80 | len(size)]) + size + body


def ber(tag, *values):
    """Indefinite length."""
    return bytes([tag, 0x80]) + b''.join(values) + b'\0\0'


OID_DATA, OID_SIGNED, OID_ENVELOPED = (bytes.fromhex(text)
                                       for text in ('06092a864886f70d010701', '06092a864886f70d010702', '06092a864886f70d010703'))


def signed_data(content, chunked=False):
    """PKCS#7 signedData without certificates or signers (RFC 5652): what it holds is there for everybody."""
    wrap = ber if chunked else der
    octets = ber(0x24, *[der(4, content[i:i + 50]) for i in range(0, len(content), 50)]) if chunked else der(4, content)
    inner = wrap(0x30, OID_DATA, wrap(0xa0, octets))
    return wrap(0x30, OID_SIGNED, wrap(0xa0, wrap(0x30, der(2, b'\x01'), der(0x31), inner, der(0x31))))


def enveloped_data():
    encrypted = der(0x30, OID_DATA, der(0x30, bytes.fromhex('060960864801650304012a'), der(4, bytes(16))),
                    der(0x80, bytes(range(64))))
    return der(0x30, OID_ENVELOPED, der(0xa0, der(0x30, der(2, b'\0'), der(0x31), encrypted)))
