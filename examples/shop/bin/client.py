"""Talks to the fake database; waits a while for it to come up."""
import os
import socket
import time

PATH = os.environ.get("SHOP_SOCKET", "/tmp/devsup-shop.sock")


def ask(line, patience=10.0):
    until = time.monotonic() + patience
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as database:
                database.connect(PATH)
                database.sendall(line.encode() + b"\n")
                return database.makefile().readline().strip()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


if __name__ == "__main__":
    import sys

    print(ask(" ".join(sys.argv[1:])))
