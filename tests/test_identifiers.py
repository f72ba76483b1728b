"""Questions by code, version, unit, acronym and number, sixty of them, on a corpus whose documents differ in little
else: the right document should come first."""

import pytest
from haystack import Document

from kbase import KnowledgeBase

# uri → text; each group holds neighbours that share every part but the one that counts
TEXTS = {
    "parts/x": "Gasket AB-1234-X fits the pump P200. It is made of rubber.",
    "parts/y": "Gasket AB-1234-Y fits the pump P300. It is made of cork.",
    "parts/z": "Gasket AB-4321-X fits the pump P400. It is made of nylon.",
    "faults/a": "Fault E-1024/7 means that the sensor is wet.",
    "faults/b": "Fault E-7/1024 means that the clock battery is empty.",
    "faults/c": "Fault F-1024/7 means that the belt slipped.",
    "faults/d": "Fault E-1024/17 means that the lid is open.",
    "norms/9001": "ISO 9001:2015 covers quality management.",
    "norms/14001": "ISO 14001:2015 covers environmental management.",
    "norms/27001": "ISO 27001:2022 covers information security management.",
    "norms/2119": "RFC 2119 defines the words MUST and SHOULD.",
    "norms/8259": "RFC 8259 defines JSON.",
    "norms/8": "PEP 8 is the style guide.",
    "norms/20": "PEP 20 is the Zen.",
    "cve/1": "CVE-2024-1234 is an overflow in the parser.",
    "cve/2": "CVE-2024-12345 is a leak in the cache.",
    "cve/3": "CVE-2021-1234 is a race in the scheduler.",
    "tools/c": "The firmware is written in plain C.",
    "tools/cpp": "The solver is written in C++.",
    "tools/cs": "The desktop tool is written in C#.",
    "tools/net": "The portal runs on .NET for the office.",
    "tools/fish": "The net of the fisher hangs in the office.",
    "grades/plus": "A grade of A+ needs 97 points.",
    "grades/minus": "A grade of A- needs 90 points.",
    "grades/b": "A grade of B+ needs 87 points.",
    "notes/2.10.3": "Release v2.10.3 mends the upload.",
    "notes/2.10.13": "Release v2.10.13 mends the download.",
    "notes/2.1.3": "Release v2.1.3 mends the login.",
    "notes/3.10": "Works on Python 3.9,3.10 and later.",
    "notes/3.1": "Works on Python 3.1 alone.",
    "weights/40": "The sack of cement weighs 40kg.",
    "weights/25": "The sack of lime weighs 25kg.",
    "weights/400": "The crate of tiles weighs 400 kg.",
    "disks/5": "The small disk holds 5 GB.",
    "disks/50": "The large disk holds 50GB.",
    "plants/north": "The north plant made 1,250,000 bricks.",
    "plants/south": "The south plant made 1,520,000 bricks.",
    "plants/west": "The west plant made 250,000 bricks.",
    "gases/co2": "CO₂ is heavier than air.",
    "gases/co": "CO is as heavy as air.",
    "gases/o3": "O₃ is ozone.",
    "units/it": "The IT department repairs laptops.",
    "units/hr": "The HR department writes contracts.",
    "units/garden": "It is he who waters the roses, all of them, for us or for you. Do it now.",
    "health/who": "The WHO published a guideline on masks.",
    "health/all": "ALL is the commonest leukaemia of children.",
    "states/us": "The US imports steel.",
    "states/or": "Salem, OR, is a capital.",
    "law/12": "§ 12 governs the deposit.",
    "law/21": "§ 21 governs the notice.",
    "law/12a": "§ 12a governs the keys.",
    "hosts/5": "Host 10.0.0.5 serves mail.",
    "hosts/50": "Host 10.0.0.50 serves print jobs.",
    "people/ann": "Write to ann.olsen@example.org or call 555-0199.",
    "people/bo": "Write to bo.olsen@example.org or call 555-0991.",
    "code/camel": "Call readTable to load the ledger.",
    "code/snake": "Call read_csv to load the sheet.",
    "code/java": "The class org.apache.commons.lang3.StringUtils trims text.",
    "files/a": "The plan is in site_plan-2024.final.pdf on the drive.",
    "files/b": "The plan of old is in site_plan-2023.final.pdf on the drive.",
    "dates/may": "The audit of 2024-05-06 found nothing.",
    "dates/june": "The audit of 2024-06-05 found two leaks.",
    "cafe": "The café opens at nine.",
    "inn": "The inn opens at ten.",
    "soft": "The adminis\u00adtra\u00adtion meets in the town hall.",
    "lists/pairs": "Depths: [101,250,300] and no more.",
    "lists/more": "Depths: [102,251,303] and no more.",
    "places/zurich": "The office of Zürich lies at 47.3769,8.5417.",
    "places/bern": "The office of Bern lies at 46.9480,7.4474.",
    **{f"wells/{i}": "id,well,depth\n" + "".join(f"{4000 + 10 * i + j},{10 * i + j},{3 * (10 * i + j) + 1200}\n"
                                                 for j in range(10)) for i in range(7, 12)},  # 4070,70,1410 …
}  # fmt: skip

QUESTIONS = [
    ("AB-1234-X", "parts/x"),
    ("Which pump does gasket AB-1234-Y fit?", "parts/y"),
    ("ab 4321 x", "parts/z"),
    ("What is gasket AB1234Y made of?", "parts/y"),
    ("E-1024/7", "faults/a"),
    ("What does fault E-7/1024 mean?", "faults/b"),
    ("F-1024/7", "faults/c"),
    ("What is E-1024/17?", "faults/d"),
    ("ISO 9001", "norms/9001"),
    ("What does ISO14001 cover?", "norms/14001"),
    ("iso-27001", "norms/27001"),
    ("What does RFC2119 define?", "norms/2119"),
    ("rfc 8259", "norms/8259"),
    ("What is PEP8?", "norms/8"),
    ("PEP 20", "norms/20"),
    ("CVE-2024-1234", "cve/1"),
    ("What is CVE-2024-12345?", "cve/2"),
    ("cve-2021-1234", "cve/3"),
    ("C", "tools/c"),
    ("What is written in C++?", "tools/cpp"),
    ("C#", "tools/cs"),
    ("Which portal runs on .NET?", "tools/net"),
    (".NET", "tools/net"),
    ("How many points does an A+ need?", "grades/plus"),
    ("A-", "grades/minus"),
    ("B+", "grades/b"),
    ("2.10.3", "notes/2.10.3"),
    ("What does v2.10.13 mend?", "notes/2.10.13"),
    ("Release 2.1.3", "notes/2.1.3"),
    ("Does it work on Python 3.10?", "notes/3.10"),
    ("Python 3.1", "notes/3.1"),
    ("What weighs 40 kg?", "weights/40"),
    ("400kg", "weights/400"),
    ("Which disk holds 5GB?", "disks/5"),
    ("50 gb", "disks/50"),
    ("Who made 1250000 bricks?", "plants/north"),
    ("1,520,000 bricks", "plants/south"),
    ("250000", "plants/west"),
    ("CO2", "gases/co2"),
    ("Is O3 ozone?", "gases/o3"),
    ("What does IT do?", "units/it"),
    ("IT", "units/it"),
    ("WHO guideline", "health/who"),
    ("ALL", "health/all"),
    ("What does the US import?", "states/us"),
    ("OR", "states/or"),
    ("§12", "law/12"),
    ("What does § 21 govern?", "law/21"),
    ("§ 12a", "law/12a"),
    ("What does 10.0.0.5 serve?", "hosts/5"),
    ("ann.olsen@example.org", "people/ann"),
    ("Whose number is 555-0991?", "people/bo"),
    ("What does read_table load?", "code/camel"),
    ("readCsv", "code/snake"),
    ("What does StringUtils trim?", "code/java"),
    ("site-plan-2024", "files/a"),
    ("audit of 2024-06-05", "dates/june"),
    ("When does the cafe open?", "cafe"),
    ("When does the administration meet?", "soft"),
    ("Which list has 250 in it?", "lists/pairs"),
    ("office of Zurich", "places/zurich"),
    ("47.3769", "places/zurich"),
    ("What is the depth of id 4087?", "wells/8"),
    ("1461", "wells/8"),
    ("4113", "wells/11"),
]


@pytest.fixture(params=["embedded", "elastic"])
def kb(request, tmp_path):
    with KnowledgeBase(
        tmp_path / "kb" if request.param == "embedded" else request.getfixturevalue("elastic_url")
    ) as kb:
        kb.add([Document(id=uri, content=text, meta={"title": "Note"}) for uri, text in TEXTS.items()], progress=False)
        yield kb


def test_the_document_with_the_code_comes_first(kb):
    assert len(QUESTIONS) >= 60 and {uri for _, uri in QUESTIONS} <= set(TEXTS)
    for mode in ("bm25", "hybrid"):
        missed = []
        for question, right in QUESTIONS:
            hits = kb.search(question, top_k=3, mode=mode, kinds=("chunk",))
            if not hits or hits[0].document_id != right:
                missed.append((question, right, [hit.document_id for hit in hits]))
        print(mode, len(QUESTIONS) - len(missed), "of", len(QUESTIONS), missed)
        assert 1 - len(missed) / len(QUESTIONS) >= 0.95, (mode, missed)
