"""Bad input, told in one sentence. The command line translates the sentence by its key."""

from __future__ import annotations

import math
from functools import partial
from importlib.util import find_spec
from numbers import Real
from typing import Any

from ..scenarios.errors import short, written
from ..scenarios.given import is_finite, shown

__all__ = ["ELSEWHERE", "MESSAGES", "InputError", "check_number", "check_threads", "need_package"]

MESSAGES = {
    "not_integer": "{name} must be a whole number, not {value}",
    "not_number": "{name} must be a finite number, not {value}",
    "variable": "the variable {name} of the environment is '{value}', but must be a whole number of at least {low}, or not set",
    "variable_misspelt": "the variable {name} of the environment is not known: did you mean {nearest}?",
    "variable_unread": "the variable {name} of the environment cannot be '{value}': the library that it is for does not know that",
    "below": "{name} is {value}, but must be at least {low}",
    "above": "{name} is {value}, but must be at most {high}",
    "wants_apart": "no value meets both '{one}' and '{other}'",
    "duplicate": "{kind} '{value}' is named twice",
    "empty": "{name} is empty",
    "config_place": '{path} does not say for which place: write scenario = "..." into it, or name one on the command line',
    "no_peers": "the peers of the benchmark ({path}) are part of a clone of the repository, not of the installed package",
    "out_is_file": "{path} is a file, not a folder",
    "not_among": "{name}: '{value}' is none of {known}",
    "brief_not_ours": "{path} exists and is no PDF; it is left as it is",
    "out_not_ours": "{path} holds files that ecocluster did not write; choose another --out",
    "out_not_writable": "{path} cannot be written",
    "out_failed": "{path} cannot be written: {error}",
    "out_clash": "{path} was not written by ecocluster and would be overwritten; choose another --out",
    "out_changed": "{path} is no longer as ecocluster wrote it and would be overwritten; move it elsewhere, or choose another --out",
    "out_locked": "another process writes into {path}",
    "unknown": "{name}: '{value}' is not known",
    "unknown_near": "{name}: '{value}' is not known; did you mean '{nearest}'?",
    "not_one_of": "{name} is '{value}', but must be one of: {known}",
    "outside": "{name} is {value}, but must lie between {low} and {high}",
    "power_of_two": "a design of kind '{kind}' needs a power of two as points, not {value}: take {below} or {above}",
    "needs_package": "{name} needs the package {package}: in a clone, pip install '.[{extra}]'",
    "url_unusable": "{name} cannot be opened: {error}",
    "sweep_none": "{path} holds no sweep (there is no manifest.json)",
    "sweep_foreign": "{path} holds other results, not a sweep",
    "sweep_manifest": "the manifest in {path} is damaged or was edited; put the original back, or begin in a new folder",
    "sweep_format": "the sweep in {path} has format {found}, this version reads format {known}",
    "sweep_version": "the sweep in {path} was made with other versions ({found}): results would mix; finish it with those, or begin in a new folder",
    "sweep_processor": "the sweep in {path} was begun on a processor of kind {found}, this one is {here}; if its results may come from both: --other-processor",
    "sweep_old": "the sweep in {path} was begun with an older version, whose chunks do not say which sweep they are of: it can be read and exported; to run more, begin in a new folder",
    "sweep_unopened": "the sweep in {path} was made with other versions ({found}) and cannot be opened with these; open it with those",
    "sweep_other": "{path} holds another sweep; choose another --out",
    "sweep_locked": "{path} is in use by another process",
    "sweep_locked_by": "{path} is in use by {holder}; if that process is dead, remove its file {lock}",
    "sweep_points": "the points of the sweep in {path} come out differently here than when it was begun",
    "sweep_damaged": "{path} is missing or damaged; without it the sweep cannot go on",
    "sweep_unreadable": "{path} cannot be read: {error}",
    "sweep_empty": "the sweep in {path} has no finished runs yet",
    "worker_version": "the worker has other versions than the sweep: {found}",
    "chunk_kills": "a worker died on chunk {chunks} of {path}, {attempts} times; all others are kept",
    "scheduler_unknown": "--scheduler: '{value}' is not known; did you mean '{near}'? Known: {known}",
    "scheduler_object": "scheduler must be a text: threads, processes, local-cluster or the address tcp://HOST:PORT of a scheduler; here perhaps '{value}'",
    "workers_within": 'this process is a worker itself and may start no others: scheduler="threads" runs the sweep in it',
    "workers_unguarded": '{path} would be run again by every worker that it starts: put what it does behind if __name__ == "__main__":',
    "scheduler_silent": "no scheduler answers at {address}: {error}",
    "scheduler_gone": "the scheduler {address} has gone; what was finished is kept: ecocluster resume {path}",
    "mode_levers": "mode '{mode}' looks for one budget per pathway, so levers cannot vary in the same design",
    "target_nothing": "pathway '{pathway}' spends nothing more than the law alone: there is no outlay to meet; set target",
    "target_unreached": "pathway '{pathway}' reaches {best} at the most, the target is {target}",
    "until_unpaired": "--until-ci needs common random numbers",
    "option_idle": "{name} has a meaning only with: {owner}",
    "until_outcome": "--outcome says whose interval --until-ci looks at; it has no meaning alone",
    "export_ending": "{path}: the name must end in .csv or .parquet",
    "export_exists": "{path} exists already",
    "replay_none": "{path} holds no finished run of point {point} and replicate {replicate}",
    "module_missing": "{path} was made with the module {name} (sha256 {sha256}...), which is not loaded: ecocluster --with FILE ...",
    "module_other": "{path} was made with another text of the module {name} (sha256 {there}... there, {here}... here)",
    "module_unasked": "{path} was made without the module {name}, which is loaded here; leave --with out, or begin in a new folder",
    "merge_two": "name at least two sweeps to merge",
    "merge_foreign": "{path} is not a part of the same plan as {first}: {what}",
    "merge_overlap": "{one} and {two} both hold replicates {low} to {high}; give each part its own first_replicate",
    "merge_until": "{path} adds replicates until an interval is narrow, which is planned for one sweep: it cannot be merged with others",
    "merge_results": "{one} and {two} hold the same runs with other results (chunk {number})",
    "rerun_what": "say what to run again: --failed",
    "sample_gone": "--sample is no more: parameters are drawn by default (--worlds N sets how many worlds; --fixed takes the defaults)",
    "fixed_worlds": "--fixed takes the default parameters, so --worlds has no meaning beside it: name one of the two",
    "worlds_few": "only {share} of the draws meet all bands; the one that stops most is '{band}': without it {alone} would. Widen it in experiments/worlds.py, and say so",
    "worlds_missing": "{path} holds no worlds; ecocluster worlds --renew finds them",
    "ranking_missing": "{path} holds no ranking; ecocluster ranking --renew makes one",
    "tuned_missing": "{path} holds no programmes at their best; ecocluster tune --renew searches them",
    "tuned_none": "--tuned {aim}: searched for {known}; not for {asked}",
    "tuned_not_fresh": "worlds {worlds} found these programmes: what they reach there is partly luck and is not told",
    "no_runs": "every run failed: {reason}",
    "no_port": "{host} port {port} cannot be used: {error}; choose another --port",
    "no_results": "the dashboard was started without a folder of results",
    "root_path": "--root-path: '{value}' is no path; write it like /eco, with letters, digits, '-', '_' and '.'",
    "not_below": "'{name}' is no folder below the folder of results",
    "no_dashboard": "the dashboard needs the extra 'dashboard' (in a clone: pip install '.[dashboard]'): {error}",
    "no_value": "{outcome} has no value in any run here: this place and pathway have nothing that it measures; ask for another --outcome",
    "no_trajectory": "only {whole} of {count} trajectories of the screening are complete, two are needed: the outcome has no value at {missing} of {points} points; ask for an outcome that has one everywhere, or raise --trajectories where few are missing",
    "not_stored": "the sweep in {path} did not keep {value}",
    "wrong_design": "the sweep in {path} has the design '{value}', but this analysis needs {kinds}",
    "too_few": "{name} needs at least {low} entries",
    "not_two": "{name} needs two parameters, not '{value}'",
    "few_points": "{points} points have a result, at least {low} are needed",
    "no_range": "parameter '{value}' has no range to vary it over",
    "no_levers": "'{value}' holds no lever of a programme; name a pathway such as combined",
    "not_a_rule": "'{value}' is no rule; write it like abatement_share_2035<0.05",
    "typed_too_dear": "{budget} {asked:g} cannot pay for the levers of --set: they act as typed and need at least {least:g}; 0 is the law alone",
    "equal_needs_two": "equal outlay needs two pathways with a programme at least",
    "not_a_scale": "--scale: '{value}' is neither 'auto' nor a number",
    "not_a_setting": "--set: '{value}' sets nothing; write it like extension=0.4",
    "finding_edited": "{path} is no longer as ecocluster wrote it: put the original back, or run the analysis again",
    "not_a_finding": "{path} does not hold the result of an analysis",
    "older_finding": "{path} was written by an older version, and its own report.html still tells it; to read it with this one, run it again: {command}",
    "sweep_before_law": "the sweep in {path} was made before there was a law alone, its effects are those above no programme: it can be read and exported; for an analysis run its experiment file again in a new folder",
}

# no fault of the input, although no call of the system failed
ELSEWHERE = {"out_not_writable", "chunk_kills", "scheduler_gone"}


_LONGEST = 300  # characters of a value that are told


class InputError(ValueError):
    """Input that cannot be used.

    Attributes
    ----------
    key : str
        Of `MESSAGES`.
    fields : dict
        What the sentence names: option, value, allowed range.
    """

    def __init__(self, key: str, **fields) -> None:
        self.key, self.fields = key, {name: _within(name, value) for name, value in fields.items()}
        super().__init__(" ".join(shown(MESSAGES[key].format(**self.fields)).split()))  # one line, whatever a value holds

    def __reduce__(self):
        return partial(type(self), self.key, **self.fields), ()  # errors come back from other processes


def _within(name: str, value: Any) -> Any:
    """What was given may be endless."""
    value = written(value)
    return value[:_LONGEST] + "..." if name in ("value", "name") and isinstance(value, str) and len(value) > _LONGEST else value


def check_number(name: str, value, low: float, high: float = math.inf, whole: bool = False):
    """Return a number within [low, high], or refuse it.

    Parameters
    ----------
    name : str
        Option or argument as the user knows it.
    value : int or float
    low, high : float
    whole : bool
        Must it be an integer?
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError("not_integer" if whole else "not_number", name=name, value=short(value))
    number: Any = value  # `Real` promises neither an order nor `int`, what is one has both
    if not is_finite(number):
        raise InputError("not_number", name=name, value=value)
    if whole and number != int(number):
        raise InputError("not_integer", name=name, value=value)
    if number < low:
        raise InputError("below", name=name, value=value, low=low)
    if number > high:
        raise InputError("above", name=name, value=value, high=high)
    return int(number) if whole else float(number)


def check_threads(threads: int | None) -> None:
    """Refuse a number of threads that cannot be meant; None is one per core."""
    if threads is not None:
        check_number("--threads", threads, 1, 1024, whole=True)


def need_package(name: str, *packages: str, extra: str = "analysis") -> None:
    """Refuse, before anything is simulated, what needs a package that is not installed.

    Parameters
    ----------
    name : str
        What needs it, as the user knows it.
    *packages : str
        As they are imported.
    extra : str
        Of ours that brings them.
    """
    for package in packages:
        if find_spec(package) is None:
            raise InputError("needs_package", name=name, package=package, extra=extra)
