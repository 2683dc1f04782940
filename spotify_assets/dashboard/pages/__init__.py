"""One module per page, each with `page(filters)`: questions to `figures`, drawn by `charts`."""
