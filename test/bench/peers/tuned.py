"""What the origin could become with care, and without other parts: WAL, a claim by UPDATE ... RETURNING, a poll each
50 ms, a pool of threads with a connection each. Only the standard library.

tuned.py accept <file> <threads> <warm seconds> <measured seconds>
tuned.py drain <file> <count> <threads> <seconds of work>

Prints JSON lines.
"""
import queue
import sqlite3
import sys
import threading
import time
import uuid

from measuring import accept, cpu, memory_mb, show

local = threading.local()
poll_seconds = 0.05


def connection():
    if not hasattr(local, "connection"):
        local.connection = sqlite3.connect(sys.argv[2], timeout=60, isolation_level=None)
        local.connection.execute("PRAGMA synchronous = NORMAL")
    return local.connection


def purchase():
    server = (str(uuid.uuid4()), "ada", "ewr")
    connection().execute("INSERT INTO servers (id, customer, location, status) VALUES (?, ?, ?, 'waiting')", server)


def count(where="1"):
    return connection().execute("SELECT count(*) FROM servers WHERE " + where).fetchone()[0]


def claim(most):
    rows = connection().execute(
        "UPDATE servers SET status = 'claimed' WHERE id IN (SELECT id FROM servers WHERE status = 'waiting' LIMIT ?)"
        " RETURNING id", (most,))
    return [one for (one,) in rows.fetchall()]


def drain(total, threads, seconds):
    for _ in range(total):
        purchase()
    claimed, orders = queue.SimpleQueue(), []
    busy, lock = [0], threading.Lock()

    def lane():
        while (one := claimed.get()) is not None:
            orders.append(one)
            time.sleep(seconds)
            connection().execute("UPDATE servers SET status = 'running', ipv4 = '192.0.2.1' WHERE id = ?", (one,))
            with lock:
                busy[0] -= 1

    lanes = [threading.Thread(target=lane, daemon=True) for _ in range(threads)]
    for one in lanes:
        one.start()
    show(event="window-opened")
    at, began = time.monotonic(), cpu()
    left = total
    while left > 0 or busy[0] > 0:
        ids = claim(threads - busy[0]) if left > 0 and busy[0] < threads else []
        with lock:
            busy[0] += len(ids)
        left -= len(ids)
        for one in ids:
            claimed.put(one)
        if not ids:
            time.sleep(poll_seconds if left > 0 else 0.001)
    took, used = time.monotonic() - at, cpu() - began
    show(event="window-closed", seconds=took, cpu=used, memoryMb=memory_mb(), done=count("status = 'running'"),
         doubled=len(orders) - len(set(orders)))


connection().execute("PRAGMA journal_mode = WAL")
connection().execute("CREATE TABLE servers (id TEXT PRIMARY KEY, customer TEXT NOT NULL, location TEXT NOT NULL,"
                     " status TEXT NOT NULL, ipv4 TEXT)")
connection().execute("CREATE INDEX servers_by_status ON servers (status)")
if sys.argv[1] == "accept":
    accept(purchase, count, int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]))
else:
    drain(int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
