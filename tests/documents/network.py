"""The internet of the documents: a proxy on this machine that is every server that they name.

The proxy ends TLS itself, with a certificate of its own authority, and forwards nothing. A host that no document may name is refused, and so
is a key that does not belong to the host.
"""

from __future__ import annotations

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import trustme
from provider import Reply, respond

#: Base URLs, and the variables of their keys; a server on the user's own machine needs none.
SERVERS = {
    "https://modelslab.com/api/v7/llm": "MODELSLAB_API_KEY",
    "https://api.openai.com/v1": "OPENAI_API_KEY",
    "https://api.anthropic.com/v1": "ANTHROPIC_API_KEY",
    "https://openrouter.ai/api/v1": "OPENROUTER_API_KEY",
    "http://localhost:11434/v1": None,
    "http://localhost:8000/v1": None,
    "http://localhost:1234/v1": None,
    "http://127.0.0.1:8080/api/v7/llm": None,
}
#: The keys of a reader's environment.
KEYS = {name: f"{name.lower().replace('_', '-')}-1234" for name in SERVERS.values() if name}
#: The headers that a page may send, as servers for pages allow them.
_CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "authorization, content-type, x-api-key, anthropic-version",
}


class Network:
    """The running proxy."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self.certificate = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.certificate))
        network = self

        class Handler(_Handler):
            network_ = network

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        #: Files of pages by path, which the host `page.test` serves.
        self.files: dict[str, tuple[str, bytes]] = {}
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop the proxy."""
        self._server.shutdown()
        self._server.server_close()

    def context(self, host: str) -> ssl.SSLContext:
        """Return a TLS context with a certificate for a host."""
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self._authority.issue_cert(host).configure_cert(self._contexts[host])
            return self._contexts[host]

    def environment(self) -> dict[str, str]:
        """Return the variables that send the requests of a program through the proxy, and the reader's keys."""
        proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), self.url)
        return {**proxies, "NO_PROXY": "", "no_proxy": "", "SSL_CERT_FILE": str(self.certificate), **KEYS}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    network_: Network
    #: The origin of the requests in a tunnel.
    origin = ""

    def do_CONNECT(self) -> None:
        """Play the server at the other end of a tunnel."""
        host, _, port = self.path.rpartition(":")
        self.send_response(200)
        self.end_headers()
        self.connection = self.network_.context(host).wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)  # type: ignore[assignment]
        self.origin = f"https://{host}" if port == "443" else f"https://{self.path}"
        self.close_connection = False

    def do_OPTIONS(self) -> None:
        """Allow the requests of pages."""
        self._send(204, "text/plain", b"")

    def do_GET(self) -> None:
        """Serve a list of models or a file of a page."""
        url = self.origin + self.path
        if url.startswith("https://page.test/"):
            kind, content = self.network_.files.get(urlsplit(url).path, ("", b""))
            self._send(200 if kind else 404, kind or "text/plain", content)
            return
        self._answer(url, None)

    def do_POST(self) -> None:
        """Answer a request."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self._answer(self.origin + self.path, body)

    def _answer(self, url: str, body: bytes | None) -> None:
        base = next((base for base in SERVERS if url.startswith(f"{base}/")), None)
        if base is None:
            reply = Reply(404, {"error": {"message": f"no document may name {url}"}})
        elif not self._has_key(SERVERS[base]):
            reply = Reply(401, {"error": {"message": f"the wrong key for {base}"}})
        else:
            path = urlsplit(url[len(base) :]).path.removeprefix("/v1")
            reply = respond(self.command, path, json.loads(body) if body is not None else None)
        if reply.events is None:
            self._send(reply.status, "application/json", json.dumps(reply.body).encode())
        else:
            self._send(reply.status, "text/event-stream", "".join(reply.events).encode())

    def _has_key(self, variable: str | None) -> bool:
        header = "x-api-key" if variable == "ANTHROPIC_API_KEY" else "authorization"
        prefix = "" if header == "x-api-key" else "Bearer "
        return variable is None or self.headers[header] == prefix + KEYS[variable]

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        for name, value in _CORS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Write no log."""
