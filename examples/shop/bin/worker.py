"""Works off orders, one a second."""
import signal
import sys
import time

from client import ask


def stop(*_):
    print("worker: finishing the order at hand", flush=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
print("worker: waiting for orders", flush=True)
while True:
    print(f"worker: order {ask('incr orders')} done", flush=True)
    time.sleep(1)
