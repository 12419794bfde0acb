"""attnbench: what an attention head for dense prediction costs, and what it buys."""

__version__ = "0.1.0"
