"""YAML: entries of mappings and items of lists, each on its lines."""
