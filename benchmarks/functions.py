"""What extraction and cold starts cost, as ratios to the parsers and to boto3 alone.

Every measurement is a process of its own; baselines run interleaved with it. Prints, for
documents of growing length, CPU seconds, documents a second, peak memory above the bare
interpreter, and how both grow; then how long each function takes to import. Run:
``make benchmark``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = ROOT / "aistudio_templates" / "functions"
SHARED = FUNCTIONS / "shared"

sys.path.insert(0, str(ROOT / "tests"))

from support import document_files  # noqa: E402 # tests make the same documents

IMPORT_BAR_MS = 400
"""Longest import of a handler, in milliseconds, that a cold start bears."""

SHORTEST_SECONDS = 0.01
"""Whatever takes less is noise, and no ratio is told."""

LINES_PER_PAGE = 50

EXTRACT = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
from aistudio_shared.extraction import extract
path = pathlib.Path(sys.argv[2])
extract(path, name=path.name)
"""

XML = """
import sys, zipfile
from xml.parsers import expat
with zipfile.ZipFile(sys.argv[2]) as archive:
    for name in archive.namelist():
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda name, attributes: None
        parser.CharacterDataHandler = lambda text: None
        with archive.open(name) as part:
            parser.ParseFile(part)
"""

BASELINES = {
    "pdf": """
import pathlib, sys
import pypdfium2
document = pypdfium2.PdfDocument(pathlib.Path(sys.argv[2]))
"".join(page.get_textpage().get_text_bounded() for page in document)
""",
    "docx": XML,
    "xlsx": XML,
    "pptx": XML,
    "csv": """
import csv, sys
with open(sys.argv[2], newline="") as file:
    list(csv.reader(file))
""",
    "html": """
import html.parser, sys
with open(sys.argv[2]) as file:
    html.parser.HTMLParser().feed(file.read())
""",
    "txt": "import sys; open(sys.argv[2]).read()",
}
"""What the parser of a type does alone, in the same process as long."""

IMPORT = """
import sys, time
sys.path[:0] = sys.argv[1:3]
started = time.perf_counter()
__import__(sys.argv[3])
print((time.perf_counter() - started) * 1000)
"""


@dataclass(frozen=True)
class Cost:
    """Of a process: seconds of CPU, MiB at the peak."""

    cpu_seconds: float
    peak_mib: float

    def beyond(self, start: Cost) -> Cost:
        """Return what was spent after starting up."""
        seconds = max(self.cpu_seconds - start.cpu_seconds, 0.001)
        return Cost(seconds, max(self.peak_mib - start.peak_mib, 0.0))


def measure(code: str, path: Path) -> Cost:
    """Run ``code`` on a document in a process of its own and return what it cost."""
    process = subprocess.Popen([sys.executable, "-c", code, str(SHARED), str(path)])
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{path.name} failed with status {status}")
    return Cost(usage.ru_utime + usage.ru_stime, _mib(usage))


def _mib(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def sentences(pages: int) -> list[list[str]]:
    """Return lines of text by page; the same for the same number."""
    words = ["school", "district", "budget", "teacher", "schedule", "library", "meeting", "grade"]
    chosen = random.Random(pages)
    return [
        [" ".join(chosen.choices(words, k=10)) for _ in range(LINES_PER_PAGE)] for _ in range(pages)
    ]


def _docx(pages: list[list[str]]) -> bytes:
    return document_files.docx("".join(document_files.paragraphs(*lines) for lines in pages))


def _xlsx(pages: list[list[str]]) -> bytes:
    texts = [line for lines in pages for line in lines]
    rows = "".join(
        f'<row><c t="s"><v>{number}</v></c>' + f"<c><v>{number}</v></c>" * 7 + "</row>"
        for number in range(len(texts))
    )
    return document_files.xlsx(rows, strings=texts)


def _csv(pages: list[list[str]]) -> bytes:
    return "\n".join(line.replace(" ", ",") for lines in pages for line in lines).encode()


def _html(pages: list[list[str]]) -> bytes:
    body = "".join(f"<p>{line}</p>\n" for lines in pages for line in lines)
    return f"<!DOCTYPE html><title>T</title><main>{body}</main>".encode()


def _txt(pages: list[list[str]]) -> bytes:
    return "\n\n".join("\n".join(lines) for lines in pages).encode()


MAKERS: dict[str, Callable[[list[list[str]]], bytes]] = {
    "pdf": document_files.pdf,
    "docx": _docx,
    "xlsx": _xlsx,
    "pptx": document_files.pptx,
    "csv": _csv,
    "html": _html,
    "txt": _txt,
}


def corpus(folder: Path, pages: list[int]) -> None:
    """Write a document of each kind and length, named like ``10.pdf``."""
    for kind, make in MAKERS.items():
        for count in pages:
            (folder / f"{count}.{kind}").write_bytes(make(sentences(count)))


def extraction(folder: Path, pages: list[int], runs: int) -> list[dict[str, object]]:
    """Measure extraction of a corpus, print a table, and return its rows."""
    # A child's peak begins with its parent's: the corpus is made elsewhere.
    maker = multiprocessing.get_context("spawn").Process(target=corpus, args=(folder, pages))
    maker.start()
    maker.join()
    empty = folder / "empty.txt"
    empty.write_text("text")
    bare = _median([measure("import sys", empty) for _ in range(runs)])
    started = _median([measure(EXTRACT, empty) for _ in range(runs)])
    print(
        f"{'kind':<6}{'pages':>6}{'MiB':>8}{'CPU s':>8}{'docs/s':>8}{'x parser':>9}"
        f"{'peak MiB':>9}{'MiB/MiB':>9}{'growth':>8}"
    )
    rows: list[dict[str, object]] = []
    for kind in MAKERS:
        before = 0.0
        for count in pages:
            path = folder / f"{count}.{kind}"
            cost, parser = _interleaved(BASELINES[kind], path, runs)
            row = _row(path, cost.beyond(started), parser.beyond(bare))
            per_page = float(str(row["cpu_seconds"])) / count
            row["growth"] = per_page / before if before else 1.0
            before = per_page
            rows.append(row)
            _print(row)
    print("growth: time for a page, compared with the shorter document above; 1.00 is linear.")
    return rows


def _row(path: Path, cost: Cost, parser: Cost) -> dict[str, object]:
    size_mib = path.stat().st_size / 1024**2
    is_long = parser.cpu_seconds >= SHORTEST_SECONDS
    return {
        "kind": path.suffix[1:],
        "pages": int(path.stem),
        "size_mib": size_mib,
        "cpu_seconds": cost.cpu_seconds,
        "ratio_to_parser": cost.cpu_seconds / parser.cpu_seconds if is_long else None,
        "peak_mib": cost.peak_mib,
        "peak_mib_per_mib": cost.peak_mib / size_mib,
    }


def _print(row: dict[str, object]) -> None:
    seconds = float(str(row["cpu_seconds"]))
    ratio = row["ratio_to_parser"]
    print(
        f"{row['kind']:<6}{row['pages']:>6}{row['size_mib']:>8.2f}{seconds:>8.3f}"
        f"{1 / seconds:>8.1f}{'-' if ratio is None else f'{ratio:.2f}':>9}"
        f"{row['peak_mib']:>9.1f}{row['peak_mib_per_mib']:>9.1f}{row['growth']:>8.2f}"
    )


def _interleaved(baseline: str, path: Path, runs: int) -> tuple[Cost, Cost]:
    pairs = [(measure(EXTRACT, path), measure(baseline, path)) for _ in range(runs)]
    return _median([pair[0] for pair in pairs]), _median([pair[1] for pair in pairs])


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.cpu_seconds for cost in costs),
        statistics.median(cost.peak_mib for cost in costs),
    )


def handlers() -> Iterator[tuple[str, Path, str]]:
    """Yield name, folder and module of each function's handler."""
    for path in sorted(FUNCTIONS.glob("*/*.py")):
        if "\ndef handler(" in path.read_text():
            folder = path.parent
            name = folder.name if path.stem == "handler" else f"{folder.name}/{path.stem}"
            yield name, folder, path.stem


def imports(runs: int) -> list[dict[str, object]]:
    """Measure the import of every handler, print a table, and return its rows."""
    listed = [("boto3 alone", SHARED, "boto3"), *handlers()]
    times: dict[str, list[float]] = {name: [] for name, _, _ in listed}
    for _ in range(runs):
        for name, folder, module in listed:
            command = [sys.executable, "-c", IMPORT, str(folder), str(SHARED), module]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            times[name].append(float(done.stdout))
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"\n{'import':<36}{'ms':>6}{'x boto3':>9}")
    for name, milliseconds in medians.items():
        mark = "  over the bar" if milliseconds > IMPORT_BAR_MS else ""
        ratio = milliseconds / medians["boto3 alone"]
        print(f"{name:<36}{milliseconds:>6.0f}{ratio:>9.2f}{mark}")
    return [{"handler": name, "milliseconds": value} for name, value in medians.items()]


def main() -> None:
    """Measure, print tables and one line of JSON; fail if an import is over the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="processes a measurement (default 3)")
    parser.add_argument("--pages", type=int, nargs="+", default=[1, 10, 100, 1_000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        documents = extraction(Path(folder), options.pages, options.runs)
    started = imports(options.runs)
    print(json.dumps({"extraction": documents, "imports": started}))
    if any(float(str(row["milliseconds"])) > IMPORT_BAR_MS for row in started):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
