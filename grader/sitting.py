"""Several exercises asked in one process, one after the other, so that each does not cost a fork of its own.

The first one is asked where the module was imported; between two of them the module is imported anew, or the next
module in its place, so that what one leaves in it is gone; and where one leaves anything else behind (a default dtype,
a function of torch's replaced, a file, a thread; see grader.worker.surroundings), the next one gets a process of its
own. A right answer to inputs that were drawn for it is right wherever it was given. What is not right is nothing yet,
unless it says itself that it is not written: it is asked once more, in a fresh process that has seen nothing else, and
what happens there counts. The next ones are asked in that process then.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from grader import wire
from grader.interview import Imported, Interview
from grader.peer import Peer, PeerLost
from grader.question import Question
from grader.response import Response, Transcript
from grader.worker.failure import LEFT

ANEW_SECONDS = 5.0  # for importing a module that was imported in far less
SHARE = 0.25  # of the time for one question, that an exercise's answers are waited for; then it is asked alone
VAIN = 2  # exercises that were put beside others in vain, after which no more are
ORIGINALS = 3  # processes in which the module is imported to be asked; then one is kept, and forked
PRINTS = 20  # exercises of a submission whose prints are shown that were asked beside others
REFUSED = 2  # times in a row that a worker could not be had as if it were new, after which that is not tried any more


class Sitting:
    """A process with an imported module, kept for one exercise after the other, and one module after the other."""

    def __init__(self, interview: Interview) -> None:
        self._interview = interview
        self._imported: Imported | None = None  # the module that is asked about
        self._worker: Peer | None = None
        self._loaded: Imported | None = None  # the module that the worker has
        self._is_new = False  # nobody was asked since that was imported
        self._left = self._vain = 0
        self._doubtful = False  # the exercise before was wrong, and so may the next one be: it is asked alone at once
        self._prints = 0  # exercises that were asked once more, to see what they print
        self._tried = self._alone = False  # of the exercise that was asked last: beside others, alone

    def __enter__(self) -> Sitting:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def begin(self, module: str) -> Imported:
        """Import the next module: where the one before was asked, if that leaves nothing, else in a new worker. Raises
        PeerLost where none can be started."""
        beside = None
        if self._kept is not None and not self._doubtful:
            beside = self._interview.load_beside(self._kept, module, ANEW_SECONDS)
        if beside is None:
            self.end()
        imported = beside or self._interview.load(module)
        self.turn_to(imported)
        self._loaded, self._is_new = imported, beside is not None
        return imported

    def turn_to(self, imported: Imported) -> None:
        """Whose exercises are asked from now on."""
        if imported is not self._imported:
            self._imported = imported
            self._left = self._vain = 0
            self._doubtful = False

    def ask_together(
        self, frame: wire.Encoded, questions: Sequence[Question], aside: Sequence[Question]
    ) -> Transcript | None:
        """An exercise's transcript from the process where others were asked before; None where there is no such
        process, or not an answer to every question. `frame`: all the questions, and those for a note behind them."""
        if self._doubtful or self._vain >= VAIN:
            return None
        imported = self._current()
        # What it prints when it is imported would be taken for the exercise's.
        anew = self._loaded is imported and not self._is_new and not imported.printed
        worker = self._kept if anew else self.again()
        if worker is None:
            return None
        worker.restart_printed()
        count, seconds = len(questions) + len(aside), SHARE * questions[0].exercise.seconds
        responses = self._interview.put_together(worker, frame, count, seconds, anew=anew)
        if anew and isinstance(responses, wire.Failure) and responses.kind == LEFT:
            self._left += 1
            self.end()
            return None
        self._left, self._tried = 0, True
        if responses is None or isinstance(responses, wire.Failure):
            return None
        worker.drain()
        first, last = responses[: len(questions)], responses[len(questions) :]
        printed = self._printed(questions) if worker.printed.text else ""
        return Transcript(first, printed, last, together=first[0].failure is None)

    def _printed(self, questions: Sequence[Question]) -> str:
        """What an exercise prints that was asked beside others: in a process that has been given nothing hidden."""
        self._prints += 1
        if self._prints > PRINTS:
            return "what it prints is not shown: too many exercises print\n"
        public = [question for question in questions if not question.case.hidden]
        transcript, worker = self._interview.put_all(self._current(), public)
        if worker is not None:
            self._interview.hang_up(worker)
        return transcript.printed

    def ask_alone(self, questions: Sequence[Question], aside: Sequence[Question]) -> Transcript:
        """The transcript of an exercise in a fresh process, of which nobody else was asked anything."""
        self.end()
        imported = self._current()
        transcript, self._worker = self._interview.put_all(imported, questions, aside, self._original(imported))
        self._loaded, self._is_new, self._alone = imported, False, True
        if not imported.quick:
            self.end()
        return transcript

    def settle(self, is_right: bool, is_written: bool) -> None:
        """There is nothing more to ask of the exercise that was asked last."""
        self._doubtful = is_written and not is_right
        self._vain += self._tried and self._alone and is_right
        self._tried = self._alone = False

    def again(self) -> Peer | None:
        """The worker that others were put to before, as if it were new and had imported the module that is asked about;
        None where it cannot be had."""
        worker = self._kept
        if worker is None:
            return None
        if not self._is_new and not self._is_renewed(worker):
            self._left += 1
            self.end()
            return None
        self._left, self._is_new = 0, False
        worker.restart_printed()
        return worker

    def _is_renewed(self, worker: Peer) -> bool:
        imported = self._current()
        if self._loaded is not imported:
            self._loaded = imported
            return self._interview.load_beside(worker, imported.name, ANEW_SECONDS) is not None
        try:
            return isinstance(worker.call(wire.Anew(), seconds=ANEW_SECONDS)[0], wire.Done)
        except PeerLost:
            return False

    def fresh(self) -> tuple[Peer | None, Response | None]:
        """A fresh process, kept for what comes next, or why there is none."""
        self.end()
        imported = self._current()
        self._worker, response = self._original(imported), None
        if self._worker is None:
            self._worker, response = self._interview.fork(imported)
        self._loaded, self._is_new = imported, False
        return self._worker, response

    def end(self) -> None:
        """End the worker; nobody is to be blamed for the limits that it has run into."""
        if self._worker is not None:
            if self._worker.lost is not None:
                self._interview.give_up(self._worker)
            else:
                self._interview.hang_up(self._worker)
            self._worker = None

    @property
    def _kept(self) -> Peer | None:
        """The worker, unless it could not be had as if it were new too often."""
        return self._worker if self._left < REFUSED else None

    def _current(self) -> Imported:
        assert self._imported is not None, "no module is asked about"
        return self._imported

    def _original(self, imported: Imported) -> Peer | None:
        """The process in which the module was imported, or where that was asked before, one that imports it again: that
        costs about what a fork does. None where it costs more, or where so many are needed that forks of one do."""
        if not imported.quick or imported.originals >= ORIGINALS:
            return None
        imported.originals += 1
        worker = self._interview.take(imported)
        if worker is not None:
            worker.restart_printed()
        return worker
