"""Who may do what: trust policies and grants, as pure functions of ARNs.

Grants are verbs that return awacs statements; a role holds exactly the statements of
the grants it was given. May import troposphere and awacs; never boto3 or a pattern.
"""
