"""The screens of the app: the contents, and a lesson."""
