"""The front end: a page with what the API says."""
import http.server
import os
import urllib.request

API = f"http://127.0.0.1:{os.environ['API_PORT']}/"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with urllib.request.urlopen(API, timeout=5) as answer:
            said = answer.read().decode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"<pre>{said}</pre>".encode())

    def log_message(self, form, *args):
        print(form % args)


port = int(os.environ["PORT"])
with http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
    print(f"http://127.0.0.1:{port}/ asks {API}")
    server.serve_forever()
