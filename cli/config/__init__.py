"""Config files: reading with places, merging, one schema, all errors at once."""
