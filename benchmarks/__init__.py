"""attnbench beside other code: what is measured of both, and the pages made of it."""
