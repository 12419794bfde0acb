"""Attnbench beside other tools. Nothing here is part of the package, nor is it imported by it."""
