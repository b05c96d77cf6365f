# SPDX-License-Identifier: ISC
"""Owns the work that is compared, and the bars.  A case is a function that yields
rows; it is given a Bench, which knows the machine and how much time there is."""
import os
import random
import shutil
import subprocess
import sys

from contest import Peer


def exit_only(b):
    """The engine's own cost: a static program of one system call."""
    yield from many_jobs(b, b.of(5000, 1000), 'a static program', b.machine.tool('exit0'),
                         {'bare loop': 0.85, 'two bare loops': 1.45, 'xargs': 0.30,
                          'GNU parallel': 0.05})


def bin_true(b):
    yield from many_jobs(b, b.of(5000, 500), '/bin/true', '/bin/true',
                         {'bare loop': 0.97, 'xargs': 0.75, 'GNU parallel': 0.14})


def many_jobs(b, count, name, program, bars):
    m = b.machine
    numbers, loop = m.lines(count), m.tool('loop')
    # With an argument, as others give one: true(1) does more work then.
    commands = {'bare loop': '%s -j8 -n%d %s 1' % (loop, count, program),
                'two bare loops': '%s -j8 -n%d -p2 %s 1' % (loop, count, program),
                'xargs': m.xargs and 'xargs -a %s -P8 -n1 %s' % (numbers, program),
                'xe': m.xe and '%s -f %s -j8 %s' % (m.xe, numbers, program)}
    yield from b.compare('%s x %s, -j8' % (thousands(count), name),
                         '%s -a %s -j8 %s' % (m.prun, numbers, program),
                         with_bars(commands, bars))
    # Apart: it takes so long that other turns would lie far from each other.
    count = b.of(5000, 100)
    numbers = m.lines(count)
    items = ' '.join(str(i) for i in range(count))
    commands = {'GNU parallel': m.gnu and '%s -a %s -j8 %s' % (m.gnu, numbers, program),
                'moreutils parallel': m.moreutils and '%s -j8 %s -- %s' % (
                    m.moreutils, program, items)}
    yield from b.compare('%s x %s, -j8' % (thousands(count), name),
                         '%s -a %s -j8 %s' % (m.prun, numbers, program),
                         with_bars(commands, bars), need=True)
    os.unlink(numbers)


def with_bars(commands, bars):
    return {name: Peer(command, wall=bars.get(name))
            for name, command in commands.items() if command}


def shell_jobs(b):
    """Two lines of output for each job, in order and with tags."""
    m, count = b.machine, b.of(5000, 500)
    numbers = m.lines(count)
    line = "'echo {}; echo {} >&2' 2>%s" % os.devnull
    yield from b.compare("%s x sh -c 'echo {}; echo {} >&2', -j8 -k --tag" % thousands(count),
                         '%s -a %s -j8 -k --tag %s' % (m.prun, numbers, line),
                         {'xargs, no capture': Peer(
                             'xargs -a %s -P8 -I{} sh -c %s' % (numbers, line), wall=1.1)})
    os.unlink(numbers)


def one_job(b):
    """How long it takes to begin and to end: a runner for each job."""
    m = b.machine
    one, exit0 = m.lines(1), m.tool('exit0')
    for count, peers in (
            (b.of(500, 100), {'xargs': Peer(m.xargs, wall=1.3)}),
            (b.of(20, 5), {'GNU parallel': Peer(m.gnu)})):
        loop = '%s -n%d ' % (m.tool('loop'), count)
        for peer in peers.values():
            peer.command = peer.command and '%s %s -a %s %s' % (
                loop, peer.command, one, exit0)
        yield from b.compare('one job, %d times' % count,
                             '%s %s -a %s %s' % (loop, m.prun, one, exit0),
                             {name: peer for name, peer in peers.items() if peer.command},
                             need=True)
    os.unlink(one)


def sleepers(b):
    """Many at once: none is busy, and nor should the runner be."""
    m, jobs, count = b.machine, b.of(1000, 200), b.of(5000, 400)
    times, loop = m.path('times'), m.tool('loop')
    with open(times, 'w') as file:
        file.write('0.2\n' * count)
    sleep = shutil.which('sleep')
    ideal = 0.2 * count / jobs
    yield from b.compare(
        '%s x sleep 0.2, -j%d' % (thousands(count), jobs),
        '%s -a %s -j%d %s' % (m.prun, times, jobs, sleep),
        {'%g s + bare loop of sleep 0' % ideal: Peer(
            '%s -j8 -n%d %s 0' % (loop, count, sleep), wall=1.1, seconds=ideal),
         'bare loop': Peer('%s -j%d -n%d %s 0.2' % (loop, jobs, count, sleep)),
         'xargs': Peer('xargs -a %s -P%d -n1 %s' % (times, jobs, sleep), cpu=1.3)})
    os.unlink(times)


def books(b):
    """What it costs to keep a log and a table of results."""
    m, count = b.machine, b.of(100000, 5000)
    numbers = m.lines(count)
    run = '%s -a %s -j8 %%s %s' % (m.prun, numbers, m.tool('exit0'))
    yield from b.compare(
        '%s jobs, --joblog --results x.csv' % thousands(count),
        '@ ' + run % '--joblog log --results x.csv' + '; rm -f log x.csv',
        {'prun without': Peer(run % '', wall=1.1)})
    os.unlink(numbers)


def batches(b):
    m, count = b.machine, b.of(1000000, 200000)
    lines = m.lines(count)
    yield from b.compare('%s lines, -X true' % thousands(count),
                         '%s -X -a %s true' % (m.prun, lines),
                         {'xargs': Peer('xargs -a %s true' % lines, wall=1.1)})
    os.unlink(lines)


def templates(b):
    """The command language alone: nothing is started."""
    m, count = b.machine, b.of(10000000, 1000000)
    for form, command in (('%.0f', 'echo {}'), ('folder/%.0f.txt', 'echo {/.}'),
                          ('a,%.0f', '--colsep , echo {2}')):
        work = '%s lines, --dry-run %s' % (thousands(count), command)
        if b.wants(work):
            lines = m.lines(count, form)
            yield from b.compare(work, '%s --dry-run -a %s %s' % (m.prun, lines, command),
                                 {'3 million lines a second': Peer(
                                     seconds=count / 3e6, wall=1.0)},
                                 rate=(count, 'lines'))
            os.unlink(lines)


def expressions(b):
    """Code in Perl: one process evaluates it for all values."""
    m, count = b.machine, 2000  # the start of perl is not what counts
    lines, command = m.lines(count), "--dry-run -a %s echo '{= $_ = 2 * $_ + 1 =}'"
    yield from b.compare('%s lines, --dry-run {= $_ = 2 * $_ + 1 =}' % thousands(count),
                         m.prun + ' ' + command % lines,
                         with_bars({'GNU parallel': m.gnu and m.gnu + ' ' + command % lines},
                                   {'GNU parallel': 0.01}), need=True)
    os.unlink(lines)


def products(b):
    """The first of 10^10 jobs: the product is not made in advance."""
    m = b.machine
    few, many = m.path('few'), m.lines(100000)
    with open(few, 'w') as file:
        file.write('1\n')
    run = '@ %s -j2 echo {1} {2} :::: %%s %%s | head -n 1' % m.prun
    yield from b.compare('first of 100,000 x 100,000 jobs', run % (many, many),
                         {'1 x 1 job': Peer(run % (few, few))}, memory=32)
    os.unlink(many)


def captured(b):
    """Big output, to where it goes at full speed: plain cats are not captured."""
    m, size = b.machine, b.of(256, 48)
    big = m.path('big')
    with open(big, 'wb') as file:
        line = b''.join(b'%063d\n' % i for i in range(16384))
        for _ in range(size):
            file.write(line)
    files = ' '.join([big] * 4)
    plain = "sh -c 'cat {0} & cat {0} & cat {0} & cat {0} & wait'".format(big)
    places = [('a pipe', '@ %s | cat'), ('a file', '@ %s >target; rm target')]
    for where, form in b.of(places, places[:1]):
        for mode in ('--group', '-k', '--line-buffer', '-u'):
            yield from cats(b, '4 x cat %d MB, %s, to %s' % (size, mode, where), form,
                            mode, files, plain)
    os.unlink(big)


def cats(b, work, form, mode, files, plain):
    m = b.machine
    # Plain cats append, as otherwise each would overwrite what another wrote.
    # To a file they write without a pipe: no bar is for that.
    barred = mode != '-u' and form.endswith('cat')
    peers = {'4 plain cats': Peer(form.replace('>', '>>') % plain,
                                  wall=1.0 if barred else None, cpu=1.3 if barred else None)}
    yield from b.compare(work, form % ('%s -j4 %s cat ::: %s' % (m.prun, mode, files)),
                         peers, memory=32)
    if m.gnu and mode != '-u' and form.endswith('cat'):
        yield from b.compare(work, form % ('%s -j4 %s cat ::: %s' % (
            m.prun, mode, files)), {'GNU parallel': Peer(form % (
                '%s -j4 %s cat ::: %s' % (m.gnu, mode, files)))}, memory=32)


def streams(b):
    """--pipe of a file on stdin (F) and of a pipe (P), with M: plain cats."""
    m, size = b.machine, b.of(270, 48)
    big = lines_file(b, size)
    jobs = size * 10**6 // 2**20 + 1  # at --block 1M

    def sources(options, command):
        run = "%s -j2 --pipe %s '%s'" % (m.prun, options, command)
        return ('F', '@ %s <%s' % (run, big)), ('P', whole('cat %s | %s' % (big, run)))
    cats = whole('cat %s | cat >/dev/null' % big)
    empty = "%s -j2 -a %s -n1 'cat >/dev/null #'" % (m.prun, m.lines(jobs))
    halves = halves_of(big, size)
    for options, command, peer, name, bars in (
            ('--round-robin', 'cat >/dev/null', cats, 'cat | cat', ((.4, .55), (.8, 1.2))),
            ('--block 10M', 'cat >/dev/null', cats, 'cat | cat', ((.55, .85), (1.2, 1.9))),
            ('--block 1M', 'cat >/dev/null', empty, 'jobs that get nothing',
             ((1.2, 1.2), (1.7, 1.5))),
            ('--block 1M', 'gzip -1', halves.replace('JOB', 'gzip -1'),
             'hand-made halves', ((1.1, 1.06), (1.1, 1.06))),
            ('--block 10M', 'gzip -1', halves.replace('JOB', 'gzip -1'),
             'hand-made halves', ((None, None), (1.15, None)))):
        for (source, run), (wall, cpu) in zip(sources(options, command), bars):
            yield from b.compare('%s: %s %s, %d MB' % (source, options, command, size), run,
                                 {name: Peer(peer, wall=wall, cpu=cpu)}, memory=32)
    yield from b.compare('--pipepart --block -1 wc -l, %d MB' % size,
                         '%s -j2 --pipepart -a %s --block -1 wc -l' % (m.prun, big),
                         {'hand-made halves': Peer(halves.replace('JOB', 'wc -l'), wall=.6)})
    os.unlink(big)


def stream_log(b):
    """gzip of a log as web servers write it, which is less alike than the lines above.
    xargs has the same blocks as files that were cut before: what it takes, any runner
    must take to start as many gzip."""
    m, size = b.machine, b.of(270, 48)
    work = '%%s: --block 1M gzip -1, %d MB of an access log' % size
    if not any(b.wants(work % source) for source in 'FP'):
        return
    big, parts = access_log(b, size), m.path('parts')
    os.mkdir(parts)
    subprocess.run(['split', '-a4', '-C1M', big, os.path.join(parts, 'part')], check=True)
    names = m.path('names')
    with open(names, 'w') as file:
        file.writelines('%s/%s\n' % (parts, name) for name in sorted(os.listdir(parts)))
    run = "%s -j2 --pipe --block 1M 'gzip -1'" % m.prun
    peers = {'hand-made halves': Peer(halves_of(big, size).replace('JOB', 'gzip -1')),
             'xargs, files of 1 MiB': Peer('xargs -a %s -P2 -n1 gzip -1 -c' % names)}
    for source, command in (('F', '@ %s <%s' % (run, big)),
                            ('P', whole('cat %s | %s' % (big, run)))):
        yield from b.compare(work % source, command, peers, memory=32)
    shutil.rmtree(parts)
    os.unlink(names)
    os.unlink(big)


def halves_of(big, size):
    """Two jobs by hand, each of which reads half of the file."""
    half = size * 500000
    return whole('head -c %d %s | JOB & tail -c +%d %s | JOB; wait' % (
        half, big, half + 1, big))


def stream_records(b):
    """Many short records: what it costs to count them."""
    m, few, many = b.machine, b.of(1000000, 200000), b.of(10000000, 1000000)
    small, large = m.lines(few, name='few'), m.lines(many, name='many')
    # The bar is for an ordinary program, as in the work itself: a static one that does
    # nothing shows what prun adds to a start that costs next to nothing.
    for program, bar in (('/usr/bin/wc -l', 1.15), (m.tool('exit0'), None)):
        yield from b.compare('%s lines, --pipe -N1000 %s' % (
            thousands(few), 'wc -l' if bar else 'a static program'),
                             '@ %s -j2 --pipe -N1000 %s <%s' % (m.prun, program, small),
                             {'bare loop of it': Peer('@ %s -j2 -n%d %s </dev/null' % (
                                 m.tool('loop'), few // 1000, program), wall=bar, cpu=bar)})
    yield from b.compare('%s lines, --pipe --round-robin -N1000 wc -l' % thousands(many),
                         '@ %s -j2 --pipe --round-robin -N1000 wc -l <%s' % (m.prun, large),
                         {'cat | wc -l': Peer(whole('cat %s | wc -l' % large),
                                              wall=1.3, cpu=1.6)})
    yield from b.compare('%s lines, --pipe --shard 1 wc -l' % thousands(many),
                         '@ %s -j2 --pipe --shard 1 wc -l <%s' % (m.prun, large),
                         {'cat | wc -l': Peer(whole('cat %s | wc -l' % large), wall=3)})
    os.unlink(small)
    os.unlink(large)


def stream_tee(b):
    """All of a stream to three jobs."""
    m, size = b.machine, b.of(270, 48)
    big = lines_file(b, size)
    run = "%s --pipe --tee 'cat >/dev/null #' ::: 1 2 3" % m.prun
    tee = whole('cat %s | tee >(cat >/dev/null) >(cat >/dev/null) | cat >/dev/null' % big)
    for source, command, wall in (('F', '@ %s <%s' % (run, big), .35),
                                  ('P', whole('cat %s | %s' % (big, run)), .6)):
        yield from b.compare('%s: --tee to three cats, %d MB' % (source, size), command,
                             {'tee(1)': Peer(tee, wall=wall)})
    os.unlink(big)


def functions(b):
    """prun_workers: functions that do nothing, by two workers and by Python's."""
    ours = b.machine.tool('workers')
    python = '%s %s' % (sys.executable, os.path.join(os.path.dirname(
        os.path.abspath(__file__)), 'functions.py'))
    for name, count, flags, arguments, wall in (
            ('a map', b.of(3000000, 300000), '', '', .5),
            ('a map, one at a time', b.of(100000, 10000), '-c 1', '1', .33),
            ('a map, one at a time, workers of 100', b.of(30000, 3000), '-c 1 -r 100',
             '1 100', .25)):
        yield from b.compare('%s calls, %s' % (thousands(count), name),
                             '%s -n %d %s map' % (ours, count, flags),
                             {'multiprocessing.Pool': Peer('%s map %d %s' % (
                                 python, count, arguments), wall=wall)})
    count = b.of(20000, 2000)
    yield from b.compare('%s calls, each awaited' % thousands(count),
                         '%s -n %d apply' % (ours, count),
                         {'multiprocessing.Pool': Peer('%s apply %d' % (python, count),
                                                       wall=.2),
                          'bare pipes': Peer('%s -n %d pipe' % (ours, count), wall=1.43)})


def kept_shells(b):
    """--worker: an exported function, in shells that stay and in one shell a job."""
    m, count = b.machine, b.of(4000, 500)
    lines = m.lines(count)
    # All run their lines with bash: only bash knows the function.
    run = "PARALLEL_SHELL=%s @ bash -c 'f() { echo x$1; }; export -f f; exec %%s'" % (
        shutil.which('bash'))
    ours = run % ('%s %%s -j8 -a %s %%s' % (m.prun, lines))
    peers = {'prun without': ours % ('', 'f'),
             'xargs bash -c': m.xargs and run % (
                 'xargs -a %s -P8 -n1 bash -c \'"f \\$1"\' _' % lines)}
    for how, bars in (('shared', {'prun without': .033, 'xargs bash -c': .02}),
                      ('fork', {'prun without': .4})):
        rivals = {name: peers[name] for name in bars}
        yield from b.compare('%s calls of a function, --worker=%s' % (thousands(count), how),
                             ours % ('--worker=' + how, 'f'),
                             with_bars(rivals, bars))
    yield from b.compare('%s jobs that exit, --worker=shared' % thousands(count),
                         ours % ('--worker=shared', '"f {}; exit 0"'),
                         {'prun without': Peer(ours % ('', '"f {}; exit 0"'), wall=1.11)})
    os.unlink(lines)
    # Fewer calls would measure how long the shells take to start.
    count = b.of(2000, 100)
    lines = m.lines(count)
    ours = run % ('%%s -j8 -a %s f' % lines)
    yield from b.compare('%s calls of a function, --worker=shared' % thousands(count),
                         ours % (m.prun + ' --worker=shared'),
                         with_bars({'GNU parallel': m.gnu and ours % m.gnu},
                                   {'GNU parallel': .0067}), need=True)
    os.unlink(lines)


def kept_programs(b):
    """--worker-line, and what it costs to replace workers."""
    m, count = b.machine, b.of(10000, 500)
    lines = m.lines(count)
    program = '"import sys\nfor line in sys.stdin: print(line.strip())"'
    yield from b.compare('%s lines, --worker-line python3' % thousands(count),
                         '%s --worker-line -j8 -a %s %s -uc %s' % (
                             m.prun, lines, sys.executable, program),
                         with_bars({'GNU parallel --pipe -N1 --round-robin':
                                    m.gnu and "%s -j8 --pipe -N1 --round-robin %s -uc '%s' <%s" % (
                                        m.gnu, sys.executable, program, lines)},
                                   {'GNU parallel --pipe -N1 --round-robin': .125}))
    os.unlink(lines)
    lines = m.lines(b.of(50000, 10000))
    ours = '%s --shell bash --worker=shared %%s -j8 -a %s "x={}; echo"' % (m.prun, lines)
    yield from b.compare('%s jobs, --worker-recycle 1000' % thousands(b.of(50000, 10000)),
                         ours % '--worker-recycle 1000',
                         {'prun without': Peer(ours % '', wall=1.18)})
    os.unlink(lines)


def lines_file(b, megabytes):
    path = b.machine.path('stream')
    block = b''.join(b'%09d this is a line of a log, as they are: status=200\n' % i
                     for i in range(16393))
    with open(path, 'wb') as file:
        for _ in range(megabytes):
            file.write(block[:1000000].rpartition(b'\n')[0] + b'\n')
    return path


def access_log(b, megabytes):
    """Some clients and pages come often, most are rare; each run has the same."""
    path, r, lines, size, second = b.machine.path('access'), random.Random(1), [], 0, 0
    agents = (['Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/%d.0' % (n, n)
               for n in range(90, 120)] +
              ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like '
               'Gecko) Chrome/%d.0.%d.%d Safari/537.36' % (
                   r.randrange(90, 120), r.randrange(4000, 6000), r.randrange(200))
               for _ in range(60)] + ['curl/7.88.1', 'python-requests/2.28.1'])
    letters = 'abcdefghijklmnopqrstuvwxyz0123456789-'
    pages = ['/', '/index.html'] + ['/%s/%s' % (
        r.choice(('img', 'css', 'js', 'api/v1', 'articles', 'users', 'search')),
        ''.join(r.choices(letters, k=r.randrange(4, 24)))) for _ in range(3000)]
    clients = ['.'.join(str(r.randrange(1, 255)) for _ in range(4)) for _ in range(5000)]
    while size < megabytes * 100000:
        second += r.random() < 0.3
        page = pages[min(int(r.expovariate(1 / 200)), len(pages) - 1)]
        if page.startswith(('/search', '/api')):
            page += '?q=%x' % r.getrandbits(32)
        lines.append('%s - - [12/Mar/2026:%s +0000] "%s %s HTTP/1.1" %d %d "%s" "%s"\n' % (
            clients[min(int(r.expovariate(1 / 800)), 4999)],
            '%02d:%02d:%02d' % (second // 3600 % 24, second // 60 % 60, second % 60),
            r.choice(['GET'] * 9 + ['POST']), page,
            r.choice([200] * 12 + [304, 304, 404, 301, 500]), int(r.lognormvariate(8, 2)),
            r.choice(('-', '-', 'https://example.com' + pages[r.randrange(300)])),
            r.choice(agents)))
        size += len(lines[-1])
    block = ''.join(lines).encode()
    with open(path, 'wb') as file:
        for _ in range(10):
            file.write(block)
    return path


def whole(line):
    """A pipeline as one command, all of whose processes are measured."""
    return "bash -c '%s; wait'" % line.replace("'", "'\\''")


def thousands(number):
    return format(number, ',')


ALL = (exit_only, bin_true, shell_jobs, one_job, sleepers, books, batches, templates,
       expressions, products, captured, streams,
       stream_log, stream_records, stream_tee, functions, kept_shells, kept_programs)
