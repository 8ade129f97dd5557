"""What only a GPU can show. Skipped with a reason where there is none; `make cuda` runs it where there is one."""
