"""Large data sets from files on this machine, in their published formats; nothing is downloaded.

The files are read as bytes and numbers: none of these formats can run code when it is opened.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mytutor.datasets._checks import floating
from mytutor.datasets.splitting import Dataset

__all__ = [
    "CIFAR10_MD5",
    "FASHION_MNIST_MD5",
    "MNIST_MD5",
    "cifar10",
    "fashion_mnist",
    "mnist",
]

MNIST_MD5: Mapping[str, str] = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
"""The four files of MNIST and their MD5 checksums, as torchvision lists them."""

FASHION_MNIST_MD5: Mapping[str, str] = {
    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
}
"""The four files of Fashion-MNIST and their MD5 checksums, as its authors list them."""

CIFAR10_MD5: Mapping[str, str] = {"cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530"}
"""The archive of CIFAR-10, binary version, and its MD5 checksum, as its page lists it."""

PIXEL = 255
CLASSES = 10
CIFAR_ROW = 1 + 3 * 32 * 32
CIFAR_FOLDER = "cifar-10-batches-bin"
CIFAR_TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
CIFAR_TEST = ("test_batch.bin",)


def mnist(
    folder: str | Path, *, md5: Mapping[str, str] = MNIST_MD5, dtype: Any = np.float32
) -> Dataset:
    """60,000 handwritten digits to learn from and 10,000 to test on, of 28x28 pixels in [0, 1].

    x is (rows, 784), row by row of the image; y is the digit. ``folder`` holds the four files
    ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte`` and the same with ``t10k``, as they are
    or compressed (.gz). ``md5`` holds the checksums of those that are to be verified, by file name;
    none are published of the uncompressed files, whose header and size are checked. Raises
    FileNotFoundError that says what to put where, and ValueError for a file that isn't whole.

    Source: LeCun et al. (1998), 'Gradient-based learning applied to document recognition'.
    """
    where = "https://storage.googleapis.com/cvdf-datasets/mnist/"
    return _idx_dataset(Path(folder), "MNIST", where, md5, dtype)


def fashion_mnist(
    folder: str | Path, *, md5: Mapping[str, str] = FASHION_MNIST_MD5, dtype: Any = np.float32
) -> Dataset:
    """60,000 pictures of clothes to learn from and 10,000 to test on, in the format of MNIST.

    x is (rows, 784) in [0, 1]; y is 0 to 9: T-shirt, trouser, pullover, dress, coat, sandal, shirt,
    sneaker, bag, ankle boot. Files, checksums and errors are those of ``mnist``; the names of the
    files are the same, so keep them in a folder of their own.

    Source: Xiao, Rasul & Vollgraf (2017), Table 1.
    """
    where = "https://github.com/zalandoresearch/fashion-mnist/tree/master/data/fashion"
    return _idx_dataset(Path(folder), "Fashion-MNIST", where, md5, dtype)


def cifar10(
    folder: str | Path, *, md5: Mapping[str, str] = CIFAR10_MD5, dtype: Any = np.float32
) -> Dataset:
    """50,000 photographs to learn from and 10,000 to test on, of 32x32 pixels in three colours.

    x is (rows, 3072) in [0, 1]: the red pixels row by row, then green, then blue, so that
    ``x.reshape(-1, 3, 32, 32)`` is what a convolution takes. y is 0 to 9: airplane, automobile,
    bird, cat, deer, dog, frog, horse, ship, truck. ``folder`` holds ``cifar-10-binary.tar.gz``, or
    what is in it: a folder ``cifar-10-batches-bin`` with ``data_batch_1.bin`` to ``_5.bin`` and
    ``test_batch.bin``. The Python version of the data is a pickle, which may run code: it isn't
    read. ``md5`` and errors as for ``mnist``.

    Source: Krizhevsky (2009), Chapter 3.
    """
    folder, kind = Path(folder), floating(dtype)
    files = _cifar_files(folder, md5)
    parts = []
    for names in (CIFAR_TRAIN, CIFAR_TEST):
        rows = np.concatenate([_cifar_rows(name, files[name]) for name in names])
        parts += [_scaled(rows[:, 1:], kind), rows[:, 0].astype(np.int64)]
    return Dataset(*parts)


# -- The format of MNIST -------------------------------------------------------------------------


def _idx_dataset(
    folder: Path, name: str, where: str, md5: Mapping[str, str], dtype: Any
) -> Dataset:
    kind, parts = floating(dtype), []
    for part in ("train", "t10k"):
        images = _idx(folder, f"{part}-images-idx3-ubyte", 3, name, where, md5)
        labels = _idx(folder, f"{part}-labels-idx1-ubyte", 1, name, where, md5)
        if len(images) != len(labels):
            raise ValueError(
                f"{folder} has {len(images)} images and {len(labels)} labels of {part!r}; "
                "expected as many: take both files from the same place"
            )
        _check_labels(f"{part}-labels-idx1-ubyte", labels)
        parts += [_scaled(images.reshape(len(images), -1), kind), labels.astype(np.int64)]
    return Dataset(*parts)


def _idx(
    folder: Path, file: str, axes: int, name: str, where: str, md5: Mapping[str, str]
) -> np.ndarray:
    """The bytes of one file: two zeros, the type 8, the number of axes, their sizes, the values."""
    found = [path for path in (folder / file, folder / f"{file}.gz") if path.is_file()]
    if not found:
        raise FileNotFoundError(
            f"no {file} or {file}.gz in {folder}; put the four files of {name} there: "
            f"{', '.join(MNIST_MD5)} from {where}"
        )
    content = _unpacked(found[0], md5)
    header = 4 + 4 * axes
    if len(content) < header or content[:4] != bytes([0, 0, 8, axes]):
        raise ValueError(
            f"{found[0]} begins with {content[:4].hex(' ') or 'nothing'}; "
            f"expected 00 00 08 0{axes}, bytes of {axes} axes: get the file again from {where}"
        )
    shape = tuple(int(size) for size in np.frombuffer(content, ">u4", axes, offset=4))
    expected = header + int(np.prod(shape, dtype=object))
    if len(content) != expected or 0 in shape:
        raise ValueError(
            f"{found[0]} has {len(content)} bytes; expected {expected} by its header, shape "
            f"{shape}: get the file again from {where}"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _unpacked(path: Path, md5: Mapping[str, str]) -> bytes:
    content = path.read_bytes()
    _check_md5(path, content, md5)
    if path.suffix != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is no whole gzip file ({error}); get the file again") from error


# -- The format of CIFAR-10 ----------------------------------------------------------------------


def _cifar_files(folder: Path, md5: Mapping[str, str]) -> dict[str, bytes]:
    """The contents of the six files, from their folder or from the archive."""
    wanted = (*CIFAR_TRAIN, *CIFAR_TEST)
    for home in (folder / CIFAR_FOLDER, folder):
        paths = {name: home / name for name in wanted}
        if all(path.is_file() for path in paths.values()):
            files = {name: path.read_bytes() for name, path in paths.items()}
            for name, content in files.items():
                _check_md5(paths[name], content, md5)
            return files
    archive = folder / "cifar-10-binary.tar.gz"
    if not archive.is_file():
        raise FileNotFoundError(
            f"no {archive.name} in {folder}, nor a folder {CIFAR_FOLDER} with {', '.join(wanted)}; "
            f"put {archive.name} there, from https://www.cs.toronto.edu/~kriz/{archive.name}"
        )
    content = archive.read_bytes()
    _check_md5(archive, content, md5)
    files = {}
    try:
        # Members are read into memory and never extracted, so no path in the archive matters.
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
            for name in wanted:
                member = tar.extractfile(f"{CIFAR_FOLDER}/{name}")
                files[name] = member.read() if member else b""
    except (OSError, EOFError, KeyError, tarfile.TarError, zlib.error) as error:
        raise ValueError(
            f"{archive} is no whole archive of CIFAR-10 ({error}); get the file again"
        ) from error
    return files


def _cifar_rows(name: str, content: bytes) -> np.ndarray:
    if not content or len(content) % CIFAR_ROW:
        raise ValueError(
            f"{name} has {len(content)} bytes; expected a multiple of {CIFAR_ROW}, "
            "a label and 3,072 pixels a row: get the file again"
        )
    rows = np.frombuffer(content, np.uint8).reshape(-1, CIFAR_ROW)
    _check_labels(name, rows[:, 0])
    return rows


# -- What both share -----------------------------------------------------------------------------


def _check_md5(path: Path, content: bytes, md5: Mapping[str, str]) -> None:
    expected = md5.get(path.name)
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if expected is not None and found != expected:
        raise ValueError(
            f"{path} has the MD5 checksum {found}; expected {expected}: "
            "get the file again, or pass md5={} to read it as it is"
        )


def _check_labels(name: str, labels: np.ndarray) -> None:
    if int(labels.max()) >= CLASSES:
        raise ValueError(f"{name} has the label {int(labels.max())}; expected 0 to {CLASSES - 1}")


def _scaled(pixels: np.ndarray, kind: np.dtype) -> np.ndarray:
    """Pixels in [0, 1], without a second copy in double precision."""
    scaled = pixels.astype(kind)
    scaled /= PIXEL
    return scaled
