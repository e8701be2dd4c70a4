"""Where work lives and runs: store, queue, worker."""
