"""A few hundred inputs with something changed: each is used or refused with a reason, and nothing else happens.

What is counted are files opened, lines said and bytes written, never seconds. Thousands of them: `pytest -m long`.
"""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutated import READERS, attack, inputs, prepare, reader_of, refused, watched

SLOW = {"facts": 10, "command": 25, "link": 20, "table of points": 15}  # a figure is drawn, a command starts
EACH = 30


@pytest.mark.parametrize("name", READERS)
def test_what_is_changed_is_used_or_refused(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    prepare((name,))
    found: Counter[str] = Counter()
    reader = reader_of(name)

    @settings(
        max_examples=SLOW.get(name, EACH), deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(content=inputs(reader.sound, reader.code))
    def attacked(content):
        found[attack(name, content)] += 1

    attacked()
    assert sum(found.values()) >= SLOW.get(name, EACH)


def test_the_watch_sees_what_must_never_be(tmp_path):
    """Control: a write outside the folder, an address that is asked, files without end; and an error that is no refusal."""
    inside = tmp_path / "inside"
    inside.mkdir()
    with watched(inside):
        (inside / "a.txt").write_text("a")
    for fault in (lambda: (tmp_path / "b.txt").write_text("b"), lambda: __import__("socket").getaddrinfo("localhost", 80),
                  lambda: [open(inside / "a.txt").close() for _ in range(500)]):  # fmt: skip
        with pytest.raises(AssertionError), watched(inside):
            fault()
    with pytest.raises(ZeroDivisionError):
        refused(lambda: 1 / 0)


@given(st.data())
@settings(max_examples=20, deadline=None, derandomize=True)
def test_inputs_differ_from_what_is_sound(data):
    sound = 'a = 1\nb = "c"\n'
    assert isinstance(data.draw(inputs(sound)), bytes)
