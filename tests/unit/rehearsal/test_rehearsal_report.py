"""What the emulator did, from the child's bytes to the parent's values."""

import pytest

from aistudio_templates.rehearsal.report import EmulatorReport, HandledType, from_json, to_json

NAT = HandledType("AWS::EC2::NatGateway", 2, "no handler")
VPC = HandledType("AWS::EC2::VPC", 1)


def test_a_report_survives_the_wire_and_is_sorted() -> None:
    report = from_json(to_json("000000000000", [VPC, NAT]))
    assert report == EmulatorReport("000000000000", (NAT, VPC))


def test_emulated_and_recorded_are_apart() -> None:
    report = EmulatorReport("000000000000", (NAT, VPC))
    assert report.emulated == {"AWS::EC2::VPC": 1}
    assert report.recorded == {"AWS::EC2::NatGateway": 2}


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"{}", b'{"types": [{"x": 1}]}'])
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(content)
