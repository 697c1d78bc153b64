#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes ordinary mail as DIR/NNNNN.eml and DIR/index.jsonl (file, maker): letters of letters.py, each composed by every mail program that is
installed, and what gateways, lists and people do to mail afterwards. Lines end in CRLF, as after SMTP. What is missing is named in a line that
begins with "#".

    benign.py [--seed N] [--letters N] [--pool DIR] DIR"""

import argparse
import email.mime.application
import email.mime.multipart
import email.mime.text
import email.policy
import json
import os
import random
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import documents
import letters as letter_book
import special
from email.message import EmailMessage
from email.headerregistry import Address

HERE = os.path.dirname(os.path.abspath(__file__))


def slurp(path):
    with open(path, 'rb') as file:
        return file.read()


def python_new(letter, policy=email.policy.SMTP):
    message = EmailMessage(policy=policy)
    message['From'] = Address(letter['from_name'], addr_spec=letter['from'])
    message['To'] = letter['to']
    message['Subject'] = letter['subject']
    message['Date'] = 'Sat, 03 Jan 2026 10:00:00 +0000'
    message['Message-ID'] = f'<{letter["number"]}@ext.example>'
    cte = letter['cte'] if letter['cte'] != '8bit' or policy.cte_type == '8bit' else None
    message.set_content(letter['text'], charset=letter['charset'], cte=cte or None)
    if letter['html']:
        message.add_alternative(letter['html'], subtype='html', charset=letter['charset'], cte=cte or None)
        html = message.get_payload()[1]
        for file in letter['attachments']:
            if file['cid']:
                html.add_related(slurp(file['path']), *file['type'].split('/'), cid=f'<{file["cid"]}>', filename=file['name'])
    for file in letter['attachments']:
        if file['cid'] and letter['html']:
            continue
        if file['type'] == 'message/rfc822':
            message.add_attachment(email.message_from_bytes(slurp(file['path']), policy=policy), filename=file['name'])
        else:
            message.add_attachment(slurp(file['path']), *file['type'].split('/'), filename=file['name'])
    return message.as_bytes()


def python_utf8(letter):
    return python_new(letter, email.policy.SMTPUTF8)


def python_old(letter):
    top = email.mime.multipart.MIMEMultipart()
    top['From'], top['To'] = letter['from'], letter['to']
    top['Subject'] = email.header.Header(letter['subject'], letter['charset'])
    top['Message-ID'] = f'<old{letter["number"]}@ext.example>'
    body = email.mime.multipart.MIMEMultipart('alternative') if letter['html'] else top
    body.attach(email.mime.text.MIMEText(letter['text'], 'plain', letter['charset']))
    if letter['html']:
        body.attach(email.mime.text.MIMEText(letter['html'], 'html', letter['charset']))
        top.attach(body)
    for file in letter['attachments']:
        part = email.mime.application.MIMEApplication(slurp(file['path']))
        name = file['name']
        if letter['number'] % 3 == 0:
            name = email.header.Header(name, 'utf-8').encode()  # an encoded word where RFC 2231 wants none: very common
        elif not name.isascii():
            name = ('utf-8', '', name)
        part.add_header('Content-Disposition', 'attachment', filename=name)
        top.attach(part)
    return top.as_bytes() if letter['attachments'] or letter['html'] else email.mime.text.MIMEText(
        letter['text'], 'plain', letter['charset']).as_bytes()


def in_python(compose):
    def produce(book, directory, _):
        for letter in book:
            try:
                message = compose(letter)
            except (UnicodeError, LookupError, ValueError):
                continue  # some charsets Python does not write
            with open(os.path.join(directory, f'{letter["number"]:05}.eml'), 'wb') as out:
                out.write(message)

    return produce


def by_program(*command):
    """A program that reads all letters and writes all messages."""
    def produce(book, directory, say):
        with tempfile.NamedTemporaryFile('w', suffix='.jsonl') as file:
            for letter in book:
                file.write(json.dumps(letter) + '\n')
            file.flush()
            try:
                done = subprocess.run([*command, file.name, directory], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                      check=False, text=True, errors='replace')
                for line in done.stdout.splitlines():
                    if line.startswith('#'):
                        say(line)
                if done.returncode != 0:
                    say(f'# {command[1]} ended with {done.returncode}')
            except FileNotFoundError:
                say(f'# not installed: {command[0]}')

    return produce


def gmime(book, directory, say):
    program = os.path.join(directory, 'send_gmime')
    try:
        flags = subprocess.run(['pkg-config', '--cflags', '--libs', 'gmime-3.0'], stdout=subprocess.PIPE, check=True,
                               text=True).stdout.split()
        subprocess.run(['cc', '-O1', os.path.join(HERE, 'send_gmime.c'), '-o', program, *flags], check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        say('# not installed: GMime')
        return
    records = []
    for letter in book:
        records += [
            os.path.join(directory, f'{letter["number"]:05}.eml'), letter['from'], letter['to'], letter['subject'],
            letter['charset'], letter['cte'], letter['text'], letter['html'] or ''
        ]
        for file in letter['attachments']:
            if file['type'] != 'message/rfc822':
                records += [file['path'], file['name'], file['type']]
        records.append('')
    subprocess.run([program], input=b''.join(record.replace('\0', '').encode() + b'\0' for record in records),
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    os.unlink(program)


PRODUCERS = {
    'python, new policy': in_python(python_new),
    'python, raw UTF-8': in_python(python_utf8),
    'python, old policy': in_python(python_old),
    'MIME::Entity': by_program('perl', os.path.join(HERE, 'send_perl.pl'), 'MIME::Entity'),
    'MIME::Lite': by_program('perl', os.path.join(HERE, 'send_perl.pl'), 'MIME::Lite'),
    'Email::MIME': by_program('perl', os.path.join(HERE, 'send_perl.pl'), 'Email::MIME'),
    'nodemailer': by_program('node', os.path.join(HERE, 'send_nodemailer.js')),
    'GMime': gmime,
}


class Writer:
    def __init__(self, directory):
        self.directory, self.count = directory, 0
        self.index = open(os.path.join(directory, 'index.jsonl'), 'w', encoding='utf-8')

    def add(self, maker, message):
        self.count += 1
        name = f'{self.count:05}.eml'
        with open(os.path.join(self.directory, name), 'wb') as out:
            out.write(message.replace(b'\r\n', b'\n').replace(b'\n', b'\r\n'))
        self.index.write(json.dumps({'file': name, 'maker': maker}) + '\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--letters', type=int, default=110)
    parser.add_argument('--pool', default='')
    parser.add_argument('directory')
    args = parser.parse_args()
    os.makedirs(args.directory, exist_ok=True)
    files = documents.pool(args.pool or os.path.join(args.directory, 'pool'))
    book = list(letter_book.letters(args.letters, files, args.seed))
    writer, rng, composed = Writer(args.directory), random.Random(args.seed), []
    for maker, produce in PRODUCERS.items():
        with tempfile.TemporaryDirectory() as directory:
            produce(book, directory, print)
            made = [slurp(os.path.join(directory, name)) for name in sorted(os.listdir(directory)) if name.endswith('.eml')]
        for message in made:
            writer.add(maker, message)
        composed += rng.sample(made, len(made) // 10)
    for maker, message in special.messages(book, composed, files, rng, print):
        writer.add(maker, message)
    print(f'{writer.count} messages')


if __name__ == '__main__':
    main()
