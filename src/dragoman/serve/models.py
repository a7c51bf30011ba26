"""GET /v1/models: the translator under its aliases, and the model behind it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from dragoman.core.formats import FORMATS
from dragoman.policies import POLICIES
from dragoman.serve.errors import ERRORS
from dragoman.serve.modes import ModelId, find_model, model_ids
from dragoman.serve.state import Serving, get_serving

__all__ = ["router"]

router = APIRouter(prefix="/v1/models", tags=["models"], responses=ERRORS)


@router.get("")
async def list_models(serving: Annotated[Serving, Depends(get_serving)]) -> dict[str, Any]:  # Any: JSON
    """All model ids."""
    models = [_body(serving, model) for model in model_ids(serving.settings).values()]
    return {"object": "list", "data": models}


@router.get("/{model_id:path}")
async def get_model(model_id: str, serving: Annotated[Serving, Depends(get_serving)]) -> dict[str, Any]:  # Any: JSON
    """One model id, with or without languages behind it."""
    return _body(serving, find_model(serving.settings, model_id))


def _body(serving: Serving, model: ModelId) -> dict[str, Any]:  # Any: JSON
    settings = serving.settings
    return {
        "id": model.given,
        "object": "model",
        "created": 0,
        "owned_by": "dragoman",
        "dragoman": {
            "about": model.variant.about,
            "backend": serving.backend.name,
            "policy": model.variant.overrides.get("policy", settings.policy),
            "policies": list(POLICIES),
            "formats": list(FORMATS),
            "source_language": settings.source_language,
            "target_language": settings.target_language,
            "accepts_messages": serving.free_model is not None,
            "max_context_tokens": serving.backend.max_context_tokens,
        },
    }
