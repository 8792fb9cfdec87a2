"""Reusable groups of resources: pure functions that return frozen handles.

A handle holds the resources that its pattern adds, and iterates over them; the stack
adds them to its template. No pattern takes a template. May import config, model,
policies, names and troposphere; never a stack, boto3 or click.
"""
