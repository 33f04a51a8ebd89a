"""Waiving a criterion is a paired rerun."""

import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.waiving import waiving


def test_waiving_gains_where_the_criterion_is_in_the_way():
    found = waiving("nguyen-khe", ("clean_record",), ("self-transition",), fixed=True, replicates=2, threads=1)
    assert list(found["pathway"]) == ["null", "law", "self-transition"] and set(found["criterion"]) == {"clean_record"}
    assert (found["gain"] >= 0).all() and (found["clusters_level1"] + found["gain"] <= 1).all()


def test_an_unknown_criterion_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="symbiosis"):
        waiving("teaching", ("simbiosis",))
