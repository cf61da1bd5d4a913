"""The imaginary company of the two demonstrations, and the script that records them."""
