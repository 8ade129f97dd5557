"""A template and its data as a page.

The page's own policy forbids scripts, frames, forms and every address, and lets in the one style sheet that is in it,
by its hash: what should ever escape the escaping does nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.report.grade import number
from grader.result import Verdict

TEMPLATES = Path(__file__).parent / "templates"
FORBIDDEN = "default-src 'none'; base-uri 'none'; form-action 'none'"

QUOTED = re.compile(r"`([^`\n]{1,200})`")


def render(template: str, **data: Any) -> str:
    """The page; whatever is in `data` and is no Markup is escaped."""
    return _environment().get_template(template).render(**data)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.globals |= {
        "style": Markup(style),  # our own file
        "policy": f"{FORBIDDEN}; style-src 'sha256-{digest}'",
        "RIGHT": Verdict.RIGHT,
    }
    environment.filters |= {"number": number, "code": code}
    return environment


def code(text: str) -> Markup:
    """Text of any origin, escaped; what stands `between backticks` as code."""
    return Markup(QUOTED.sub(r"<code>\1</code>", str(escape(text))))  # no tag is left in it but these
