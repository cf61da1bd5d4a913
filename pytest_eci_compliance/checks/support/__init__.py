"""What checks are written with: the case, the registry, resources, principals, selectors."""
