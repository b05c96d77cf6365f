# SPDX-License-Identifier: ISC
"""Owns the tables for machines with more CPUs: how jobs per second grow with -j, and
with the threads that start them.  The limit beside it is what as many bare loops
do side by side.  Columns take turns, as in a contest."""
import contest


def tables(b):
    yield by_jobs(b)
    yield by_spawners(b)


def doubling(most):
    numbers, n = [], 1
    while n < most:
        numbers.append(n)
        n *= 2
    return numbers + [most]


def programs(b):
    """The limit of the engine and, when there is time, what people run at the least."""
    static = ('a static program', b.machine.tool('exit0'))
    return [static] if b.quick else [static, ('/bin/true', '/bin/true')]


def rates(b, count, commands):
    """Jobs per second of each command, medians of turns."""
    walls = [[] for _ in commands]
    for _ in range(b.turns):
        for wall, command in zip(walls, commands):
            wall.append(b.machine.measure(command).wall)
    return ['%.0f' % (count / contest.middle(wall)) for wall in walls]


def by_jobs(b):
    m, count = b.machine, b.of(5000, 1000)
    numbers, rows = m.lines(count), []
    for jobs in doubling(2 * m.cpus):
        commands = []
        for _, program in programs(b):
            commands += ['%s -a %s -j%d %s' % (m.prun, numbers, jobs, program),
                         '%s -j%d -n%d -p%d %s 1' % (m.tool('loop'), jobs, count,
                                                   min(jobs, m.cpus), program)]
        rows.append(['%d' % jobs] + rates(b, count, commands))
    return {'title': 'Jobs per second by -j (%d CPUs)' % m.cpus, 'rows': rows,
            'head': ['-j'] + [head for name, _ in programs(b)
                              for head in (name, 'bare loops')]}


def by_spawners(b):
    m, count = b.machine, b.of(5000, 1000)
    rows = []
    for name, spawners in ([('none', -1)] + [('%d' % n, n) for n in doubling(m.cpus)] +
                           [('automatic', 0)]):
        rows.append([name] + rates(b, count, [
            '%s -j%d -n%d -s%d %s 1' % (m.tool('pool'), 2 * m.cpus, count, spawners, program)
            for _, program in programs(b)]))
    return {'title': 'Jobs per second by spawner threads, -j%d' % (2 * m.cpus),
            'rows': rows, 'head': ['spawners'] + [name for name, _ in programs(b)]}
