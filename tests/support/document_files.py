"""Small real documents, made by hand: their bytes are what the readers see."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from xml.sax.saxutils import escape

_PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_ID = bytes(16)

_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def pdf(
    pages: Sequence[Sequence[str]],
    *,
    scanned: Collection[int] = (),
    password: str | None = None,
) -> bytes:
    """Return a PDF.

    Args:
        pages: Lines of text of each page.
        scanned: Numbers, from 0, of pages that show a picture as well.
        password: Needed to open it; RC4 with 40 bits, as the first readers knew it.
    """
    owner = _rc4(hashlib.md5(_padded(password or "")).digest()[:5], _padded(password or ""))
    key = hashlib.md5(_padded(password or "") + owner + struct.pack("<i", -4) + _ID).digest()[:5]
    secret = None if password is None else key
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        _stream(_IMAGE, zlib.compress(bytes(range(64))), secret, 4),
    ]
    for number, lines in enumerate(pages):
        content = _content(lines, with_picture=number in scanned)
        bodies += [
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {6 + 2 * number} 0 R"
            "/Resources<</Font<</F1 3 0 R>>/XObject<</I1 4 0 R>>>>>>".encode(),
            _stream("", zlib.compress(content), secret, 6 + 2 * number),
        ]
    encryption = ""
    if password is not None:
        user = _rc4(key, _PAD)
        encryption = f"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{owner.hex()}>/U<{user.hex()}>>>"
    return _pdf_file(bodies, encryption)


_IMAGE = "/Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8"


def _content(lines: Sequence[str], *, with_picture: bool) -> bytes:
    picture = b"q 500 0 0 700 40 60 cm /I1 Do Q " if with_picture else b""
    shown = " ".join(f"({line}) Tj T*" for line in lines)
    return picture + f"BT /F1 10 Tf 12 TL 50 800 Td {shown} ET".encode("latin-1")


def _stream(entries: str, content: bytes, key: bytes | None, number: int) -> bytes:
    if key is not None:
        mixed = hashlib.md5(key + struct.pack("<I", number)[:3] + bytes(2)).digest()
        content = _rc4(mixed[:10], content)
    head = f"<<{entries}/Length {len(content)}/Filter/FlateDecode>>stream\n"
    return head.encode() + content + b"\nendstream"


def _pdf_file(bodies: Sequence[bytes], encryption: str) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    size = len(bodies) + 1
    out += f"xref\n0 {size}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    ids = f"/ID[<{_ID.hex()}><{_ID.hex()}>]"
    out += f"trailer<</Size {size}/Root 1 0 R{ids}{encryption}>>\n".encode()
    return bytes(out + f"startxref\n{start}\n%%EOF".encode())


def _padded(password: str) -> bytes:
    return (password.encode("latin-1") + _PAD)[:32]


def _rc4(key: bytes, content: bytes) -> bytes:
    box = list(range(256))
    j = 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    i = j = 0
    out = bytearray()
    for byte in content:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)


def png(width: int = 8, height: int = 8) -> bytes:
    """Return a gray picture."""
    rows = zlib.compress((b"\0" + bytes(width)) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """Return a ZIP archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def relationships(targets: Mapping[str, tuple[str, str]]) -> str:
    """Return a part of relationships: kind and target by id."""
    items = "".join(
        f'<Relationship Id="{name}" Type="{_RELATIONSHIPS}/{kind}" Target="{target}"/>'
        for name, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{items}</Relationships>'


def docx(body: str, **parts: str) -> bytes:
    """Return a Word document.

    Args:
        body: XML of its body.
        **parts: Further parts below ``word/`` by kind, such as ``footnotes``.
    """
    related = {kind: (kind, f"{kind}.xml") for kind in parts}
    return zipped(
        {
            "_rels/.rels": relationships({"a": ("officeDocument", "word/document.xml")}),
            "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": relationships(related),
            **{f"word/{kind}.xml": content for kind, content in parts.items()},
        }
    )


def paragraphs(*texts: str) -> str:
    """Return Word paragraphs."""
    return "".join(f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>" for text in texts)


def xlsx(rows: str, *, strings: Sequence[str] = (), workbook: str = "", styles: str = "") -> bytes:
    """Return a workbook with the sheet ``Sheet1``.

    Args:
        rows: XML of its rows.
        strings: Shared texts.
        workbook: XML that goes before the list of sheets.
        styles: XML of the styles.
    """
    shared = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
    sheets = '<sheets><sheet name="Sheet1" sheetId="1" r:id="s1"/></sheets>'
    related = {
        "s1": ("worksheet", "worksheets/sheet1.xml"),
        "s2": ("sharedStrings", "sharedStrings.xml"),
        "s3": ("styles", "styles.xml"),
    }
    return zipped(
        {
            "_rels/.rels": relationships({"a": ("officeDocument", "xl/workbook.xml")}),
            "xl/workbook.xml": f'<workbook {S} xmlns:r="{_RELATIONSHIPS}">{workbook}{sheets}'
            "</workbook>",
            "xl/_rels/workbook.xml.rels": relationships(related),
            "xl/sharedStrings.xml": f"<sst {S}>{shared}</sst>",
            "xl/styles.xml": f"<styleSheet {S}>{styles}</styleSheet>",
            "xl/worksheets/sheet1.xml": f"<worksheet {S}><sheetData>{rows}</sheetData></worksheet>",
        }
    )


def pptx(slides: Sequence[Sequence[str]], *, order: Sequence[int] | None = None) -> bytes:
    """Return a presentation.

    Args:
        slides: Texts of each slide, which are in one shape.
        order: Numbers of the slides as they are shown. Default: as they are.
    """
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/main"
    presentation = "http://schemas.openxmlformats.org/presentationml/2006/main"
    names = f'xmlns:a="{drawing}" xmlns:p="{presentation}" xmlns:r="{_RELATIONSHIPS}"'
    ids = "".join(f'<p:sldId id="{256 + n}" r:id="r{n}"/>' for n in order or range(len(slides)))
    members = {
        "_rels/.rels": relationships({"a": ("officeDocument", "ppt/presentation.xml")}),
        "ppt/presentation.xml": f"<p:presentation {names}><p:sldIdLst>{ids}</p:sldIdLst>"
        "</p:presentation>",
        "ppt/_rels/presentation.xml.rels": relationships(
            {f"r{n}": ("slide", f"slides/slide{n}.xml") for n in range(len(slides))}
        ),
    }
    for number, texts in enumerate(slides):
        shown = "".join(f"<a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p>" for text in texts)
        members[f"ppt/slides/slide{number}.xml"] = (
            f"<p:sld {names}><p:cSld><p:spTree><p:sp><p:txBody>{shown}</p:txBody></p:sp>"
            "</p:spTree></p:cSld></p:sld>"
        )
    return zipped(members)
