"""What an interface of this machine sees, as flows: off unless somebody names the interface."""
