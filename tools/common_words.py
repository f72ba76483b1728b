"""Write kbase/data/hyphens/en.txt: common English words, of which a hyphen at the end of a line is judged.

They are the whole words of four letters or more, and of two or three where they begin compounds, in the vocabulary of
the default embedder (BERT's, Apache License 2.0: the most frequent pieces of Wikipedia and of books).
"""

import json
import re
import zipfile
from importlib.resources import files
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "kbase" / "data" / "hyphens" / "en.txt"
SHORT = set(
    (
        "add air all any arm art bad bed big box bus buy car cut dry ear end eye far few fit fly fox gas go high "
        "hot ice in job key lab law leg lie low man mid net new odd off oil old on one out own pay pit pre put raw "
        "red rod run six ski sky sun tax ten tie tip top toy two up use war way wet "
    ).split()
)


def main() -> None:
    "Write the file."
    with zipfile.ZipFile(str(files("all_minilm_l6_v2") / "model.zip")) as archive:
        name = next(part for part in archive.namelist() if part.endswith("tokenizer.json"))
        vocabulary = json.loads(archive.read(name))["model"]["vocab"]
    words = sorted(word for word in vocabulary if re.fullmatch(r"[a-z]{4,}", word) or word in SHORT)
    TARGET.write_text("\n".join(words) + "\n", encoding="utf-8")
    print(f"{len(words)} words, {TARGET.stat().st_size:,} bytes: {TARGET}")


if __name__ == "__main__":
    main()
