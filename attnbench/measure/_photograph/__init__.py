"""What heads attend to over one photograph: a network, its maps, the tiles of a sheet."""
