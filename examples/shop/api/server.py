"""The shop's API: GET / greets, GET /health says ok, GET /orders counts."""
import http.server
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bin"))
from client import ask  # noqa: E402


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answers = {
            "/": lambda: {"greeting": os.environ.get("SHOP_GREETING", "hello")},
            "/health": lambda: {"ok": True, "schema": ask("get version", 1)},
            "/orders": lambda: {"orders": int(ask("get orders", 1) or 0)},
        }
        found = answers.get(self.path)
        body = json.dumps(found() if found else {"error": "not found"}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form, *args):
        print(f"api: {form % args}", flush=True)


def stop(*_):
    raise SystemExit(0)


signal.signal(signal.SIGTERM, stop)
port = int(os.environ.get("PORT", "8080"))
with http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
    print(f"api: http://127.0.0.1:{port}/", flush=True)
    server.serve_forever()
