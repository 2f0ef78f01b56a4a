"""The AWS emulation: moto's server in a process of its own, with a few patches that each live in a module."""
