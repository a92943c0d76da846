"""The migrations: permissions, and no table."""
