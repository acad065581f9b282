"""A relative link leads to a file that exists, and its anchor to a heading there."""

import re
from pathlib import Path

import pytest

from tests.unit.docs.pages import PAGES, name, prose

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = [link.partition("#") for link in LINK.findall(prose(page)) if "://" not in link]
    for path, _, anchor in links:
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name(page)} links to {path}"
        if anchor:
            assert anchor in anchors(target), f"{name(page)} links to {path}#{anchor}"


def anchors(page: Path) -> set[str]:
    """The headings as the web shows them: small letters, no punctuation, hyphens for blanks."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
