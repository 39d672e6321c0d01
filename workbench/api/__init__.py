"""The engine over HTTP, one file per noun, named as in the public API."""
