"""What is inside a sandbox: the recipe of the base image, and the runner that executes tool calls there."""
