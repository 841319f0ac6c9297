"""The API: any path says who answers and what was imported."""
import http.server
import json
import os

with open("../jobs/imported.txt") as imported:
    NAMES = imported.read().split()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"from": os.environ["API_NAME"], "names": NAMES}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form, *args):
        print(form % args)


port = int(os.environ["PORT"])
with http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
    print(f"http://127.0.0.1:{port}/")
    server.serve_forever()
