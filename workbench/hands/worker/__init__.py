"""This machine as a worker of an engine elsewhere: it calls the engine over ssh, and opens no port."""
