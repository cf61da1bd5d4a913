"""Where the demonstration is: it serves where no configuration is found."""

from __future__ import annotations

from pathlib import Path

ACCOUNTS = ("demo", "demo-drift")
"""The accounts of the demonstration. Both replay a recording of an imaginary company."""

_NAME = "eci-compliance.yaml"


def configuration() -> Path | None:
    """The configuration of the demonstration: in the installed package, or in the checkout that it runs from."""
    package = Path(__file__).parent
    places = (package / "demo" / _NAME, package.parent / _NAME)
    return next((path for path in places if path.with_name("cassettes").joinpath(ACCOUNTS[0]).is_dir()), None)
