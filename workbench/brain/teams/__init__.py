"""What one thread has to do with others: whom it starts, asks and tells."""
