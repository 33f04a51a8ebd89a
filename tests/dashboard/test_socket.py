"""Pages through their websocket, without a browser: what no page would send changes nothing, and nobody reaches another's page."""

import json

import pytest
from ecocluster.viz.pages import heard
from visitor import Visitor

pytest.importorskip("websockets")
pytestmark = pytest.mark.browser

VALUES = [
    None, True, -1, 1e308, 10**400, "", "nope", "../../../etc/passwd", "\ud800", "x" * 5000, "<script>", [], {}, {"id": "nope"}, {"id": None, "value": {}},
    {"name": "extension", "value": 1e9}, {"extension": 1e9}, {"budget_bn": -5}, {"budget_bn": "9"}, {"id": "site", "value": "/etc/passwd"},
    {"id": "replicates", "value": "1000000"}, {"quarter": 10**9, "slot": -7}, {"areas": [{"x": [None, "a"]}]}, {"axes": [[["a", None]]]},
    {"data": "!", "name": 3}, [[1, 2]], {"year": "2035"},
]  # fmt: skip
ADDRESSES = ["/?site=teaching&replicates=2", "/watch?site=teaching", "/barriers?site=teaching", "/explorer", "/portfolio", "/my-cluster", "/self-check",
             "/goal", "/map", "/evidence"]  # fmt: skip


def drawn(visitor):
    return bool(visitor.having(tag="main"))


def alerts(visitor):
    return [state["children"] for state in list(visitor.models.values()) if (state.get("attributes") or {}).get("role") == "alert"]


def answers(visitor):
    """Does the server still answer this page? It changes its language when it is asked to."""
    before = visitor.models[visitor.having("languages")[0]]["lang"]
    visitor.event(visitor.having("languages")[0], "choose", "vi" if before == "en" else "en")
    return visitor.wait(lambda v: any(v.models[name].get("lang") not in (None, before) for name in v.having("languages")))


@pytest.fixture(scope="module")
def address(results):
    from ecocluster.viz.pages.browser import serve

    with serve("--results", str(results)) as found:
        yield found


@pytest.mark.parametrize("page", ADDRESSES)
def test_what_no_page_would_send_changes_nothing(address, page):
    with Visitor(address + page) as visitor:
        assert visitor.wait(drawn)
        sent, deaf = 0, {"stop", "pressed", "clicked"}  # these bring no value
        for model in list(visitor.models):
            for name in visitor.models.get(model, {}).get("events") or []:
                if name.removeprefix("event_") in deaf or name.startswith("event_"):
                    continue
                for value in VALUES:
                    visitor.event(model, name, value)
                    sent += 1
        assert sent >= len(VALUES)
        assert answers(visitor), alerts(visitor)
        assert not [text for text in alerts(visitor) if "Error" in str(text) or "Traceback" in str(text)]
        assert "Traceback" not in visitor.text() and "/etc/passwd" not in visitor.text()


def test_what_is_no_message_ends_at_most_its_own_page(address):
    with Visitor(address + "/limits") as other:
        assert other.wait(drawn)
        for message in (
            "",
            "{",
            "null",
            "[]",
            '"x"',
            "1e999",
            b"",
            b"\xff" * 64,
            b"\0\0\0\1\0\0\0\x08{}",
            json.dumps({"header": {}}),
            "x" * 100_000,
        ):
            with Visitor(address + "/limits") as visitor:
                assert visitor.wait(drawn)
                visitor.raw(message)
        for kind, content in (("comm_msg", {}), ("comm_msg", {"comm_id": "nobody", "data": {}}), ("comm_open", {"comm_id": "a", "target_name": "os", "data": {}}),
                              ("execute_request", {"code": "import os; os._exit(1)"}), ("comm_close", {"comm_id": "nobody"}), ("shutdown_request", {})):  # fmt: skip
            with Visitor(address + "/limits") as visitor:
                assert visitor.wait(drawn)
                visitor.send(kind, content)
        assert answers(other)


def test_nobody_reaches_the_page_of_another(address):
    with Visitor(address + "/?site=teaching&replicates=2") as owner:
        assert owner.wait(drawn)
        before = owner.models[owner.having("languages")[0]]["lang"]
        with Visitor(address + "/limits", kernel=owner.kernel) as thief:  # its id, and a session of his own
            thief.wait(lambda v: v.said)
            assert not thief.models and not any("teaching" in text for text in thief.said)
        with Visitor(address + "/limits") as other:
            assert other.wait(drawn)
            other.event(owner.having("languages")[0], "choose", "vi")  # a widget of another
            assert answers(other)
        assert owner.models[owner.having("languages")[0]]["lang"] == before
        assert answers(owner)


def test_a_page_hears_what_it_offers():
    """Control, and the kinds of what is offered."""
    got = []
    fields = [{"id": "site", "kind": "select", "options": [{"id": "a"}, {"label": "x", "options": [{"id": "b"}]}]},
              {"id": "money", "kind": "range", "min": 0, "max": 400}, {"id": "any", "kind": "number"}, {"id": "search", "kind": "search"}]  # fmt: skip
    forms, names = heard.fields(fields, got.append), heard.one_of(["a", 2030], got.append)
    for value in ("a", "b"):
        forms({"id": "site", "value": value})
    forms({"id": "money", "value": 400})
    forms({"id": "any", "value": -1e6})
    forms({"id": "search", "value": "x" * heard.LONGEST})
    names("a")
    names(2030)
    heard.sliders([{"name": "n", "low": 0, "high": 1}], {"far": 3.0}, got.append)({"n": 0.5, "far": 3.0})
    heard.whole({"quarter": (0, 9)}, got.append)({"quarter": 9, "more": None})
    heard.texts(("name",), got.append)({"name": "x"})
    heard.marks(got.append)({"areas": [{"x": [1, 2], "y": [3, 4.5]}]})
    heard.marks(got.append)({"axes": [[], [[0, 1]]]})
    assert len(got) == 12
    for value in [
        *VALUES,
        *(
            {"id": one, "value": two}
            for one in ("site", "money", "any", "search")
            for two in (None, [], 10**400, float("nan"), "c" * 201, True)
        ),
    ]:
        for hear in (forms, names, heard.sliders([{"name": "n", "low": 0, "high": 1}], {}, got.append), heard.whole({"quarter": (0, 9)}, got.append),
                     heard.texts(("name", "data"), got.append), heard.marks(got.append)):  # fmt: skip
            hear(value)
    assert [one for one in got[12:] if one != {}] == [], got[12:]  # no slider moved
