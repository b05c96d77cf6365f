# SPDX-License-Identifier: ISC
"""Owns what the benchmark stands on: the programs, where they are, a folder for
files, and the watch that times one command.  Knows no case and no table."""
import collections
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import time

# One run took so many seconds, so much CPU with what it waited for; the greatest
# resident size of any of its processes in MiB; the exit status.
Sample = collections.namedtuple('Sample', 'wall cpu rss status')

# Nothing here takes that long; what does hangs.
PATIENCE = 600


class Machine:
    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.folder = tempfile.mkdtemp(prefix='prun-bench.')
        self.prun = os.path.join(self.build, 'prun')
        self.cpus = len(os.sched_getaffinity(0))
        self.env = environment(self.folder)
        self.gnu, self.moreutils = find_parallels(self.env)
        self.xe = shutil.which('xe')
        self.xargs = shutil.which('xargs')

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def absent(self):
        peers = {'xargs': self.xargs, 'xe': self.xe, 'GNU parallel': self.gnu,
                 'moreutils parallel': self.moreutils}
        return [name for name, path in peers.items() if not path]

    def about(self):
        return '%s, %d CPUs, Linux %s, %s' % (
            platform.machine(), self.cpus, platform.release(),
            time.strftime('%Y-%m-%d %H:%M'))

    def tool(self, name):
        return os.path.join(self.build, 'bench', name)

    def path(self, name):
        return os.path.join(self.folder, name)

    def lines(self, count, form='%.0f', name='lines'):
        """A file of so many numbered lines; the caller unlinks it."""
        path = self.path(name)
        with open(path, 'w') as file:
            subprocess.run(['seq', '-f', form, str(count)], stdout=file, check=True)
        return path

    def measure(self, command):
        """Run a shell command, whose timed part begins at @: a Sample."""
        result, said = self.path('measured'), self.path('stderr')
        if os.path.exists(result):
            os.unlink(result)
        if '@' not in command:
            command = '@ ' + command
        line = command.replace('@', '%s %s' % (self.tool('measure'), result))
        with open(said, 'w') as stderr:
            self.run(line, stderr)
        try:
            with open(result) as file:
                wall, user, system, rss, status = file.read().split()
        except (OSError, ValueError):
            with open(said, errors='replace') as file:
                raise RuntimeError('%s: %s' % (command, file.read(500)))
        return Sample(float(wall), float(user) + float(system), int(rss) / 1024,
                      int(status))

    def run(self, line, stderr):
        shell = subprocess.Popen(['/bin/sh', '-c', line], cwd=self.folder, env=self.env,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=stderr, start_new_session=True)
        try:
            shell.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise RuntimeError('%s: still runs after %d s' % (line, PATIENCE))
        finally:
            if shell.returncode is None:
                os.killpg(shell.pid, signal.SIGKILL)
                shell.wait()


def environment(home):
    """The same for all: nobody's settings, one shell, no citation notice."""
    env = dict(os.environ, HOME=home, TMPDIR=home, LC_ALL='C', SHELL='/bin/sh',
               PARALLEL_SHELL='/bin/sh')
    for name in ('PARALLEL', 'PRUN', 'BASH_ENV', 'ENV', 'XDG_CONFIG_HOME',
                 'PARALLEL_HOME', 'MAKEFLAGS', 'MFLAGS'):
        env.pop(name, None)
    os.makedirs(os.path.join(home, '.parallel'))
    open(os.path.join(home, '.parallel/will-cite'), 'w').close()
    return env


def find_parallels(env):
    """GNU parallel and moreutils': either may be the one that is called parallel."""
    gnu = moreutils = None
    for path in (os.environ.get('GNU_PARALLEL'), shutil.which('parallel'),
                 '/usr/bin/parallel', '/usr/bin/parallel.moreutils'):
        if not path or not os.path.exists(path):
            continue
        said = subprocess.run([path, '--version'], capture_output=True, env=env,
                              stdin=subprocess.DEVNULL)
        if b'GNU parallel' in said.stdout:
            gnu = gnu or path
        elif said.returncode != 0 and b'parallel' in said.stderr:
            moreutils = moreutils or path
    return gnu, moreutils
