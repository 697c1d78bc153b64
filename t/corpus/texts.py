# SPDX-License-Identifier: GPL-2.0-or-later
"""What ordinary people and programs write: letters in many languages with the charsets they are sent in, and texts that look odd
and are not."""

import base64
import random

# language: charsets beside UTF-8, subject, letter, a file's name without its ending
LETTERS = {
    'english': (['us-ascii', 'iso-8859-1', 'windows-1252'], 'Minutes of our meeting',
                'Dear all,\n\nplease find the minutes attached. Comments until Friday, please.\n\nKind regards\nAlice\n',
                'Minutes (final) v2'),
    'german': (['iso-8859-1', 'iso-8859-15', 'windows-1252'], 'Rechnung für März',
               ('Sehr geehrte Damen und Herren,\n\nanbei die Rechnung über 1.234,56 für März. Bitte prüfen Sie die Beträge.\n\n'
                'Mit freundlichen Grüßen\nJürgen Müller\n'), 'Rechnung März 2026'),
    'french': (['iso-8859-1', 'iso-8859-15'], 'Réunion de l’équipe',
               'Bonjour,\n\nvous trouverez ci-joint le compte rendu de la réunion à Besançon.\n\nCordialement,\nFrançois\n',
               'Compte rendu réunion été'),
    'spanish': (['iso-8859-1'], 'Informe del año',
                'Hola:\n\nadjunto el informe del año. ¿Puedes revisarlo mañana?\n\nUn saludo,\nÍñigo\n', 'Informe año 2025'),
    'polish': (['iso-8859-2', 'windows-1250'], 'Zażółć gęślą jaźń',
               'Dzień dobry,\n\nw załączeniu przesyłam umowę. Proszę o podpis.\n\nPozdrawiam\nŁukasz\n', 'Umowa źródłowa'),
    'czech': (['iso-8859-2', 'windows-1250'], 'Příliš žluťoučký kůň',
              'Dobrý den,\n\nv příloze posílám smlouvu.\n\nS pozdravem\nJiří\n', 'Smlouva o dílo č. 7'),
    'russian': (['koi8-r', 'windows-1251', 'iso-8859-5'], 'Отчёт за квартал',
                'Добрый день!\n\nВо вложении отчёт за квартал. Просьба проверить до пятницы.\n\nС уважением,\nИван\n',
                'Отчёт за квартал'),
    'ukrainian': (['koi8-u', 'windows-1251'], 'Запрошення на зустріч',
                  'Доброго дня!\n\nНадсилаю запрошення на зустріч.\n\nЗ повагою,\nОлена\n', 'Запрошення'),
    'greek': (['iso-8859-7',
               'windows-1253'], 'Πρόσκληση', 'Καλημέρα,\n\nσας στέλνω την πρόσκληση.\n\nΜε εκτίμηση\nΝίκος\n', 'Πρόσκληση'),
    'turkish': (['iso-8859-9', 'windows-1254'], 'Toplantı tutanağı',
                'Merhaba,\n\ntoplantı tutanağı ektedir.\n\nSaygılar\nİbrahim\n', 'Toplantı tutanağı'),
    'japanese': (['iso-2022-jp', 'shift_jis',
                  'euc-jp'], '見積書の件', 'お世話になっております。\n\n見積書を添付いたしました。ご確認ください。\n\nよろしくお願いいたします。\n山田\n', '見積書'),
    'chinese': (['gb18030', 'gb2312', 'gbk'], '会议纪要', '您好：\n\n附件是会议纪要，请查收。\n\n此致\n王小明\n', '会议纪要'),
    'taiwanese': (['big5'], '報價單', '您好：\n\n附上報價單，請查收。\n\n陳大文\n', '報價單'),
    'korean': (['euc-kr', 'iso-2022-kr'], '견적서', '안녕하세요.\n\n견적서를 첨부합니다. 확인 부탁드립니다.\n\n김철수\n', '견적서'),
    'hebrew': (['iso-8859-8', 'windows-1255'], 'דוח חודשי', 'שלום,\n\nמצורף הדוח החודשי.\n\nבברכה\nדוד\n', 'דוח חודשי'),
    'arabic': (['iso-8859-6', 'windows-1256'], 'تقرير', 'مرحبا\n\nمرفق التقرير الشهري.\n\nمع التحية\n', 'تقرير'),
    'thai': (['tis-620'], 'รายงานการประชุม', 'สวัสดีครับ\n\nแนบรายงานการประชุมมาให้ครับ\n', 'รายงาน'),
    'hindi': ([], 'बैठक का विवरण', 'नमस्ते,\n\nबैठक का विवरण संलग्न है।\n\nधन्यवाद\n', 'विवरण'),
}

PATCH = '''diff --git a/mime.c b/mime.c
index 83db48f..bf2a0c1 100644
--- a/mime.c
+++ b/mime.c
@@ -10,7 +10,9 @@ static int split(struct part *part)
 \tif (strncmp(line, "--", 2) == 0)
-\t\treturn find_boundary(line + 2);
+\t\treturn find_boundary(part, line + 2);	/* --boundary */
+\tputs("Content-Type: multipart/mixed; boundary=\\"b1\\"");
+\tputs("Content-Transfer-Encoding: base64");
 \treturn 0;
 }
--
2.39.5
'''


def _odd():
    rng = random.Random(5)
    noise = bytes(rng.randrange(256) for _ in range(900))
    blob = base64.b64encode(noise).decode()
    yield 'cron', 'Cron <root@host> test -x /usr/sbin/anacron', (
        '/etc/cron.daily/logrotate:\nerror: skipping "/var/log/a" because parent directory has insecure permissions\n'
        'run-parts: /etc/cron.daily/logrotate exited with return code 1\n')
    yield 'log', 'Logwatch for host', ''.join(
        f'Jan  3 10:{i:02}:00 host sshd[{i}]: Failed password for invalid user a\\x{i:02x}=\x1b[0m from 192.0.2.{i}\n'
        for i in range(60))
    yield 'patch', '[PATCH] mime: find the boundary of the right part', PATCH
    yield 'mime example', 'Re: your broken message', (
        'You sent this:\n\n    From: a@b\n    Content-Type: multipart/mixed; boundary="b1"\n\n    --b1\n    Content-Type: '
        'text/plain\n\n    hello\n    --b1--\n\nand the last line is wrong.\n')
    yield 'mime example, not indented', 'What is wrong here?', (
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b1"\n\n--b1\nContent-Type: text/plain\n\n'
        'hello\n--b1--\n\nThat is what I get.\n')
    yield 'base64', 'The key you wanted', 'Here is the blob:\n\n' + '\n'.join(blob[i:i + 64]
                                                                              for i in range(0, len(blob), 64)) + '\n\nBye\n'
    yield 'base64 in one line', 'Token', f'token={blob[:400]}\n'
    yield 'ssh key', 'My key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI' + blob[:43] + ' alice@host\n'
    yield 'pgp key', 'My new key', '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n' + '\n'.join(
        blob[i:i + 64] for i in range(0, 640, 64)) + '\n=aB3d\n-----END PGP PUBLIC KEY BLOCK-----\n'
    yield 'certificate', 'Certificate', '-----BEGIN CERTIFICATE-----\n' + '\n'.join(
        blob[i:i + 64] for i in range(0, 640, 64)) + '\n-----END CERTIFICATE-----\n'
    yield 'equals', 'Results', 'Summary\n=======\n\na=1 b=2 c=3D x==y z=41\n--\nAlice\n-- \nsecond signature\n'
    yield 'dashes', 'Table', '--------------------\n| a | b |\n--------------------\n--a\n--b--\n-- \nAlice\n'
    yield 'viruses', 'Warning about viruses', (
        'The EICAR test file is harmless. Subject lines such as "invoice.pdf.exe" are a sign of malware; do not '
        'open a.scr or b.js.\nbegin of the end: be careful.\n')
    yield 'begin', 'How we begin', 'begin 2026 with a plan\nend it well\n\nbegin 644 is how uuencoded files start, they say\n'
    yield 'uu explained', 'uuencode', 'A uuencoded file starts with "begin 644 name" and ends with "end".\nbegin with care\nend\n'
    yield 'flowed', 'Long text', (
        'This is a text that is \nflowed over several lines \nand goes on.\n\n> quoted text \n> goes on\n\nFrom '
        'here on\n>From there\n.\n..\n')
    yield 'html as text', 'HTML question', 'Why does <script>alert(1)</script> or <a href="data:text/plain;base64,aGVsbG8=">this</a> not work?\n'
    yield 'from', 'Moving', 'From next week on we are in the new house.\nFrom: means sender.\nTo be honest: I do not know.\n'
    yield 'long line', 'Long', 'word ' * 3000 + '\n'
    yield 'empty', 'Empty', ''
    yield 'one letter', '', 'x'
    yield 'no line end', 'x', 'no line end here'
    yield 'urls', 'Links', 'https://ext.example/?q=%20a%3Dexe&file=invoice.exe\nhttps://ext.example/' + 'a' * 300 + '\n'
    yield 'table', 'Numbers', '\n'.join('\t'.join(str(i * j) for j in range(12)) for i in range(40)) + '\n'
    yield 'diffstat', '[GIT PULL] fixes', (
        ' mime.c | 12 ++++++------\n parse/multipart.c |  3 +++\n 2 files changed, 9 insertions(+), 6 deletions(-)\n\n'
        ' =2E\n')
    yield 'source', 'C code', (
        '#!/bin/sh\n# a script in a letter\necho "hello" | base64 -d > /tmp/x\n\nint main(void) { return 0; }\n'
        '@echo off\n')
    yield 'powershell', 'How to', (
        'Run this:\n\npowershell -Command "Get-Process | Sort CPU"\n\nor Set x = CreateObject("WScript.Shell") '
        'in a macro.\n')
    yield 'json', 'API answer', '{"name": "a", "data": "' + blob[:200] + '", "list": [1, 2, 3]}\n'
    yield 'xml', 'Export', '<?xml version="1.0"?>\n<list><item id="1">a</item></list>\n'
    yield 'signature dashes', 'Hello', 'Hello,\n\ngood bye\n\n-- \nAlice Example\n------_=_NextPart_\n'
    yield 'quoted message', 'Fwd: hello', (
        '-----Original Message-----\nFrom: Bob <bob@ext.example>\nSent: Monday\nTo: Alice\nSubject: hello\nContent-Type: '
        'text/plain\n\n> hi\n')
    yield 'percent', 'Discount', '50%=half; 100% = all, 20=twenty\n=\n= =\n==\n'


ODD = list(_odd())


def html_of(text, title, images=()):
    rows = ''.join(f'<p style=3D>{line}</p>\n'.replace('=3D', '="margin:0"')
                   for line in text.replace('&', '&amp;').replace('<', '&lt;').split('\n'))
    shown = ''.join(f'<img src="cid:{cid}" alt="" width="40">' for cid in images)
    return (f'<!DOCTYPE html>\n<html><head><title>{title}</title><style>p {{ font-family: sans-serif }} @media (max-width: '
            f'600px) {{ p {{ width: 100% }} }}</style></head>\n'
            f'<body bgcolor="#ffffff"><table width="600"><tr><td>{shown}\n{rows}<a href="https://ext.example/?a=1&amp;'
            f'b=2">More</a></td></tr></table></body></html>\n')
