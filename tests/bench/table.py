# SPDX-License-Identifier: ISC
"""Owns how rows look: aligned text for a terminal, Markdown to be pasted, JSON.  A
bar is shown with its verdict and changes nothing else."""
import json

HEAD = ('work', 'compared with', 'prun s', 'other s', 'wall', 'quartiles', 'bar',
        'CPU', 'quartiles', 'bar', 'MiB', 'other MiB', '')
WIDTHS = (52, 28, 8, 8, 6, 13, 13, 6, 13, 13, 6, 9, 0)
MARKDOWN_HEAD = ('work', 'compared with', 'wall time', 'bar', 'CPU time', 'bar',
                 'MiB, of the other', '')
# A run that was to end because its reader did.
QUIET_STATUS = (0, 141)


def number(value, form='%.2f'):
    return '' if value is None else form % value


def ratio_cells(ratio, bar):
    """The ratio, how far it varies, its bar."""
    cells = ['', '', '']
    if ratio:
        cells = [figures(ratio[0]), '%s-%s' % (figures(ratio[1]), figures(ratio[2])), '']
        if bar is not None:
            cells[2] = '%s, %s' % (number(bar), 'met' if ratio[0] <= bar else 'missed')
    return cells


def figures(ratio):
    return '%.3f' % ratio if ratio < 0.1 else '%.2f' % ratio


def notes(row):
    found = [row['note']] if row.get('note') else []
    if row.get('peer_wall') is None:
        found.append('CPU %.3f s' % row['cpu'])
    if row.get('memory_bar') and row['memory'] > row['memory_bar']:
        found.append('above %d MiB' % row['memory_bar'])
    if row['status'] not in QUIET_STATUS:
        found.append('status %d' % row['status'])
    return ', '.join(found)


def cells(row):
    return [row['work'], row['with'] or '',
            number(row['wall'], '%.3f'), number(row.get('peer_wall'), '%.3f'),
            *ratio_cells(row.get('wall_ratio'), row.get('wall_bar')),
            *ratio_cells(row.get('cpu_ratio'), row.get('cpu_bar')),
            number(row['memory'], '%.1f'), number(row.get('peer_memory'), '%.1f'),
            notes(row)]


def markdown_cells(row):
    """Fewer and wider ones: figures with their quartiles."""
    work, peer, wall, _, *ratios, mine, theirs, note = cells(row)
    for i in (0, 3):
        ratios[i] = ratios[i] and '%s (%s)' % (ratios[i], ratios[i + 1])
    return [work, peer or 'nothing: %s s' % wall, ratios[0], ratios[2], ratios[3], ratios[5],
            mine + (theirs and ', ' + theirs), note]


def text(texts, widths=WIDTHS):
    return '  '.join(t.ljust(w) for t, w in zip(texts, widths)).rstrip()


def text_series(series):
    widths = [max(len(name), 10) for name in series['head']]
    return '\n'.join(['', series['title'], text(series['head'], widths)] +
                     [text(row, widths) for row in series['rows']])


def markdown(head, rows):
    def line(texts):
        return '| %s |' % ' | '.join(t.replace('|', '\\|') for t in texts)
    return '\n'.join([line(head), '|%s' % (' --- |' * len(head))] +
                     [line(row) for row in rows])


def summary(results):
    """What stands above the table and below it."""
    above = ('%s; turns: %d, medians%s. Ratios are prun / other: below 1 prun takes '
             'less.' % (results['machine'], results['turns'],
                        ', few jobs (quick)' if results['quick'] else ''))
    below = ''
    if results['rows']:
        most = max(results['rows'], key=lambda row: row['memory'])
        below = 'Most memory: %.1f MiB (%s).' % (most['memory'], most['work'])
    if results['absent']:
        below += ' Not installed: %s.' % ', '.join(results['absent'])
    return above, below


def write(path, results):
    """path.md and path.json"""
    above, below = summary(results)
    parts = [above, markdown(MARKDOWN_HEAD, map(markdown_cells, results['rows'])), below]
    for series in results['series']:
        parts += [series['title'] + ':', markdown(series['head'], series['rows'])]
    with open(path + '.md', 'w') as file:
        print('\n\n'.join(parts), file=file)
    with open(path + '.json', 'w') as file:
        json.dump(results, file, indent=1)
