"""Where tasks run: on threads of this process, or on the workers of a Dask cluster that is there already.

An engine is given what makes a slot (a task's place to run, kept from task to task) and tasks, and gives back each task
with its outcome, in the order in which they end. A task is taken only when a slot is free for it.

EngineError     the engine cannot be had
"""

from grader.engine.choose import open_engine
from grader.engine.seam import Engine, EngineError, Lost, Maker, Slot, Stop

__all__ = ["Engine", "EngineError", "Lost", "Maker", "Slot", "Stop", "open_engine"]
