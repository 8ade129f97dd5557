"""Notebooks in the manner of the course of 2019: cells that train, plot, download and ask for a GPU between those that
define what is graded.

Each is a script in cells here (`# %%`). A line `# body: NAME` stands for the reference's function or class of that
name, without its types and docstrings; `# body: Class.method as name` for a method as a function, to be bound later.
"""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
from nbformat import v4

from tests.coursework import ROOT

FOLDER = Path(__file__).parent
CELL = "# %%"
BODY = "# body: "


def write(name: str, folder: Path, changes: dict[str, str] | None = None) -> Path:
    """A notebook "a1/knn" as a file in a folder. `changes`: what is written in the place of what."""
    assignment, _, module = name.partition("/")
    reference = ast.parse((ROOT / "solutions" / assignment / f"{module}.py").read_text())
    cells = []
    for text in (FOLDER / assignment / f"{module}.cells").read_text().split(f"{CELL}\n")[1:]:
        source = "\n".join(_body(line, reference) for line in text.strip().split("\n"))
        for old, new in (changes or {}).items():
            source = source.replace(old, new)
        cells.append(v4.new_code_cell(source))
    for new in (changes or {}).values():
        assert any(new in cell.source for cell in cells), f"{name} has nothing that becomes {new!r}"
    nbformat.write(v4.new_notebook(cells=cells), folder / f"{module}.ipynb")
    return folder / f"{module}.ipynb"


def _body(line: str, reference: ast.Module) -> str:
    """A line, or what it stands for."""
    if not line.startswith(BODY):
        return line
    name, _, other = line.removeprefix(BODY).partition(" as ")
    node: ast.AST = reference
    for part in name.split("."):
        node = next(one for one in node.body if getattr(one, "name", "") == part)  # type: ignore[attr-defined]
    node = _Bare().visit(ast.parse(ast.unparse(node)).body[0])
    if other:
        node.name, node.decorator_list = other, []  # type: ignore[attr-defined]
    return ast.unparse(ast.fix_missing_locations(node))


class _Bare(ast.NodeTransformer):
    """Code without types and docstrings."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return ast.Assign([node.target], node.value) if node.value is not None else ast.Pass()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self._without_docstring(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._without_docstring(node)

    def _without_docstring(self, node: ast.FunctionDef | ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            node.body[:1] = [] if len(node.body) > 1 else [ast.Pass()]
        return node
