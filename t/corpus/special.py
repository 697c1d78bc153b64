# SPDX-License-Identifier: GPL-2.0-or-later
"""Mail that few programs write and every server sees: batch mailers, patches, signed and encrypted mail, reports, list mail,
forwarded mail."""

import base64
import email
import email.policy
import os
import quopri
import re
import shutil
import subprocess
import tempfile
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import texts

HEAD = ((b'From: alice@ext.example\r\nTo: u@ours.example\r\nSubject: A letter\r\nDate: Sat, 03 Jan 2026 10:00:00 '
         b'+0000\r\nMessage-ID: <s@ext.example>\r\n'))


def run(command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=True, **more).stdout


def some(book, count):
    return book[::max(1, len(book) // count)][:count]


def handed_over(command_of, book, count):
    """Programs that hand a message to sendmail: ours keeps it."""
    with tempfile.TemporaryDirectory() as directory:
        sendmail = os.path.join(directory, 'sendmail')
        with open(sendmail, 'w', encoding='utf-8') as script:
            script.write(f'#!/bin/sh\ncat > {directory}/out\n')
        os.chmod(sendmail, 0o755)
        for letter in some(book, count):
            links = []
            for number, file in enumerate(letter['attachments']):
                links.append(os.path.join(directory, str(number), os.path.basename(file['name'])))
                os.makedirs(os.path.dirname(links[-1]))
                shutil.copy(file['path'], links[-1])
            subprocess.run(command_of(letter, links, sendmail), input=letter['text'].encode(), cwd=directory,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False,
                           env={**os.environ, 'HOME': directory, 'LC_ALL': 'C.UTF-8', 'EMAIL': 'alice@ext.example'})
            out = os.path.join(directory, 'out')
            if os.path.exists(out):  # some letters it does not take
                with open(out, 'rb') as kept:
                    yield kept.read()
                os.unlink(out)
            for link in links:
                shutil.rmtree(os.path.dirname(link))


def mutt(book, composed, files, rng):
    def command(letter, links, sendmail):
        attach = ['-a', *links, '--'] if links else ['--']
        return [
            'mutt', '-n', '-F', '/dev/null', '-e',
            f'set sendmail={sendmail} copy=no send_charset="us-ascii:{letter["charset"]}:utf-8" rfc2047_parameters={"yes" if letter["number"] % 2 else "no"}',
            '-s', letter['subject'], *attach, letter['to']
        ]

    yield from handed_over(command, book, 150)


def s_nail(book, composed, files, rng):
    def command(letter, links, sendmail):
        return [
            's-nail', '-:/', '-Sv15-compat', f'-Smta={sendmail}', '-Sfrom=alice@ext.example', '-s', letter['subject'],
            *[word for link in links for word in ('-a', link.replace(' ', '\\ '))], letter['to']
        ]

    yield from handed_over(
        command, [letter for letter in book if all(re.fullmatch(r'[\w.-]+', file['name']) for file in letter['attachments'])],
        100)


def swaks(book, composed, files, rng):
    for letter in some(book, 60):
        attach = [
            word for file in letter['attachments']
            for word in ('--attach-name', file['name'], '--attach-type', file['type'], '--attach', '@' + file['path'])
        ]
        text = run([
            'swaks', '--dump-mail', '--server', '127.0.0.1', '--to', letter['to'], '--from', letter['from'], '--header',
            'Subject: ' + letter['subject'], '--body', letter['text'].lstrip('-') or 'x', *attach
        ])
        yield text


def git_patches(book, composed, files, rng):
    with tempfile.TemporaryDirectory() as directory:
        git = lambda *words: run(['git', '-c', 'user.name=Jürgen', '-c', 'user.email=alice@ext.example', *words], cwd=directory,
                                 env={**os.environ, 'HOME': directory})
        git('init', '-q')
        for number, (name, subject, text) in enumerate(texts.ODD):
            with open(os.path.join(directory, f'{name}.txt'), 'w', encoding='utf-8') as file:
                file.write(text)
            with open(os.path.join(directory, 'mime.bin'), 'wb') as file:
                file.write(bytes(rng.randrange(256) for _ in range(300)))
            git('add', '.')
            git('commit', '-q', '-m', f'{subject}\n\nGrüße: {text[:200]}')
            for how in ([], ['--attach'], ['--inline']):
                yield git('format-patch', '-1', '--stdout', *how).split(b'\n', 1)[1]


def signed(book, composed, files, rng):
    with tempfile.TemporaryDirectory() as directory:
        key, certificate = os.path.join(directory, 'key'), os.path.join(directory, 'certificate')
        run([
            'openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out',
            certificate, '-days', '30', '-subj', '/CN=alice'
        ])
        for message in composed[:60]:
            body = re.sub(rb'(?im)^(?:From|To|Subject|Date|Message-ID|X-Mailer|MIME-Version):.*\r?\n(?:[ \t].*\r?\n)*', b'',
                          message.split(b'\n\n')[0].split(b'\r\n\r\n')[0] +
                          b'\n') + message[len(message.split(b'\n\n')[0].split(b'\r\n\r\n')[0]):]
            for how in ('-nodetach', '-text'):
                yield HEAD + run([
                    'openssl', 'smime', '-sign', '-signer', certificate, '-inkey', key,
                    *(['-nodetach'] if how == '-nodetach' else [])
                ], input=body.lstrip())
            yield HEAD + run(['openssl', 'cms', '-sign', '-signer', certificate, '-inkey', key], input=body.lstrip())


def pgp(book, composed, files, rng):
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o700)
        gpg = lambda *words, data=b'': run([
            'gpg', '--homedir', directory, '--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '', *words
        ], input=data)
        gpg('--quick-gen-key', 'alice@ext.example', 'ed25519', 'sign', 'never')
        armour = gpg('--armor', '--export', 'alice@ext.example')
        for letter in some(book, 40):
            text = letter['text'].encode()
            yield HEAD + b'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n' + gpg(
                '--clearsign', data=text)
            part = MIMEText(letter['text'], 'plain', 'utf-8')
            top = MIMEMultipart('signed', protocol='application/pgp-signature', micalg='pgp-sha512')
            signature = MIMEBase('application', 'pgp-signature', name='signature.asc')
            signature.set_payload(gpg('--armor', '--detach-sign', data=part.as_bytes().replace(b'\n', b'\r\n')).decode())
            top.attach(part)
            top.attach(signature)
            yield HEAD + top.as_bytes()
            keyed = MIMEMultipart()
            key = MIMEBase('application', 'pgp-keys', name='key.asc')
            key.set_payload(armour.decode())
            keyed.attach(part)
            keyed.attach(key)
            yield HEAD + keyed.as_bytes()
        subprocess.run(['gpgconf', '--homedir', directory, '--kill', 'all'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=False)


def reports(book, composed, files, rng):
    """As Postfix bounces, and receipts (RFC 3464, RFC 8098)."""
    for number, message in enumerate(composed[:60]):
        header = re.split(rb'\r?\n\r?\n', message)[0] + b'\r\n'
        returned = message if number % 2 else header
        kind = b'message/rfc822' if number % 2 else b'text/rfc822-headers'
        yield (
            b'Date: Sat,  3 Jan 2026 10:00:00 +0000 (UTC)\r\nFrom: MAILER-DAEMON@mx.ext.example (Mail Delivery System)\r\n'
            b'Subject: Undelivered Mail Returned to Sender\r\nTo: u@ours.example\r\nAuto-Submitted: auto-replied\r\n'
            b'MIME-Version: 1.0\r\n'
            b'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="4Xk2%d.1767434400/mx.ext.example"\r\n'
            b'Content-Transfer-Encoding: 8bit\r\nMessage-Id: <%d@mx.ext.example>\r\n\r\nThis is a MIME-encapsulated '
            b'message.\r\n\r\n'
            b'--4Xk2%d.1767434400/mx.ext.example\r\nContent-Description: Notification\r\nContent-Type: text/plain;'
            b' charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nThis is the mail system at host mx.ext.example.\r\n'
            b'\r\n<x@ext.example>: unknown user\r\n\r\n'
            b'--4Xk2%d.1767434400/mx.ext.example\r\nContent-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n'
            b'\r\nReporting-MTA: dns; mx.ext.example\r\n\r\nFinal-Recipient: rfc822; x@ext.example\r\nAction: failed\r\n'
            b'Status: 5.1.1\r\n\r\n'
            b'--4Xk2%d.1767434400/mx.ext.example\r\nContent-Description: Undelivered Message%s\r\nContent-Type: %s\r\n'
            b'Content-Transfer-Encoding: 8bit\r\n\r\n%s\r\n--4Xk2%d.1767434400/mx.ext.example--\r\n') % (
                number, number, number, number, number, b'' if number % 2 else b' Headers', kind, returned, number)
        yield HEAD + (
            b'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary="mdn"\r\n'
            b'\r\n--mdn\r\nContent-Type: text/plain\r\n\r\nYour message was displayed.\r\n--mdn\r\nContent-Type: message/disposition'
            b'-notification\r\n\r\n'
            b'Reporting-UA: x; y\r\nFinal-Recipient: rfc822;u@ours.example\r\nDisposition: manual-action/MDN-sent-manually;'
            b' displayed\r\n\r\n--mdn--\r\n')


def forwarded(book, composed, files, rng):
    for number, message in enumerate(composed[:120]):
        inner = email.message_from_bytes(message, policy=email.policy.compat32)
        top = MIMEMultipart('digest' if number % 5 == 0 else 'mixed')
        top.attach(MIMEMessage(inner) if number % 5 == 0 else MIMEText('See below.\n'))
        top.attach(MIMEMessage(inner))
        if number % 3 == 0:
            top.attach(MIMEMessage(email.message_from_bytes(composed[(number + 1) % len(composed)])))
        for _ in range(number % 4):
            outer = MIMEMultipart()
            outer.attach(MIMEText('Fwd\n'))
            top['Subject'] = 'Fwd: a letter'
            outer.attach(MIMEMessage(top))
            top = outer
        try:
            yield HEAD + top.as_bytes()
        except (UnicodeError, KeyError):
            continue


FOOTER = (b'\r\n_______________________________________________\r\nlist mailing list -- list@ext.example\r\nTo unsubscribe '
          b'send an email to list-leave@ext.example\r\n')


def list_mail(book, composed, files, rng):
    for number, message in enumerate(composed[:200]):
        head, _, body = message.replace(b'\r\n', b'\n').replace(b'\n', b'\r\n').partition(b'\r\n\r\n')
        extra = (b'List-Id: <list.ext.example>\r\nPrecedence: list\r\nReceived: from a (b [192.0.2.1])\r\n\tby mx.ext.example '
                 b'(Postfix) with ESMTP id 4Xk2;\r\n\tSat,  3 Jan 2026 10:00:00 +0000\r\n')
        content = [
            line for line in re.findall(rb'[^\r\n]+(?:\r\n[ \t][^\r\n]*)*', head)
            if line.lower().startswith((b'content-', b'mime-version'))
        ]
        rest = b'\r\n'.join(line for line in re.findall(rb'[^\r\n]+(?:\r\n[ \t][^\r\n]*)*', head) if line not in content)
        if number % 3 == 0:  # behind everything, whatever it is: what simple list software does
            yield extra + head + b'\r\n\r\n' + body + FOOTER
        elif number % 3 == 1:  # Mailman: the message becomes a part, the footer another
            inner = b'\r\n'.join(line for line in content if not line.lower().startswith(b'mime-version'))
            yield extra + rest + b'\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="===============%d=="\r\n\r\n--===============%d==\r\n' % (
                number, number
            ) + inner + b'\r\n\r\n' + body + ((
                b'\r\n--===============%d==\r\nContent-Type: text/plain; charset="us-ascii"\r\nMIME-Version: 1.0\r\nContent-Transfer-Enc'
                b'oding: 7bit\r\nContent-Disposition: inline\r\n') %
                                              number) + FOOTER + b'\r\n--===============%d==--\r\n' % number
        else:  # with the remark of an old gateway before the first part
            yield extra + head + b'\r\n\r\n' + (b'This is a multi-part message in MIME format.\r\n'
                                                if b'multipart/' in head.lower() else b'') + body


def bare(book, composed, files, rng):
    """No MIME at all, as scripts and old programs send it."""
    noise = bytes(rng.randrange(1, 256) for _ in range(600)).replace(b'\r', b'?').replace(b'\n', b'\r\n')
    for number, (name, subject, text) in enumerate(texts.ODD):
        plain = text.encode('utf-8', 'replace')
        yield HEAD.replace(b'A letter', subject.encode('ascii', 'replace').replace(b'\n', b' ')) + b'\r\n' + plain
        yield b'From: root@host\r\nTo: root\r\nSubject: %s\r\n\r\n' % name.encode() + plain
        yield HEAD + (
            b'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\r\nContent-Transfer-Encoding: '
            b'8bit\r\n\r\n') + plain
        yield HEAD + (
            b'MIME-Version: 1.0\r\nContent-Type: text/plain; charset="iso-8859-1"\r\nContent-Transfer-Encoding: quoted-printable\r\n'
            b'\r\n') + quopri.encodestring(plain)
    yield HEAD + b'\r\nA log with odd bytes:\r\n' + noise
    yield HEAD + b'\r\n'
    yield HEAD
    yield HEAD + b'MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n'
    yield HEAD + (b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n\r\nThe terminator is '
                  b'missing.\r\n')
    yield HEAD + (b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="x"\r\n\r\n--x\r\n\r\na\r\n--x\r\n'
                  b'Content-Type: text/html\r\n\r\n<b>a</b>\r\n--x--\r\n\r\n')


def by_hand(book, composed, files, rng):
    """What real programs write and few libraries do: other writings of names, lines and padding."""
    png = [file for file in files if file[1] == 'plain.png'][0]
    with open(png[0], 'rb') as file:
        data = file.read()
    names = [
        'filename=report.png', 'filename=my report.png', "filename*=ISO-8859-1''M%E4rz.png",
        "filename=\"M=?iso-8859-1?Q?=E4?=rz.png\"", 'filename="=?UTF-8?B?TcOkcnoucG5n?="', 'filename="M\xc3\xa4rz.png"',
        "filename=\"Maerz.png\"; filename*=utf-8''M%C3%A4rz.png", 'FileName="REPORT.PNG"',
        "filename*0=\"a rather long name \"; filename*1=\"of a picture.png\"",
        "filename*0*=utf-8''M%C3%A4rz%20; filename*1*=2026.png",
        'filename="report.png";\r\n size=100; creation-date="Sat, 03 Jan 2026 10:00:00 GMT"', 'filename="a; b.png"',
        'filename="a\\"b.png"', 'filename="report (1).png"', 'filename="C:\\\\Users\\\\a\\\\report.png"', 'filename=""'
    ]
    encodings = {
        '76': lambda: base64.encodebytes(data), '60': lambda: b'\n'.join(re.findall(b'.{1,60}', base64.b64encode(data))) + b'\n',
        'one line': lambda: base64.b64encode(data), 'no padding': lambda: base64.b64encode(data).rstrip(b'='),
        'empty line behind': lambda: base64.encodebytes(data) + b'\n\n',
        'blanks behind lines': lambda: base64.encodebytes(data).replace(b'\n', b' \n')
    }
    for name in names:
        for encode in encodings.values():
            for boundary, quoted in ((b'----=_NextPart_000_0001_01DC7C9A.12345678',
                                      True), (b'_004_AM0PR01MB1234AM0PR01MB1234eurp_', True), (b'Apple-Mail=_1234-5678', True),
                                     (b'000000000000abcdef', True), (b'=-=-=', True), (b'simple', False), (b'----------ABCDEF',
                                                                                                           True)):
                field = b'"%s"' % boundary if quoted else boundary
                if rng.random() < 0.75:
                    continue
                yield HEAD + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n\tboundary=%s\r\n\r\n' % field + ((
                    b'--%s\r\nContent-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n'
                    b'\r\nHello=2C=\r\n world\r\n\r\n--%s\r\nContent-Type: image/png;\r\n\tname="report.png"\r\nContent-Description: '
                    b'report.png\r\n') % (boundary, boundary)) + (
                        b'Content-Disposition: attachment; ' + name.encode('latin-1') +
                        b'\r\nContent-ID: <a@b>\r\nContent-Transfer-Encoding: base64\r\n\r\n') + encode().replace(
                            b'\n', b'\r\n') + b'\r\n--%s--\r\n' % boundary


MAKERS = {
    'mutt': mutt, 's-nail': s_nail, 'swaks': swaks, 'git': git_patches, 'openssl': signed, 'gpg': pgp, 'reports': reports,
    'forwarded': forwarded, 'list': list_mail, 'bare': bare, 'by hand': by_hand
}


def messages(book, composed, files, rng, say):
    for maker, make in MAKERS.items():
        try:
            for message in make(book, composed, files, rng):
                yield maker, message
        except (FileNotFoundError, subprocess.SubprocessError) as error:
            say(f'# {maker}: {error}'[:200])
