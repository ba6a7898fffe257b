"""A model at a finite scope as a TLA+ module and a configuration, within what TLC and Apalache share."""
