# SPDX-License-Identifier: GPL-2.0-or-later
"""What the mail programs are asked to send: letters as plain data, which each program puts into a message its own way."""

import random

import texts


def encodable(charsets, *parts):
    for charset in charsets:
        try:
            for part in parts:
                part.encode(charset)
        except (UnicodeEncodeError, LookupError):
            continue
        yield charset


def letters(count, files, seed):
    rng = random.Random(seed)
    languages = list(texts.LETTERS)
    small = [file for file in files if file[0].rsplit('.', 1)[-1] not in ('ttf', 'avi')]
    for number in range(count):
        language = languages[number % len(languages)]
        charsets, subject, text, base = texts.LETTERS[language]
        odd = texts.ODD[number // 3 % len(texts.ODD)] if number % 3 == 0 else None
        if odd:
            _, subject, text = odd
        usable = list(encodable(charsets, text, subject)) + ['utf-8']
        attachments = []
        for index in range(rng.choice((0, 0, 1, 1, 1, 2, 3, 5))):
            path, name, media_type = files[(number * 7 + index * 13) % len(files)] if index == 0 else rng.choice(small)
            ending = name[name.index('.'):] if name.count('.') == 1 else '.' + name.rsplit('.', 1)[-1]
            shown = rng.choice((name, base + ending, f'{base} ({index + 1}){ending}', name.upper(), name))
            attachments.append({
                'path': path, 'name': shown, 'type': rng.choice((media_type, media_type, 'application/octet-stream')), 'cid': None
            })
        pictures = [file for file in files if file[1].startswith(('photo.', 'plain.')) and file[2].startswith('image/')]
        html = texts.html_of(text, subject) if rng.random() < 0.5 else None
        if html and rng.random() < 0.4 and pictures:
            path, name, media_type = rng.choice(pictures)
            cid = f'image{number}@ext.example'
            html = texts.html_of(text, subject, [cid])
            attachments.insert(0, {'path': path, 'name': name, 'type': media_type, 'cid': cid})
        yield {
            'number': number, 'language': language, 'from': 'alice@ext.example', 'from_name': rng.choice(
                ('Alice Example', 'Jürgen Müller', '山田太郎', 'Example, Alice', '')), 'to': 'u@ours.example', 'subject': subject,
            'text': text, 'html': html, 'charset': rng.choice(usable), 'attachments': attachments, 'cte': rng.choice(
                ('', '', 'base64', 'quoted-printable', '8bit')), 'flowed': rng.random() < 0.1
        }
