"""Run the commands that README.md names and put what they print under them.

python scripts/transcripts.py          fill every block between `transcript: COMMAND` and `/transcript`
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(<!-- transcript: (?P<command>[^\n]*?) -->\n).*?(<!-- /transcript -->)", re.DOTALL)


def fill(block: re.Match[str]) -> str:
    """The block with the command's output; a markdown table stays one."""
    command = block["command"]
    program, *arguments = command.split()
    done = subprocess.run(
        [str(Path(sys.executable).parent / program), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    output = "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())
    body = output if output.startswith("|") else f"```console\n$ {command}\n{output}\n```"
    return f"{block[1]}\n{body}\n\n{block[3]}"


if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(BLOCK.sub(fill, readme.read_text(encoding="utf-8")), encoding="utf-8")
