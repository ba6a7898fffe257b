"""A model at a finite scope as a TLA+ module and a configuration, within the language that TLC and Apalache share."""
