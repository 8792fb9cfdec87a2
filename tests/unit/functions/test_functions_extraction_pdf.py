"""PDF: text, forms and scanned pages; pictures of pages for OCR."""

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from support.document_files import pdf, png
from support.function_source import function_modules

with function_modules(
    "shared",
    "aistudio_shared.extraction",
    "aistudio_shared.extraction.page_images",
    "aistudio_shared.extraction.pdf",
) as modules:
    extraction, page_images, reader = modules

DOCUMENTS = Path(__file__).parent / "documents"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "upload"


def read(path: Path, content: bytes, **options: Any) -> Any:
    path.write_bytes(content)
    return extraction.extract(path, name="upload.pdf", **options)


def test_pages_follow_each_other(path: Path) -> None:
    found = read(path, pdf([["Field Trip", "We leave at 8."], [], ["Bring water."]]))
    assert found.text == "Field Trip\nWe leave at 8.\n\nBring water."
    assert (found.page_count, found.needs_ocr, found.scanned_pages) == (3, False, ())


def test_words_that_a_line_cut_are_whole_again(path: Path) -> None:
    found = read(path, pdf([["The sche-", "dule is well-made, from 5-", "6 on."]]))
    assert found.text == "The schedule is well-made, from 5-\n6 on."


def test_lone_short_lines_become_headings_in_markdown(path: Path) -> None:
    found = read(path, pdf([["Schedule"], ["We leave at 8."]]))
    assert found.markdown == "## Schedule\n\nWe leave at 8."
    assert read(path, pdf([["Schedule"]]), markdown=False).markdown == ""


def test_a_form_is_read_with_what_was_filled_in() -> None:
    found = extraction.extract(DOCUMENTS / "form.pdf", name="form.pdf")
    assert found.text == "Name of the pupil:\nMay swim\nAnn Example"


def test_restrictions_that_need_no_password_do_not_matter(path: Path) -> None:
    found = extraction.extract(DOCUMENTS / "restricted.pdf", name="a.pdf")
    assert found.text == "Only printing is restricted."
    assert found.metadata == {"title": "Permission slip", "author": "Office"}
    assert read(path, pdf([["Old encryption"]], password="")).text == "Old encryption"


def test_a_password_is_told(path: Path) -> None:
    with pytest.raises(extraction.UnreadableError, match="protected by a password"):
        read(path, pdf([["Secret"]], password="secret"))


@pytest.mark.parametrize(
    ("pages", "scanned", "numbers", "needs_ocr"),
    [
        ([[], []], {0, 1}, (0, 1), True),
        ([["7"], []], {0, 1}, (0, 1), True),
        ([["x" * 40], []], {0, 1}, (1,), True),
        ([["x" * 40], []], set(), (), False),
        ([["x" * 40]] * 19 + [[]], {19}, (19,), False),
    ],
)
def test_scanned_pages_show_pictures_and_no_text(
    path: Path,
    pages: list[list[str]],
    scanned: set[int],
    numbers: tuple[int, ...],
    needs_ocr: bool,
) -> None:
    found = read(path, pdf(pages, scanned=scanned))
    assert (found.scanned_pages, found.needs_ocr) == (numbers, needs_ocr)


def test_what_ocr_found_stands_where_its_page_is(path: Path) -> None:
    content = pdf(
        [["First page, with text enough."], [], ["Last page, with text enough."]], scanned={1}
    )
    assert read(path, content).scanned_pages == (1,)
    found = read(path, content, page_texts={1: "Scanned page."})
    assert (
        found.text
        == "First page, with text enough.\n\nScanned page.\n\nLast page, with text enough."
    )
    assert (found.scanned_pages, found.needs_ocr) == ((), False)


def test_a_picture_has_one_page(path: Path) -> None:
    found = read(path, png())
    assert (found.text, found.page_count, found.needs_ocr) == ("", 1, True)
    found = read(path, png(), page_texts={0: "A sign"})
    assert (found.text, found.markdown, found.needs_ocr) == ("A sign", "## A sign", False)
    with pytest.raises(extraction.UnreadableError, match="no text"):
        read(path, png(), page_texts={0: ""})


def test_a_broken_page_does_not_hide_the_others(path: Path) -> None:
    content = pdf([["First"], ["Second"], ["Third"]])
    found = read(path, content.replace(b"7 0 obj\n<</Type/Page", b"7 0 obj\n<</Tpye/Gape"))
    assert "First" in found.text
    assert "Third" in found.text


def test_pages_have_an_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_MAX_PAGES", 2)
    with pytest.raises(extraction.UnreadableError, match="more than 2 pages"):
        read(path, pdf([["x"]] * 3))


def test_a_page_as_a_picture_fits_into_ocr(path: Path) -> None:
    path.write_bytes(pdf([["Text"], []], scanned={1}))
    with page_images.page_images(path) as picture:
        shown = picture(1)
    width, height, depth, colour = struct.unpack_from(">IIBB", shown, 16)
    assert (depth, colour) == (8, 0)
    assert 2_400 < width < 2_500
    assert width * height <= page_images.MAX_PIXELS
    length = struct.unpack_from(">I", shown, 33)[0]
    pixels = zlib.decompress(shown[41 : 41 + length])
    assert len(pixels) == (width + 1) * height
    assert min(pixels[1 : width + 1]) == 255, "the top of the page is white"
    assert len(set(pixels)) > 20, "the picture has many grays"


def test_huge_pages_are_drawn_smaller(path: Path) -> None:
    huge = pdf([["Text"]]).replace(b"[0 0 595 842]", b"[0 0 90 9999]")
    path.write_bytes(huge)
    with page_images.page_images(path) as picture:
        width, height = struct.unpack_from(">II", picture(0), 16)
    assert 9_000 < height <= 10_000
    assert width * height <= page_images.MAX_PIXELS
