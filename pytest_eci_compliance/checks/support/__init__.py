"""What checks share and what is not a check itself."""
