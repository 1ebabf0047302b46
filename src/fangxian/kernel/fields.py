"""Two kinds of column that every room uses: where something is, and what nobody may read."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from fangxian.kernel import vault


class AreaPathField(models.CharField):  # type: ignore[type-arg]
    """The area a row belongs to: the ancestors' numbers in base 36, each followed by "/".

    Collation "C" makes `LIKE 'path%'` an index range and the order that of the tree. When an area
    moves, `areas.actions` rewrites every column of this kind, so nothing else may hold a path.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 80)
        kwargs.setdefault("db_collation", "C")
        super().__init__(*args, **kwargs)


class EncryptedField(models.BinaryField):  # type: ignore[type-arg]
    """Text that is encrypted at rest. Assign `str` or `Secret`; it reads back as a `vault.Secret`.

    kind   how it is masked: "name", "identity", "phone" or "address"
    """

    def __init__(self, *args: Any, kind: str = "", **kwargs: Any) -> None:
        self.kind = kind
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "kind": self.kind}

    def from_db_value(
        self, value: Any, expression: Any, connection: BaseDatabaseWrapper
    ) -> vault.Secret | None:
        return None if value is None else vault.Secret(self.kind, bytes(value))

    def get_prep_value(self, value: Any) -> bytes | None:
        if value is None or isinstance(value, bytes):
            return value
        if isinstance(value, vault.Secret):
            return value.sealed
        return vault.seal(str(value), self.kind)

    def get_db_prep_value(
        self,
        value: Any,
        connection: BaseDatabaseWrapper,
        prepared: bool = False,  # noqa: FBT001, FBT002
    ) -> Any:
        return super().get_db_prep_value(self.get_prep_value(value), connection, prepared=True)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError("encrypted fields are not serialised")
