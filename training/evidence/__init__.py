"""How the weights of laconic's evidence scorer are made: shapes of data, labels, nets."""
