"""The bundled recording: a calm week and a bad evening at the invented CHU de Valmont.

`semaine.jsonl` (the shape is told in `connectors.file`) runs from Monday 9 to Sunday 15 March 2026,
Paris time. Until Saturday 21:40 about 150 mentions a week: thanks, questions, offers, mild
complaints, and what only sounds alike (AS Valmont, the CHU de Brémont, a film). Then a
granddaughter's post about eleven hours on a stretcher takes off: about 90 mentions until 01:30,
copies, a rumour that is deleted, a relative who names the patient, carers who answer, the press at
23:10, the hospital at 00:40, with the counts of each post as they grow. Every person, account,
outlet and address is invented.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

RECORDING = Path(__file__).with_name("semaine.jsonl")
EVENING = datetime(2026, 3, 14, 20, 40, tzinfo=UTC)
"""The first post: as a replay's `anchor`, the week is its past and the evening begins at once."""
END = datetime(2026, 3, 15, 0, 30, tzinfo=UTC)
