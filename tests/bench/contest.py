# SPDX-License-Identifier: ISC
"""Owns one comparison: prun and its peers take turns (A, B, C, A, B, C, ...), so
that what else the machine does, and how warm it is, falls on all alike.  A ratio
is taken within a turn; what is told is the median of all turns and the quartiles.

hyperfine is not used: it does all runs of one command before the next one's.
"""
import dataclasses
import statistics


@dataclasses.dataclass
class Peer:
    """command: for the shell, None: nothing is run.  seconds: added to the wall time
    that it takes; a peer that has some is an ideal, and its CPU time is not compared.
    wall, cpu: the bars, the ratios that prun should not be above."""
    command: str = None
    wall: float = None
    cpu: float = None
    seconds: float = 0


def sample_of(machine, peer):
    if peer.command is None:
        return None, peer.seconds
    sample = machine.measure(peer.command)
    return sample, sample.wall + peer.seconds


def compare(machine, work, ours, peers, turns, memory=None, rate=None):
    """The rows of a contest, one for each peer.  ours: prun's command.  peers: {name:
    Peer}.  memory: the bar in MiB.  rate: (amount, unit) of one run."""
    ours = Peer(ours)
    for peer in (ours, *peers.values()) if turns > 1 else (ours,):
        sample_of(machine, peer)        # files are in memory from now on
    mine, theirs = [], {name: [] for name in peers}
    for _ in range(turns):
        mine.append(sample_of(machine, ours)[0])
        for name, peer in peers.items():
            theirs[name].append(sample_of(machine, peer))
    rows = [row_of(work, mine, name, peers[name], theirs[name]) for name in peers]
    for row in rows or [row_of(work, mine, None, ours, [])]:
        row['memory_bar'] = memory
        if rate:
            row['note'] = '%.2f M%s/s' % (rate[0] / row['wall'] / 1e6, rate[1])
        yield row


def row_of(work, mine, name, peer, theirs):
    samples = [sample for sample, _ in theirs if sample]
    row = {'work': work, 'with': name, 'turns': len(mine), 'status': mine[0].status,
           'wall': middle(s.wall for s in mine), 'cpu': middle(s.cpu for s in mine),
           'memory': max(s.rss for s in mine), 'samples': mine}
    if theirs:
        row['peer_wall'] = middle(wall for _, wall in theirs)
        row['wall_ratio'] = spread([m.wall / wall for m, (_, wall) in zip(mine, theirs)])
        row['wall_bar'] = peer.wall
    if samples:
        row['peer_memory'] = max(s.rss for s in samples)
        row['peer_samples'] = samples
    if samples and not peer.seconds:
        row['peer_cpu'] = middle(s.cpu for s in samples)
        row['cpu_ratio'] = spread([m.cpu / max(s.cpu, 1e-6)
                                   for m, s in zip(mine, samples)])
        row['cpu_bar'] = peer.cpu
    return row


def middle(values):
    return statistics.median(values)


def spread(values):
    """[median, lower quartile, upper quartile]"""
    if len(values) == 1:
        values = values * 2
    low, median, high = statistics.quantiles(values, n=4, method='inclusive')
    return [median, low, high]
