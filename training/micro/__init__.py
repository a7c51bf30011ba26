"""dragoman-micro: a small neural translator that learned one skill, reading its prompt.

Tokenizer, data stream, model, training loop, evaluation and export; RL on chrF in `rl`. Heavy libraries are imported
inside the files that need them.
"""
