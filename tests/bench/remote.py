# SPDX-License-Identifier: ISC
"""Owns the work on other machines, which stand on this one: see remote_places.  Where
sshd or Slurm are not installed there is none."""
import atexit
import os
import shutil
import sys
import tempfile

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))

import remote_places    # noqa: E402
from contest import Peer    # noqa: E402


def titles(b):
    """What each kind of work is called."""
    return {'short': 'other hosts: %d x /bin/true, one host, -j8' % b.of(1000, 40),
            'many': 'other hosts: %d x /bin/true, one host, -j8' % b.of(5000, 1000),
            'output': 'other hosts: %d MB of output of one job' % b.of(100, 30),
            'files': 'other hosts: %d files of 20 kB there and back, -j8' % b.of(30, 5),
            'far': 'other hosts: %d x /bin/true, 50 ms away, -j8' % b.of(2000, 400),
            'slurm': 'Slurm: %d x /bin/true in an allocation, -j8' % b.of(1000, 40)}


def rows(b):
    if not any(b.wants(title) for title in titles(b).values()):
        return
    # Not in the machine's folder, which is gone when they are ended.
    top = tempfile.mkdtemp(prefix='prun-bench-remote.')
    atexit.register(shutil.rmtree, top, True)
    for place in remote_places.places(top, b.machine.prun):
        yield from (ssh if isinstance(place, remote_places.Sshd) else slurm)(b, place)


def variables(place, *names):
    env = place.environment()
    return ' '.join("%s='%s'" % (name, env[name]) for name in names)


def ssh(b, place):
    """GNU parallel takes a minute and a half for 1,000 jobs, so it has one turn."""
    m, count = b.machine, b.of(1000, 40)
    numbers, env = m.lines(count), variables(place, 'PATH')
    ours = env + ' @ %s -S h1 -a %s -j8 /bin/true'
    peers = {name: Peer(env + ' @ %s -S h1 %s -a %s -j8 /bin/true' % (m.gnu, option, numbers), wall=bar)
             for name, option, bar in (('GNU parallel -S', '', 0.01), ('GNU parallel -S -M', '-M', 0.04)) if m.gnu}
    yield from b.compare(titles(b)['short'], ours % (m.prun, numbers), peers, need=True,
                         turns=1)
    count = b.of(5000, 1000)
    numbers = m.lines(count)
    yield from b.compare(titles(b)['many'], ours % (m.prun, numbers),
                         {'prun here': Peer('%s -a %s -j8 /bin/true' % (m.prun, numbers), wall=1.18)})
    os.unlink(numbers)
    yield from ssh_output(b, env)
    yield from ssh_files(b, env)
    yield from ssh_far(b)


def ssh_output(b, env):
    m, size = b.machine, b.of(100, 30)
    if not b.wants(work := titles(b)['output']):
        return
    path = m.path('output')
    with open(path, 'wb') as file:
        for _ in range(size):
            file.write(os.urandom(1000000))
    yield from b.compare(work, '%s @ %s -S h1 cat ::: %s' % (env, m.prun, path),
                         {'ssh h1 cat': Peer('%s @ ssh h1 cat %s' % (env, path), wall=1.15)})
    os.unlink(path)


def ssh_files(b, env):
    """
    The files lie below a folder of the user's that has no other name like it, and go again.
    GNU parallel moves them by rsync; without that it fails at once.
    """
    count = b.of(30, 5)
    if not b.wants(work := titles(b)['files']):
        return
    m, name = b.machine, 'prun-bench-files.%d' % os.getpid()
    os.mkdir(m.path(name))
    paths = ['%s/%d' % (name, i) for i in range(count)]
    for path in paths:
        with open(m.path(path), 'wb') as file:
            file.write(os.urandom(20000))
    with open(m.path('files'), 'w') as file:
        file.writelines(path + '\n' for path in paths)
    command = env + " @ %s -S h1 %s -a files -j8 --trc {}.out 'cp {} {}.out'"
    yield from b.compare(work, command % (m.prun, ''),
                         {name: Peer(command % (m.gnu, option), wall=bar) for name, option, bar in
                          (('GNU parallel -S', '', 0.1), ('GNU parallel -S -M', '-M', 0.5))
                          if m.gnu and shutil.which('rsync')}, need=True)
    shutil.rmtree(m.path(name))


def ssh_far(b):
    """A line of 50 ms there and back.  Nothing is sent ahead where a job must know its slot."""
    m, count = b.machine, b.of(2000, 400)
    if not b.wants(work := titles(b)['far']):
        return
    numbers, build = m.lines(count), os.path.dirname(m.prun)
    line = '@ %s --via "%s/helper/delay 25 env PATH=%s:%s" -S 8/far -a %s -j8 /bin/true' % (
        m.prun, build, build, os.environ['PATH'], numbers)
    yield from b.compare(work, line, {'nothing sent ahead': Peer(line + ' {} {%}', wall=0.17)})
    os.unlink(numbers)


def slurm(b, place):
    m, count = b.machine, b.of(1000, 40)
    numbers, env = m.lines(count), variables(place, 'PATH', 'SLURM_CONF')
    within = env + ' salloc -Q -N1 -n2 sh -c "@ %s"'
    yield from b.compare(titles(b)['slurm'],
                         within % ('%s --slurm -a %s -j8 /bin/true' % (m.prun, numbers)),
                         {'srun for each': Peer(within % ('xargs -a %s -P8 -n1 srun --overlap -Q -N1 -n1 /bin/true'
                                                          % numbers), wall=0.05)}, turns=3)
    os.unlink(numbers)
