"""``Resizing`` and ``CenterCrop``: images brought to one height and width."""

from typing import Any

from kerasette import ops
from kerasette.arrays import dtypes, settings
from kerasette.declared import declared
from kerasette.layers.convolutional.windows import per_axis
from kerasette.layers.preprocessing.data_layer import DataLayer


class _Sized(DataLayer):
    height: int
    width: int
    data_format: str | None

    def check_size(self) -> None:
        for name in ("height", "width"):
            per_axis(getattr(self, name), 1, name, type(self).__name__)
        self.data_format = settings.standardize_data_format(self.data_format)

    def call(self, data: Any, training: Any = True) -> Any:
        """Images, or a dict of "images", "segmentation_masks" and anything else, left alone."""
        if not isinstance(data, dict):
            return self.transform_images(data)
        if "bounding_boxes" in data:
            raise ValueError(
                f"{type(self).__name__} does not move bounding boxes. "
                f"Received: a dict of {sorted(data)}; leave 'bounding_boxes' out."
            )
        found = dict(data)
        found["images"] = self.transform_images(data["images"])
        if "segmentation_masks" in data:
            found["segmentation_masks"] = self.transform_images(data["segmentation_masks"], True)
        return found

    def transform_images(self, images: Any, masks: bool = False) -> Any:
        """One image or a batch of them; of ``masks``, values are never mixed."""
        raise NotImplementedError


@declared
class Resizing(_Sized):
    """Images ``(batch, rows, columns, channels)``, or one, as ``(batch, height, width, channels)``.

    Args:
        height, width: the new size.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        crop_to_aspect_ratio: whether images are cropped first, so that nothing is distorted.
        pad_to_aspect_ratio: whether they are filled up first instead.
        fill_mode: must be "constant".
        fill_value: what they are filled up with.
        antialias: whether fine detail is smoothed where images become smaller.
        data_format: "channels_last" or "channels_first".

    Integer images stay so, rounded.

    >>> kerasette.layers.Resizing(4, 6)(ops.zeros((2, 8, 8, 3))).shape
    (2, 4, 6, 3)

    Raises: ValueError for a size below 1.
    """

    height: int
    width: int
    interpolation: str = "bilinear"
    crop_to_aspect_ratio: bool = False
    pad_to_aspect_ratio: bool = False
    fill_mode: str = "constant"
    fill_value: float = 0.0
    antialias: bool = False
    data_format: str | None = None

    def validate(self) -> None:
        self.check_size()
        self.antialias = bool(self.antialias)

    def transform_images(self, images: Any, masks: bool = False) -> Any:
        images = ops.convert_to_tensor(images)
        whole = not dtypes.is_float(images.dtype)
        found = ops.image.resize(
            ops.cast(images, "float32") if whole else images,
            (self.height, self.width),
            interpolation="nearest" if masks else self.interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )
        return ops.saturate_cast(ops.round(found), images.dtype) if whole else found


@declared
class CenterCrop(_Sized):
    """The middle of images: ``(batch, rows, columns, …) -> (batch, height, width, …)``.

    Smaller images are enlarged first, with nothing distorted.

    Args:
        height, width: the new size.
        data_format: "channels_last" or "channels_first".

    >>> kerasette.layers.CenterCrop(4, 6)(ops.zeros((2, 8, 8, 3))).shape
    (2, 4, 6, 3)

    Raises: ValueError for a size below 1.
    """

    height: int
    width: int
    data_format: str | None = None

    def validate(self) -> None:
        self.check_size()

    def transform_images(self, images: Any, masks: bool = False) -> Any:
        images = ops.cast(images, self.compute_dtype)
        rows = -2 if self.data_format == "channels_first" else -3
        shape = images.shape
        top, left = (shape[rows] - self.height) // 2, (shape[rows + 1] - self.width) // 2
        if top >= 0 and left >= 0 and shape[rows] >= self.height and shape[rows + 1] >= self.width:
            at: tuple[Any, ...] = (slice(top, top + self.height), slice(left, left + self.width))
            return images[(..., *at)] if rows == -2 else images[(..., *at, slice(None))]
        return ops.image.resize(
            images,
            (self.height, self.width),
            interpolation="nearest" if masks else "bilinear",
            crop_to_aspect_ratio=True,
            data_format=self.data_format,
        )
