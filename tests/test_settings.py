"settings.ini beside other programs' files of that name, and relative places that stay where they were."

import logging
import os
from pathlib import Path

import pytest

from kbase.settings import FILE, find_settings, load_settings

OTHERS = {
    "nbdev's": b"[DEFAULT]\nrepo = orchard\nlib_name = orchard\nversion = 0.0.1\n",
    "keys without a section": b"gtk-theme-name=Adwaita\ngtk-icon-theme-name=Adwaita\n",
    "Latin-1": "[app]\ntitle = Caf\u00e9 M\u00fcller\n".encode("latin-1"),
    "UTF-16": "[app]\ntitle = Caf\u00e9\n".encode("utf-16"),
    "no text at all": bytes(range(256)) * 4,
    "keys without a value": b"[mysqld]\nskip-networking\nskip-name-resolve\n",
    "a key twice": b"[paths]\ninclude = a\ninclude = b\n",
    "a section twice": b"[paths]\na = 1\n[paths]\na = 2\n",
    "interpolation": b"[app]\nformat = %(asctime)s %(missing\n",
    "a lone bracket": b"[app\nx = 1\n",
    "nothing": b"",
}


def written(folder: Path, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(content)
    return folder / FILE


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_of_another_program_is_passed_by(tmp_path, name):
    written(tmp_path, OTHERS[name])
    below = tmp_path / "work" / "drafts"
    below.mkdir(parents=True)
    assert find_settings(below) is None
    assert load_settings(below, {}).store == "knowledge"


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_of_another_program_does_not_hide_ours_above(tmp_path, name):
    ours = written(tmp_path, b"[kbase]\ntop_k = 3\n")
    written(tmp_path / "work", OTHERS[name])
    assert find_settings(tmp_path / "work") == ours.resolve()
    assert load_settings(tmp_path / "work", {}).top_k == 3


@pytest.mark.parametrize("name", [n for n in OTHERS if n not in ("UTF-16",)])
def test_what_stands_around_our_section_is_not_read(tmp_path, name):
    written(tmp_path, OTHERS[name] + b"\n[kbase]\nstore = here\ntop_k = 4\n\n" + OTHERS[name].replace(b"kbase", b"x"))
    if name in ("keys without a section", "no text at all", "a lone bracket"):  # without a header they are ours
        written(tmp_path, OTHERS[name] + b"\n[kbase]\nstore = here\ntop_k = 4\n")
    settings = load_settings(tmp_path, {})
    assert (settings.store, settings.top_k) == (str(tmp_path / "here"), 4)


def test_a_file_that_may_not_be_read_is_passed_by_and_named(tmp_path, monkeypatch, caplog):
    path = written(tmp_path, b"[kbase]\ntop_k = 3\n")

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with caplog.at_level(logging.WARNING):
        assert find_settings(tmp_path) is None
    assert str(path) in caplog.text and "Permission denied" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[kbase]\ntop_k = 3\ntop_k = 4\n", "already exists"),
        (b"[kbase]\ntop_k = 3\n[app]\nx\n[kbase]\ntop_k = 4\n", "already exists"),
        (b"[kbase]\ntop_k\n", "cannot be read as settings"),
        (b"[kbase]\nrepo = orchard\n", "no setting 'repo'"),
        ("[kbase]\nstore = B\u00fccher\n".encode("latin-1"), "save the file as UTF-8"),
    ],
)
def test_a_mistake_in_our_own_section_is_an_error(tmp_path, content, message):
    path = written(tmp_path, content)
    with pytest.raises(ValueError, match=message) as caught:
        load_settings(tmp_path, {})
    assert str(path) in str(caught.value)


def test_an_error_names_the_line_of_the_file(tmp_path):
    written(tmp_path, b"[app]\nx\ny\n[kbase]\ntop_k = 3\ntop_k = 4\n")
    with pytest.raises(ValueError, match="line +6|line: 6"):
        load_settings(tmp_path, {})


@pytest.mark.parametrize(
    "text", ["  [kbase]\n  top_k = 3\n", "[KBASE]\ntop_k = 3\n", "[ kbase ] ; mine\r\ntop_k = 3\r\n"]
)
def test_a_section_is_found_however_it_is_written(tmp_path, text):
    written(tmp_path, text.encode())
    assert load_settings(tmp_path, {}).top_k == 3


def test_as_windows_saves_unicode(tmp_path):
    written(tmp_path, "[kbase]\r\nstore = Bücher\r\n".encode("utf-16"))
    assert load_settings(tmp_path, {}).store == str(tmp_path / "Bücher")


def test_models_are_found_from_where_they_are_named(tmp_path, monkeypatch):
    (tmp_path / "project" / "models" / "small").mkdir(parents=True)
    (tmp_path / "project" / "models" / "writer.gguf").write_bytes(b"")
    (tmp_path / "own").mkdir()
    (tmp_path / "elsewhere").mkdir()
    written(tmp_path / "project", b"[kbase]\nembedder = models/small:64\nllm = llamacpp:models/writer.gguf\n")
    monkeypatch.chdir(tmp_path / "elsewhere")
    settings = load_settings(tmp_path / "project", {})
    assert settings.embedder == f"{tmp_path}/project/models/small:64"
    assert settings.llm == f"llamacpp:{tmp_path}/project/models/writer.gguf"
    monkeypatch.chdir(tmp_path)
    assert load_settings(tmp_path, {}, embedder="own").embedder == str(tmp_path / "own")
    assert load_settings(tmp_path, {"KBASE_EMBEDDER": "./own"}).embedder == str(tmp_path / "own")
    assert load_settings(tmp_path, {}, embedder="intfloat/e5-small").embedder == "intfloat/e5-small"
    os.mkdir("all-MiniLM-L6-v2")  # the packaged model's name means the packaged model
    assert load_settings(tmp_path, {}).embedder == "all-MiniLM-L6-v2"
