"""Becomes a daemon by the book, and more: forks twice, takes a session of its
own, goes to `/`, closes every descriptor, and becomes another program without
any of the environment it was given."""
import os
import sys

print("becoming a daemon", flush=True)
if os.fork():
    sys.exit(0)
os.setsid()
if os.fork():
    os._exit(0)
os.chdir("/")
os.closerange(0, 256)
os.execve("/bin/sleep", ["sleep", "1000"], {})
