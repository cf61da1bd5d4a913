"""Reading one account: live, recorded or replayed, always through the official SDK."""
