"""The accuracy experiment: data sets, a network around a head, its training, its score."""
