"""What strategies add to a script."""
