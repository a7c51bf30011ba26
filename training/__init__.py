"""SimLang, the simulated translator, and what trains the context policy; nothing else depends on this package."""
