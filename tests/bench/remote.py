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


def rows(b):
    if not b.wants('other hosts') and not b.wants('Slurm'):
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
    m, count = b.machine, b.of(200, 40)
    numbers, env = m.lines(count), variables(place, 'PATH')
    ours = env + ' @ %s -S h1 -a %s -j8 /bin/true'
    peers = {name: Peer(env + ' @ %s -S h1 %s -a %s -j8 /bin/true' % (m.gnu, option, numbers), wall=bar)
             for name, option, bar in (('GNU parallel -S', '', 0.01), ('GNU parallel -S -M', '-M', 0.04)) if m.gnu}
    yield from b.compare('other hosts: %d x /bin/true, one host, -j8' % count, ours % (m.prun, numbers), peers, need=True)
    count = b.of(5000, 1000)
    numbers = m.lines(count)
    yield from b.compare('other hosts: %d x /bin/true, one host, -j8' % count, ours % (m.prun, numbers),
                         {'prun here': Peer('%s -a %s -j8 /bin/true' % (m.prun, numbers), wall=1.18)})
    os.unlink(numbers)


def slurm(b, place):
    m, count = b.machine, b.of(200, 40)
    numbers, env = m.lines(count), variables(place, 'PATH', 'SLURM_CONF')
    within = env + ' salloc -Q -N1 -n2 sh -c "@ %s"'
    yield from b.compare('Slurm: %d x /bin/true in an allocation, -j8' % count,
                         within % ('%s --slurm -a %s -j8 /bin/true' % (m.prun, numbers)),
                         {'srun for each': Peer(within % ('xargs -a %s -P8 -n1 srun --overlap -Q -N1 -n1 /bin/true'
                                                          % numbers), wall=0.05)})
    os.unlink(numbers)
