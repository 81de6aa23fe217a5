"""Fields of declared classes: on the class, on instances, in subclasses."""

import copy
import pickle
from typing import Any

import pytest

import kerasette
from kerasette.declared import Field, declared, declared_config, declared_fields


@declared
class Plate:
    width: int
    depth: int = 2
    name: Any = None

    def validate(self) -> None:
        if self.width < 1:
            raise ValueError(f"`width` must be positive. Received: width={self.width}.")


@declared
class DeepPlate(Plate):
    depth = 5


class Named:
    @property
    def name(self) -> str:
        return f"{self.first}!"

    @name.setter
    def name(self, value: str) -> None:
        self.first = value


@declared
class NamedPlate(Named):
    width: int
    name: str = "plate"


@declared
class Slotted:
    __slots__ = ("width",)
    width: int


def test_a_field_stands_on_the_class_and_tells_its_default():
    assert isinstance(Plate.width, Field) and Plate.width.name == "width"
    assert repr(Plate.width) == "<field width>" and repr(Plate.depth) == "<field depth = 2>"
    assert hasattr(kerasette.layers.Dense, "units") and hasattr(kerasette.layers.LSTM, "dropout")


def test_an_instance_has_its_own_values():
    plate = Plate(3)
    assert (plate.width, plate.depth) == (3, 2)
    plate.depth = 9
    assert plate.depth == 9 and Plate.depth.default == 2


def test_a_missing_value_is_an_attribute_error_that_names_it():
    bare = object.__new__(Plate)
    assert not hasattr(bare, "width") and declared_config(bare) == {}
    with pytest.raises(AttributeError, match="'Plate' object has no attribute 'width'"):
        _ = bare.width


def test_a_new_default_of_an_inherited_field():
    assert DeepPlate(1).depth == 5 and Plate(1).depth == 2
    assert DeepPlate.depth.default == 5 and Plate.depth.default == 2
    assert [field.name for field in declared_fields(DeepPlate)] == ["width", "depth", "name"]


def test_a_property_of_a_field_s_name_stays():
    assert isinstance(NamedPlate.name, property)
    assert NamedPlate(1).name == "plate!" and NamedPlate(1, "b").name == "b!"


def test_slots_are_fields_too():
    assert Slotted(4).width == 4
    with pytest.raises(TypeError, match="missing its argument 'width'"):
        Slotted()


def test_copies_and_pickles():
    plate = Plate(3, 4)
    for twin in (copy.copy(plate), copy.deepcopy(plate), pickle.loads(pickle.dumps(plate))):
        assert twin is not plate and (twin.width, twin.depth) == (3, 4)


def test_a_user_s_subclass_with_its_own_constructor():
    class Twice(kerasette.layers.Dense):
        units: int  # no field: the class is not declared

        def __init__(self, size, **kwargs):
            super().__init__(2 * size, **kwargs)
            self.size = size

    layer = Twice(3, name="mine")
    assert (layer.units, layer.size, layer.name) == (6, 3, "mine")
    assert isinstance(Twice.units, Field) and layer(kerasette.ops.ones((2, 4))).shape == (2, 6)


def test_a_user_s_class_attribute_is_found_where_no_value_was_set():
    class Fixed(Plate):
        depth = 7

        def __init__(self):
            self.width = 1

    assert Fixed().depth == 7


def test_name_scope_is_a_class_and_can_be_opened_again():
    scope = kerasette.name_scope("outer")
    with scope, scope, kerasette.name_scope("inner"):
        assert kerasette.Variable(1.0, name="v").path == "outer/outer/inner/v"
    caller = object()
    with kerasette.name_scope("a", caller=caller), kerasette.name_scope("a", caller=caller):
        assert kerasette.Variable(1.0, name="v").path == "a/v"
    with kerasette.name_scope("a"), kerasette.name_scope("b", override_parent="x/y"):
        assert kerasette.Variable(1.0, name="v").path == "x/y/b/v"
    assert kerasette.Variable(1.0, name="v").path == "v"
    with pytest.raises(ValueError, match="without '/'"):
        kerasette.name_scope("a/b")
