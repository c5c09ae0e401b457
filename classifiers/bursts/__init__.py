"""When more is said than usual: bursts in counts of mentions, found as they begin. Usable alone:

    from classifiers.bursts import BurstDetector
    detector = BurstDetector()
    burst = detector.update(datetime.now(UTC), 12)   # each five minutes, zeroes too
    if burst.alarm: ...

Pure Python: an event loop can afford it.
"""

from classifiers.bursts.detector import THRESHOLD, Burst, BurstDetector, fold
from classifiers.bursts.settings import BurstSettings
from classifiers.bursts.streams import Streams

__all__ = ["THRESHOLD", "Burst", "BurstDetector", "BurstSettings", "Streams", "fold"]
