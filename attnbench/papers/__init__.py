"""Printed figures of the literature: a file a paper, how each is recounted, what comes of it."""
