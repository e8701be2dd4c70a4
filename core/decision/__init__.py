"""From probabilities to decisions: thresholds, calibration, costs."""
