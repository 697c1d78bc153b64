# SPDX-License-Identifier: GPL-2.0-or-later
"""What hostile mail hides: the EICAR test string, and harmless bytes that are of a kind nobody should get by mail."""

import struct
import zlib

import ole2
import zips

# In halves, so that scanners of source trees have nothing to object to.
EICAR = b'X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR' + b'-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'


def exe():
    """A PE program that returns at once."""
    dos = b'MZ'.ljust(60, b'\0') + struct.pack('<I', 64)
    coff = struct.pack('<4sHHIIIHH', b'PE\0\0', 0x14c, 1, 0, 0, 0, 224, 0x102)
    optional = struct.pack('<HBBIIIIIIIIIHHHHHHIIIIHHIIIIII', 0x10b, 8, 0, 512, 0, 0, 0x1000, 0x1000, 0x2000, 0x400000, 0x1000,
                           512, 4, 0, 0, 0, 4, 0, 0, 0x2000, 512, 0, 2, 0, 0x100000, 0x1000, 0x100000, 0x1000, 0, 16) + bytes(128)
    section = struct.pack('<8sIIIIIIHHI', b'.text', 16, 0x1000, 512, 512, 0, 0, 0, 0, 0x60000020)
    return (dos + coff + optional + section).ljust(512, b'\0') + b'\xc3'.ljust(512, b'\0')


def elf():
    return (b'\x7fELF\2\1\1' + bytes(9) + struct.pack('<HHIQQQIHHHHHH', 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 64, 0, 0) +
            struct.pack('<IIQQQQQQ', 1, 5, 0, 0x400000, 0x400000, 132, 132, 4096) +
            b'\xb8\x3c\0\0\0\x31\xff\x0f\x05'.ljust(12, b'\x90'))


def macho():
    return struct.pack('<IIIIIIII', 0xfeedfacf, 0x01000007, 3, 2, 1, 24, 0, 0) + struct.pack('<II16s', 0x1b, 24, bytes(16))


def lnk():
    return struct.pack('<I', 0x4c) + bytes.fromhex('0114020000000000c000000000000046') + struct.pack('<II', 0x80,
                                                                                                     0x20) + bytes(48)


def vba():
    return {
        'VBA': {
            'dir': b'\x01\x3a\xb0\x00' + bytes(64), '_VBA_PROJECT': b'\xcc\x61\x5e\x00' + bytes(60),
            'ThisDocument': b'Attribute VB_Name = "ThisDocument"\r\nSub AutoOpen()\r\nEnd Sub\r\n'
        }, 'PROJECT': b'ID="{00000000-0000-0000-0000-000000000000}"\r\nDocument=ThisDocument/&H00000000\r\n'
    }


TYPES = (b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
         b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
         b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
         b'<Default Extension="xml" ContentType="application/xml"/><Default Extension="bin" ContentType="application/vnd.ms-offic'
         b'e.vbaProject"/>'
         b'<Override PartName="/word/document.xml" ContentType="%s"/></Types>')
PLAIN_DOCUMENT = b'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml'
MACRO_DOCUMENT = b'application/vnd.ms-word.document.macroEnabled.main+xml'
RELATION = b'http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
RELS = (b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="rId1" Type="%s%s" Target="%s"%s/></Relationships>')
DOCUMENT = (b'<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
            b'<w:body><w:p><w:r><w:t>Report</w:t></w:r></w:p></w:body></w:document>')


def word(extra=(), kind=PLAIN_DOCUMENT, relation=b''):
    members = [(b'[Content_Types].xml', TYPES % kind),
               (b'_rels/.rels', RELS % (RELATION, b'officeDocument', b'word/document.xml', b'')),
               (b'word/document.xml', DOCUMENT)]
    if relation:
        members.append((b'word/_rels/document.xml.rels', relation))
    return zips.simple(*members, *extra)


def docm(name=b'word/vbaProject.bin', kind=MACRO_DOCUMENT):
    relation = RELS % (b'http://schemas.microsoft.com/office/2006/relationships/', b'vbaProject', name.split(b'/')[-1], b'')
    return word([(name, ole2.compound(vba()))], kind, relation)


def doc(**more):
    return ole2.compound({'WordDocument': b'\xec\xa5\xc1\x00' + bytes(100), **more},
                         bytes.fromhex('0609020000000000c000000000000046'))


def xls(*records):
    """A BIFF8 workbook: BOF, the records (kind, bytes), EOF."""
    stream = b''.join(
        struct.pack('<HH', kind, len(data)) + data
        for kind, data in [(0x809, struct.pack('<HHHHII', 0x600, 5, 0, 0, 0, 6)), *records, (10, b'')])
    return ole2.compound({'Workbook': stream}, bytes.fromhex('2008020000000000c000000000000046'))


def msi():
    return ole2.compound({'\u4840\u3f3f\u4577\u446c': b'x'}, bytes.fromhex('84100c0000000000c000000000000046'))


def msg(name, data):
    """An Outlook message with one attachment (MS-OXMSG)."""
    wide = name.encode('utf-16-le')
    attachment = {
        '__properties_version1.0': bytes(8), '__substg1.0_37010102': data, '__substg1.0_3707001F': wide,
        '__substg1.0_3704001F': wide
    }
    return ole2.compound({
        '__properties_version1.0': bytes(32), '__substg1.0_001A001F': 'IPM.Note'.encode('utf-16-le'),
        '__nameid_version1.0': {'__substg1.0_00020102': bytes(16)}, '__attach_version1.0_#00000000': attachment
    })


HTA = (b'<html><head><hta:application id="a" border="none"/></head><body><script language="VBScript">self.close</script>'
       b'</body></html>\r\n')
JS = b'var shell = new ActiveXObject("WScript.Shell");\r\nshell.Run("calc.exe");\r\n'
SMUGGLE = (
    b'<html><body><script>var b64 = "TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAA=";\n'
    b'var bytes = Uint8Array.from(atob(b64), c => c.charCodeAt(0));\nvar blob = new Blob([bytes], {type: "octet/stream"});\n'
    b'var a = document.createElement("a"); a.href = URL.createObjectURL(blob); a.download = "invoice.exe"; a.click();\n'
    b'</script></body></html>\n')
ONENOTE = bytes.fromhex('e4525c7b8cd8a74daeb15378d02996d3')
ONENOTE_FILE = bytes.fromhex('e716e3bd65261145a4c48d4d0b7a9eac')


def onenote(data):
    """FileDataStoreObject (MS-ONESTORE 2.6.13) in what begins as a section."""
    return ONENOTE + bytes(1008) + ONENOTE_FILE + struct.pack('<QIQ', len(data), 0, 0) + data + bytes.fromhex(
        '22a7fb71790f0b4abb138992562642 6b'.replace(' ', ''))


def vhd():
    return b'MZ'.ljust(2048, b'\0') + (b'conectix' + struct.pack('>IIQ', 2, 0x10000, 0xffffffffffffffff)).ljust(512, b'\0')


def chm():
    return b'ITSF' + struct.pack('<IIIII', 3, 96, 1, 0, 0x409) + bytes(76)


def pdf(*objects, header=b'%PDF-1.4\n', catalog=b''):
    """A PDF of one page; objects are added from number 4 on, catalog is more of the catalogue."""
    all_objects = [
        b'<</Type/Catalog/Pages 2 0 R%s>>' % catalog, b'<</Type/Pages/Kids[3 0 R]/Count 1>>',
        b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>', *objects
    ]
    out, at = header, []
    for number, text in enumerate(all_objects, 1):
        at.append(len(out))
        out += b'%d 0 obj\n%s\nendobj\n' % (number, text)
    table = b'xref\n0 %d\n0000000000 65535 f \n' % (len(at) + 1) + b''.join(b'%010d 00000 n \n' % offset for offset in at)
    return out + table + b'trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n' % (len(at) + 1, len(out))


def pdf_stream(data, more=b''):
    packed = zlib.compress(data)
    return b'<</Length %d/Filter/FlateDecode%s>>stream\n%s\nendstream' % (len(packed), more, packed)


def png(tail=b''):
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))

    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 2, 0, 0, 0)) +
            chunk(b'IDAT', zlib.compress(bytes(4))) + chunk(b'IEND', b'') + tail)


GIF = b'GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;'
JPEG = bytes.fromhex('ffd8ffe000104a46494600010100000100010000ffdb004300') + bytes(
    [16] * 64) + bytes.fromhex('ffc0000b080001000101011100ffd9')

# name of the payload: bytes, and the words of which one must be seen: infected, type:..., mark:...
PAYLOADS = {
    'eicar': (EICAR, ['infected']),
    'exe': (exe(), ['type:exe']),
    'docm': (docm(), ['mark:macros']),
    'elf': (elf(), ['type:elf']),
    'lnk': (lnk(), ['type:lnk']),
    'hta': (HTA, ['type:hta']),
    'zip': (zips.simple((b'report.dat', exe())), ['type:exe']),
    'iso': (zips.iso(b'REPORT.DAT', b'hello'), ['type:iso']),
}
