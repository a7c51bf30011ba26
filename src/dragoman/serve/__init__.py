"""The served endpoint: an OpenAI-compatible server of the translator itself. `create_app` in `app` puts it together.

FastAPI and uvicorn are imported in this package only; it needs the extra `dragoman[serve]`.
"""
