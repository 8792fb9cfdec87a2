"""What a file is, by content before name and sender; what is refused, and with which reason."""

import struct
import zipfile
from pathlib import Path

import pytest

from support.document_files import docx, paragraphs, pdf, png, pptx, xlsx, zipped
from support.function_source import function_modules

with function_modules(
    "shared",
    "aistudio_shared.extraction",
    "aistudio_shared.extraction.archive",
    "aistudio_shared.extraction.detection",
    "aistudio_shared.extraction.extracting",
    "aistudio_shared.extraction.writer",
) as modules:
    extraction, archive, detection, extracting, writer = modules

DOCUMENTS = Path(__file__).parent / "documents"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
NOISE = bytes(range(256)) * 8

DOCX = docx(paragraphs("text"))
XLSX = xlsx("<row><c><v>1</v></c></row>")
PPTX = pptx([["text"]])
PDF = pdf([["text"]])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "upload"


@pytest.mark.parametrize(
    ("content", "name", "sent_as", "found"),
    [
        (PDF, "a.pdf", None, detection.PDF),
        (PDF, "a.docx", "text/plain", detection.PDF),
        (b"\r\n\r\n" + PDF, "a", None, detection.PDF),
        (DOCX, "a.zip", None, detection.DOCX),
        (XLSX, "a.docx", None, detection.XLSX),
        (PPTX, "a", "application/zip", detection.PPTX),
        (png(), "a.jpg", None, detection.PNG),
        (b"\xff\xd8\xff\xe0" + NOISE, "a", None, detection.JPEG),
        (b"II*\x00" + NOISE, "a.tiff", None, detection.TIFF),
        (b"MM\x00*" + NOISE, "a.tif", None, detection.TIFF),
        (b"<!DOCTYPE html><p>x", "a.txt", "text/plain", detection.HTML),
        (b"\xef\xbb\xbf  <html><p>x", "a.md", None, detection.HTML),
        (b'<?xml version="1.0"?><!-- x --><html>', "a", None, detection.HTML),
        (b"<p>x", "a.html", None, detection.HTML),
        (b"<p>x", "a.HTM", "text/plain", detection.HTML),
        (b"a,b", "a.csv", "text/plain", detection.CSV),
        (b"a\tb", "a.tsv", None, detection.CSV),
        (b"a,b", "a", "text/csv; charset=utf-8", detection.CSV),
        (b"# a", "C:\\docs\\a.MD", None, detection.MARKDOWN),
        (b"# a", "a", "text/markdown", detection.MARKDOWN),
        (b"{}", "a.json", None, detection.JSON),
        (b" [1]", "a", None, detection.JSON),
        (b"[1]", "a.txt", None, detection.PLAIN),
        (b"text", "a.pdf", "application/pdf", detection.PLAIN),
        (b"BMW and others", "a", None, detection.PLAIN),
        ("größer".encode("cp1252"), "a", None, detection.PLAIN),
        ("text in UTF-16".encode("utf-16-le"), "a", None, detection.PLAIN),
        ("text in UTF-16".encode("utf-16-be"), "a", None, detection.PLAIN),
        (b"\x1b[1mbold\x1b[0m\n" * 9, "build.log", None, detection.PLAIN),
    ],
)
def test_content_decides_then_the_name_then_the_sender(
    path: Path, content: bytes, name: str, sent_as: str | None, found: str
) -> None:
    path.write_bytes(content)
    assert detection.media_type_of(path, name=name, media_type=sent_as) == found


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (OLE + NOISE, "a.doc", "old binary Office files"),
        (OLE + NOISE, "a.xls", r"save it as \.docx, \.xlsx, \.pptx or \.pdf"),
        (b"{\\rtf1 text}", "a.rtf", "RTF"),
        (b"GIF89a" + NOISE, "a.gif", "GIF"),
        (b"BM" + NOISE, "a.bmp", "bitmaps"),
        (b"RIFF\x00\x00\x00\x00WEBP" + NOISE, "a.webp", "WebP"),
        (b"\x00\x00\x00\x18ftypheic" + NOISE, "a.heic", "HEIC"),
        (b"\x1f\x8b\x08" + NOISE, "a.gz", "archives"),
        (zipped({"a.txt": "x"}), "a.zip", "archives"),
        (zipped({"xl/workbook.bin": "x"}), "a.xlsb", "binary workbooks"),
        (zipped({"mimetype": "application/epub+zip"}), "a.epub", "EPUB"),
        (NOISE, "a.bin", "no type that is read"),
        (NOISE, "a", "no type that is read"),
    ],
)
def test_other_types_are_refused_with_what_to_do(
    path: Path, content: bytes, name: str, reason: str
) -> None:
    path.write_bytes(content)
    with pytest.raises(extraction.UnsupportedError, match=reason):
        extraction.extract(path, name=name)


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "a.pdf", "empty"),
        (b" \n\t\n", "a.txt", "no text"),
        (docx(""), "a.docx", "no text"),
        (xlsx(""), "a.xlsx", "no text"),
        (pptx([[""]]), "a.pptx", "no text"),
        (pdf([[]]), "a.pdf", "no text"),
        (NOISE, "a.pdf", r"name ends in \.pdf"),
        (DOCX[: len(DOCX) // 2], "a.docx", "broken or incomplete"),
        (PDF[: len(PDF) // 2], "a.pdf", "broken or incomplete"),
        (zipped({"word/other.xml": "x"}), "a.docx", "word/document.xml is missing"),
        (zipped({"word/document.xml": "<a><b></a>"}), "a.docx", "no well-formed XML"),
        (docx("").replace(b"document.xml", b"d\xff\xfement.xml"), "a.docx", "broken"),
        (b"PK\x05\x06" + bytes(18), "a.docx", "empty|archives|broken"),
    ],
)
def test_broken_and_empty_files_are_unreadable(
    path: Path, content: bytes, name: str, reason: str
) -> None:
    path.write_bytes(content)
    with pytest.raises(extraction.ExtractionError, match=reason):
        extraction.extract(path, name=name)


@pytest.mark.parametrize("name", ["protected.pdf", "protected.docx"])
def test_passwords_are_told(name: str) -> None:
    with pytest.raises(extraction.UnreadableError, match="password") as caught:
        extraction.extract(DOCUMENTS / name, name=name)
    assert caught.value.reason == str(caught.value)


def test_an_encrypted_member_is_a_password(path: Path) -> None:
    content = bytearray(DOCX)
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(extraction.UnreadableError, match="password"):
        extraction.extract(path, name="a.docx")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(path: Path) -> None:
    path.write_bytes(zipped({"word/document.xml": bytes(64 * 1024 * 1024)}))
    with pytest.raises(extraction.UnreadableError, match="200 times its size"):
        extraction.extract(path, name="a.docx")


def test_a_bomb_that_lies_about_its_size_is_cut_off(path: Path) -> None:
    content = bytearray(zipped({"word/document.xml": bytes(1_000_000)}))
    directory = content.rindex(b"PK\x01\x02")
    struct.pack_into("<L", content, directory + 24, 100)
    path.write_bytes(content)
    with pytest.raises(extraction.UnreadableError, match="broken"):
        extraction.extract(path, name="a.docx")


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [
        ("MAX_MEMBERS", 1, "more than 1 files"),
        ("MAX_UNZIPPED_BYTES", 10, "more than 10 bytes"),
        ("_MAX_DIRECTORY_BYTES", 10, "more than 10,000 files"),
    ],
)
def test_large_archives_are_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, reason: str
) -> None:
    monkeypatch.setattr(archive, limit, value)
    path.write_bytes(DOCX)
    with pytest.raises(extraction.UnreadableError, match=reason):
        extraction.extract(path, name="a.docx")


def test_a_directory_that_hides_behind_64_bits_is_measured(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    path.write_bytes(docx(paragraphs("text")))
    assert b"PK\x06\x06" in path.read_bytes()
    assert extraction.extract(path, name="a.docx").text == "text"
    monkeypatch.setattr(archive, "_MAX_DIRECTORY_BYTES", 10)
    with pytest.raises(extraction.UnreadableError, match="files"):
        extraction.extract(path, name="a.docx")


def test_an_offset_before_the_file_is_refused(path: Path) -> None:
    content = bytearray(DOCX)
    struct.pack_into("<L", content, content.rindex(b"PK\x05\x06") + 16, 0xFFFFF)
    path.write_bytes(content)
    with pytest.raises(extraction.UnreadableError, match="broken"):
        extraction.extract(path, name="a.docx")


def test_other_compressions_are_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as package:
        package.writestr("word/document.xml", "<a/>")
    with pytest.raises(extraction.UnreadableError, match="compressed in a way"):
        extraction.extract(path, name="a.docx")


def test_entities_are_refused(path: Path) -> None:
    laughs = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    path.write_bytes(zipped({"word/document.xml": laughs}))
    with pytest.raises(extraction.UnreadableError, match="document type"):
        extraction.extract(path, name="a.docx")


def test_text_has_an_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_CHARACTERS", 10_000)
    rows = '<row><c t="s"><v>0</v></c></row>' * 100
    path.write_bytes(xlsx(rows, strings=["x" * 1_000]))
    with pytest.raises(extraction.UnreadableError, match="more than 10,000 characters"):
        extraction.extract(path, name="a.xlsx")


def test_every_type_has_a_reader() -> None:
    types = {value for name, value in vars(detection).items() if name.isalpha() and name.isupper()}
    assert detection.PDF in types
    assert set(extracting._READERS) == types
