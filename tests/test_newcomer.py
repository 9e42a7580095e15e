"""The newcomer's path: from nothing to the first answered question, as the README's first screen tells it."""

from tests.demo_archive import Demo
from tests.newcomer import ROOT, blocks


def test_the_first_screen_leads_from_nothing_to_an_answered_question(demo: Demo):
    commands, answer = blocks((ROOT / "README.md").read_text("utf-8"))[:2]
    assert "make demo" in commands
    assert "foiscrawl query" in commands
    assert demo.code == 0, demo.said
    assert demo.said.endswith("\n" + answer + "\n")
