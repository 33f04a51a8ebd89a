"""Elementary functions written out: the same bits on every machine, inlined and vectorised by LLVM.

Whatever a run reads goes through here, prices and tables that are laid down before it included; a test finds what does not.

The published Numba wheels carry no vector library, so `math.exp` stays a scalar call whose last bit belongs
to the C library of the day. Range reduction, a polynomial and a cast of bits give 1 to 2 units in the last
place. All functions are branch-free.
"""

from __future__ import annotations

import numpy as np

from .jit import jit, small

__all__ = ["annuity", "exp", "log", "normal_pair", "normal_quantile", "power", "powers"]

_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_LOG2_E = 1.4426950408889634


@small
def exp(x):
    """e^x for -700 < x < 700 (clamped outside)."""
    x = min(max(x, -700.0), 700.0)
    n = np.floor(x * 1.4426950408889634 + 0.5)
    r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10
    # Taylor polynomial of degree 13 in Estrin's order: short chains of dependent operations
    r2 = r * r
    r4 = r2 * r2
    r8 = r4 * r4
    low = (1.0 + r) + r2 * (0.5 + r * (1.0 / 6)) + r4 * ((1.0 / 24 + r * (1.0 / 120)) + r2 * (1.0 / 720 + r * (1.0 / 5040)))
    high = (
        (1.0 / 40320 + r * (1.0 / 362880))
        + r2 * (1.0 / 3628800 + r * (1.0 / 39916800))
        + r4 * (1.0 / 479001600 + r * (1.0 / 6227020800.0))
    )
    p = low + r8 * high
    return p * np.int64((np.int64(n) + 1023) << 52).view(np.float64)


@small
def log(x):
    """Natural logarithm of a positive normal number."""
    bits = np.float64(x).view(np.int64)
    # subtract the bits of sqrt(1/2): the mantissa then lies in [sqrt(1/2), sqrt 2)
    e = (bits - 0x3FE6A09E667F3BCD) >> 52
    m = np.int64(bits - (e << 52)).view(np.float64)
    s = (m - 1.0) / (m + 1.0)
    s2 = s * s
    s4 = s2 * s2
    s8 = s4 * s4
    low = (1.0 / 3 + s2 * (1.0 / 5)) + s4 * (1.0 / 7 + s2 * (1.0 / 9))
    high = (1.0 / 11 + s2 * (1.0 / 13)) + s4 * (1.0 / 15 + s2 * (1.0 / 17)) + s8 * (1.0 / 19 + s2 * (1.0 / 21))
    p = low + s8 * high
    return e * 6.93147180369123816490e-01 + (2.0 * s + (2.0 * s * s2 * p + e * 1.90821492927058770002e-10))


@jit
def power(x, y):
    """x^y for x > 0; the exponents of the defaults without logarithms."""
    if y == 0.5:
        return np.sqrt(x)
    if y == 4.0:
        return (x * x) * (x * x)
    if y == -3.0:
        return 1.0 / (x * x * x)
    return exp(y * log(x))


@jit
def _each_power(x, y, out):
    for i in range(out.size):
        out[i] = power(x[i], y[i])


def powers(x, y):
    """`power` of arrays that are broadcast, or numbers; for Python, not for kernels."""
    shape = np.shape(y) if np.ndim(x) == 0 else np.broadcast_shapes(np.shape(x), np.shape(y))
    out, bases, exponents = np.empty(shape), np.empty(shape), np.empty(shape)
    bases[...], exponents[...] = x, y
    _each_power(bases.ravel(), exponents.ravel(), out.ravel())
    return out


@jit
def annuity(rate, years):
    """Present value of 1 a year over `years` at `rate` > 0: (1 - (1 + rate)^-years)/rate."""
    return (1.0 - exp(-years * log(1.0 + rate))) / rate


@small
def normal_pair(h):
    """Two independent standard normal numbers from one hash (Box and Muller, 32 bits each).

    The largest value is 6.7, which is reached once in 4 * 10^9 draws.
    """
    u1 = (np.float64(h >> np.uint64(32)) + 0.5) * 2.3283064365386963e-10
    u2 = np.float64(h & np.uint64(0xFFFFFFFF)) * 2.3283064365386963e-10
    radius = np.sqrt(-2.0 * log(u1))
    # quarter turns: angle = pi/2 (q + x), |x| <= 1/2
    q = np.floor(4.0 * u2 + 0.5)
    x = (4.0 * u2 - q) * 1.5707963267948966
    g = x * x
    sine = x * (
        1.0 + g * (-1.0 / 6 + g * (1.0 / 120 + g * (-1.0 / 5040 + g * (1.0 / 362880 + g * (-1.0 / 39916800 + g / 6227020800.0)))))
    )
    cosine = 1.0 + g * (
        -0.5
        + g * (1.0 / 24 + g * (-1.0 / 720 + g * (1.0 / 40320 + g * (-1.0 / 3628800 + g * (1.0 / 479001600 - g / 87178291200.0)))))
    )
    n = np.int64(q)
    odd = (n & 1) == 1
    c = sine if odd else cosine
    s = cosine if odd else sine
    c = -c if ((n + 1) & 2) == 2 else c
    s = -s if (n & 2) == 2 else s
    return radius * c, radius * s


@jit
def normal_quantile(u):
    """Quantile of the standard normal law (Wichura 1988, algorithm AS 241, 1e-16), 0 < u < 1."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        a = (((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
              + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
              + 1.3314166789178437745e2) * r + 3.3871328727963666080e0)  # fmt: skip
        b = (((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
              + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
              + 4.2313330701600911252e1) * r + 1.0)  # fmt: skip
        return q * a / b
    r = u if q < 0 else 1.0 - u
    r = np.sqrt(-log(max(r, 1e-300)))
    if r <= 5.0:
        r -= 1.6
        a = (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
              + 1.27045825245236838258e0) * r + 3.64784832476320460504e0) * r + 5.76949722146069140550e0) * r
              + 4.63033784615654529590e0) * r + 1.42343711074968357734e0)  # fmt: skip
        b = (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
              + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r
              + 2.05319162663775882187e0) * r + 1.0)  # fmt: skip
    else:
        r -= 5.0
        a = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
              + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0) * r
              + 5.46378491116411436990e0) * r + 6.65790464350110377720e0)  # fmt: skip
        b = (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r
              + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
              + 5.99832206555887937690e-1) * r + 1.0)  # fmt: skip
    return -a / b if q < 0 else a / b
