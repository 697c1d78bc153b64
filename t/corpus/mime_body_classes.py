# SPDX-License-Identifier: GPL-2.0-or-later
"""Threats in the body of an entity: MIME-09, MIME-10, MIME-12 to MIME-19, MIME-24, MIME-26."""

import base64
import codecs
import gzip
import random

import build
import clients
import payloads
import zips
from build import CRLF, TEXT_PART, b64, entity, multipart, to_bytes
from cases import Variant, part, whole


def lines_of(*pieces):
    return b''.join(to_bytes(piece) + CRLF for piece in pieces)


MIXED = 'Content-Type: multipart/mixed; boundary="b1"'


@whole('MIME-09')
def odd_delimiter(load):
    shown_raw = 'the line stays in the text of the part before it, and the user gets text'
    shapes = [('--b1 ', ''), ('--b1\t', ''), ('--b1 \t ', ''), ('--b1\0', ''), ('--b1text', ''), ('--b1 text', ''), ('--b1;', ''),
              ('--b1"', ''), ('--b1\x0c', ''), ('--b1\x0b', ''), ('--b1-', ''), ('--b1--x', ''), ('--b1-- ', ''), ('--b1--', ''),
              ('-- b1', shown_raw), (' --b1', shown_raw), ('\t--b1', shown_raw), ('\0--b1', shown_raw), ('\x0b--b1', shown_raw),
              ('---b1', shown_raw), ('-b1', shown_raw), ('b1', shown_raw), ('>--b1', shown_raw), ('- --b1', shown_raw),
              ('--"b1"', shown_raw), ('--B1', ''), ('--b\0001', ''), ('--b1=', ''), ('--b1=20', ''), ('=2D-b1', shown_raw),
              ('--b1\r', ''), ('--b1\xa0', ''), ('--b1' + ' ' * 2000, ''), ('\xef\xbb\xbf--b1', shown_raw), ('--b11', '')]
    for shape, reason in shapes:
        body = lines_of('--b1') + TEXT_PART + lines_of('', shape) + load.plain() + lines_of('', '--b1--')
        yield Variant(f'{shape.strip(" ")!r}' if len(shape) > 99 else f'{shape!r}', entity(body, MIXED), reason)
        body = lines_of(shape) + load.plain() + lines_of('', '--b1--')
        yield Variant(f'{shape.strip(" ")!r} first' if len(shape) > 99 else f'{shape!r} first', entity(body, MIXED), reason)
    for name, end in (('CR', b'\r'), ('LF', b'\n'), ('CR CR LF', b'\r\r\n'), ('LF CR', b'\n\r')):
        yield f'ended by {name}', entity(b'--b1' + end + TEXT_PART + end + b'--b1' + end + load.plain() + end + b'--b1--' + end,
                                         MIXED)
        yield f'all lines ended by {name}', entity(
            (b'--b1\r\n' + TEXT_PART + b'\r\n--b1\r\n' + load.plain() + b'\r\n--b1--\r\n').replace(CRLF, end), MIXED)
        yield f'text ended by {name} before it', entity(
            b'--b1\r\n' + TEXT_PART[:-2] + end + b'--b1\r\n' + load.plain() + b'--b1--\r\n', MIXED)
    yield Variant('no line end before it',
                  entity(lines_of('--b1') + TEXT_PART[:-2] + b'--b1\r\n' + load.plain() + lines_of('--b1--'), MIXED), shown_raw)
    yield 'no line end before the terminator', entity(lines_of('--b1') + load.plain()[:-2] + b'--b1--\r\n', MIXED)
    yield 'no line end before the next', entity(
        lines_of('--b1') + load.plain()[:-2] + b'--b1\r\n' + TEXT_PART + lines_of('--b1--'), MIXED)
    yield 'no empty line after it', entity(b'--b1\r\n' + TEXT_PART + b'\r\n--b1' + load.plain() + b'\r\n--b1--\r\n', MIXED)
    for outer, inner in (('b', 'bb'), ('bb', 'b'), ('b', 'b-'), ('b', 'b--'), ('b--', 'b'), ('b', 'b '), ('b', 'B')):
        nested = multipart([TEXT_PART, load.plain()], inner)
        yield f'boundary {inner!r} in {outer!r}', multipart([TEXT_PART, nested], outer)
        yield f'boundary {inner!r} in {outer!r}, then more', multipart(
            [nested.replace(load.plain(), TEXT_PART), load.plain()], outer)


@whole('MIME-10')
def outside_of_delimiters(load):
    evil, text = load.plain(), TEXT_PART
    good = lines_of('--b1') + text + lines_of('', '--b1--')
    bare = b'\r\n'.join(evil.split(b'\r\n\r\n', 1)[1:])
    shapes = {
        'a part after the terminator': good + lines_of('--b1') + evil + lines_of('', '--b1--'),
        'a part after the terminator, unfinished': good + lines_of('--b1') + evil,
        'an entity after the terminator': good + evil,
        'encoded bytes after the terminator': good + bare,
        'another multipart after the terminator': good + multipart([text, evil], 'b2'),
        'an entity before the first delimiter': evil + good,
        'encoded bytes before the first delimiter': bare + good,
        'a multipart before the first delimiter': multipart([evil], 'b2') + good,
        'no terminator': lines_of('--b1') + text + lines_of('', '--b1') + evil,
        'no delimiter at all': evil,
        'no delimiter, encoded bytes alone': bare,
        'only a terminator before it': lines_of('--b1--') + evil,
        'terminators for delimiters': lines_of('--b1--') + text + lines_of('--b1--') + evil + lines_of('--b1--'),
        'delimiter at the end': evil + lines_of('--b1'),
        'two terminators': good + lines_of('--b1--', '--b1') + evil + lines_of('--b1--'),
        'the first delimiter twice': lines_of('--b1', '--b1') + evil + lines_of('--b1--'),
        'the delimiter after its header': lines_of('--b1') + evil.split(CRLF + CRLF)[0] + CRLF + lines_of('--b1') + bare +
        lines_of('--b1--'),
    }
    for name, body in shapes.items():
        yield name, entity(body, MIXED)
    same = lines_of('--b1', MIXED, '', '--b1') + text + lines_of('--b1') + evil + lines_of('--b1--', '--b1--')
    yield 'inner boundary the same', entity(same, MIXED)
    yield 'inner boundary the same, no inner delimiter', entity(lines_of('--b1', MIXED, '') + evil + lines_of('--b1--'), MIXED)
    inner = 'Content-Type: multipart/mixed; boundary="b2"'
    yield 'inner not closed', entity(
        lines_of('--b1', inner, '', '--b2') + text + lines_of('--b1') + evil + lines_of('--b1--'), MIXED)
    yield 'outer terminator inside of inner', entity(
        lines_of('--b1', inner, '', '--b2') + text + lines_of('--b1--', '--b2') + evil + lines_of('--b2--'), MIXED)
    yield 'outer delimiter inside of inner', entity(
        lines_of('--b1', inner, '', '--b2') + text + lines_of('--b1') + text + lines_of('--b2') + evil +
        lines_of('--b2--', '--b1--'), MIXED)
    yield 'epilogue of inner', entity(
        lines_of('--b1', inner, '', '--b2') + text + lines_of('--b2--') + evil + lines_of('--b1--'), MIXED)
    yield 'preamble of inner', entity(
        lines_of('--b1', inner, '') + evil + lines_of('--b2') + text + lines_of('--b2--', '--b1--'), MIXED)
    yield 'inner delimiter after the outer terminator', entity(
        lines_of('--b1', inner, '', '--b2') + text + lines_of('--b2--', '--b1--', '--b2') + evil + lines_of('--b2--'), MIXED)


def base64_bodies(data):
    clean = base64.b64encode(data)
    whole_quanta = len(clean) // 8 * 4
    first, second = clean[:whole_quanta], clean[whole_quanta:]
    rows = build.b64(data)
    rng = random.Random(1)
    for junk in (b'!', b'*', b' ', b'.', b'-', b'_', b'\0', b'\xff', b'~', b'\t', b'\x0b', b'#', b'<>', b'\r', b'\n', b'(c)',
                 b'&#32;', b'%'):
        if junk not in (b'-', b'_', b'(c)', b'&#32;'):
            yield f'{junk!r} between all', build.lines(junk.join(clean[i:i + 1] for i in range(len(clean))), 76)
        yield f'{junk!r} in the middle', first + junk + second + CRLF
        yield f'{junk!r} at the start', junk + rows
    for width in range(1, 8):
        yield f'{width} a line', build.lines(clean, width)
    yield 'one line', clean + CRLF
    yield 'no last line end', clean
    yield 'LF', rows.replace(CRLF, b'\n')
    yield 'CR', rows.replace(CRLF, b'\r')
    yield 'CR CR LF', rows.replace(CRLF, b'\r\r\n')
    yield 'empty lines', build.lines(clean, 20).replace(CRLF, CRLF + CRLF)
    yield 'no padding', clean.rstrip(b'=') + CRLF
    yield 'more padding', clean + b'====' + CRLF
    yield 'padding first', b'====' + CRLF + rows
    yield '"=" first', b'=' + rows
    yield '"=" in the middle', first + b'=' + second + CRLF
    yield '"==" in the middle', first + b'==' + CRLF + second + CRLF
    yield '"====" in the middle', first + b'====' + second + CRLF
    yield '"=" inside of a quantum', clean[:6] + b'=' + clean[6:] + CRLF
    yield '"=" at the end of each line', build.lines(clean, 20).replace(CRLF, b'=' + CRLF)
    for size in (1, 2, 4, 5, 10, 19):
        chunks = [base64.b64encode(data[i:i + size]) for i in range(0, len(data), size)]
        yield f'chunks of {size} bytes', build.lines(b''.join(chunks), 76)
        yield f'chunks of {size} bytes, a line each', CRLF.join(chunks) + CRLF
    yield 'url alphabet', clean.translate(bytes.maketrans(b'+/', b'-_')) + CRLF
    yield 'a text before', b'This part is encoded:\r\n\r\n' + rows
    yield 'a text behind', rows + b'\r\nThat was the part.\r\n'
    yield 'quoted lines', b''.join(b'> ' + row for row in build.b64(data, 40).splitlines(True))
    yield 'indented lines', b''.join(b'    ' + row for row in build.b64(data, 40).splitlines(True))
    yield 'blanks at random', b''.join(clean[i:i + 1] + b' ' * rng.randrange(3) for i in range(len(clean))) + CRLF
    yield 'a lone "--" line', first + CRLF + b'--' + CRLF + second + CRLF
    yield 'a field in the middle', first + CRLF + b'X: y' + CRLF + second + CRLF
    yield 'garbage after padding', clean.rstrip(b'=') + b'==' + CRLF + base64.b64encode(b'more of it, in another chunk') + CRLF
    yield 'bits left over in the last', clean + CRLF + b'A' + CRLF


@part('MIME-12', encodings=('base64', ))
def odd_base64(load):
    for name, body in base64_bodies(load.data):
        yield Variant(name, load.entity(load.cte_field, body=body), clients.no_client('base64', body, load.data))


@whole('MIME-12', encodings=('base64', ))
def base64_in_two_parts(load):
    half = len(load.body) // 8 * 4
    halves = [entity(piece, load.type, load.cte_field, load.disposition) for piece in (load.body[:half], load.body[half:])]
    yield Variant('half in each of two parts', multipart(halves, 'b1'), 'no mail program joins parts')


def qp_bodies(data):
    cells = [b'=%02X' % byte for byte in data]
    small = [cell.lower() for cell in cells]
    plain = b''.join(cells)

    def broken(how, every=5):
        return b''.join(cell + (how if i % every == every - 1 else b'') for i, cell in enumerate(cells)) + CRLF

    yield 'small letters', b''.join(small) + CRLF
    yield 'mixed letters', b''.join(a if i % 2 else b for i, (a, b) in enumerate(zip(small, cells))) + CRLF
    for name, how in (('"=" CR LF', b'=\r\n'), ('"=" blank CR LF', b'= \r\n'), ('"=" tab CR LF', b'=\t\r\n'),
                      ('"=" blanks CR LF', b'=   \t \r\n'), ('"=" CR', b'=\r'), ('"=" LF', b'=\n'), ('"=" blank LF', b'= \n'),
                      ('"=" blank CR', b'= \r'), ('"=" CR CR LF', b'=\r\r\n'), ('"=" LF CR', b'=\n\r'), ('"=" alone', b'='),
                      ('"==" CR LF', b'==\r\n'), ('"=" junk', b'=@'), ('"=Z"', b'=Z'), ('"=ZZ"', b'=ZZ'), ('"=0"', b'=0'),
                      ('"=G1"', b'=G1'), ('"=" NUL', b'=\0'), ('NUL', b'\0'), ('"=" blank', b'= '),
                      ('"=" VT CR LF', b'=\x0b\r\n'), ('"=" NUL CR LF', b'=\0\r\n'), ('"=3D"-less "=" CR LF CR LF',
                                                                                      b'=\r\n=\r\n'), ('"=" 8 bits', b'=\xff'),
                      ('"=" NBSP CR LF', b'=\xa0\r\n'), ('"=" blanks, no line end', b'=     ')):
        yield f'{name} between', broken(how)
        yield f'{name} in front', how + plain + CRLF
    yield '"=" at the end', plain + b'='
    yield '"=3" at the end', plain + b'=3'
    yield '"=" CR at the end', plain + b'=\r'
    yield 'no line end', plain
    yield 'a line of 5,000 bytes', plain + b'=0D=0A' + b'x' * 5000 + CRLF
    yield '8-bit bytes in front', b'\xff\xfe\x80' + plain + CRLF
    yield 'blanks at the end of lines', b' = \r\n'.join([b'']) + plain + b'   \r\n'
    yield '"=58" as "=0x58"', b''.join(b'=0x' + cell[1:] for cell in cells) + CRLF
    yield '"=58" as "= 58"', b''.join(b'= ' + cell[1:] for cell in cells) + CRLF
    yield '"=58" as "=5 8"', b''.join(cell[:2] + b' ' + cell[2:] for cell in cells) + CRLF
    yield '"=58" as "=058"', b''.join(b'=0' + cell[1:] for cell in cells) + CRLF
    yield '"=58" as "==58"', b''.join(b'=' + cell for cell in cells) + CRLF
    yield '"=58" as "=3D58"', b''.join(b'=3D' + cell[1:] for cell in cells) + CRLF
    yield 'split escapes', b''.join(cell[:2] + b'=\r\n' + cell[2:] for cell in cells) + CRLF
    yield 'escapes split behind "="', b''.join(b'==\r\n' + cell[1:] for cell in cells) + CRLF
    yield 'LF', build.qp_all(data).replace(CRLF, b'\n')
    yield 'CR', build.qp_all(data).replace(CRLF, b'\r')


@part('MIME-13', encodings=('quoted-printable', ), loads=('eicar', 'exe', 'hta', 'lnk', 'elf', 'zip'))
def odd_quoted_printable(load):
    for name, body in qp_bodies(load.data):
        yield Variant(name, load.entity(load.cte_field, body=body), clients.no_client('quoted-printable', body, load.data))


@part('MIME-14', encodings=('base64', 'quoted-printable', '7bit'))
def uuencoded(load):
    plain = build.uu(load.data)
    rows = plain.split(CRLF)
    shapes = {
        'as it should be': plain,
        'text around': b'Hello,\r\n\r\n' + plain + b'\r\nBye\r\n',
        'begin-base64': b'begin-base64 644 report.dat\r\n' + b64(load.data) + b'====\r\n',
        'no end': build.uu(load.data, end=b'`\r\n'),
        'no end at all': build.uu(load.data, end=b''),
        'two of them': build.uu(b'hello') + plain,
        'begin twice': b'begin 644 a.txt\r\n' + plain,
        'no mode': build.uu(load.data, begin=b'begin '),
        'mode 0644': build.uu(load.data, begin=b'begin 0644 '),
        'mode 9': build.uu(load.data, begin=b'begin 9 '),
        'mode 7777': build.uu(load.data, begin=b'begin 7777 '),
        'blanks after begin': build.uu(load.data, begin=b'begin  644  '),
        'a tab after begin': build.uu(load.data, begin=b'begin\t644\t'),
        'Begin': build.uu(load.data, begin=b'Begin 644 '),
        'a blank before begin': b' ' + plain,
        'no name': build.uu(load.data, name=b''),
        'a name with blanks': build.uu(load.data, name=b'my report.dat'),
        'a quoted name': build.uu(load.data, name=b'"report.dat"'),
        'blanks for backticks': plain.replace(b'`', b' '),
        'stripped blanks': CRLF.join(row.replace(b'`', b' ').rstrip() for row in rows),
        'LF': plain.replace(CRLF, b'\n'),
        'CR': plain.replace(CRLF, b'\r'),
        'checksum bytes': CRLF.join(row + b'A' if row[:1] == b'M' else row for row in rows),
        'blanks at the ends': CRLF.join(row + b'  ' for row in rows),
        'quoted': CRLF.join(b'> ' + row for row in rows),
        'empty lines between': plain.replace(CRLF, CRLF + CRLF),
        'END': build.uu(load.data, end=b'`\r\nEND\r\n'),
        'a field between': CRLF.join(rows[:2] + [b''] + rows[2:]),
        'after 200 lines': b'text\r\n' * 200 + plain,
        'xxencode-like begin': plain.replace(b'begin 644', b'begin 644 ', 1),
    }
    gone = {
        'quoted': 'quoted lines are text for every decoder', 'Begin': 'no decoder takes a capital letter',
        'a blank before begin': 'no decoder takes an indented line', 'mode 9': 'no decoder takes that mode',
        'no mode': 'no decoder takes it without a mode'
    }
    for name, text in shapes.items():
        yield Variant(name, entity(load.encode(text), 'Content-Type: text/plain', load.cte_field), gone.get(name, ''))
    yield 'in a text without a type', entity(load.encode(plain), load.cte_field)


@part('MIME-15', encodings=('base64', '8bit'))
def yencoded(load):
    shapes = {
        'one part': build.yenc(load.data),
        'with ypart': build.yenc(load.data, part=b'1'),
        'a wrong sum': build.yenc(load.data, crc=1),
        'no end': build.yenc(load.data, end=False),
        'text around': b'Hello\r\n' + build.yenc(load.data) + b'Bye\r\n',
        'LF': build.yenc(load.data).replace(CRLF, b'\n'),
        'a wrong size': build.yenc(load.data).replace(b'size=%d name' % len(load.data), b'size=1 name'),
        'no size': build.yenc(load.data).replace(b'size=%d name' % len(load.data), b'name'),
        'name first': build.yenc(load.data).replace(b'line=128 ', b''),
        'two of them': build.yenc(b'hello') + build.yenc(load.data),
    }
    for name, text in shapes.items():
        yield name, entity(load.encode(text), 'Content-Type: text/plain', load.cte_field)
    yield 'as a transfer encoding', entity(build.yenc(load.data), load.type, 'Content-Transfer-Encoding: x-yencode',
                                           load.disposition)


@part('MIME-16', encodings=('base64', '8bit'))
def other_encodings(load):
    double = build.applesingle(load.data, double=True)
    yield 'BinHex in a text', entity(load.encode(build.binhex(load.data)), 'Content-Type: text/plain', load.cte_field)
    yield 'BinHex by type', entity(load.encode(build.binhex(load.data)), 'Content-Type: application/mac-binhex40', load.cte_field)
    yield 'BinHex without its line', entity(load.encode(build.binhex(load.data).split(CRLF, 2)[2]),
                                            'Content-Type: application/mac-binhex40', load.cte_field)
    yield 'BinHex as a transfer encoding', entity(build.binhex(load.data), load.type, 'Content-Transfer-Encoding: x-binhex')
    yield 'AppleSingle', entity(load.encode(build.applesingle(load.data)), 'Content-Type: application/applefile', load.cte_field)
    yield 'AppleSingle by another type', entity(load.encode(build.applesingle(load.data)), load.type, load.cte_field)
    yield 'AppleDouble', entity(
        multipart([
            entity(load.encode(build.applesingle(b'\0', double=True)), 'Content-Type: application/applefile', load.cte_field),
            load.plain()
        ], 'ad').split(CRLF + CRLF, 1)[1], 'Content-Type: multipart/appledouble; boundary="ad"')
    yield 'AppleDouble resource', entity(load.encode(double), 'Content-Type: application/applefile', load.cte_field)
    for cte in ('x-uuencode', 'uuencode', 'x-uue', 'uue', 'X-UUENCODE'):
        yield cte, load.entity(b'Content-Transfer-Encoding: ' + cte.encode(), body=build.uu(load.data))
    yield Variant('x-uuencode without begin',
                  load.entity(b'Content-Transfer-Encoding: x-uuencode', body=build.uu(load.data).split(CRLF, 1)[1]),
                  'no decoder starts without that line')
    yield 'x-gzip64', load.entity(b'Content-Transfer-Encoding: x-gzip64', body=b64(gzip.compress(load.data, mtime=0)))
    for cte in ('binary', '8bit', '7bit', 'x-unknown', 'none'):
        yield f'{cte}, the bytes as they are', load.entity(b'Content-Transfer-Encoding: ' + cte.encode(), body=load.data)
        yield f'{cte} on base64', load.entity(b'Content-Transfer-Encoding: ' + cte.encode(), body=b64(load.data))
    yield 'none on base64', load.entity(body=b64(load.data))
    yield 'none on quoted-printable', load.entity(body=build.qp_all(load.data))
    yield Variant('base64 on quoted-printable', load.entity(b'Content-Transfer-Encoding: base64', body=build.qp_all(load.data)),
                  'no mail program tries another encoding')
    yield Variant('quoted-printable on base64', load.entity(b'Content-Transfer-Encoding: quoted-printable', body=b64(load.data)),
                  'no mail program tries another encoding')


@part('MIME-17')
def message_in_message(load):
    message = build.head(7) + multipart([TEXT_PART, load.plain()], 'in')
    for kind in ('message/rfc822', 'message/global', 'message/news', 'message/x-rfc822', 'Message/RFC822',
                 'application/octet-stream', 'text/plain', 'text/rfc822', 'application/eml'):
        yield f'{kind}, 8bit', entity(message, f'Content-Type: {kind}')
        yield f'{kind}, encoded', entity(load.encode(message), f'Content-Type: {kind}', load.cte_field)
        yield f'{kind}, encoded, .eml', entity(load.encode(message), f'Content-Type: {kind}; name="a.eml"', load.cte_field)
    yield 'zipped', entity(b64(zips.simple((b'a.eml', message))), 'Content-Type: application/zip',
                           'Content-Transfer-Encoding: base64')
    yield 'with a mailbox line', entity(b'From a@b Sat Jan  3 10:00:00 2026\r\n' + message, 'Content-Type: message/rfc822')
    yield 'with an empty line first', entity(CRLF + message, 'Content-Type: message/rfc822')
    yield 'a message without a header', entity(CRLF + load.body, 'Content-Type: message/rfc822')
    yield 'its encoding above', entity(load.body, 'Content-Type: message/rfc822', load.cte_field)


@whole('MIME-17')
def deep(load):
    for depth in (3, 5, 10, 15, 18, 19, 20, 21, 25, 50, 100, 200, 400):
        nested = load.plain()
        for level in range(depth):
            nested = multipart([TEXT_PART, nested], f'd{level}')
        yield f'{depth} multiparts', nested
        nested = load.plain()
        for level in range(depth):
            nested = entity(build.head(level) + nested, 'Content-Type: message/rfc822')
        yield f'{depth} messages', nested


@part('MIME-18')
def special_types(load):
    message = build.head(8) + load.plain()
    for what in ('id="a"; number=1; total=1', 'id="a"; number=1; total=2', 'id="a"', 'number=2; id=a'):
        yield Variant(f'message/partial {what}', entity(message, f'Content-Type: message/partial; {what}'),
                      words=load.words + ['type:partial'])
    for what in ('access-type=local-file; name="/etc/passwd"', 'access-type=URL; URL="http://ext.example/a.exe"',
                 'access-type=mail-server; server="a@ext.example"', 'access-type=anon-ftp; site=ext.example; name=a'):
        yield Variant(
            f'message/external-body {what}',
            entity(b'Content-Type: application/octet-stream\r\nContent-ID: <1@a>\r\n\r\n',
                   f'Content-Type: message/external-body; {what}'), words=['type:external_body'])
    signature = entity(b64(b'0\x80' + bytes(20)), 'Content-Type: application/pkcs7-signature; name="smime.p7s"',
                       'Content-Transfer-Encoding: base64')
    signed = lambda *parts: multipart(parts, 'sig', 'signed; protocol="application/pkcs7-signature"').replace(
        b'"sig"', b'"sig"; micalg=sha-256', 1)
    yield 'signed', signed(load.plain(), signature)
    yield 'signed, as the signature', signed(TEXT_PART,
                                             entity(load.body, 'Content-Type: application/pkcs7-signature', load.cte_field))
    yield 'signed, as a third part', signed(TEXT_PART, signature, load.plain())
    inside = load.plain()
    for name, blob in (('DER', build.signed_data(inside)), ('BER in pieces', build.signed_data(inside, chunked=True)),
                       ('twice',
                        build.signed_data(
                            entity(b64(build.signed_data(inside)), 'Content-Type: application/pkcs7-mime; smime-type=signed-data',
                                   'Content-Transfer-Encoding: base64')))):
        for kind in ('application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"', 'application/x-pkcs7-mime',
                     'application/octet-stream; name="smime.p7m"', 'application/pkcs7-mime; smime-type=enveloped-data'):
            yield f'opaque {name} as {kind}', entity(load.encode(blob), f'Content-Type: {kind}', load.cte_field)
    pem = b'-----BEGIN PKCS7-----\r\n' + b64(build.signed_data(inside), 64) + b'-----END PKCS7-----\r\n'
    yield 'opaque PEM', entity(load.encode(pem), 'Content-Type: application/pkcs7-mime; name="smime.p7m"', load.cte_field)
    yield Variant(
        'enveloped',
        entity(load.encode(build.enveloped_data()),
               'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"', load.cte_field),
        words=['mark:encrypted'])
    yield Variant(
        'PGP/MIME',
        multipart([
            entity(b'Version: 1\r\n', 'Content-Type: application/pgp-encrypted'),
            entity(b'-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA5v0\r\n=aaaa\r\n-----END PGP MESSAGE-----\r\n',
                   'Content-Type: application/octet-stream')
        ], 'pgp', 'encrypted; protocol="application/pgp-encrypted"'), words=['mark:encrypted'])


@whole('MIME-19', loads=('eicar', 'exe'), encodings=('base64', ))
def many_parts(load):
    for count in (900, 1100, 10000, 100000):
        for name, empty in (('empty', b'--b1\r\n'), ('empty, LF', b'--b1\n'), ('small', b'--b1\r\n\r\nx\r\n')):
            yield f'behind {count} parts, {name}', entity(empty * count + b'--b1\r\n' + load.plain() + b'\r\n--b1--\r\n', MIXED)
            yield f'before {count} parts, {name}', entity(b'--b1\r\n' + load.plain() + CRLF + empty * count + b'--b1--\r\n',
                                                          MIXED)
    for count in (50, 1000, 100000):
        yield f'{count} parameters', load.entity(load.cte_field + b'\r\nContent-Description: x' + b''.join(b'; p%d=1' % i
                                                                                                           for i in range(count)))
        yield f'{count} parameters before the boundary', entity(
            multipart([TEXT_PART, load.plain()], 'b1').split(CRLF + CRLF, 1)[1],
            b'Content-Type: multipart/mixed' + b''.join(b';p%d=1' % i for i in range(count)) + b'; boundary=b1')
        yield f'{count} fields', load.entity(load.cte_field, *[b'X-%d: y' % i for i in range(count)])
    yield '10,000 nested multiparts', b''.join(b'Content-Type: multipart/mixed; boundary=n%d\r\n\r\n--n%d\r\n' % (i, i)
                                               for i in range(10000)) + load.plain()


SMUGGLE = ['mark:builds-file', 'type:hta', 'type:exe']


@part('MIME-24', loads=('eicar', ), encodings=('base64', 'quoted-printable'))
def odd_charset(load):
    page = payloads.SMUGGLE.decode()
    utf7 = page.replace('+', '+-').replace('<', '+ADw-').replace('>', '+AD4-').encode()
    forms = {
        'UTF-7': (utf7, 'utf-7'), 'UTF-7, not declared': (utf7, 'us-ascii'), 'UTF-16LE': (page.encode('utf-16-le'), 'utf-16le'),
        'UTF-16BE': (page.encode('utf-16-be'), 'utf-16be'), 'UTF-16 with a mark': (page.encode('utf-16'), 'utf-16'),
        'UTF-16LE with a mark, not declared': (codecs.BOM_UTF16_LE + page.encode('utf-16-le'), 'utf-8'),
        'UTF-16LE, not declared': (page.encode('utf-16-le'), 'utf-8'), 'UTF-32': (page.encode('utf-32'), 'utf-32'),
        'EBCDIC': (page.encode('cp037'), 'cp037'), 'UTF-8 with a mark': (codecs.BOM_UTF8 + page.encode(), 'utf-8'),
        'UTF-8 that says UTF-16': (page.encode(), 'utf-16'), 'a wrong mark': (codecs.BOM_UTF16_BE + page.encode(), 'utf-8'),
        'ISO-2022-JP': (b'\x1b$B\x1b(B' + page.encode('iso2022_jp'),
                        'iso-2022-jp'), 'ISO-2022-JP escapes between': (page.replace('<', '\x1b(B<').encode(), 'iso-2022-jp'),
        'NULs between': (b'\0'.join(page.encode()[i:i + 1]
                                    for i in range(len(page))), 'us-ascii'), 'an unknown charset': (page.encode(), 'x-unknown'),
        'ISO-8859-1': (page.encode(), 'iso-8859-1'), 'HZ': (b'~{~}' + page.encode(), 'hz-gb-2312')
    }
    reasons = {
        'UTF-7, not declared': 'no program guesses UTF-7 today',
        'UTF-8 that says UTF-16': 'read as UTF-16 it is nonsense, and no program tries UTF-8'
    }
    for name, (data, charset) in forms.items():
        yield Variant(f'{name} inline', entity(load.encode(data), f'Content-Type: text/html; charset={charset}', load.cte_field),
                      reasons.get(name, ''), SMUGGLE)
        yield Variant(
            f'{name} attached',
            entity(load.encode(data), f'Content-Type: text/html; charset={charset}; name="a.html"', load.cte_field,
                   'Content-Disposition: attachment; filename="a.html"'), reasons.get(name, ''), SMUGGLE)


@part('MIME-26', loads=('eicar', 'exe', 'docm', 'hta', 'lnk', 'elf', 'zip'))  # nothing that counts its bytes from the start
def mailbox_leftovers(load):
    stuffed = b'..' + load.body
    yield '"From " before the header', b'From a@b Sat Jan  3 10:00:00 2026\r\n' + load.plain()
    yield '">From " before the body', load.entity(load.cte_field, body=b'>From here on\r\n' + load.body)
    yield 'a dot stuffed', load.entity(load.cte_field, body=stuffed)
    yield 'a lone dot behind', load.entity(load.cte_field, body=load.body + b'.\r\n')
    dotted = b''.join(b'..' + row for row in load.body.splitlines(True))
    yield Variant('two dots before each line', load.entity(load.cte_field, body=dotted),
                  clients.no_client(load.encoding, dotted, load.data))
