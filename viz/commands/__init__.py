"""The commands of `ecocluster`, one file a group; each has `add_to(app)`. Heavy libraries are imported inside them."""
