"""What is measured, and against whom: `make bench`, or `python -m benchmarks NAME`."""
