"""Make the pictures in docs/ from what really runs.

python scripts/screenshots.py               notebook.png, watch.svg; needs grader[notebook,watch] and Debian's chromium
python scripts/screenshots.py GRADEBOOK     class.png and student.png, of a1 in this gradebook; needs chromium
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path

import nbclient
import nbformat
from rich.console import Console
from rich.terminal_theme import MONOKAI

from grader.course import find_course
from grader.gradebook import Gradebook
from grader.report import terminal
from grader.result import Result
from grader.session import Session
from grader.watch import watch

ROOT = Path(__file__).resolve().parent.parent
HALF = ROOT / "tests/submissions/a1/half"
FONTS = re.compile(r"@font-face\s*\{.*?\}", re.DOTALL)  # from elsewhere: the reader's own will do

PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ font: 15px/1.45 sans-serif; margin: 24px; width: 900px; background: white; color: #222 }}
.code {{ background: #f5f5f5; border: 1px solid #ddd; padding: 8px 12px; margin: 14px 0 6px; white-space: pre-wrap;
  font: 13px/1.4 monospace }}
code {{ font-family: monospace }} img {{ max-width: 900px }} h2 {{ margin: 8px 0 }}
</style>{body}"""


def notebook_page(folder: Path) -> str:
    """Some cells of the notebook about knn, run beside the half-right submission, as a page."""
    course = find_course(ROOT)
    mine = folder / "a1"
    mine.mkdir()
    for other in ("given", "data"):
        (folder / other).symlink_to(course.assignments / other)
    shutil.copy(HALF / "knn.py", mine)
    notebook = nbformat.read(course.assignments / "a1/knn.ipynb", as_version=4)
    cells = notebook.cells
    picked = [cells[2], cells[3]] + [
        cell
        for cell in cells
        if cell.source in ('grader.check("a1", "compute_distances_no_loops")', 'grader.check("a1", "predict_labels")')
    ]
    notebook.cells = [cells[1], *picked]
    environment = {**os.environ, "GRADER_COURSE": str(ROOT)}
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(mine)}}).execute(env=environment)
    return PAGE.format(body="".join(map(_cell, notebook.cells[1:])))


def _cell(cell: nbformat.NotebookNode) -> str:
    if cell.cell_type == "markdown":
        title, _, text = cell.source.partition("\n")
        return f"<h2>{escape(title.lstrip('# '))}</h2><p>{escape(text)}</p>"
    out = f'<div class="code">{escape(cell.source)}</div>'
    for output in cell.outputs:
        data = output.get("data", {})
        if "image/png" in data:
            out += f'<img src="data:image/png;base64,{data["image/png"].strip()}">'
        elif "text/html" in data:
            out += data["text/html"]
    return out


def photograph(page: str, picture: Path, folder: Path) -> None:
    """The page as headless Chromium shows it."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    quiet = "disable-gpu disable-quic no-first-run disable-background-networking disable-component-update disable-sync"
    subprocess.run(
        [
            "chromium",
            "--headless",
            "--no-sandbox",
            *(f"--{flag}" for flag in quiet.split()),
            "--hide-scrollbars",
            f"--user-data-dir={folder / 'profile'}",
            "--window-size=960,1300",
            f"--screenshot={picture}",
            file.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    assert base64.b16encode(picture.read_bytes()[:4]) == b"89504E47"


def watched(folder: Path) -> str:
    """Watch mode while a mistake is made and mended, as a drawing."""
    file = folder / "knn.py"
    shutil.copy(ROOT / "solutions/a1/knn.py", file)
    screen = Console(record=True, width=110, file=open(os.devnull, "w", encoding="utf-8"), force_terminal=True)  # noqa: SIM115
    right = file.read_text(encoding="utf-8")
    wrong = (HALF / "knn.py").read_text(encoding="utf-8")
    name = "def knn_get_best_k("

    def saves() -> Iterator[set[Path]]:
        mistake = name + wrong.partition(name)[2]
        for text in (right.partition(name)[0] + mistake, right):
            file.write_text(text, encoding="utf-8")
            yield {file}

    def fail(error: Exception) -> None:
        raise error

    def announce(sentence: str) -> None:
        screen.print(f"[dim]{sentence}[/dim]", highlight=False)

    def show(result: Result) -> None:
        terminal.show(result, screen)
        announce("saved files are checked again; ctrl-c ends")

    screen.print("$ grader check a1 -e knn_get_best_k --watch", highlight=False)
    assignment = find_course(ROOT).assignment("a1")
    with Session(find_course(ROOT), assignment, file, folder) as session:
        watch(session, ["knn_get_best_k"], show, fail, announce, saves())
    svg = screen.export_svg(title="grader check --watch", theme=MONOKAI, unique_id="watch")
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    return FONTS.sub("", svg).replace("Fira Code, monospace", "monospace")


def of_a_class(gradebook: Path) -> None:
    """Photograph the page of the class, and that of the student who is nearest to half of the points."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        exported = [sys.executable, "-m", "grader.cli", "export", "a1", "--format", "html"]
        subprocess.run([*exported, "--gradebook", str(gradebook), "--out", str(folder / "pages")], check=True, cwd=ROOT)
        with Gradebook.open(gradebook) as book:
            graded = [one for one in book.entries("a1") if one.result is not None]
        middle = min(graded, key=lambda one: abs(one.result.points / one.result.out_of - 0.5) if one.result else 1.0)
        pages = folder / "pages"
        whole = next(page for page in pages.rglob("*.html") if page.name == "index.html")
        others = [page for page in pages.rglob("*.html") if page != whole]
        own = next(page for page in others if middle.student in page.read_text(encoding="utf-8"))
        for page, picture in ((whole, "class.png"), (own, "student.png")):
            photograph(page.read_text(encoding="utf-8"), ROOT / "docs" / picture, folder)


def main() -> None:
    """Write the pictures."""
    docs = ROOT / "docs"
    docs.mkdir(exist_ok=True)
    if len(sys.argv) > 1:
        of_a_class(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (docs / "watch.svg").write_text(watched(folder), encoding="utf-8")
        photograph(notebook_page(folder), docs / "notebook.png", folder)
    print(f"wrote {docs / 'watch.svg'} and {docs / 'notebook.png'}", file=sys.stderr)


if __name__ == "__main__":
    main()
