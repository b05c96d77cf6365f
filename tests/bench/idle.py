# SPDX-License-Identifier: ISC
"""Owns the row that is no contest: what prun does while a thousand jobs sleep, which
should be nothing.  Read from /proc, all threads of prun alone."""
import os
import re
import signal
import subprocess
import time

JOBS = 1000


def row(b):
    """One row, or none when it is not wanted."""
    work = '%s sleeping jobs, in %d s' % (format(JOBS, ','), b.of(5, 2))
    if not b.wants(work):
        return
    m = b.machine
    runner = subprocess.Popen([m.prun, '-j%d' % JOBS, 'sleep', ':::'] + ['1000'] * JOBS,
                              env=m.env, cwd=m.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_children(runner.pid)
        time.sleep(1)                   # what is begun by then is not idling
        yield watched(work, runner.pid, b.of(5, 2))
    finally:
        end(runner)


def wait_for_children(pid):
    deadline = time.monotonic() + 60
    while children(pid) < JOBS:
        if time.monotonic() > deadline:
            raise RuntimeError('only %d of %d jobs started' % (children(pid), JOBS))
        time.sleep(0.05)


def watched(work, pid, seconds):
    before = activity(pid)
    time.sleep(seconds)
    after = activity(pid)
    return {'work': work, 'with': None, 'turns': 1, 'status': 0, 'wall': seconds,
            'cpu': after[0] - before[0], 'memory': resident(pid),
            'memory_bar': 16, 'note': 'bar: no CPU, %d wake-ups' % (after[1] - before[1])}


def end(runner):
    """The second TERM is the one that does not wait."""
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
        runner.send_signal(number)
        try:
            runner.wait(15 if number == signal.SIGKILL else 5)
            return
        except subprocess.TimeoutExpired:
            pass


def tasks(pid, name):
    for task in os.listdir('/proc/%d/task' % pid):
        with open('/proc/%d/task/%s/%s' % (pid, task, name)) as file:
            yield file.read()


def children(pid):
    return sum(len(text.split()) for text in tasks(pid, 'children'))


def activity(pid):
    """(CPU seconds, voluntary context switches)"""
    cpu = sum(int(text.split()[0]) for text in tasks(pid, 'schedstat')) / 1e9
    return cpu, sum(int(re.search(r'^voluntary_ctxt_switches:\s*(\d+)', text, re.M).group(1))
                    for text in tasks(pid, 'status'))


def resident(pid):
    with open('/proc/%d/status' % pid) as file:
        return int(re.search(r'^VmRSS:\s*(\d+)', file.read(), re.M).group(1)) / 1024
