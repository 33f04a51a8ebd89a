"""Sites are found as people write them: large or small, with diacritics or without, composed or not."""

import unicodedata

import pytest
from ecocluster.experiments.question import ask
from ecocluster.scenarios import ScenarioError, list_sites, load_scenario, site_id
from ecocluster.scenarios.given import typed_key


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Nguyên Khê", "nguyen-khe"), ("NGUYÊN KHÊ", "nguyen-khe"), ("Dệt may Nguyên Khê", "nguyen-khe"), ("Hà Nội", "hanoi"),
     ("Hai Bà Trưng", "hai-ba-trung"), ("Nguyên Khê textile and garment", "nguyen-khe"), ("hanoi:Phùng", "hanoi:phung"),
     ("Hà Nội:Mai Đình", "hanoi:mai-dinh"), ("Phung", "phung"), ("CCN Nguyên Khê", "nguyen-khe"),
     ("Cụm công nghiệp Dệt may Nguyên Khê", "nguyen-khe"), ("thành phố Hà Nội", "hanoi"), ("TP. Hà Nội", "hanoi"), ("ha-noi", "hanoi"),
     ("hanoi:cụm công nghiệp Phùng", "hanoi:phung")],
)  # fmt: skip
def test_a_site_by_its_name(typed, meant, form):
    written = unicodedata.normalize(form, typed)
    assert site_id(written) == meant
    assert load_scenario(written).site == load_scenario(meant).site
    assert ask(written, fixed=True).scenario == meant  # folders, printed commands and manifests carry the id


def test_every_title_that_is_told_leads_to_its_site():
    for site in list_sites():
        for title in (site.vi, site.en, site.id.upper()):
            assert site_id(title) == site.id


def test_no_two_sites_are_typed_alike():
    keys = [typed_key(site.id) for site in list_sites()]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("typed", ["Nguyên", "nguyen khê 2", "", "CCN", "TP Phù", "hanoi:Phù", "Nhà máy:phung"])
def test_what_is_no_name_is_refused_as_it_was_typed(typed):
    assert site_id(typed) == typed
    with pytest.raises(ScenarioError) as caught:
        load_scenario(typed)
    assert typed.rpartition(":")[2] in str(caught.value)
