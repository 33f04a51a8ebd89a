"""What a user gave becomes a path, a number, a name of ours or a text on a screen, or is refused with a reason; nothing else happens."""

import ast
import os
import string
from pathlib import Path

import pytest
from ecocluster.model.loading import load_module
from ecocluster.model.modules import ModuleError
from ecocluster.scenarios import ScenarioError
from ecocluster.scenarios.given import is_finite, is_number, number_of, own_name_of, path_of, shown
from ecocluster.scenarios.reading import read_toml
from hypothesis import example, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]


# --- the four ---------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.text(max_size=300) | st.text(string.printable, max_size=300))
@example("~nosuchuser/x")
@example("a\0b")
@example("x" * 256)
@example("\udcff.toml")
@example("https:/x")
@example("file:/x")
@example("C:/x")
def test_a_text_is_a_path_that_can_be_asked_for_or_is_refused(text):
    try:
        path = path_of(text, "--out")
    except ScenarioError as error:
        assert error.key == "--out"
        str(error).encode()  # can be printed
        return
    path.exists()  # no ValueError from the system: no zero byte, no half letter
    assert "://" not in str(path) and (text.startswith("~") or os.fspath(path) == os.fspath(Path(text)))


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "empty"), ("a\0b", "zero"), ("\udcff", "letters"), ("s3://bucket/x", "address"), ("https:/x", "address"), ("file:/x", "address"), ("x" * 256, "long"),
     ("a/" * 2100, "long"), ("~nosuchuser/x", "home")],
)  # fmt: skip
def test_each_reason_is_told(text, why):
    with pytest.raises(ScenarioError) as found:
        path_of(text)
    assert found.value.problem.key == f"path_{why}"


def test_a_home_is_found(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path_of("~/x") == tmp_path / "x" and path_of(Path("y")) == Path("y")


@settings(deadline=None)
@given(st.text(st.sampled_from("0123456789.eE+-_ ,١２nif"), max_size=50))
@example("1_000")
@example("１５０")
@example("1e400")
@example("9" * 400)
@example("nan")
def test_a_number_is_what_python_reads_and_only_in_plain_digits(text):
    if is_number(text.strip()):
        assert (
            text.strip().isascii() and "_" not in text and is_finite(float(text)) and number_of(f" {text} ", "--x") == float(text)
        )
    else:
        with pytest.raises(ScenarioError, match="--x"):
            number_of(text, "--x")


def test_plain_numbers_are_read():
    assert [number_of(text, "x") for text in ("3", "-.5", "1e3", "+2.", "007")] == [3.0, -0.5, 1000.0, 2.0, 7.0]
    assert number_of("12", "x", whole=True) == 12
    with pytest.raises(ScenarioError):
        number_of("12.0", "x", whole=True)
    assert not is_finite(10**400) and not is_finite(float("nan")) and not is_finite(True) and not is_finite("3") and is_finite(3)


@settings(deadline=None)
@given(st.text(max_size=20))
@example("os")
@example("..sweeps")
def test_only_our_names_are_ours(name):
    with pytest.raises(ScenarioError):
        own_name_of(name, ("robust-x", "trust-x"), key="name")
    assert own_name_of("trust-x", ("robust-x", "trust-x")) == "trust-x"


@settings(deadline=None)
@given(st.text(max_size=50))
@example("\x1b[31mred\x07")
def test_what_is_shown_moves_no_cursor(text):
    seen = shown(text)
    assert len(seen) == len(text) and all(letter.isprintable() or letter.isspace() for letter in seen) and "\x1b" not in seen
    seen.encode()


# --- files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [("x = “a”", "curly_quotes"), ("x = ‘a’", "curly_quotes"), ('x = "C:\\Users\\u"', "backslash"), ('x = "C:\\xyz"', "backslash"),
     ("x = ", "not_toml"), ("x = " + "9" * 309, "long_number"), ("x = " + "9" * 5000, "long_number"), ('x = "a\\u0000b"', "zero_byte"),
     ('"a\\u0000b" = 1', "zero_byte"), (".".join("a" * 3000) + " = 1", "too_deep"), ("x = " + "[" * 3000, "too_deep"),
     ("x = " + "[" * 40 + "1" + "]" * 40, "too_deep"), ("[a]\n" + 'b.c.d = "x\\u0000"', "zero_byte")],
)  # fmt: skip
def test_what_no_reader_can_use_is_refused_where_the_file_is_read(tmp_path, text, why):
    file = tmp_path / "given.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as found:
        read_toml(file)
    assert found.value.problem.key == why and found.value.file == str(file)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes as POSIX knows them")
def test_no_device_or_pipe_is_waited_for_and_no_more_is_read_than_may_be(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "endless.toml").symlink_to("/dev/zero")
    for name in ("pipe", "endless"):
        with pytest.raises(ScenarioError) as found:
            read_toml(tmp_path / f"{name}.toml")
        assert found.value.problem.key == "not_a_file"
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "endless.py").symlink_to("/dev/zero")
    for name in ("pipe", "endless"):
        with pytest.raises(ModuleError, match="not a file"):
            load_module(tmp_path / f"{name}.py")
    (tmp_path / "letters").write_bytes(b"\xff\xfe\xff")  # a name without an ending may be a package's; a file that is there is read
    monkeypatch.chdir(tmp_path)
    for name in ("letters", "pipe.py", "."):
        with pytest.raises(ModuleError, match="cannot be read"):
            load_module(name)
    with pytest.raises(ModuleError, match="no installed package"):
        load_module("n" * 5000)
    large, read = tmp_path / "large.toml", []
    large.write_bytes(b"#" * 5_000_000)

    def counted(*given, **options):
        stream = open(*given, **options)
        inner = stream.read
        stream.read = lambda size=-1: read.append(size) or inner(size)
        return stream

    monkeypatch.setattr("ecocluster.model.regular.open", counted, raising=False)
    with pytest.raises(ScenarioError) as found:
        read_toml(large)
    assert found.value.problem.key == "file_size" and read == [2_000_001]


# --- nowhere else -----------------------------------------------------------------------------------

# (what is called, files where it may be): everything that turns a user's text into one of the four
ALONE = {
    "expanduser": {"scenarios/given.py", "model/jit.py", "experiments/kept_files.py", "model/loading.py"},
    "Console": {"viz/commands/common.py"},
    "escape": {"viz/notebook.py", "viz/pages/served.py"},  # of HTML
    "from_markup": set(),
    "cpu_count": {"model/granted.py"},
    "sched_getaffinity": {"model/granted.py"},
    "import_module": {"experiments/__init__.py", "scenarios/__init__.py", "model/late.py", "viz/analyses/page.py", "viz/pages/frame.py", "viz/pages/portfolio.py", "viz/pages/barriers.py",
                      "front/__init__.py"},
}  # fmt: skip


def calls(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""), node


# text that no user typed, or values that are no text
READ_AS_NUMBERS = {
    "scenarios/enterprises.py", "experiments/sweeps/ranges.py", "viz/cli.py", "viz/pages/session.py", "model/granted.py",
    "model/kernel_cache.py",
}  # fmt: skip


def tried(text):
    """Readings of a number that may fail: `float` or `int` of something, where a failure is caught."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Try):
            caught = " ".join("ValueError" if handler.type is None else ast.unparse(handler.type) for handler in node.handlers)
        elif isinstance(node, ast.With) and any("suppress" in ast.unparse(item) for item in node.items):
            caught = " ".join(ast.unparse(item) for item in node.items)
        else:
            continue
        if "ValueError" in caught:
            inside = (part for statement in node.body for part in ast.walk(statement))
            yield from (part for part in inside if isinstance(part, ast.Call) and getattr(part.func, "id", "") in ("float", "int"))


def elsewhere(files):
    """Calls that stand where they may not, and prints with markup."""
    for place, text in files:
        if place not in READ_AS_NUMBERS:
            yield from (f"{place}:{node.lineno} number" for node in tried(text))
        for name, node in calls(text):
            if name in ALONE and place not in ALONE[name]:
                yield f"{place}:{node.lineno} {name}"
            if any(word.arg == "markup" and getattr(word.value, "value", None) is True for word in node.keywords):
                yield f"{place}:{node.lineno} markup"


def test_nothing_else_makes_a_path_a_name_a_number_or_a_markup_of_what_was_given():
    files = [
        (path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for room in ("model", "scenarios", "experiments", "viz", "front")
        for path in sorted((ROOT / room).rglob("*.py"))
    ]
    assert len(files) > 100 and not list(elsewhere(files))
    planted = [
        ("viz/x.py", "from rich.console import Console\nConsole().print(name, markup=True)\nPath(out).expanduser()\n"),
        ("viz/y.py", "try:\n    n = float(text)\nexcept ValueError:\n    n = 0\nwith suppress(ValueError):\n    n = int(text)\n"),
    ]
    assert len(list(elsewhere(planted))) == 5


def test_a_file_that_has_nothing_to_say_yet_is_empty(monkeypatch, tmp_path):
    """As some of the system are: read without waiting they give None."""
    import os

    from ecocluster.scenarios.reading import read_bytes

    class Silent:
        def __init__(self, handle):
            self.handle = handle

        def __enter__(self):
            return self

        def __exit__(self, *_):
            os.close(self.handle)

        def read(self, _):
            return None

        def fileno(self):
            return self.handle

    (tmp_path / "silent.toml").write_text("x")
    monkeypatch.setattr("ecocluster.model.regular.open", lambda handle, _: Silent(handle), raising=False)
    assert read_bytes(tmp_path / "silent.toml", 1) == b""


def test_integers_that_python_refuses_to_write_are_told():
    """At the border of Python too, where no reader has counted their digits."""
    from ecocluster.experiments import InputError
    from ecocluster.experiments.errors import check_number
    from ecocluster.experiments.question import ask
    from ecocluster.experiments.sweeps.experiment import make_experiment
    from ecocluster.model.border import NotOfKind

    big = 10**5000
    base = {"scenario": "teaching", "pathways": ["symbiosis"], "seed": 1, "replicates": 1, "design": {"kind": "full"}}
    for attempt in (
        lambda: check_number("--seed", -big, 0),
        lambda: ask("teaching", ("symbiosis",), "korea", fixed=True, seed=big),
        lambda: ask("teaching", ("symbiosis",), "korea", fixed=True, budget_bn=big),
        lambda: ask("teaching", ("symbiosis",), "korea", fixed=True, levers={"extension": big}),
        lambda: ask("teaching", (big,), "korea", fixed=True),
        lambda: make_experiment({**base, "seed": big}),
        lambda: make_experiment({**base, "levers": {"extension": big}}),
        lambda: make_experiment({**base, "levers": {"extension": [big, 1]}}),
    ):
        with pytest.raises((InputError, ScenarioError, NotOfKind)) as found:
            attempt()
        assert len(str(found.value)) < 400
    assert "-10^5000" in str(pytest.raises(InputError, check_number, "--seed", -big, 0).value)
