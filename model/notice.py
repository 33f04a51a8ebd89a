"""What is not wrong but should be known: a warning whose sentence catalogues keep in the reader's language."""

from __future__ import annotations

from typing import Any, ClassVar

__all__ = ["Notice"]


class Notice(UserWarning):
    """A warning of ours.

    Attributes
    ----------
    words : str
        Where catalogues keep the sentences.
    messages : dict of str to str
        The sentences in English, by key.
    key : str
        Of `messages`.
    fields : dict
        What the sentence names.
    """

    words: ClassVar[str] = ""
    messages: ClassVar[dict[str, str]] = {}

    def __init__(self, key: str, **fields: Any) -> None:
        self.key, self.fields = key, fields
        super().__init__(self.messages[key].format(**fields))
