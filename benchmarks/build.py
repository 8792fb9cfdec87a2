"""What building and the command line cost, as ratios to troposphere alone.

Every measurement is a process of its own, so that nothing is warm but the files; the
baseline runs interleaved with it. Prints CPU and wall seconds (medians) and peak memory
(resident set, MiB), each also as a ratio to the baseline. Run: ``make benchmark``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

BASELINE = """
import json, pathlib, sys
from troposphere import Template
class Ready(Template):
    def __init__(self, body):
        super().__init__()
        self.body = body
    def to_dict(self):
        return self.body
for body in json.loads(pathlib.Path(sys.argv[1]).read_text()):
    Ready(body).to_yaml()
"""
"""Imports troposphere and dumps the same templates, ready-made, with its own to_yaml()."""

BODIES = """
import json, pathlib, sys
from aistudio_templates import compose, load_settings
settings = load_settings(pathlib.Path("aistudio.toml"))
bodies = []
for name in settings.environment_names:
    assembly = compose(settings.environment(name).config, settings.organization)
    bodies += [assembly.root, *(stack.body for stack in assembly.stacks)]
pathlib.Path(sys.argv[1]).write_text(json.dumps(bodies))
"""
"""Writes the composed templates of all environments, as JSON, for the baseline to dump."""

BASELINE_IMPORT = "import troposphere"

BUILD = "build, all environments"
"""Name of the measurement that all others are there for."""


@dataclass(frozen=True)
class Cost:
    """Medians of several processes: seconds of CPU and wall time, MiB at the peak."""

    cpu_seconds: float
    wall_seconds: float
    peak_mib: float


def measure(command: list[str]) -> Cost:
    """Run ``command`` once in a process of its own and return what it cost."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status != 0:
        raise SystemExit(f"{' '.join(command[:4])} failed with status {status}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, _mib(usage))


def _mib(usage: resource.struct_rusage) -> float:
    divisor = 1024 * 1024 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss / divisor


def medians(costs: list[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(
        statistics.median(cost.cpu_seconds for cost in costs),
        statistics.median(cost.wall_seconds for cost in costs),
        statistics.median(cost.peak_mib for cost in costs),
    )


def main() -> None:
    """Measure, and print a table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="processes a measurement (default 7)")
    runs = parser.parse_args().runs
    python = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        bodies = f"{folder}/bodies.json"
        measure([python, "-c", BODIES, bodies])
        commands = {
            "python -c pass": [python, "-c", "pass"],
            "import troposphere": [python, "-c", BASELINE_IMPORT],
            "troposphere to_yaml()": [python, "-c", BASELINE, bodies],
            "cli.py --help": [python, "cli.py", "--help"],
        }
        costs: dict[str, list[Cost]] = {name: [] for name in [*commands, BUILD]}
        for run in range(runs):
            for name, command in commands.items():
                costs[name].append(measure(command))
            # A folder of its own, so that every run writes every file.
            fresh = ["--templates", f"{folder}/templates-{run}"]
            costs[BUILD].append(measure([python, "cli.py", *fresh, "build"]))
    report({name: medians(values) for name, values in costs.items()})


def report(costs: dict[str, Cost]) -> None:
    """Print the table, with ratios to both baselines, and the same as JSON."""
    imported, dumped = costs["import troposphere"], costs["troposphere to_yaml()"]
    print(f"{'what':<26}{'CPU s':>8}{'wall s':>8}{'MiB':>8}{'x import':>10}{'x to_yaml':>11}")
    for name, cost in costs.items():
        print(
            f"{name:<26}{cost.cpu_seconds:>8.2f}{cost.wall_seconds:>8.2f}{cost.peak_mib:>8.0f}"
            f"{cost.cpu_seconds / imported.cpu_seconds:>10.2f}"
            f"{cost.cpu_seconds / dumped.cpu_seconds:>11.2f}"
        )
    print("Ratios are of CPU time; x to_yaml: importing and dumping the same templates.")
    print(json.dumps({name: vars(cost) for name, cost in costs.items()}))


if __name__ == "__main__":
    main()
