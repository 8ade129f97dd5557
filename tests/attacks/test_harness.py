"""What looks at pages sees what is looked for."""

from __future__ import annotations

import pytest

from tests.attacks.harness import Tags

ACTIVE = (
    "<script>1</script>",
    "<p><img src=x>",
    '<svg><rect onclick="x"></rect></svg>',
    '<a href="http://127.0.0.1/">there</a>',
    "<ScRiPt>",
)
PLAIN = ('<p class="a">&lt;script&gt;</p>', '<a href="#dx">dx</a>', "<svg><rect width='1'></rect></svg>")


@pytest.mark.parametrize("text", ACTIVE)
def test_what_is_more_than_text_is_found(text: str) -> None:
    assert Tags(text).found


@pytest.mark.parametrize("text", PLAIN)
def test_text_is_not(text: str) -> None:
    assert not Tags(text).found
