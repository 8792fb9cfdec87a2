import dataclasses

import pytest

from aistudio_templates.assets.native import check_native, machine_of
from aistudio_templates.assets.sources import SourceFile
from aistudio_templates.assets.target import LAMBDA, Target, host_target
from aistudio_templates.errors import AssetError
from support.wheels import MACHINES, elf

ARM64, X86_64 = elf(MACHINES["arm64"]), elf(MACHINES["x86_64"])


@pytest.mark.parametrize(
    ("content", "machine"),
    [
        (ARM64, "arm64"),
        (X86_64, "x86_64"),
        (elf(0xF3), "ELF machine 243"),
        (elf(0x28, bits=32), "a processor that Lambda does not have"),
        (elf(0xB7, little=False), "a processor that Lambda does not have"),
        (b"\xcf\xfa\xed\xfe" + bytes(30), "another system than Linux"),
        (b"MZ" + bytes(30), "another system than Linux"),
        (ARM64[:19], "another system than Linux"),
        (b"", "another system than Linux"),
    ],
)
def test_headers_tell_the_processor(content: bytes, machine: str) -> None:
    assert machine_of(content) == machine


@pytest.mark.parametrize("name", ["a.so", "a.so.1.2", "a/b.cpython-314.so", "a.node", "bin/tool"])
@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_a_library_for_the_other_processor_is_refused(name: str, architecture: str) -> None:
    for built_for, content in (("arm64", ARM64), ("x86_64", X86_64)):
        files = [SourceFile(name, content, executable=True)]
        target = Target(architecture)
        if built_for == architecture:
            check_native(files, target, where="layer")
            continue
        with pytest.raises(AssetError) as caught:
            check_native(files, target, where="layer")
        assert caught.value.message == (
            f"layer: {name} is built for {built_for}, the function runs on {architecture}"
        )
        assert caught.value.hint


@pytest.mark.parametrize("name", ["a.so", "a.dylib", "a.pyd", "a.dll"])
def test_libraries_of_other_systems_are_refused(name: str) -> None:
    files = [SourceFile(name, b"\xcf\xfa\xed\xfe" + bytes(30), executable=True)]
    with pytest.raises(AssetError, match="built for another system than Linux"):
        check_native(files, LAMBDA, where="layer")


def test_text_is_no_library_and_other_systems_are_not_judged() -> None:
    check_native([SourceFile("so.py", b"x = 1\n", executable=False)], LAMBDA, where="layer")
    foreign = [SourceFile("a.so", b"\xcf\xfa\xed\xfe", executable=True)]
    check_native(foreign, dataclasses.replace(host_target(), system="darwin"), where="layer")
