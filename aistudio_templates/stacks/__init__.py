"""The stacks of AI Studio: one module a stack, its Outputs, then ``build``.

May import patterns, policies, model, config and names; of another stack only its
``Outputs`` class. Never boto3, click, or another stack's ``build``.
"""
