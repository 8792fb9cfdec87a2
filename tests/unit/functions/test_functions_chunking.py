"""Chunks end, cover and overlap, whatever the text."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.function_source import function_modules

with function_modules("shared", "aistudio_shared.chunking") as modules:
    (chunking,) = modules

SENTENCE = "The quick brown fox jumps over the lazy dog. "


@st.composite
def sizes(draw: st.DrawFn) -> tuple[int, int]:
    most = draw(st.integers(1, 60))
    return most, draw(st.integers(0, most // 2))


TEXTS = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="ab .\n!?\u2028\u3000", max_size=400),
)


@given(TEXTS, sizes())
@example("x" * 100, (10, 5))
@example("a. " * 50, (3, 1))
@example(" " * 100, (10, 5))
@example("\n\n\nword", (1, 0))
def test_any_text_is_covered_in_order_and_comes_to_an_end(text: str, size: tuple[int, int]) -> None:
    most, overlap = size
    limit = len(text) + 2
    pieces = []
    for piece in chunking.chunks(text, max_characters=most, overlap=overlap):
        pieces.append(piece)
        assert len(pieces) <= limit, "it does not end"
    covered = set()
    for number, piece in enumerate(pieces):
        assert piece.index == number
        assert piece.text == text[piece.start : piece.end] == piece.text.strip()
        assert 0 < len(piece.text) <= most
        assert piece.token_count == (len(piece.text) + 3) // 4
        covered.update(range(piece.start, piece.end))
    assert {n for n, character in enumerate(text) if not character.isspace()} <= covered
    for before, after in itertools.pairwise(pieces):
        assert before.start < after.start
        assert before.end < after.end
        assert before.end - after.start <= overlap


def test_chunks_end_with_sentences_and_begin_with_words() -> None:
    pieces = list(chunking.chunks(SENTENCE * 200))
    assert len(pieces) > 4
    assert all(piece.text.endswith("dog.") for piece in pieces)
    assert all(piece.text.split()[0].isalpha() for piece in pieces)
    assert all(1_900 < len(piece.text) <= 2_000 for piece in pieces[:-1])


@pytest.mark.parametrize(
    "text",
    [
        "A line without a full stop\n" * 20,
        "Eine Frage? Ja! " * 30,
        'He said: "Go." ' * 30,
        "word " * 100,
    ],
)
def test_the_best_end_nearby_is_taken(text: str) -> None:
    pieces = list(chunking.chunks(text, max_characters=100, overlap=20))
    for piece in pieces[:-1]:
        assert text[piece.end].isspace()


def test_a_text_that_fits_is_one_chunk() -> None:
    (piece,) = chunking.chunks("  One. Two.\n")
    assert piece == chunking.Chunk(index=0, text="One. Two.", token_count=3, start=2, end=11)


def test_long_texts_take_linear_time() -> None:
    assert sum(1 for _ in chunking.chunks(SENTENCE * 100_000)) > 2_000
    assert sum(1 for _ in chunking.chunks("x" * 1_000_000)) > 500


@pytest.mark.parametrize(("most", "overlap"), [(0, 0), (10, 6), (10, -1), (-5, 0)])
def test_sizes_that_do_not_fit_are_refused_at_once(most: int, overlap: int) -> None:
    with pytest.raises(ValueError, match=f"overlap of {overlap} in chunks of {most}"):
        chunking.chunks("text", max_characters=most, overlap=overlap)
