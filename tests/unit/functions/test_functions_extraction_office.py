"""Word, Excel and PowerPoint: nothing that a reader sees is lost."""

from pathlib import Path
from typing import Any

import pytest

from support.document_files import W, docx, paragraphs, pptx, relationships, xlsx, zipped
from support.function_source import function_modules

with function_modules(
    "shared",
    "aistudio_shared.extraction",
    "aistudio_shared.extraction.spreadsheet_values",
) as modules:
    extraction, values = modules

DOCUMENTS = Path(__file__).parent / "documents"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "upload"


def read(path: Path, content: bytes) -> Any:
    path.write_bytes(content)
    return extraction.extract(path, name="upload")


def test_a_document_of_python_docx() -> None:
    found = extraction.extract(DOCUMENTS / "python-docx.docx", name="plan.docx")
    assert found.metadata == {"title": "Field trip plan", "author": "Office"}
    assert found.markdown == (
        "District header\n\n"
        "# Field trip\n\n"
        "# Schedule\n\n"
        "We leave at **8:30 sharp** and *come back* by noon.\tBring water.\n\n"
        "- Bread\n- Milk\n1. Board\n2. Ride\n3. Return\n\n"
        "| Name | Grade |\n| --- | --- |\n| Ann\\|a | 5<br>new<br>inner cell |\n\n"
        "Signed: Müller 日本 😀\n\n"
        "District footer"
    )
    assert found.text.startswith("District header\n\nField trip\n\nSchedule\n\nWe leave at 8:30")
    assert "Name\tGrade\nAnn|a\t5 new inner cell" in found.text


def test_a_presentation_of_python_pptx() -> None:
    found = extraction.extract(DOCUMENTS / "python-pptx.pptx", name="fair.pptx")
    assert (found.page_count, found.metadata["title"]) == (2, "Science fair")
    assert found.markdown == (
        "## Slide 1: Volcanoes\n\n- Magma\n   - Lava\n\n"
        "### Notes\n\nMention Vesuvius.\n\n"
        "## Slide 2\n\nFree text\n\nIn a group\n\nDeeper in a group\n\n"
        "| Rock | Age |\n| --- | --- |\n| Basalt | Young |\n\n"
        "Eruptions\n\nNorth\n\nSouth"
    )


def test_a_workbook_of_openpyxl() -> None:
    found = extraction.extract(DOCUMENTS / "openpyxl.xlsx", name="attendance.xlsx")
    assert found.metadata["sheets"] == ["Attendance", "Empty", "Hidden"]
    assert found.text == (
        "Sheet: Attendance\n\n"
        "Pupil\tDay\tTime\tPresent\tScore\tRate\n"
        "Ann\t2026-03-02\t08:30:00\tTRUE\t0.3\t0.5\n"
        "Bob | Jr.\t2026-03-02 14:05:00\t\tFALSE\t1e+21\t=B2+1\n"
        "\t\t\t\t\tfar\n\n"
        "Comments\n\nA2: moved here in March\n\n"
        "Sheet: Hidden\n\nhidden text"
    )
    assert "| Bob \\| Jr. | 2026-03-02 14:05:00 |  | FALSE |" in found.markdown


def test_a_workbook_of_xlsxwriter() -> None:
    found = extraction.extract(DOCUMENTS / "xlsxwriter.xlsx", name="budget.xlsx")
    assert found.metadata["title"] == "Budget"
    assert found.text == (
        "Sheet: Plan\n\n"
        "Item\tWhen\tCost\nPaper\t2026-01-31\t12.5\nPlain bold end\t\t25\n_x0041_ tab"
    )


TEXT_BOX = (
    '<w:p xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:r>'
    f"<mc:AlternateContent><mc:Choice><w:txbxContent>{paragraphs('In a box')}</w:txbxContent>"
    f"</mc:Choice><mc:Fallback><w:pict><w:txbxContent>{paragraphs('In a box')}</w:txbxContent>"
    "</w:pict></mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>Around</w:t></w:r></w:p>"
)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (TEXT_BOX, "In a box\n\nAround"),
        (
            "<w:p><w:r><w:t>kept </w:t></w:r><w:ins><w:r><w:t>new</w:t></w:r></w:ins>"
            "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
            "<w:moveFrom><w:r><w:t>left</w:t></w:r></w:moveFrom></w:p>",
            "kept new",
        ),
        (
            "<w:p><w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink><w:sdt><w:sdtContent>"
            "<w:r><w:tab/><w:t>chosen</w:t></w:r></w:sdtContent></w:sdt></w:p>",
            "link\tchosen",
        ),
        (
            "<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>a</w:t><w:br/>"
            "<w:t>b</w:t><w:noBreakHyphen/><w:t>c</w:t></w:r></w:p>",
            "a\nb-c",
        ),
    ],
)
def test_words_odd_corners(path: Path, body: str, text: str) -> None:
    assert read(path, docx(body)).text == text


def test_notes_and_comments_follow_and_headers_that_repeat_do_not(path: Path) -> None:
    def part(root: str, text: str) -> str:
        return f"<w:{root} {W}>{paragraphs(text)}</w:{root}>"

    content = {
        "_rels/.rels": relationships({"a": ("officeDocument", "word/document.xml")}),
        "word/document.xml": f"<w:document {W}>{paragraphs('Body')}</w:document>",
        "word/_rels/document.xml.rels": relationships(
            {
                "a": ("header", "header1.xml"),
                "b": ("header", "header2.xml"),
                "c": ("header", "/word/header3.xml"),
                "d": ("footnotes", "footnotes.xml"),
                "e": ("comments", "comments.xml"),
                "f": ("endnotes", "missing.xml"),
            }
        ),
        "word/header1.xml": part("hdr", "Head"),
        "word/header2.xml": part("hdr", "Head"),
        "word/header3.xml": part("hdr", "Other head"),
        "word/footnotes.xml": part("footnotes", "A note"),
        "word/comments.xml": part("comments", "A comment"),
    }
    assert read(path, zipped(content)).text == "Head\n\nOther head\n\nBody\n\nA note\n\nA comment"


def test_headings_go_by_the_names_of_styles_in_any_language(path: Path) -> None:
    styles = (
        f'<w:styles {W}><w:style w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>'
        '<w:style w:styleId="own"><w:name w:val="Own"/><w:basedOn w:val="berschrift2"/></w:style>'
        '<w:style w:styleId="loop"><w:name w:val="L"/><w:basedOn w:val="loop"/></w:style>'
        "</w:styles>"
    )

    def styled(properties: str, text: str) -> str:
        return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"

    body = (
        styled('<w:pStyle w:val="berschrift2"/>', "Zwei")
        + styled('<w:pStyle w:val="own"/>', "Eigene")
        + styled('<w:outlineLvl w:val="2"/>', "Direct")
        + styled('<w:pStyle w:val="loop"/><w:rPr><w:b/></w:rPr>', "Plain")
    )
    found = read(path, docx(body, styles=styles))
    assert found.markdown == "## Zwei\n\n## Eigene\n\n### Direct\n\nPlain"


def test_numbers_of_lists_count_for_each_level(path: Path) -> None:
    numbering = (
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="7">'
        '<w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num></w:numbering>'
    )

    def item(level: int, text: str) -> str:
        properties = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="3"/></w:numPr>'
        return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"

    body = item(0, "a") + item(1, "b") + item(1, "c") + item(0, "d") + item(1, "e")
    assert read(path, docx(body, numbering=numbering)).markdown == (
        "1. a\n   1. b\n   2. c\n2. d\n   1. e"
    )


def test_strict_documents_have_other_namespaces(path: Path) -> None:
    members = {
        "_rels/.rels": relationships({"a": ("officeDocument", "word/document.xml")}),
        "word/document.xml": '<w:document xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/'
        f'main"><w:body>{paragraphs("Strict")}</w:body></w:document>',
    }
    assert read(path, zipped(members)).text == "Strict"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_parts_have_one_of_two_encodings_whatever_they_declare(path: Path, encoding: str) -> None:
    part = f'<?xml version="1.0" encoding="no-such"?><w:document {W}>{paragraphs("Größe")}'
    members = {
        "_rels/.rels": relationships({"a": ("officeDocument", "word/document.xml")}),
        "word/document.xml": f"{part}</w:document>".encode(encoding),
    }
    assert read(path, zipped(members)).text == "Größe"


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        ('<c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c>', "TRUE\t#N/A"),
        (
            '<c t="inlineStr"><is><t>in</t><rPh><t>read</t></rPh><r><t>line</t></r></is></c>',
            "inline",
        ),
        ('<c t="str"><f>A1&amp;"x"</f><v>text</v></c>', "text"),
        ("<c><f>SUM(A1)</f></c>", "=SUM(A1)"),
        ('<c t="s"><v>0</v></c><c t="s"><v>99</v></c><c><v>1</v></c>', "shared\t\t1"),
        ('<c r="B1"><v>2</v></c><c r="D1"><v>4</v></c>', "\t2\t\t4"),
        ("<c><v>0.1</v></c><c><v>1234567890123</v></c>", "0.1\t1234567890123"),
        ("<c><v>2.2999999999999998</v></c>", "2.3"),
        ('<c s="1"><v>46113.5</v></c><c s="2"><v>46113</v></c><c s="0"><v>46113</v></c>',
         "2026-04-01 12:00:00\t2026-04-01\t46113"),
        ('<c s="1"><v>no date</v></c><c s="1"><v>-5</v></c>', "no date\t-5"),
        ('<c t="d"><v>2026-04-01</v></c>', "2026-04-01"),
    ],
)  # fmt: skip
def test_cells_are_what_their_reader_sees(path: Path, cells: str, text: str) -> None:
    styles = (
        '<numFmts><numFmt numFmtId="164" formatCode="[$-409]d/mmm;@"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="164"/></cellXfs>'
    )
    content = xlsx(f"<row>{cells}</row>", strings=["shared"], styles=styles)
    assert read(path, content).text == f"Sheet: Sheet1\n\n{text}"


def test_workbooks_of_old_macs_count_from_1904(path: Path) -> None:
    styles = '<cellXfs><xf numFmtId="14"/></cellXfs>'
    content = xlsx(
        '<row><c s="0"><v>0.25</v></c><c s="0"><v>1</v></c></row>',
        workbook='<workbookPr date1904="1"/>',
        styles=styles,
    )
    assert read(path, content).text.endswith("06:00:00\t1904-01-02")


@pytest.mark.parametrize(
    ("format_id", "code", "is_date"),
    [
        (14, None, True),
        (22, None, True),
        (46, None, True),
        (0, None, False),
        (4, None, False),
        (164, "yyyy-mm-dd", True),
        (164, "[h]:mm", True),
        (164, '"Day "0', False),
        (164, "[Red]0.00", False),
        (164, r"0\d", False),
        (164, "General", False),
        (164, "#,##0_);(#,##0)", False),
        (14, "0.0", False),
    ],
)
def test_formats_that_show_dates(format_id: int, code: str | None, is_date: bool) -> None:
    assert values.is_date_format(format_id, code) is is_date


@pytest.mark.parametrize(
    ("serial", "text"),
    [
        ("1", "1900-01-01"),
        ("59", "1900-02-28"),
        ("61", "1900-03-01"),
        ("0.5", "12:00:00"),
        ("2958465", "9999-12-31"),
        ("2958466", "2958466"),
        ("nan", "nan"),
        ("inf", "inf"),
    ],
)
def test_serial_numbers_survive_the_leap_year_that_was_none(serial: str, text: str) -> None:
    assert values.date_text(serial, since_1904=False) == text


def test_slides_come_in_the_order_of_the_presentation(path: Path) -> None:
    found = read(path, pptx([["first"], [], ["third"]], order=[2, 1, 0]))
    assert found.text == "Slide 1\n\nthird\n\nSlide 3\n\nfirst"
    assert found.page_count == 3


def test_a_target_outside_of_the_package_is_not_followed(path: Path) -> None:
    members = {
        "_rels/.rels": relationships({"a": ("officeDocument", "word/document.xml")}),
        "word/document.xml": f"<w:document {W}>{paragraphs('Body')}</w:document>",
        "word/_rels/document.xml.rels": relationships({"a": ("header", "../../../etc/passwd")}),
    }
    assert read(path, zipped(members)).text == "Body"


def test_without_markdown_there_is_only_text(path: Path) -> None:
    path.write_bytes(xlsx("<row><c><v>1</v></c></row>"))
    found = extraction.extract(path, name="a.xlsx", markdown=False)
    assert (found.text, found.markdown) == ("Sheet: Sheet1\n\n1", "")


def test_wider_rows_begin_another_table(path: Path) -> None:
    rows = (
        "<row><c><v>1</v></c></row>"
        "<row><c><v>2</v></c><c><v>3</v></c></row>"
        "<row><c><v>4</v></c></row>"
    )
    found = read(path, xlsx(rows))
    assert found.text.endswith("1\n2\t3\n4")
    assert found.markdown.endswith("| 1 |\n| --- |\n\n| 2 | 3 |\n| --- | --- |\n| 4 |")
