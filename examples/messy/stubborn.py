"""Ignores every signal that can be ignored."""
import signal
import time

for name in ("SIGTERM", "SIGINT", "SIGHUP"):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
print("asking me is no use")
while True:
    time.sleep(1000)
