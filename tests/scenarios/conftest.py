"""Files that tests of scenarios write."""

import pytest


@pytest.fixture
def write(tmp_path):
    """Write a text (or bytes) under a name in a fresh folder and return its path."""

    def _write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return _write
