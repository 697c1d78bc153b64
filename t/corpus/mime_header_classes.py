# SPDX-License-Identifier: GPL-2.0-or-later
"""Threats in the header of an entity: MIME-01 to MIME-08, MIME-11, MIME-20 to MIME-23."""

import base64

from build import CRLF, TEXT_PART, entity, multipart, to_bytes
from cases import Variant, named, part, whole


def encoding_fields(*values):
    return [b'Content-Transfer-Encoding: ' + to_bytes(value) for value in values]


@part('MIME-01')
def repeated_encoding(load):
    for other in ('7bit', '8bit', 'binary', 'x-unknown', 'uuencode', '',
                  'quoted-printable' if load.encoding == 'base64' else 'base64'):
        yield f'{other or "empty"} first', load.entity(*encoding_fields(other, load.encoding))
        yield f'{other or "empty"} last', load.entity(*encoding_fields(load.encoding, other))
    yield 'three', load.entity(*encoding_fields('7bit', load.encoding, 'x-unknown'))
    yield 'the same twice', load.entity(*encoding_fields(load.encoding, load.encoding.upper()))


@part('MIME-02')
def odd_encoding_value(load):
    cte = load.encoding
    other = 'quoted-printable' if cte == 'base64' else 'base64'
    coded = base64.b64encode(cte.encode()).decode()
    values = [
        f'{cte}, {other}', f'{other}, {cte}', f'{cte}, 7bit', f'7bit, {cte}', f'"{cte}"', f"'{cte}'", f'<{cte}>', f'{cte};x',
        f'{cte}; charset=x', f'{cte};',
        cte.title(),
        cte.upper(), f'{cte}5', f'5{cte}', f'{cte} (c)', f'(c) {cte}', f'(c){cte}', f'{cte}(c)', f'{cte} (open', f'(open {cte}',
        f'(7bit) {cte}', f'((c) {cte}', f'({cte}) 7bit', f'=?utf-8?Q?{cte}?=', f'=?utf-8?B?{coded}?=', f'{cte[:4]}\0{cte[4:]}',
        f'{cte}\0', f'\0{cte}', f'{cte}\0 7bit', f'7bit\0{cte}', f'{cte} ', f'{cte}\t', f'\t {cte}', f'\x0b{cte}', f'{cte}\x0c',
        f'\xa0{cte}', f'{cte}\xa0', f': {cte}', f'= {cte}', f'{cte}.', f'{cte}=', f'\\{cte}', f'{cte[0]}\\{cte[1:]}',
        f'{cte[:4]} {cte[4:]}', f'x-{cte}', f'{cte} {cte}', f'7bit {cte}', f'{cte} 7bit', f'{cte}\r\n 7bit', f'\r\n {cte}',
        f'7bit\r\n {cte}', f'{cte}\r7bit', f'7bit\r{cte}', f'{cte}; 7bit', f'"7bit"; {cte}', f'\ufeff{cte}'.encode(),
        f'{cte}\x7f', f'{cte}/x', f'"{cte}'
    ]
    for value in values:
        yield repr(value).strip("b'"), load.entity(b'Content-Transfer-Encoding: ' + to_bytes(value))
    yield 'no space', load.entity(b'Content-Transfer-Encoding:' + load.cte)
    yield 'small letters', load.entity(b'content-transfer-encoding: ' + load.cte)


FIELD_SHAPES = [
    ('blank before the name', b' %(name)s: %(value)s'),
    ('tab before the name', b'\t%(name)s: %(value)s'),
    ('NUL before the name', b'\0%(name)s: %(value)s'),
    ('VT before the name', b'\x0b%(name)s: %(value)s'),
    ('NBSP before the name', b'\xa0%(name)s: %(value)s'),
    ('byte order mark before the name', b'\xef\xbb\xbf%(name)s: %(value)s'),
    ('blank before the colon', b'%(name)s : %(value)s'),
    ('tab before the colon', b'%(name)s\t: %(value)s'),
    ('blanks before the colon', b'%(name)s \t : %(value)s'),
    ('NUL before the colon', b'%(name)s\0: %(value)s'),
    ('VT before the colon', b'%(name)s\x0b: %(value)s'),
    ('two colons', b'%(name)s:: %(value)s'),
    ('name folded', b'Content-\r\n %(tail)s: %(value)s'),
    ('colon folded', b'%(name)s\r\n : %(value)s'),
    ('colon folded, LF', b'%(name)s\n : %(value)s'),
    ('value folded', b'%(name)s:\r\n %(value)s'),
    ('value folded, LF', b'%(name)s:\n %(value)s'),
    ('value folded, CR', b'%(name)s:\r %(value)s'),
    ('value folded by a tab', b'%(name)s:\r\n\t%(value)s'),
    ('value folded twice', b'%(name)s:\r\n \r\n %(value)s'),
    ('value folded twice, LF', b'%(name)s:\n \n %(value)s'),
    ('CR in the name', b'Content\r-%(tail)s: %(value)s'),
    ('NUL in the name', b'Content\0-%(tail)s: %(value)s'),
    ('behind a field, as its fold', b'X-A: b\r\n %(name)s: %(value)s'),
    ('behind a field and a bare CR', b'X-A: b\r%(name)s: %(value)s'),
    ('behind a field and a bare LF', b'X-A: b\n%(name)s: %(value)s'),
    ('behind a field and LF CR', b'X-A: b\n\r%(name)s: %(value)s'),
    ('behind a field and CR CR LF', b'X-A: b\r\r\n%(name)s: %(value)s'),
    ('behind a line without a colon', b'no field at all\r\n%(name)s: %(value)s'),
    ('behind "From "', b'From a@b Sat Jan  3 10:00:00 2026\r\n%(name)s: %(value)s'),
    ('behind ">From "', b'>From a@b Sat Jan  3 10:00:00 2026\r\n%(name)s: %(value)s'),
    ('behind an empty name', b': x\r\n%(name)s: %(value)s'),
    ('behind 70,000 bytes', b'X-A: ' + b'a' * 70000 + b'\r\n%(name)s: %(value)s'),
    ('behind 300 fields', b'X-A: b\r\n' * 300 + b'%(name)s: %(value)s'),
    ('behind a NUL line', b'\0\r\n%(name)s: %(value)s'),
    ('behind an 8-bit line', b'\xff\xfe: x\r\n%(name)s: %(value)s'),
    ('before a line without a colon', b'%(name)s: %(value)s\r\nno field'),
    ('quoted name', b'"%(name)s": %(value)s'),
    ('comment before the name', b'(c) %(name)s: %(value)s'),
    ('comment before the colon', b'%(name)s (c): %(value)s'),
]


def shaped(name, value):
    return [(what, shape % {b'name': name, b'tail': name.split(b'-', 1)[1], b'value': value}) for what, shape in FIELD_SHAPES]


@part('MIME-03')
def odd_encoding_field(load):
    for what, field in shaped(b'Content-Transfer-Encoding', load.cte):
        yield what, load.entity(field)
        yield what + ', first', entity(load.body, field, load.type, load.disposition)


@part('MIME-03')
def blank_line_first(load):
    for name, line in (('blank', b' '), ('tab', b'\t'), ('NUL', b'\0'), ('CR', b'\r'), ('dot', b'.')):
        yield f'{name} line before the header', line + CRLF + load.plain()


@whole('MIME-03')
def odd_type_field(load):
    parts = multipart([TEXT_PART, load.plain()], 'b1').split(CRLF, 1)[1]
    for what, field in shaped(b'Content-Type', b'multipart/mixed; boundary="b1"'):
        yield what, field + CRLF + parts


def with_type(load, *values, boundary=b'b1', body=None):
    inner = body or multipart([TEXT_PART, load.plain()], boundary).split(CRLF + CRLF, 1)[1]
    return entity(inner, *[b'Content-Type: ' + to_bytes(value) for value in values])


@whole('MIME-04')
def repeated_or_odd_type(load):
    good = 'multipart/mixed; boundary="b1"'
    for other in ('text/plain', 'text/html', 'application/octet-stream', 'multipart/alternative', 'message/rfc822', 'image/png',
                  ''):
        yield f'{other} first', with_type(load, other, good)
        yield f'{other} last', with_type(load, good, other)
    yield 'three', with_type(load, 'text/plain', good, 'text/html')
    for value in ('multipart/mixed, application/octet-stream', 'application/octet-stream, multipart/mixed',
                  'text/plain; multipart/mixed', 'multipart/mixed; text/plain', 'multipart/x-foo', 'multipart', 'multipart/',
                  'multipart /mixed', 'multipart/ mixed', 'Multipart/MIXED', 'MULTIPART/mixed', 'multi part/mixed',
                  '"multipart/mixed"', '(c)multipart/mixed', '(c) multipart/mixed', 'multipart(c)/mixed', 'multipart/(c)mixed',
                  'multipart/mixed(c)', '=?utf-8?Q?multipart/mixed?=', 'x-multipart/mixed', 'multipart\\/mixed',
                  'multipart/mixed\0', 'multi\0part/mixed', 'multipart/mixed/x', '/mixed', '', 'multipart/mixed;;',
                  'multipart/mixed,', 'text/plain', 'text/html', 'application/octet-stream', 'message/rfc822',
                  'multipart/related', 'multipart/alternative', 'multipart/digest', 'multipart/report', 'multipart/signed',
                  'multipart/encrypted', 'multipart/form-data', 'multipart/parallel', 'multipart/appledouble', 'text', 'x',
                  'multipart/mixed\x0b', '\xa0multipart/mixed'):
        yield f'{value!r}', with_type(load, f'{value}; boundary="b1"')
    for value in ('multipart/mixed boundary="b1"', 'multipart/mixed, boundary="b1"', 'multipart/mixed: boundary="b1"',
                  'multipart/mixed boundary=b1 x=y', 'multipart/mixed', 'multipart/mixed; boundary', 'multipart/mixed; boundary=',
                  'multipart/mixed; xboundary=b1', 'boundary="b1"', '; boundary="b1"', 'multipart/mixed; x-boundary="b1"'):
        yield f'{value!r}', with_type(load, value)
    yield 'no type at all', with_type(load)


@part('MIME-04')
def odd_leaf_type(load):
    for value in ('text/plain', 'text/html', 'multipart/mixed', 'multipart/mixed; boundary=none', 'message/rfc822', 'image/png',
                  'message/partial', 'application/octet-stream, text/plain', 'x', '', 'text/plain; charset=utf-16',
                  'message/delivery-status', 'multipart/alternative; boundary=""'):
        words = load.words + ['type:partial'] * (value == 'message/partial')
        yield Variant(repr(value), entity(load.body, b'Content-Type: ' + to_bytes(value), load.cte_field, load.disposition),
                      words=words)
    yield 'none', entity(load.body, load.cte_field, load.disposition)
    yield 'text/plain then octet-stream', entity(load.body, 'Content-Type: text/plain', load.type, load.cte_field)
    yield 'octet-stream then multipart', entity(load.body, load.type, 'Content-Type: multipart/mixed; boundary=x', load.cte_field)


@whole('MIME-05')
def two_boundaries(load):
    inner = {name: multipart([TEXT_PART, load.plain()], name).split(CRLF + CRLF, 1)[1] for name in (b'b1', b'b2')}
    decoy = multipart([TEXT_PART], 'b1').split(CRLF + CRLF, 1)[1]
    shapes = [
        'boundary="b1"; boundary="b2"', 'boundary=b1; boundary=b2', 'boundary="b1", boundary="b2"', 'boundary=b1,boundary=b2',
        'boundary=b1 boundary=b2', 'boundary=b1; Boundary=b2', 'boundary=b1; (c) boundary=b2',
        'boundary=b1;boundary="b2";boundary=b3', 'boundary="b1" boundary="b2"', 'boundary=b1\r\n boundary=b2',
        "boundary=b1; boundary*=us-ascii''b2", "boundary*=us-ascii''b1; boundary=b2", 'boundary=b1; x="; boundary=b2"',
        'x="; boundary=b1"; boundary=b2', 'x=(; boundary=b1; boundary=b2', 'boundary=(b1) b2', 'boundary=b1 (; boundary=b2)'
    ]
    for shape in shapes:
        for used in (b'b1', b'b2'):
            yield f'{shape!r}, {used.decode()} used', with_type(load, f'multipart/mixed; {shape}', body=inner[used])
        yield f'{shape!r}, b1 is a decoy', with_type(load, f'multipart/mixed; {shape}', body=decoy + inner[b'b2'])
        yield f'{shape!r}, b1 is a decoy, behind', with_type(load, f'multipart/mixed; {shape}', body=inner[b'b2'] + decoy)
    for used in (b'b1', b'b2'):
        yield f'two fields, {used.decode()} used', with_type(load, 'multipart/mixed; boundary=b1', 'multipart/mixed; boundary=b2',
                                                             body=inner[used])
        yield f'two fields and kinds, {used.decode()} used', with_type(load, 'multipart/mixed; boundary=b1',
                                                                       'multipart/related; boundary=b2', body=inner[used])


@whole('MIME-06')
def continued_boundary(load):
    shapes = [('boundary*0=AA; boundary*1=BB', 'AABB'), ("boundary*0*=us-ascii''AA; boundary*1=BB", 'AABB'),
              ("boundary*0*=us-ascii''AA; boundary*1*=%42B", 'AABB'), ('boundary*1=BB; boundary*0=AA', 'AABB'),
              ('boundary*1=BB; boundary*0=AA', 'BBAA'), ('boundary*0=AA; boundary*0=XX; boundary*1=BB', 'AABB'),
              ('boundary*0=XX; boundary*0=AA; boundary*1=BB', 'AABB'), ('boundary*0=XX; boundary*0=AA; boundary*1=BB', 'XXAABB'),
              ('boundary*1=AA', 'AA'), ("boundary*=us-ascii''AABB", 'AABB'), ("boundary*=us-ascii''%41ABB", 'AABB'),
              ("boundary*=us-ascii''%41ABB", '%41ABB'), ("boundary*=us-ascii'en'AABB", 'AABB'),
              ("boundary*=us-ascii'en-us'AABB", 'AABB'), ("boundary*='AABB", 'AABB'), ('boundary*=AABB', 'AABB'),
              ("boundary*=''AABB", 'AABB'), ('boundary=XX; boundary*0=AA; boundary*1=BB', 'AABB'),
              ('boundary=XX; boundary*0=AA; boundary*1=BB', 'XX'), ('boundary*0=AA; boundary*1=BB; boundary=XX', 'AABB'),
              ('boundary*0=AA; boundary*1=BB; boundary=XX', 'XX'), ('boundary*0=AA; boundary*2=BB', 'AA'),
              ('boundary*0=AA; boundary*2=BB', 'AABB'), ('boundary*00=AA; boundary*01=BB', 'AABB'),
              ('boundary*0 =AA; boundary*1 =BB', 'AABB'), ('boundary*0="AA"; boundary*1="BB"', 'AABB'),
              ('boundary*0="A; boundary*1=B"; boundary*1=BB', 'A; boundary*1=BBB'), ('boundary*0=AA, boundary*1=BB', 'AABB'),
              ('boundary*0=AA; BOUNDARY*1=BB', 'AABB'), ('boundary*0=AA; boundary*1=BB; boundary*10=CC', 'AABB'),
              ('boundary*0=AA;\r\n boundary*1=BB', 'AABB'), ('boundary*x=AABB', 'AABB'), ('boundary**=AABB', 'AABB'),
              ('boundary*-1=AA; boundary*0=BB', 'BB'), ('boundary*4294967296=AA', 'AA'),
              ("boundary*0*=us-ascii''AA; boundary*0=XX; boundary*1=BB", 'AABB'),
              ("boundary*0*=us-ascii''AA; boundary*0=XX; boundary*1=BB", 'XXBB')]
    for shape, used in shapes:
        yield f'{shape!r} is {used}', with_type(load, f'multipart/mixed; {shape}', boundary=to_bytes(used))


@whole('MIME-07')
def odd_boundary_value(load):
    long = {n: 'L' * n for n in (70, 71, 100, 255, 300, 2000, 70000)}
    shapes = [('"=?utf-8?Q?AABB?="', 'AABB'), ('"=?utf-8?Q?AABB?="', '=?utf-8?Q?AABB?='), ('=?utf-8?Q?AABB?=', 'AABB'),
              ('"AA=?utf-8?Q?BB?="', 'AABB'), ('"=?utf-8?B?QUFCQg==?="', 'AABB'),
              ('"=?utf-8?B?QUFCQg==?="', '=?utf-8?B?QUFCQg==?='), ('"AABB "', 'AABB'), ('"AABB "', 'AABB '), ('" AABB"', ' AABB'),
              ('" AABB"', 'AABB'), ('"AABB\t"', 'AABB'), ('AA\0BB', 'AA'), ('AA\0BB', 'AA\0BB'), ('AA\0BB', 'AABB'),
              ('"AA\0BB"', 'AA'), ('"AA\0BB"', 'AABB'), ('"AA\\BB"', 'AABB'), ('"AA\\BB"', 'AA\\BB'), ('AA\\BB', 'AA\\BB'),
              ('AA\\BB', 'AABB'), ('"AA\\"BB"', 'AA"BB'), ('"AA\\"BB"', 'AA\\'), ('AA"BB', 'AA"BB'), ('AA"BB', 'AA'),
              ('AA"BB"', 'AABB'), ('"AA"BB', 'AA'), ('"AA"BB', 'AABB'), ('"AA""BB"', 'AABB'), ('"AABB', 'AABB'),
              ('"AABB', '"AABB'), ('AABB"', 'AABB'), ('AABB"', 'AABB"'), ("'AABB'", "'AABB'"), ("'AABB'", 'AABB'),
              ('AA,BB', 'AA,BB'), ('AA,BB', 'AA'), ('AA;BB', 'AA'), ('AA BB', 'AA BB'), ('AA BB', 'AA'), ('AA\tBB', 'AA'),
              ('(c)AABB', 'AABB'), ('(c)AABB', '(c)AABB'), ('AA(c)BB', 'AABB'), ('AA(c)BB', 'AA'), ('AA(c)BB', 'AA(c)BB'),
              ('AABB (c)', 'AABB'), ('"AA(c)BB"', 'AA(c)BB'), ('"AA;BB"', 'AA;BB'), ('"AA;BB"', 'AA'), ('"="', '='), ('=', '='),
              ('==', '='), ('==', '=='), ('"----"', '----'), ('"--"', '--'), ('AA--', 'AA--'), ('AA--', 'AA'), ('-', '-'),
              ('AA\rBB', 'AA\rBB'), ('AA\rBB', 'AA'), ('AA\rBB', 'AABB'), ('"AA\r\n BB"', 'AA BB'), ('"AA\r\n BB"', 'AABB'),
              ('"AA\r\n\tBB"', 'AA\tBB'), ('"\xe4\xf6"', '\xe4\xf6'), ('\xe4\xf6', '\xe4\xf6'), ('"AA%42B"', 'AABB'),
              ('"AA%42B"', 'AA%42B'), ('AA/BB', 'AA/BB'), ('AA@BB', 'AA@BB'), ('AA:BB', 'AA:BB'), ('<AABB>', '<AABB>'),
              ('<AABB>', 'AABB'), ('[AABB]', '[AABB]'), ('AABB?', 'AABB?'), ('{AABB}', '{AABB}'), ('""', ''), ('', ''),
              ('" "', ' '), ('" "', ''), ('"\\\\"', '\\')]
    shapes += [(f'"{value}"', value) for value in long.values()] + [(f'"{long[300]}"', long[70]), (f'"{long[300]}"', long[255])]
    for shape, used in shapes:
        reason = 'text after a boundary of 255 bytes is no delimiter anywhere' if (len(used), len(shape)) == (255, 302) else ''
        yield Variant(f'{shape[:30]!r} is {used[:20]!r} ({len(used)})',
                      with_type(load, f'multipart/mixed; boundary={shape}', boundary=to_bytes(used)), reason)
    for before, after in ((' = ', ''), ('\t=\t', ''), ('((c))=', ''), (' (c) = ', ''), ('=(c)', ''), (':', ''), ('=', ';;'),
                          ('=', ' ;'), ('\0=', ''), ('\r\n =\r\n ', '')):
        yield f'boundary{before!r}AABB{after!r}', with_type(load, f'multipart/mixed; boundary{before}AABB{after}',
                                                            boundary=b'AABB')


@whole('MIME-08')
def odd_parameter_before_boundary(load):
    for odd in ('x:y=1', '\xe4=1', 'x', '=1', '"x"=1', 'x=""', 'x=', 'x y=1', ';', ' ;', 'x=\\', 'x="a"b', 'x@=1', 'x=<', 'x=/',
                'x=a/b', 'x=a=b', '=?utf-8?Q?x?=1', 'x="\\"', 'x=a,b', 'x=[', 'x="a\\"', '\0', 'x=\0', 'x=\r\n ', "x*=''",
                "x*=utf-8'", 'x*0*', '*=1', '*0=1', '?', 'x=(c)', '(c)', 'x\r\n =1', 'x=\x0b', 'charset=utf-8'):
        yield f'{odd!r}', with_type(load, f'multipart/mixed; {odd}; boundary=b1')
    for odd in ('x="unclosed', 'x=(', '(', '((', 'x="a\\\\\\"', 'charset=utf-8 format=flowed', 'x=1,', 'x=1:', 'x=1\t', '<', '['):
        yield f'{odd!r} unclosed', with_type(load, f'multipart/mixed; {odd} boundary=b1')
        yield f'{odd!r} unclosed, semicolon', with_type(load, f'multipart/mixed; {odd}; boundary=b1')


@part('MIME-11', encodings=('base64', ))
def odd_separator(load):
    separators = [
        '\n\n', '\r\r', '\r\n\r', '\n\r\n', '\r\n\n', '\n\r', '\r\n\r\r\n', '\r\r\n', '\r\r\n\r\r\n', '\r\n \r\n', '\r\n\t\r\n',
        '\r\n  \t\r\n', '\n \n', '\n\t\n', '\r \r', '\r\n \n', '\n \r\n', '\r\n\0\r\n', '\r\n\0\0\r\n', '\0\r\n\r\n',
        '\r\n\x0b\r\n', '\r\n\x0c\r\n', '\r\n\xa0\r\n', '\r\n\x1a\r\n', '\r\n.\r\n', '\r\n--\r\n', '\r\n\\\r\n', '\r\n:\r\n',
        '\r\n: \r\n', '\r\n\xef\xbb\xbf\r\n', '\r\n\xef\xbb\xbf\r\n\r\n', '\r\n\x85\r\n', '\n\n\n', '\r\n\r\n\r\n', '\n\r\n\r',
        '\r\n \r\n\r\n', '\r\nno field\r\n', '\r\nno field\r\n\r\n', '\r\n'
    ]
    header = CRLF.join([load.type, load.disposition, load.cte_field])
    for separator in separators:
        yield f'{separator!r}', header + to_bytes(separator) + load.body
        yield f'{separator!r}, LF in the header', header.replace(CRLF, b'\n') + to_bytes(separator) + load.body
        yield f'{separator!r}, CR in the header', header.replace(CRLF, b'\r') + to_bytes(separator) + load.body.replace(
            CRLF, b'\r')
    yield 'a body like a field', header + CRLF + CRLF + b'X-Report: here\r\n' + load.body
    yield 'a body like a field, and an empty line', header + CRLF + CRLF + b'X-Report: here\r\n\r\n' + load.body


@whole('MIME-20', loads=('eicar', 'exe'), encodings=('base64', ))
def long_runs_in_a_header(load):
    for name, run in (('(', b'(' * 100000), ('()', b'()' * 50000), ('\\', b'\\' * 100000), ('"', b'"' * 100001),
                      ('""', b'"' * 100000), ('=', b'=' * 100000), (';', b';' * 100000), ("'", b"'" * 100000),
                      ('blank', b' ' * 100000), ('%', b'%' * 100000), ('*', b'*' * 100000), ('=?', b'=?' * 50000)):
        yield f'100,000 bytes of {name} before the boundary', with_type(load, b'multipart/mixed; x=' + run + b'; boundary=b1')
        yield f'100,000 bytes of {name} in the boundary', with_type(load, b'multipart/mixed; boundary=b1; y=' + run)


@named('MIME-21')
def names_everywhere(text):
    kinds = [('html as an attachment', ['Content-Type: text/html; name="a.exe"', 'Content-Disposition: attachment']),
             ('inline', ['Content-Type: application/octet-stream', 'Content-Disposition: inline; filename=a.exe']),
             ('only Content-Type', ['Content-Type: application/octet-stream; name=a.exe']),
             ('only Content-Disposition', ['Content-Disposition: attachment; filename=a.exe']),
             ('with Content-ID', ['Content-Type: image/png; name=a.exe', 'Content-ID: <1@a>']),
             ('filename without a kind', ['Content-Disposition: filename=a.exe']),
             ('name says exe, filename txt',
              ['Content-Type: application/octet-stream; name=a.exe', 'Content-Disposition: attachment; filename=a.txt']),
             ('filename says exe, name txt',
              ['Content-Type: application/octet-stream; name=a.txt', 'Content-Disposition: attachment; filename=a.exe']),
             ('filename twice', ['Content-Disposition: attachment; filename=a.txt; filename=a.exe']),
             ('filename twice, other order', ['Content-Disposition: attachment; filename=a.exe; filename=a.txt']),
             ('filename and filename*', ["Content-Disposition: attachment; filename=a.txt; filename*=utf-8''a.exe"]),
             ('filename* and filename', ["Content-Disposition: attachment; filename*=utf-8''a.txt; filename=a.exe"]),
             ('name and name*', ["Content-Type: text/plain; name=a.txt; name*=utf-8''a.exe"]),
             ('two dispositions', ['Content-Disposition: inline', 'Content-Disposition: attachment; filename=a.exe']),
             ('two dispositions with names',
              ['Content-Disposition: attachment; filename=a.txt', 'Content-Disposition: attachment; filename=a.exe']),
             ('two types', ['Content-Type: text/plain; name=a.txt', 'Content-Type: text/plain; name=a.exe']),
             ('no semicolon', ['Content-Disposition: attachment filename=a.exe']),
             ('a comma', ['Content-Disposition: attachment, filename=a.exe']),
             ('blanks', ['Content-Disposition: attachment; filename = a.exe']),
             ('a colon', ['Content-Disposition: attachment; filename: a.exe']),
             ('FILENAME', ['CONTENT-DISPOSITION: ATTACHMENT; FILENAME="A.EXE"']),
             ('unknown kind', ['Content-Disposition: x-foo; filename=a.exe']),
             ('comment', ['Content-Disposition: attachment; filename(c)=a.exe']),
             ('Content-Description', ['Content-Type: application/octet-stream', 'Content-Description: a.exe']),
             ('Content-Location', ['Content-Type: application/octet-stream', 'Content-Location: a.exe']),
             ('Content-Name', ['Content-Type: application/octet-stream', 'Content-Disposition: attachment; name=a.exe']),
             ('x-mac names', ['Content-Type: application/octet-stream; x-mac-type=0; name=a.exe'])]
    for name, fields in kinds:
        yield Variant(name, fields, {
            'Content-Location': 'only old programs take a name from there', 'a colon': 'no program takes a colon for "="'
        }.get(name, ''))


@part('MIME-22')
def lying_type(load):
    for kind in ('text/plain', 'text/html', 'image/png', 'image/jpeg', 'audio/mpeg', 'text/calendar', 'application/pgp-signature',
                 'application/pdf', 'application/zip', 'message/delivery-status', 'application/pkcs7-signature',
                 'text/rfc822-headers', 'text/x-amp-html', 'font/woff', 'application/pgp-keys'):
        # An HTA is one by its name, which it has none of here.
        yield Variant(kind, entity(load.body, f'Content-Type: {kind}', load.cte_field, 'Content-Disposition: inline'),
                      'what is shown as part of the message is not run' if load.name == 'hta' else '')


@whole('MIME-23')
def mime_version(load):
    fields = (b'From: a@ext.example\r\nTo: u@ours.example\r\nSubject: x\r\nDate: Sat, 03 Jan 2026 10:00:00 +0000\r\n'
              b'Message-ID: <v@ext.example>\r\n')
    message = multipart([TEXT_PART, load.plain()], 'b1')
    for name, version in (('none', b''), ('2.0', b'MIME-Version: 2.0\r\n'), ('twice',
                                                                             b'MIME-Version: 1.0\r\nMIME-Version: 1.0\r\n'),
                          ('two of them', b'MIME-Version: 1.0\r\nMIME-Version: 2.0\r\n'),
                          ('comment', b'MIME-Version: (c)1.0\r\n'), ('empty', b'MIME-Version:\r\n'),
                          ('in a name', b'Mime_Version: 1.0\r\n'), ('no number', b'MIME-Version: one\r\n')):
        yield Variant('version ' + name, fields + version + message, full=True)
        yield Variant(f'version {name}, no multipart', fields + version + load.plain(), full=True)
    inside = fields + b'MIME-Version: 1.0\r\n' + message
    yield 'a message in the preamble', multipart([TEXT_PART], 'b0').replace(CRLF + CRLF, CRLF + CRLF + inside + CRLF, 1)
    yield 'a message in a text part', multipart([TEXT_PART, entity(inside, 'Content-Type: text/plain')], 'b0')
    yield Variant('a message in the body of a text', fields + CRLF + inside, full=True)
