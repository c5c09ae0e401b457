"""What the event loop's process imports stays small."""

from __future__ import annotations

import subprocess
import sys


def test_the_client_and_the_masking_import_no_numerical_library():
    program = (
        "import sys, classifiers.client, classifiers.confidentiality, classifiers.virality,"
        " classifiers.severity; "
        "sys.exit(bool({'numpy', 'scipy', 'sklearn', 'py3langid'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_scoring_imports_no_training_library():
    program = (
        "import sys; from classifiers.panel import Panel; Panel().warm_up(); "
        "sys.exit(bool({'scipy', 'sklearn'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
