# ruff: noqa
"""Names another process to be killed first when memory is short, and itself to be killed last."""

import target
from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may do so to its user's other processes"}

attempt()
for pid, score in ((target.BYSTANDER, "1000"), (target.JUDGE, "0"), ("self", "-1000")):
    try:
        with open(f"/proc/{pid}/oom_score_adj", "w") as file:
            file.write(score)
        if pid != "self" or score == "-1000":
            breach(f"the score of {pid} is set")
    except OSError:
        continue
