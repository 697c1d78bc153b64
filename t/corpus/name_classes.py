# SPDX-License-Identifier: GPL-2.0-or-later
"""Threats in attachment names: NAME-01 to NAME-07. What carries the name is a harmless text."""

import base64

import build
import zips
from cases import Variant, file, named


def disposition(value):
    return ['Content-Type: application/octet-stream', b'Content-Disposition: attachment; ' + build.to_bytes(value)]


def written(name):
    """A name in UTF-8 in each way that programs write it."""
    raw = name.encode()
    percent = ''.join('%%%02X' % byte for byte in raw)
    coded = '=?utf-8?B?' + base64.b64encode(raw).decode() + '?='
    q = '=?utf-8?Q?' + ''.join('=%02X' % byte for byte in raw) + '?='
    yield 'raw', b'filename="' + raw.replace(b'\\', b'\\\\').replace(b'"', b'\\"') + b'"'
    yield 'RFC 2231', f"filename*=utf-8''{percent}"
    yield 'RFC 2231 in pieces', f"filename*0*=utf-8''{percent[:3]}; filename*1*={percent[3:]}"
    yield 'an encoded word', f'filename="{coded}"'
    yield 'an encoded word, Q', f'filename="{q}"'


def each_way(*names):
    for name in names:
        for way, value in written(name):
            yield Variant(f'{name[:40]!r} as {way}', disposition(value))


@named('NAME-01')
def windows_names(text):
    yield from each_way('invoice.pdf.exe', 'a.exe.', 'a.exe...', 'a.exe ', 'a.exe \t', 'a.exe. . ', 'a.exe::$DATA', 'a.exe:$DATA',
                        'a.txt:b.exe', 'invoice.pdf' + ' ' * 200 + '.exe', 'invoice.pdf' + '_' * 200 + '.exe', 'a.scr', 'a.pif',
                        'a.com', 'a.cpl', 'a.js', 'a.jse', 'a.vbs', 'a.vbe', 'a.wsf', 'a.hta', 'a.bat', 'a.cmd', 'a.ps1', 'a.lnk',
                        'a.url', 'a.jar', 'a.msi', 'a.reg', 'a.scf', 'a.iso', 'a.img', 'a.vhd', 'a.exe\u200b', 'a.EXE\u3000',
                        'a.exe\xa0', 'a.txt.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}')


@named('NAME-02')
def misleading_characters(text):
    yield from each_way('invoice\u202efdp.exe', 'invoice\u202excod.scr', '\u2067a\u2069.exe', 'a.e\u200bxe', 'a.\u200dexe',
                        'a\uff0eexe', 'a.\uff45\uff58\uff45', 'a.exe\u202c', 'a\u2024exe', 'a.\u00adexe', 'a.ex\ufeffe',
                        'a.exe\u200e', '\u202ea.exe', 'a.ex\u2060e')


@named('NAME-03')
def encoded_names(text):
    exe = base64.b64encode(b'a.exe').decode()
    for value in (f'filename="=?utf-8?B?{exe}?="', f'filename==?utf-8?B?{exe}?=', 'filename="=?utf-8?Q?a=2Eexe?="',
                  'filename="a=?utf-8?Q?=2Eexe?="', 'filename="=?utf-8?Q?a?=.exe"',
                  'filename="=?utf-8?Q?a?= =?iso-8859-1?Q?.exe?="', 'filename="=?utf-8?Q?a?=\r\n =?utf-8?Q?.exe?="',
                  'filename="=?utf-8?Q?a.e?==?utf-8?Q?xe?="', 'filename="=?utf-8?Q?a.txt=00.exe?="',
                  'filename="=?utf-8?Q?a.exe=00.txt?="', 'filename="=?utf-8?Q?x/a.exe?="', 'filename="=?utf-8?Q?a.exe=0D=0A?="',
                  'filename="a%2eexe"', 'filename="a%2Eexe"', "filename*=utf-8''a%2eexe", 'filename="a.%65xe"',
                  f'filename="=?UTF-8?b?{exe}?="', f'filename="=?utf-8*en?B?{exe}?="', f'filename="=?x-unknown?B?{exe}?="',
                  f'filename="=?utf-8?B?{exe[:-1]}?="', f'filename="=?utf-8?B?{exe[:4]} {exe[4:]}?="',
                  'filename="=?utf-8?Q?a.exe"', 'filename="=?utf-7?Q?a.exe?="', 'filename="=?utf-7?Q?a+AC4-exe?="',
                  'filename="=?utf-16?B?' + base64.b64encode('a.exe'.encode('utf-16')).decode() + '?="',
                  'filename="=?iso-2022-jp?B?' + base64.b64encode(b'a\x1b(J.exe\x1b(B').decode() + '?="',
                  'filename="=?gb2312?B?' + base64.b64encode('报告.exe'.encode('gb2312')).decode() + '?="',
                  'filename="=?koi8-r?B?' + base64.b64encode('отчёт.exe'.encode('koi8-r')).decode() + '?="',
                  'filename="&#97;.exe"', "filename=\"utf-8''a.exe\"", 'filename="a\\.exe"', 'filename="a.e\\xe"',
                  'filename=a.exe;', 'filename="a.exe', 'filename=a.exe"', "filename='a.exe'", 'filename=(c)a.exe',
                  'filename=a(c).exe'):
        yield Variant(repr(value), disposition(value))


@named('NAME-04')
def continued_names(text):
    for value in ("filename*0*=utf-8'en'a; filename*1=.exe", 'filename*0=a; filename*1=.exe', 'filename*1=.exe; filename*0=a',
                  'filename*0=a.t; filename*0=a.e; filename*1=xe', 'filename*0=a.e; filename*0=a.t; filename*1=xe',
                  'filename*0=a; filename*2=.exe', "filename*=utf-8'en-us'a.exe", "filename*=utf-8'en'a%2eexe",
                  "filename*='a.exe", "filename*=a.exe", "filename*=''a.exe", "filename*=utf-8'a.exe",
                  'filename*0="a.e"; filename*1="xe"', 'filename=a.txt; filename*0=a; filename*1=.exe',
                  'filename*0=a; filename*1=.exe; filename=a.txt', "filename*0*=utf-8''a; filename*1*=%2e; filename*2=exe",
                  'filename*00=a; filename*01=.exe', 'filename*1=a.exe', 'filename*0=a.exe; filename*1=',
                  "filename*=utf-16le''a%00.%00e%00x%00e%00", "filename*=utf-8''a%2eexe; filename*=utf-8''a.txt",
                  "filename*=utf-8''a.txt; filename*=utf-8''a.exe", 'filename*0*=a; filename*1*=.exe', "filename*x=a.exe",
                  'filename**0=a.exe',
                  "filename*0*=utf-8''" + 'a' * 5 + ''.join(f'; filename*{i}=a'
                                                            for i in range(1, 1000)) + '; filename*1000=.exe'):
        yield Variant(repr(value[:60]), disposition(value),
                      'no program reads such a parameter' if value in ('filename*x=a.exe', 'filename**0=a.exe') else '')


@named('NAME-05')
def path_names(text):
    yield from each_way('../../a.exe', 'C:\\x\\a.exe', '\\\\host\\share\\a.exe', 'a.txt/b.exe', 'a\x00.exe', 'a.exe\x00.txt',
                        'CON.exe', '.exe', 'a/.exe')
    for way, value in written('a\n.exe'):
        yield Variant(f'a line end as {way}', disposition(value), 'the line end ends the field' if way == 'raw' else '')
    for name, value in (('64 KB', 'a' * 65000 + '.exe'), ('300 bytes', 'a' * 300 + '.exe')):
        yield Variant(name, disposition(f'filename="{value}"'))


@named('NAME-06')
def letters(text):
    yield from each_way('A.EXE', 'a.eXe', 'a.Exe ', 'A.JS', 'a.VbS', 'a.Scr')


@named('NAME-07')
def places(text):
    for field in ('Content-Type: application/octet-stream; name="a.exe"', 'Content-Disposition: attachment; filename="a.exe"',
                  'Content-Description: a.exe', "Content-Type: text/plain; name*=utf-8''a.exe",
                  'Content-Type: text/plain; name*0=a; name*1=.exe'):
        yield Variant(field, [field])


EXE_NAME = ['type:exe', 'ending:exe']
HELLO = b'hello\r\n'


@file('NAME-07')
def places_in_files():
    yield Variant('ZIP member', ('a.zip', zips.simple((b'a.exe', HELLO))), words=EXE_NAME)
    yield Variant('ZIP member with a path', ('a.zip', zips.simple((b'x/y\\a.exe ', HELLO))), words=EXE_NAME)
    yield Variant('ZIP member in UTF-8',
                  ('a.zip', zips.archive([zips.Member('invoice\u202efdp.exe'.encode(), HELLO, flags=0x800)])), words=EXE_NAME)
    yield Variant('TNEF', ('winmail.dat', build.tnef(HELLO, b'a.exe')), words=EXE_NAME)
    yield Variant('TAR member', ('a.tar', zips.tar((b'a.exe', HELLO))), words=EXE_NAME)
    yield Variant('7z member', ('a.7z', zips.seven_zip(b'a.exe', HELLO)), words=EXE_NAME)
    yield Variant('RAR member', ('a.rar', zips.rar4(b'a.exe', HELLO)), words=EXE_NAME)
    yield Variant('RAR 5 member', ('a.rar', zips.rar5(b'a.exe', HELLO)), words=EXE_NAME)
    yield Variant('CAB member', ('a.cab', zips.cab(b'a.exe', HELLO)), words=EXE_NAME)
    yield Variant('LZH member', ('a.lzh', zips.lzh(b'a.exe', HELLO)), words=EXE_NAME)
    yield Variant('uuencoded', ('a.txt', build.uu(HELLO, b'a.exe')), words=EXE_NAME)
    yield Variant('yEnc', ('a.txt', build.yenc(HELLO, b'a.exe')), words=EXE_NAME)
    yield Variant('BinHex', ('a.hqx', build.binhex(HELLO, b'a.exe')), words=EXE_NAME)
