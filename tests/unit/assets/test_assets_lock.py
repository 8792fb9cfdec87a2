import pytest

from aistudio_templates.assets.lock import parse_lock
from aistudio_templates.errors import AssetError

A, B = "a" * 64, "b" * 64


def parsed(text: str) -> list[str]:
    return [requirement.line for requirement in parse_lock(text.encode(), "requirements.txt")]


def test_what_pip_compile_writes_is_read() -> None:
    text = f"""\
        # made by pip-compile
        Typing_Extensions==4.15.0 \\
            --hash=sha256:{B} \\
            --hash=sha256:{A}
            # via python-docx
        lxml[html]==6.0.2 --hash=sha256:{A}  # the parser
        """
    assert parsed(text) == [
        f"lxml==6.0.2 --hash=sha256:{A}",
        f"typing-extensions==4.15.0 --hash=sha256:{A} --hash=sha256:{B}",
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing beyond the runtime\n"])
def test_a_lock_may_lock_nothing(text: str) -> None:
    assert parsed(text) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("lxml", "'lxml' is not locked to one version"),
        (f"lxml>=6 --hash=sha256:{A}", "'lxml>=6' is not locked to one version"),
        (f"lxml==6.* --hash=sha256:{A}", "is not locked to one version"),
        ("lxml==6.0.2", "'lxml==6.0.2' has no hash"),
        (f"lxml==6.0.2 --hash=sha512:{A}{A}", "has no hash, or not only SHA-256 hashes"),
        (f"lxml==6.0.2 --hash=sha256:{A[1:]}", "has no hash"),
        (f"lxml==6 ; python_version>'3' --hash=sha256:{A}", "has a condition"),
        ("--index-url https://example.com/simple", "is an option"),
        ("-r other.txt", "is an option"),
        (f"lxml==1 --hash=sha256:{A}\nLXML==2 --hash=sha256:{A}", "lxml is locked twice"),
    ],
)
def test_what_does_not_pin_is_refused(line: str, fault: str) -> None:
    with pytest.raises(AssetError) as caught:
        parsed(line)
    assert caught.value.message.startswith("requirements.txt: ")
    assert fault in caught.value.message
    assert caught.value.hint


def test_text_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(AssetError, match="is not UTF-8"):
        parse_lock(b"\xff", "requirements.txt")
