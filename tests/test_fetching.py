"Addresses of the web: what is fetched, what never is, what each costs at most. A server of this machine is the web."

import gzip
import socket
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kbase.indexing import fetching
from kbase.indexing.converted import ConversionError, FileTooLarge, UnsupportedFormat
from kbase.indexing.converters import convert_bytes
from kbase.indexing.fetching import FetchLimits, fetch, is_address, is_public, name_of_page, numbers_of, plain_address


class Answers(BaseHTTPRequestHandler):
    "Answers by path: status, headers, body or a list of parts with pauses between them."

    pages: dict[str, tuple] = {}
    asked: list[tuple[str, dict]] = []

    def do_GET(self):
        Answers.asked.append((self.path, dict(self.headers)))
        status, headers, body = self.pages.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        try:
            for part in body if isinstance(body, list) else [body]:
                if isinstance(part, float):
                    time.sleep(part)
                else:
                    self.wfile.write(part)
                    self.wfile.flush()
        except OSError:  # the other side has had enough
            pass

    def log_message(self, *arguments):
        pass


@pytest.fixture
def web():
    Answers.pages, Answers.asked = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


HTML = {"Content-Type": "text/html; charset=utf-8"}


# -- addresses


@pytest.mark.parametrize("source", ["http://example.org", "HTTPS://example.org/a b"[:22], " https://example.org/x "])
def test_addresses_are_known(source):
    assert is_address(source)


@pytest.mark.parametrize(
    "source", ["example.org", "notes/http.md", "ftp://example.org", "file:///etc/passwd", "", 7, None]
)
def test_other_things_are_no_addresses(source):
    assert not is_address(source)


@pytest.mark.parametrize(
    "written, plain",
    [
        ("http://Example.org", "http://example.org/"),
        ("http://example.org:80/a#part", "http://example.org/a"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("http://bücher.example/ä?q=ö", "http://xn--bcher-kva.example/%C3%A4?q=%C3%B6"),
        ("http://example.org/a%20b", "http://example.org/a%20b"),
        ("http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080/"),
    ],
)
def test_an_address_has_one_form(written, plain):
    assert plain_address(written) == plain == plain_address(plain)


@pytest.mark.parametrize(
    "address, error, reason",
    [
        ("file:///etc/passwd", UnsupportedFormat, "only http"),
        ("ftp://example.org/x", UnsupportedFormat, "only http"),
        ("gopher://127.0.0.1:25/x", UnsupportedFormat, "only http"),
        ("http://ada:secret@example.org/", ConversionError, "take it out"),
        ("http:///x", ConversionError, "names no host"),
        ("http://[::1/x", ConversionError, "no address"),
        ("http://example.org:99999/", ConversionError, "no address"),
    ],
)
def test_an_address_that_is_not_fetched_has_a_reason(address, error, reason):
    with pytest.raises(error, match=reason) as raised:
        fetch(address)
    assert "secret" not in str(raised.value)


# -- hosts


INNER = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:a00:1",
    "::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("number", INNER)
def test_a_machine_of_the_inner_network_is_not_public(number):
    assert not is_public(number)


@pytest.mark.parametrize(
    "number", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::808:808"]
)
def test_other_machines_are_public(number):
    assert is_public(number)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "0177.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_this_machine_is_not_fetched_however_it_is_written(web, host):
    port = web.rpartition(":")[2]
    with pytest.raises(ConversionError):
        fetch(f"http://{host}:{port}/")
    assert not Answers.asked


def looked_up(monkeypatch, *numbers: str) -> list[str]:
    "Every host is at these numbers; returns what was looked up."
    hosts: list[str] = []

    def look_up(host, port, *arguments, **options):
        hosts.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in numbers]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return hosts


def test_one_inner_number_among_public_ones_is_enough_to_refuse(monkeypatch):
    looked_up(monkeypatch, "93.184.216.34", "10.0.0.1")
    with pytest.raises(ConversionError, match="not on the public network"):
        numbers_of("example.org", 80)


def test_a_host_is_looked_up_once_and_the_connection_goes_to_that_number(web, monkeypatch):
    Answers.pages["/"] = 200, HTML, b"<p>Hello"
    hosts = looked_up(monkeypatch, "127.0.0.1")
    connected = []
    connect = socket.create_connection
    monkeypatch.setattr(
        socket,
        "create_connection",
        lambda place, **options: connected.append(place[0]) or _direct(connect, place, options),
    )
    monkeypatch.setattr(fetching, "is_public", lambda number: True)
    fetch(f"http://example.org:{web.rpartition(':')[2]}/")
    assert hosts.count("example.org") == 1 and connected == ["127.0.0.1"]
    assert Answers.asked[0][1]["Host"].startswith("example.org:")


def _direct(connect, place, options):
    line = socket.socket()
    line.settimeout(options.get("timeout"))
    line.connect(place)
    return line


# -- redirects


@pytest.mark.parametrize(
    "target",
    [
        "http://10.0.0.1/x",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]:1/",
        "file:///etc/passwd",
        "ftp://a/b",
    ],
)
def test_every_hop_is_looked_at(web, monkeypatch, target):
    monkeypatch.setattr(fetching, "is_public", lambda number: number == "127.0.0.1")  # this server plays the web
    Answers.pages |= {"/a": (302, {"Location": "/b"}, b""), "/b": (307, {"Location": target}, b"")}
    with pytest.raises(ConversionError):
        fetch(f"{web}/a")
    assert [path for path, _ in Answers.asked] == ["/a", "/b"]


def test_redirects_are_followed_and_end(web):
    Answers.pages |= {
        "/a": (301, {"Location": "b?x=1"}, b""),
        "/b?x=1": (200, HTML, b"<p>Here"),
        "/loop": (302, {"Location": "/loop"}, b""),
        "/nowhere": (302, {}, b""),
    }
    found = fetch(f"{web}/a", private=True)
    assert found.address == f"{web}/b?x=1" and found.data.endswith(b"-->\n<p>Here")
    for path in ("/loop", "/nowhere"):
        with pytest.raises(ConversionError):
            fetch(f"{web}{path}", private=True)


# -- bytes and seconds


def test_a_page_over_the_limit_is_refused_by_what_it_says_and_by_what_comes(web):
    Answers.pages |= {
        "/says": (200, {"Content-Length": "2000"}, b"x" * 2000),
        "/comes": (200, {}, [b"x" * 500] * 4),
    }
    for path in ("/says", "/comes"):
        with pytest.raises(FileTooLarge):
            fetch(f"{web}{path}", limits=FetchLimits(bytes=1000), private=True)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_packed_pages_are_counted_as_they_unpack(web, pack):
    name = {"Content-Encoding": "gzip" if pack is gzip.compress else "deflate"}
    Answers.pages |= {"/bomb": (200, name, pack(bytes(10**7))), "/page": (200, HTML | name, pack(b"<p>Hello"))}
    with pytest.raises(FileTooLarge):
        fetch(f"{web}/bomb", limits=FetchLimits(bytes=10**6), private=True)
    assert fetch(f"{web}/page", private=True).data.endswith(b"<p>Hello")


@pytest.mark.parametrize("body", [[b"x", 0.1] * 100, [5.0]])
def test_a_server_that_takes_its_time_is_given_up(web, body):
    Answers.pages["/slow"] = 200, HTML, body
    start = time.monotonic()
    with pytest.raises(ConversionError, match="took more than"):
        fetch(f"{web}/slow", limits=FetchLimits(seconds=0.5), private=True)
    assert time.monotonic() - start < 3


def test_an_answer_that_is_cut_is_an_error(web):
    Answers.pages["/cut"] = 200, {"Content-Length": "100"}, b"half"
    with pytest.raises(ConversionError, match="cannot be fetched|took more"):
        fetch(f"{web}/cut", limits=FetchLimits(seconds=2), private=True)


# -- answers


@pytest.mark.parametrize("status, reason", [(404, "no such page"), (401, "login"), (500, "answers 500"), (204, "204")])
def test_an_answer_without_a_page_has_its_reason(web, status, reason):
    Answers.pages["/x"] = status, {}, b""
    with pytest.raises(ConversionError, match=reason):
        fetch(f"{web}/x", private=True)


def test_nobody_is_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ConversionError, match="cannot be reached"):
        fetch(f"http://127.0.0.1:{port}/", private=True)


def test_a_page_that_did_not_change_is_not_sent_again(web):
    Answers.pages["/x"] = 200, HTML | {"ETag": '"7"', "Last-Modified": "Tue, 01 Oct 2024 12:00:00 GMT"}, b"<p>Hello"
    first = fetch(f"{web}/x", private=True)
    Answers.pages["/x"] = 304, {"ETag": '"7"'}, b""
    again = fetch(f"{web}/x", etag=first.etag, modified=first.modified, private=True)
    assert again.unchanged and not again.data
    sent = Answers.asked[-1][1]
    assert sent["If-None-Match"] == '"7"' and sent["If-Modified-Since"] == "Tue, 01 Oct 2024 12:00:00 GMT"


def test_a_stored_etag_adds_no_header(web):
    Answers.pages["/x"] = 200, HTML, b"<p>Hello"
    fetch(f"{web}/x", etag='"7"\r\nX-Evil: 1', private=True)
    assert "X-Evil" not in Answers.asked[-1][1]


@pytest.mark.parametrize(
    "path, media_type, name",
    [
        ("/ships", "text/html", "ships.html"),
        ("/ships.htm", "text/html", "ships.htm"),
        ("/report.pdf", "application/pdf", "report.pdf"),
        ("/get?id=7", "application/pdf", "get.pdf"),
        ("/README.md", "text/plain", "README.md"),
        ("/data.csv", "application/octet-stream", "data.csv"),
        ("/ships.php", "text/html", "ships.php.html"),
        ("/", "text/html", "example.org.html"),
        ("/a%2F..%2Fb%0A.txt", "text/plain", "b .txt"),
    ],
)
def test_the_name_tells_the_format(path, media_type, name):
    assert name_of_page(f"http://example.org{path}", media_type) == name


def test_the_encoding_that_the_server_names_is_used(web):
    Answers.pages["/x"] = 200, {"Content-Type": "text/html; charset=iso-8859-2"}, "<p>Żółta łódź".encode("iso-8859-2")
    found = fetch(f"{web}/x", private=True)
    assert "Żółta łódź" in convert_bytes(found.data, found.name).text


# -- the article

AROUND = (
    "<div>Home Log in</div><div><ul><li><a href=/a>Most read: a storm over the bay</a></ul></div>"
    "{}<div>All rights reserved</div>"
)
ARTICLE = (
    "<div class=content><h1>Ships</h1><p>The harbour has three ships that are longer than a hundred metres, built "
    "between 1990 and 2010 by the port office.</p><p>The tonnage is measured once a year, as 10<sup>3</sup> "
    "kg, and the figures are "
    "sent to the owners in the first week of "
    "May.</p><table><tr><th>Ship<th>Tons<tr><td>Ada<td>12<tr><td>Bob<td>14</table>"
    "<pre><code>def tons(ship):\n    return ship.tons</code></pre></div>"
)


def test_only_the_article_of_a_fetched_page_is_read(web):
    Answers.pages["/ships"] = 200, HTML, f"<!doctype html><title>Ships - Port</title>{AROUND.format(ARTICLE)}".encode()
    found = fetch(f"{web}/ships", private=True)
    page = convert_bytes(found.data, found.name)
    assert page.title == "Ships" and page.meta["url"] == f"{web}/ships" and page.meta["format"] == "html"
    for word in ("# Ships", "10³", "| Ada | 12 |", "    return ship.tons"):
        assert word in page.text
    for word in ("Home", "Most read", "All rights"):
        assert word not in page.text
    assert len(page.tables) == 1


def test_a_page_of_the_disk_is_read_whole():
    page = convert_bytes(AROUND.format(ARTICLE).encode(), "ships.html")
    assert "Most read" in page.text and "url" not in page.meta


def test_a_page_that_is_a_list_is_read_whole(web):
    Answers.pages["/list"] = 200, HTML, b"<h1>Ships</h1><ul><li><a href=/a>Ada</a><li><a href=/b>Bob</a></ul>"
    found = fetch(f"{web}/list", private=True)
    assert "Bob" in convert_bytes(found.data, found.name).text


def test_without_the_library_the_page_is_read_and_the_extra_named(monkeypatch):
    from kbase.indexing import html_reader

    def missing(html):
        raise ImportError("trafilatura")

    monkeypatch.setattr(html_reader, "article_lines", missing)
    page = html_reader.convert_html("<!-- saved from url=(0019)http://example.org/ -->" + AROUND.format(ARTICLE))
    assert "| Ada | 12 |" in page.text and "kbase-jupyter[web]" in page.warnings[0]
