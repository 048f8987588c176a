"""Words (slides 40-48): one folder a lesson."""
