# SPDX-License-Identifier: GPL-2.0-or-later
"""A pool of ordinary files, each made by a real program and kept in a directory for the next time. What is not installed is left
out and named."""

import bz2
import csv
import gzip
import importlib
import io
import json
import lzma
import os
import shutil
import sqlite3
import subprocess
import tarfile
import wave
import zipfile
import zlib
import struct

TEXT = 'Quarterly report\n\n' + 'The figures of the quarter are better than those of the last one: 42 of 100.\n' * 40
MARKDOWN = ('# Report\n\nSome *text* with a [link](https://ext.example/) and a table.\n\n| a | b |\n|---|---|\n| '
            '1 | 2 |\n\n```\ncode\n```\n') + 'More text, for several pages.\n\n' * 60
ROWS = [['Name', 'Amount', 'Date']] + [[f'Item {i}', str(i * 1.5), f'2026-01-{i % 28 + 1:02}'] for i in range(120)]

makers = []


def maker(function):
    makers.append(function)
    return function


class Missing(Exception):
    pass


def tool(*names):
    for name in names:
        if os.path.exists('/usr/bin/' + name):
            return '/usr/bin/' + name
    raise Missing(names[0])


def module(name):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Missing('python module ' + name) from error


def run(directory, *command):
    done = subprocess.run(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=180, check=False, env={**os.environ, 'HOME': directory, 'LC_ALL': 'C.UTF-8'})
    if done.returncode != 0:
        raise Missing(f'{command[0]} failed: {done.stdout[-100:]!r}')


def write(directory, name, data):
    with open(os.path.join(directory, name), 'wb') as out:
        out.write(data.encode() if isinstance(data, str) else data)


@maker
def texts(d):
    write(d, 'notes.txt', TEXT)
    write(d, 'notes-crlf.txt', TEXT.replace('\n', '\r\n'))
    write(d, 'notes-latin1.txt', 'Grüße aus Köln\n'.encode('latin-1') * 20)
    write(d, 'notes-utf16.txt', ('Grüße aus Köln\r\n' * 20).encode('utf-16'))
    write(d, 'empty.txt', b'')
    write(d, 'readme.md', MARKDOWN)
    write(d, 'data.json', json.dumps({'rows': ROWS}, indent=1))
    write(
        d, 'data.xml', '<?xml version="1.0" encoding="UTF-8"?>\n<rows>' + ''.join(f'<row name="{row[0]}">{row[1]}</row>'
                                                                                  for row in ROWS) + '</rows>\n')
    write(
        d, 'page.html',
        '<!DOCTYPE html>\n<html><head><title>x</title></head><body><h1>Report</h1>' + '<p>Text.</p>\n' * 50 + '</body></html>\n')
    write(d, 'style.css', 'body { color: black }\n' * 30)
    write(d, 'drawing.svg',
          ('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" '
           'height="10" fill="red"/></svg>\n'))
    write(d, 'server.log',
          ''.join(f'2026-01-03T10:00:{i % 60:02}Z host app[{i}]: GET /{i} 200 "Mozilla/5.0 (X11)"\n' for i in range(300)))
    write(d, 'main.c', '#include <stdio.h>\nint main(void)\n{\n\tputs("hello");\n\treturn 0;\n}\n')
    write(d, 'paper.tex', '\\documentclass{article}\n\\begin{document}\nHello.\n\\end{document}\n')
    write(d, 'dump.sql', 'CREATE TABLE a (b int);\n' + 'INSERT INTO a VALUES (1);\n' * 50)
    write(d, 'settings.ini', '[main]\nname = value\n[other]\nurl = https://ext.example/\n')
    write(d, 'settings.yaml', 'name: value\nlist:\n  - a\n  - b\n')
    write(d, 'messages.po', 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "hello"\nmsgstr "hallo"\n')
    write(d, 'fix.patch',
          ('From 1234 Mon Sep 17 00:00:00 2001\nFrom: A <a@ext.example>\nDate: Sat, 3 Jan 2026 10:00:00 +0000\nSubject: '
           '[PATCH] fix\n\n---\n a.c | 2 +-\n\ndiff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-a\n+b\n'))
    with open(os.path.join(d, 'table.csv'), 'w', newline='', encoding='utf-8') as out:
        csv.writer(out).writerows(ROWS)
    with open(os.path.join(d, 'table-semicolon.csv'), 'w', newline='', encoding='latin-1') as out:
        csv.writer(out, delimiter=';').writerows([['Größe', 'Straße']] + ROWS)


@maker
def calendars(d):
    event = (
        'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//ext.example//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@ext.example\r\n'
        'DTSTAMP:20260103T100000Z\r\nDTSTART:20260110T100000Z\r\n'
        'SUMMARY:Meeting\r\nDESCRIPTION:A long description that is folded over more\r\n  than one line\\nof the '
        'file\r\nATTENDEE;CN="Bob":mailto:bob@ext.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n')
    write(d, 'invite.ics', event)
    write(d, 'contact.vcf',
          'BEGIN:VCARD\r\nVERSION:3.0\r\nN:Example;Alice\r\nFN:Alice Example\r\nEMAIL:alice@ext.example\r\nEND:VCARD\r\n')
    import base64
    photo = base64.b64encode(_png()).decode()
    write(
        d, 'contact-photo.vcf', 'BEGIN:VCARD\r\nVERSION:3.0\r\nN:Example;Alice\r\nPHOTO;ENCODING=b;TYPE=PNG:' +
        '\r\n '.join(photo[i:i + 70] for i in range(0, len(photo), 70)) + '\r\nEND:VCARD\r\n')


def _png(width=60, height=40):
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))

    rows = b''.join(b'\0' + bytes((x * y) % 256 for x in range(width * 3)) for y in range(height))
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)) + chunk(
        b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')


@maker
def python_archives(d):
    write(d, 'plain.png', _png())
    with zipfile.ZipFile(os.path.join(d, 'python.zip'), 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('notes.txt', TEXT)
        archive.writestr('Übersicht.csv', 'a,b\n1,2\n')
        archive.writestr('empty/', b'')
        archive.writestr('empty.txt', b'')
    with zipfile.ZipFile(os.path.join(d, 'python-stored.zip'), 'w', zipfile.ZIP_STORED) as archive:
        archive.writestr('plain.png', _png())
        archive.writestr('inner.zip', open(os.path.join(d, 'python.zip'), 'rb').read())
    stream = io.BytesIO()

    class Pipe(io.RawIOBase):  # not seekable: sizes come in data descriptors
        def writable(self):
            return True

        def write(self, data):
            return stream.write(data)

    with zipfile.ZipFile(Pipe(), 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('notes.txt', TEXT)
        archive.writestr('more.txt', TEXT)
    write(d, 'python-streamed.zip', stream.getvalue())
    for name, mode in (('python.tar', 'w'), ('python.tar.gz', 'w:gz'), ('python.tar.bz2', 'w:bz2'), ('python.tar.xz', 'w:xz')):
        with tarfile.open(os.path.join(d, name), mode) as archive:
            for text in ('notes.txt', 'a rather long directory name/' * 4 + 'ünï.txt'):
                info = tarfile.TarInfo(text)
                info.size = len(TEXT)
                archive.addfile(info, io.BytesIO(TEXT.encode()))
    write(d, 'server.log.gz', gzip.compress(TEXT.encode() * 20))
    write(d, 'server.log.bz2', bz2.compress(TEXT.encode() * 20))
    write(d, 'server.log.xz', lzma.compress(TEXT.encode() * 20))
    with wave.open(os.path.join(d, 'beep.wav'), 'wb') as sound:
        sound.setparams((1, 2, 8000, 0, 'NONE', ''))
        sound.writeframes(bytes(range(256)) * 8)
    database = os.path.join(d, 'data.sqlite')
    with sqlite3.connect(database) as connection:
        connection.execute('create table if not exists a (b text)')
        connection.executemany('insert into a values (?)', [(row[0], ) for row in ROWS])


@maker
def report_xml(d):
    """DMARC reports come as ZIP and gzip."""
    xml = '<?xml version="1.0"?><feedback><report_metadata><org_name>ext.example</org_name></report_metadata>' + '<record><row><source_ip>192.0.2.1</source_ip></row></record>' * 30 + '</feedback>'
    write(d, 'ext.example!ours.example!1767225600!1767312000.xml.gz', gzip.compress(xml.encode()))
    with zipfile.ZipFile(os.path.join(d, 'ext.example!ours.example!1767225600!1767312000.zip'), 'w',
                         zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('ext.example!ours.example!1767225600!1767312000.xml', xml)


@maker
def word_documents(d):
    docx = module('docx')
    document = docx.Document()
    document.add_heading('Report', 0)
    for _ in range(20):
        document.add_paragraph('Some text of the report. ' * 10)
    table = document.add_table(rows=3, cols=3)
    table.cell(0, 0).text = 'a'
    write(d, 'plain.png', _png())
    document.add_picture(os.path.join(d, 'plain.png'))
    document.save(os.path.join(d, 'python.docx'))


@maker
def workbooks(d):
    openpyxl = module('openpyxl')
    from openpyxl.chart import BarChart, Reference
    book = openpyxl.Workbook()
    sheet = book.active
    for row in ROWS[1:]:
        sheet.append([row[0], float(row[1]), row[2]])
    sheet['E1'] = '=SUM(B1:B100)'
    sheet['E2'].hyperlink = 'https://ext.example/'
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=10))
    sheet.add_chart(chart, 'G2')
    book.save(os.path.join(d, 'python.xlsx'))


@maker
def pictures(d):
    image = module('PIL.Image').effect_mandelbrot((120, 80), (-2, -1.2, 1, 1.2), 50).convert('RGB')
    for name in ('photo.jpg', 'photo.png', 'photo.gif', 'photo.bmp', 'photo.tiff', 'photo.webp', 'photo.ico', 'photo.pdf',
                 'photo.ppm'):
        image.save(os.path.join(d, name))
    image.save(os.path.join(d, 'photo-exif.jpg'), exif=b'Exif\0\0MM\0*\0\0\0\x08\0\0', quality=95, progressive=True)
    image.save(os.path.join(d, 'moving.gif'), save_all=True, append_images=[image.rotate(90), image.rotate(180)])


@maker
def reportlab_pdf(d):
    canvas = module('reportlab.pdfgen.canvas').Canvas(os.path.join(d, 'reportlab.pdf'))
    for page in range(4):
        canvas.drawString(72, 720, f'Page {page}')
        canvas.linkURL('https://ext.example/', (72, 700, 200, 720))
        canvas.showPage()
    canvas.save()


@maker
def office(d):
    soffice = tool('soffice')
    profile = '-env:UserInstallation=file://' + os.path.join(d, '.office')
    for source, kinds in (('page.html', ('odt', 'pdf')), ('notes.txt', ('odt', 'docx', 'doc', 'rtf', 'pdf', 'epub', 'fodt')),
                          ('table.csv', ('ods', 'xlsx', 'xls', 'pdf', 'html', 'fods'))):
        for kind in kinds:
            run(d, soffice, profile, '--headless', '--convert-to', kind, '--outdir', os.path.join(d, 'office-out'),
                os.path.join(d, source))
    for name in os.listdir(os.path.join(d, 'office-out')):
        os.replace(os.path.join(d, 'office-out', name), os.path.join(d, 'office-' + name))
    os.rmdir(os.path.join(d, 'office-out'))
    shutil.rmtree(os.path.join(d, '.office'), ignore_errors=True)


@maker
def slides(d):
    soffice, pandoc = tool('soffice'), tool('pandoc')
    profile = '-env:UserInstallation=file://' + os.path.join(d, '.office')
    run(d, pandoc, 'readme.md', '-o', 'pandoc.pptx')
    for kind in ('odp', 'ppt', 'pptx'):
        run(d, soffice, profile, '--headless', '--convert-to', kind, '--outdir', os.path.join(d, 'office-out'), 'pandoc.pptx')
        os.replace(os.path.join(d, 'office-out', 'pandoc.' + kind), os.path.join(d, 'office-slides.' + kind))
    shutil.rmtree(os.path.join(d, 'office-out'))
    shutil.rmtree(os.path.join(d, '.office'), ignore_errors=True)


@maker
def pandoc_documents(d):
    pandoc = tool('pandoc')
    for kind in ('docx', 'odt', 'epub', 'html', 'rtf', 'tex'):
        run(d, pandoc, '-s', '--metadata', 'title=Report', 'readme.md', '-o', 'pandoc.' + kind)


@maker
def magick(d):
    convert = tool('convert-im6.q16', 'convert-im6', 'convert')
    for name in ('magick.jpg', 'magick.png', 'magick.gif', 'magick.tif', 'magick.webp', 'magick.psd'):
        run(d, convert, '-size', '80x60', 'gradient:red-blue', name)


@maker
def ghostscript(d):
    gs = tool('gs')
    write(d, 'page.ps', ('%!PS-Adobe-3.0\n/Helvetica findfont 20 scalefont setfont\n72 720 moveto (Hello) show\nshowpage\n72 720 '
                         'moveto (World) show\nshowpage\n'))
    run(d, gs, '-q', '-dNOPAUSE', '-dBATCH', '-dSAFER', '-sDEVICE=pdfwrite', '-sOutputFile=gs.pdf', 'page.ps')
    run(d, gs, '-q', '-dNOPAUSE', '-dBATCH', '-dSAFER', '-dPDFA=2', '-sDEVICE=pdfwrite', '-sOutputFile=gs-a.pdf', 'page.ps')


@maker
def qpdf_variants(d):
    qpdf = tool('qpdf')
    tool('gs')
    run(d, qpdf, '--linearize', 'gs.pdf', 'qpdf-linear.pdf')
    run(d, qpdf, '--object-streams=generate', '--compress-streams=y', 'gs.pdf', 'qpdf-objects.pdf')
    run(d, qpdf, '--qdf', 'gs.pdf', 'qpdf-plain.pdf')


@maker
def groff_pdf(d):
    groff = tool('groff')
    write(d, 'letter.ms', '.TL\nReport\n.PP\nHello world.\n')
    run(d, '/bin/sh', '-c', f'{groff} -ms -Tps letter.ms > groff.ps')


@maker
def zip_programs(d):
    archive = tool('zip')
    run(d, archive, '-q', 'zip.zip', 'notes.txt', 'plain.png', 'table.csv')
    run(d, archive, '-q', '-0', 'zip-stored.zip', 'notes.txt', 'plain.png')
    run(d, '/bin/sh', '-c', f'{archive} -q - notes.txt table.csv > zip-piped.zip')


@maker
def seven_zip(d):
    program = tool('7z', '7zz', '7za')
    run(d, program, 'a', '-bd', '7z.7z', 'notes.txt', 'plain.png')
    run(d, program, 'a', '-bd', '-tzip', '7z.zip', 'notes.txt', 'plain.png')
    run(d, program, 'a', '-bd', '-tzip', '-mm=LZMA', '7z-lzma.zip', 'notes.txt')
    run(d, program, 'a', '-bd', '-ttar', '7z.tar', 'notes.txt')


@maker
def unix_archives(d):
    run(d, tool('tar'), 'czf', 'gnu.tar.gz', 'notes.txt', 'plain.png')
    run(d, tool('tar'), '--format=pax', '-cJf', 'pax.tar.xz', 'notes.txt', 'plain.png')
    run(d, tool('gzip'), '-k', '-f', 'table.csv')
    run(d, '/bin/sh', '-c', tool('zstd') + ' -q -c notes.txt > notes.txt.zst')


@maker
def sound_and_film(d):
    ffmpeg = tool('ffmpeg')
    for name in ('sound.mp3', 'sound.ogg', 'sound.flac', 'sound.m4a', 'sound.opus'):
        run(d, ffmpeg, '-v', 'error', '-y', '-f', 'lavfi', '-i', 'sine=frequency=440:duration=0.5', name)
    for name in ('film.mp4', 'film.mkv', 'film.webm', 'film.avi', 'film.mov'):
        run(d, ffmpeg, '-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc=duration=0.4:size=64x48:rate=5', name)


@maker
def sox_sound(d):
    run(d, tool('sox'), '-n', 'sox.wav', 'synth', '0.2', 'sine', '440')


@maker
def certificates(d):
    openssl = tool('openssl')
    run(d, openssl, 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout',
        'key.pem.private', '-out', 'certificate.pem', '-days', '3000', '-subj',
        '/CN=alice@ext.example/emailAddress=alice@ext.example')
    run(d, openssl, 'x509', '-in', 'certificate.pem', '-outform', 'DER', '-out', 'certificate.crt')


@maker
def old_mail(d):
    write(d, 'old.eml',
          (b'From: Bob <bob@ext.example>\r\nTo: alice@ext.example\r\nSubject: old\r\nDate: Sat, 03 Jan 2026 10:00:00 '
           b'+0000\r\nMessage-ID: <old@ext.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nan old '
           b'letter\r\n'))


@maker
def fonts(d):
    for root, _, files in os.walk('/usr/share/fonts'):
        for name in sorted(files):
            if name.endswith(('.ttf', '.otf')) and os.path.getsize(os.path.join(root, name)) < 400000:
                shutil.copy(os.path.join(root, name), os.path.join(d, 'font' + name[-4:]))
                return
    raise Missing('fonts')


@maker
def system_documents(d):
    shutil.copy('/usr/share/common-licenses/GPL-2', os.path.join(d, 'GPL-2.txt'))
    for name in ('changelog.Debian.gz', 'copyright'):
        path = '/usr/share/doc/perl/' + name
        if os.path.exists(path):
            shutil.copy(path, os.path.join(d, name))


TYPES = {
    'txt': 'text/plain',
    'md': 'text/markdown',
    'csv': 'text/csv',
    'html': 'text/html',
    'css': 'text/css',
    'svg': 'image/svg+xml',
    'json': 'application/json',
    'xml': 'application/xml',
    'ics': 'text/calendar',
    'vcf': 'text/vcard',
    'png': 'image/png',
    'jpg': 'image/jpeg',
    'gif': 'image/gif',
    'bmp': 'image/bmp',
    'tiff': 'image/tiff',
    'tif': 'image/tiff',
    'webp': 'image/webp',
    'pdf': 'application/pdf',
    'ps': 'application/postscript',
    'zip': 'application/zip',
    'gz': 'application/gzip',
    '7z': 'application/x-7z-compressed',
    'docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'pptx': 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    'doc': 'application/msword',
    'xls': 'application/vnd.ms-excel',
    'ppt': 'application/vnd.ms-powerpoint',
    'odt': 'application/vnd.oasis.opendocument.text',
    'ods': 'application/vnd.oasis.opendocument.spreadsheet',
    'odp': 'application/vnd.oasis.opendocument.presentation',
    'rtf': 'application/rtf',
    'epub': 'application/epub+zip',
    'mp3': 'audio/mpeg',
    'ogg': 'audio/ogg',
    'wav': 'audio/wav',
    'mp4': 'video/mp4',
    'patch': 'text/x-patch',
    'log': 'text/plain',
    'c': 'text/x-csrc',
    'tex': 'text/x-tex',
    'eml': 'message/rfc822',
    'pem': 'application/x-pem-file',
    'tar': 'application/x-tar',
}


def pool(directory, say=print):
    """[(path, name, media type)], made now unless they were made before."""
    os.makedirs(directory, exist_ok=True)
    done = os.path.join(directory, '.done')
    if not os.path.exists(done):
        missing = []
        for make in makers:
            try:
                make(directory)
            except (Missing, OSError, subprocess.SubprocessError) as error:
                missing.append(f'{make.__name__}: {error}')
        write(directory, '.done', '\n'.join(missing))
    for line in open(done, encoding='utf-8').read().splitlines():
        say('# left out of the documents: ' + line)
    names = sorted(name for name in os.listdir(directory) if not name.startswith('.') and not name.endswith(('.private', '.ms')))
    return [(os.path.join(directory, name), name, TYPES.get(name.rsplit('.', 1)[-1], 'application/octet-stream'))
            for name in names if os.path.isfile(os.path.join(directory, name))]
