"""Every function wants more than there is."""

import os
import tempfile
import threading
import time

kept = []


def memory():
    kept.append(b"x" * (7 << 30))
    return 1


def processes():
    for _ in range(300):
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
    return 1


def threads():
    for _ in range(300):
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    return 1


def files():
    for _ in range(300):
        kept.append(open(os.devnull))
    return 1


def scratch():
    for number in range(100):
        with open(f"{tempfile.gettempdir()}/part-{number}", "wb") as file:
            file.write(bytes(1 << 20))
    return 1


def one_large_file():
    with open(f"{tempfile.gettempdir()}/whole", "wb") as file:
        for _ in range(100):
            file.write(bytes(1 << 20))
    return 1


def many_files():
    for number in range(2000):
        with open(f"{tempfile.gettempdir()}/empty-{number}", "wb"):
            pass
    return 1


def output():
    while True:
        print("x" * 65536)


def wall():
    time.sleep(600)
    return 1


def cpu():
    while True:
        pass
