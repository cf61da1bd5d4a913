"""The house rules of an organisation, as checks of pytest-eci-compliance."""
