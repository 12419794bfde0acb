"""What trained heads look at: numbers of their maps over labelled images, and a few pictures."""
