"""What the platform's functions share: the layer's only package.

Each module stands alone; functions import the modules they need, such as
``from aistudio_shared.batches import process``.
"""
