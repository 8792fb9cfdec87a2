"""Deploying a rendered template set as one nested stack set per environment.

The room knows template *files*, not builders: it reads ``templates/<env>/``, uploads
what S3 lacks, creates one change set on the root stack, has it approved, executes it
and reports what happened. ``docs/deploy-engine.md`` tells the whole story.

Pure (standard library, errors, names; ``template_text`` also PyYAML): ``approval``,
``aws_failure``, ``bucket_settings``, ``change_set``, ``clock``, ``console``, ``desired``,
``events``, ``machine``, ``outcome``, ``refusals``, ``request``, ``root_template``,
``stack``, ``stateful``, ``status``, ``steps``, ``target``, ``template_diff``,
``template_set`` (reads the files), ``template_text``, ``text``.

Reach AWS through the clients they are handed: ``artifact_bucket``, ``cloudformation``,
``deploying``, ``overview``, ``package``, ``preview``, ``reading``, ``runner``,
``teardown``, ``watch``. Only ``aws`` imports boto3, and only ``aws`` and ``aws_errors``
import botocore, so that the pure modules load without them.

Never imports click, troposphere, a stack, the composition or the command line.
"""
