"""What runs inside other people's evaluation harnesses, in their own Pythons: sandboxes and agents of ours behind their interfaces."""
