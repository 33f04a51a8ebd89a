"""A question as a file: what `ecocluster compare --config FILE` reads and the dashboard writes.

    type = "comparison"
    scenario = "nguyen-khe"
    policy = "vietnam-2020"
    law = "middle"
    budget_bn = 150.0      # bn VND a year
    worlds = 100           # or: fixed = true
    seed = 1

    [levers]               # of the law and of all programmes instead of what these hold
    extension = 0.9
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..model.renamed import BUDGETS
from .question import Question

__all__ = ["read_config", "write_config"]


def read_config(path: str | Path) -> dict[str, Any]:
    """Keyword arguments of `compare` from a file.

    Parameters
    ----------
    path : path
        TOML; paths in it count from the folder of the file.

    Raises
    ------
    ScenarioError
        If the file cannot be read, or for an unknown key or a value of the wrong type; ranges and names are
        checked by `compare`.
    """
    from typing import Literal

    from pydantic import BaseModel, ConfigDict, model_validator

    from ..scenarios.library import is_path
    from ..scenarios.reading import read_toml
    from ..scenarios.schema import check, with_unit

    class ComparisonFile(BaseModel):
        model_config = ConfigDict(extra="forbid", strict=True)

        type: Literal["comparison"]
        scenario: str | None = None
        pathways: list[str] | None = None
        policy: str | None = None
        law: str | None = None
        worlds: int | None = None
        fixed: bool | None = None
        replicates: int | None = None
        seed: int | None = None
        budget_bn: float | None = None
        site_budget_bn: float | None = None
        sample: bool | None = None
        scale: Literal["auto"] | float | None = None
        equal_outlay: bool | None = None
        tuned: str | None = None
        levers: dict[str, float] | None = None

        @model_validator(mode="before")
        @classmethod
        def _of_before(cls, raw: Any) -> Any:
            return with_unit(raw, BUDGETS)

    file = Path(path)
    entry = check(ComparisonFile, read_toml(file), file)
    given = entry.model_dump(exclude_none=True, exclude={"type"})
    if "replicates" in given and not {"worlds", "fixed", "sample"} & given.keys():
        given["fixed"] = True  # a file of before there were worlds: its replicates are those of the defaults
    for name in ("scenario", "law"):
        if name in given and is_path(given[name]):
            given[name] = str(file.parent / given[name])
    if given.get("scale") == "auto":
        given["scale"] = None
    if "equal_outlay" in given:
        given["equal"] = given.pop("equal_outlay")
    return given


def write_config(question: Question) -> str:
    """Text of a file from which `read_config` reads the question again.

    Examples
    --------
    >>> question = Question("nguyen-khe", ("null", "symbiosis"), "korea", 8, 1, 150.0, None)
    >>> print(write_config(question).splitlines()[1])
    scenario = "nguyen-khe"
    """
    lines = [
        'type = "comparison"',
        f"scenario = {json.dumps(question.scenario, ensure_ascii=False)}",
        f"pathways = {json.dumps(list(question.pathways), ensure_ascii=False)}",
        f"policy = {json.dumps(question.policy, ensure_ascii=False)}",
        f"law = {json.dumps(question.law, ensure_ascii=False)}",
        f"worlds = {question.worlds}" if question.worlds else "fixed = true",
        f"replicates = {question.replicates}",
        f"seed = {question.seed}",
        f"budget_bn = {float(question.budget_bn)!r}",
    ]
    if question.site_budget_bn is not None:
        lines.append(f"site_budget_bn = {float(question.site_budget_bn)!r}")
    if question.scale != 1.0:
        lines.append('scale = "auto"' if question.scale is None else f"scale = {float(question.scale)!r}")
    if question.equal:
        lines.append("equal_outlay = true")
    if question.tuned is not None:
        lines.append(f'tuned = "{question.tuned}"')
    if question.levers:
        lines += ["", "[levers]", *(f"{json.dumps(name)} = {value!r}" for name, value in question.levers)]
    return "\n".join(lines) + "\n"
