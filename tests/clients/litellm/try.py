"""litellm: completion, stream, and its mapping of errors."""

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm

text, translated = "The old dog sleeps.", "«The old dog sleeps.»"
options = {"translation_options": {"source_lang": "English", "target_lang": "German"}}


def ask(model: str = "dragoman", key: str = os.environ["API_KEY"], **more: object) -> object:
    return litellm.completion(
        model=f"openai/{model}",
        api_base=os.environ["BASE_URL"],
        api_key=key,
        messages=[{"role": "user", "content": text}],
        extra_body=options,
        num_retries=0,
        **more,
    )


answer = ask()
assert answer.choices[0].message.content == translated, answer
assert answer.usage.total_tokens > 0
print("completion")
assert "".join(chunk.choices[0].delta.content or "" for chunk in ask(stream=True)) == translated
print("stream")
for arguments, expected in (
    ({"model": "nobody"}, litellm.NotFoundError),
    ({"key": "sk-wrong-key"}, litellm.AuthenticationError),
):
    try:
        ask(**arguments)
    except expected:
        continue
    raise AssertionError(f"no {expected.__name__}")
print("errors 401, 404")
