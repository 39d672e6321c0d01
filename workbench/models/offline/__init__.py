"""The offline model: rules that carry out explicit instructions, behind the same wire as a language model."""

from workbench.models.offline.wire import MODEL_ID, model_object, stream

__all__ = ["MODEL_ID", "model_object", "stream"]
