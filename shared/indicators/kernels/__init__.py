"""The indicators themselves: plain functions that run row by row as they are, and compiled over whole columns."""
