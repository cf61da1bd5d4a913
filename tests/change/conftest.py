"""The emulator and audits of it in this process, as for the tests of the evidence."""

from tests.evidence.conftest import sandbox, sandbox_of

__all__ = ["sandbox", "sandbox_of"]
