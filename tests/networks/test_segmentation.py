import pytest
import torch

from attnbench.errors import HeadError
from attnbench.heads import HEADS
from attnbench.measure._meta import like_cpu
from attnbench.measure.counted import count
from attnbench.networks.resnet import ResNet
from attnbench.networks.segmentation import Segmentation, earlier_stages

# As torchvision's resnet18 names them. Its stem is one convolution, conv1.weight; that of a deep
# stem is a sequence of convolutions and batch norms, as in EMANet and PyTorch-Encoding.
NAMES = {
    "conv1.0.weight": (64, 3, 3, 3),
    "conv1.6.weight": (128, 64, 3, 3),
    "bn1.running_mean": (128,),
    "layer1.0.conv1.weight": (64, 128, 3, 3),
    "layer1.0.bn2.bias": (64,),
    "layer2.0.downsample.0.weight": (128, 64, 1, 1),
    "layer2.0.downsample.1.num_batches_tracked": (),
    "layer4.1.conv2.weight": (512, 512, 3, 3),
}


@pytest.mark.parametrize("head", list(HEADS))
@pytest.mark.parametrize("mode", [True, False])
def test_logits_are_as_large_as_the_image(head, mode):
    with torch.device("meta"):
        network = Segmentation(head, "resnet18").train(mode)
        logits = network(torch.empty(2, 3, 97, 131))

    assert logits.shape == (2, 19, 97, 131)


@pytest.mark.parametrize(("height", "width"), [(64, 80), (65, 81), (70, 90), (71, 95)])
def test_a_decoder_takes_the_early_map_of_any_image(height, width):
    with torch.device("meta"):
        network = Segmentation("aspp", "resnet50", decoder=True)
        logits = network(torch.empty(2, 3, height, width))

    assert logits.shape == (2, 19, height, width)


@pytest.mark.parametrize(("head", "stage"), [("ann", 2), ("aspp", 0)])
@pytest.mark.parametrize("backbone", ["resnet18", "resnet50"])
def test_a_head_gets_the_earlier_stage_that_it_reads(head, stage, backbone):
    options = {"decoder": True} if head == "aspp" else {}
    with torch.device("meta"):
        assert Segmentation(head, backbone, **options).earlier == (stage,)


def test_logits_are_those_of_the_head_with_corners_aligned():
    network = Segmentation("se", "resnet18").eval()
    image = torch.randn(1, 3, 33, 41)

    with torch.no_grad():
        small = network.head(network.backbone(image))
        logits = network(image)

    assert small.shape == (1, 19, 5, 6)  # 33 and 41, halved three times upwards
    torch.testing.assert_close(logits[..., ::8, ::8], small)  # a corner of the grid every 8 pixels


def test_a_checkpoint_of_a_backbone_loads_by_its_names():
    ours = Segmentation("fcn", "resnet18").backbone.state_dict()

    assert {name: tuple(ours[name].shape) for name in NAMES} == NAMES
    alone = ResNet(18, stem="deep", output_stride=8)
    assert alone.state_dict().keys() == ours.keys()


def test_the_backbone_costs_what_emanet_counts_for_it():
    # Table 1 at 513x513: 42.6 M parameters; 190.6 G with batch norm and ReLU, whose convolutions
    # alone are 189.89 G of multiply-adds.
    with like_cpu():
        backbone = Segmentation("fcn", "resnet101").backbone.eval()
        work = count(backbone, torch.empty(1, 3, 513, 513))

    assert round(sum(p.numel() for p in backbone.parameters()) / 1e6, 1) == 42.6
    assert round(work.macs / 1e9, 2) == 189.89


def test_gradients_reach_the_first_convolution():
    network = Segmentation("gc", "resnet18")

    network(torch.randn(2, 3, 17, 25)).mean().backward()

    assert network.backbone.conv1[0].weight.grad.any()


def test_an_unknown_backbone_is_named_with_those_that_there_are():
    with pytest.raises(HeadError, match="backbone 'resnet51': choose one of resnet18, resnet34"):
        Segmentation("fcn", "resnet51")


def test_a_head_that_reads_a_stage_which_a_backbone_has_not_says_so():
    head = torch.nn.Identity()
    head.earlier = (7,)

    with pytest.raises(HeadError, match="mine on resnet18: no stage has 7 channels"):
        earlier_stages(head, ResNet(18), "mine on resnet18")
