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
from .question import FIELDS, Question

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

    from ..scenarios.given import path_of
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

    file = path_of(path)
    entry = check(ComparisonFile, read_toml(file), file)
    given = entry.model_dump(exclude_none=True, exclude={"type"})
    if "replicates" in given and not {"worlds", "fixed", "sample"} & given.keys():
        given["fixed"] = True  # a file of before there were worlds: its replicates are those of the defaults
    for name in ("scenario", "law", "policy"):
        if name in given:
            given[name] = _placed(given[name], file)
    if "pathways" in given:
        given["pathways"] = [_placed(name, file) for name in given["pathways"]]
    if given.get("scale") == "auto":
        given["scale"] = None
    names = {field.key: field.name for field in FIELDS.values() if field.key}
    return {names.get(key, key): value for key, value in given.items()}


def _placed(name: str, file: Path) -> str:
    """A name that is a path counts from the folder of the file that holds it."""
    from ..scenarios.library import is_path

    return str(file.parent / name) if is_path(name) else name


def write_config(question: Question) -> str:
    """Text of a file from which `read_config` reads the question again.

    Examples
    --------
    >>> question = Question("nguyen-khe", ("null", "symbiosis"), "korea", 8, 1, 150.0, None)
    >>> print(write_config(question).splitlines()[1])
    scenario = "nguyen-khe"
    """
    lines = ['type = "comparison"']
    for name, value in question.asked.items():
        if name == "levers" or value is None and name != "scale" or value is False or name == "scale" and value == 1.0:
            continue
        lines.append(f"{FIELDS[name].key or name} = {_toml(name, value)}")
    if question.levers:
        lines += ["", "[levers]", *(f"{json.dumps(name)} = {value!r}" for name, value in question.levers)]
    return "\n".join(lines) + "\n"


def _toml(name: str, value: Any) -> str:
    """A value as TOML has it."""
    if name == "scale" and value is None:
        return '"auto"'
    if isinstance(value, (bool, float, int)):
        return str(value).lower() if isinstance(value, bool) else repr(value)
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
