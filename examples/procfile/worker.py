"""Works off a queue that is never empty, and finishes the job at hand."""
import os
import signal
import sys
import time

QUEUE = os.environ["QUEUE"]


def stop(*_):
    print(f"finishing the last of {QUEUE}")
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
print(f"{os.environ['PS']} works off {QUEUE}")
number = 0
while True:
    number += 1
    print(f"one of {QUEUE} done: number {number}")
    time.sleep(1)
