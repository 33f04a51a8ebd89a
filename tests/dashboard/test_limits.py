"""Page Limits: what the description says it does not know, in both languages."""

import re
from pathlib import Path

import pytest
from ecocluster.viz.pages.unknown import TOPICS
from ecocluster.viz.words import LANGUAGES, Words

ROOT = Path(__file__).parents[2]
EVERY = [topic for topics in TOPICS.values() for topic in topics]


def test_the_page_says_what_the_description_says():
    text = (ROOT / "docs" / "odd.md").read_text(encoding="utf-8")
    tables = text.partition("<!-- limits: begin -->")[2].partition("<!-- limits: end -->")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in tables.splitlines() if line.startswith("|")]
    say, expected = Words("en"), []
    for group, topics in TOPICS.items():
        expected += [[say(f"unknown.{group}"), ""], ["---", "---"]]
        expected += [[say(f"unknown.{topic}.topic"), say(f"unknown.{topic}.what")] for topic in topics]
    assert rows == expected


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_topic_of_the_catalogue_is_on_the_page(lang):
    catalogue = (ROOT / "viz" / "locale" / lang / "LC_MESSAGES" / "evidence.po").read_text(encoding="utf-8")
    assert sorted(re.findall(r'msgid "unknown\.(\w+)\.topic"', catalogue)) == sorted(EVERY)
