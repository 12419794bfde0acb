"""The words that a trial is made of: its parts, types, modes and kernels. Imports nothing heavy, so
that the command line can name them in its help.
"""

from typing import Literal, get_args

Part = Literal["attention", "head", "network", "classifier"]
Backbone = Literal["", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
Dtype = Literal["float64", "float32", "tf32", "bfloat16", "float16"]
Mode = Literal["inference", "training"]
Kernel = Literal["eager", "fused", "compiled"]
Sdpa = Literal["auto", "flash", "efficient", "cudnn", "math"]

PARTS, DTYPES, MODES, KERNELS, SDPA = map(get_args, (Part, Dtype, Mode, Kernel, Sdpa))
BACKBONES = get_args(Backbone)  # the empty one is that of a part that reads features
NETWORKS = ("network", "classifier")  # the parts that read an image, and have a backbone
OF_A_MAP = tuple(part for part in PARTS if part not in NETWORKS)
OPEN_KERNELS = ("eager", "fused")  # a compiled module hides what it holds
CLASSES = 19  # Cityscapes: the logits of a head, as the published parameter counts have them
IMAGE_CLASSES = 1000  # ImageNet: those of a classifier
COLOURS = 3  # channels of an image
# torch's name for tensors that have a shape and no storage: nothing is allocated.
NO_DEVICE = "meta"
