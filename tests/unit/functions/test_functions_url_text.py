"""From an event to a request, and from a fetched page to its text."""

import json
from typing import Any

import pytest

from support.function_source import function_modules

with function_modules(
    "url_processor",
    "failures",
    "fetching",
    "invocation",
    "page_text",
    "aistudio_shared.extraction",
) as modules:
    failures, fetching, invocation, page_text, extraction = modules


def read(body: bytes, media_type: str, charset: str | None = None, path: str = "/") -> Any:
    url = f"https://school.example{path}"
    return page_text.text_of(fetching.Page(url, media_type, charset, body))


@pytest.mark.parametrize(
    ("body", "media_type", "charset"),
    [
        ("D\u00e9j\u00e0 vu".encode(), "text/plain", "utf-8"),
        ("D\u00e9j\u00e0 vu".encode(), "text/plain", None),
        ("D\u00e9j\u00e0 vu".encode("utf-8-sig"), "text/plain", "iso-8859-5"),
        ("D\u00e9j\u00e0 vu".encode("latin-1"), "text/plain", "iso-8859-1"),
        ("D\u00e9j\u00e0 vu".encode("utf-16"), "text/plain", "utf-16"),
        ("D\u00e9j\u00e0 vu".encode("utf-16-be"), "text/markdown", "utf-16be"),
        ("D\u00e9j\u00e0 vu".encode("cp1252"), "text/plain", "punycode"),
        ("D\u00e9j\u00e0 vu".encode("cp1252"), "text/plain", "windows-9999"),
    ],
)
def test_the_server_s_character_set_counts(
    body: bytes, media_type: str, charset: str | None
) -> None:
    assert read(body, media_type, charset).text == "D\u00e9j\u00e0 vu"


def test_other_scripts_are_read() -> None:
    text = "\u3053\u3093\u306b\u3061\u306f\u3002" * 20
    assert read(text.encode("shift_jis"), "text/plain", "shift_jis").text == text


def test_json_is_read_and_described() -> None:
    found = read(b'{"a": [1, 2]}', "application/json")
    assert json.loads(found.text) == {"a": [1, 2]}
    assert found.metadata == {
        "url": "https://school.example/",
        "mediaType": "application/json",
        "sizeBytes": 13,
        "title": "",
    }


@pytest.mark.parametrize(
    ("path", "media_type", "suffix"),
    [
        ("/README.md", "text/plain", ".md"),
        ("/README.MARKDOWN?raw", "text/plain", ".md"),
        ("/a.csv", "text/plain", ".txt"),
        ("/a.pdf", "text/html", ".html"),
        ("/", "application/pdf", ".pdf"),
    ],
)
def test_the_server_s_type_decides_how_text_is_read(
    path: str, media_type: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    def extract(source: Any, **more: Any) -> Any:
        asked.update(more, content=source.read_bytes())
        return extraction.Extracted("text", "", "text/plain", metadata={"title": " A\n B "})

    monkeypatch.setattr(page_text, "extract", extract)
    found = read(b"content", media_type, path=path)
    assert asked == {
        "name": f"page{suffix}",
        "media_type": media_type,
        "markdown": False,
        "content": b"content",
    }
    assert found.text == "Title: A B\n\ntext"
    assert found.metadata["title"] == "A B"


def test_an_html_page_is_read_with_its_title_and_without_its_scripts() -> None:
    html = b"""<!doctype html><html><head><title>Maths &amp; more</title>
        <meta name="description" content="What we teach"><style>p {}</style></head>
        <body><script>alert("evil")</script><main><h1>Algebra</h1><p>x &lt; y</p></main></body>
        </html>"""
    found = read(html, "text/html", "utf-8")
    assert found.text.startswith("Title: Maths & more\n\n")
    assert "Algebra" in found.text
    assert "x < y" in found.text
    assert "evil" not in found.text
    assert found.metadata["title"] == "Maths & more"


@pytest.mark.parametrize(
    ("body", "media_type", "error"),
    [
        (b"", "text/plain", "ExtractionError"),
        (b" \n\t ", "text/plain", "ExtractionError"),
        (b"GIF89a" + bytes(100), "text/html", "ExtractionError"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "text/html", "FetchError"),
    ],
)
def test_what_is_not_what_it_says_is_not_taken(body: bytes, media_type: str, error: str) -> None:
    expected = failures.FetchError if error == "FetchError" else extraction.ExtractionError
    with pytest.raises(expected):
        read(body, media_type)


def test_a_page_of_pictures_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    scanned = extraction.Extracted(" ", "", "application/pdf", needs_ocr=True)
    monkeypatch.setattr(page_text, "extract", lambda *_, **__: scanned)
    with pytest.raises(failures.FetchError, match="only pictures of text"):
        read(b"%PDF-", "application/pdf")


GOOD = {"jobId": "job-1", "itemId": 7, "url": "https://school.example/", "itemName": "School"}


@pytest.mark.parametrize(
    "event",
    [
        GOOD,
        {**GOOD, "itemId": "7"},
        {"body": json.dumps(GOOD)},
        {"body": GOOD, "headers": {}},
        {
            "body": "eyJqb2JJZCI6ICJqb2ItMSIsICJpdGVtSWQiOiA3LCAidXJsIjogImh0dHBzOi8vc2Nob29sLmV4"
            "YW1wbGUvIiwgIml0ZW1OYW1lIjogIlNjaG9vbCJ9",
            "isBase64Encoded": True,
        },
    ],
)
def test_a_request_comes_directly_or_as_a_body(event: dict[str, Any]) -> None:
    expected = invocation.Request("job-1", 7, "https://school.example/", "School")
    assert invocation.request_of(event) == expected


def test_a_name_is_not_needed() -> None:
    nameless = {**GOOD, "itemName": None}
    assert invocation.request_of(nameless).item_name == ""


BAD_EVENTS: list[dict[str, Any]] = [
    {},
    *({**GOOD, "jobId": value} for value in (None, "", 7, "claim#a", "-", "a b", "a" * 129, "a\n")),
    *(
        {**GOOD, "itemId": value}
        for value in (None, "", 0, -1, 7.0, True, "x", "7.0", 2**63, "9" * 5000, [7])
    ),
    *({**GOOD, "url": value} for value in (None, "", 7, ["https://school.example/"])),
    *({**GOOD, "itemName": value} for value in (7, "a" * 501)),
]


@pytest.mark.parametrize("event", BAD_EVENTS, ids=lambda event: repr(event)[:60])
def test_a_bad_request_is_refused(event: dict[str, Any]) -> None:
    for asked in (event, {"body": event}):
        with pytest.raises(failures.RequestError, match="must be"):
            invocation.request_of(asked)


@pytest.mark.parametrize("body", ["", "{", "[]", "null", None, 7, b"\xff", "[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(body: Any) -> None:
    with pytest.raises(failures.RequestError, match="the body is not"):
        invocation.request_of({"body": body})


@pytest.mark.parametrize("body", ["no base64", None, "AA"])
def test_a_packed_body_must_be_base64(body: Any) -> None:
    with pytest.raises(failures.RequestError, match="the body is not JSON"):
        invocation.request_of({"body": body, "isBase64Encoded": True})
