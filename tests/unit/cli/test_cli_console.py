import datetime
import io

import click
import pytest

from aistudio_templates.cli.changes import summary_lines
from aistudio_templates.cli.console import LineConsole, is_live, open_console, uses_color
from aistudio_templates.cli.live_console import LiveConsole
from aistudio_templates.deploy.change_set import Action, ChangeSummary, ResourceChange
from aistudio_templates.deploy.events import StackEvent
from aistudio_templates.deploy.request import DestroyPlan
from aistudio_templates.errors import RefusedError


def change(path: str, action: Action, *properties: str) -> ResourceChange:
    return ResourceChange(tuple(path.split("/")), "AWS::SQS::Queue", action, properties, None)


def event(
    status: str,
    reason: str | None = None,
    kind: str = "AWS::SQS::Queue",
    logical_id: str = "Queue",
) -> StackEvent:
    return StackEvent(
        event_id="1",
        stack_id="arn:stack",
        stack_name="aistudio-dev",
        logical_id=logical_id,
        physical_id="q",
        resource_type=kind,
        status=status,
        reason=reason,
        timestamp=datetime.datetime.now(datetime.UTC),
    )


SUMMARY = ChangeSummary(
    "aistudio-dev",
    (
        change("Storage/A", Action.ADDED),
        change("Storage/B", Action.MODIFIED, "Tags"),
        change("Storage/C", Action.REPLACED, "QueueName"),
        change("Storage/D", Action.REMOVED),
    ),
    (),
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_summary_tells_losses_one_by_one() -> None:
    lines = list(summary_lines(SUMMARY))
    assert lines[0] == "aistudio-dev: 1 added, 1 modified, 1 replaced, 1 removed"
    assert "  ! AWS::SQS::Queue Storage/C (QueueName)" in lines
    assert "  - AWS::SQS::Queue Storage/D" in lines
    assert "  ~ AWS::SQS::Queue Storage/B (Tags)" in lines


def test_many_additions_are_counted_by_type_and_losses_still_listed() -> None:
    changes = [change(f"S/Q{n}", Action.ADDED) for n in range(50)]
    summary = ChangeSummary("s", (*changes, change("S/X", Action.REMOVED)), ())
    assert list(summary_lines(summary)) == [
        "s: 50 added, 1 removed",
        "  - AWS::SQS::Queue S/X",
        "  + 50 x AWS::SQS::Queue",
    ]


def test_an_empty_summary_says_so() -> None:
    assert list(summary_lines(ChangeSummary("s", (), ()))) == ["s: no changes"]


def test_lines_go_to_standard_error_only(capsys: pytest.CaptureFixture[str]) -> None:
    console = LineConsole(assume_yes=True)
    console.progress("working")
    console.warn("careful")
    console.event(event("CREATE_FAILED", "no room"), ("aistudio-dev", "Storage", "Queue"))
    console.summary(SUMMARY)
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "Warning: careful" in streams.err
    assert "aistudio-dev/Storage/Queue  no room" in streams.err
    assert "\x1b" not in streams.err


def test_yes_answers_every_question(capsys: pytest.CaptureFixture[str]) -> None:
    console = LineConsole(assume_yes=True)
    assert console.confirm(SUMMARY, ("IAM changes",))
    assert console.confirm_destroy(DestroyPlan("aistudio-dev", ("A",), ("B",)))
    told = capsys.readouterr().err
    assert "approval needed: IAM changes" in told
    assert "kept: B" in told


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(RefusedError, match="standard input is no terminal") as caught:
        LineConsole(assume_yes=False).confirm(SUMMARY, ("why",))
    assert "--yes" in (caught.value.hint or "")


@pytest.mark.parametrize(("answer", "agreed"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_terminal_is_asked(monkeypatch: pytest.MonkeyPatch, answer: str, agreed: bool) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert LineConsole(assume_yes=False).confirm(SUMMARY, ("why",)) is agreed


@pytest.mark.parametrize(
    ("variables", "color", "live"),
    [
        ({}, True, True),
        ({"NO_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, False),
        ({"CI": "true"}, True, False),
    ],
)
def test_what_a_terminal_shows(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], color: bool, live: bool
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "CI", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stderr", Terminal())
    assert (uses_color(), is_live()) == (color, live)


def test_a_pipe_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with open_console(assume_yes=True) as console:
        assert isinstance(console, LineConsole)


def test_forced_color_colours_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    LineConsole(assume_yes=True).warn("careful")
    assert click.unstyle(capsys.readouterr().err).endswith("Warning: careful\n")


def test_the_live_table_counts_resources_and_pins_failures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", terminal)
    stack = "AWS::CloudFormation::Stack"
    with LiveConsole(assume_yes=True) as console:
        console.summary(SUMMARY)
        console.event(event("CREATE_IN_PROGRESS", kind=stack), ("aistudio-dev",))
        console.event(event("CREATE_IN_PROGRESS", kind=stack), ("aistudio-dev", "Storage"))
        console.event(event("CREATE_IN_PROGRESS"), ("aistudio-dev", "Storage", "Queue"))
        console.event(event("CREATE_COMPLETE"), ("aistudio-dev", "Storage", "Queue"))
        failure = event("CREATE_FAILED", "no room", logical_id="Other")
        console.event(failure, ("aistudio-dev", "Storage", "Other"))
        console.event(event("CREATE_COMPLETE", kind=stack), ("aistudio-dev",))
        assert console.confirm(SUMMARY, ("why",))
    shown = click.unstyle(terminal.getvalue())
    assert "aistudio-dev/Storage/Other: CREATE_FAILED: no room" in shown
    assert "1/2" in shown
    assert "aistudio-dev: 1 added" in shown
