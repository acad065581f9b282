"""As much of S3 as Litestream asks for, on loopback: objects in memory, and the access keys that signed for them."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


class Bucket(ThreadingHTTPServer):
    """`objects` by path, `/BUCKET/KEY`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Requests)
        self.objects: dict[str, bytes] = {}
        self.signers: set[str] = set()

    @property
    def url(self) -> str:
        """What an endpoint is set to."""
        return f"http://127.0.0.1:{self.server_port}"


class _Requests(BaseHTTPRequestHandler):
    server: Bucket
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            body = _joined(body)
        self.server.objects[self._key()] = body
        self._answer(200)

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        if "list-type" in asked:
            self._answer(200, self._listing(asked["prefix"][0]).encode())
        elif (content := self.server.objects.get(self._key())) is not None:
            self._part(content)
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def do_HEAD(self) -> None:
        self._answer(200 if self._key() in self.server.objects else 404)

    def do_POST(self) -> None:
        """Several are deleted at once."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        for key in re.findall("<Key>(.*?)</Key>", body):
            self.server.objects.pop(f"{self._key().rstrip('/')}/{key}", None)
        self._answer(200, b"<DeleteResult></DeleteResult>")

    def _part(self, content: bytes) -> None:
        if (wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))) is None:
            self._answer(200, content)
            return
        first, last = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
        self._answer(206, content[first : last + 1], f"bytes {first}-{last}/{len(content)}")

    def _listing(self, prefix: str) -> str:
        root = self._key().rstrip("/") + "/"
        found = [(path.removeprefix(root), content) for path, content in sorted(self.server.objects.items())]
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(content)}</Size>"
            "<LastModified>2026-11-21T00:00:00.000Z</LastModified></Contents>"
            for key, content in found
            if key.startswith(prefix)
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>"

    def _key(self) -> str:
        if signer := re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", "")):
            self.server.signers.add(signer[1])
        return unquote(urlsplit(self.path).path)

    def _answer(self, status: int, body: bytes = b"", part: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"an etag"')
        if part:
            self.send_header("Content-Range", part)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the test's output is not its place."""


def _joined(body: bytes) -> bytes:
    """`SIZE;chunk-signature=...\\r\\nCONTENT\\r\\n` over and over, sizes in hexadecimal; the empty chunk ends it."""
    content = b""
    while True:
        head, _, body = body.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if not size:
            return content
        content, body = content + body[:size], body[size + 2 :]


@contextmanager
def bucket() -> Iterator[Bucket]:
    """One that answers inside the block."""
    with Bucket() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
