"""The pages of the documentation that are made from the code, and what the site's builder asks of the code.

`python -m scripts.docs` writes them anew.
"""
