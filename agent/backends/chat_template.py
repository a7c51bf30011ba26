"""A chat as one prompt text, by the tokenizer's own template."""

from collections.abc import Sequence
from typing import Any

from jinja2 import TemplateError

from dragoman.core.errors import BadRequestError
from dragoman.core.exchange import Message

__all__ = ["render_chat"]


def render_chat(tokenizer: Any, messages: Sequence[Message], *, where: str) -> str:  # Any: a transformers tokenizer
    """The prompt up to the place where the answer begins.

    Raises:
        BadRequestError: the tokenizer has no chat template, or the template refuses these messages.
    """
    if not getattr(tokenizer, "chat_template", None):
        raise BadRequestError(
            f"{where}: the tokenizer has no chat template: use an instruction-tuned model, "
            "or put chat_template.jinja into its folder"
        )
    chat = [{"role": message.role, "content": message.content} for message in messages]
    try:
        return str(tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True))
    except TemplateError as error:
        raise BadRequestError(
            f"{where}: the chat template refuses the messages ({error}): edit the template"
        ) from error
