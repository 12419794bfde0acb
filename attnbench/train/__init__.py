"""The accuracy experiment: data sets, the network around a head, its training and its score."""
