"""Write everything that is made from the code and the demonstration: `python -m scripts.docs`."""

from __future__ import annotations

import sys

from .outputs import outputs
from .pages import DOCS, ROOT, pages


def main() -> None:
    for name, text in {**pages(), **outputs(ROOT)}.items():
        path = DOCS / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path}\n")


if __name__ == "__main__":
    main()
