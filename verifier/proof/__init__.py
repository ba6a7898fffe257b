"""How a verdict is reached: engines, lemma inference, and the strategy that orders them."""
