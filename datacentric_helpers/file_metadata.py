"""What a picture's file says about itself: XMP packet and IPTC records, as text."""

from __future__ import annotations

import io

from PIL import Image, IptcImagePlugin

__all__ = ["metadata_text"]


def metadata_text(data: bytes) -> str:
    """The XMP packet and the IPTC records (by-line, copyright notice, ...) of the picture in ``data``; "" where it has none.

    Raises ValueError where ``data`` is no picture that can be decoded to its end.

    >>> picture = io.BytesIO()
    >>> Image.new("RGB", (4, 4)).save(picture, "JPEG", xmp=b"<x:xmpmeta>CC0</x:xmpmeta>")
    >>> metadata_text(picture.getvalue())
    '<x:xmpmeta>CC0</x:xmpmeta>'
    """
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
            packet = picture.info.get("xmp", b"")
            records = IptcImagePlugin.getiptcinfo(picture) or {}
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"these {len(data)} bytes are no picture that can be decoded: {error}") from error
    values = [v for value in records.values() for v in (value if isinstance(value, list) else [value]) if isinstance(v, bytes)]
    return "\n".join(text.decode("utf-8", "replace") for text in ([packet] if packet else []) + values)
