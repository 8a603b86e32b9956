"""The surface that ScaleDown documents: its names, parameters and results over the engine of `laconic.compress`."""
