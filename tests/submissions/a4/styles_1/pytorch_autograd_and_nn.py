"""
A folder of some years ago: layers one by one, long-hand.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from collections import OrderedDict
from a4_helper import *

to_float = torch.float
to_long = torch.long


def hello():
  print('Hello from pytorch_autograd_and_nn.py!')


def three_layer_convnet(x, params):
  conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = params
  scores = None
  KH1 = conv_w1.shape[2]
  KH2 = conv_w2.shape[2]
  out = F.conv2d(x, weight=conv_w1, bias=conv_b1, stride=1, padding=2)
  out = F.relu(out)
  out = F.conv2d(out, weight=conv_w2, bias=conv_b2, stride=1, padding=1)
  out = F.relu(out)
  out = flatten(out)
  scores = F.linear(out, fc_w, fc_b)
  return scores


def initialize_three_layer_conv_part2(dtype=torch.float, device='cpu'):
  C, H, W = 3, 32, 32
  num_classes = 10
  channel_1, channel_2 = 32, 16
  kernel_size_1, kernel_size_2 = 5, 3
  conv_w1 = nn.init.kaiming_normal_(torch.empty(channel_1, C, kernel_size_1, kernel_size_1, dtype=dtype, device=device))
  conv_w1.requires_grad = True
  conv_b1 = nn.init.zeros_(torch.empty(channel_1, dtype=dtype, device=device))
  conv_b1.requires_grad = True
  conv_w2 = nn.init.kaiming_normal_(torch.empty(channel_2, channel_1, kernel_size_2, kernel_size_2, dtype=dtype, device=device))
  conv_w2.requires_grad = True
  conv_b2 = nn.init.zeros_(torch.empty(channel_2, dtype=dtype, device=device))
  conv_b2.requires_grad = True
  fc_w = nn.init.kaiming_normal_(torch.empty(num_classes, channel_2 * H * W, dtype=dtype, device=device))
  fc_w.requires_grad = True
  fc_b = nn.init.zeros_(torch.empty(num_classes, dtype=dtype, device=device))
  fc_b.requires_grad = True
  return [conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b]


class ThreeLayerConvNet(nn.Module):
  def __init__(self, in_channel, channel_1, channel_2, num_classes):
    super().__init__()
    self.conv1 = nn.Conv2d(in_channel, channel_1, 5, stride=1, padding=2, bias=True)
    self.conv2 = nn.Conv2d(channel_1, channel_2, 3, stride=1, padding=1, bias=True)
    self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)
    nn.init.kaiming_normal_(self.conv1.weight)
    nn.init.kaiming_normal_(self.conv2.weight)
    nn.init.kaiming_normal_(self.fc.weight)
    nn.init.constant_(self.conv1.bias, 0)
    nn.init.constant_(self.conv2.bias, 0)
    nn.init.constant_(self.fc.bias, 0)

  def forward(self, x):
    x = F.relu(self.conv1(x))
    x = F.relu(self.conv2(x))
    x = flatten(x)
    scores = self.fc(x)
    return scores


def initialize_three_layer_conv_part3():
  learning_rate = 3e-3
  weight_decay = 1e-4
  model = ThreeLayerConvNet(3, 32, 16, num_classes=10)
  optimizer = optim.SGD(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
  return model, optimizer


def initialize_three_layer_conv_part4():
  C, H, W = 3, 32, 32
  model = nn.Sequential(OrderedDict([
    ('conv1', nn.Conv2d(C, 32, 5, padding=2)),
    ('relu1', nn.ReLU()),
    ('conv2', nn.Conv2d(32, 16, 3, padding=1)),
    ('relu2', nn.ReLU()),
    ('flatten', Flatten()),
    ('fc', nn.Linear(16 * H * W, 10)),
  ]))
  optimizer = optim.SGD(model.parameters(), lr=1e-2, weight_decay=1e-4, momentum=0.5, nesterov=True)
  return model, optimizer


class PlainBlock(nn.Module):
  def __init__(self, Cin, Cout, downsample=False):
    super().__init__()
    self.net = None
    stride = 1
    if downsample:
      stride = 2
    self.net = nn.Sequential(OrderedDict([
      ('bn1', nn.BatchNorm2d(Cin)),
      ('relu1', nn.ReLU()),
      ('conv1', nn.Conv2d(Cin, Cout, 3, padding=1, stride=stride)),
      ('bn2', nn.BatchNorm2d(Cout)),
      ('relu2', nn.ReLU()),
      ('conv2', nn.Conv2d(Cout, Cout, 3, padding=1)),
    ]))

  def forward(self, x):
    return self.net(x)


class ResidualBlock(nn.Module):
  def __init__(self, Cin, Cout, downsample=False):
    super().__init__()
    self.block = None
    self.shortcut = None
    self.block = PlainBlock(Cin, Cout, downsample)
    if downsample:
      self.shortcut = nn.Conv2d(Cin, Cout, 1, stride=2)
    elif Cin == Cout:
      self.shortcut = nn.Identity()
    else:
      self.shortcut = nn.Conv2d(Cin, Cout, 1)

  def forward(self, x):
    return self.block(x) + self.shortcut(x)


class ResNet(nn.Module):
  def __init__(self, stage_args, Cin=3, block=ResidualBlock, num_classes=10):
    super().__init__()
    self.cnn = None
    blocks = [ResNetStem(Cin, stage_args[0][0])]
    for stage in stage_args:
      blocks.append(ResNetStage(*stage, block=block))
    self.cnn = nn.Sequential(*blocks)
    self.fc = nn.Linear(stage_args[-1][1], num_classes)

  def forward(self, x):
    scores = self.cnn(x)
    N, C, H, W = scores.shape
    scores = F.avg_pool2d(scores, (H, W)).view(N, C)
    return self.fc(scores)


class ResidualBottleneckBlock(nn.Module):
  def __init__(self, Cin, Cout, downsample=False):
    super().__init__()
    self.block = nn.Sequential(OrderedDict([
      ('bn1', nn.BatchNorm2d(Cin)),
      ('relu1', nn.ReLU()),
      ('conv1', nn.Conv2d(Cin, Cout // 4, 1, stride=2 if downsample else 1)),
      ('bn2', nn.BatchNorm2d(Cout // 4)),
      ('relu2', nn.ReLU()),
      ('conv2', nn.Conv2d(Cout // 4, Cout // 4, 3, padding=1)),
      ('bn3', nn.BatchNorm2d(Cout // 4)),
      ('relu3', nn.ReLU()),
      ('conv3', nn.Conv2d(Cout // 4, Cout, 1)),
    ]))
    if downsample:
      self.shortcut = nn.Conv2d(Cin, Cout, 1, stride=2)
    elif Cin == Cout:
      self.shortcut = nn.Identity()
    else:
      self.shortcut = nn.Conv2d(Cin, Cout, 1)

  def forward(self, x):
    return self.block(x) + self.shortcut(x)


class ResNetStem(nn.Module):
  def __init__(self, Cin=3, Cout=64):
    super().__init__()
    self.net = nn.Sequential(nn.Conv2d(Cin, Cout, kernel_size=3, padding=1, stride=1), nn.ReLU())

  def forward(self, x):
    return self.net(x)


class ResNetStage(nn.Module):
  def __init__(self, Cin, Cout, num_blocks, downsample=True, block=ResidualBlock):
    super().__init__()
    blocks = [block(Cin, Cout, downsample)]
    for _ in range(num_blocks - 1):
      blocks.append(block(Cout, Cout))
    self.net = nn.Sequential(*blocks)

  def forward(self, x):
    return self.net(x)
