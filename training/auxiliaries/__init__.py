"""Auxiliaries of training: each is pure, follows one paper, and can be left out without touching the others.

contrast: pair loss (ContextRL). distractors: tiers and rubric (LongTraceRL). step_credit: process reward (ExpRL).
hints: fading oracle decisions and gates (LANG). stuck and imitation: supervised pass (ReLIFT). curriculum: easy to hard
(E2H). difficulty and replay: pages that teach, groups used again (DOTS + RR).
"""
