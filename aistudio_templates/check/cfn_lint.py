"""cfn-lint over rendered templates, in parallel processes: it dominates every build.

It runs as a program of its own, so that this package never pays for importing it and
the result is what pre-commit and editors show.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aistudio_templates.check.finding import Finding, Severity
from aistudio_templates.errors import LintError

_SEVERITIES = {
    "Error": Severity.ERROR,
    "Warning": Severity.WARNING,
    "Informational": Severity.INFORMATIONAL,
}

_RUN = "import sys; from cfnlint.runner import main; sys.exit(main())"
"""What the console script ``cfn-lint`` does, in this interpreter's own environment."""

_CLEAN_OR_FINDINGS = range(15)
"""cfn-lint's exit codes 0 to 14 are sums of 2, 4 and 8: the kinds of findings."""


def lint(
    files: Sequence[Path], *, regions: Sequence[str], processes: int | None = None
) -> list[Finding]:
    """Return what cfn-lint finds, informational rules included, in order of place.

    Args:
        files: Rendered templates; a root template's nested ones are followed.
        regions: Regions whose resource types and limits count.
        processes: How many cfn-lint processes run at once; by default one a core.

    Raises:
        LintError: A file is missing, or cfn-lint itself failed.
    """
    for file in files:
        if not file.is_file():
            raise LintError(f"{file}: no such template", "run: make templates")
    workers = processes or os.cpu_count() or 1
    batches = [list(files[start::workers]) for start in range(min(workers, len(files)))]
    with ThreadPoolExecutor(max_workers=workers) as pool:
        results = pool.map(lambda batch: _run(batch, regions), batches)
        return sorted(finding for batch in results for finding in batch)


def _run(files: Sequence[Path], regions: Sequence[str]) -> list[Finding]:
    command = [sys.executable, "-c", _RUN, "--format", "json", "--include-checks", "I"]
    command += ["--regions", *regions, "--", *map(str, files)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode not in _CLEAN_OR_FINDINGS:
        last = (result.stderr.strip() or "no output").splitlines()[-1]
        raise LintError(f"cfn-lint failed with exit code {result.returncode}: {last}")
    try:
        matches = json.loads(result.stdout)
    except ValueError as error:
        raise LintError(f"cfn-lint printed no JSON: {result.stderr.strip()[:200]}") from error
    return [_finding(match) for match in matches]


def _finding(match: dict[str, Any]) -> Finding:
    location = match["Location"]
    return Finding(
        file=match["Filename"],
        line=location["Start"]["LineNumber"],
        id=match["Rule"]["Id"],
        severity=_SEVERITIES[match["Level"]],
        path="/".join(map(str, location.get("Path") or ["template"])),
        message=match["Message"],
        source_url=match["Rule"].get("Source", ""),
    )
