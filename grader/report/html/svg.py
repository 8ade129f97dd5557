"""Pictures as SVG within a page. Whatever is no Markup is escaped."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

WIDTH = 952.0  # of every picture, in its own units


def element(tag: str, /, *content: str | Markup, **attributes: str | float) -> Markup:
    """<tag attributes>content</tag>; `class_` is class, and underscores are hyphens."""
    told = Markup().join(
        Markup(' {}="{}"').format(name.rstrip("_").replace("_", "-"), _value(value))
        for name, value in attributes.items()
    )
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(tag), told, Markup().join(map(escape, content)))


def drawing(height: float, title: str, parts: Iterable[Markup], width: float = WIDTH) -> Markup:
    """A whole picture; `title` says in words what it shows."""
    return element(
        "svg",
        element("title", title),
        *parts,
        class_="picture",
        role="img",
        viewBox=f"0 0 {width:g} {height:g}",
        width=f"{width:g}",
        height=f"{height:g}",
    )


def text(x: float, y: float, words: str, class_: str = "label", anchor: str = "start") -> Markup:
    """Words at a place."""
    return element("text", words, x=x, y=y, class_=class_, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def box(x: float, y: float, width: float, height: float, class_: str, title: str | None = None) -> Markup:
    """A rectangle; `title` is shown beside the pointer."""
    inside = (element("title", title),) if title is not None else ()
    return element("rect", *inside, x=x, y=y, width=max(width, 0.0), height=height, class_=class_)


def shortened(words: str, most: int) -> str:
    """At most so many characters."""
    return words if len(words) <= most else f"{words[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
