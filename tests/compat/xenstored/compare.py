#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Send the same random requests to two xenstored and compare all they say.

Both run on fake-xen.c.  Clients are two sockets, which are Dom0's, and up to
three guests with rings.  After each request every client asks for something
harmless, so that the events it got before the answer belong to the request.
"""
import array
import fcntl
import mmap
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import termios
import time

TYPES = dict(
    CONTROL=0, DIRECTORY=1, READ=2, GET_PERMS=3, WATCH=4, UNWATCH=5,
    TRANSACTION_START=6, TRANSACTION_END=7, INTRODUCE=8, RELEASE=9,
    GET_DOMAIN_PATH=10, WRITE=11, MKDIR=12, RM=13, SET_PERMS=14, EVENT=15,
    ERROR=16, IS_DOMAIN_INTRODUCED=17, RESUME=18, SET_TARGET=19,
    RESET_WATCHES=21, DIRECTORY_PART=22, X20=20, X23=23, X99=99)
NAMES = {number: name for name, number in TYPES.items()}
WEIGHTS = dict(
    READ=10, DIRECTORY=6, GET_PERMS=6, WRITE=18, MKDIR=6, RM=7, SET_PERMS=9,
    WATCH=8, UNWATCH=4, TRANSACTION_START=6, TRANSACTION_END=9,
    GET_DOMAIN_PATH=1, IS_DOMAIN_INTRODUCED=1, RESET_WATCHES=1,
    DIRECTORY_PART=2, INTRODUCE=2, RELEASE=.6, RESUME=.6, SET_TARGET=.6,
    DEATH=1.2, ODD=1.2)
TIMEOUT = 40
# Indexes in a ring page.
REQ_CONS, REQ_PROD, RSP_CONS, RSP_PROD = 2048, 2052, 2056, 2060
RING = 1024
BAD_TXN = (12345, 12345)

# Limits so low that they are met.  Xen's daemon lets a domain have one watch
# and one transaction more than it was told.
LIMITS = [
    [],
    ['-E', '12', '-W', '4', '-t', '2', '-S', '150', '-A', '3'],
    ['-E', '40', '-M', '40'],
]


def limits_for_theirs(args):
    return [str(int(a) - 1) if i and args[i - 1] in ('-W', '-t') else a
            for i, a in enumerate(args)]


def z(text):
    return text.encode() + b'\0'


class Socket:
    def __init__(self, daemon):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(daemon.dir + '/socket')
        self.sock.settimeout(TIMEOUT)
        self.buf = b''

    def send(self, data):
        self.sock.sendall(data)

    def more(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError('daemon closed the socket')
        self.buf += data


class Ring:
    def __init__(self, daemon, domid):
        self.daemon, self.domid, self.buf = daemon, domid, b''
        path = daemon.dir + '/ring.%d' % domid
        with open(path, 'wb') as file:
            file.write(bytes(4096))
        with open(path, 'r+b') as file:
            self.page = mmap.mmap(file.fileno(), 4096)

    def get(self, offset):
        return struct.unpack_from('<I', self.page, offset)[0]

    def put(self, offset, value):
        struct.pack_into('<I', self.page, offset, value & 0xffffffff)

    def kick(self):
        self.daemon.fire(100 + self.domid)

    def send(self, data):
        end = time.time() + TIMEOUT
        while data:
            cons, prod = self.get(REQ_CONS), self.get(REQ_PROD)
            room = min(len(data), RING - ((prod - cons) & 0xffffffff))
            for i in range(room):
                self.page[(prod + i) % RING] = data[i]
            self.put(REQ_PROD, prod + room)
            data = data[room:]
            self.kick()
            if data:
                self.take()
                time.sleep(0.0005)
            if time.time() > end:
                raise TimeoutError('ring takes no request')

    def take(self):
        cons, prod = self.get(RSP_CONS), self.get(RSP_PROD)
        count = (prod - cons) & 0xffffffff
        self.buf += bytes(self.page[RING + (cons + i) % RING]
                          for i in range(count))
        self.put(RSP_CONS, cons + count)
        if count:
            self.kick()
        return count

    def more(self):
        end = time.time() + TIMEOUT
        while not self.take():
            time.sleep(0.0002)
            if time.time() > end:
                raise TimeoutError('no answer in the ring')


class Failure(Exception):
    """A daemon has gone, or gives no answer."""
    def __init__(self, daemon, cause):
        super().__init__(str(cause))
        self.daemon = daemon


class Client:
    def __init__(self, daemon, transport):
        self.daemon, self.transport = daemon, transport

    def message(self):
        t = self.transport
        while len(t.buf) < 16:
            t.more()
        kind, req_id, _, length = struct.unpack('<IIII', t.buf[:16])
        while len(t.buf) < 16 + length:
            t.more()
        body, t.buf = t.buf[16:16 + length], t.buf[16 + length:]
        return NAMES.get(kind, kind), req_id, body

    def request(self, kind, txn, body, req_id=7):
        """What comes up to the answer, the answer last."""
        try:
            return self.exchange(
                struct.pack('<IIII', kind, req_id, txn, len(body)) + body)
        except (OSError, EOFError) as error:
            raise Failure(self.daemon, error) from error

    def exchange(self, data):
        self.transport.send(data)
        got = []
        while True:
            name, number, data = self.message()
            if name == 'EVENT':
                got.append((name, data))
            else:
                return got + [(name, number, data)]

    def events(self):
        return self.request(TYPES['GET_DOMAIN_PATH'], 0, b'99\0', 99)[:-1]


class Daemon:
    def __init__(self, directory, program, args, preload=None):
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        self.dir = directory
        os.mkfifo(directory + '/events')
        with open(directory + '/xsd_port', 'w') as file:
            file.write('7\n')
        with open(directory + '/xsd_kva', 'wb') as file:
            file.write(bytes(4096))
        env = dict(os.environ, FAKE_XEN=directory, XENSTORED_RUNDIR=directory,
                   XENSTORED_PATH=directory + '/socket')
        if preload:
            env['LD_PRELOAD'] = preload
        self.pipe = os.open(directory + '/events', os.O_RDWR)
        self.state(0, 'a')
        self.log = open(directory + '/log', 'w')
        self.process = subprocess.Popen(
            [program, '-N', '-F', directory + '/pid'] + args, env=env,
            cwd=directory, stderr=self.log, stdout=self.log)
        self.clients = {}
        end = time.time() + TIMEOUT
        while not self.clients:
            try:
                self.clients['S0'] = Client(self, Socket(self))
            except OSError:
                if time.time() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.01)
        self.clients['S1'] = Client(self, Socket(self))

    def fire(self, port):
        os.write(self.pipe, struct.pack('<I', port))

    def wait_for_events(self):
        """Until the ports fired have been taken from the pipe."""
        count, end = array.array('i', [1]), time.time() + TIMEOUT
        while count[0] and time.time() < end:
            fcntl.ioctl(self.pipe, termios.FIONREAD, count)
            time.sleep(0.0005)

    def state(self, domid, letter):
        with open(self.dir + '/dom.%d' % domid, 'w') as file:
            file.write(letter)

    def forget(self, domid):
        os.unlink(self.dir + '/dom.%d' % domid)

    def add_guest(self, domid):
        self.state(domid, 'a')
        self.clients['R%d' % domid] = Client(self, Ring(self, domid))

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()
        os.close(self.pipe)
        with open(self.dir + '/log') as file:
            return file.read()


class Run:
    def __init__(self, build, theirs, seed):
        self.random = random.Random(seed)
        limits = LIMITS[seed % len(LIMITS)]
        self.daemons = [
            Daemon(build + '/theirs', theirs,
                   ['--internal-db'] + limits_for_theirs(limits),
                   build + '/fake-xen.so'),
            Daemon(build + '/ours', build + '/xenstored', limits)]
        self.txns, self.guests, self.history = {}, [], []

    def choose(self, *items):
        return self.random.choice(items)

    def path(self):
        if self.random.random() < 0.08:
            return self.choose(
                '', '/', '/a/', '//a', 'a//b', '/a b', '@releaseDomain',
                '@introduceDomain', '@foo', '/x' * 1600, 'y' * 2100,
                '/' + 'z' * 2048, '/a.b', '@', 'a/', '/a@b', 'a@b', '@/a',
                '/local/domain/1/' + 'q' * 2048,
                '/local/domain/1/' + 'q' * 2040)
        base = self.choose('/', '/', '/local/domain/1/', '/local/domain/2/',
                           '', '', '')
        if self.random.random() < 0.15:
            return base.rstrip('/') or '/'
        return base + '/'.join(self.choose('a', 'b', 'c') for _ in
                               range(self.random.randint(1, 3)))

    def body(self, name):
        number = self.random.choice
        if name in ('READ', 'DIRECTORY', 'GET_PERMS', 'MKDIR', 'RM'):
            return z(self.path())
        if name == 'WRITE':
            value = number([b'', b'v', b'ab\0cd',
                            b'x' * number([10, 100, 130, 2000, 2040])])
            return z(self.path()) + value + number([b'', b'A', b'B'])
        if name == 'SET_PERMS':
            return z(self.path()) + b''.join(
                z(self.choose(*'nrwb') + str(number(range(4))))
                for _ in range(number([1, 1, 2, 2, 3, 4, 6])))
        if name in ('WATCH', 'UNWATCH'):
            return z(self.path()) + z(self.choose(*'tuv'))
        if name == 'TRANSACTION_END':
            return number([b'T\0'] * 4 + [b'F\0', b'X\0', b'T', b''])
        if name in ('GET_DOMAIN_PATH', 'IS_DOMAIN_INTRODUCED', 'RESUME'):
            return number([z('0'), z('1'), z('2'), z('3'), b'1', b''])
        if name == 'DIRECTORY_PART':
            return z(self.path()) + z(str(number([0, 1, 2, 4, 100])))
        if name == 'SET_TARGET':
            return z(str(number([1, 2, 3, 5]))) + z(str(number([1, 2, 3, 5])))
        if name == 'INTRODUCE':
            return z(str(number([1, 2, 3]))) + z('77') + z('5')
        if name == 'RELEASE':
            return z(str(number([1, 2, 3, 5])))
        return b'\0'

    def odd_request(self):
        name = self.choose('WRITE', 'WATCH', 'UNWATCH', 'SET_PERMS', 'EVENT',
                           'ERROR', 'X20', 'X23', 'X99')
        return name, self.choose(
            b'', b'/a', b'/a\0x\0y\0', b'\0', b'\0\0', b'/a\0', b'/a\0q1\0',
            b'/a\0n1\0x', b'/a\0n', b'1\0002\0', b'/a\0b\0c\0d\0')

    def is_excepted(self, client, name, body):
        """What the two are known, and meant, to do differently."""
        # Who may change special nodes; what becomes of a guest's root node.
        known = body.split(b'\0')[0] in (b'@releaseDomain',
                                        b'@introduceDomain')
        return name == 'SET_PERMS' and (
            body[:1] == b'@' and (client[0] == 'R' or not known) or
            body[:2] == b'/\0')

    def drop_guest(self, domid):
        self.guests.remove(domid)
        self.txns.pop('R%d' % domid, None)
        for daemon in self.daemons:
            del daemon.clients['R%d' % domid]

    def kill_guest(self):
        if not self.guests:
            return
        domid, state = self.choose(*self.guests), self.choose('d', 's')
        if state == 'd':
            self.drop_guest(domid)
        for daemon in self.daemons:
            daemon.state(domid, state)
            daemon.fire(5)
        self.history.append(('DEATH', domid, state))
        for daemon in self.daemons:
            daemon.wait_for_events()
        if state == 'd':
            for daemon in self.daemons:
                daemon.forget(domid)
        self.compare([{n: c.events() for n, c in d.clients.items()}
                      for d in self.daemons])

    def compare(self, seen):
        if seen[0] == seen[1]:
            return
        print('they differ after:')
        for entry in self.history[-8:]:
            print('   ', str(entry)[:200])
        for name in seen[0]:
            if seen[0][name] != seen[1].get(name):
                print(name, '\n   theirs', str(seen[0][name])[:1000],
                      '\n   ours  ', str(seen[1].get(name))[:1000])
        raise AssertionError

    @staticmethod
    def comparable(answers):
        """Without the numbers that each daemon is free to choose."""
        result = []
        for answer in answers:
            if answer[0] == 'DIRECTORY_PART':
                rest = answer[2][answer[2].index(0) + 1:]
                answer = answer[:2] + (rest,)
            elif answer[0] == 'TRANSACTION_START':
                answer = answer[:2]
            result.append(answer)
        return result

    def step(self):
        names = list(WEIGHTS)
        name = self.random.choices(names, [WEIGHTS[n] for n in names])[0]
        if name == 'DEATH':
            self.kill_guest()
            return
        client = self.choose('S0', 'S1', *('R%d' % d for d in self.guests))
        open_txns = self.txns.setdefault(client, [])
        txn, luck = (0, 0), self.random.random()
        if open_txns and luck < 0.5:
            txn = self.choose(*open_txns)
        elif luck < 0.52:
            txn = BAD_TXN
        if name == 'ODD':
            name, body = self.odd_request()
        else:
            body = self.body(name)
        body = body[:4096]
        if self.is_excepted(client, name, body):
            return

        if name in ('INTRODUCE', 'RELEASE'):
            txn = (0, 0)
            domid = int(body[:1])
            known = domid in self.guests
            if client[0] == 'S' and name == 'INTRODUCE':
                if known:
                    return
                self.guests.append(domid)
                for daemon in self.daemons:
                    daemon.add_guest(domid)
            elif client[0] == 'S' and known:
                self.drop_guest(domid)

        seen, last = [], []
        self.history.append((client, name, txn, body[:60]))
        for k, daemon in enumerate(self.daemons):
            answers = daemon.clients[client].request(TYPES[name], txn[k], body)
            last.append(answers[-1])
            all_seen = {n: c.events() for n, c in daemon.clients.items()
                        if n != client}
            all_seen[client] = self.comparable(answers) + [
                'later'] + daemon.clients[client].events()
            # Theirs removes a released domain's nodes after its answer, and
            # fires a transaction's events in the order of first use.
            if name in ('RELEASE', 'TRANSACTION_END'):
                for heard in all_seen.values():
                    heard.sort(key=str)
            seen.append(all_seen)
        # Theirs spoils its own transaction, or counts as read what it only
        # looked at for refusing something: nothing to compare with after it.
        if last[0][2] in (b'EIO\0', b'ENOMEM\0') or (
                last[0][2] == b'EAGAIN\0' and last[1][2] == b'OK\0') or (
                    name == 'RM' and last[0][2] == b'EINVAL\0' and
                    last[1][2] == b'ENOENT\0'):
            raise StopIteration
        # Both refuse; theirs may see a domain a moment longer.
        if name == 'SET_PERMS' and {a[2] for a in last} == {b'EACCES\0',
                                                            b'ENOENT\0'}:
            return
        self.compare(seen)
        self.note_transactions(client, name, txn, body, last)

    def note_transactions(self, client, name, txn, body, last):
        failed = last[0][0] == 'ERROR'
        if name == 'TRANSACTION_START' and not failed:
            self.txns[client].append(tuple(int(a[2][:-1]) for a in last))
        if name == 'RESET_WATCHES' and not failed:
            self.txns[client].clear()
        if name == 'TRANSACTION_END' and txn in self.txns[client] and (
                not failed or last[0][2] in (b'EAGAIN\0', b'ENOSPC\0')):
            self.txns[client].remove(txn)


def run_seed(build, theirs, seed, steps):
    run = Run(build, theirs, seed)
    result = 'same'
    done = 0
    try:
        for done in range(steps):
            run.step()
    except StopIteration:
        result = 'same until theirs failed a transaction'
    except AssertionError:
        result = 'DIFFERENT'
    except Failure as error:
        # Theirs crashes on some input, and delays guests that write a lot.
        result = 'same until theirs stopped answering'
        if error.daemon is run.daemons[1]:
            result = 'DIFFERENT: ours: %s after %r' % (error, run.history[-1:])
    logs = [daemon.stop() for daemon in run.daemons]
    if 'Sanitizer' in logs[1]:
        result = 'DIFFERENT: ' + logs[1][:2000]
    print('seed %d: %s, %d steps' % (seed, result, done + 1))
    return not result.startswith('DIFFERENT')


def main():
    build, theirs = sys.argv[1:3]
    first, last, steps = map(int, sys.argv[3:6])
    good = [run_seed(build, theirs, seed, steps)
            for seed in range(first, last + 1)]
    print('%d passed, %d failed' % (sum(good), len(good) - sum(good)))
    return 0 if all(good) else 1


if __name__ == '__main__':
    sys.exit(main())
