"Outlook messages for tests: only Outlook writes such files, so here is the little of the format that they need."

import struct
from itertools import pairwise

SECTOR, SMALL, FREE, END, FAT = 512, 64, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
NUMBERS = {
    "subject": 0x37,
    "headers": 0x7D,
    "sender": 0xC1A,
    "address": 0xC1F,
    "to": 0xE04,
    "cc": 0xE03,
    "text": 0x1000,
    "html": 0x1013,
    "rtf": 0x1009,
    "file": 0x3701,
    "file_name": 0x3707,
}


def folder(head: int = 32, /, **values: object) -> dict:
    "A message, or a file in one, as names and contents. `attached` holds its files, `message` is a message inside."
    attached, message = values.pop("attached", []), values.pop("message", None)
    listed, found = b"", {}
    for key, value in values.items():
        kind = 0x102 if isinstance(value, bytes) else 0x1F
        data = value if isinstance(value, bytes) else value.encode("utf-16-le")
        listed += struct.pack("<HHIQ", kind, NUMBERS[key], 6, len(data))
        found[f"__substg1.0_{NUMBERS[key]:04X}{kind:04X}"] = data
    found["__properties_version1.0"] = bytes(head) + listed
    for number, one in enumerate(attached):
        found[f"__attach_version1.0_#{number:08X}"] = one
    if message is not None:
        found["__substg1.0_3701000D"] = message
    return found


def attached_file(name: str, data: bytes) -> dict:
    return folder(8, file_name=name, file=data)


def attached_message(message: dict) -> dict:
    return folder(8, message=message)


def chain(size: int, unit: int, first: int) -> list[int]:
    "The entries of a table for a stream that begins at a sector."
    count = -(-size // unit)
    return [*range(first + 1, first + count), END] if count else []


def outlook_file(root: dict) -> bytes:
    "A compound file: a tree of folders and streams, in sectors that tables chain up."
    entries: list[dict] = []

    def add(name: str, content: dict | bytes) -> int:
        at = len(entries)
        entries.append({"name": name, "content": content, "child": FREE, "next": FREE})
        if isinstance(content, dict):
            inner = [add(*item) for item in content.items()]
            for one, after in pairwise([*inner, FREE]):
                entries[one]["next"] = after
            entries[at]["child"] = inner[0] if inner else FREE
        return at

    add("Root Entry", root)
    small, small_table = b"", []
    large, table = b"", []
    for entry in entries:
        data = entry["content"]
        entry["size"] = 0 if isinstance(data, dict) else len(data)
        entry["start"] = END
        if entry["size"] >= 4096:
            entry["start"] = len(table)
            table += chain(len(data), SECTOR, len(table))
            large += data.ljust(-(-len(data) // SECTOR) * SECTOR, b"\0")
        elif entry["size"]:
            entry["start"] = len(small_table)
            small_table += chain(len(data), SMALL, len(small_table))
            small += data.ljust(-(-len(data) // SMALL) * SMALL, b"\0")
    small = small.ljust(-(-len(small) // SECTOR) * SECTOR, b"\0")
    entries[0]["size"], entries[0]["start"] = len(small), len(table)
    table += chain(len(small), SECTOR, len(table))
    links = struct.pack(f"<{len(small_table)}I", *small_table)
    links += b"\xff" * (-len(links) % SECTOR)
    links_at = len(table)
    table += chain(len(links), SECTOR, links_at)
    listing = b"".join(map(directory_entry, entries))
    listing += bytes(-len(listing) % SECTOR)
    listing_at = len(table)
    table += chain(len(listing), SECTOR, listing_at)
    sectors = 1
    while sectors * SECTOR // 4 < len(table) + sectors:
        sectors += 1
    fat_at = len(table)
    table += [FAT] * sectors
    fat = struct.pack(f"<{len(table)}I", *table).ljust(sectors * SECTOR, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<9I", 0, sectors, listing_at, 0, 4096, links_at, len(links) // SECTOR, END, 0)
    head += struct.pack(f"<{sectors}I", *range(fat_at, fat_at + sectors))
    return head.ljust(SECTOR, b"\xff") + large + small + links + listing + fat


def directory_entry(entry: dict) -> bytes:
    name = (entry["name"] + "\0").encode("utf-16-le")
    kind = 5 if entry["name"] == "Root Entry" else 1 if isinstance(entry["content"], dict) else 2
    data = name.ljust(64, b"\0") + struct.pack("<HBBIII", len(name), kind, 1, FREE, entry["next"], entry["child"])
    return data + bytes(16 + 4 + 16) + struct.pack("<IQ", entry["start"], entry["size"])
