"""Ground that every room stands on: files, options, late imports, Unicode; nothing of compression."""
