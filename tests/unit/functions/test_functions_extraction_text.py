"""Plain text, tables, JSON, Markdown and web pages, in any encoding."""

import json
import resource
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.function_source import function_modules

with function_modules(
    "shared",
    "aistudio_shared.extraction",
    "aistudio_shared.extraction.encodings",
    "aistudio_shared.extraction.inline",
    "aistudio_shared.extraction.json_text",
    "aistudio_shared.extraction.plain",
    "aistudio_shared.extraction.writer",
) as modules:
    extraction, encodings, inline, json_text, plain, writer = modules

WORDS = "Größe: 5 €, „gut“"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "upload"


def read(path: Path, content: bytes | str, name: str, **options: Any) -> Any:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return extraction.extract(path, name=name, **options)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings_are_found(path: Path, encoding: str) -> None:
    assert read(path, f"{WORDS}\r\nzweite Zeile".encode(encoding), "a.txt").text == (
        f"{WORDS}\nzweite Zeile"
    )


def test_what_cannot_be_decoded_is_marked(path: Path) -> None:
    assert read(path, b"\xff\xfea\x00b\x00c", "a.txt").text == "ab\ufffd"
    assert read(path, b"caf\xe9 \x81", "a.txt").text == "café \ufffd"


def test_utf8_is_judged_by_the_whole_file(path: Path) -> None:
    late = b"a" * 2_000_000 + "é".encode("cp1252")
    assert read(path, late, "a.txt").text.endswith("aé")
    split = "a" * (1024 * 1024 - 1) + "é"
    assert read(path, split, "a.txt").text == split


def test_declared_encodings_count_last(path: Path) -> None:
    page = "<meta charset='{}'><p>{}"
    assert read(path, page.format("koi8-r", "привет").encode("koi8-r"), "a.html").text == "привет"
    assert read(path, page.format("koi8-r", "привет").encode(), "a.html").text == "привет"
    assert read(path, page.format("no-such", "é").encode("cp1252"), "a.html").text == "é"
    assert read(path, page.format("rot13", "é").encode("cp1252"), "a.html").text == "é"


def test_control_characters_are_gone_and_tabs_stay(path: Path) -> None:
    content = b"a\x00b\tc\x07d\x7fe\r\nf\rg" + b"." * 100
    assert read(path, content, "a.txt").text == "ab\tcde\nf\ng" + "." * 100


@given(st.text())
def test_cleaned_text_is_fit_for_everything(text: str) -> None:
    cleaned = writer.clean(text)
    assert cleaned == writer.clean(cleaned)
    assert "\x00" not in cleaned.encode().decode()
    assert "\r" not in cleaned


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("Title\n\nSome text.", "## Title\n\nSome text."),
        ("Title\n\nOther Title\n\nText.", "## Title\n\n## Other Title\n\nText."),
        ("lower case\n\nText.", "lower case\n\nText."),
        ("A sentence.\n\nA question?", "A sentence.\n\nA question?"),
        ("Two\nlines\n\nText.", "Two\nlines\n\nText."),
        ("One two three four five six seven eight nine ten eleven\n\nx",) * 2,
        ("A" * 100 + "\n\nx",) * 2,
    ],
)
def test_headings_of_plain_text(path: Path, text: str, markdown: str) -> None:
    assert read(path, text, "a.txt").markdown == markdown


@given(st.text(alphabet="Ab .\n", max_size=200))
def test_headings_lose_no_text(text: str) -> None:
    assert plain.with_headings(text).replace("## ", "") == text


def test_markdown_is_its_own_text(path: Path) -> None:
    source = "# Title\n\n| a | b |\n|---|---|\n\n**bold**"
    found = read(path, source, "a.md")
    assert found.text == found.markdown == source


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("a,b\n1,2\n", "a\tb\n1\t2"),
        ("a;b\n1,5;2,5\n", "a\tb\n1,5\t2,5"),
        ("a\tb\n1\t2\n", "a\tb\n1\t2"),
        ("a|b\n1|2\n", "a\tb\n1\t2"),
        ('name,text\nAnn,"two\nlines, one cell"\n', "name\ttext\nAnn\ttwo lines, one cell"),
        ('a,b\n"say ""hi""",2\n\n,\n3,\n', 'a\tb\nsay "hi"\t2\n3'),
        ("only\none\ncolumn\n", "only\none\ncolumn"),
    ],
)
def test_every_record_of_a_table(path: Path, content: str, rows: str) -> None:
    assert read(path, content, "a.csv").text == rows


def test_no_record_is_left_out(path: Path) -> None:
    lines = [f"{number},value {number}" for number in range(3_000)]
    found = read(path, "n,v\n" + "\n".join(lines), "a.csv")
    assert found.text.splitlines()[1:] == [line.replace(",", "\t", 1) for line in lines]
    assert found.metadata == {"rows": 3_001}
    assert found.markdown.count("\n") == 3_001


def test_a_quote_that_never_ends_is_no_table(path: Path) -> None:
    content = 'a,b\n"' + "endless text\n" * 100_000
    found = read(path, content, "a.csv")
    assert (found.media_type, found.text) == ("text/plain", content)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
))  # fmt: skip
def test_indented_json_means_the_same(value: Any) -> None:
    source = json.dumps(value)
    indented = "".join(json_text._indented(json_text._TOKEN.findall(source)))
    assert json.loads(indented) == json.loads(source)
    if isinstance(value, list | dict) and len(value) > 1:
        assert "\n" in indented


def test_json_keeps_its_spelling(path: Path) -> None:
    found = read(path, '{"n":1.10,"n":1e400,"e":{},"l":[1,"a, [b]"]}', "a.json")
    lines = ["{", '  "n": 1.10,', '  "n": 1e400,', '  "e": {},', '  "l": [', "    1,"]
    assert found.text.splitlines() == [*lines, '    "a, [b]"', "  ]", "}"]
    assert found.markdown == f"```json\n{found.text}\n```"


@pytest.mark.parametrize(
    "content", ['{"a":1}\n{"a":2}', "{broken", "[" * 100_000, '{"a": NaN, "b": tru}']
)
def test_what_is_no_json_stays_as_it_is(path: Path, content: str) -> None:
    assert read(path, content, "a.json").text == content


def test_deep_json_does_not_grow_without_bounds(path: Path) -> None:
    content = "[" * 500 + "1," * 20_000 + "1" + "]" * 500
    assert len(read(path, content, "a.json").text) < 50 * len(content)


def test_fences_are_longer_than_those_inside(path: Path) -> None:
    assert read(path, '["````"]', "a.json").markdown.startswith("`````json\n")


PAGE = """<!DOCTYPE html><html><head><title>Lunch &amp; more</title>
<meta name="description" content="What  is on"><style>p {}</style><script>var x = "<p>no</p>"
</script></head><body><nav>Home</nav>%s<footer>Imprint</footer></body></html>"""


@pytest.mark.parametrize(
    ("body", "markdown"),
    [
        ("<main><h1>Menu</h1><p>Soup</main>", "# Menu\n\nSoup"),
        ("<div role='main'><div>Soup</div>Bread</div>", "Soup\n\nBread"),
        ("<article>One</article>ad<article>Two</article>", "One\n\nTwo"),
        ("<p>Soup</p>", "Soup\n\nImprint"),
        ("<!-- <main> --><p>Soup</p>", "Soup\n\nImprint"),
        ("<main>a <b>b</b>\n <i>c </i>d<br>e</main>", "a **b** *c* d\ne"),
        ("<main>5 &lt; 6 &#8364; &nosuch;</main>", "5 < 6 € &nosuch;"),
        (
            "<main><ol><li>one<li><p>two</p><ul><li>deep</ul><li>three</ol>end</main>",
            "1. one\n2. two\n   - deep\n3. three\n\nend",
        ),
        (
            "<main><table><caption>Prices</caption><tr><th>Dish<th>Price<tr><td>Soup<td>$2|3</table></main>",
            "Prices\n\n| Dish | Price |\n| --- | --- |\n| Soup | $2\\|3 |",
        ),
        (
            "<main><table><tr><td><p>Left</p><p>over</p></td></tr></table></main>",
            "Left\n\nover",
        ),
        (
            "<main><table><tr><td>a<td>b<table><tr><td>c<td>d</table></table></main>",
            "| a | b<br>c d |\n| --- | --- |",
        ),
        ("<main><pre>a\n  b</pre></main>", "```\na\n  b\n```"),
        ("<main><img src=x alt='A cook'> cooks</main>", "A cook cooks"),
        ("<main><b>open<p>next</p></main>", "**open**\n\n**next**"),
        ("<main></b></ul></table></td></li><svg><title>t</title></svg>x</main>", "x"),
        ("<main><svg/>seen</main>", "seen"),
        ("<main>a<template><p>b</template>c</main>", "ac"),
        ("<main>unclosed <table><tr><td>cell", "unclosed\n\ncell\n\nImprint"),
    ],
)
def test_web_pages(path: Path, body: str, markdown: str) -> None:
    found = read(path, PAGE % body, "a.html")
    assert found.markdown == markdown
    assert found.metadata == {"title": "Lunch & more", "description": "What is on"}


def test_titles_may_come_from_what_is_shared(path: Path) -> None:
    page = '<meta property="og:title" content="T"><meta property="og:description" content="D"><p>x'
    assert read(path, page, "a.html").metadata == {"title": "T", "description": "D"}


@given(st.text(alphabet="<>/abtrdlioupx= \"'!-&;\n", max_size=200))
def test_any_html_is_borne(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("html") / "a"
    try:
        found = read(path, f"<p>x</p>{text}", "a.html")
    except extraction.UnreadableError:
        pytest.fail("the first paragraph is lost")
    assert found.text.startswith("x")


@given(st.lists(st.tuples(st.text(alphabet="ab *\n"), st.booleans(), st.booleans())))
def test_emphasis_loses_no_text(spans: list[tuple[str, bool, bool]]) -> None:
    content = inline.Inline()
    for text, bold, italic in spans:
        content.add(text.replace("*", ""), bold=bold, italic=italic)
    assert content.markdown().replace("*", "") == content.text()


@pytest.mark.skipif(sys.platform == "darwin", reason="ru_maxrss is in other units")
def test_a_long_text_costs_a_few_times_its_size(path: Path) -> None:
    size = 24 * 1024 * 1024
    path.write_bytes(b"A line of text, long enough.\n" * (size // 29))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = extraction.extract(path, name="a.txt")
    grown_bytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert len(found.text) == size // 29 * 29
    assert grown_bytes < 5 * size
