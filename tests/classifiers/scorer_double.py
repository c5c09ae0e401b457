"""A worker whose scorer obeys the text: for the tests of the client."""

from __future__ import annotations

import os
import sys
import time

from classifiers.classifier import Score
from classifiers.stories.proposals import Proposal
from classifiers.worker import own_stdout, serve


class Double:
    @property
    def versions(self):
        return {"double": "1"}

    def score(self, samples):
        return [[self._score(sample.text)] for sample in samples]

    def propose(self, representatives):
        if any("crash" in one.text for one in representatives):
            os._exit(9)
        first, second, *_ = representatives
        return [Proposal(older=first.story, newer=second.story, similarity=0.75)]

    def _score(self, text):
        if "crash" in text:
            os._exit(9)
        if "hang" in text:
            time.sleep(60)
        if "raise" in text:
            raise ValueError(text)
        if "print" in text:
            print("a library that talks on stdout")
        return Score(classifier="double", version="1", value=float(len(text)))


if __name__ == "__main__":
    answers = own_stdout()
    serve(Double(), sys.stdin.buffer, answers)
