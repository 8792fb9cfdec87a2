"""Text, Markdown and structure of documents, in bounded memory.

``extract`` finds out what a file is by its content and lets the reader of that type write
the text. Readers are imported when they are needed, so that importing this package costs
next to nothing. It may use pypdfium2 and the standard library; it never talks to AWS.
"""

from aistudio_shared.extraction.extracting import extract
from aistudio_shared.extraction.result import (
    Extracted,
    ExtractionError,
    UnreadableError,
    UnsupportedError,
)

__all__ = ["Extracted", "ExtractionError", "UnreadableError", "UnsupportedError", "extract"]
