"""The pictures of the HTML report, from a real Chromium: `python -m scripts.docs.pictures`. Look at each of them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .pages import DOCS, ROOT

_FLAGS = "--headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1"
_ONLY = "body > :not(main), main > :not({0}) {{ display: none !important }} main {{ padding-block: 0 1rem !important }}"


@dataclass(frozen=True)
class Picture:
    """A picture: its file, width and height in pixels, the one section that it shows, the filter in the address."""

    name: str
    width: int
    height: int
    only: str = ""
    filter: str = ""


PICTURES = (
    Picture("report.png", 1200, 1000),
    Picture("report-results.png", 1200, 760, "#results", "#results?outcome=failed&q=li.na"),
    Picture("report-powers.png", 1200, 720, "#powers"),
)


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium on this machine")
    with tempfile.TemporaryDirectory() as folder:
        report = _report(Path(folder) / "report.html")
        for picture in PICTURES:
            page = Path(folder) / f"{picture.name}.html"
            page.write_text(_showing(report, picture.only), encoding="utf-8")
            _run(
                chromium,
                *_FLAGS.split(),
                f"--user-data-dir={folder}/profile",
                f"--window-size={picture.width},{picture.height}",
                f"--screenshot={DOCS / 'assets' / picture.name}",
                page.as_uri() + picture.filter,
            )


def _report(path: Path) -> str:
    _run(sys.executable, "-m", "pytest", "-q", "--eci-account=demo-drift", f"--eci-report={path}", ends=(1,))
    return path.read_text(encoding="utf-8")


def _showing(report: str, only: str) -> str:
    """The page with one of its sections alone; its own policy would forbid the added style."""
    if not only:
        return report
    open_page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", report)
    return open_page.replace("</head>", f"<style>{_ONLY.format(only)}</style></head>", 1)


def _run(*command: str, ends: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603 - our own arguments
    if done.returncode not in ends:
        sys.exit(f"{command[0]} ended with {done.returncode}: {done.stderr.decode()}")


if __name__ == "__main__":
    main()
