"""Three machines that fill one cluster at the same time, as three network namespaces of this one.

    python benchmarks/namespaces.py --server http://127.0.0.1:9200 [--files 300] [--machines 3]

Needs the right to make namespaces (`ip netns`, as root) and says so where there is none. Each namespace has an address
of its own on a bridge and nothing else; the cluster is reached through a relay at the address of the bridge.
In each one `kb.add` runs over the same folder. All that was made is removed at the end."""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")

from kbase import KnowledgeBase
from kbase.stores.elastic import ElasticStore

NETWORK = "10.213.77"  # private, and seldom another's
PORT = 9299
WORK = """
import json, sys
from collections import Counter
from kbase import KnowledgeBase
with KnowledgeBase(sys.argv[1], calibrate=False) as kb:
    report = kb.add(sys.argv[2], progress=False)
    print(json.dumps({"embedded": report.embedded, **Counter(row.state for row in report.rows)}))
"""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def connect(stack: ExitStack, mark: str, machines: int) -> list[str]:
    "Namespaces on one bridge; their names."
    ip("link", "add", f"kb{mark}", "type", "bridge")
    stack.callback(subprocess.run, ["ip", "link", "del", f"kb{mark}"])
    ip("addr", "add", f"{NETWORK}.1/24", "dev", f"kb{mark}")
    ip("link", "set", f"kb{mark}", "up")
    names = [f"kb{mark}-{i}" for i in range(machines)]
    for i, name in enumerate(names):
        ip("netns", "add", name)
        stack.callback(subprocess.run, ["ip", "netns", "del", name])
        ip("link", "add", f"v{mark}{i}", "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("link", "set", f"v{mark}{i}", "master", f"kb{mark}", "up")
        ip("-n", name, "addr", "add", f"{NETWORK}.{i + 2}/24", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("-n", name, "link", "set", "lo", "up")
    return names


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def relay(host: str, port: int) -> None:
    "What comes to the bridge's address goes on to the server, for as long as this process lives."

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, port)
        await asyncio.gather(pass_on(reader, back), pass_on(there, writer))

    async def serve() -> None:
        server = await asyncio.start_server(one, f"{NETWORK}.1", PORT)
        await server.serve_forever()

    threading.Thread(target=asyncio.run, args=(serve(),), daemon=True).start()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="http://host:port of an Elasticsearch that may be filled")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--machines", type=int, default=3)
    given = parser.parse_args()
    mark, server = uuid.uuid4().hex[:5], urlsplit(given.server)
    if not shutil.which("ip") or os.geteuid() != 0:
        sys.exit("skipped: network namespaces need iproute2 and root")
    with ExitStack() as stack:
        try:
            names = connect(stack, mark, given.machines)
        except subprocess.CalledProcessError as e:
            sys.exit(f"skipped: no namespaces can be made here ({e.stderr.strip()})")
        relay(server.hostname or "127.0.0.1", server.port or 9200)
        notes = Path(stack.enter_context(tempfile.TemporaryDirectory()), "notes")
        notes.mkdir()
        for i in range(given.files):
            (notes / f"note{i:04}.md").write_text(f"# Mill {i}\n\nThe mill of valley {i} has {i % 7} wheels.\n")
        place, began = f"{NETWORK}.1:{PORT}/namespaces-{mark}", time.perf_counter()
        command = [sys.executable, "-W", "ignore", "-c", WORK, f"http://{place}", str(notes)]
        running = [
            subprocess.Popen(["ip", "netns", "exec", name, *command], stdout=subprocess.PIPE, text=True)
            for name in names
        ]
        said = [json.loads(process.communicate(timeout=900)[0].splitlines()[-1]) for process in running]
        for name, counts in zip(names, said, strict=True):
            print(f"{name}: {counts}")
        with KnowledgeBase(f"{given.server}/namespaces-{mark}") as kb:
            assert isinstance(kb.store, ElasticStore)
            found, sources = kb.doctor(), kb.store.sources()
            added = sum(one.get("added", 0) for one in said)
            print(
                f"{len(sources)} of {given.files} files in the account, {added} added in all, {found.nodes} nodes, "
                f"well: {found.well}; {time.perf_counter() - began:.0f} s, load {os.getloadavg()[0]:.1f}"
            )
            for index in kb.store.cluster.request("GET", f"/{kb.store.name}*", missing=True) or {}:
                kb.store.cluster.request("DELETE", f"/{index}")


if __name__ == "__main__":
    main()
