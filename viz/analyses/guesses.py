"""Words, tables and figure of the guesses that decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...experiments.analyses.finding import Finding
from ...experiments.analyses.guesses import GUESS, OUTCOMES
from ..drawing import in_style, new_figure, plain_ticks, shortened, title_and_legend
from ..parameter_words import meaning_of, range_of
from ..words import Words
from .page import Sheet, outcome_label

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMED, SHOWN = 5, 15  # parameters in a sentence, in the figure
GUESSED, SOURCED = "#D55E00", "#0072B2"
MUCH_LUCK = 0.3  # share of the variance from which the sentences warn
LONGEST = 44  # letters of a name beside a bar


def _meaning(name: str, say: Words) -> str:
    from ...model.parameters import PARAMETERS

    return meaning_of(PARAMETERS[name], say) if name in PARAMETERS else name


def _range(name: str, say: Words) -> str:
    from ...model.parameters import PARAMETERS

    if name not in PARAMETERS:
        return say.number(np.nan)
    unit = PARAMETERS[name].unit
    return f"{range_of(PARAMETERS[name], say)} {say.name('unit', unit) if unit not in ('-', '1') else ''}".strip()


def words(finding: Finding, say: Words) -> list[str]:
    """How many are guesses and matter, what to measure first, who leads in which outcome, how much is luck."""
    facts = finding.facts
    sentences = [
        say("guesses.all", parameters=facts["parameters"], guesses=facts["guesses"], above=facts["above"], inert=facts["inert"],
            points=say.number(facts["screen"] + facts["weigh"]), replicates=facts["replicates"])
    ]  # fmt: skip
    if facts["measure"]:
        listed = "; ".join(f"({k}) {_meaning(name, say)}" for k, name in enumerate(facts["measure"][:NAMED], 1))
        sentences.append(say("guesses.measure", list=listed))
    else:
        sentences.append(say("guesses.none"))
    if facts["guess_weight"] is not None:
        sentences.append(say("guesses.weight", share=say.percent(facts["guess_weight"]), weighed=len(facts["weighed"])))
    if facts["sourced"]:
        sentences.append(say("guesses.sourced", list="; ".join(_meaning(name, say) for name in facts["sourced"])))
    if facts["leaders"]:
        told = "; ".join(f"{outcome_label(outcome, say)}: {_meaning(name, say)}" for outcome, name in facts["leaders"].items())
        sentences.append(say("guesses.leaders", list=told))
    if facts["noisy"]:
        named = "; ".join(f"{say.name('pathway', row['pathway'])}, {outcome_label(row['outcome'], say)}" for row in facts["noisy"])
        sentences.append(say("guesses.noisy", list=named))
    if facts["luck_most"] is not None and facts["luck_most"] > MUCH_LUCK:
        sentences.append(say("guesses.luck", luck=say.percent(facts["luck"]), most=say.percent(facts["luck_most"])))
    return sentences


def sheet(finding: Finding, say: Words) -> Sheet:
    """What somebody should measure in Hanoi first."""
    columns = [say(f"guesses.{key}") for key in ("guess", "range", "weight_column", "most", "where")]
    rows = []
    for row in finding.data["measure"].to_dict("records"):
        where = f"{say.name('pathway', row['pathway'])}: {outcome_label(row['outcome'], say)}"
        rows.append([_meaning(row["parameter"], say), _range(row["parameter"], say), say.percent(row["total"]), say.percent(row["most"]), where])  # fmt: skip
    return Sheet(columns, rows, say("guesses.note"), say("guesses.title"))


def more_sheets(finding: Finding, say: Words) -> list[Sheet]:
    """The strongest of all parameters, sourced or guessed."""
    columns = [say(f"guesses.{key}") for key in ("parameter", "mark", "strength", "above", "weight_column")]
    rows = [
        [_meaning(row["parameter"], say), say.name("evidence.mark", row["mark"]), say.number(row["strength"], 2), say.number(row["above_luck"]),
         say.percent(row["total"])]
        for row in finding.table.head(SHOWN).to_dict("records")
    ]  # fmt: skip
    return [Sheet(columns, rows, say("guesses.strongest_note"), say("guesses.strongest"))]


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """Left: strength of the strongest; right: total index of the weighed ones in each outcome, mean over the pathways."""
    from matplotlib.patches import Patch

    table = finding.table.head(SHOWN)
    weighed = [name for name in finding.table["parameter"] if name in set(finding.facts["weighed"])]
    figure = new_figure(
        max(4.6, 1.9 + 0.32 * max(len(table), len(weighed))), left=3.6, right=0.25, bottom=1.35, top=0.95, wspace=0.1
    )
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.25), squeeze=False)[0]
    at = np.arange(len(table))
    left.barh(at, table["strength"], 0.66, color=[GUESSED if mark == GUESS else SOURCED for mark in table["mark"]])
    left.set_yticks(at, [shortened(_meaning(name, say), LONGEST) for name in table["parameter"]], fontsize=9)
    left.set_xlim(left=0)
    left.set_ylim(len(table) - 0.5, -0.5)
    left.grid(visible=False, axis="y")
    left.tick_params(axis="y", length=0)
    left.set_title(say("guesses.left"))
    left.set_xlabel(say("guesses.strength"))
    plain_ticks(left.xaxis, say)
    cells = finding.data["cells"]
    cells = cells[cells["counts"]].dropna(subset="total")
    means = (
        cells.groupby(["parameter", "outcome"])["total"].mean().unstack().reindex(index=table["parameter"], columns=list(OUTCOMES))
        * 100
    )
    shares = means.to_numpy(float)
    right.imshow(np.ma.masked_invalid(np.clip(shares, 0, 100)), cmap="Oranges", vmin=0, vmax=110, aspect="auto")
    for (i, j), value in np.ndenumerate(shares):
        if np.isfinite(value):
            right.text(j, i, say.number(value), ha="center", va="center", fontsize=9, color="white" if value > 70 else "#111111")
    right.set_xticks(range(len(OUTCOMES)), [say(f"guesses.short.{name}") for name in OUTCOMES], fontsize=8)
    right.set_yticks([])
    right.set_ylim(len(table) - 0.5, -0.5)
    right.grid(visible=False)
    right.tick_params(length=0)
    right.set_title(say("guesses.right"))
    handles = [Patch(color=GUESSED), Patch(color=SOURCED)]
    title_and_legend(figure, say("guesses.figure"), handles, [say("guesses.guessed"), say("guesses.known")])
    return figure
