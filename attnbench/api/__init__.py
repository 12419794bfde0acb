"""attnbench for scripts and notebooks: what `attnbench.run`, `load`, `measure` and others are.

Everything heavy is imported by the function that needs it, so a name costs nothing before its use.
"""
