#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds what unpack_look saw (JSON lines on standard input) against DIR/index.jsonl of hostile.py or benign.py; prints TAP, one
line for each class or maker.

    (cd DIR && ls *.eml | unpack_look --database t/data/clamav) | judge.py DIR"""

import collections
import json
import os
import sys


def words_of(seen):
    """All that could be demanded of a look."""
    words = {'infected'} if seen['antivirus'] == 'infected' else set()
    for entry in seen['entries']:
        words.update(f'type:{kind}' for kind in entry['types'])
        words.update(f'ending:{ending}' for ending in entry['endings'])
        words.update(f'mark:{mark}' for mark in entry['marks'])
    return words


def named(seen):
    """What is enough, because nobody lets such mail pass for clean."""
    reasons = [f'ambiguous:{name}' for name in seen['ambiguities']] + [f'limit:{name}' for name in seen['limits']]
    if any('unreadable' in entry['marks'] for entry in seen['entries']):
        reasons.append('unreadable')
    if any('encrypted' in entry['marks'] for entry in seen['entries']):
        reasons.append('encrypted')
    return reasons + ([seen['antivirus']] if seen['antivirus'] in ('unscannable', 'error') else [])


def hostile(case, seen):
    """'found', 'named', or what went wrong."""
    if words_of(seen) & set(case['words']):
        return 'found'
    if named(seen):
        return 'named'
    return 'no client' if case['no_client'] else 'clean' if 'clean' in case['words'] else 'escape'


DENIED = set('exe elf macho com jar class apk msi msix dex deb rpm wasm pif scr cpl xll wll appref pyc swf js vbs '
             'encoded_script wsf hta bat ps1 sct reg inf shell autoit applescript chm hlp msc settingcontent '
             'diagcab python lnk url webloc scf search_ms library_ms desktop rdp theme iqy iso udf img vhd vhdx dmg '
             'wim vmdk qcow partial external_body'.split())


def benign(case, seen):
    """'fine', or all that an honest sender would be asked about."""
    wrong = named(seen)
    if seen['antivirus'] == 'infected':
        wrong.append('infected')
    for entry in seen['entries']:
        if not entry['is_attachment'] and not entry['in_archive']:
            continue
        denied = (set(entry['types']) | set(entry['endings'])) & DENIED
        wrong += ['denied:' + '+'.join(sorted(denied))] if denied else []
        wrong += ['mismatch'] if entry['mismatch'] else []
        wrong += ['disguised'] if 'disguised-name' in entry['marks'] else []
    return 'fine' if not wrong else ', '.join(sorted(set(wrong)))


def main():
    directory = sys.argv[1]
    with open(os.path.join(directory, 'index.jsonl'), encoding='utf-8') as index:
        cases = [json.loads(line) for line in index]
    seen = {look['file']: look for look in map(json.loads, sys.stdin)}
    results, examples, costs = collections.defaultdict(collections.Counter), [], []
    is_hostile = 'class' in cases[0]
    for case in cases:
        look = seen.get(case['file'])
        result = 'no answer' if look is None else hostile(case, look) if is_hostile else benign(case, look)
        results[case['class' if is_hostile else 'maker']][result] += 1
        costs.append(look['cpu_ms'] if look else 0)
        if result not in ('found', 'named', 'no client', 'clean', 'fine'):
            details = {**look['ambiguities'], **look['limits'], 'clamav': look['text']} if look else ''
            examples.append((
                f'# {case["file"]}: {result}: {case.get("variant", "")} {case.get("maker", case.get("class"))} {case.get("payload", "")}'
                f' {case.get("encoding", "")} {details}'))
    print('\n'.join(examples))
    total = collections.Counter()
    for number, (name, counts) in enumerate(sorted(results.items()), 1):
        good = sum(counts[key] for key in ('found', 'named', 'no client', 'clean', 'fine')) == sum(counts.values())
        print(f'{"ok" if good else "not ok"} {number} - {name}: ' + ', '.join(f'{count} {key}'
                                                                              for key, count in sorted(counts.items())))
        total.update(counts)
    print(f'1..{len(results)}')
    costs.sort()
    print(f'# {sum(total.values())} messages: ' + ', '.join(f'{count} {key}' for key, count in total.most_common(12)) +
          f'; CPU p50 {costs[len(costs) // 2]:.1f} ms, p99 {costs[len(costs) * 99 // 100]:.1f} ms, max {costs[-1]:.1f} ms')


if __name__ == '__main__':
    main()
