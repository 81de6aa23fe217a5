"""A cache folder and a web server of the tests' own."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Server(ThreadingHTTPServer):
    """Serves ``files`` (path: bytes) and ``redirects`` (path: URL), and counts its answers.

    ``missing`` bytes are declared and never sent; ``declares`` says if a length is declared at all.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.redirects = {}, {}
        self.missing, self.declares = 0, True
        self.answers = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, name = self.server, self.path.lstrip("/").partition("?")[0]
        server.answers += 1
        if name in server.redirects:
            self.send_response(302)
            self.send_header("Location", server.redirects[name])
            self.end_headers()
        elif name in server.files:
            content = server.files[name]
            self.send_response(200)
            if server.declares:
                self.send_header("Content-Length", str(len(content) + server.missing))
            self.end_headers()
            self.wfile.write(content)
        else:
            self.send_error(404)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The cache folder of every test here; ``<cache>/datasets`` is where files go."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("KERASETTE_HOME", str(folder))
    return folder
