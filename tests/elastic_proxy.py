"A small HTTP proxy between the store and a real Elasticsearch, which spoils what it is told to spoil."

import gzip
import http.client
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Proxy:
    "Where to connect, and what has passed."

    def __init__(self, server, fault):
        self.target, self.fault, self.lock = urlsplit(server), fault, threading.Lock()
        self.seen: list[str] = []  # method and path of each request
        self.bulks = 0
        self.cut = 0


def answer(status, body, kind="application/vnd.elasticsearch+json;compatible-with=8"):
    return status, {"content-type": kind, "x-elastic-product": "Elasticsearch"}, json.dumps(body).encode()


def error(status, kind="es_rejected_execution_exception", reason="the queue is full"):
    told = {"type": kind, "reason": reason}
    return answer(status, {"error": {**told, "root_cause": [told]}, "status": status})


def items_of(body):
    "A bulk body as its actions: (op, head, lines)."
    lines, found = body.split(b"\n"), []
    while lines and lines[0]:
        head = json.loads(lines[0])
        op = next(iter(head))
        size = 1 if op == "delete" else 2
        found.append((op, head[op], lines[:size]))
        lines = lines[size:]
    return found


def handler_of(proxy):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self, body):
            client = http.client.HTTPConnection(proxy.target.hostname, proxy.target.port, timeout=60)
            headers = {
                k: v
                for k, v in self.headers.items()
                if k.lower() not in ("host", "content-length", "content-encoding", "accept-encoding", "connection")
            }
            client.request(self.command, self.path, body or None, headers)
            got = client.getresponse()
            reply = (
                got.status,
                {
                    k: v
                    for k, v in got.getheaders()
                    if k.lower() not in ("content-length", "transfer-encoding", "connection")
                },
                got.read(),
            )
            client.close()
            return reply

        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            with proxy.lock:
                proxy.seen.append(f"{self.command} {self.path}")
                proxy.bulks += "/_bulk" in self.path
            reply = proxy.fault(proxy, self, body)
            if reply is None:
                reply = self.forward(body)
            if reply == "cut":  # the server has it, the reply is lost
                self.forward(body)
                with proxy.lock:
                    proxy.cut += 1
                self.close_connection = True
                self.connection.close()
                return
            status, headers, data = reply
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

        def log_message(self, *_):
            pass

    return Handler


def refuse_items(
    handler, body, refused, status=429, kind="es_rejected_execution_exception", reason="the queue is full"
):
    "Hand on all items but those that `refused(number, head)` picks; these get an error of their own."
    items = items_of(body)
    picked = [refused(number, head) for number, (_, head, _) in enumerate(items)]
    rest = b"".join(
        line + b"\n" for keep, (_, _, lines) in zip(picked, items, strict=True) if not keep for line in lines
    )
    done = iter([])
    if rest:
        code, headers, data = handler.forward(rest)
        if code != 200:
            return code, headers, data
        if headers.get("content-encoding") == "gzip":
            data = gzip.decompress(data)
        done = iter(json.loads(data)["items"])
    answers = [
        {op: {"status": status, "error": {"type": kind, "reason": reason}}} if bad else next(done)
        for bad, (op, _, _) in zip(picked, items, strict=True)
    ]
    return answer(200, {"items": answers})


def strange_items(handler, body, names):
    "Hand on a bulk body with a field that the mapping does not know, in the documents of these ids."
    if "_bulk" not in handler.path or not names:
        return None
    lines = []
    for _, head, item in items_of(body):
        if head["_id"] in names and len(item) > 1:
            item = [item[0], json.dumps({**json.loads(item[1]), "strange": 1}).encode()]
        lines += item
    return handler.forward(b"".join(line + b"\n" for line in lines))


@contextmanager
def proxied(server, fault):
    "A proxy in front of a server; `fault(proxy, handler, body)` gives None to hand on, a reply, or 'cut'."
    proxy = Proxy(server, fault)
    listener = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(proxy))
    listener.daemon_threads = True
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    proxy.url = f"http://127.0.0.1:{listener.server_address[1]}"
    try:
        yield proxy
    finally:
        listener.shutdown()
        listener.server_close()
