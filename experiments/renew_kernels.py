"""Compile the kernels that come with the package, for the Python and the kind of processor that run this.

    python -m ecocluster.experiments.renew_kernels      # one Python; `nox -s kernels` does it for all that are here

Everything is compiled anew in an empty folder, by what users do first: compare, a run, a run phase by phase, a model of Mesa.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

__all__ = ["renew", "used_by_python"]


def _use() -> None:
    """Each way into the model once."""
    import numpy as np

    from ..model.ensemble import run_ensemble
    from ..model.maths import annuity
    from ..model.outcomes import read_outcomes
    from ..model.parameters import parameter_record, sample_parameters
    from ..model.rules.certification import number_unmet
    from ..model.sites_and_arms import Firm
    from ..model.vocabulary import SECTORS, TECHNOLOGIES
    from ..scenarios import load_scenario, make_arm
    from .comparing import compare

    assert compare("teaching", fixed=True, replicates=1).in_force
    site = load_scenario("teaching").site
    run_ensemble(site, (make_arm("null", site=site), make_arm("combined", site=site)), replicates=2)
    known = replace(site.clusters[0], firms=(Firm(SECTORS[0], 10.0, technologies=TECHNOLOGIES[:1]),))
    site = replace(site, clusters=(known, *site.clusters[1:]))
    run_ensemble(site, (make_arm("null", site=site),), replicates=1)
    annuity(0.1, 10.0), number_unmet(0)
    read_outcomes(np.zeros((2, 1)), *np.zeros((3, 1), np.int64), 1, np.zeros(1), np.zeros(1))
    parameter_record(sample_parameters(1, 0))
    try:
        import mesa  # noqa: F401
    except ImportError:
        raise SystemExit("Mesa is needed here: pip install -c constraints.txt -e '.[mesa]'") from None
    from ..model.mesa_model import ClusterModel

    model = ClusterModel(scenario="teaching", pathway="combined", rng=1)
    model.run_for(1)
    model.agents[0].trust = 0.5


def used_by_python(folder: Path) -> list[Path]:
    """Files of a cache folder whose kernels Python calls; the others are compiled into these."""
    from ..model.jit import KERNELS
    from ..model.kernel_cache import ENDING

    called: list[Callable] = [k.py_func for k in KERNELS if not k.targetoptions.get("no_cpython_wrapper")]
    begins = {f"{f.__module__.rpartition('.')[2]}.{f.__qualname__}-" for f in called if f.__module__.startswith("ecocluster.model")}
    return [path for path in folder.glob(f"*{ENDING}") if path.name[: path.name.rindex("-") + 1] in begins]


def _compile_and_pack() -> None:
    from ..model import shipped
    from ..model.jit import cache_folder
    from ..model.kernel_cache import ENDING
    from .native_kernels import build, watched

    with watched() as asked:
        _use()
    folder = cache_folder()
    assert folder is not None
    files = used_by_python(Path(folder))
    compiled = len(list(Path(folder).glob(f"*{ENDING}")))
    native, library = build(asked)
    place = shipped.pack(files, compiled, native, library)
    size = place.stat().st_size / 1e6
    print(f"{place}: {len(files)} kernels, {len(native['entries'])} of them also without Numba, {size:.2f} MB")


def renew() -> None:
    """Compile and write the archive of this Python and this kind of processor; a minute or two, several on a busy machine."""
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "ECOCLUSTER_CACHE_DIR": empty, "ECOCLUSTER_SHIPPED": "0"}
        assert __spec__ is not None  # also where this is the program
        code = f"from {__spec__.name} import _compile_and_pack as do; do()"
        subprocess.run([sys.executable, "-c", code], check=True, env=environment)


if __name__ == "__main__":
    renew()
