"""A new sweep from the page Explorer: a form, what it will take, and the run itself, which can be stopped and gone on with.

It belongs to the visitor: its folder is a temporary one that nobody else can name, and it goes when the page is closed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import solara

from ...experiments.sweeps.experiment import Experiment, make_experiment
from ...experiments.sweeps.runner import Estimate, estimate, sweep
from ...model.levers import LEVERS
from .controls import REACH, PlainButton, slider_groups
from .frame import Div, ErrorBox, JobStatus, Text, error_text
from .jobs import Job
from .session import Session, use_session
from .sites import known_sites, site_options
from .watch_form import Form

__all__ = ["MOST_RUNS", "NewSweep", "OwnSweep", "asked_for"]

SLOT = "new-sweep"
MOST_FIRMS = 150  # of a site that a visitor may sweep: a city would take the server for an hour
MOST_RUNS = 3000  # of one sweep
POINTS, REPLICATES = (16, 32, 64, 128, 256), (1, 2, 4, 8)
PATHWAYS = ("self-transition", "symbiosis", "newly-planned", "combined")
UNCERTAIN = ("electricity_growth", "hurdle_median", "perceived_saving", "retrofit")
OUTCOMES = ("cod_total_2035", "tco2e_total_2035", "landfilled_total_2035", "real_share_2035", "recp_share_2035", "clusters_one_unmet_2035")  # fmt: skip


def asked_for(site: str, pathway: str, vary: str, points: int, replicates: int) -> Experiment:
    """The experiment of a form; `InputError` or `ScenarioError` if it is too large or cannot be.

    Parameters
    ----------
    site, pathway : str
        Ids that ship.
    vary : str
        "uncertain" or a group of sliders: its levers over all that a slider reaches.
    points, replicates : int
    """
    from ...experiments.errors import InputError, check_number

    if site not in _sites() or pathway not in PATHWAYS or vary not in _groups():
        wrong = next(name for name, known in ((site, _sites()), (pathway, PATHWAYS), (vary, _groups())) if name not in known)
        raise InputError("unknown", name="new sweep", value=wrong)
    check_number("points", points, POINTS[0], POINTS[-1], whole=True)
    check_number("replicates", replicates, REPLICATES[0], REPLICATES[-1], whole=True)
    runs = 3 * points * replicates  # the null and the law alone beside the pathway
    check_number("runs", runs, 1, MOST_RUNS, whole=True)
    levers = {} if vary == "uncertain" else {name: list(_reach(name)) for name in slider_groups()[vary]}
    return make_experiment(
        {
            "scenario": site, "pathways": [pathway], "design": {"kind": "lhs", "points": points}, "replicates": replicates, "seed": 1,
            "scale": 1.0, "outcomes": list(OUTCOMES), "uncertainties": list(UNCERTAIN), **({"levers": levers} if levers else {}),
        }
    )  # fmt: skip


def _groups() -> tuple[str, ...]:
    return ("uncertain", *slider_groups())


def _sites() -> list[str]:
    return [site for site, firms in known_sites().items() if firms <= MOST_FIRMS]


def _reach(name: str) -> tuple[float, float]:
    return REACH.get(name, (LEVERS[name].low, LEVERS[name].high))


class OwnSweep:
    """Form, estimate and folder of one visitor."""

    def __init__(self) -> None:
        self.fields: solara.Reactive[dict[str, Any]] = solara.Reactive(
            {"site": "nguyen-khe", "pathway": "combined", "vary": "advice", "points": 32, "replicates": 2}
        )
        self.estimate: solara.Reactive[Estimate | None] = solara.Reactive(None)
        self.problem: solara.Reactive[Exception | None] = solara.Reactive(None)
        self.begun: solara.Reactive[bool] = solara.Reactive(False)  # is there something to go on with?
        self._place: tempfile.TemporaryDirectory | None = None

    @property
    def folder(self) -> Path | None:
        """Folder of the visitor's sweep, once there is one."""
        return None if self._place is None else Path(self._place.name) / "sweep"

    def set(self, field: Mapping[str, Any]) -> None:
        """One field changed: what was reckoned for another sweep does not hold, nor can that one go on."""
        value = int(field["value"]) if field["id"] in ("points", "replicates") else str(field["value"])
        self.fields.value = {**self.fields.value, field["id"]: value}
        self.estimate.value, self.problem.value, self.begun.value = None, None, False

    def _experiment(self) -> Experiment | None:
        try:
            return asked_for(**self.fields.value)
        except Exception as error:
            self.problem.value = error
            return None

    def reckon(self, session: Session) -> None:
        """Runs, time and bytes, from one chunk."""
        experiment = self._experiment()
        if experiment is not None:
            session.jobs.start(SLOT, lambda job: estimate(experiment, workers=job.threads), on_done=self.estimate.set)

    def run(self, session: Session, arrived: Callable[[], None]) -> None:
        """Run the sweep, or go on with it; finished parts are kept when it is stopped."""
        experiment = self._experiment()
        if experiment is None:
            return
        if not self.begun.value:
            self._place = tempfile.TemporaryDirectory(prefix="ecocluster-sweep-")  # the one before goes with its name
        folder, self.begun.value = self.folder, True
        assert folder is not None

        def work(job: Job) -> None:
            sweep(experiment, folder, workers=job.threads, progress=job.progress)

        session.jobs.start(SLOT, work, on_done=lambda _: arrived())


@solara.component
def NewSweep(own: OwnSweep, on_done: Callable[[], None]):
    """The form, folded away.

    Parameters
    ----------
    own : OwnSweep
    on_done : callable
        The sweep is there.
    """
    session = use_session()
    say, fields = session.say, own.fields.value
    estimated, busy = own.estimate.value, session.jobs.state(SLOT).value.busy
    stopped = own.begun.value and session.jobs.state(SLOT).value.phase in ("stopped", "failed")

    def choice(name: str, options: list[tuple[str, str]]) -> dict[str, Any]:
        return {
            "id": name, "kind": "select", "label": say(f"sweep_form.{name}"), "value": str(fields[name]),
            "options": [{"id": key, "label": text} for key, text in options],
        }  # fmt: skip

    with solara.v.Html(tag="details", class_="eco-terms noprint", attributes={"data-new": "sweep"}):
        Text(say("sweep_form.title"), "summary")
        Text(say("sweep_form.note", most=say.number(MOST_RUNS)), "p", "soft")
        Form(
            fields=[
                choice("site", site_options(say, MOST_FIRMS)),
                choice("pathway", [(name, say.name("pathway", name)) for name in PATHWAYS]),
                choice("vary", [(name, say("sweep_form.uncertain" if name == "uncertain" else f"levers.{name}")) for name in _groups()]),
                choice("points", [(str(n), say.number(n)) for n in POINTS]),
                choice("replicates", [(str(n), say.number(n)) for n in REPLICATES]),
            ],
            label=say("sweep_form.title"), lang=say.lang, event_changed=own.set,
        )  # fmt: skip
        ErrorBox(error_text(own.problem.value, say) if own.problem.value else "")
        told = ""
        if estimated is not None:
            size = say.number(max(1, estimated.size / 1024))
            told = say(
                "sweep_form.estimate", runs=say.number(estimated.runs), seconds=say.number(max(1, estimated.seconds)), size=size
            )
        Text(told, "p", "estimate")  # always there: what follows keeps its place and its element
        with Div("bar"):
            JobStatus(SLOT)
            if not busy:
                if estimated is None and not stopped:
                    PlainButton(say("sweep_form.reckon"), lambda: own.reckon(session), main=True)
                else:
                    label = say("sweep_form.resume" if stopped else "sweep_form.run")
                    PlainButton(label, lambda: own.run(session, on_done), main=True)
