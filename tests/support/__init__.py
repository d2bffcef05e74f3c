"""What tests share: processes that are started, spoken to, and ended."""
