"""The openai package: models, chat, streams with usage, translation options, batch, errors."""

import os

import openai

base_url, key = os.environ["BASE_URL"], os.environ["API_KEY"]
client = openai.OpenAI(base_url=base_url, api_key=key, max_retries=0)
text = "The old dog sleeps.\n\nThe river is long."
translated = "«The old dog sleeps.»\n\n«The river is long.»"

names = [model.id for model in client.models.list()]
assert "dragoman" in names and "dragoman-nocontext" in names, names
assert client.models.retrieve("dragoman").id == "dragoman"
print("models")

answer = client.chat.completions.create(
    model="dragoman",
    messages=[{"role": "user", "content": text}],
    extra_body={"translation_options": {"source_lang": "English", "target_lang": "German"}},
)
assert answer.choices[0].message.content == translated, answer
assert answer.usage.total_tokens > 0
assert answer.model_extra["dragoman"]["mode"] == "translate"
print("translation_options")

by_suffix = client.chat.completions.create(model="dragoman:en-de", messages=[{"role": "user", "content": text}])
assert by_suffix.choices[0].message.content == translated
part = {"type": "text", "text": text, "source_lang_code": "en", "target_lang_code": "de"}
by_part = client.chat.completions.create(model="dragoman", messages=[{"role": "user", "content": [part]}])
assert by_part.choices[0].message.content == translated
print("model suffix, content part")

stream = client.chat.completions.create(
    model="dragoman:en-de",
    messages=[{"role": "user", "content": text}],
    stream=True,
    stream_options={"include_usage": True},
)
chunks = list(stream)
assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == translated
assert chunks[0].choices[0].delta.role == "assistant"
assert chunks[-1].usage.total_tokens > 0 and not chunks[-1].choices
print("stream with usage")

schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
form = {"type": "json_schema", "json_schema": {"name": "t", "schema": schema}}
shaped = client.chat.completions.create(
    model="dragoman", messages=[{"role": "user", "content": "Say something."}], response_format=form
)
assert '"a"' in shaped.choices[0].message.content
print("json_schema")

for model, wrong_key, expected in (
    ("nobody", key, openai.NotFoundError),
    ("dragoman", "sk-wrong-key", openai.AuthenticationError),
):
    try:
        openai.OpenAI(base_url=base_url, api_key=wrong_key, max_retries=0).chat.completions.create(
            model=model, messages=[{"role": "user", "content": "x"}]
        )
    except expected as error:
        assert error.code, error
    else:
        raise AssertionError(f"no {expected.__name__}")
try:
    client.chat.completions.create(model="dragoman", messages=[])
except openai.BadRequestError as error:
    assert error.code == "invalid_request", error
print("errors 400, 401, 404")
