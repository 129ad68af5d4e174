"""The last blocks of EfficientNet-Lite0 in torch, with folded weights, for tune_room_branch.py."""
import torch
import torch.nn.functional as functional
from torch import nn

from convert_scene import BLOCKS, BRANCH_AT


class FrozenDepthwise(torch.autograd.Function):
    """Depthwise convolution with stride 1 and a frozen kernel.

    The gradient is the convolution with the rotated kernel. Torch computes that six times faster than its own gradient.
    """

    @staticmethod
    def forward(context, x, kernel, bias):
        context.save_for_backward(kernel)
        return functional.conv2d(x, kernel, bias, 1, kernel.shape[-1] // 2, 1, len(kernel))

    @staticmethod
    def backward(context, gradient):
        (kernel,) = context.saved_tensors
        to_x = functional.conv2d(gradient, kernel.flip(2, 3), None, 1, kernel.shape[-1] // 2, 1, len(kernel))
        return to_x, None, gradient.sum((0, 2, 3))


class Conv(nn.Module):
    """Convolution with folded batch normalisation; depthwise kernels are frozen, all other weights are trained."""

    def __init__(self, values, stride, relu6):
        super().__init__()
        kernel, bias = (torch.tensor(value, dtype=torch.float32) for value in values)
        self.depthwise = kernel.shape[1] == 1
        self.kernel = nn.Parameter(kernel, requires_grad=not self.depthwise)
        self.bias = nn.Parameter(bias)
        self.stride, self.relu6 = stride, relu6

    def forward(self, x):
        if not self.depthwise:
            y = functional.conv2d(x, self.kernel, self.bias)
        elif self.stride == 1:
            y = FrozenDepthwise.apply(x, self.kernel, self.bias)
        else:  # SAME padding, extra pixel at the end
            size, side = self.kernel.shape[-1], x.shape[-1]
            padding = max((-(-side // self.stride) - 1) * self.stride + size - side, 0)
            before, after = padding // 2, padding - padding // 2
            y = functional.conv2d(functional.pad(x, (before, after, before, after)), self.kernel, self.bias, self.stride, 0, 1, len(self.kernel))
        return functional.relu6(y) if self.relu6 else y


class Block(nn.Module):
    """Inverted residual; in training a photo skips a residual block with probability `skip`."""

    def __init__(self, block, folded, skip):
        super().__init__()
        _, stride, _, channels_in, channels_out = BLOCKS[block]
        self.layers = nn.Sequential(*(Conv(folded[f"_blocks.{block}.{name}"], stride if name == "_depthwise_conv" else 1, relu6)
                                      for name, relu6 in (("_expand_conv", True), ("_depthwise_conv", True), ("_project_conv", False))))
        self.residual, self.skip = stride == 1 and channels_in == channels_out, skip

    def forward(self, x):
        y = self.layers(x)
        if not self.residual:
            return y
        if self.training:
            y = y * (torch.rand(len(x), 1, 1, 1) >= self.skip) / (1 - self.skip)
        return x + y


class Tail(nn.Module):
    """Trunk output [N,112,14,14] -> features [N,1280]."""

    def __init__(self, folded, skip):
        super().__init__()
        self.blocks = nn.Sequential(*(Block(block, folded, skip * block / len(BLOCKS)) for block in range(BRANCH_AT, len(BLOCKS))))
        self.head = Conv(folded["_conv_head"], 1, relu6=True)

    def forward(self, x):
        return self.head(self.blocks(x)).mean((2, 3))

    def arrays(self):
        """Returns {"<convolution>_w" or "_b": array}, as convert_scene.py reads it."""
        names = [f"_blocks.{block}.{name}" for block in range(BRANCH_AT, len(BLOCKS)) for name in ("_expand_conv", "_depthwise_conv", "_project_conv")]
        convs = [layer for block in self.blocks for layer in block.layers] + [self.head]
        return {f"{name}_{part}": values.detach().contiguous().numpy()
                for name, conv in zip([*names, "_conv_head"], convs) for part, values in (("w", conv.kernel), ("b", conv.bias))}
