"""The records of other agents as sessions of the workbench: one module a program, found where the program keeps them."""
