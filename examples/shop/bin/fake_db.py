"""A database of the smallest kind: lines over a unix socket.

`set KEY VALUE` answers `ok`, `get KEY` the value, `incr KEY` the new number.
"""
import os
import signal
import socketserver
import sys
import threading

PATH = os.environ.get("SHOP_SOCKET", "/tmp/devsup-shop.sock")
DATA = {}
LOCK = threading.Lock()


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(answer(line.decode().split()).encode() + b"\n")


def answer(words):
    with LOCK:
        match words:
            case ["set", key, *value]:
                DATA[key] = " ".join(value)
                return "ok"
            case ["get", key]:
                return DATA.get(key, "")
            case ["incr", key]:
                DATA[key] = str(int(DATA.get(key, "0")) + 1)
                return DATA[key]
            case _:
                return "error: set KEY VALUE, get KEY or incr KEY"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def stop(*_):
    raise SystemExit(0)


signal.signal(signal.SIGTERM, stop)
if os.path.exists(PATH):
    os.unlink(PATH)
with Server(PATH, Session) as server:
    print(f"listening on {PATH}", flush=True)
    try:
        server.serve_forever()
    finally:
        os.unlink(PATH)
        sys.stdout.flush()
