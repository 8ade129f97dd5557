"""How a worker shuts itself in, before it runs anybody's code. Runs inside the cage and holds nothing secret."""
