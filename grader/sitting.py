"""Several exercises asked in one process, one after the other, so that each does not cost a fork of its own.

Between two of them the module is imported anew, so that what one leaves in it is gone; and where one leaves anything
else behind (a default dtype, a function of torch's replaced, a file, a thread; see grader.worker.surroundings), the
next one gets a process of its own. A right answer to inputs that were drawn for it is right wherever it was given. What
is not right is nothing yet, unless it says itself that it is not written: it is asked once more, in a fresh fork that
has seen nothing else, and what happens there counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from grader import wire
from grader.interview import Imported, Interview, Transcript
from grader.peer import Peer, PeerLost
from grader.question import Question

ANEW_SECONDS = 5.0  # for importing a module that was imported in far less
SHARE = 0.25  # of the time for one question, that an exercise's answers are waited for; then it is asked alone
MISSES = 2  # exercises in a row that had to be asked alone, after which the next ones are asked alone at once
NOT_ANEW = 2  # times in a row that a worker could not be had as if it were new, after which that is not tried any more


class Sitting:
    """A fork of an imported module, kept for one exercise after the other."""

    def __init__(self, interview: Interview, imported: Imported) -> None:
        self._interview = interview
        self._imported = imported
        self._worker: Peer | None = None
        self._misses = 0
        self._not_anew = 0

    def ask_together(
        self, frame: wire.Encoded, questions: Sequence[Question], aside: Sequence[Question]
    ) -> Transcript | None:
        """An exercise's transcript from a process where others may have been asked before; None where there is no such
        process, or not an answer to every question. `frame`: all the questions, and those for a note behind them."""
        if self._misses >= MISSES:
            return None
        worker = self.again() or self.fresh()
        if worker is None:
            return None
        count, seconds = len(questions) + len(aside), SHARE * questions[0].exercise.seconds
        responses = self._interview.put_together(worker, frame, count, seconds)
        if responses is None:
            self.give_up()
            return None
        worker.drain()
        first, last = responses[: len(questions)], responses[len(questions) :]
        return Transcript(first, worker.printed.text, last, together=first[0].failure is None)

    def ask_alone(self, questions: Sequence[Question], aside: Sequence[Question]) -> Transcript:
        """The transcript of an exercise in a fresh fork, of which nobody else is asked anything."""
        self.end()
        return self._interview.ask(self._imported, questions, aside)

    def go_on(self) -> None:
        """There is nothing to ask again of the exercise that was asked last."""
        self._misses = 0

    def give_up(self) -> None:
        """The exercise that was asked last is not: it is asked alone."""
        self._misses += 1
        self.end()

    def again(self) -> Peer | None:
        """The worker that others were put to before, as if it were new; None where it cannot be had."""
        if self._worker is None or self._not_anew >= NOT_ANEW:
            return None
        try:
            reply, _ = self._worker.call(wire.Anew(), seconds=ANEW_SECONDS)
        except PeerLost:
            reply = None
        if not isinstance(reply, wire.Done):
            self._not_anew += 1
            self.end()
            return None
        self._not_anew = 0
        self._worker.restart_printed()
        return self._worker

    def fresh(self) -> Peer | None:
        """A fresh fork, kept for what comes next; None where none can be had."""
        self.end()
        self._worker, _ = self._interview.fork(self._imported)
        return self._worker

    def end(self) -> None:
        """End the worker; nobody is to be blamed for the limits that it has run into."""
        if self._worker is not None:
            if self._worker.lost is not None:
                self._interview.forget_limits()
            self._interview.hang_up(self._worker)
            self._worker = None
