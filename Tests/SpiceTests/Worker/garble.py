"""Stands between a pool and a real worker and spoils one message.

usage: garble.py WORKER FAULT MARKER DESCRIPTOR LIBRARY

Descriptor 3 is the pool's socket. Messages pass unchanged in both directions until the worker's first reply
(kind 3); that is spoiled as FAULT says, unless the file MARKER shows that it has been done before.
"""

import os
import socket
import struct
import subprocess
import sys
import threading

worker, fault, marker, descriptor, library = sys.argv[1:]
pool = socket.socket(fileno=int(descriptor))
near, far = socket.socketpair()


def put_on_three():
    os.dup2(far.fileno(), 3)
    os.set_inheritable(3, True)


child = subprocess.Popen(
    [worker, "3", library], close_fds=False, preexec_fn=put_on_three
)
far.close()


def take(source, count):
    data = b""
    while len(data) < count:
        more = source.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def message(source):
    header = take(source, 16)
    length = struct.unpack("<IIQ", header)[2]
    return header, take(source, length)


def spoil(header, payload):
    if fault == "garbage":
        pool.sendall(bytes((7 * k + 13) % 256 for k in range(4096)))
    elif fault == "text":
        pool.sendall(b"Note: No compatibility mode selected!\n\n" + header + payload)
    elif fault == "length":
        pool.sendall(header[:8] + struct.pack("<Q", 1 << 62) + payload)
    elif fault == "cut":
        pool.sendall((header + payload)[: 16 + len(payload) // 2])
    elif fault == "hollow":
        pool.sendall(header[:8] + struct.pack("<Q", 4) + b"\xff\xff\xff\xff")
    elif fault == "kind":
        pool.sendall(header[:4] + struct.pack("<I", 5) + header[8:] + payload)


def upwards():
    try:
        while True:
            header, payload = message(near)
            if header[4] == 3 and not os.path.exists(marker):
                open(marker, "w").close()
                spoil(header, payload)
                if fault in ("cut", "length"):
                    os._exit(0)
                continue
            pool.sendall(header + payload)
    except (EOFError, OSError):
        os._exit(0)


threading.Thread(target=upwards, daemon=True).start()
try:
    while True:
        header, payload = message(pool)
        near.sendall(header + payload)
except (EOFError, OSError):
    pass
child.kill()
os._exit(0)
