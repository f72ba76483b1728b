"What mails must not lose, mix up or make up: each test is one kind of trouble, with several of its siblings."

import mailbox
from email.header import Header
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from outlook_files import attached_file, attached_message, folder, outlook_file

from kbase.blocks import read_blocks
from kbase.indexing.converted import ConversionError, Limits, UnsupportedFormat
from kbase.indexing.converters import convert_bytes, document_of
from kbase.indexing.mail_reader import convert_eml, convert_mbox, convert_msg


def mail_of(text: str = "Shall we meet?", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ada Ott <ada@example.org>", "bob@example.org"
    for name, value in ({"Subject": "Lunch"} | headers).items():
        mail[name] = value
    mail.set_content(text)
    return mail


def raw(head: bytes, body: bytes = b"Hello there.") -> bytes:
    return head + b"\n\n" + body


# -- headers


@pytest.mark.parametrize(
    "written, subject",
    [
        (b"=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
        (b"=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),  # without its padding
        (b"=?utf-8?b?R3LD?= =?utf-8?b?vMOfZQ==?=", "Grüße"),  # cut inside a letter
        (b"=?iso-8859-1?q?Gr=FC=DFe?= aus =?koi8-r?b?7c/Ty9fB?=", "Grüße aus Москва"),
        (b"=?no-such-charset?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8*de?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("Grüße".encode(), "Grüße"),  # raw bytes
        ("Grüße aus Köln und Düsseldorf".encode("latin-1"), "Grüße aus Köln und Düsseldorf"),
        (b"two\n lines", "two lines"),
        (b"is 1 =? 2", "is 1 =? 2"),
    ],
)
def test_a_subject_is_read_however_it_is_written(written, subject):
    found = convert_eml(raw(b"From: a@example.org\nSubject: " + written))
    assert found.title == found.meta["subject"] == subject


@pytest.mark.parametrize(
    "written, sender",
    [
        ("Ada Ott <ada@example.org>", "Ada Ott <ada@example.org>"),
        ('"Ott, Ada" <ada@example.org>', "Ott, Ada <ada@example.org>"),
        ("ada@example.org (Ada Ott)", "Ada Ott <ada@example.org>"),
        ("=?utf-8?q?J=C3=B6rg?= <j@example.org>", "Jörg <j@example.org>"),
        ("a@example.org, Bob <b@example.org>", "a@example.org; Bob <b@example.org>"),
        ("broken <@", "broken <@"),
        ("Ada", "Ada"),
        ("undisclosed-recipients:;", "undisclosed-recipients:;"),
    ],
)
def test_addresses(written, sender):
    assert convert_eml(raw(f"From: {written}\nSubject: x".encode())).meta["from"] == sender


def test_headers_are_metadata_and_text():
    mail = mail_of(Cc="cy@example.org", Date="Tue, 01 Oct 2024 12:34:56 -0500")
    mail["Message-ID"], mail["In-Reply-To"] = "<2@example.org>", "<1@example.org>"
    found = convert_eml(mail.as_bytes())
    assert found.meta == {
        "from": "Ada Ott <ada@example.org>",
        "to": "bob@example.org",
        "cc": "cy@example.org",
        "subject": "Lunch",
        "date": "2024-10-01T12:34:56-05:00",
        "message_id": "<2@example.org>",
        "in_reply_to": "<1@example.org>",
    }
    line = "**Ada Ott <ada@example.org> wrote to bob@example.org with a copy to cy@example.org on 2024-10-01 12:34**"
    assert found.text.startswith(f"Lunch\n=====\n\n{line}\n\nShall we meet?")
    blocks = read_blocks(document_of(found, "a.eml", b""))
    path = "Lunch", "Ada Ott wrote to bob@example.org with a copy to cy@example.org on 2024-10-01 12:34"
    assert blocks[-1].headings == path
    members = b", ".join(b"m%d@example.org" % i for i in range(99))
    many = convert_eml(raw(b"From: Ada <ada@example.org>\nTo: " + members))
    assert "**Ada <ada@example.org> wrote to m0@example.org, m1@example.org and 97 others**" in many.text
    assert many.meta["to"].count("@") == 99


@pytest.mark.parametrize("date", ["yesterday", "32 Foo 2024", "Tue, 99 Oct 2024 12:00:00 +0000"])
def test_a_date_that_is_none_is_left_out_and_reported(date):
    found = convert_eml(raw(f"From: a@example.org\nSubject: x\nDate: {date}".encode()))
    assert "date" not in found.meta and date in " ".join(found.warnings)


def test_a_mail_without_a_subject_says_so():
    found = convert_bytes(raw(b"From: a@example.org"), "2024 plan.eml")
    assert found.title == "2024 plan" and "the mail has no subject" in found.warnings


@pytest.mark.parametrize("name", ["From", "To", "Subject", "Date", "Message-ID", "Content-Type", "Content-Disposition"])
@pytest.mark.parametrize(
    "value", [b"(" * 50_000, b"<" * 50_000, b'"' * 50_001, b"=?utf-8?q?a" * 9000, b"a;" * 50_000, b"\0\xff\r"]
)
def test_a_hostile_header_costs_neither_the_mail_nor_the_time(name, value):
    found = convert_bytes(b"Return-Path: x\n" + name.encode() + b": " + value + b"\n\nHello there.", "a.eml")
    assert "Hello there." in found.text or found.attached


def test_parts_in_parts_end():
    data = b"Subject: x\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(5000)
    )
    try:
        found = convert_bytes(data + b"\nHello", "a.eml")
    except ConversionError as error:
        assert "too deep" in str(error)
    else:
        assert found.warnings


# -- text


@pytest.mark.parametrize(
    "data, charset, text",
    [
        ("Grüße".encode(), "us-ascii", "Grüße"),
        ("Grüße".encode(), "iso-8859-1", "Grüße"),  # UTF-8 that calls itself something else
        ("Grüße aus Köln".encode("latin-1"), "utf-8", "Grüße aus Köln"),
        ("Grüße aus Köln".encode("latin-1"), "no-such-charset", "Grüße aus Köln"),
        ("日本の技術".encode("iso-2022-jp"), "iso-2022-jp", "日本の技術"),
    ],
)
def test_a_part_that_lies_about_its_encoding_is_read(data, charset, text):
    found = convert_eml(raw(f"Subject: x\nContent-Type: text/plain; charset={charset}".encode(), data))
    assert text in found.text


def test_what_had_to_be_guessed_is_reported():
    data = "Grüße aus Köln und schöne Tage".encode("latin-1")
    found = convert_eml(raw(b"Subject: x\nContent-Type: text/plain; charset=utf-8", data))
    assert any("a guess" in note for note in found.warnings)


def test_transfer_encodings():
    for part in (MIMEText("Grüße " * 30, "plain", "utf-8"), MIMEText("Gruss " * 30)):
        assert convert_eml(part.as_bytes()).text.count("Gr") == 30
    quoted = raw(b"Subject: x\nContent-Transfer-Encoding: quoted-printable", b"caf=C3=A9 and a so=\nft end =\n")
    assert "café and a soft end" in convert_eml(quoted).text
    damaged = raw(b"Subject: x\nContent-Transfer-Encoding: base64", b"SGVsbG8gdGhlcmUu!")
    assert "Hello there." in convert_eml(damaged).text


def versions(plain: str, html: str) -> bytes:
    mail = mail_of(plain)
    mail.add_alternative(html, subtype="html")
    return mail.as_bytes()


def test_of_two_versions_the_plain_one_is_taken():
    found = convert_eml(versions("See you at noon.", "<p>See you <b>at noon</b>.</p>"))
    assert found.markup == "text" and found.text.count("noon") == 1


@pytest.mark.parametrize(
    "plain, html",
    [
        ("Please use another mail program.", "<p>" + "Prices fall by a tenth in May. " * 5 + "</p>"),
        ("Ship Tonnage Ada 12", "<table><tr><th>Ship<th>Tonnage<tr><td>Ada<td>12</table>"),
        ("See https://example.org/" + "x" * 80 + " the plan", "<p>See <a href='https://x.org'>the plan</a></p>"),
    ],
)
def test_the_html_is_taken_where_it_says_more(plain, html):
    found = convert_eml(versions(plain, html))
    assert found.markup == "markdown" and plain not in found.text


def test_a_table_of_a_mail_is_data():
    html = "<p>Ours:</p><table><tr><th>Ship<th>Tonnage<tr><td>Ada<td>12</table>"
    found = convert_eml(versions("Ours", html))
    (table,) = found.tables
    assert table.columns == ("Ship", "Tonnage") and found.text[table.start : table.end] == table.markdown()


def test_several_parts_are_read_in_order():
    mail = MIMEMultipart()
    mail["Subject"] = "x"
    for text in ("First.", "Second.", "-- \nThe list's footer"):
        mail.attach(MIMEText(text))
    text = convert_eml(mail.as_bytes()).text
    assert text.index("First") < text.index("Second") < text.index("footer")


def test_soft_line_breaks_are_joined_and_a_signature_stays():
    head = b"Subject: x\nContent-Type: text/plain; format=flowed"
    found = convert_eml(raw(head, b"One long \nline.\n\n> quoted \n> too\nmine\n-- \nAda"))
    assert "One long line.\n\n> quoted too\nmine\n--\nAda" in found.text


@pytest.mark.parametrize("kind", ["application/pkcs7-mime", "multipart/encrypted; boundary=x"])
def test_an_encrypted_mail_fails_with_its_reason(kind):
    with pytest.raises(ConversionError, match="encrypted"):
        convert_eml(raw(f"Subject: x\nContent-Type: {kind}".encode(), b"--x\n\nMIAG\n--x--"))


def test_damaged_borders_lose_nothing_and_are_reported():
    head = b"Subject: x\nContent-Type: multipart/mixed; boundary=right"
    found = convert_eml(raw(head, b"--wrong\nContent-Type: text/plain\n\nStill here.\n--wrong--"))
    assert "Still here." in found.text and any("damaged" in note for note in found.warnings)
    found = convert_eml(raw(b"Subject: x\nContent-Type: multipart/mixed", b"No border at all."))
    assert "No border at all." in found.text and found.warnings


def test_a_mail_with_files_only_says_so():
    mail = MIMEMultipart()
    mail["Subject"] = "The plan"
    mail.attach(named(b"words", "plan.txt"))
    found = convert_eml(mail.as_bytes())
    assert "plan.txt" in found.text and "the mail has no text of its own" in found.warnings


def test_html_of_a_mail_fetches_and_shows_nothing_hidden():
    html = "<p>Dear Bob</p><script>steal()</script><img src='http://tracker.example/x.gif' alt=''><div hidden>no</div>"
    text = convert_eml(versions("", html)).text
    assert "Dear Bob" in text and not any(word in text for word in ("steal", "tracker", "no\n"))


# -- what is quoted


@pytest.mark.parametrize(
    "body, heading",
    [
        ("Yes.\n\nOn Monday, Bob wrote:\n> When?\n>\n> Where?\n\nAda", "Quoted: On Monday, Bob wrote:"),
        ("Ja.\n\nAm 1. Mai schrieb Bob:\n\n> Wann?\n\nAda", "Quoted: Am 1. Mai schrieb Bob:"),
        ("> When?\nAt noon.\n> Where?\nHere.", "Quoted"),
        ("Yes.\n\n-----Original Message-----\nFrom: Bob\nWhen?", "Quoted"),
        ("Ja.\n\nVon: Bob\nGesendet: Montag\n\nWann?", "Quoted"),
    ],
)
def test_a_quotation_is_under_a_heading_and_the_answer_is_not(body, heading):
    data = mail_of(body).as_bytes()
    blocks = read_blocks(document_of(convert_bytes(data, "a.eml"), "a.eml", data))
    text = document_of(convert_bytes(data, "a.eml"), "a.eml", data).text
    headings = {text[block.start : block.end]: block.headings for block in blocks}
    quoted = [path for part, path in headings.items() if "?" in part]
    answers = [path for part, path in headings.items() if part.startswith(("Yes", "Ja", "At noon", "Here", "Ada"))]
    assert quoted and all(heading in path for path in quoted)
    assert answers and not any(heading in path for path in answers)


# -- files


def named(data: bytes, name: object) -> MIMEApplication:
    part = MIMEApplication(data)
    part.add_header("Content-Disposition", "attachment", filename=name)
    return part


def with_files(*names: object) -> bytes:
    mail = MIMEMultipart()
    mail["Subject"] = "Files"
    mail.attach(MIMEText("See there."))
    for number, name in enumerate(names):
        mail.attach(named(b"%d" % number, name))
    return mail.as_bytes()


@pytest.mark.parametrize(
    "name, safe",
    [
        ("plan.txt", "plan.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\plan.txt", "plan.txt"),
        ("odd=name?.txt", "odd=name?.txt"),
        (("utf-8", "", "Pläne.txt"), "Pläne.txt"),
        (Header("Pläne.txt", "utf-8").encode(), "Pläne.txt"),
        ("invoice\u202efdp.exe", "invoice fdp.exe"),
        ("..", "file"),
        ("a" * 300 + ".txt", "a" * 120 + ".txt"),
    ],
)
def test_the_name_of_an_attached_file_is_no_path(name, safe):
    (found,) = convert_eml(with_files(name)).attached
    assert found.name == safe and found.data == b"0"


def test_two_attached_files_of_one_name_are_told_apart():
    found = convert_eml(with_files("a.txt", "a.txt", "x/a.txt"))
    assert [(one.name, one.data) for one in found.attached] == [
        ("a.txt", b"0"),
        ("a (2).txt", b"1"),
        ("a (3).txt", b"2"),
    ]
    assert "Attached: a.txt; a (2).txt; a (3).txt" in found.text


def test_too_many_or_too_large_files_are_named_and_left_out():
    found = convert_eml(with_files("a.txt", "b.txt", "c.txt"), "x.eml", Limits(attached=2))
    assert len(found.attached) == 2 and any("c.txt" in note for note in found.warnings)
    found = convert_eml(with_files("a.txt", "b.txt"), "x.eml", Limits(attached_bytes=1))
    assert len(found.attached) == 1 and any("b.txt" in note for note in found.warnings)


def test_a_mail_in_a_mail_is_a_file_with_all_that_is_in_it():
    inner = mail_of("The inner text.", Subject="Old lunch")
    inner.add_attachment(b"deep", maintype="application", subtype="octet-stream", filename="deep.txt")
    outer = mail_of("See below.")
    outer.add_attachment(inner)
    found = convert_eml(outer.as_bytes())
    (one,) = found.attached
    assert one.name == "Old lunch.eml" and "The inner text." not in found.text
    again = convert_eml(one.data)
    assert "The inner text." in again.text and again.attached[0].data == b"deep"


def test_pictures_inside_the_text_are_counted():
    mail = MIMEMultipart("related")
    mail["Subject"] = "x"
    mail.attach(MIMEText("<p>Hello</p><img src='cid:logo'>", "html"))
    picture = MIMEImage(b"\x89PNG\r\n", "png")
    picture["Content-ID"] = "<logo>"
    mail.attach(picture)
    found = convert_eml(mail.as_bytes())
    assert not found.attached and "1 picture(s) inside the text are left out" in found.warnings


# -- mailboxes


def mailbox_of(tmp_path, *mails: EmailMessage) -> bytes:
    box = mailbox.mbox(tmp_path / "box")
    for mail in mails:
        box.add(mailbox.mboxMessage(mail))
    box.flush()
    return (tmp_path / "box").read_bytes()


def test_a_mailbox_lists_its_mails_and_hands_them_on(tmp_path):
    day = {"Date": "Tue, 01 Oct 2024 12:34:56 -0500"}
    text = "From here it is near.\n\nFrom Ada Tue at 12:00 came\nno: answer"
    data = mailbox_of(tmp_path, mail_of(text, **day), mail_of("No.", **day), mail_of("Who?", Subject="a/b"))
    found = convert_bytes(data, "lunch")
    assert found.meta["format"] == "mailbox" and found.meta["mails"] == 3
    assert found.text.split("\n")[0] == "2024-10-01 12:34 Ada Ott <ada@example.org>: Lunch"
    names = [one.name for one in found.attached]
    assert names == ["2024-10-01 Lunch.eml", "2024-10-01 Lunch (2).eml", "a b.eml"]
    first = convert_bytes(found.attached[0].data, names[0])
    assert text in first.text


def test_a_mailbox_of_one_mail_is_that_mail(tmp_path):
    assert convert_bytes(mailbox_of(tmp_path, mail_of()), "a.mbox").title == "Lunch"


def test_a_mailbox_without_mails_fails():
    with pytest.raises(ConversionError, match="holds no mail"):
        convert_mbox(b"From nobody to nobody", "a.mbox")


@pytest.mark.parametrize("text", [b"From me to you\n\nMusic", b"From 12:30 on we\nwere there", b"Received: from me"])
def test_prose_is_no_mail(text):
    assert convert_bytes(text, "a.txt").meta["format"] == "text"


def test_a_page_saved_with_all_that_is_in_it_is_the_page():
    saved = MIMEMultipart("related")
    saved["From"], saved["Snapshot-Content-Location"] = "<Saved by Blink>", "https://example.org/ships"
    saved["Subject"], saved["Date"] = "Ships", "Tue, 01 Oct 2024 12:34:56 -0500"
    saved.attach(MIMEText("<h1>Ships</h1><p>The Ada has 12 tons.<img src='cid:x'>", "html"))
    for kind, data in (("image", MIMEImage(b"\x89PNG", "png")), ("css", MIMEText("p {}", "css"))):
        data["Content-Location"] = f"https://example.org/{kind}"
        saved.attach(data)
    for name in ("ships.mhtml", "ships.mht"):
        found = convert_bytes(saved.as_bytes(), name)
        assert found.text == "# Ships\n\nThe Ada has 12 tons." and not found.attached and "from" not in found.meta
        assert found.meta["url"] == "https://example.org/ships" and found.meta["date"] == "2024-10-01T12:34:56-05:00"


# -- Outlook


def test_an_outlook_message_is_read_like_a_mail():
    inner = folder(24, subject="Old", text="The inner text.", sender="Bob")
    message = folder(
        subject="Grüße",
        sender="Ada Ott",
        address="ada@example.org",
        to="Bob",
        text="At noon.\r\n" + "word " * 2000,
        attached=[attached_file("../plan.txt", b"the plan"), attached_message(inner)],
    )
    found = convert_bytes(outlook_file(message), "a.msg")
    assert found.title == "Grüße" and found.meta["from"] == "Ada Ott <ada@example.org>"
    assert "At noon." in found.text and found.text.count("word ") >= 1999
    assert [one.name for one in found.attached] == ["plan.txt", "Old.eml"]
    assert "The inner text." in convert_bytes(found.attached[1].data, "Old.eml").text


def test_headers_of_the_wire_are_used():
    head = "From: Ada <ada@example.org>\r\nDate: Tue, 01 Oct 2024 12:34:56 -0500\r\nMessage-ID: <1@x>\r\n"
    found = convert_msg(outlook_file(folder(subject="x", headers=head, text="y")))
    assert found.meta["date"] == "2024-10-01T12:34:56-05:00" and found.meta["message_id"] == "<1@x>"


def test_html_wrapped_into_rtf_is_read():
    rtf = rb"{\rtf1\ansi\ansicpg1252\fromhtml1{\*\htmltag64 <table><tr><td>}Ship{\*\htmltag64 </td><td>}Tons"
    rtf += rb"{\*\htmltag64 </td></tr><tr><td>}Caf\'e9{\*\htmltag64 </td><td>}12{\*\htmltag64 </td></tr></table>}}"
    packed = len(rtf).to_bytes(4, "little") * 2 + b"MELA" + bytes(4) + rtf
    found = convert_msg(outlook_file(folder(subject="x", text="Ship Tons Café 12", rtf=packed)))
    assert "| Café | 12 |" in found.text


@pytest.mark.parametrize("cut", [600, 1500, 3000])
def test_a_damaged_message_fails_with_a_reason(cut):
    data = outlook_file(folder(subject="x", text="word " * 3000))
    try:
        found = convert_bytes(data[:cut], "a.msg")
    except ConversionError as error:
        assert "a.msg" in str(error)
    else:
        assert found.text


def test_another_office_file_called_msg_is_refused():
    with pytest.raises(UnsupportedFormat, match="no Outlook message"):
        convert_msg(outlook_file({"WordDocument": b"x" * 10}), "a.msg")
