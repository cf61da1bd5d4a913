"""Write everything that is generated from the code and the demonstration: `python -m scripts.docs`."""

from __future__ import annotations

import sys
from pathlib import Path

from .outputs import outputs
from .pages import DOCS, ROOT, pages
from .readme import with_generated_parts


def main() -> None:
    for name, text in {**pages(), **outputs(ROOT)}.items():
        _write(DOCS / name, text)
    readme = ROOT / "README.md"
    demo_output = (DOCS / "outputs" / "demo.txt").read_text(encoding="utf-8")
    _write(readme, with_generated_parts(readme.read_text(encoding="utf-8"), demo_output))


def _write(path: Path, text: str) -> None:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"wrote {path}\n")


if __name__ == "__main__":
    main()
