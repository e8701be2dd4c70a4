"""The Keras models that are balanced."""
