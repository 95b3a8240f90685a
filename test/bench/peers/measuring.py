"""Shared by the peers in Python: their output, and the load of `accept`. Nothing of the measured work is here."""
import json
import os
import threading
import time


def show(**line):
    print(json.dumps(line, separators=(",", ":")), flush=True)


def cpu():
    times = os.times()
    return times.user + times.system


def memory_mb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def accept(purchase, rows, threads, warm, measured):
    """Calls `purchase` in so many threads, for the seconds of warm-up and measurement; `rows` counts them at the end."""
    opens = time.monotonic() + warm
    closes = opens + measured
    counts = []

    def lane():
        total = inside = 0
        while time.monotonic() < closes:
            purchase()
            total += 1
            inside += opens <= time.monotonic() < closes
        counts.append((total, inside))

    lanes = [threading.Thread(target=lane) for _ in range(threads)]
    for one in lanes:
        one.start()
    time.sleep(warm)
    began = cpu()
    show(event="window-opened")
    time.sleep(measured)
    used = cpu() - began
    for one in lanes:
        one.join()
    show(event="window-closed", seconds=measured, cpu=used, memoryMb=memory_mb(), accepted=sum(t for t, _ in counts),
         acceptedInWindow=sum(i for _, i in counts), rows=rows())
