"""What a lesson is made of, as plain data: the lesson, the view, knobs, panels, text, phrases."""
