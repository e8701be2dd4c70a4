"""A problem and a fold become results, and what that will cost."""
