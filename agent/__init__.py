"""The LangGraph agent: recall, choose, pivot, translate, check, repair, remember; backends; journal; document loop."""
