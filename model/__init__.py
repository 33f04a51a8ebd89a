"""The model: what a cluster is and how one step goes.

`ClusterModel` and `Enterprise` are the model for users of Mesa; Mesa is loaded when they are asked for.
"""

from __future__ import annotations

__all__ = ["ClusterModel", "Enterprise"]


def __getattr__(name: str):
    """`ClusterModel` and `Enterprise`, loaded when they are asked for: Mesa is an extra."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from . import mesa_model
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mesa":
            raise
        raise ImportError("Mesa is not installed; it comes with the extra: in a clone, pip install '.[mesa]'") from error
    return getattr(mesa_model, name)
