"""Work on the project itself: none of it is part of the package."""
