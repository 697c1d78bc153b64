# SPDX-License-Identifier: GPL-2.0-or-later
"""How mail programs decode broken base64 and quoted-printable, in a handful of models: what none of them decodes, no user gets."""

import base64
import re

ALPHABET = b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'


def _quanta(chars):
    chars = chars[:len(chars) // 4 * 4 + (len(chars) % 4 if len(chars) % 4 > 1 else 0)]
    return base64.b64decode(chars + b'=' * (-len(chars) % 4))


def _alphabet(text, extra=b''):
    return bytes(byte for byte in text if byte in ALPHABET + extra)


def base64_readings(text):
    yield _quanta(_alphabet(text))  # junk and '=' are passed over
    yield _quanta(_alphabet(text.split(b'=')[0]))  # the end is at the first '='
    yield b''.join(_quanta(_alphabet(chunk)) for chunk in re.split(rb'=+', text))  # each '=' ends a chunk
    yield b''.join(_quanta(_alphabet(line)) for line in re.split(rb'[\r\n]+', text))  # each line by itself
    yield _quanta(_alphabet(text.translate(bytes.maketrans(b'-_', b'+/'))))


def _hex(match):
    return bytes([int(match[1], 16)])


def qp_readings(text):
    for line_ends in (rb'\r?\n', rb'(?:\r\n|\r|\n)', rb'\r*\n'):
        soft = re.sub(rb'=[ \t]*' + line_ends, b'', text)
        for junk in (None, rb'=(?![0-9A-Fa-f]{2})', rb'=(?![0-9A-Fa-f]{2}).{0,2}', rb'=(?![0-9A-Fa-f]{2})[^\r\n]?', rb'\0'):
            clean = re.sub(junk, b'', soft, flags=re.DOTALL) if junk else soft
            yield re.sub(rb'=([0-9A-Fa-f]{2})', _hex, clean)


def decoded_by_one(encoding, text, data):
    readings = base64_readings if encoding == 'base64' else qp_readings
    return any(data in reading for reading in readings(text))


def no_client(encoding, text, data):
    return '' if decoded_by_one(encoding, text, data) else f'no mail program decodes this {encoding}'
