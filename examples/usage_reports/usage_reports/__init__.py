"""A stack of a school district's own, beside those of AI Studio."""
