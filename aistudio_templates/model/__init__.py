"""What a stack is and how stacks become one nested stack set.

A builder returns a :class:`StackTemplate`; a :class:`Composition` closes it (every
name it refers to is its own or an output of an earlier stack) and derives the root;
the resulting :class:`Assembly` is a value that ``render`` turns into files.

May import config, assets, names, errors and troposphere. Never boto3, click, a stack
or the deploy engine.
"""

from aistudio_templates.model.composition import Assembly, ClosedStack, Composition
from aistudio_templates.model.outputs import (
    Described,
    Outputs,
    Value,
    consumed,
    described,
    exported,
)
from aistudio_templates.model.stack_template import StackTemplate, stack_template

__all__ = [
    "Assembly",
    "ClosedStack",
    "Composition",
    "Described",
    "Outputs",
    "StackTemplate",
    "Value",
    "consumed",
    "described",
    "exported",
    "stack_template",
]
