"""langchain-openai: invoke, stream, structured output."""

import os

from langchain_openai import ChatOpenAI
from pydantic import BaseModel

text, translated = "The old dog sleeps.", "«The old dog sleeps.»"
plain = {"base_url": os.environ["BASE_URL"], "api_key": os.environ["API_KEY"], "max_retries": 0}
options = {"translation_options": {"source_lang": "English", "target_lang": "German"}}
model = ChatOpenAI(model="dragoman", extra_body=options, **plain)

answer = model.invoke(text)
assert answer.content == translated, answer
assert answer.usage_metadata["total_tokens"] > 0
print("invoke")

assert "".join(chunk.content for chunk in model.stream(text)) == translated
print("stream")


class Verdict(BaseModel):
    """An answer with fields."""

    language: str
    is_polite: bool


shaped = ChatOpenAI(model="dragoman", **plain).with_structured_output(Verdict, method="json_schema")
verdict = shaped.invoke("Which language is this: Guten Tag")
assert isinstance(verdict, Verdict) and verdict.is_polite is True, verdict
print("structured output")
