"""V32: results are the same bits on every x86-64 machine, by whatever kind of processor kernels are compiled for."""

import ast
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import golden
import numba
import numpy as np
import pytest
from ecocluster.model import processor
from ecocluster.model.maths import exp, log, power, powers
from numpy._core._multiarray_umath import __cpu_dispatch__

ROOT = Path(__file__).parents[2]
X86 = platform.machine() in ("x86_64", "AMD64")


# --- the golden run ---------------------------------------------------------------------------------------


def judge(kind, digest, head):
    """What was compared, in a word; an error if it is not what is stored, or if nothing was compared."""
    off = golden.other_headline(head)
    assert not off, f"other results on {kind}:\n" + "\n".join(off)
    if digest == processor.golden():
        return f"{kind}: all bits"
    assert not X86, f"other bits on {kind}: {digest}, stored {processor.golden()}; the headline agrees to 1e-9"
    return f"{kind}: the headline, to 1e-9; bits are promised for x86-64 only, and here they differ"


def told(compared):
    """Say what was compared; a comparison of less than all bits is no pass."""
    print(compared)
    if not compared.endswith("all bits"):
        pytest.skip(compared)


@pytest.fixture(scope="module")
def here():
    return golden.golden_run()


def child(name):
    """Kind, digest and headline of the golden run compiled for a kind of processor; of `GENERIC`, NumPy is too."""
    environment = {**os.environ, "NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ""}
    if name == processor.GENERIC:
        environment["NPY_DISABLE_CPU_FEATURES"] = " ".join(__cpu_dispatch__)
    done = subprocess.run([sys.executable, golden.__file__], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return found["kind"], found["sha256"], found["headline"]


def test_v32_golden_run(here):
    """A short run gives the stored bits, compiled for what kernels of this process are compiled for.

    After a change that is meant to change results: ``python tests/verification/golden.py --write``, on any x86-64 machine.
    Control: a parameter that differs by 1e-6 is noticed, by the bits and by the headline alone."""
    told(judge(processor.kind(), *here))
    digest, head = golden.golden_run(electricity_price=1.9 * (1 + 1e-6))
    assert digest != here[0] and golden.other_headline(head)
    with pytest.raises(AssertionError, match="other results"):
        judge(processor.kind(), digest, head)


@pytest.mark.skipif(not X86, reason="bits of x86-64 kinds were not compared: this is another architecture")
@pytest.mark.parametrize("name", [processor.V3, processor.GENERIC])
def test_v32_golden_run_compiled_for(name, here):
    """The same bits on every x86-64-v3 machine and on every other x86-64 one, whichever this is."""
    if name == processor.V3 and not processor.has_v3():
        pytest.skip(f"{name} was not compared: this processor cannot run it")
    kind, digest, head = (name, *here) if name == processor.kind() else child(name)
    assert kind == name
    told(judge(kind, digest, head))


def test_other_bits_are_refused(here):
    """Control: one other bit of the same headline fails on x86-64, and is no pass elsewhere."""
    digest = f"{int(here[0], 16) ^ 1:064x}"
    if X86:
        with pytest.raises(AssertionError, match="other bits"):
            judge("a kind", digest, here[1])
    else:
        with pytest.raises(pytest.skip.Exception):
            told(judge("a kind", digest, here[1]))


# --- kinds of processor -----------------------------------------------------------------------------------

ASK = """
import sys
from llvmlite import binding
known = binding.get_host_cpu_features
def host():
    has = known()
    has.update(dict.fromkeys(processor._V3, {v3}))
    if {missing!r}:
        has[{missing!r}] = False
    return has
if {before}:
    import numba
    numba.njit(lambda x: x)
from ecocluster.model import processor
binding.get_host_cpu_features = host
processor.settle()
from numba.core import config
print(config.CPU_NAME, repr(config.CPU_FEATURES))
"""


def settled(v3=True, missing="", before=False, **environment):
    """Name and features that `settle` leaves in a process of a machine with or without the features of v3."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    done = subprocess.run([sys.executable, "-c", ASK.format(v3=v3, missing=missing, before=before)], capture_output=True,
                          text=True, env={**clean, **environment})  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(not X86, reason="kinds of x86-64")
def test_kind_is_chosen_by_features():
    """x86-64-v3 with all its features, x86-64 with one missing; who names a processor, or has compiled before, keeps it."""
    assert settled() == "x86-64-v3 ''"
    assert settled(v3=False) == "x86-64 ''"
    assert {settled(missing=feature) for feature in ("avx2", "fma", "movbe")} == {"x86-64 ''"}
    assert settled(NUMBA_ENABLE_AVX="0") == "x86-64 ''"
    assert settled(NUMBA_CPU_NAME="haswell") == "haswell None"
    assert settled(NUMBA_CPU_FEATURES="+avx") == "None '+avx'"
    assert settled(before=True) == "None None"


def test_products_and_sums_are_rounded_one_by_one():
    """No multiplication is fused with an addition, in no kernel: that would be other bits on kinds that can.

    Control: where Numba is allowed to, and the processor can, it is."""
    a, b, c = 1 + 2.0**-30, 1 - 2.0**-30, -1.0  # the product is 1 - 2^-60, which rounds to 1
    plain = numba.njit(lambda x, y, z: x * y + z, error_model="numpy")
    assert plain(a, b, c) == 0.0
    if processor.kind() == processor.V3:
        fused = numba.njit(lambda x, y, z: x * y + z, fastmath={"contract"})
        assert fused(a, b, c) == -(2.0**-60)


# --- elementary functions -----------------------------------------------------------------------------------

# whose last bit is the library's, or the order of whose sums is
OF_NUMPY = {
    "acos", "acosh", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "asin", "asinh", "atan", "atan2",
    "atanh", "cbrt", "cos", "cosh", "dot", "einsum", "exp", "exp2", "expm1", "float_power", "geomspace", "hypot", "inner", "linalg",
    "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2", "logspace", "matmul", "polyfit", "pow", "power", "sin", "sinc",
    "sinh", "tan", "tanh", "tensordot", "vdot", "vecdot",
}  # fmt: skip
OF_MATH = {"ceil", "comb", "copysign", "fabs", "floor", "fsum", "gcd", "inf", "isclose", "isfinite", "isinf", "isnan", "isqrt",
           "nan", "pi", "sqrt", "trunc"}  # exact, or rounded correctly  # fmt: skip
FORMER = ROOT / "experiments/sweeps/former_ranges.py"  # repeats what the C library's powers once gave
PLACES = ("model/**/*.py", "scenarios/**/*.py", "experiments/sweeps/*.py", "experiments/analyses/portfolio.py")


def found_in(text):
    """Elementary functions of a source that are not those of `maths`, with their lines."""
    tree, bad = ast.parse(text), []
    modules = {"numpy": "numpy", "np": "numpy", "math": "math", "cmath": "cmath"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {name.asname or name.name: name.name for name in node.names}

    def check(line, module, name):
        if (module == "math" and name not in OF_MATH or module == "numpy" and name in OF_NUMPY
                or module == "cmath" or module.startswith("scipy.special")):  # fmt: skip
            bad.append((line, f"{module}.{name}"))

    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            check(node.lineno, modules[node.value.id], node.attr)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for name in node.names:
                check(node.lineno, node.module, name.name)
        elif isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, (ast.Pow, ast.MatMult)):
            sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.target, node.value)
            whole = all(isinstance(side, ast.Constant) and isinstance(side.value, int) for side in sides)
            if not (whole and isinstance(node.op, ast.Pow)):  # even a square of a float is the library's in Python
                bad.append((node.lineno, ast.unparse(node)))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "pow":
            bad.append((node.lineno, ast.unparse(node)))
        elif isinstance(node, ast.Attribute) and node.attr in ("__pow__", "__rpow__", "dot"):
            bad.append((node.lineno, ast.unparse(node)))
    return bad


def test_elementary_functions_are_those_of_maths():
    """Prices, tables, quantiles of parameters and every kernel take exponentials, logarithms and powers from `maths`."""
    files = [path for place in PLACES for path in sorted(ROOT.glob(place)) if path != FORMER]
    assert found_in(FORMER.read_text("utf-8"))  # else it needs no place here
    assert len(files) > 60
    bad = [f"{path.relative_to(ROOT)}:{line}: {what}" for path in files for line, what in found_in(path.read_text("utf-8"))]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("text", [
    "import numpy as np\ny = np.exp(x)", "import numpy\ny = numpy.log1p(x)", "import numpy as other\ny = other.power(x, 2)",
    "import math\ny = math.exp(x)", "import math as m\ny = m.log(x)", "from math import exp", "from numpy import cos as c",
    "y = x ** .5", "y = x ** 2", "y = 2 ** x", "y = (1 + g) ** years", "y **= 3", "y = pow(x, 3)", "y = flow @ factor",
    "y = flow.dot(factor)", "import numpy as np\nf = map(np.exp, x)", "from scipy.special import ndtri", "y = x.__pow__(.5)",
])  # fmt: skip
def test_elementary_functions_elsewhere_are_found(text):
    """Control: each of them planted, alone and in a kernel."""
    assert found_in(text)
    assert found_in("def kernel(x):\n" + "\n".join("    " + line for line in text.splitlines()))


@pytest.mark.parametrize("text", [
    "import math\ny = math.sqrt(x) + math.floor(x)", "import numpy as np\ny = np.sqrt(x)", "y = 2**64", "f(**more)",
    "from ..maths import exp, log\ny = exp(log(x))",
])  # fmt: skip
def test_what_is_exact_is_left_alone(text):
    assert not found_in(text)


def test_functions_of_maths():
    """Called from Python, on numbers and arrays, to 4 units in the last place (power: of the exponent too); exact at 0 and 1."""
    x = np.linspace(0.003, 40, 997)
    tiny = np.finfo(float).eps
    assert np.allclose([exp(v) for v in x], np.exp(x), rtol=4 * tiny, atol=0)
    assert np.allclose([log(v) for v in x], np.log(x), rtol=4 * tiny, atol=4 * tiny)
    y = np.array([-7.5, -3.0, 0.0, 0.3, 0.5, 1.0, 4.0, 8.0])
    found = powers(x[:, None], y)
    assert found.shape == (997, 8)
    assert np.allclose(found, x[:, None] ** y, rtol=100 * tiny, atol=0)
    assert (found[:, 2] == 1.0).all()
    assert found[5, 3] == power(x[5], 0.3) == powers(x[5], 0.3)  # the same bits one by one
    assert (powers(1.0, y) == 1.0).all()


# --- without compiling ----------------------------------------------------------------------------------------


def test_plain_python_gives_the_same_bits(tmp_path):
    """The model as Python reads it (`NUMBA_DISABLE_JIT=1`), beside the compiled one, and beside another seed as a control."""
    found = {}
    for name, seed, plain in (("compiled", 1, ""), ("plain", 1, "1"), ("other", 2, "")):
        out = tmp_path / name
        command = [sys.executable, "-m", "ecocluster", "run", "teaching", "--pathway", "combined", "--seed", str(seed), "--out", str(out)]  # fmt: skip
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "NUMBA_DISABLE_JIT": plain or "0"})
        found[name] = [(out / file).read_bytes() for file in ("runs.parquet", "series.parquet", "flows.csv")]
    assert found["plain"] == found["compiled"] != found["other"]
