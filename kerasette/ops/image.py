"""Operations on images: ``kerasette.ops.image``."""

__all__: list[str] = []
