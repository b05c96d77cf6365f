# SPDX-License-Identifier: ISC
"""Owns what stands for other machines on this one: a private sshd with the hosts h1 and
h2, a private Slurm with the nodes n1 and n2.  Knows neither tests nor benchmarks."""
import atexit
import os
import shutil
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def found(*names):
    path = os.environ['PATH'] + ':/usr/sbin:/sbin'
    return all(shutil.which(name, path=path) for name in names)


class Sshd:
    victims = ('prun', 'ssh', 'session', 'agent')

    def __init__(self, top, prun):
        self.top, self.prun = top, prun
        os.makedirs(top + '/bin')
        for key in ('hostkey', 'id'):
            subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', '%s/%s' % (top, key)], check=True)
        if os.getuid() == 0:
            os.makedirs('/run/sshd', 0o755, exist_ok=True)
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            port = s.getsockname()[1]
        path = '%s:%s' % (os.path.dirname(prun), os.environ['PATH'])
        with open(top + '/config', 'w') as f:
            f.write('Port %d\nListenAddress 127.0.0.1\nListenAddress 127.0.0.2\nHostKey %s/hostkey\nPidFile %s/pid\n'
                    'AuthorizedKeysFile %s/id.pub\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n'
                    'KbdInteractiveAuthentication no\nLogLevel ERROR\nSetEnv PATH=%s SHLVL=2\n' % (port, top, top, top, path))
        self.daemon = subprocess.Popen([shutil.which('sshd', path=os.environ['PATH'] + ':/usr/sbin'), '-D', '-f',
                                        top + '/config', '-E', top + '/log'])
        with open(top + '/client', 'w') as f:
            f.write('Host h1\n HostName 127.0.0.1\nHost h2\n HostName 127.0.0.2\nHost *\n Port %d\n IdentityFile %s/id\n'
                    ' IdentitiesOnly yes\n UserKnownHostsFile /dev/null\n GlobalKnownHostsFile /dev/null\n'
                    ' StrictHostKeyChecking no\n LogLevel ERROR\n' % (port, top))
        with open(top + '/bin/ssh', 'w') as f:
            f.write('#!/bin/sh\nexec %s -F %s/client "$@"\n' % (shutil.which('ssh'), top))
        os.chmod(top + '/bin/ssh', 0o755)
        deadline = time.time() + 60
        while not os.path.exists(top + '/pid') and time.time() < deadline:
            time.sleep(0.01)

    def command(self, words):
        return [self.prun, '-S', 'h1,h2', '-j2'] + words

    def environment(self):
        return dict(os.environ, PATH='%s/bin:%s' % (self.top, os.environ['PATH']))

    def close(self):
        self.daemon.kill()
        self.daemon.wait()


class Slurm:
    victims = ('prun', 'srun', 'agent')

    def __init__(self, top, prun):
        self.top, self.prun = top, prun
        subprocess.run([HERE + '/slurm-up', top, '2', '2'], check=True, stdout=subprocess.DEVNULL)

    def command(self, words):
        # The allocation stays while prun is killed.
        return ['salloc', '-Q', '-N2', '-n4', 'sh', '-c', '"$@"; s=$?; sleep 1; exit $s', '-', self.prun, '--slurm'] + words

    def environment(self):
        path = '%s:%s' % (os.path.dirname(self.prun), os.environ['PATH'])
        return dict(os.environ, PATH=path, SLURM_CONF=self.top + '/slurm.conf')

    def close(self):
        subprocess.run([HERE + '/slurm-up', self.top])


def places(top, prun):
    """Those for which the programs are there; they end with this process."""
    made = []
    if found('sshd', 'ssh', 'ssh-keygen'):
        made.append(Sshd(top + '/sshd', prun))
    if found('slurmctld', 'slurmd', 'munged', 'salloc'):
        made.append(Slurm(top + '/slurm', prun))
    for place in made:
        atexit.register(place.close)
    return made
