"""Offline findings about rendered templates: one finding shape, one rule a file.

May import model, config, names and errors; never boto3 or click.
"""
