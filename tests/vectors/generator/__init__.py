"""The makers of the vector files, one module for each subject."""
