"""Names that were read from files: whatever a manifest says, nothing outside its folder is read, replaced or removed."""

import hashlib
import json
import os
import socket

import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.analyses.checkpoints import Checkpoint
from ecocluster.experiments.analyses.finding import FORMAT, read_finding
from ecocluster.experiments.folder import MANIFEST, check_folder, write_folder
from ecocluster.experiments.plain_names import (
    ForeignName,
    create,
    is_plain,
    path_inside,
    read_inside,
    read_json,
)
from ecocluster.experiments.sweeps.store import Store
from ecocluster.viz.cli import main
from ecocluster.viz.pages.stored import list_findings

PLAIN = ["x.txt", "report.html", ".plan.json", "a b.csv", "Cụm công nghiệp.csv", "console.txt", "com.csv", "..x", "x..y", "ộ" * 85]
FOREIGN = [
    "../victim.txt", "..", ".", "", "a/../../victim.txt", "below/../../victim.txt", "./x", "a/b", "/etc/hostname", "//host/share",
    "..\\victim.txt", "C:\\victim.txt", "C:victim.txt", "x.txt:stream", "x\0.txt", "\0", "x\n", "x\x7f", "\ud800", "x.", "x ", " x",
    "nul", "NUL.csv", "con", "com1", "LPT9.txt", "aux .txt", "COM\N{SUPERSCRIPT TWO}.txt", "conin$", "x*", "x?", "a|b", "<x", '"x', "ộ" * 86,
    None, 3, 1.5, True, [], ["x"], {}, {"x": 1},
]  # fmt: skip


def test_only_plain_names_become_paths(tmp_path):
    for name in PLAIN:
        assert is_plain(name) and path_inside(tmp_path, name).parent == tmp_path, name
    for name in FOREIGN:
        assert not is_plain(name), name
        for act in (path_inside, read_inside, read_json, create):
            with pytest.raises(ForeignName):
                act(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def things(tmp_path):
    """What a name may lead to beside a regular file, and the file that must not be reached."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "victim.txt").write_text('{"made_by": "ecocluster", "files": {}}')
    (folder / "link").symlink_to("../victim.txt")
    (folder / "nowhere").symlink_to("nothing")
    (folder / "loop").symlink_to("loop")
    (folder / "below").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "device").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as door:
        here = os.getcwd()
        os.chdir(folder)  # the path of a socket is short
        door.bind("socket")
        os.chdir(here)
        yield folder, ["link", "nowhere", "loop", "below", "pipe", "device", "socket"]


def test_neither_links_nor_devices_are_followed(things):
    folder, names = things
    for name in names:
        for act in (path_inside, read_inside, read_json, create):
            with pytest.raises(ForeignName):
                act(folder, name)
    assert sorted(names) == sorted(os.listdir(folder))


def test_a_link_that_comes_after_the_look_is_not_followed(things, monkeypatch):
    folder, _ = things
    monkeypatch.setattr("ecocluster.experiments.plain_names.path_inside", lambda folder, name: folder / name)
    for name in ("link", "below"):
        with pytest.raises((OSError, ForeignName)):
            read_inside(folder, name)
    with pytest.raises(ForeignName):
        read_inside(folder, "pipe")  # and nobody waits for a writer


def test_a_new_file_does_not_write_through_what_a_name_is_linked_to(tmp_path):
    (tmp_path / "victim.txt").write_text("mine")
    os.link(tmp_path / "victim.txt", tmp_path / "scratch")
    with create(tmp_path, "scratch") as stream:
        stream.write(b"ours")
    assert (tmp_path / "victim.txt").read_text() == "mine" and (tmp_path / "scratch").read_text() == "ours"


@pytest.mark.parametrize("text", ["[]", "3", "{", "", "[" * 100_000, '{"a":' * 100_000, "null"])
def test_json_of_other_shapes_is_no_manifest(tmp_path, text):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(ValueError):
        read_json(tmp_path, MANIFEST)
    with pytest.raises(InputError, match="did not write"):
        check_folder(tmp_path)
    with pytest.raises(InputError, match="is damaged"):
        Store(tmp_path).load()


def lay(folder, files, **more):
    folder.mkdir(exist_ok=True)
    (folder / MANIFEST).write_text(json.dumps({"made_by": "ecocluster", "files": files, **more}))


def everything(folder):
    """Every path below a folder with its content, links not followed."""
    return {
        path.relative_to(folder).as_posix(): path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("name", [name for name in FOREIGN if isinstance(name, str)])
def test_a_manifest_with_other_names_is_not_ours(tmp_path, name):
    (tmp_path / "victim.txt").write_text("mine")
    lay(tmp_path / "out", {name: "x"})
    before = everything(tmp_path)
    for act in (check_folder, lambda out: write_folder(out, {"x.txt": b"1"})):
        with pytest.raises(InputError, match="did not write"):
            act(tmp_path / "out")
    assert everything(tmp_path) == before


def test_the_command_leaves_what_a_manifest_names(tmp_path, capsys):
    victim = tmp_path / "victim.txt"
    victim.write_text("mine")
    for name in ("../victim.txt", str(victim)):
        lay(tmp_path / "out", {name: "x"})
        assert main(["run", "teaching", "--out", str(tmp_path / "out")]) == 2
        assert "did not write" in capsys.readouterr().err and victim.read_text() == "mine"


def test_a_name_alone_makes_no_file_ours(tmp_path):
    """A manifest that names a file without knowing its bytes: neither replaced nor removed."""
    for known in ("x", ""):
        lay(tmp_path, {"thesis.docx": known})
        (tmp_path / "thesis.docx").write_text("years of work")
        before = everything(tmp_path)
        for name in ("thesis.docx", "other.txt"):
            with pytest.raises(InputError, match=r"thesis\.docx"):
                write_folder(tmp_path, {name: b"1"})
        assert everything(tmp_path) == before


def test_results_that_were_changed_are_the_users(tmp_path):
    out = write_folder(tmp_path / "out", {"table.csv": b"1", "x.txt": b"1"})
    (out / "table.csv").write_text("1, and my remarks")
    with pytest.raises(InputError, match=r"table\.csv is no longer as ecocluster wrote it"):
        check_folder(out)
    (out / "table.csv").rename(out / "remarks.csv")
    write_folder(out, {"table.csv": b"2"})
    assert (out / "remarks.csv").read_text() == "1, and my remarks" and (out / "table.csv").read_bytes() == b"2"


def test_names_that_lead_elsewhere_in_a_folder_of_ours(things):
    folder, names = things
    for name in names:
        lay(folder, {name: "x"})
        before = everything(folder.parent)
        with pytest.raises(InputError, match=name):
            write_folder(folder, {"x.txt": b"1"})
        lay(folder, {})
        with pytest.raises(InputError, match=name):
            write_folder(folder, {name: b"1"})
        lay(folder, {name: "x"})
        assert everything(folder.parent) == before


@pytest.mark.parametrize("name", [name for name in FOREIGN if isinstance(name, str)])
def test_we_write_plain_names_only(tmp_path, name):
    with pytest.raises(ForeignName):
        write_folder(tmp_path / "out", {name: b"1"})
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_and_findings_read_nothing_elsewhere(tmp_path):
    (tmp_path / "secret").write_text("key,x\na,1\n")
    (tmp_path / "secret.csv").write_text("key,x\na,1\n")
    out = tmp_path / "out"
    for name in ("../secret", "../secret.csv"):
        lay(out, {name: "x"}, tables=["table", name, "../secret"])
        (out / "facts.json").write_text(json.dumps({"name": "n", "command": "c", "facts": {}, "format": FORMAT}))
        (out / "table.csv").write_text("a\n1\n")
        with pytest.raises(InputError, match="does not hold the result"):
            read_finding(out)
        lay(out, {}, tables=["table", "../secret"])
        with pytest.raises(InputError, match="does not hold the result"):
            read_finding(out)
    import pandas as pd

    lay(tmp_path / "kept", {"../secret": "x"})
    with pytest.raises(InputError, match="did not write"):
        Checkpoint(tmp_path / "kept", "draws").add(pd.DataFrame({"key": ["a"]}))
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [MANIFEST]
    lay(
        out, {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in ("facts.json", "table.csv")}, tables=["table"]
    )
    assert len(read_finding(out).table) == 1  # the control: it is the names that were refused


def test_the_list_of_results_survives_odd_manifests(tmp_path):
    for number, make in enumerate((
        lambda path: os.mkfifo(path), lambda path: path.symlink_to("nothing"), lambda path: path.write_text("[" * 100_000),
        lambda path: path.symlink_to(path.parent.parent / "9" / MANIFEST), lambda path: path.write_bytes(b"\xff"),
    )):  # fmt: skip
        (tmp_path / str(number)).mkdir()
        make(tmp_path / str(number) / MANIFEST)
    lay(tmp_path / "9", {}, finding="robust")
    assert list_findings(tmp_path, "robust") == ["9"]
