"""The mathematics: networks as walks that can be run, stepped, recorded and checked, on NumPy or CuPy."""
