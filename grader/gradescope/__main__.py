import sys
from pathlib import Path

from grader.gradescope import grade_submission

sys.exit(grade_submission(Path(sys.argv[1])))
