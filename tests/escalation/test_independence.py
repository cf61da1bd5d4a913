"""The attacker and the emulated cloud share nothing with the plugin that they are compared with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = "attacker accounts cases knowledge reach test_attacker test_attacker_properties test_paths"


def test_the_attacker_imports_nothing_of_the_plugin() -> None:
    imports = "; ".join(f"import tests.escalation.{name}" for name in MODULES.split())
    script = f"import sys; {imports}; print([name for name in sys.modules if name.startswith('pytest_eci')])"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
