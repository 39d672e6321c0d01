"""Sessions of self-hosted environments: their queue, the leases of workers, and what a worker's token opens."""
